//! Any SPNEGO, Kerberos or NTLM token, keytab or credential cache as a tree: field names, values, offsets, and the
//! section of the specification that describes each field.
//!
//! [`decode`] takes bytes and gives a [`Decoded`]; [`Decoded::text`] shows it to people, and it is `Serialize` for
//! programs. The readers here are tolerant where those of an acceptor are strict: what is malformed is shown as far as
//! it can be read, with a [`Fault`] where it stops. They decide nothing, and nothing may be decided by them.
//!
//! With [`Keys`], sealed parts are opened and shown too, each with offsets of its own. Keys are never shown, nor what
//! passwords can be guessed from.
//!
//! ```
//! use negotiate_decode::{Keys, decode};
//!
//! let token = b"NTLMSSP\0\x01\0\0\0\x05\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
//! let decoded = decode(token, &mut Keys::none());
//! assert_eq!(decoded.kind.id, "ntlm-negotiate");
//! assert!(decoded.text().contains("unicode, request-target, ntlm"));
//! ```

mod asn1;
mod binary;
mod ccache;
mod decoder;
mod gss;
mod json;
mod kerberos;
mod keys;
mod keytab;
mod kind;
mod negoex;
mod ntlm;
mod pac;
mod printable;
mod spnego;
mod text;
mod tree;

pub use keys::Keys;
pub use kind::Kind;
pub use printable::{printable, printable_json};
pub use tree::{Fault, MAX_DEPTH, MAX_NODES, MAX_SHOWN, MAX_TEXT, Node, Opened, Value};

use decoder::Decoder;

/// An input, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What it is.
    pub kind: Kind,
    /// Bytes of the input.
    pub length: usize,
    /// What it holds.
    pub root: Node,
}

/// Decodes a token or a file. Keys that it tells are added to `keys`, so that they open what is decoded next: a reply,
/// after the request that it answers.
#[must_use]
pub fn decode(input: &[u8], keys: &mut Keys) -> Decoded {
    let mut decoder = Decoder::new(keys);
    let (kind, mut root) = kind::decode(&mut decoder, input);
    root.hide_keys(kind);
    Decoded {
        kind,
        length: input.len(),
        root,
    }
}

impl Decoded {
    /// Every fault, with the field that has it, in the order of the tree.
    pub fn faults(&self) -> impl Iterator<Item = (&Node, &Fault)> {
        let mut nodes: Vec<&Node> = self.root.walk().filter(|node| !node.faults.is_empty()).collect();
        nodes.sort_by_key(|node| node.faults.first().map(|fault| fault.offset));
        nodes
            .into_iter()
            .flat_map(|node| node.faults.iter().map(move |fault| (node, fault)))
    }

    /// For people: a line for each field. No control character of the input is in it.
    #[must_use]
    pub fn text(&self) -> String {
        text::render(self)
    }
}
