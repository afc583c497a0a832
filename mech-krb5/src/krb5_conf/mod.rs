//! `krb5.conf`: MIT krb5's profile format (doc/admin/conf_files/krb5_conf.rst), and what an acceptor needs from it.
//!
//! ```text
//! [libdefaults]                    section, and the same again adds to it
//!     default_realm = EXAMPLE.COM  relation: name and value
//! [realms]
//!     EXAMPLE.COM = {              subsection
//!         auth_to_local = "RULE:[1:$1@$0](.*@EXAMPLE\\.COM)s/@.*//"
//!     }
//! ```
//!
//! What is accepted here means what MIT krb5 makes of it; where MIT ignores what is written, this reader refuses it. Files
//! are named by the caller: `include` and `includedir` are handed to whoever reads them (`negotiate_io::krb5_conf`).

mod error;
mod line;
mod permitted_enctypes;
mod profile;
mod text;
mod views;

pub use error::{ProfileError, ProfileErrorKind};
pub use permitted_enctypes::PermittedEnctypes;
pub use profile::{Place, Profile, Value};
pub use text::{Include, ProfileText};
pub use views::BadValue;

/// Longest configuration, included files together: 1 MiB. A thousand realms with all their settings fit in.
pub const MAX_LEN: usize = 1 << 20;

/// Longest line: what MIT krb5 reads at once. It takes the rest of a longer one for another line.
pub const MAX_LINE_LEN: usize = 2046;

/// Most sections and relations: 65,536, or one for each 16 bytes of the longest configuration. Each costs some 100 bytes.
pub const MAX_ENTRIES: usize = 1 << 16;

/// Most braces open at one place. No section of krb5.conf needs more than two.
pub const MAX_DEPTH: usize = 8;
