//! Which field stands where in a token: the names of RFC 4178 section 4.2, RFC 4120 section 5 and RFC 4121 section 4.1.
//!
//! Names only. What is there is read by its own tags and lengths, so that a token of any shape has a tree.

/// The type of an element, as far as its parts have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Without named parts.
    Leaf,
    /// What an initiator sends first, whatever its framing.
    Token,
    /// What SPNEGO puts into the framing, or sends bare.
    NegotiationToken,
    NegTokenInit,
    NegTokenResp,
    /// A list, each element of the shape that [`Shape::element`] names.
    MechTypeList,
    NegHints,
    /// An OCTET STRING that holds a token.
    MechToken,
    ApReq,
    Ticket,
    /// `EncryptedData` of a ticket, an authenticator, a KRB-CRED.
    SealedTicket,
    SealedAuthenticator,
    SealedCred,
    /// `cipher`, which holds what is sealed in it.
    TicketCipher,
    AuthenticatorCipher,
    CredCipher,
    EncTicketPart,
    Authenticator,
    PrincipalName,
    NameString,
    EncryptionKey,
    TransitedEncoding,
    HostAddresses,
    HostAddress,
    AuthorizationData,
    AuthorizationDataElement,
    /// `ad-data`, whose content depends on the type before it.
    AdData,
    AndOr,
    KdcIssued,
    Cammac,
    /// `Verifier-MAC` with the service's key.
    ServiceVerifier,
    /// `Checksum` of CAMMAC and AD-KDCIssued, and its value.
    ServiceChecksum,
    ServiceMac,
    KdcIssuedChecksum,
    KdcIssuedMac,
    Checksum,
    /// The checksum field's value, GSS-API's structure if its type is 0x8003.
    ChecksumValue,
    KrbCred,
    Tickets,
    EncKrbCredPart,
    TicketInfo,
    KrbCredInfo,
}

