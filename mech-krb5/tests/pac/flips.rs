//! Single bits of PACs: whatever a checksum covers cannot be changed.

use crate::{Vector, forge, forged, genuine};
use mech_krb5::pac::{BufferType, Pac};
use std::ops::Range;

/// Where the signature stands behind its type, with the identifier of a read-only domain controller if there is one.
fn signature(pac: &[u8], which: BufferType) -> Option<Range<usize>> {
    let number = |at: usize, len: usize| {
        let mut bytes = [0; 8];
        bytes[..len].copy_from_slice(&pac[at..at + len]);
        usize::try_from(u64::from_le_bytes(bytes)).unwrap()
    };
    (0..number(0, 4)).map(|index| 8 + 16 * index).find_map(|at| {
        let (found, len, start) = (number(at, 4), number(at + 4, 4), number(at + 8, 8));
        (found == which.0 as usize).then(|| start + 4..start + len)
    })
}

/// The bytes of which any bit can be changed without a refusal.
fn uncovered(vector: &Vector) -> Vec<usize> {
    let Vector { name, pac, .. } = vector;
    vector.verify().unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let accepted = |bit: usize| {
        let mut flipped = pac.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        vector.judge(&flipped).is_ok()
    };
    let bytes = (0..pac.len()).filter(|byte| {
        let count = (0..8).filter(|bit| accepted(byte * 8 + bit)).count();
        assert!(count == 0 || count == 8, "{name}: byte {byte} is covered in part");
        count == 8
    });
    bytes.collect()
}

/// All that is public: MIT krb5's five and its ticket of Server 2022, gokrb5's, and two of Kerberos.NET.
#[test]
fn the_vectors_are_these() {
    let (with, without): (Vec<_>, Vec<_>) = genuine().into_iter().partition(|vector| vector.kdc.is_some());
    assert_eq!((with.len(), without.len()), (2, 9));
}

/// Behind the list of buffers a checksum sees every change, and the login is refused. A change to the list may make it no
/// list, which discards the PAC.
#[test]
fn a_changed_buffer_is_a_wrong_checksum() {
    for vector in genuine() {
        let Vector { name, pac, .. } = &vector;
        let list = 8 + 16 * usize::from(pac[0]);
        for bit in 0..pac.len() * 8 {
            let mut flipped = pac.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match vector.judge(&flipped) {
                Ok(_) => assert!(bit / 8 >= list && vector.kdc.is_none(), "{name}: bit {bit}"),
                Err(fault) => assert!(
                    bit / 8 < list || fault.is_wrong_signature(),
                    "{name}: bit {bit}: {fault}"
                ),
            }
        }
    }
}

/// Decision: without the KDC's key nothing covers the KDC's signature, and nothing depends on it.
#[test]
fn without_the_kdc_key_only_its_signature_is_uncovered() {
    for vector in genuine().iter().filter(|vector| vector.kdc.is_none()) {
        let kdc = signature(&vector.pac, BufferType::KDC_CHECKSUM).unwrap();
        assert_eq!(uncovered(vector), kdc.collect::<Vec<_>>(), "{}", vector.name);
    }
}

#[test]
fn with_the_kdc_key_every_bit_is_covered() {
    for vector in genuine().iter().filter(|vector| vector.kdc.is_some()) {
        assert_eq!(uncovered(vector), [0; 0], "{}", vector.name);
    }
    let mut pac = forge::Pac::new("alice", crate::AUTHTIME);
    pac.ticket = Some(b"a ticket".to_vec());
    pac.full = true;
    assert_eq!(uncovered(&forged(&pac)), [0; 0]);
}

/// The identifier of a read-only domain controller is zero under every checksum: MIT krb5, Heimdal and Samba have found
/// out that Windows does it so.
#[test]
fn the_identifier_of_a_read_only_domain_controller_is_uncovered() {
    let mut pac = forge::Pac::new("alice", crate::AUTHTIME);
    pac.rodc_identifier = Some(0x4711);
    pac.full = true;
    let vector = forged(&pac);
    let kdc = signature(&vector.pac, BufferType::KDC_CHECKSUM).unwrap();
    assert_eq!(vector.pac[kdc.end - 2..kdc.end], [0x11, 0x47]);
    assert_eq!(uncovered(&vector), [kdc.end - 2, kdc.end - 1]);
    let without = Vector { kdc: None, ..vector };
    assert_eq!(uncovered(&without), kdc.collect::<Vec<_>>());
}

#[test]
fn nothing_may_be_cut_off_or_added() {
    for vector in genuine() {
        for len in 0..vector.pac.len() {
            assert!(
                vector.judge(&vector.pac[..len]).is_err(),
                "{}: {len}",
                vector.name
            );
        }
        let longer = [&vector.pac[..], &[0]].concat();
        assert!(Pac::parse(&longer).is_ok());
        assert!(vector.judge(&longer).is_err(), "{}", vector.name);
    }
}
