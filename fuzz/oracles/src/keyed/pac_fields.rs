//! PACs of fields that may hold anything, signed by whomever. The first variant of everything is the usual one.

use super::fields::Ground;
use super::pac;
use crate::forge::pac::{Pac, utf16};
use crate::support::{Etype, key};
use arbitrary::Arbitrary;
use mech_krb5::crypto::Key;
use mech_krb5::pac::BufferType;

#[derive(Arbitrary, Debug)]
pub(super) struct PacFields {
    client_info: ClientInfo,
    logon_info: LogonInfo,
    others: Vec<(u8, Vec<u8>)>,
    service_signer: Signer,
    kdc_signer: Signer,
    ticket_checksum: TicketChecksum,
    has_full_checksum: bool,
    rodc_identifier: Option<u16>,
    /// How far the buffers are moved round, and with them the order in which they stand.
    rotation: u8,
    changes: Vec<Change>,
}

#[derive(Arbitrary, Debug)]
enum ClientInfo {
    Alice { steps: i32 },
    Escaped,
    Named(Vec<u16>),
    Raw(Vec<u8>),
    Absent,
}

#[derive(Arbitrary, Debug)]
enum LogonInfo {
    Absent,
    /// One of the vectors.
    Vector(u8),
    /// One of them with a byte changed.
    Changed(u8, u16, u8),
    Raw(Vec<u8>),
}

/// Whose key signs.
#[derive(Arbitrary, Debug)]
enum Signer {
    Right,
    Session,
    OtherType,
}

#[derive(Arbitrary, Debug)]
enum TicketChecksum {
    Absent,
    Right,
    Over(Vec<u8>),
}

/// A change to the bytes.
#[derive(Arbitrary, Debug)]
enum Change {
    Xor(u16, u8),
    Set(u16, u32),
    Truncate(u8),
    Append(Vec<u8>),
    /// The server's signature anew, over what has become of the rest.
    Sign,
}

impl PacFields {
    pub(super) fn bytes(&self, ground: &Ground<'_>) -> Vec<u8> {
        let mut buffers = Vec::new();
        let authtime = u64::try_from(ground.now.unix()).unwrap_or(0) * 10_000_000 + 116_444_736_000_000_000;
        let named = |steps: u64, name: &[u8]| {
            let len = u16::try_from(name.len()).unwrap_or(u16::MAX);
            [&steps.to_le_bytes()[..], &len.to_le_bytes(), name].concat()
        };
        let client_info = match &self.client_info {
            ClientInfo::Alice { steps } => Some(named(
                authtime.wrapping_add_signed(i64::from(*steps)),
                &utf16("alice"),
            )),
            ClientInfo::Escaped => Some(named(authtime, &utf16("a/b@c\\d\n\t\x08/\u{e9}/"))),
            ClientInfo::Named(units) => {
                let units: Vec<u8> = units
                    .iter()
                    .take(64)
                    .copied()
                    .flat_map(u16::to_le_bytes)
                    .collect();
                Some(named(authtime, &units))
            }
            ClientInfo::Raw(bytes) => Some(bytes.clone()),
            ClientInfo::Absent => None,
        };
        buffers.extend(client_info.map(|content| (BufferType::CLIENT_INFO, content)));
        let logon_info = match &self.logon_info {
            LogonInfo::Absent => None,
            LogonInfo::Vector(which) => Some(vector(*which)),
            LogonInfo::Changed(which, at, by) => {
                let mut content = vector(*which);
                let at = usize::from(*at) % content.len().max(1);
                if let Some(byte) = content.get_mut(at) {
                    *byte ^= by;
                }
                Some(content)
            }
            LogonInfo::Raw(bytes) => Some(bytes.clone()),
        };
        buffers.extend(logon_info.map(|content| (BufferType::LOGON_INFO, content)));
        let others = self.others.iter().take(66).map(|(number, content)| {
            // Signatures come when it is signed.
            let number = u32::from(*number);
            let is_signature = [6, 7, 16, 19].contains(&number);
            (
                BufferType(if is_signature { 256 + number } else { number }),
                content.clone(),
            )
        });
        buffers.extend(others);
        let rotation = usize::from(self.rotation) % buffers.len().max(1);
        buffers.rotate_left(rotation);
        let pac = Pac {
            buffers,
            rodc_identifier: self.rodc_identifier,
            full: self.has_full_checksum,
            ticket: match &self.ticket_checksum {
                TicketChecksum::Absent => None,
                TicketChecksum::Right => Some(ground.without_pac.unwrap_or_default().to_vec()),
                TicketChecksum::Over(bytes) => Some(bytes.clone()),
            },
        };
        let signer = |signer: &Signer, right: &Key| match signer {
            Signer::Right => right.clone(),
            Signer::Session => ground.session_key.clone(),
            Signer::OtherType => key(Etype::Aes256Sha384, 5),
        };
        let signed = pac.sign(
            &signer(&self.service_signer, ground.service_key),
            &signer(&self.kdc_signer, ground.kdc_key),
        );
        self.changes.iter().take(6).fold(signed, |mut pac, change| {
            match change {
                Change::Xor(at, by) => {
                    let at = usize::from(*at) % pac.len().max(1);
                    if let Some(byte) = pac.get_mut(at) {
                        *byte ^= by;
                    }
                }
                Change::Set(word, value) => {
                    let at = usize::from(*word) * 4 % pac.len().max(1);
                    if let Some(bytes) = pac.get_mut(at..at + 4) {
                        bytes.copy_from_slice(&value.to_le_bytes());
                    }
                }
                Change::Truncate(by) => pac.truncate(pac.len().saturating_sub((*by).into())),
                Change::Append(bytes) => pac.extend(bytes),
                Change::Sign => return pac::signed_again(&pac, ground.service_key),
            }
            pac
        })
    }
}

pub(super) fn vector(which: u8) -> Vec<u8> {
    static VECTORS: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
        let cases = testvectors::load("pac/logon-info.txt");
        cases.iter().map(|case| case.bytes("logon-info")).collect()
    });
    VECTORS[usize::from(which) % VECTORS.len()].clone()
}
