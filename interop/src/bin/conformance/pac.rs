//! A PAC (MS-PAC section 2.3) in pieces: the list of buffers follows from the buffers, and the server's checksum from all.

use crate::derived::{Derived, Scope, resolve};
use crate::draw::Draw;
use crate::tree::{self, Node, Part};
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::pac::BufferType;

/// `None` if it is not as KDCs lay them out and sign them, so that its pieces would not come to the same bytes.
pub(crate) fn read(pac: &[u8], service_key: &Key, path: &str) -> Option<Vec<Node>> {
    let (count, rest) = pac.split_first_chunk()?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    let infos = rest.as_chunks::<16>().0.get(..count)?;
    let mut pieces = vec![
        Node::derived(&format!("{path}/cBuffers"), Derived::Count),
        Node::raw(&format!("{path}/Version"), version),
    ];
    let mut buffers = Vec::new();
    for (number, info) in infos.iter().enumerate() {
        let buffer_type = u32::from_le_bytes(*info.first_chunk()?);
        let size = u32::from_le_bytes(*info.get(4..)?.first_chunk()?) as usize;
        let offset = usize::try_from(u64::from_le_bytes(*info.last_chunk()?)).ok()?;
        let content = pac.get(offset..)?.get(..size)?;
        let buffer_type = BufferType(buffer_type);
        let path = format!("{path}/{buffer_type}");
        pieces.push(group(&format!("{path}/info"), None, {
            let path = format!("{path}/info");
            vec![
                Node::raw(&format!("{path}/ulType"), &buffer_type.0.to_le_bytes()),
                Node::derived(&format!("{path}/cbBufferSize"), Derived::Size(number)),
                Node::derived(&format!("{path}/Offset"), Derived::Offset(number)),
            ]
        }));
        let inside = buffer(buffer_type, content, service_key, &path)?;
        buffers.push(group(&path, Some(number), inside));
    }
    pieces.extend(buffers);
    let written = tree::write(&resolve(Scope::Pac, &pieces), &mut Draw::new(0));
    (written == pac).then_some(pieces)
}

fn group(path: &str, buffer: Option<usize>, pieces: Vec<Node>) -> Node {
    Node {
        path: path.into(),
        part: Part::Group { pieces, buffer },
    }
}

/// The fields of the buffers that an acceptor looks into itself.
fn buffer(buffer_type: BufferType, content: &[u8], service_key: &Key, path: &str) -> Option<Vec<Node>> {
    let mut pieces = Vec::new();
    let mut rest = content;
    let mut field = |name: &str, len: usize| {
        let (bytes, behind) = rest.split_at_checked(len)?;
        rest = behind;
        pieces.push(Node::raw(&format!("{path}/{name}"), bytes));
        Some(())
    };
    match buffer_type {
        BufferType::SERVER_CHECKSUM => {
            field("SignatureType", 4)?;
            let checksum = Derived::checksum(service_key, KeyUsage::PAC_CHECKSUM);
            rest = rest.get(checksum.len()..)?;
            pieces.push(Node::derived(&format!("{path}/Signature"), checksum));
        }
        BufferType::KDC_CHECKSUM | BufferType::TICKET_CHECKSUM | BufferType::FULL_CHECKSUM => {
            field("SignatureType", 4)?;
        }
        BufferType::CLIENT_INFO => {
            field("ClientId", 8)?;
            field("NameLength", 2)?;
        }
        _ => {}
    }
    pieces.push(Node::raw(&format!("{path}/rest"), rest));
    Some(pieces)
}
