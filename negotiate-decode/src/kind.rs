//! What an input is, by its first bytes.

use crate::decoder::Decoder;
use crate::kerberos;
use crate::tree::Node;
use crate::{ccache, gss, keytab, ntlm, spnego};
use negotiate_core::MechType;
use negotiate_core::der::{Reader, Tag};

/// A token or file, as it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// For programs: `spnego`, `ap-req`, `keytab`.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
}

const fn kind(id: &'static str, name: &'static str) -> Kind {
    Kind { id, name }
}

const UNKNOWN: Kind = kind("unknown", "nothing that belongs to Negotiate");
const CCACHE: Kind = kind("ccache", "a credential cache");
const KEYTAB: Kind = kind("keytab", "a keytab");

impl Kind {
    /// Whether keys may stand in it in the clear: in files, in a credential that is not sealed, and in what should be sealed;
    /// and in what is nothing of all this, which may be a file of keys with a damaged beginning.
    #[must_use]
    pub fn holds_keys(self) -> bool {
        const MESSAGES: [&str; 7] = [
            "krb-cred",
            "authenticator",
            "enc-ticket-part",
            "enc-as-rep-part",
            "enc-tgs-rep-part",
            "enc-ap-rep-part",
            "enc-krb-cred-part",
        ];
        [CCACHE, KEYTAB, UNKNOWN].contains(&self) || MESSAGES.contains(&self.id)
    }
}

/// What the input is, and its tree.
pub(crate) fn decode(decoder: &mut Decoder<'_>, input: &[u8]) -> (Kind, Node) {
    let all = (0, input.len());
    if let Some(tree) = file(decoder, input) {
        return tree;
    }
    if let Some(name) = gss::per_message(input, all) {
        let kind = match name {
            "MIC" => kind("mic", "a MIC token of Kerberos"),
            _ => kind("wrap", "a Wrap token of Kerberos"),
        };
        return (kind, gss::per_message_token(decoder, input, all));
    }
    let token = match is_file_with_damaged_beginning(input) {
        true => None,
        false => token(decoder, input, all),
    };
    token.unwrap_or_else(|| (UNKNOWN, unknown(decoder, input, all, "input")))
}

/// A keytab or a credential cache: both begin with 5 and a version. The two are told by what follows. A cache has the
/// count of components in 32 bits where a keytab has count and realm's length in 16 bits each, neither of which is 0.
fn file(decoder: &mut Decoder<'_>, input: &[u8]) -> Option<(Kind, Node)> {
    let is_ccache = match input {
        [5, 4, _, 0xff, ..] => return None,
        [5, 3 | 4, ..] => true,
        [5, version @ (1 | 2), rest @ ..] => {
            let at = if *version == 1 { 0 } else { 4 };
            let is_hole = rest.first().is_some_and(|byte| byte & 0x80 != 0);
            let count = rest.get(at..).and_then(<[u8]>::first_chunk::<4>);
            let small = |count: u32| count < 0x1_0000;
            let is_small = count
                .is_some_and(|count| small(u32::from_be_bytes(*count)) || small(u32::from_le_bytes(*count)));
            !is_hole && is_small && (*version == 2 || is_ccache_1(rest))
        }
        _ => return None,
    };
    Some(match is_ccache {
        true => (CCACHE, ccache::decode(decoder, input)),
        false => (KEYTAB, keytab::decode(decoder, input)),
    })
}

/// The second byte of a keytab or credential cache is a version, 1 to 4. A token that has it for its length, and goes on behind
/// that, is none.
fn is_file_with_damaged_beginning(input: &[u8]) -> bool {
    matches!(input, [_, version @ 1..=4, rest @ ..] if rest.len() > usize::from(*version))
}

/// Version 1 begins in both with a small number of 32 bits, and then: the realm's length in 32 bits, or count and
/// length in 16 bits each.
fn is_ccache_1(rest: &[u8]) -> bool {
    let next = rest.get(4..).and_then(<[u8]>::first_chunk::<4>);
    next.is_some_and(|next| u32::from_be_bytes(*next) < 0x1_0000 || u32::from_le_bytes(*next) < 0x1_0000)
}

