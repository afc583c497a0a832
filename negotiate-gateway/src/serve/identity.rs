//! The user's name on its way to the application: headers that only the gateway sets.

use super::headers;
use crate::config::IdentityHeaders;
use crate::failure::Failure;
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
use http::header::{HeaderMap, HeaderValue};
use mech_krb5::keytab::Match;
use mech_krb5::{Details, LocalNames};
use negotiate_http::Identity;
use std::fmt;

/// A name that no header can carry as it is.
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

/// How the application is told who its user is.
#[derive(Debug)]
pub(super) struct ToldIdentity {
    headers: IdentityHeaders,
    local_names: Option<LocalNames>,
}

impl ToldIdentity {
    /// In these headers.
    ///
    /// # Errors
    /// If the local name is to be told, and there is no default realm by which it could be known.
    pub(super) fn new(headers: IdentityHeaders, krb5_conf: &Krb5Conf) -> Result<Self, Failure> {
        let local_names = krb5_conf.local_names().cloned();
        if headers.local_name.is_some() && local_names.is_none() {
            return Err(Failure::unusable(
                "identity_headers.local_name needs a default realm, and acceptor.krb5_conf has none",
                "write default_realm into its [libdefaults]",
            ));
        }
        Ok(Self { headers, local_names })
    }

    /// Deletes what the client claims to be.
    pub(super) fn remove(&self, headers: &mut HeaderMap) {
        let names: Vec<_> = self.headers.names().collect();
        headers::remove_lookalikes(headers, &names);
    }

    /// Tells who the user is.
    ///
    /// # Errors
    /// If the name cannot be told; nothing is to be sent on then.
    pub(super) fn insert(&self, headers: &mut HeaderMap, identity: &Identity) -> Result<(), NotAHeaderValue> {
        // Names are text in UTF-8 without control characters, or the login must not reach an application that would
        // see another name than the one that was authenticated.
        // Blanks at the ends are no part of a field's value (RFC 9110 section 5.5): " alice" would become "alice".
        let is_whole = |text: &&str| text.trim() == *text;
        let value = |text: &str| {
            let bytes = Some(text).filter(is_whole).map(str::as_bytes);
            HeaderValue::from_bytes(bytes.ok_or(NotAHeaderValue)?).map_err(|_| NotAHeaderValue)
        };
        let names = &self.headers;
        headers.insert(&names.user.0, value(identity.display())?);
        if let Some(header) = &names.realm {
            headers.insert(&header.0, value(identity.realm())?);
        }
        if let (Some(header), Some(local_name)) = (&names.local_name, self.local_name(identity)) {
            headers.insert(&header.0, value(&local_name)?);
        }
        if let (Some(header), Some(sid)) = (&names.sid, identity.sid()) {
            headers.insert(&header.0, value(&sid.to_string())?);
        }
        let indicators = identity.auth_indicators();
        if let (Some(header), false) = (&names.auth_indicators, indicators.is_empty()) {
            headers.insert(&header.0, value(&list(&indicators))?);
        }
        if let Some(header) = &names.mechanism {
            headers.insert(&header.0, HeaderValue::from_static(identity.mechanism().name()));
        }
        if let (Some(header), Some(expires)) = (&names.expires, identity.expires()) {
            headers.insert(&header.0, HeaderValue::from(expires.unix()));
        }
        Ok(())
    }

    /// Many have none: the header is left out then.
    fn local_name(&self, identity: &Identity) -> Option<String> {
        let details = identity.context().details::<Details>()?;
        let local_name = self.local_names.as_ref()?.map(details.client.borrow()).ok()?;
        (!local_name.is_empty()).then_some(local_name)
    }
}

/// A list (RFC 9110 section 5.6.1) of tokens. Any but RFC 3986's unreserved characters are percent-encoded, so that no value looks like two.
fn list(values: &[&str]) -> String {
    let encoded = |value: &&str| {
        let bytes = value.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        });
        bytes.collect::<String>()
    };
    values.iter().map(encoded).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_a_list_looks_like_two() {
        assert_eq!(list(&["pkinit", "otp"]), "pkinit, otp");
        assert_eq!(
            list(&["pk, init\n", "100%", "\u{fc}"]),
            "pk%2C%20init%0A, 100%25, %C3%BC"
        );
    }
}
