//! Strict, zero-copy DER (X.690): the only ASN.1 code of the workspace.
//!
//! [`Reader`] walks borrowed bytes and never allocates; [`Writer`] appends to one `Vec`. What BER allows and DER does
//! not is refused: indefinite and non-minimal lengths, tags above 30, non-minimal integers, trailing bytes.
//! Nesting follows the caller's code, never the input, so no input can recurse.

mod error;
mod fields;
mod reader;
mod tag;
mod writer;

pub use error::{Error, ErrorKind};
pub use reader::Reader;
pub use tag::Tag;
pub use writer::{KERBEROS_TIME_LEN, Writer};
