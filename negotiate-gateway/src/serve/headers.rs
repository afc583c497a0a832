//! Which headers pass the gateway: hop-by-hop fields do not (RFC 9110 section 7.6.1), a client's copies of the identity
//! headers do not, and an application's own Negotiate and NTLM challenges do not.

use crate::header_name::are_one_variable;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Deletes what concerns only the connection the message came on: the fields that `Connection` names, and those that
/// RFC 9110 section 7.6.1 lists.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in &named {
        headers.remove(name);
    }
    for name in [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        header::TE,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// Deletes every field that a backend may take for one of `names`, whatever is between the letters.
pub(super) fn remove_lookalikes(headers: &mut HeaderMap, names: &[&HeaderName]) {
    let is_one = |key: &&HeaderName| {
        let mut names = names.iter();
        names.any(|name| are_one_variable(key.as_str(), name.as_str()))
    };
    let found: Vec<HeaderName> = headers.keys().filter(is_one).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// HTTP/2 may spread `Cookie` over several fields; before HTTP/1.1 they become one (RFC 9113 section 8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    let mut fields = headers.get_all(header::COOKIE).into_iter();
    let Some(first) = fields.next() else { return };
    let mut joined = first.as_bytes().to_vec();
    let mut count = 1;
    for field in fields {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(field.as_bytes());
        count += 1;
    }
    if count > 1
        && let Ok(joined) = HeaderValue::from_bytes(&joined)
    {
        headers.insert(header::COOKIE, joined);
    }
}

/// What is left of a response's challenges without those for Negotiate and NTLM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenges {
    /// There were none for Negotiate or NTLM.
    Untouched,
    /// Some were deleted, and others remain.
    SomeRemain,
    /// All were deleted.
    NoneRemain,
}

/// Deletes challenges for Negotiate and NTLM from `WWW-Authenticate`: the client would answer them to the gateway, which
/// has authenticated it already, and with a token that the application could not use.
pub(super) fn remove_negotiate_challenges(headers: &mut HeaderMap) -> Challenges {
    let fields: Vec<HeaderValue> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .cloned()
        .collect();
    let kept: Vec<Option<HeaderValue>> = fields.iter().map(without_negotiate).collect();
    if kept
        .iter()
        .zip(&fields)
        .all(|(kept, field)| kept.as_ref() == Some(field))
    {
        return Challenges::Untouched;
    }
    headers.remove(header::WWW_AUTHENTICATE);
    let mut outcome = Challenges::NoneRemain;
    for value in kept.into_iter().flatten() {
        headers.append(header::WWW_AUTHENTICATE, value);
        outcome = Challenges::SomeRemain;
    }
    outcome
}

fn without_negotiate(field: &HeaderValue) -> Option<HeaderValue> {
    let text = field.as_bytes();
    let mut is_ours = false;
    let mut any_ours = false;
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in list_elements(text) {
        if let Some(scheme) = scheme_of(element) {
            is_ours = scheme.eq_ignore_ascii_case(b"negotiate") || scheme.eq_ignore_ascii_case(b"ntlm");
            any_ours |= is_ours;
        }
        if !is_ours {
            kept.push(element);
        }
    }
    if !any_ours {
        return Some(field.clone());
    }
    let kept = kept.join(&b", "[..]);
    (!kept.is_empty())
        .then(|| HeaderValue::from_bytes(&kept).ok())
        .flatten()
}

/// The elements of a comma-separated list, where a comma within a quoted string separates nothing (RFC 9110 section 5.6).
fn list_elements(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    text.split(move |byte| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match byte {
            b'\\' if is_quoted && !was_escaped => is_escaped = true,
            b'"' if !was_escaped => is_quoted = !is_quoted,
            b',' if !is_quoted => return true,
            _ => {}
        }
        false
    })
    .map(<[u8]>::trim_ascii)
    .filter(|element| !element.is_empty())
}

/// The scheme, if the element begins a challenge; `None` if it is one more parameter of the challenge before it
/// (RFC 9110 section 11.6.1: `name = value`).
fn scheme_of(element: &[u8]) -> Option<&[u8]> {
    let word_end = element
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'='));
    let (word, rest) = element.split_at_checked(word_end.unwrap_or(element.len()))?;
    let is_parameter = rest.trim_ascii_start().first() == Some(&b'=');
    (!is_parameter).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let parse =
            |(name, value): &(&str, &str)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in fields.iter().map(parse) {
            let name: HeaderName = name;
            map.append(name, value);
        }
        map
    }

    #[test]
    fn hop_by_hop_fields_and_those_that_connection_names_go() {
        let mut map = headers(&[
            ("connection", "close, X-Secret"),
            ("connection", "keep-alive"),
            ("keep-alive", "timeout=5"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-connection", "keep-alive"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut map);
        assert_eq!(map, headers(&[("accept", "*/*")]));
    }

    #[test]
    fn identity_headers_go_under_every_spelling() {
        let name = HeaderName::from_static("x-remote-user");
        let mut map = headers(&[
            ("X-Remote-User", "eve"),
            ("x_remote_user", "eve"),
            ("X_Remote-User", "eve"),
            ("X.Remote.User", "eve"),
            ("X!Remote~User", "eve"),
            ("X-Remote-Users", "kept"),
        ]);
        remove_lookalikes(&mut map, &[&name]);
        assert_eq!(map, headers(&[("x-remote-users", "kept")]));
    }

    #[test]
    fn cookies_become_one_field() {
        let mut map = headers(&[("cookie", "a=1"), ("cookie", "b=2; c=3")]);
        join_cookies(&mut map);
        assert_eq!(map, headers(&[("cookie", "a=1; b=2; c=3")]));
    }

    #[test]
    fn negotiate_and_ntlm_challenges_go_and_others_stay() {
        for (before, after) in [
            (&["Negotiate"][..], &[][..]),
            (&["negotiate YII=, NTLM"], &[]),
            (
                &["Negotiate", "NTLM", "Basic realm=\"a\""],
                &["Basic realm=\"a\""],
            ),
            (
                &["Basic realm=\"a, Negotiate\", charset=\"UTF-8\", Negotiate"],
                &["Basic realm=\"a, Negotiate\", charset=\"UTF-8\""],
            ),
            (
                &["NTLM, Digest realm=\"\\\", NTLM\" , nonce = x, Bearer"],
                &["Digest realm=\"\\\", NTLM\", nonce = x, Bearer"],
            ),
        ] {
            let map = |values: &[&str]| {
                headers(
                    &values
                        .iter()
                        .map(|v| ("www-authenticate", *v))
                        .collect::<Vec<_>>(),
                )
            };
            let mut challenges = map(before);
            let outcome = remove_negotiate_challenges(&mut challenges);
            assert_eq!(challenges, map(after), "{before:?}");
            let expected = if after.is_empty() {
                Challenges::NoneRemain
            } else {
                Challenges::SomeRemain
            };
            assert_eq!(outcome, expected, "{before:?}");
        }
    }

    #[test]
    fn other_challenges_are_not_rewritten() {
        let mut map = headers(&[("www-authenticate", "Basic  realm=\"x\" ,Bearer")]);
        let before = map.clone();
        assert_eq!(remove_negotiate_challenges(&mut map), Challenges::Untouched);
        assert_eq!(map, before);
    }
}
