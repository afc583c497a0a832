//! Messages and per-message tokens against what others make of them: vectors of MIT krb5 and gokrb5, the ASN.1 of RFC 4120
//! as rasn-kerberos has it, and picky-krb.

#[path = "../common/mod.rs"]
mod common;
#[path = "../forge/mod.rs"]
mod forge;

mod fields;
mod per_message;
mod per_message_by_picky;
mod per_message_flips;
mod per_message_rfc4757;
mod schema;
mod schema_kdc;
mod schema_service;
mod vectors;
