//! From a token to a tree: each element by its tag and length, what is sealed opened, what an OCTET STRING holds by what
//! stands around it.

use crate::derived::{self, Derived, Scope};
use crate::draw::Draw;
use crate::pac;
use crate::shape::Shape;
use crate::tree::{Content, Length, Node, Part, write};
use mech_krb5::crypto::{EncryptionTypes, Key, KeyUsage, SpecificKey};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message;
use negotiate_core::MechType;
use negotiate_core::der::{Reader, Tag};
use std::sync::Arc;

/// Reads a token as far as it is DER and the keys open it. Written again unchanged it is the same but for the seals.
pub(crate) fn token(token: &[u8], keytab: &Keytab, types: EncryptionTypes) -> Option<Vec<Node>> {
    let mut opener = Opener {
        keytab,
        types,
        service_key: None,
        session_key: None,
        subkey: None,
        ad_type: 0,
    };
    opener.series(token, Shape::Token, "token")
}

/// The keys that open what is sealed; all but the keytab's are found on the way.
struct Opener<'k> {
    keytab: &'k Keytab,
    types: EncryptionTypes,
    service_key: Option<Key>,
    session_key: Option<Key>,
    subkey: Option<Key>,
    /// Of the element of authorization data that is being read.
    ad_type: i32,
}

