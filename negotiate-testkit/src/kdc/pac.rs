//! A minimal PAC (MS-PAC) as MIT krb5 1.20 writes it: who the client is and when it authenticated, and the signatures.
//!
//! ```text
//! PACTYPE          cBuffers: u32, Version: u32 (0), then for each buffer
//! PAC_INFO_BUFFER  ulType: u32, cbBufferSize: u32, Offset: u64 (a multiple of 8)
//! ```
//!
//! All numbers are little-endian; all signatures have key usage 17 (section 2.8). Not here: SIDs and logon information.

use mech_krb5::PrincipalRef;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::pac::BufferType;
use negotiate_core::Timestamp;

/// What a PAC says and who vouches for it.
pub(super) struct PacParts<'a> {
    pub(super) client: PrincipalRef<'a>,
    pub(super) authtime: Timestamp,
    /// The key of the service that the ticket is for.
    pub(super) server_key: &'a Key,
    pub(super) kdc_key: &'a Key,
    /// The EncTicketPart with a PAC of one zero byte, which the KDC signs in tickets for services (section 2.8.2).
    pub(super) ticket: Option<&'a [u8]>,
}

impl PacParts<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut buffers = Vec::new();
        if let Some(ticket) = self.ticket {
            buffers.push((BufferType::TICKET_CHECKSUM, signature(self.kdc_key, ticket)));
        }
        buffers.push((BufferType::CLIENT_INFO, self.client_info()));
        buffers.push((BufferType::SERVER_CHECKSUM, room(self.server_key)));
        buffers.push((BufferType::KDC_CHECKSUM, room(self.kdc_key)));
        let (mut pac, offsets) = lay_out(&buffers);
        // Section 2.8.4: over the whole PAC, the signatures of server and KDC zeroed.
        let [.., server_offset, kdc_offset] = offsets[..] else {
            unreachable!("the two signatures are the last buffers")
        };
        let server = signature(self.server_key, &pac);
        put(&mut pac, server_offset, &server);
        // Section 2.8.5: over the server's signature.
        let kdc = signature(self.kdc_key, &server[TYPE_LEN..]);
        put(&mut pac, kdc_offset, &kdc);
        pac
    }

    /// PAC_CLIENT_INFO (section 2.7).
    fn client_info(&self) -> Vec<u8> {
        let components: Vec<_> = self.client.components().map(String::from_utf8_lossy).collect();
        let name: Vec<u8> = components
            .join("/")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        [
            &file_time(self.authtime).to_le_bytes()[..],
            &len.to_le_bytes(),
            &name,
        ]
        .concat()
    }
}

/// FILETIME (MS-DTYP section 2.3.3): steps of 100 ns since 1601. A ticket's times are whole seconds.
fn file_time(time: Timestamp) -> u64 {
    const FROM_1601_TO_1970: u64 = 11_644_473_600;
    (time.unix().unsigned_abs() + FROM_1601_TO_1970) * 10_000_000
}

/// Bytes of a signature's type.
const TYPE_LEN: usize = 4;

/// PAC_SIGNATURE_DATA (section 2.8).
fn signature(key: &Key, over: &[u8]) -> Vec<u8> {
    let key = key.checksum_key(KeyUsage::PAC_CHECKSUM);
    let number = key.checksum_type().number();
    [&number.to_le_bytes()[..], key.checksum(&[over]).as_bytes()].concat()
}

/// The same with zeros for the signature.
fn room(key: &Key) -> Vec<u8> {
    let key = key.checksum_key(KeyUsage::PAC_CHECKSUM);
    let mut room = key.checksum_type().number().to_le_bytes().to_vec();
    room.resize(TYPE_LEN + key.checksum_type().mac_len(), 0);
    room
}

/// The PAC of these buffers, and where each begins.
fn lay_out(buffers: &[(BufferType, Vec<u8>)]) -> (Vec<u8>, Vec<usize>) {
    let mut offset = 8 + 16 * buffers.len();
    let mut pac = Vec::new();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    pac.extend_from_slice(&number(buffers.len()).to_le_bytes());
    pac.extend_from_slice(&[0; 4]);
    let mut offsets = Vec::new();
    for (BufferType(buffer_type), content) in buffers {
        pac.extend_from_slice(&buffer_type.to_le_bytes());
        pac.extend_from_slice(&number(content.len()).to_le_bytes());
        pac.extend_from_slice(&u64::from(number(offset)).to_le_bytes());
        offsets.push(offset);
        offset += content.len().next_multiple_of(8);
    }
    for (_, content) in buffers {
        pac.extend_from_slice(content);
        pac.resize(pac.len().next_multiple_of(8), 0);
    }
    (pac, offsets)
}

fn put(pac: &mut [u8], offset: usize, content: &[u8]) {
    pac[offset..offset + content.len()].copy_from_slice(content);
}
