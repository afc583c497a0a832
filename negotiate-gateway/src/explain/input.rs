//! What `explain` is given: a raw token, one in base64, or a whole `Authorization` line.
//!
//! Which of them is told by one look. A raw token has bytes that no text has (the object identifiers of RFC 2743
//! section 3.1 and the `NTLMSSP\0` of MS-NLMP see to that); a text with a line that starts with `Authorization:` is that
//! line; any other text is base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// A token and how it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) token: Vec<u8>,
    pub(super) form: Form,
}

/// How a token came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Raw,
    Base64,
    AuthorizationLine,
}

impl Form {
    /// Added to what the token is.
    pub(super) fn as_shown(self) -> &'static str {
        match self {
            Self::Raw => "",
            Self::Base64 => ", in base64",
            Self::AuthorizationLine => ", in an Authorization line",
        }
    }
}

/// Why the input holds no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    Empty,
    /// Text, and neither an `Authorization` line nor base64.
    NotBase64,
    /// An `Authorization` line of a scheme that carries no Negotiate token.
    OtherScheme,
    SeveralLines,
}

impl NoToken {
    /// What is wrong, and what to do.
    pub(super) fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => (
                "the input holds no token",
                "give the token itself, its base64, or the Authorization line that holds it",
            ),
            Self::NotBase64 => (
                "the input is text that is not base64",
                "check that it was copied whole, and with nothing around it",
            ),
            Self::OtherScheme => (
                "the Authorization line is not of the scheme Negotiate or NTLM",
                "give the line of a request that offered Negotiate: curl -v --negotiate -u : URL",
            ),
            Self::SeveralLines => (
                "the input holds more than one Authorization line",
                "give one of them: each is a token of its own",
            ),
        }
    }
}

impl Input {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NoToken> {
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if bytes.iter().all(is_text) => text,
            _ => {
                return Ok(Self {
                    token: bytes.into(),
                    form: Form::Raw,
                });
            }
        };
        let mut lines = text.lines().filter_map(credentials);
        let (form, encoded) = match (lines.next(), lines.next()) {
            (None, _) => (Form::Base64, text.split_ascii_whitespace().collect()),
            (Some(credentials), None) => (Form::AuthorizationLine, token68(credentials)?),
            (Some(_), Some(_)) => return Err(NoToken::SeveralLines),
        };
        let token = BASE64_STANDARD.decode(&encoded).map_err(|_| NoToken::NotBase64)?;
        if token.is_empty() {
            return Err(NoToken::Empty);
        }
        Ok(Self { token, form })
    }
}

/// The value of a line such as `> Authorization: Negotiate YII...`, as `curl -v` shows it, or the credentials alone.
fn credentials(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
    let name_len = ["authorization:", "proxy-authorization:"]
        .into_iter()
        .find(|name| {
            line.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
        .map(str::len);
    match name_len {
        Some(len) => line.get(len..).map(str::trim_start),
        // base64 has no spaces, so a scheme's word before one is credentials.
        None => line
            .split_once(' ')
            .filter(|(scheme, _)| is_negotiate(scheme))
            .map(|_| line),
    }
}

fn is_negotiate(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("Negotiate") || scheme.eq_ignore_ascii_case("NTLM")
}

/// RFC 9110 section 11.4: `auth-scheme 1*SP token68`.
fn token68(credentials: &str) -> Result<String, NoToken> {
    let (scheme, token) = credentials.split_once(' ').unwrap_or((credentials, ""));
    match is_negotiate(scheme) {
        true => Ok(token.trim_start().to_owned()),
        false => Err(NoToken::OtherScheme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(token: &[u8], form: Form) -> Result<Input, NoToken> {
        let token = token.into();
        Ok(Input { token, form })
    }

    #[test]
    fn each_form_is_told_by_one_look() {
        let raw = b"\x60\x06\x06\x04\x2b\x06\x01\x05";
        let ntlm = b"NTLMSSP\0\x01\0\0\0";
        for (bytes, expected) in [
            (&raw[..], input(raw, Form::Raw)),
            (ntlm, input(ntlm, Form::Raw)),
            (b"YAYGBCsGAQU=", input(raw, Form::Base64)),
            (b" YAYG\r\nBCsG\r\n\tAQU=\n", input(raw, Form::Base64)),
            (b"Authorization: Negotiate YAYGBCsGAQU=\r\n", input(raw, Form::AuthorizationLine)),
            (b"authorization:negotiate  YAYGBCsGAQU=", input(raw, Form::AuthorizationLine)),
            (b"Proxy-Authorization: NTLM YAYGBCsGAQU=", input(raw, Form::AuthorizationLine)),
            (b"Negotiate YAYGBCsGAQU=", input(raw, Form::AuthorizationLine)),
            (
                b"> GET / HTTP/1.1\r\n> Host: a\r\n> Authorization: Negotiate YAYGBCsGAQU=\r\n> Accept: */*\r\n",
                input(raw, Form::AuthorizationLine),
            ),
            (b"", Err(NoToken::Empty)),
            (b" \n", Err(NoToken::Empty)),
            (b"Authorization: Negotiate", Err(NoToken::Empty)),
            (b"Authorization: Negotiate ", Err(NoToken::Empty)),
            (b"Authorization: Basic YTpi", Err(NoToken::OtherScheme)),
            (b"Authorization: Negotiate YAYGBCsGAQU= x", Err(NoToken::NotBase64)),
            (b"Authorization: Negotiate YAYGBCsGAQU", Err(NoToken::NotBase64)),
            (b"hello, world", Err(NoToken::NotBase64)),
            (b"Negotiate YAYG\nNegotiate YAYG", Err(NoToken::SeveralLines)),
        ] {
            assert_eq!(Input::parse(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