impl Shape {
    /// Name and shape of the context-specific field of this number, or of the application type of this number.
    pub(crate) fn field(self, number: u8) -> Option<(&'static str, Self)> {
        use Shape::*;
        Some(match (self, number) {
            (NegotiationToken | Token, 0) => ("NegTokenInit", NegTokenInit),
            (NegotiationToken | Token, 1) => ("NegTokenResp", NegTokenResp),
            (NegTokenInit, 0) => ("mechTypes", MechTypeList),
            (NegTokenInit, 1) => ("reqFlags", Leaf),
            (NegTokenInit, 2) => ("mechToken", MechToken),
            (NegTokenInit, 3) => ("negHints", NegHints),
            (NegTokenInit, 4) | (NegTokenResp, 3) => ("mechListMIC", Leaf),
            (NegHints, 0) => ("hintName", Leaf),
            (NegHints, 1) => ("hintAddress", Leaf),
            (NegTokenResp, 0) => ("negState", Leaf),
            (NegTokenResp, 1) => ("supportedMech", Leaf),
            (NegTokenResp, 2) => ("responseToken", MechToken),
            (ApReq, 0) => ("pvno", Leaf),
            (ApReq, 1) => ("msg-type", Leaf),
            (ApReq, 2) => ("ap-options", Leaf),
            (ApReq, 3) => ("ticket", Ticket),
            (ApReq, 4) => ("authenticator", SealedAuthenticator),
            (Ticket, 0) => ("tkt-vno", Leaf),
            (Ticket, 1) => ("realm", Leaf),
            (Ticket, 2) => ("sname", PrincipalName),
            (Ticket, 3) => ("enc-part", SealedTicket),
            (SealedTicket | SealedAuthenticator | SealedCred, 0) => ("etype", Leaf),
            (SealedTicket | SealedAuthenticator | SealedCred, 1) => ("kvno", Leaf),
            (SealedTicket, 2) => ("cipher", TicketCipher),
            (SealedAuthenticator, 2) => ("cipher", AuthenticatorCipher),
            (SealedCred, 2) => ("cipher", CredCipher),
            (PrincipalName, 0) => ("name-type", Leaf),
            (PrincipalName, 1) => ("name-string", NameString),
            (EncTicketPart, 0) => ("flags", Leaf),
            (EncTicketPart, 1) => ("key", EncryptionKey),
            (EncTicketPart, 2) => ("crealm", Leaf),
            (EncTicketPart, 3) => ("cname", PrincipalName),
            (EncTicketPart, 4) => ("transited", TransitedEncoding),
            (EncTicketPart, 5) => ("authtime", Leaf),
            (EncTicketPart, 6) => ("starttime", Leaf),
            (EncTicketPart, 7) => ("endtime", Leaf),
            (EncTicketPart, 8) => ("renew-till", Leaf),
            (EncTicketPart, 9) => ("caddr", HostAddresses),
            (EncTicketPart, 10) => ("authorization-data", AuthorizationData),
            (EncryptionKey, 0) => ("keytype", Leaf),
            (EncryptionKey, 1) => ("keyvalue", Leaf),
            (TransitedEncoding, 0) => ("tr-type", Leaf),
            (TransitedEncoding, 1) => ("contents", Leaf),
            (HostAddress, 0) => ("addr-type", Leaf),
            (HostAddress, 1) => ("address", Leaf),
            (AuthorizationDataElement, 0) => ("ad-type", Leaf),
            (AuthorizationDataElement, 1) => ("ad-data", AdData),
            (AndOr, 0) => ("condition-count", Leaf),
            (AndOr, 1) => ("elements", AuthorizationData),
            (KdcIssued, 0) => ("ad-checksum", KdcIssuedChecksum),
            (KdcIssued, 1) => ("i-realm", Leaf),
            (KdcIssued, 2) => ("i-sname", PrincipalName),
            (KdcIssued, 3) => ("elements", AuthorizationData),
            (Cammac, 0) => ("elements", AuthorizationData),
            (Cammac, 1) => ("kdc-verifier", Leaf),
            (Cammac, 2) => ("svc-verifier", ServiceVerifier),
            (Cammac, 3) => ("other-verifiers", Leaf),
            (ServiceVerifier, 0) => ("identifier", PrincipalName),
            (ServiceVerifier, 1) => ("kvno", Leaf),
            (ServiceVerifier, 2) => ("enctype", Leaf),
            (ServiceVerifier, 3) => ("mac", ServiceChecksum),
            (ServiceChecksum | KdcIssuedChecksum, 0) => ("cksumtype", Leaf),
            (ServiceChecksum, 1) => ("checksum", ServiceMac),
            (KdcIssuedChecksum, 1) => ("checksum", KdcIssuedMac),
            (Authenticator, 0) => ("authenticator-vno", Leaf),
            (Authenticator, 1) => ("crealm", Leaf),
            (Authenticator, 2) => ("cname", PrincipalName),
            (Authenticator, 3) => ("cksum", Checksum),
            (Authenticator, 4) => ("cusec", Leaf),
            (Authenticator, 5) => ("ctime", Leaf),
            (Authenticator, 6) => ("subkey", EncryptionKey),
            (Authenticator, 7) => ("seq-number", Leaf),
            (Authenticator, 8) => ("authorization-data", AuthorizationData),
            (Checksum, 0) => ("cksumtype", Leaf),
            (Checksum, 1) => ("checksum", ChecksumValue),
            (KrbCred, 0) => ("pvno", Leaf),
            (KrbCred, 1) => ("msg-type", Leaf),
            (KrbCred, 2) => ("tickets", Tickets),
            (KrbCred, 3) => ("enc-part", SealedCred),
            (EncKrbCredPart, 0) => ("ticket-info", TicketInfo),
            (EncKrbCredPart, 1) => ("nonce", Leaf),
            (EncKrbCredPart, 2) => ("timestamp", Leaf),
            (EncKrbCredPart, 3) => ("usec", Leaf),
            (EncKrbCredPart, 4) => ("s-address", HostAddress),
            (EncKrbCredPart, 5) => ("r-address", HostAddress),
            (KrbCredInfo, 0) => ("key", EncryptionKey),
            (KrbCredInfo, 1) => ("prealm", Leaf),
            (KrbCredInfo, 2) => ("pname", PrincipalName),
            (KrbCredInfo, 3) => ("flags", Leaf),
            (KrbCredInfo, 4) => ("authtime", Leaf),
            (KrbCredInfo, 5) => ("starttime", Leaf),
            (KrbCredInfo, 6) => ("endtime", Leaf),
            (KrbCredInfo, 7) => ("renew-till", Leaf),
            (KrbCredInfo, 8) => ("srealm", Leaf),
            (KrbCredInfo, 9) => ("sname", PrincipalName),
            (KrbCredInfo, 10) => ("caddr", HostAddresses),
            _ => return None,
        })
    }

    /// Whether paths to its parts begin with its name.
    pub(crate) fn begins_path(self) -> bool {
        matches!(self, Self::NegTokenInit | Self::NegTokenResp)
    }

    /// Name and shape of what the application tag of this number is.
    pub(crate) fn application(number: u8) -> Option<(&'static str, Self)> {
        Some(match number {
            1 => ("Ticket", Self::Ticket),
            2 => ("Authenticator", Self::Authenticator),
            3 => ("EncTicketPart", Self::EncTicketPart),
            14 => ("AP-REQ", Self::ApReq),
            22 => ("KRB-CRED", Self::KrbCred),
            29 => ("EncKrbCredPart", Self::EncKrbCredPart),
            _ => return None,
        })
    }

    /// The shape of each element of a list.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::HostAddresses => Self::HostAddress,
            Self::AuthorizationData => Self::AuthorizationDataElement,
            Self::TicketInfo => Self::KrbCredInfo,
            _ => Self::Leaf,
        }
    }
}
