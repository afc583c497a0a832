//! PACs as a KDC would make them (MS-PAC), with the keys that the test chose.
#![allow(dead_code)] // each user needs a part

use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::pac::BufferType;
use negotiate_core::Timestamp;

/// Buffers, and which checksums are made over them.
#[derive(Clone, Default)]
pub(crate) struct Pac {
    pub(crate) buffers: Vec<(BufferType, Vec<u8>)>,
    /// Behind the KDC's signatures, if the KDC is a read-only domain controller.
    pub(crate) rodc_identifier: Option<u16>,
    /// The ticket with one zero byte for the PAC, if there is to be a ticket checksum.
    pub(crate) ticket: Option<Vec<u8>>,
    /// Whether there is a full checksum.
    pub(crate) full: bool,
}

impl Pac {
    /// With the buffer that no PAC is without.
    pub(crate) fn new(client: &str, authtime: Timestamp) -> Self {
        Self::default().with(BufferType::CLIENT_INFO, client_info(client, authtime))
    }

    pub(crate) fn with(mut self, buffer_type: BufferType, content: impl Into<Vec<u8>>) -> Self {
        self.buffers.push((buffer_type, content.into()));
        self
    }

    /// The bytes, unsigned.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut pac = [u32::try_from(self.buffers.len()).unwrap(), 0]
            .map(u32::to_le_bytes)
            .concat();
        let mut contents = Vec::new();
        let start = 8 + 16 * self.buffers.len();
        for (buffer_type, content) in &self.buffers {
            pac.extend(buffer_type.0.to_le_bytes());
            pac.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
            pac.extend(u64::try_from(start + contents.len()).unwrap().to_le_bytes());
            contents.extend(content);
            contents.resize(contents.len().next_multiple_of(8), 0);
        }
        pac.extend(contents);
        pac
    }

    /// The bytes with their checksums.
    pub(crate) fn sign(mut self, service_key: &Key, kdc_key: &Key) -> Vec<u8> {
        self.add_signature(BufferType::SERVER_CHECKSUM, service_key, None);
        self.add_signature(BufferType::KDC_CHECKSUM, kdc_key, self.rodc_identifier);
        if let Some(ticket) = self.ticket.take() {
            self.add_signature(BufferType::TICKET_CHECKSUM, kdc_key, self.rodc_identifier);
            let signature = checksum(kdc_key, &ticket);
            self.signature(BufferType::TICKET_CHECKSUM)[..signature.len()].copy_from_slice(&signature);
        }
        if self.full {
            self.add_signature(BufferType::FULL_CHECKSUM, kdc_key, self.rodc_identifier);
            self.fill(BufferType::FULL_CHECKSUM, kdc_key, None);
        }
        // The last but one: the KDC's signature and identifier are still zeros.
        self.fill(BufferType::SERVER_CHECKSUM, service_key, None);
        let server = self.signature(BufferType::SERVER_CHECKSUM).to_vec();
        self.fill(BufferType::KDC_CHECKSUM, kdc_key, Some(&server));
        self.bytes()
    }

    fn add_signature(&mut self, which: BufferType, key: &Key, rodc_identifier: Option<u16>) {
        let checksum_type = key.encryption_type().checksum_type();
        let mut content = checksum_type.number().to_le_bytes().to_vec();
        content.resize(4 + checksum_type.mac_len(), 0);
        if rodc_identifier.is_some() {
            content.extend([0; 2]);
        }
        self.buffers.push((which, content));
    }

    fn fill(&mut self, which: BufferType, key: &Key, over: Option<&[u8]>) {
        let signature = match over {
            Some(over) => checksum(key, over),
            None => checksum(key, &self.bytes()),
        };
        let rodc_identifier = self.rodc_identifier;
        let (to, identifier) = self.signature(which).split_at_mut(signature.len());
        to.copy_from_slice(&signature);
        if let Some(number) = rodc_identifier
            && !identifier.is_empty()
        {
            identifier.copy_from_slice(&number.to_le_bytes());
        }
    }

    fn signature(&mut self, which: BufferType) -> &mut [u8] {
        let content = self.buffers.iter_mut().find(|(found, _)| *found == which);
        &mut content.unwrap().1[4..]
    }
}

pub(crate) fn checksum(key: &Key, over: &[u8]) -> Vec<u8> {
    key.checksum_key(KeyUsage::PAC_CHECKSUM)
        .checksum(&[over])
        .as_bytes()
        .to_vec()
}

/// `PAC_CLIENT_INFO`.
pub(crate) fn client_info(client: &str, authtime: Timestamp) -> Vec<u8> {
    let name = utf16(client);
    let steps = u64::try_from(authtime.unix()).unwrap() * 10_000_000 + 116_444_736_000_000_000;
    let len = u16::try_from(name.len()).unwrap();
    [&steps.to_le_bytes()[..], &len.to_le_bytes(), &name].concat()
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
