//! Services that run for a user, without a keytab (RFC 4120 section 3.7).
//!
//! A daemon of somebody's desktop has no long-term key, but the ticket-granting ticket of who runs it. In user-to-user
//! authentication the client gets that ticket from the service, and the KDC seals the client's with its session key. The ticket
//! may be told to everybody: nobody can use it who lacks the key.
//!
//! ```no_run
//! # #[cfg(feature = "krb5")]
//! # fn acceptor(
//! #     replay_cache: std::sync::Arc<dyn negotiate::krb5::replay::ReplayCache>,
//! # ) -> Result<negotiate::Acceptor, Box<dyn std::error::Error>> {
//! use negotiate::Acceptor;
//! use negotiate::krb5::{Krb5, OwnTicket, ccache::Ccache, crypto::EncryptionTypes, keytab::Keytab};
//! use std::sync::Arc;
//!
//! let cache = Ccache::parse(&std::fs::read("/run/user/1000/krb5cc")?)?;
//! let own_ticket = OwnTicket::from_ccache(&cache, EncryptionTypes::new())?;
//! let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
//!     .user_to_user(Arc::new(own_ticket))
//!     .replay_cache(replay_cache)
//!     .build()?;
//! let acceptor = Acceptor::builder().mechanism(krb5).build()?;
//! # Ok(acceptor)
//! # }
//! ```
//!
//! With a keytab in its place, tickets of both kinds are taken. Where the acceptor takes RC4 or Camellia
//! (`Krb5Builder::encryption_types`), give the same types to `OwnTicket`: its session key may be of one of them then.
//!
//! # Whose cache it is
//!
//! The session key in the cache is what proves clients: who wrote the file can be any of them. In `/tmp`, everybody can make
//! `krb5cc_1000` before that user logs on, with a ticket that no KDC gave and a key of his own. So keep the cache where nobody else
//! writes (`/run/user/UID` is such a directory), or look at the owner and the mode of the opened file before you read it.
//!
//! # How clients get the ticket
//!
//! - Windows, and who imitates it, ask for it in the first token (KERB-TGT-REQUEST, inside SPNEGO or by itself); the acceptor
//!   answers, and the AP-REQ comes in the next. That is [`Step::Continue`](crate::Step::Continue), as with any mechanism of
//!   several legs. In SPNEGO both end with a mechListMIC, as Windows does.
//! - In a protocol of your own send `OwnTicket::ticket()` to the client, and give the acceptor what comes back. With MIT krb5 the
//!   client has `kvno --u2u`, or `krb5_get_credentials` with `KRB5_GC_USER_USER`; its `gss_init_sec_context` cannot do it.
//!
//! # Renewal
//!
//! A renewed ticket has another session key. `Krb5Builder::user_to_user` takes an `OwnTicketSource`, which is asked for each
//! token of this kind: let yours hold the ticket in an `ArcSwap` or behind a lock that nobody holds for long, and replace it after
//! each renewal. Whoever was given the older one by this acceptor may finish with it; a ticket that was got for it before
//! is refused (`krb5.user_to_user_key`), and so is everything once it has ended (`krb5.own_ticket_expired`).
//!
//! # Names
//!
//! The KDC makes such a ticket for the client of our own, `alice@EXAMPLE.COM`, and that is the name that clients address
//! (RFC 4120 section 3.3.3). A Windows domain allows each service name of the account, and its clients ask for one of them:
//! `OwnTicket::also_named` tells the acceptor. A restriction to names is met if one of these is allowed; as with keys of a keytab, it
//! does not separate names that share the key.
//!
//! # When it does not work
//!
//! `negotiate explain --ccache FILE` judges a client's token with the ticket of a credential cache, that of whoever the service
//! runs for; `--also-named PRINCIPAL` tells it the other names. A token that asks for the ticket is good so far (exit status 3): what
//! the client sends next is the AP-REQ. In SPNEGO that comes in a NegTokenResp, out of which `negotiate decode` shows it.
//!
//! # Not in the gateway
//!
//! Browsers and curl do not do this, and a gateway that others connect to has a keytab: `negotiate serve` has no option for
//! it.
