//! The user's name on its way to the application: headers that only the gateway sets.

use super::headers;
use crate::config::IdentityHeaders;
use crate::keytab_file;
use http::header::{HeaderMap, HeaderValue};
use mech_krb5::Details;
use mech_krb5::keytab::Match;
use negotiate_http::Identity;
use std::fmt;

/// A name that no header can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAHeaderValue;

impl fmt::Display for NotAHeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the user's name has characters that no header can carry")
    }
}

/// Tells the operator of a login that succeeded although something is not as it should be.
pub(super) fn warn(identity: &Identity) {
    let Some(details) = identity.context().details::<Details>() else {
        return;
    };
    if details.key_match == Match::OtherVersion {
        tracing::warn!(
            service = keytab_file::name(&details.service),
            kvno = details.kvno,
            advice = "compare the key versions: negotiate keytab list FILE, and kvno SERVICE on the client",
            "the key that opened a ticket has another version in the keytab than in the ticket"
        );
    }
    for warning in &details.warnings {
        tracing::warn!(
            user = identity.display(),
            advice = "look at the token with negotiate explain; the KDC that made the ticket is to be corrected or updated",
            "{warning}"
        );
    }
}

impl IdentityHeaders {
    /// Deletes what the client claims to be.
    pub(super) fn remove(&self, headers: &mut HeaderMap) {
        let names: Vec<_> = self.names().collect();
        headers::remove_lookalikes(headers, &names);
    }

    /// Tells who the user is.
    ///
    /// # Errors
    /// If the name cannot be told; nothing is to be sent on then.
    pub(super) fn insert(&self, headers: &mut HeaderMap, identity: &Identity) -> Result<(), NotAHeaderValue> {
        // Names are text in UTF-8 without control characters, or the login must not reach an application that would
        // see another name than the one that was authenticated.
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).map_err(|_| NotAHeaderValue);
        headers.insert(&self.user.0, value(identity.display())?);
        if let Some(header) = &self.realm {
            headers.insert(&header.0, value(identity.realm())?);
        }
        if let Some(header) = &self.mechanism {
            headers.insert(&header.0, HeaderValue::from_static(identity.mechanism().name()));
        }
        if let (Some(header), Some(expires)) = (&self.expires, identity.expires()) {
            headers.insert(&header.0, HeaderValue::from(expires.unix()));
        }
        Ok(())
    }
}
