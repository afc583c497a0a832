//! The token in `Authorization` and `WWW-Authenticate` fields (RFC 4559 section 4, RFC 9110 section 11).
//!
//! The scheme word is case-insensitive; the token is canonical base64 and nothing else. Length is judged before decoding.

use crate::RequestError;
use base64::Engine;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::LazyLock;

/// What a request brings for us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// No `Authorization`, or one of a scheme that is not ours.
    NotOurs,
    /// `Negotiate` without a token: a wish to begin anew.
    Empty,
    /// `Negotiate` with a token.
    Token(Vec<u8>),
}

const SCHEME: &[u8] = b"Negotiate";

/// Reads the credentials; `limit` is the most base64 that is decoded.
pub(crate) fn credentials(headers: &HeaderMap, limit: usize) -> Result<Credentials, RequestError> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else {
        return Ok(Credentials::NotOurs);
    };
    if fields.next().is_some() {
        return Err(RequestError::AuthorizationRepeated);
    }
    let field = field.as_bytes().trim_ascii();
    let Some((scheme, rest)) = field.split_at_checked(SCHEME.len()) else {
        return Ok(Credentials::NotOurs);
    };
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Ok(Credentials::NotOurs);
    }
    match rest.first() {
        None => return Ok(Credentials::Empty),
        Some(b' ' | b'\t') => {}
        Some(b',') => return Err(RequestError::AuthorizationJoined),
        // A longer word: another scheme.
        Some(_) => return Ok(Credentials::NotOurs),
    }
    let token = rest.trim_ascii_start();
    if token.len() > limit {
        return Err(RequestError::TokenTooLong {
            len: token.len(),
            limit,
        });
    }
    if token.contains(&b',') {
        return Err(RequestError::AuthorizationJoined);
    }
    BASE64
        .decode(token)
        .map(Credentials::Token)
        .map_err(|_| RequestError::TokenNotBase64)
}

/// A challenge, `Negotiate` alone or with a token. It is marked as sensitive: logs do not print it and HPACK does not
/// index it.
pub(crate) fn challenge(token: Option<&[u8]>) -> HeaderValue {
    let Some(token) = token else {
        return HeaderValue::from_static("Negotiate");
    };
    let mut text = String::from("Negotiate ");
    BASE64.encode_string(token, &mut text);
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| unreachable!("base64 is visible ASCII"));
    value.set_sensitive(true);
    value
}

/// The most base64 for tokens of `token_len` bytes. Never less than 64 KiB: Windows makes tokens that long.
pub(crate) fn limit_for(token_len: usize) -> usize {
    base64::encoded_len(token_len, true).map_or(usize::MAX, |len| len.max(64 * 1024))
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Base64 = base64::engine::Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Base64 = base64::engine::GeneralPurpose;

// RFC 4648 section 3: padding is required, and bits after the last byte are zero.
static BASE64: LazyLock<Base64> = LazyLock::new(|| {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    return Base64::standard(base64::engine::general_purpose::PAD);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return base64::engine::general_purpose::STANDARD;
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(fields: &[&[u8]]) -> Result<Credentials, RequestError> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).unwrap());
        }
        credentials(&headers, 64)
    }

    #[test]
    fn the_scheme_word_is_case_insensitive_and_whole() {
        let token = Ok(Credentials::Token(b"token".to_vec()));
        for field in [
            "Negotiate dG9rZW4=",
            "negotiate dG9rZW4=",
            "NEGOTIATE   dG9rZW4= ",
        ] {
            assert_eq!(read(&[field.as_bytes()]), token, "{field}");
        }
        for field in ["Negotiate", "nEGOTIATE  "] {
            assert_eq!(read(&[field.as_bytes()]), Ok(Credentials::Empty), "{field}");
        }
        for field in [
            "",
            "Nego",
            "Bearer dG9rZW4=",
            "NegotiateX dG9rZW4=",
            "Basic Negotiate",
            "\u{e9}",
        ] {
            assert_eq!(read(&[field.as_bytes()]), Ok(Credentials::NotOurs), "{field}");
        }
        assert_eq!(read(&[]), Ok(Credentials::NotOurs));
    }

    // RFC 4648 sections 3.2, 3.3 and 3.5; RFC 9110 section 11.2 allows token68 one value without spaces.
    #[test]
    fn base64_is_canonical() {
        for field in [
            "Negotiate dG9rZW4",
            "Negotiate dG9rZW4==",
            "Negotiate dG9rZW5=",
            "Negotiate dG9r ZW4=",
            "Negotiate dG9r\tZW4=",
            "Negotiate dG9rZ-_=",
            "Negotiate =",
            "Negotiate token=\"dG9rZW4=\"",
            "Negotiate dG9rZW4=\u{a0}",
        ] {
            assert_eq!(
                read(&[field.as_bytes()]),
                Err(RequestError::TokenNotBase64),
                "{field}"
            );
        }
    }

    #[test]
    fn one_field_with_one_credential() {
        assert_eq!(
            read(&[b"Negotiate dG9rZW4=", b"Negotiate dG9rZW4="]),
            Err(RequestError::AuthorizationRepeated)
        );
        assert_eq!(
            read(&[b"Bearer x", b"Negotiate dG9rZW4="]),
            Err(RequestError::AuthorizationRepeated)
        );
        for field in [
            "Negotiate dG9rZW4=, Basic eDp5",
            "Negotiate, Negotiate dG9rZW4=",
            "Negotiate ,",
        ] {
            assert_eq!(
                read(&[field.as_bytes()]),
                Err(RequestError::AuthorizationJoined),
                "{field}"
            );
        }
    }

    #[test]
    fn length_is_judged_before_the_content() {
        let field = format!("Negotiate {}", "A".repeat(64));
        assert_eq!(read(&[field.as_bytes()]), Ok(Credentials::Token(vec![0; 48])));
        let field = format!("Negotiate {}", "!".repeat(65));
        assert_eq!(
            read(&[field.as_bytes()]),
            Err(RequestError::TokenTooLong { len: 65, limit: 64 })
        );
    }

    #[test]
    fn limits_are_in_base64_and_at_least_64_kib() {
        assert_eq!(limit_for(1000), 65_536);
        assert_eq!(limit_for(98_304), 131_072);
        assert_eq!(limit_for(98_305), 131_076);
        assert_eq!(limit_for(usize::MAX), usize::MAX);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_read(token in proptest::collection::vec(any::<u8>(), 1..400)) {
            let mut headers = HeaderMap::new();
            headers.append(AUTHORIZATION, challenge(Some(&token)));
            prop_assert_eq!(credentials(&headers, 4096), Ok(Credentials::Token(token)));
        }

        // The vectorised decoder accepts and yields what the plain one does.
        #[test]
        fn the_fast_decoder_is_the_strict_one(text in "[A-Za-z0-9+/=]{0,200}[ -~]{0,2}") {
            let plain = base64::engine::general_purpose::STANDARD.decode(&text);
            prop_assert_eq!(BASE64.decode(&text), plain);
        }

        #[test]
        fn no_value_panics(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..3)) {
            let mut headers = HeaderMap::new();
            for value in values {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.append(AUTHORIZATION, value);
                }
            }
            let _ = credentials(&headers, 64);
        }

        #[test]
        fn no_negotiate_value_panics(value in "[Nn]egotiate[ ,\t]{0,3}[A-Za-z0-9+/=, ]{0,90}") {
            let mut headers = HeaderMap::new();
            headers.append(AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
            let _ = credentials(&headers, 64);
        }
    }
}
