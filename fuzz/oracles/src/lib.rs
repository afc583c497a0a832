//! What must hold for any input, of whatever part of this project reads what a peer or a file says.
//!
//! Each module named like a target has one function, `check`: it takes bytes, and panics if something does not hold. Nearly
//! all oracles are a second implementation that predicts the outcome, written from the specification and with no eye
//! on speed; where it differs from the first, one of the two is wrong. The fuzz targets in `fuzz/fuzz_targets` are a line
//! each; an ordinary test replays every committed input (`cargo test -p fuzz-oracles`).

pub mod ap_req;
pub mod auth_to_local;
pub mod authorization_data;
mod bounds;
pub mod claims;
mod conversation;
pub mod corpus;
pub mod decode;
pub mod der;
mod ere;
#[path = "../../../mech-krb5/tests/forge/mod.rs"]
#[allow(clippy::unwrap_used)] // it is code of tests
mod forge;
pub mod http_header;
mod kerberos;
pub mod keyed;
pub mod keytab;
pub mod krb5_conf;
#[path = "../../../negotiate-core/tests/spnego/loopback.rs"]
#[allow(dead_code)] // the tests that it belongs to need the rest
mod loopback;
mod ndr;
mod negotiation;
pub mod pac;
pub mod per_message;
mod refusal;
pub mod replay_file;
mod seeds;
pub mod spnego_exchange;
pub mod spnego_token;
mod support;
mod tlv;
#[path = "../../../negotiate-core/tests/spnego/tokens.rs"]
#[allow(dead_code)] // the tests that it belongs to need the rest
mod tokens;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its module, its binary and its corpus.
    pub name: &'static str,
    /// Its oracle, which panics if something does not hold.
    pub check: fn(&[u8]),
    /// What there is to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 15] = [
    Target {
        name: "der",
        check: der::check,
        seeds: seeds::der,
    },
    Target {
        name: "spnego_token",
        check: spnego_token::check,
        seeds: seeds::tokens,
    },
    Target {
        name: "spnego_exchange",
        check: spnego_exchange::check,
        seeds: seeds::none,
    },
    Target {
        name: "http_header",
        check: http_header::check,
        seeds: seeds::header_fields,
    },
    Target {
        name: "keytab",
        check: keytab::check,
        seeds: seeds::keytabs,
    },
    Target {
        name: "ap_req",
        check: ap_req::check,
        seeds: seeds::kerberos_tokens,
    },
    Target {
        name: "per_message",
        check: per_message::check,
        seeds: seeds::none,
    },
    Target {
        name: "keyed",
        check: keyed::check,
        seeds: seeds::none,
    },
    Target {
        name: "authorization_data",
        check: authorization_data::check,
        seeds: keyed::authorization_data_seeds,
    },
    Target {
        name: "pac",
        check: pac::check,
        seeds: seeds::pacs,
    },
    Target {
        name: "claims",
        check: claims::check,
        seeds: seeds::claims,
    },
    Target {
        name: "decode",
        check: decode::check,
        seeds: seeds::everything,
    },
    Target {
        name: "krb5_conf",
        check: krb5_conf::check,
        seeds: seeds::krb5_confs,
    },
    Target {
        name: "auth_to_local",
        check: auth_to_local::check,
        seeds: seeds::local_names,
    },
    Target {
        name: "replay_file",
        check: replay_file::check,
        seeds: seeds::none,
    },
];