impl Opener<'_> {
    /// Elements in a row, the parts of something of this shape.
    fn series(&mut self, input: &[u8], shape: Shape, path: &str) -> Option<Vec<Node>> {
        let mut reader = Reader::new(input);
        let mut pieces = Vec::new();
        while !reader.is_empty() {
            let (tag, content) = reader.any().ok()?;
            pieces.push(match tag.byte() & 0xe0 {
                0xa0 | 0x60 => self.tagged(tag, content.rest(), shape, path),
                _ => self.value(tag, content.rest(), shape.element(), &format!("{path}/element")),
            });
        }
        Some(pieces)
    }

    /// An explicit tag, and what is inside it.
    fn tagged(&mut self, tag: Tag, content: &[u8], shape: Shape, path: &str) -> Node {
        if tag == INITIAL_CONTEXT_TOKEN {
            return element("[token]", tag, self.framed(content), content);
        }
        let number = tag.byte() & 0x1f;
        let is_application = tag.byte() & 0xe0 == 0x60;
        let named = if is_application {
            Shape::application(number)
        } else {
            shape.field(number)
        };
        let (name, shape) = named.unwrap_or(("?", Shape::Leaf));
        // Messages and choices begin a path of their own, wherever they stand.
        let (wrapper, inside) = if is_application || shape.begins_path() {
            (format!("[{name}]"), name.to_owned())
        } else {
            (format!("{path}/[{name}]"), format!("{path}/{name}"))
        };
        if name == "ad-type" {
            self.ad_type = Reader::new(content).int32().unwrap_or(0);
        }
        let mut reader = Reader::new(content);
        let inner = (|| {
            let (tag, content) = reader.any().ok()?;
            Some(match tag.byte() & 0xe0 {
                0xa0 | 0x60 => self.tagged(tag, content.rest(), shape, &inside),
                _ => self.value(tag, content.rest(), shape, &inside),
            })
        })();
        let inner = inner.filter(|_| reader.is_empty()).map(|node| vec![node]);
        element(&wrapper, tag, inner.map(Content::Pieces), content)
    }

    /// A value of this shape.
    fn value(&mut self, tag: Tag, content: &[u8], shape: Shape, path: &str) -> Node {
        let inside = if tag.is_constructed() {
            self.series(content, shape, path).map(Content::Pieces)
        } else {
            self.held(content, shape, path)
        };
        element(path, tag, inside, content)
    }

    /// What an OCTET STRING holds.
    fn held(&mut self, content: &[u8], shape: Shape, path: &str) -> Option<Content> {
        match shape {
            Shape::MechToken => self.series(content, Shape::Token, path).map(Content::Pieces),
            Shape::TicketCipher => {
                let keys: Vec<Key> = self.usable_keys();
                let (key, plaintext) = open(&keys, KeyUsage::TICKET, content)?;
                let part = message::EncTicketPart::decode(&plaintext).ok()?;
                self.session_key = part.key.to_key_of(self.types)?.ok();
                self.service_key = Some(key.clone());
                self.sealed(key.for_usage(KeyUsage::TICKET), &plaintext, "EncTicketPart")
            }
            Shape::AuthenticatorCipher => {
                let key = [self.session_key.clone()?];
                let (key, plaintext) = open(&key, KeyUsage::AP_REQ_AUTHENTICATOR, content)?;
                let authenticator = message::Authenticator::decode(&plaintext).ok()?;
                self.subkey = authenticator
                    .subkey
                    .and_then(|key| key.to_key_of(self.types)?.ok());
                let key = key.for_usage(KeyUsage::AP_REQ_AUTHENTICATOR);
                self.sealed(key, &plaintext, "Authenticator")
            }
            Shape::CredCipher => {
                let keys = [self.subkey.clone(), self.session_key.clone()]
                    .into_iter()
                    .flatten();
                let keys: Vec<Key> = keys.collect();
                match open(&keys, KeyUsage::KRB_CRED, content) {
                    Some((key, plaintext)) => {
                        self.sealed(key.for_usage(KeyUsage::KRB_CRED), &plaintext, "EncKrbCredPart")
                    }
                    None => self.series(content, Shape::Leaf, path).map(Content::Pieces),
                }
            }
            Shape::ChecksumValue => self.gss_checksum(content),
            Shape::AdData => self.ad_data(content, path),
            Shape::ServiceMac => self.mac(content, KeyUsage::CAMMAC, path),
            Shape::KdcIssuedMac => self.mac(content, KeyUsage::AD_KDC_ISSUED_CHECKSUM, path),
            _ => None,
        }
    }

    fn usable_keys(&self) -> Vec<Key> {
        let usable =
            |entry: &KeytabEntry| Key::new(self.types.find(entry.etype())?, entry.key().expose()).ok();
        self.keytab.entries().iter().filter_map(usable).collect()
    }

    /// What stands in an element of authorization data, by the element's type.
    fn ad_data(&mut self, content: &[u8], path: &str) -> Option<Content> {
        let inside = |name: &str| format!("{path}/{name}");
        match self.ad_type {
            1 => self
                .whole(content, Shape::AuthorizationData, &inside("AD-IF-RELEVANT"))
                .map(Content::Pieces),
            4 => self.signed(
                Scope::KdcIssued,
                content,
                Shape::KdcIssued,
                &inside("AD-KDCIssued"),
            ),
            5 => self
                .whole(content, Shape::AndOr, &inside("AD-AND-OR"))
                .map(Content::Pieces),
            96 => self.signed(Scope::Cammac, content, Shape::Cammac, &inside("AD-CAMMAC")),
            97 | 129 => self
                .whole(content, Shape::Leaf, &inside("list"))
                .map(Content::Pieces),
            128 => {
                let pieces = pac::read(content, self.service_key.as_ref()?, &inside("PAC"))?;
                let scope = Scope::Pac;
                Some(Content::Signed { scope, pieces })
            }
            _ => None,
        }
    }

    /// One value and nothing else.
    fn whole(&mut self, content: &[u8], shape: Shape, path: &str) -> Option<Vec<Node>> {
        let mut reader = Reader::new(content);
        let (tag, inner) = reader.any().ok()?;
        reader.finish().ok()?;
        Some(vec![self.value(tag, inner.rest(), shape, path)])
    }

    /// A container with a checksum. One by another key stays as it is.
    fn signed(&mut self, scope: Scope, content: &[u8], shape: Shape, path: &str) -> Option<Content> {
        let pieces = self.whole(content, shape, path)?;
        if write(&derived::resolve(scope, &pieces), &mut Draw::new(0)) == content {
            return Some(Content::Signed { scope, pieces });
        }
        let keys = (self.service_key.take(), self.session_key.take());
        let pieces = self.whole(content, shape, path);
        (self.service_key, self.session_key) = keys;
        pieces.map(Content::Pieces)
    }

    /// The checksum that the container's elements ask for.
    fn mac(&mut self, content: &[u8], usage: KeyUsage, path: &str) -> Option<Content> {
        let key = if usage == KeyUsage::CAMMAC {
            self.service_key.as_ref()?
        } else {
            self.session_key.as_ref()?
        };
        let derived = Derived::checksum(key, usage);
        (derived.len() == content.len()).then(|| Content::Pieces(vec![Node::derived(path, derived)]))
    }

    fn sealed(&mut self, key: SpecificKey, plaintext: &[u8], path: &str) -> Option<Content> {
        Some(Content::Sealed {
            key: Arc::new(key),
            pieces: self.series(plaintext, Shape::Leaf, path)?,
        })
    }

    /// RFC 2743 section 3.1: a mechanism's identifier, and what it says.
    fn framed(&mut self, content: &[u8]) -> Option<Content> {
        let mut reader = Reader::new(content);
        let oid = reader.object_identifier().ok()?;
        let mut pieces = vec![element("token/thisMech", Tag::OBJECT_IDENTIFIER, None, oid)];
        if oid == MechType::SPNEGO.contents() {
            pieces.extend(self.series(reader.rest(), Shape::NegotiationToken, "token")?);
        } else {
            let (token_id, message) = reader.rest().split_at_checked(2)?;
            pieces.push(Node::raw("token/TOK_ID", token_id));
            pieces.extend(self.series(message, Shape::Leaf, "token")?);
        }
        Some(Content::Pieces(pieces))
    }

    /// RFC 4121 section 4.1.1.
    fn gss_checksum(&mut self, field: &[u8]) -> Option<Content> {
        let (lgth, rest) = field
            .split_at_checked(4)
            .filter(|(lgth, _)| *lgth == [16, 0, 0, 0])?;
        let (bnd, rest) = rest.split_at_checked(16)?;
        let (flags, rest) = rest.split_at_checked(4)?;
        let mut pieces = vec![
            Node::raw("checksum/Lgth", lgth),
            Node::raw("checksum/Bnd", bnd),
            Node::raw("checksum/Flags", flags),
        ];
        if let Some((option, rest)) = rest.split_at_checked(2)
            && let Some((len, rest)) = rest.split_first_chunk()
            && let Some((krb_cred, exts)) = rest.split_at_checked(u16::from_le_bytes(*len).into())
        {
            pieces.push(Node::raw("checksum/DlgOpt", option));
            pieces.push(Node {
                path: "checksum/Dlgth".into(),
                part: Part::LengthOfNext,
            });
            pieces.extend(self.series(krb_cred, Shape::Leaf, "checksum/Deleg")?);
            pieces.push(Node::raw("checksum/Exts", exts));
        } else {
            pieces.push(Node::raw("checksum/Exts", rest));
        }
        Some(Content::Pieces(pieces))
    }
}

/// RFC 2743 section 3.1.
const INITIAL_CONTEXT_TOKEN: Tag = Tag::application(0);

fn element(path: &str, tag: Tag, inside: Option<Content>, bytes: &[u8]) -> Node {
    Node {
        path: path.into(),
        part: Part::Element {
            tag: vec![tag.byte()],
            length: Length::Minimal,
            content: inside.unwrap_or_else(|| Content::Bytes(bytes.to_vec())),
        },
    }
}

fn open(keys: &[Key], usage: KeyUsage, cipher: &[u8]) -> Option<(Key, Vec<u8>)> {
    keys.iter().find_map(|key| {
        let mut buffer = cipher.to_vec();
        key.for_usage(usage).decrypt_vec(&mut buffer).ok()?;
        Some((key.clone(), buffer))
    })
}
