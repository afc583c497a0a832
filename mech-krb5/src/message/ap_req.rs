use super::{EncryptedData, MessageError, Ticket, application, head, write_head, written};
use alloc::vec::Vec;
use negotiate_core::der::{Reader, Tag};

/// `AP-REQ` (RFC 4120 section 5.5.1):
///
/// ```text
/// AP-REQ ::= [APPLICATION 14] SEQUENCE {
///     pvno           [0] INTEGER (5),
///     msg-type       [1] INTEGER (14),
///     ap-options     [2] APOptions,
///     ticket         [3] Ticket,
///     authenticator  [4] EncryptedData -- Authenticator
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ApReq<'a> {
    /// Options, outside every seal.
    pub ap_options: ApOptions,
    /// The ticket.
    pub ticket: Ticket<'a>,
    /// The authenticator, under the ticket's session key.
    pub authenticator: EncryptedData<'a>,
}

/// `APOptions` (RFC 4120 section 5.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApOptions(pub u32);

impl ApOptions {
    /// use-session-key(1): the ticket is encrypted in the session key of the server's own TGT (user to user).
    pub const USE_SESSION_KEY: Self = Self(0x4000_0000);
    /// mutual-required(2).
    pub const MUTUAL_REQUIRED: Self = Self(0x2000_0000);

    /// Whether all of `options` are set.
    #[must_use]
    pub const fn contains(self, options: Self) -> bool {
        self.0 & options.0 == options.0
    }
}

impl<'a> ApReq<'a> {
    /// The message type number.
    pub const MESSAGE_TYPE: i64 = 14;

    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not an AP-REQ of version 5, or not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 14)?;
        input.finish()?;
        head(&mut sequence, 0, Self::MESSAGE_TYPE)?;
        let ap_options = ApOptions(sequence.bit_string_32_field(2)?);
        let mut ticket_field = sequence.element(Tag::context(3))?;
        let ticket = Ticket::decode(&mut ticket_field)?;
        ticket_field.finish()?;
        let authenticator = EncryptedData::of_content(sequence.sequence_field(4)?)?;
        sequence.finish()?;
        Ok(Self {
            ap_options,
            ticket,
            authenticator,
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let parts = self
            .ticket
            .raw
            .len()
            .saturating_add(self.authenticator.cipher.len());
        written(14, parts.saturating_add(64), |sequence| {
            write_head(sequence, 0, Self::MESSAGE_TYPE);
            sequence.field(2, |field| field.bit_string_32(self.ap_options.0));
            sequence.field(3, |field| field.raw(self.ticket.raw));
            sequence.field(4, |field| self.authenticator.encode(field));
        })
    }
}
