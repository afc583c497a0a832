//! Asking a KDC for tickets (RFC 4120 sections 3.1 and 3.3), without sending anything.
//!
//! An exchange begins with values and ends with a [`Credential`](crate::Credential). Between, it is a [`KdcStep::Ask`]:
//! send the request to a KDC of the realm, by whatever transport, and give its reply to [`KdcAsk::answer`]. A reply is
//! believed only as far as a key proves it: names, times and flags come from the sealed part and are held against the
//! request (`reply` is the list of these checks).
//!
//! Not here: finding KDCs and talking to them, referrals to other realms, FAST, S4U.

mod as_exchange;
mod error;
mod error_words;
mod preauth;
mod reply;
#[cfg(test)]
mod tests;
mod tgs_exchange;

pub use as_exchange::AsExchange;
pub use error::{KdcError, KdcRefusal, Mismatch, ReplyPart};
pub use preauth::ClientSecret;
pub use tgs_exchange::TgsExchange;

use crate::crypto::EncryptionType;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::Ambient;

/// What an exchange does next.
#[must_use]
#[derive(Debug)]
pub enum KdcStep<T> {
    /// It asks a KDC.
    Ask(KdcAsk<T>),
    /// It is over.
    Done(T),
}

/// A question to the KDC, and who waits for the answer.
#[must_use]
pub struct KdcAsk<T> {
    realm: Box<[u8]>,
    request: Vec<u8>,
    waiting: Box<dyn Waiting<T>>,
}

/// The type with this number, if it is one of those that were asked for.
fn find(asked: &[EncryptionType], number: i32) -> Option<EncryptionType> {
    asked.iter().copied().find(|etype| etype.number() == number)
}

/// An exchange between a request and its reply.
trait Waiting<T>: Send {
    fn answer(
        self: Box<Self>,
        request: &[u8],
        reply: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<KdcStep<T>, KdcError>;
}

impl<T> KdcAsk<T> {
    /// The realm whose KDC is asked.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// The message to send: a UDP datagram, or what follows the length in TCP (RFC 4120 section 7.2).
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Takes the KDC's reply.
    ///
    /// # Errors
    /// [`KdcError`] ends the exchange: the KDC refused, or the reply is not to be believed.
    pub fn answer(self, reply: &[u8], ambient: &mut Ambient<'_>) -> Result<KdcStep<T>, KdcError> {
        self.waiting.answer(&self.request, reply, ambient)
    }
}

impl<T> fmt::Debug for KdcAsk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KdcAsk({} bytes)", self.request.len())
    }
}
