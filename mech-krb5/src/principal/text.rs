//! Principal names as text: `HTTP/www.example.com@EXAMPLE.COM`, with the escapes of RFC 1964 sections 2.1.1 and 2.1.3.
//!
//! `/` separates components and the first bare `@` starts the realm. Within either, backslash quotes itself, `/` and
//! `@`, and `\n`, `\t`, `\b`, `\0` stand for newline, tab, backspace and NUL. In the realm `/` is quoted too, as MIT
//! writes it, so that each text stands for one name and each name has one text.

use super::{MAX_COMPONENTS, NameType, Principal, PrincipalRef};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use negotiate_core::{Name, NameKind};

impl Principal {
    /// From text with a realm. The name type is what the components suggest, as in MIT's `krb5_parse_name`.
    ///
    /// # Errors
    /// [`BadPrincipal`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, BadPrincipal> {
        let mut components: Vec<Vec<u8>> = Vec::new();
        let mut part = Vec::new();
        let mut in_realm = false;
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'/' | b'@' if in_realm => return Err(BadPrincipal::SeparatorInRealm),
                b'/' | b'@' => {
                    if components.len() == MAX_COMPONENTS {
                        return Err(BadPrincipal::TooManyComponents);
                    }
                    components.push(core::mem::take(&mut part));
                    in_realm = byte == b'@';
                }
                b'\\' => part.push(unescape(bytes.next().ok_or(BadPrincipal::TrailingBackslash)?)),
                _ => part.push(byte),
            }
        }
        if !in_realm {
            return Err(BadPrincipal::NoRealm);
        }
        let name_type = match components.first().map(Vec::as_slice) {
            Some(b"krbtgt") if components.len() == 2 => NameType::SRV_INST,
            Some(b"WELLKNOWN") if components.len() > 1 => NameType::WELLKNOWN,
            _ => NameType::PRINCIPAL,
        };
        Self::new(name_type, components.iter().map(Vec::as_slice), &part)
    }

    /// The text that [`Principal::parse`] reads.
    ///
    /// # Errors
    /// [`NotUtf8`] if the name cannot be shown as text.
    pub fn to_text(&self) -> Result<String, NotUtf8> {
        self.borrow().to_text()
    }
}

impl PrincipalRef<'_> {
    /// The text that [`Principal::parse`] reads.
    ///
    /// # Errors
    /// [`NotUtf8`] if the name cannot be shown as text.
    pub fn to_text(&self) -> Result<String, NotUtf8> {
        String::from_utf8(self.to_text_bytes()).map_err(|_| NotUtf8)
    }

    /// The authenticated name as the core shows it, the anonymous one too (RFC 8062 section 6). The caller vouches that it is authenticated.
    ///
    /// # Errors
    /// [`NotUtf8`] if the name cannot be shown as text.
    pub fn to_name(&self) -> Result<Name, NotUtf8> {
        let (bytes, name, realm) = self.text_parts();
        let kind = if self.is_anonymous() {
            NameKind::Anonymous
        } else {
            NameKind::Named
        };
        let display = String::from_utf8(bytes).map_err(|_| NotUtf8)?;
        Ok(Name::new(display, name, realm, kind))
    }

    pub(super) fn to_text_bytes(self) -> Vec<u8> {
        self.text_parts().0
    }

    // The text, and where in it the name and the realm stand.
    fn text_parts(&self) -> (Vec<u8>, Range<usize>, Range<usize>) {
        let mut out = Vec::with_capacity(
            self.name
                .components
                .len()
                .saturating_add(self.realm.len())
                .saturating_add(1),
        );
        for (index, component) in self.components().enumerate() {
            if index > 0 {
                out.push(b'/');
            }
            escape(component, &mut out);
        }
        let name = 0..out.len();
        out.push(b'@');
        let realm_start = out.len();
        escape(self.realm, &mut out);
        let realm = realm_start..out.len();
        (out, name, realm)
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b't' => b'\t',
        b'b' => 0x08,
        b'0' => 0,
        quoted => quoted,
    }
}

fn escape(part: &[u8], out: &mut Vec<u8>) {
    // Nearly every name is copied in one piece. All of it is looked at, for that needs no branch at each byte.
    if !part.iter().fold(false, |found, byte| found | is_quoted(byte)) {
        return out.extend_from_slice(part);
    }
    for run in part.split_inclusive(is_quoted) {
        match run.split_last() {
            Some((last, plain)) if is_quoted(last) => {
                out.extend_from_slice(plain);
                out.extend_from_slice(&[b'\\', letter(*last)]);
            }
            _ => out.extend_from_slice(run),
        }
    }
}

const fn is_quoted(byte: &u8) -> bool {
    matches!(byte, b'/' | b'@' | b'\\' | b'\n' | b'\t' | 0x08 | 0)
}

/// What stands behind the backslash; [`unescape`] reads it.
fn letter(byte: u8) -> u8 {
    match byte {
        b'\n' => b'n',
        b'\t' => b't',
        0x08 => b'b',
        0 => b'0',
        quoted => quoted,
    }
}

/// Why text or parts are not a principal name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPrincipal {
    /// There is no `@` and realm.
    NoRealm,
    /// A `/` or a second `@` in the realm is not escaped.
    SeparatorInRealm,
    /// A backslash quotes nothing.
    TrailingBackslash,
    /// There is no component at all.
    NoComponent,
    /// There are more than [`MAX_COMPONENTS`].
    TooManyComponents,
}

impl fmt::Display for BadPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRealm => "the principal name has no realm",
            Self::SeparatorInRealm => "the realm has a separator that is not escaped",
            Self::TrailingBackslash => "the principal name ends in a backslash",
            Self::NoComponent => "the principal name has no component",
            Self::TooManyComponents => "the principal name has too many components",
        })
    }
}

impl core::error::Error for BadPrincipal {}

/// A name that cannot be shown as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8;

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the principal name is not UTF-8")
    }
}

impl core::error::Error for NotUtf8 {}
