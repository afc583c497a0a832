//! What `explain` and `decode` are given: a token or file as it is, in base64 or hex, or lines of a request or response
//! that hold tokens.
//!
//! Which of them is told by one look. Tokens and files have bytes that no text has (the object identifiers of RFC 2743
//! section 3.1, the `NTLMSSP\0` of MS-NLMP, the versions of the files see to that); a text with a line that starts with
//! `Authorization:` is that line; a text of hex digits alone is hex; any other text is base64.

use crate::failure::Failure;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest input that is read: 4 MiB, far above any token in any form.
const MAX_INPUT_LEN: u64 = 4 << 20;

/// Bytes and how they came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) form: Form,
    /// The character at which base64 is broken, of what is read nevertheless.
    pub(crate) broken_at: Option<usize>,
}

/// How bytes came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Raw,
    Base64,
    Hex,
    /// A client's: `Authorization` and `Proxy-Authorization`.
    Authorization,
    /// A server's: `WWW-Authenticate` and `Proxy-Authenticate`.
    WwwAuthenticate,
}

impl Form {
    /// Added to what the token is.
    pub(crate) fn as_shown(self) -> &'static str {
        match self {
            Self::Raw => "",
            Self::Base64 => ", in base64",
            Self::Hex => ", in hex",
            Self::Authorization => ", in an Authorization line",
            Self::WwwAuthenticate => ", in a WWW-Authenticate line",
        }
    }

    /// For programs.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Authorization => "authorization",
            Self::WwwAuthenticate => "www-authenticate",
        }
    }
}

/// Why the input holds no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    Empty,
    /// Text, and neither an `Authorization` line nor hex nor base64.
    NotBase64,
    /// An `Authorization` line of a scheme that carries no Negotiate token.
    OtherScheme,
    SeveralLines,
    /// A server's line, and no client's.
    Answer,
}

impl NoToken {
    /// What is wrong, and what to do.
    pub(crate) fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => (
                "the input holds no token",
                "give the token itself, its base64 or hex, or the Authorization line that holds it",
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
            Self::Answer => (
                "the input holds a server's answer, and no Authorization line",
                "if the client sent none, see why it has no ticket (klist; for curl: --negotiate -u :); else give that line; negotiate \
                 decode shows what is in an answer",
            ),
        }
    }
}

impl Input {
    /// One client's token.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NoToken> {
        let Some(text) = as_text(bytes) else {
            return Ok(Self::raw(bytes));
        };
        let lines = || text.lines().filter_map(Line::parse);
        let mut clients = lines().filter(|line| line.form == Form::Authorization);
        match (clients.next(), clients.next()) {
            (None, _) if lines().next().is_some() => Err(NoToken::Answer),
            (None, _) => Self::encoded(text),
            (Some(line), None) => line.strict(),
            (Some(_), Some(_)) => Err(NoToken::SeveralLines),
        }
    }

    /// Every token of a client and its server, in their order. base64 that is broken is read up to there.
    pub(crate) fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, NoToken> {
        let Some(text) = as_text(bytes) else {
            return Ok(vec![Self::raw(bytes)]);
        };
        let lines: Vec<Line<'_>> = text.lines().filter_map(Line::parse).collect();
        if lines.is_empty() {
            return Ok(vec![
                Self::encoded(text).or_else(|error| Self::broken(text, error))?,
            ]);
        }
        let tokens: Vec<Self> = lines
            .iter()
            .filter_map(|line| line.tolerant().transpose())
            .collect::<Result<_, _>>()?;
        match tokens.is_empty() {
            true => Err(NoToken::Empty),
            false => Ok(tokens),
        }
    }

    fn raw(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
            form: Form::Raw,
            broken_at: None,
        }
    }

    fn new(bytes: Vec<u8>, form: Form) -> Result<Self, NoToken> {
        match bytes.is_empty() {
            true => Err(NoToken::Empty),
            false => Ok(Self {
                bytes,
                form,
                broken_at: None,
            }),
        }
    }

    fn encoded(text: &str) -> Result<Self, NoToken> {
        let encoded: String = text.split_ascii_whitespace().collect();
        if let Some(bytes) = hex(&encoded) {
            return Self::new(bytes, Form::Hex);
        }
        Self::new(base64(&encoded)?, Form::Base64)
    }

    fn broken(text: &str, error: NoToken) -> Result<Self, NoToken> {
        let encoded: String = text.split_ascii_whitespace().collect();
        let (bytes, at) = beginning(&encoded).ok_or(error)?;
        Ok(Self {
            bytes,
            form: Form::Base64,
            broken_at: Some(at),
        })
    }
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let text = std::str::from_utf8(bytes).ok()?;
    bytes.iter().all(is_text).then_some(text)
}

