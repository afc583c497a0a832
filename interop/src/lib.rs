//! What the tests against real peers are written with. Started by `interop/run`, which sets the peers up.
//!
//! | module | what it drives |
//! |---|---|
//! | [`peers`] | the directory that `interop/run` made, and processes that end with their test |
//! | [`kdc`] | MIT's kadmin, ktutil, kinit and kvno |
//! | [`domain`] | the Samba AD DC, and clients that reach it |
//! | [`embedded`] | the testkit's embedded KDC, for other people's tools |
//! | [`token`] | tokens minted by libgssapi and pyspnego; the verdicts of `negotiate explain` and of MIT |
//! | [`acceptor`] | our acceptor in the test's own process |
//! | [`server`] | `negotiate serve`, the axum example, nginx |
//! | [`refusal`] | the failures of `testvectors/failures.txt`, told by code and advice |
//! | [`client`] | curl, python-gssapi, pyspnego, requests-gssapi, requests-kerberos, httpx-gssapi |
//! | [`browser`] | Chromium and Firefox |
//! | [`heimdal`] | Heimdal's KDC and clients |
//! | [`java`] | HttpURLConnection and JGSS |
//! | [`smb`] | as much of an SMB server as a client needs to log in |
//!
//! A helper that cannot do its work panics with the output of the program that failed: a peer is never skipped.

pub mod acceptor;
pub mod browser;
pub mod client;
pub mod domain;
pub mod embedded;
pub mod heimdal;
pub mod java;
pub mod kdc;
pub mod peers;
pub mod refusal;
pub mod server;
pub mod smb;
pub mod speak;
pub mod token;
pub mod user_to_user;
