//! Kerberos: RFC 4120's ASN.1 as tables, what sealed parts hold, and what numbers mean.

mod ad;
mod messages;
mod names;
mod pa;
mod sealed;
mod types;

pub(crate) use messages::{TGT_REP, TGT_REQ, by_tag};
pub(crate) use names::{TICKET_FLAGS, etype_meaning, name_type_meaning};
pub(crate) use sealed::PacVerdict;
pub(crate) use types::{TICKET, ip_text};