/// Pairs of hex digits, and nothing else. base64 of a token is never that by chance.
fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    pairs.iter().map(byte).collect()
}

fn base64(text: &str) -> Result<Vec<u8>, NoToken> {
    BASE64_STANDARD.decode(text).map_err(|_| NoToken::NotBase64)
}

/// What base64 says up to where it is broken, and where that is; `None` if it never was base64.
fn beginning(text: &str) -> Option<(Vec<u8>, usize)> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    // A word that is not base64 at all, or a few letters of one.
    const LEAST: usize = 16;
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let good = text.bytes().take_while(|byte| is_digit(*byte)).count();
    // One digit alone is no byte.
    let used = if good % 4 == 1 { good - 1 } else { good };
    let bytes = LENIENT.decode(text.get(..used)?).ok()?;
    (good >= LEAST).then_some((bytes, good))
}

/// A line that says a scheme and perhaps a token.
struct Line<'t> {
    credentials: &'t str,
    form: Form,
}

impl<'t> Line<'t> {
    /// A line such as `> Authorization: Negotiate YII...`, as `curl -v` shows it, or the credentials alone.
    fn parse(line: &'t str) -> Option<Self> {
        let line = line.trim_start_matches(['>', '<', ' ', '\t']).trim_end();
        const NAMES: [(&str, Form); 4] = [
            ("authorization:", Form::Authorization),
            ("proxy-authorization:", Form::Authorization),
            ("www-authenticate:", Form::WwwAuthenticate),
            ("proxy-authenticate:", Form::WwwAuthenticate),
        ];
        let is_named = |name: &str| {
            let start = line.get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let named = NAMES.into_iter().find(|(name, _)| is_named(name));
        if let Some((name, form)) = named {
            let credentials = line.get(name.len()..)?.trim_start();
            return Some(Self { credentials, form });
        }
        // base64 has no spaces, so a scheme's word before one is credentials.
        let (scheme, _) = line.split_once(' ')?;
        is_negotiate(scheme).then_some(Self {
            credentials: line,
            form: Form::Authorization,
        })
    }

    /// RFC 9110 section 11.4: `auth-scheme 1*SP token68`.
    fn strict(&self) -> Result<Input, NoToken> {
        let (scheme, token) = self.credentials.split_once(' ').unwrap_or((self.credentials, ""));
        if !is_negotiate(scheme) {
            return Err(NoToken::OtherScheme);
        }
        Input::new(base64(token.trim_start())?, self.form)
    }

    /// The token of a line that has one; a server may offer several schemes in a line.
    fn tolerant(&self) -> Result<Option<Input>, NoToken> {
        let mut offers = self
            .credentials
            .split(',')
            .filter_map(|offer| offer.trim().split_once(' '));
        let Some((_, token)) = offers.find(|(scheme, _)| is_negotiate(scheme)) else {
            return Ok(None);
        };
        let token = token.trim();
        let (bytes, broken_at) = match base64(token) {
            Ok(bytes) => (bytes, None),
            Err(error) => {
                let (bytes, at) = beginning(token).ok_or(error)?;
                (bytes, Some(at))
            }
        };
        Ok(Some(Input {
            bytes,
            form: self.form,
            broken_at,
        }))
    }
}

fn is_negotiate(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("Negotiate") || scheme.eq_ignore_ascii_case("NTLM")
}

/// Reads a file, or standard input in place of none and of `-`.
pub(crate) fn read(path: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let path = path.filter(|path| *path != Path::new("-"));
    let mut bytes = Vec::new();
    let read = match path {
        Some(path) => File::open(path).and_then(|file| file.take(MAX_INPUT_LEN + 1).read_to_end(&mut bytes)),
        None => std::io::stdin()
            .lock()
            .take(MAX_INPUT_LEN + 1)
            .read_to_end(&mut bytes),
    };
    let path = path.unwrap_or(Path::new("standard input"));
    match read {
        Err(error) => Err(Failure::unreadable("token", path, &error)),
        Ok(len) if len as u64 > MAX_INPUT_LEN => {
            let problem = format!("{} is longer than any token", path.display());
            Err(Failure::unusable(problem, "give one token"))
        }
        Ok(_) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"\x60\x06\x06\x04\x2b\x06\x01\x05";

    fn input(bytes: &[u8], form: Form) -> Result<Input, NoToken> {
        Input::new(bytes.into(), form)
    }

    #[test]
    fn each_form_is_told_by_one_look() {
        let raw = RAW;
        let ntlm = b"NTLMSSP\0\x01\0\0\0";
        for (bytes, expected) in [
            (raw, input(raw, Form::Raw)),
            (ntlm, input(ntlm, Form::Raw)),
            (b"YAYGBCsGAQU=", input(raw, Form::Base64)),
            (b" YAYG\r\nBCsG\r\n\tAQU=\n", input(raw, Form::Base64)),
            (b"600606042b060105\n", input(raw, Form::Hex)),
            (b"60 06 06 04\n2B 06 01 05\n", input(raw, Form::Hex)),
            (b"Authorization: Negotiate YAYGBCsGAQU=\r\n", input(raw, Form::Authorization)),
            (b"authorization:negotiate  YAYGBCsGAQU=", input(raw, Form::Authorization)),
            (b"Proxy-Authorization: NTLM YAYGBCsGAQU=", input(raw, Form::Authorization)),
            (b"Negotiate YAYGBCsGAQU=", input(raw, Form::Authorization)),
            (
                b"> GET / HTTP/1.1\r\n> Host: a\r\n> Authorization: Negotiate YAYGBCsGAQU=\r\n> Accept: */*\r\n\
                  < WWW-Authenticate: Negotiate oQA=\r\n",
                input(raw, Form::Authorization),
            ),
            (b"", Err(NoToken::Empty)),
            (b" \n", Err(NoToken::Empty)),
            (b"Authorization: Negotiate", Err(NoToken::Empty)),
            (b"Authorization: Negotiate ", Err(NoToken::Empty)),
            (b"Authorization: Basic YTpi", Err(NoToken::OtherScheme)),
            (b"Authorization: Negotiate YAYGBCsGAQU= x", Err(NoToken::NotBase64)),
            (b"Authorization: Negotiate YAYGBCsGAQU", Err(NoToken::NotBase64)),
            (b"hello, world", Err(NoToken::NotBase64)),
            (b"< HTTP/1.1 401\n< WWW-Authenticate: Negotiate oQA=\n", Err(NoToken::Answer)),
            (b"Negotiate YAYG\nNegotiate YAYG", Err(NoToken::SeveralLines)),
        ] {
            assert_eq!(Input::parse(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn every_token_of_a_conversation_is_found() {
        let log = b"> GET / HTTP/1.1\n< HTTP/1.1 401\n< WWW-Authenticate: Negotiate\n< WWW-Authenticate: Basic realm=\"a\"\n\
            > Authorization: Negotiate YAYGBCsGAQU=\n< www-authenticate: Basic realm=\"a\", Negotiate oQA=\n";
        let found = Input::parse_all(log).unwrap();
        let expected = [
            input(RAW, Form::Authorization).unwrap(),
            input(b"\xa1\0", Form::WwwAuthenticate).unwrap(),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            Input::parse_all(b"WWW-Authenticate: Negotiate\n"),
            Err(NoToken::Empty)
        );
        assert_eq!(
            Input::parse_all(b"Authorization: Basic YTpi"),
            Err(NoToken::Empty)
        );
        assert_eq!(Input::parse_all(b"hello, world"), Err(NoToken::NotBase64));
    }

    #[test]
    fn broken_base64_is_read_up_to_there() {
        let whole: Vec<u8> = (0..24).collect();
        let text = BASE64_STANDARD.encode(&whole);
        for (broken, bytes, at) in [
            (text[..31].to_owned(), 23, 31),
            (text[..29].to_owned(), 21, 29),
            (format!("{}...", &text[..20]), 15, 20),
        ] {
            for line in [broken.clone(), format!("Authorization: Negotiate {broken}")] {
                let [found] = Input::parse_all(line.as_bytes()).unwrap().try_into().unwrap();
                assert_eq!(
                    (&found.bytes[..], found.broken_at),
                    (&whole[..bytes], Some(at)),
                    "{line}"
                );
            }
        }
    }
}
