use super::{
    AuthorizationData, EncryptedData, EncryptionKey, MessageError, PVNO, application, typed_octets, written,
};
use crate::principal::{PrincipalName, PrincipalRef};
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, ErrorKind, Reader, Writer};

/// `Ticket` (RFC 4120 section 5.3):
///
/// ```text
/// Ticket ::= [APPLICATION 1] SEQUENCE {
///     tkt-vno   [0] INTEGER (5),
///     realm     [1] Realm,
///     sname     [2] PrincipalName,
///     enc-part  [3] EncryptedData -- EncTicketPart
/// }
/// ```
///
/// Realm, sname and kvno are in clear: nobody vouches for them.
#[derive(Clone, Copy, Debug)]
pub struct Ticket<'a> {
    /// The whole encoding, for a credential cache and for PAC signatures.
    pub raw: &'a [u8],
    /// Realm of the service.
    pub realm: &'a [u8],
    /// Name of the service.
    pub sname: PrincipalName<'a>,
    /// The sealed part, under the service's key.
    pub enc_part: EncryptedData<'a>,
}

impl<'a> Ticket<'a> {
    /// Reads one, of the only version that there is (RFC 4120 section 5.2.4).
    ///
    /// # Errors
    /// If it is not a ticket of version 5, or not its DER.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, MessageError> {
        let before = *input;
        let mut sequence = application(input, 1)?;
        let raw = input.read_since(before);
        let version = sequence.integer_field(0)?;
        if version != PVNO {
            return Err(MessageError::BadVersion(version));
        }
        let realm = sequence.general_string_field(1)?;
        let sname = PrincipalName::of_content(sequence.sequence_field(2)?)?;
        let enc_part = EncryptedData::of_content(sequence.sequence_field(3)?)?;
        sequence.finish()?;
        Ok(Self {
            raw,
            realm,
            sname,
            enc_part,
        })
    }

    /// Writes one for `service`.
    #[must_use]
    pub fn encode(service: PrincipalRef<'_>, enc_part: &EncryptedData<'_>) -> Vec<u8> {
        written(1, enc_part.cipher.len().saturating_add(256), |sequence| {
            sequence.field(0, |field| field.integer(PVNO));
            sequence.field(1, |field| field.general_string(service.realm()));
            sequence.field(2, |field| service.name().encode(field));
            sequence.field(3, |field| enc_part.encode(field));
        })
    }
}

/// `EncTicketPart` (RFC 4120 section 5.3), what the KDC sealed:
///
/// ```text
/// EncTicketPart ::= [APPLICATION 3] SEQUENCE {
///     flags               [0] TicketFlags,
///     key                 [1] EncryptionKey,
///     crealm              [2] Realm,
///     cname               [3] PrincipalName,
///     transited           [4] TransitedEncoding,
///     authtime            [5] KerberosTime,
///     starttime           [6] KerberosTime OPTIONAL,
///     endtime             [7] KerberosTime,
///     renew-till          [8] KerberosTime OPTIONAL,
///     caddr               [9] HostAddresses OPTIONAL,
///     authorization-data  [10] AuthorizationData OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EncTicketPart<'a> {
    /// Flags.
    pub flags: TicketFlags,
    /// The session key.
    pub key: EncryptionKey<'a>,
    /// Realm of the client.
    pub crealm: &'a [u8],
    /// Name of the client.
    pub cname: PrincipalName<'a>,
    /// The realms between the client's and ours.
    pub transited: Transited<'a>,
    /// When the client authenticated.
    pub authtime: Timestamp,
    /// From when the ticket is good; absent means from `authtime`.
    pub starttime: Option<Timestamp>,
    /// Until when the ticket is good.
    pub endtime: Timestamp,
    /// Until when it may be renewed.
    pub renew_till: Option<Timestamp>,
    /// From where it may be used; absent means from anywhere.
    pub caddr: Option<HostAddresses<'a>>,
    /// What the KDC says about the client.
    pub authorization_data: Option<AuthorizationData<'a>>,
}

impl<'a> EncTicketPart<'a> {
    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, Error> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 3)?;
        input.finish()?;
        let part = Self {
            flags: TicketFlags(sequence.bit_string_32_field(0)?),
            key: EncryptionKey::of_content(sequence.sequence_field(1)?)?,
            crealm: sequence.general_string_field(2)?,
            cname: PrincipalName::of_content(sequence.sequence_field(3)?)?,
            transited: Transited::of_content(sequence.sequence_field(4)?)?,
            authtime: sequence.kerberos_time_field(5)?,
            starttime: sequence.optional(6, Reader::kerberos_time_field)?,
            endtime: sequence.kerberos_time_field(7)?,
            renew_till: sequence.optional(8, Reader::kerberos_time_field)?,
            caddr: sequence.optional_field(9, HostAddresses::decode)?,
            authorization_data: sequence
                .optional(10, Reader::sequence_field)?
                .map(AuthorizationData::of_content)
                .transpose()?,
        };
        sequence.finish()?;
        Ok(part)
    }

    /// Writes the part that is to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let data_len = self.authorization_data.map_or(0, AuthorizationData::len);
        written(3, data_len.saturating_add(1024), |sequence| {
            sequence.field(0, |field| field.bit_string_32(self.flags.0));
            sequence.field(1, |field| self.key.encode(field));
            sequence.field(2, |field| field.general_string(self.crealm));
            sequence.field(3, |field| self.cname.encode(field));
            sequence.field(4, |field| self.transited.encode(field));
            sequence.field(5, |field| field.kerberos_time(self.authtime));
            if let Some(starttime) = self.starttime {
                sequence.field(6, |field| field.kerberos_time(starttime));
            }
            sequence.field(7, |field| field.kerberos_time(self.endtime));
            if let Some(renew_till) = self.renew_till {
                sequence.field(8, |field| field.kerberos_time(renew_till));
            }
            if let Some(caddr) = &self.caddr {
                sequence.field(9, |field| caddr.encode(field));
            }
            if let Some(authorization_data) = &self.authorization_data {
                sequence.field(10, |field| authorization_data.encode(field));
            }
        })
    }
}