/// A token of SPNEGO or of a mechanism; `None` if it is neither.
fn token(decoder: &mut Decoder<'_>, space: &[u8], range: (usize, usize)) -> Option<(Kind, Node)> {
    let bytes = space.get(range.0..range.1)?;
    let first = *bytes.first()?;
    if bytes.starts_with(b"NTLMSSP\0") {
        let kind = match bytes.get(8) {
            Some(1) => kind("ntlm-negotiate", "an NTLM NEGOTIATE message"),
            Some(2) => kind("ntlm-challenge", "an NTLM CHALLENGE message"),
            Some(3) => kind("ntlm-authenticate", "an NTLM AUTHENTICATE message"),
            _ => kind("ntlm", "an NTLM message"),
        };
        return Some((kind, ntlm::message(decoder, space, range)));
    }
    if bytes.starts_with(b"NEGOEXTS") {
        return Some((
            kind("negoex", "NegoEx messages"),
            crate::negoex::messages(decoder, space, range),
        ));
    }
    match first {
        0x60 => Some((
            framed_kind(bytes),
            gss::initial_context_token(decoder, space, range),
        )),
        0xa0 => Some((
            kind("spnego-init", "a NegTokenInit of SPNEGO without framing"),
            spnego::token(decoder, space, range),
        )),
        0xa1 => Some((
            kind("spnego-resp", "a NegTokenResp of SPNEGO"),
            spnego::token(decoder, space, range),
        )),
        tag => {
            let message = kerberos::by_tag(tag)?;
            let kind = kind(message.kind, message.name);
            Some((kind, decoder.whole(space, range, message.name, message.of)))
        }
    }
}

fn framed_kind(token: &[u8]) -> Kind {
    let oid = Reader::new(token)
        .element(Tag::application(0))
        .and_then(|mut framed| framed.object_identifier());
    match oid {
        Ok(oid) if oid == MechType::SPNEGO.contents() => kind("spnego-init", "a NegTokenInit of SPNEGO"),
        Ok(oid) if oid == MechType::KRB5.contents() || oid == MechType::MS_KRB5.contents() => {
            kind("krb5", "a token of Kerberos with GSS-API's framing")
        }
        Ok(oid) if oid == MechType::IAKERB.contents() => kind("iakerb", "an IAKERB token"),
        _ => kind("gss", "a token with GSS-API's framing"),
    }
}

/// The token of a mechanism inside another's, by its own first bytes.
pub(crate) fn mechanism_token(
    decoder: &mut Decoder<'_>,
    space: &[u8],
    range: (usize, usize),
    name: &'static str,
) -> Node {
    let token = decoder.deeper(|decoder| {
        if gss::per_message(space, range).is_some() {
            return gss::per_message_token(decoder, space, range);
        }
        match token(decoder, space, range) {
            Some((_, node)) => node,
            None => Node::new(name, "RFC 2743 section 3.1", range.0, range.1).with(crate::Value::bytes(
                space.get(range.0..range.1).unwrap_or_default(),
            )),
        }
    });
    token.unwrap_or_else(|| {
        let mut node = Node::new(name, "RFC 2743 section 3.1", range.0, range.1);
        node.fault(space, range.0, range.1, "nested too deep to show");
        node
    })
}

/// A MIC of Kerberos or a signature of NTLM.
pub(crate) fn signature(decoder: &mut Decoder<'_>, space: &[u8], range: (usize, usize)) -> Option<Node> {
    match space.get(range.0..range.1)? {
        _ if gss::per_message(space, range).is_some() => Some(gss::per_message_token(decoder, space, range)),
        [1, 0, 0, 0, rest @ ..] if rest.len() == 12 => Some(ntlm::signature(decoder, space, range)),
        _ => None,
    }
}

/// DER of whatever kind, or nothing; of its bytes those alone that tell what else it is.
fn unknown(decoder: &mut Decoder<'_>, space: &[u8], range: (usize, usize), name: &'static str) -> Node {
    let is_whole = Reader::new(space)
        .declared_len()
        .is_ok_and(|len| len == space.len());
    let mut node = match is_whole {
        true => decoder.any(space, range, name),
        false => Node::new(name, "", range.0, range.1).with(crate::Value::bytes(space)),
    };
    let first: String = space.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let what = match space.is_empty() {
        true => "there is nothing here".to_owned(),
        false => format!(
            "neither SPNEGO, Kerberos nor NTLM, neither keytab nor credential cache, by its first bytes: {first}"
        ),
    };
    node.fault(space, range.0, range.1, what);
    node
}
