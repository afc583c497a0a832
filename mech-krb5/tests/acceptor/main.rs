//! The Kerberos acceptor, judged by tokens that are forged from keys the tests chose: every refusal by its name, every
//! check at its boundary. What real peers send is judged in `captures.rs`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../forge/mod.rs"]
mod forge;

mod addresses;
mod authorization_data;
mod bindings;
#[cfg(feature = "camellia")]
mod camellia;
mod cammac;
mod client;
mod dce_style;
mod delegation;
mod delegation_by_picky;
mod facts;
mod faults;
mod gss_checksum;
mod initiator;
mod keys;
mod krb_error;
mod login;
mod mutated;
mod order;
mod pac;
mod rc4;
mod replay;
mod subkey;
mod times;
mod transited;
mod user_to_user;
mod within_spnego;