/// `TicketFlags` (RFC 4120 section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketFlags(pub u32);

impl TicketFlags {
    /// forwardable(1)
    pub const FORWARDABLE: Self = Self(1 << 30);
    /// forwarded(2)
    pub const FORWARDED: Self = Self(1 << 29);
    /// proxiable(3)
    pub const PROXIABLE: Self = Self(1 << 28);
    /// proxy(4)
    pub const PROXY: Self = Self(1 << 27);
    /// may-postdate(5)
    pub const MAY_POSTDATE: Self = Self(1 << 26);
    /// postdated(6)
    pub const POSTDATED: Self = Self(1 << 25);
    /// invalid(7)
    pub const INVALID: Self = Self(1 << 24);
    /// renewable(8)
    pub const RENEWABLE: Self = Self(1 << 23);
    /// initial(9)
    pub const INITIAL: Self = Self(1 << 22);
    /// pre-authent(10)
    pub const PRE_AUTHENT: Self = Self(1 << 21);
    /// hw-authent(11)
    pub const HW_AUTHENT: Self = Self(1 << 20);
    /// transited-policy-checked(12)
    pub const TRANSITED_POLICY_CHECKED: Self = Self(1 << 19);
    /// ok-as-delegate(13)
    pub const OK_AS_DELEGATE: Self = Self(1 << 18);
    /// enc-pa-rep(15), RFC 6806 section 11
    pub const ENC_PA_REP: Self = Self(1 << 16);
    /// anonymous(16), RFC 8062 section 3
    pub const ANONYMOUS: Self = Self(1 << 15);

    const NAMES: [(Self, &'static str); 15] = [
        (Self::FORWARDABLE, "forwardable"),
        (Self::FORWARDED, "forwarded"),
        (Self::PROXIABLE, "proxiable"),
        (Self::PROXY, "proxy"),
        (Self::MAY_POSTDATE, "may-postdate"),
        (Self::POSTDATED, "postdated"),
        (Self::INVALID, "invalid"),
        (Self::RENEWABLE, "renewable"),
        (Self::INITIAL, "initial"),
        (Self::PRE_AUTHENT, "pre-authent"),
        (Self::HW_AUTHENT, "hw-authent"),
        (Self::TRANSITED_POLICY_CHECKED, "transited-policy-checked"),
        (Self::OK_AS_DELEGATE, "ok-as-delegate"),
        (Self::ENC_PA_REP, "enc-pa-rep"),
        (Self::ANONYMOUS, "anonymous"),
    ];

    /// Whether all of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// RFC 4120's names of the flags that are set, in order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| name)
    }
}

/// `TransitedEncoding` (RFC 4120 section 5.3): the realms that a cross-realm ticket passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transited<'a> {
    /// How the contents are written; 1 is DOMAIN-X500-COMPRESS, 0 an empty list.
    pub tr_type: i32,
    /// The realms.
    pub contents: &'a [u8],
}

impl<'a> Transited<'a> {
    /// `DOMAIN-X500-COMPRESS` (RFC 4120 section 3.3.3.2).
    pub const DOMAIN_X500_COMPRESS: i32 = 1;
    /// No realm between.
    pub const NONE: Self = Self {
        tr_type: Self::DOMAIN_X500_COMPRESS,
        contents: &[],
    };

    fn of_content(content: Reader<'a>) -> Result<Self, Error> {
        let (tr_type, contents) = typed_octets(content)?;
        Ok(Self { tr_type, contents })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| {
            sequence.field(0, |field| field.integer(self.tr_type.into()));
            sequence.field(1, |field| field.octet_string(self.contents));
        });
    }
}

/// `HostAddresses` (RFC 4120 section 5.2.5), read as they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct HostAddresses<'a> {
    elements: Reader<'a>,
}

/// `HostAddress` (RFC 4120 sections 5.2.5 and 7.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostAddress<'a> {
    /// One of the constants, or another.
    pub addr_type: i32,
    /// Octets in network order.
    pub address: &'a [u8],
}

impl HostAddress<'_> {
    /// An address of IPv4.
    pub const IPV4: i32 = 2;
    /// The name of a Windows client.
    pub const NETBIOS: i32 = 20;
    /// An address of IPv6.
    pub const IPV6: i32 = 24;
}

/// More addresses than any host has; Windows sends one, MIT one for each interface.
const MAX_ADDRESSES: usize = 64;

impl<'a> HostAddresses<'a> {
    pub(crate) fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        let elements = input.sequence()?;
        let mut rest = elements;
        let mut count: usize = 0;
        while !rest.is_empty() {
            if count == MAX_ADDRESSES {
                return Err(rest.error(ErrorKind::TooMany));
            }
            HostAddress::decode(&mut rest)?;
            count = count.saturating_add(1);
        }
        Ok(Self { elements })
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| sequence.raw(self.elements.rest()));
    }

    /// The addresses in order.
    pub fn iter(&self) -> impl Iterator<Item = HostAddress<'a>> + use<'a> {
        let mut rest = self.elements;
        // `decode` has read them all, so an error cannot come up again.
        core::iter::from_fn(move || {
            if rest.is_empty() {
                None
            } else {
                HostAddress::decode(&mut rest).ok()
            }
        })
    }
}

impl<'a> HostAddress<'a> {
    pub(super) fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        let (addr_type, address) = typed_octets(input.sequence()?)?;
        Ok(Self { addr_type, address })
    }
}
