//! Every code of a refusal: what it means, whose fault it is, what causes it, and what to do.
//!
//! A code is stable: programs may compare it, and alerts may count it. It stands in the log line of a refusal, in what
//! `negotiate explain` prints, and in [`Explain::code`](crate::Explain::code).
//!
//! ```text
//! INFO negotiate_http: refused: the keytab's key is older than the ticket's code="krb5.kvno_new"
//!   blame=this server's set-up seen=... expected=... advice=...
//! ```
//!
//! The client is told none of this, but the KRB-ERROR that RFC 4120 gives it: what a refusal says about keys, names and
//! clocks is the operator's. HTTP answers 401 with a new challenge, 403 where trying again is in vain, 503 where this server
//! is out of order.
//!
//! | page | codes of |
//! |---|---|
//! | [`krb5`] | tickets, keys, clocks, channel bindings, PACs |
//! | [`spnego`] | the negotiation of a mechanism |
//! | [`http`] | header fields and connections |
//! | [`keytab`] | keytab files |
//! | [`others`] | the initiator, exchanges with a KDC, the gateway, the platform's library |
//!
//! An entry says **whose** fault it is, the HTTP status, the GSS-API's major status, and the code of the KRB-ERROR; and it
//! names a test that brings it about. Those of `interop` do so with the real programs: `interop/run --test refused old_kvno`.
//! To see what a token of your own says, hand it to `negotiate explain`.
//!
//! `another_leg_needed` is the one code of `explain` that is no refusal: the token is good so far.

#[doc = include_str!("krb5.md")]
pub mod krb5 {}
#[doc = include_str!("spnego.md")]
pub mod spnego {}
#[doc = include_str!("http.md")]
pub mod http {}
#[doc = include_str!("keytab.md")]
pub mod keytab {}
#[doc = include_str!("others.md")]
pub mod others {}
