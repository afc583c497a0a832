//! ASN.1 by tables: a tolerant reader of DER that names what it finds, and goes on where the strict one stops.

mod leaf;
mod schema;
mod tlv;
mod walk;

pub(crate) use leaf::*;
pub(crate) use schema::{Shape, Type, optional, required};
pub(crate) use tlv::Tlv;
