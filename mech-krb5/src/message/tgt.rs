use super::{MessageError, head, write_head};
use crate::principal::PrincipalName;
use negotiate_core::der::{Reader, Writer};

/// `KERB-TGT-REQUEST` (draft-swift-win2k-krb-user2user-03): a client asks whom it wants to speak to for the ticket-granting
/// ticket that the KDC is to have for user-to-user authentication (RFC 4120 section 3.7).
///
/// ```text
/// KERB-TGT-REQUEST ::= SEQUENCE {
///     pvno         [0] INTEGER (5),
///     msg-type     [1] INTEGER (16),
///     server-name  [2] PrincipalName OPTIONAL,
///     realm        [3] Realm OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TgtReq<'a> {
    /// Whom the client means.
    pub server_name: Option<PrincipalName<'a>>,
    /// Where it looks for it; Windows writes the domain's short name, too.
    pub realm: Option<&'a [u8]>,
}

impl<'a> TgtReq<'a> {
    /// The message type number.
    pub const MESSAGE_TYPE: i64 = 16;

    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not a KERB-TGT-REQUEST of version 5, or not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = input.sequence()?;
        input.finish()?;
        head(&mut sequence, 0, Self::MESSAGE_TYPE)?;
        let server_name = sequence.optional_field(2, PrincipalName::decode)?;
        let realm = sequence.optional(3, Reader::general_string_field)?;
        sequence.finish()?;
        Ok(Self { server_name, realm })
    }
}

/// `KERB-TGT-REPLY` (draft-swift-win2k-krb-user2user-03):
///
/// ```text
/// KERB-TGT-REPLY ::= SEQUENCE {
///     pvno      [0] INTEGER (5),
///     msg-type  [1] INTEGER (17),
///     ticket    [2] Ticket
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TgtRep<'a> {
    /// The acceptor's ticket-granting ticket, as DER.
    pub ticket: &'a [u8],
}

impl TgtRep<'_> {
    /// The message type number.
    pub const MESSAGE_TYPE: i64 = 17;

    /// Writes it.
    pub fn write(&self, writer: &mut Writer) {
        writer.sequence(|sequence| {
            write_head(sequence, 0, Self::MESSAGE_TYPE);
            sequence.field(2, |field| field.raw(self.ticket));
        });
    }
}
