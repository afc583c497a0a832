//! Key usage numbers: what a key is used for decides which specific key is derived from it
//! (RFC 3961 section 3, RFC 4120 section 7.5.1, RFC 4121 section 2).

/// A key usage number. Numbers without a name here are made with the constructor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyUsage(pub u32);

impl KeyUsage {
    /// AS-REQ: PA-ENC-TIMESTAMP, with the client's key.
    pub const PA_ENC_TIMESTAMP: Self = Self(1);
    /// The encrypted part of a ticket, with the service's key.
    pub const TICKET: Self = Self(2);
    /// The encrypted part of an AS-REP, with the client's key.
    pub const AS_REP: Self = Self(3);
    /// TGS-REQ: authorization data, with the ticket-granting ticket's session key.
    pub const TGS_REQ_AUTHORIZATION_DATA: Self = Self(4);
    /// TGS-REQ: authorization data, with the authenticator's subkey.
    pub const TGS_REQ_AUTHORIZATION_DATA_SUBKEY: Self = Self(5);
    /// TGS-REQ: checksum over the body, in the authenticator, with the session key.
    pub const TGS_REQ_AUTHENTICATOR_CHECKSUM: Self = Self(6);
    /// TGS-REQ: the authenticator, with the session key.
    pub const TGS_REQ_AUTHENTICATOR: Self = Self(7);
    /// The encrypted part of a TGS-REP, with the session key.
    pub const TGS_REP: Self = Self(8);
    /// The encrypted part of a TGS-REP, with the authenticator's subkey.
    pub const TGS_REP_SUBKEY: Self = Self(9);
    /// AP-REQ: checksum in the authenticator, with the application's session key.
    pub const AP_REQ_AUTHENTICATOR_CHECKSUM: Self = Self(10);
    /// AP-REQ: the authenticator, with the application's session key.
    pub const AP_REQ_AUTHENTICATOR: Self = Self(11);
    /// The encrypted part of an AP-REP, with the application's session key.
    pub const AP_REP: Self = Self(12);
    /// The encrypted part of a KRB-PRIV.
    pub const KRB_PRIV: Self = Self(13);
    /// The encrypted part of a KRB-CRED.
    pub const KRB_CRED: Self = Self(14);
    /// The checksum of a KRB-SAFE.
    pub const KRB_SAFE_CHECKSUM: Self = Self(15);
    /// Checksums of a PAC (`KERB_NON_KERB_CKSUM_SALT`, MS-PAC section 2.8.4, MS-KILE section 3.1.5.9).
    pub const PAC_CHECKSUM: Self = Self(17);
    /// The checksum of AD-KDC-ISSUED.
    pub const AD_KDC_ISSUED_CHECKSUM: Self = Self(19);
    /// The checksums of AD-CAMMAC (RFC 7751 section 4).
    pub const CAMMAC: Self = Self(64);
    /// RFC 4121: Wrap tokens from the acceptor, with confidentiality and without.
    pub const ACCEPTOR_SEAL: Self = Self(22);
    /// RFC 4121: MIC tokens from the acceptor.
    pub const ACCEPTOR_SIGN: Self = Self(23);
    /// RFC 4121: Wrap tokens from the initiator, with confidentiality and without.
    pub const INITIATOR_SEAL: Self = Self(24);
    /// RFC 4121: MIC tokens from the initiator.
    pub const INITIATOR_SIGN: Self = Self(25);

    /// RFC 6806 section 11: the checksum over the AS-REQ in PA-REQ-ENC-PA-REP, with the key of the AS-REP.
    pub const AS_REQ: Self = Self(56);

    /// The constant that leads from the protocol key to one specific key: the number, big-endian, and one byte.
    pub(super) const fn constant(self, purpose: Purpose) -> [u8; 5] {
        let [a, b, c, d] = self.0.to_be_bytes();
        [a, b, c, d, purpose.byte()]
    }
}

/// Which of a usage's specific keys (RFC 3961 section 5.3, RFC 8009 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Kc.
    Checksum,
    /// Ke.
    Encryption,
    /// Ki.
    Integrity,
}

impl Purpose {
    const fn byte(self) -> u8 {
        match self {
            Self::Checksum => 0x99,
            Self::Encryption => 0xaa,
            Self::Integrity => 0x55,
        }
    }
}
