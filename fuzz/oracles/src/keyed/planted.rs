//! Authorization data of any bytes in the place of elements that are made of fields.

use super::captured;
use super::fields::Ground;
use super::{pac, pac_fields};
use crate::forge::{self, Cammac, authorization_data};
use crate::kerberos::{self, Typed, typed_list};
use mech_krb5::pac::BufferType;

#[derive(Debug)]
pub(super) struct Planted {
    pub(super) der: Vec<u8>,
    /// Whether the checksums in it are made anew with the right keys.
    pub(super) is_signed: bool,
}

impl Planted {
    pub(super) fn bytes(&self, ground: &Ground<'_>) -> Vec<u8> {
        match typed_list(&self.der) {
            Some(elements) if self.is_signed => signed(&elements, ground, 0),
            _ => self.der.clone(),
        }
    }
}

/// The list with the checksums of PACs, CAMMACs and AD-KDCIssued that fit what is in them.
fn signed(elements: &[Typed], ground: &Ground<'_>, depth: usize) -> Vec<u8> {
    let inside = |elements: &[Typed]| signed(elements, ground, depth + 1);
    let element = |(ad_type, data): &Typed| {
        let data = match ad_type {
            1 => typed_list(data).map(|list| inside(&list)),
            4 => kerberos::kdc_issued(data)
                .map(|issued| forge::kdc_issued(&inside(&issued.elements), ground.session_key)),
            5 => kerberos::and_or(data).map(|(count, list)| forge::and_or(count, &inside(&list))),
            96 => kerberos::cammac(data).map(|cammac| {
                Cammac::new(inside(&cammac.elements), ground.service_key, ground.kdc_key).encode()
            }),
            128 => Some(pac::signed_again(data, ground.service_key)),
            _ => None,
        }
        .filter(|_| depth < 8)
        .unwrap_or_else(|| data.clone());
        (*ad_type, data)
    };
    encoded(&elements.iter().map(element).collect::<Vec<_>>())
}

fn encoded(elements: &[Typed]) -> Vec<u8> {
    let borrowed: Vec<(i32, &[u8])> = elements.iter().map(|(number, data)| (*number, &**data)).collect();
    authorization_data(&borrowed)
}

/// What captured tickets and authenticators hold.
pub(super) fn captured() -> Vec<Vec<u8>> {
    captured::all()
        .iter()
        .flat_map(|captured| {
            let (_, _, ticket, authenticator) = captured.parts();
            let ticket = kerberos::enc_ticket_part(&ticket).and_then(|part| part.authorization_data);
            let authenticator = kerberos::authenticator(&authenticator).ok();
            [ticket, authenticator.and_then(|part| part.authorization_data)]
        })
        .flatten()
        .map(|elements| encoded(&elements))
        .collect()
}

/// A PAC's ad-data as the ticket checksum covers it, where KDCs put it.
pub(super) fn place_of_pac() -> Planted {
    let der = authorization_data(&[(1, &authorization_data(&[(128, &[0])]))]);
    let is_signed = false;
    Planted { der, is_signed }
}

/// One of each kind, in its place and out of it.
pub(super) fn forged(ground: &Ground<'_>) -> Vec<Vec<u8>> {
    let pac = forge::pac::Pac::new("alice", ground.now).sign(ground.service_key, ground.kdc_key);
    let with_sid = forge::pac::Pac::new("alice", ground.now)
        .with(BufferType::LOGON_INFO, pac_fields::vector(0))
        .sign(ground.service_key, ground.kdc_key);
    let of_ticket = |ticket: &[u8]| {
        let mut pac = forge::pac::Pac::new("alice", ground.now);
        (pac.full, pac.ticket) = (true, Some(ticket.to_vec()));
        pac.sign(ground.service_key, ground.kdc_key)
    };
    let right = of_ticket(ground.without_pac.unwrap_or_default());
    let wrong = of_ticket(b"another ticket");
    let words = authorization_data(&[(97, &forge::indicators(&["otp"]))]);
    let cammac = Cammac::new(words.clone(), ground.service_key, ground.kdc_key).encode();
    let issued = forge::kdc_issued(&words, ground.session_key);
    let choice = forge::and_or(1, &authorization_data(&[(8, b""), (-77, b"")]));
    let restriction = [&[1, 0, 0, 0, 0, 0x20, 0, 0][..], &[7; 32]].concat();
    let restriction = authorization_data(&[(0, &restriction)]);
    let all: [(i32, &[u8]); 10] = [
        (128, &right),
        (128, &wrong),
        (128, &with_sid),
        (128, &pac),
        (96, &cammac),
        (4, &issued),
        (5, &choice),
        (143, &[0, 0x40, 0, 0]),
        (129, b"\x30\x06\x02\x01\x12\x02\x01\x14"),
        (141, &restriction),
    ];
    let alone = all.iter().map(|element| authorization_data(&[*element]));
    let inside: Vec<Vec<u8>> = alone
        .clone()
        .map(|list| authorization_data(&[(1, &list)]))
        .collect();
    let together = authorization_data(&[(1, &authorization_data(&all))]);
    alone.chain(inside).chain([together]).collect()
}
