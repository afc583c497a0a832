/// `NEGOTIATE` flags (MS-NLMP section 2.2.2.5), in each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegotiateFlags(pub u32);

impl NegotiateFlags {
    /// A: text is UTF-16.
    pub const UNICODE: Self = Self(1);
    /// B: text is in the OEM character set, where A is not set.
    pub const OEM: Self = Self(1 << 1);
    /// C: the challenge must name its target.
    pub const REQUEST_TARGET: Self = Self(1 << 2);
    /// D: messages are signed.
    pub const SIGN: Self = Self(1 << 4);
    /// E: messages are sealed.
    pub const SEAL: Self = Self(1 << 5);
    /// F: connectionless.
    pub const DATAGRAM: Self = Self(1 << 6);
    /// G: session keys come from the LM hash.
    pub const LM_KEY: Self = Self(1 << 7);
    /// H: NTLM v1 session security.
    pub const NTLM: Self = Self(1 << 9);
    /// J: an anonymous connection.
    pub const ANONYMOUS: Self = Self(1 << 11);
    /// K: the domain's name is there, in the OEM character set.
    pub const OEM_DOMAIN_SUPPLIED: Self = Self(1 << 12);
    /// L: the workstation's name is there, in the OEM character set.
    pub const OEM_WORKSTATION_SUPPLIED: Self = Self(1 << 13);
    /// M: a session key is made even if nothing is signed or sealed.
    pub const ALWAYS_SIGN: Self = Self(1 << 15);
    /// N: the target is a domain.
    pub const TARGET_TYPE_DOMAIN: Self = Self(1 << 16);
    /// O: the target is a server.
    pub const TARGET_TYPE_SERVER: Self = Self(1 << 17);
    /// P: NTLM v2 session security.
    pub const EXTENDED_SESSIONSECURITY: Self = Self(1 << 19);
    /// Q: an identify level token.
    pub const IDENTIFY: Self = Self(1 << 20);
    /// R: the LM response's key.
    pub const NON_NT_SESSION_KEY: Self = Self(1 << 22);
    /// S: the challenge has target information.
    pub const TARGET_INFO: Self = Self(1 << 23);
    /// T: the version field means something.
    pub const VERSION: Self = Self(1 << 25);
    /// U: 128-bit session keys.
    pub const KEY_128: Self = Self(1 << 29);
    /// V: the initiator sends a session key of its own.
    pub const KEY_EXCH: Self = Self(1 << 30);
    /// W: 56-bit session keys.
    pub const KEY_56: Self = Self(1 << 31);

    const NAMES: [(Self, &'static str); 22] = [
        (Self::UNICODE, "unicode"),
        (Self::OEM, "oem"),
        (Self::REQUEST_TARGET, "request-target"),
        (Self::SIGN, "sign"),
        (Self::SEAL, "seal"),
        (Self::DATAGRAM, "datagram"),
        (Self::LM_KEY, "lm-key"),
        (Self::NTLM, "ntlm"),
        (Self::ANONYMOUS, "anonymous"),
        (Self::OEM_DOMAIN_SUPPLIED, "oem-domain-supplied"),
        (Self::OEM_WORKSTATION_SUPPLIED, "oem-workstation-supplied"),
        (Self::ALWAYS_SIGN, "always-sign"),
        (Self::TARGET_TYPE_DOMAIN, "target-type-domain"),
        (Self::TARGET_TYPE_SERVER, "target-type-server"),
        (Self::EXTENDED_SESSIONSECURITY, "extended-sessionsecurity"),
        (Self::IDENTIFY, "identify"),
        (Self::NON_NT_SESSION_KEY, "request-non-nt-session-key"),
        (Self::TARGET_INFO, "target-info"),
        (Self::VERSION, "version"),
        (Self::KEY_128, "128"),
        (Self::KEY_EXCH, "key-exch"),
        (Self::KEY_56, "56"),
    ];

    /// Whether all of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// The specification's names of the flags that are set, without the prefixes `NTLMSSP_NEGOTIATE_` and so on.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = Self::NAMES
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag));
        set.map(|(_, name)| name)
    }

    /// The bits that are set and have no name.
    #[must_use]
    pub fn unnamed(self) -> u32 {
        let named = Self::NAMES.iter().fold(0, |named, (flag, _)| named | flag.0);
        self.0 & !named
    }
}
