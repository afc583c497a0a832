//! The list of buffers, and buffers that are not what their types say.

use crate::{AUTHTIME, forge, forged, with_buffer};
use mech_krb5::pac::{BufferType, MAX_BUFFERS, Pac, PacFault};

fn fault(pac: &[u8]) -> PacFault {
    Pac::parse(pac).unwrap_err()
}

/// A list of (type, length, offset), and `len` bytes in all.
fn list(version: u32, infos: &[(u32, u32, u64)], len: usize) -> Vec<u8> {
    let mut pac = [u32::try_from(infos.len()).unwrap(), version]
        .map(u32::to_le_bytes)
        .concat();
    for (buffer_type, len, offset) in infos {
        pac.extend(buffer_type.to_le_bytes());
        pac.extend(len.to_le_bytes());
        pac.extend(offset.to_le_bytes());
    }
    pac.resize(len, 0);
    pac
}

#[test]
fn what_fuzzing_found_in_mit_krb5() {
    for case in testvectors::load("pac/malformed.txt") {
        assert_eq!(fault(&case.bytes("pac")).to_string(), case.expect(), "{case}");
    }
}

#[test]
fn buffers_lie_within_the_pac_and_apart() {
    let one = BufferType(1);
    assert!(Pac::parse(&list(0, &[], 8)).is_ok());
    assert!(Pac::parse(&list(0, &[(1, 8, 40), (2, 8, 48)], 56)).is_ok());
    // Nothing can lie anywhere.
    assert!(Pac::parse(&list(0, &[(1, 0, 40), (2, 16, 40)], 56)).is_ok());
    for (pac, expected) in [
        (list(1, &[(1, 8, 24)], 32), PacFault::Version),
        (list(0, &[(1, 8, 24)], 8)[..7].to_vec(), PacFault::Truncated),
        (list(0, &[(1, 8, 24)], 24)[..23].to_vec(), PacFault::Truncated),
        (list(0, &[(1, 8, 24)], 31), PacFault::OutOfBounds(one)),
        (list(0, &[(1, 8, 16)], 32), PacFault::OutOfBounds(one)),
        (list(0, &[(1, 8, 0)], 32), PacFault::OutOfBounds(one)),
        (list(0, &[(1, u32::MAX, 24)], 32), PacFault::OutOfBounds(one)),
        (list(0, &[(1, 8, u64::MAX - 7)], 32), PacFault::OutOfBounds(one)),
        (list(0, &[(1, 8, 1 << 63)], 32), PacFault::OutOfBounds(one)),
        (list(0, &[(1, 8, 25)], 40), PacFault::Misaligned(one)),
        (
            list(0, &[(1, 8, 40), (1, 8, 48)], 56),
            PacFault::DuplicateBuffer(one),
        ),
        (
            list(0, &[(2, 16, 40), (1, 8, 48)], 56),
            PacFault::Overlapping(one),
        ),
        (
            list(0, &[(2, 8, 48), (1, 16, 40)], 56),
            PacFault::Overlapping(one),
        ),
    ] {
        assert_eq!(fault(&pac), expected, "{pac:02x?}");
    }
}

#[test]
fn there_are_at_most_64_buffers() {
    let infos = |count: usize| -> Vec<_> {
        (1..)
            .map(|number| (number, 0, 8 + 16 * count as u64))
            .take(count)
            .collect()
    };
    let list = |count: usize| list(0, &infos(count), 8 + 16 * count);
    assert_eq!(
        Pac::parse(&list(MAX_BUFFERS)).unwrap().buffer_types().count(),
        MAX_BUFFERS
    );
    assert_eq!(fault(&list(MAX_BUFFERS + 1)), PacFault::TooManyBuffers);
    assert_eq!(
        fault(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
        PacFault::TooManyBuffers
    );
}

#[test]
fn attributes_have_the_names_of_mit_krb5() {
    for (attribute, buffer_type) in [
        ("urn:mspac:logon-info", BufferType::LOGON_INFO),
        ("urn:mspac:privsvr-checksum", BufferType::KDC_CHECKSUM),
        ("urn:mspac:upn-dns-info", BufferType::UPN_DNS_INFO),
        ("urn:mspac:12", BufferType::UPN_DNS_INFO),
        ("urn:mspac:4711", BufferType(4711)),
    ] {
        assert_eq!(
            BufferType::from_attribute(attribute),
            Some(buffer_type),
            "{attribute}"
        );
    }
    for attribute in [
        "urn:mspac:",
        "urn:mspac:0",
        "urn:mspac:x",
        "logon-info",
        "urn:mspac:4294967296",
    ] {
        assert_eq!(BufferType::from_attribute(attribute), None, "{attribute}");
    }
    // MIT krb5 names those that it knows, and numbers the others.
    for (number, attribute) in [
        (1, "urn:mspac:logon-info"),
        (2, "urn:mspac:credentials-info"),
        (6, "urn:mspac:server-checksum"),
        (7, "urn:mspac:privsvr-checksum"),
        (10, "urn:mspac:client-info"),
        (11, "urn:mspac:delegation-info"),
        (12, "urn:mspac:upn-dns-info"),
        (13, "urn:mspac:13"),
        (19, "urn:mspac:19"),
        (4711, "urn:mspac:4711"),
    ] {
        assert_eq!(BufferType(number).attribute(), attribute);
        assert_eq!(BufferType::from_attribute(attribute), Some(BufferType(number)));
    }
    assert_eq!(BufferType(12).to_string(), "upn-dns-info");
    assert_eq!(BufferType(4711).to_string(), "4711");
}

#[test]
fn raw_buffers_are_those_of_the_kdc() {
    let pac = with_buffer(BufferType(4711), b"whatever it is");
    assert_eq!(pac.buffer(BufferType(4711)), Some(&b"whatever it is"[..]));
    assert_eq!(pac.buffer(BufferType(4712)), None);
    let credentials = with_buffer(BufferType::CREDENTIALS_INFO, b"sealed");
    assert!(
        credentials
            .buffer_types()
            .any(|found| found == BufferType::CREDENTIALS_INFO)
    );
}

/// MS-PAC section 2.5: UserId 0 means that the first extra SID is the account's.
#[test]
fn an_account_of_another_domain_is_the_first_extra_sid() {
    let case = &testvectors::load("pac/logon-info.txt")[0];
    let mut info = case.bytes("logon-info");
    info[USER_ID..][..4].fill(0);
    let pac = with_buffer(BufferType::LOGON_INFO, &info);
    assert_eq!(
        pac.user().unwrap().to_string(),
        "S-1-5-21-773533881-1816936887-355810188-513"
    );
    assert_eq!(pac.logon_info().unwrap().unwrap().user, pac.user().unwrap());
    // Without extra SIDs it is nobody's.
    info[SID_COUNT..][..8].fill(0);
    let vector = forged(&forge::Pac::new("alice", AUTHTIME).with(BufferType::LOGON_INFO, info));
    assert_eq!(vector.verify().unwrap_err(), PacFault::BadContent);
}

/// MS-PAC section 2.12: so it is with a device.
#[test]
fn a_device_of_another_domain_is_the_first_extra_sid() {
    let mut info = testvectors::load("pac/device-info.txt")[0].bytes("buffer");
    info[DEVICE_USER_ID..][..4].fill(0);
    let device = with_buffer(BufferType::DEVICE_INFO, &info)
        .device_info()
        .unwrap()
        .unwrap();
    assert_eq!(device.device.to_string(), "S-1-18-1");
    // Without extra SIDs it is none.
    let sid = [
        &[1, 0, 0, 0, 12, 0, 2, 0, 7, 0, 0, 0][..],
        &crate::ndr_sid(18, &[1]),
    ]
    .concat();
    let mut info = crate::with_other(info, &sid, &[]);
    info[DEVICE_SID_COUNT..][..8].fill(0);
    let read = with_buffer(BufferType::DEVICE_INFO, &info).device_info().unwrap();
    assert_eq!(read, Err(PacFault::BadContent));
}

/// Where fields of `PAC_DEVICE_INFO` stand in its buffer.
const DEVICE_USER_ID: usize = 20;
const DEVICE_SID_COUNT: usize = DEVICE_USER_ID + 4 + 4 + 4 + 8;

/// Where fields of `KERB_VALIDATION_INFO` stand in its buffer.
const USER_ID: usize = 20 + 48 + 48 + 4;
const SID_COUNT: usize = USER_ID + 8 + 8 + 4 + 16 + 16 + 4 + 8 + 4 + 28;

/// Signed by a KDC that wrote nonsense: the PAC is refused or the buffer, and nothing panics.
#[test]
fn logon_information_that_was_changed_is_read_to_an_end() {
    for case in testvectors::load("pac/logon-info.txt") {
        let genuine = case.bytes("logon-info");
        let judge = |info: &[u8]| {
            let vector = forged(&forge::Pac::new("alice", AUTHTIME).with(BufferType::LOGON_INFO, info));
            vector.verify().and_then(|pac| pac.logon_info().unwrap())
        };
        let original = judge(&genuine).unwrap();
        for bit in (0..genuine.len() * 8).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
            let mut info = genuine.clone();
            info[bit / 8] ^= 1 << (bit % 8);
            drop(judge(&info));
        }
        let padding = genuine.iter().rev().take_while(|byte| **byte == 0).count();
        for len in 0..genuine.len() {
            let mut info = genuine[..len].to_vec();
            if let Some(object_len) = info.get_mut(8..12) {
                object_len.copy_from_slice(&u32::try_from(len.saturating_sub(16)).unwrap().to_le_bytes());
            }
            match judge(&info) {
                Ok(read) => assert!(
                    len + padding >= genuine.len() && read == original,
                    "{case}: {len}"
                ),
                Err(fault) => assert_eq!(fault, PacFault::Truncated, "{case}: {len}"),
            }
        }
    }
}

#[test]
fn small_buffers_are_what_their_types_say() {
    let upn = |buffer: &[u8]| {
        with_buffer(BufferType::UPN_DNS_INFO, buffer)
            .upn_dns_info()
            .unwrap()
    };
    let names = [
        &[4, 0, 12, 0, 2, 0, 16, 0, 0, 0, 0, 0][..],
        &forge::utf16("ab"),
        &forge::utf16("R"),
    ]
    .concat();
    let read = upn(&names).unwrap();
    assert_eq!((read.upn.as_str(), read.dns_domain_name.as_str()), ("ab", "R"));
    for len in 0..names.len() {
        assert_eq!(upn(&names[..len]), Err(PacFault::Truncated), "{len}");
    }
    let mut extended = names.clone();
    extended[8] = 2;
    assert_eq!(upn(&extended), Err(PacFault::Truncated));

    let requester = |buffer: &[u8]| with_buffer(BufferType::REQUESTER, buffer).requester().unwrap();
    let sid = b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0";
    assert_eq!(requester(sid).unwrap().to_string(), "S-1-5-18");
    assert_eq!(requester(&sid[..11]), Err(PacFault::BadContent));

    let attributes = |buffer: &[u8]| {
        with_buffer(BufferType::ATTRIBUTES_INFO, buffer)
            .attributes()
            .unwrap()
    };
    assert_eq!(attributes(&[2, 0, 0, 0, 1, 0, 0]), Err(PacFault::Truncated));

    let delegation = |buffer: &[u8]| {
        with_buffer(BufferType::DELEGATION_INFO, buffer)
            .delegation_info()
            .unwrap()
    };
    assert_eq!(delegation(&[]), Err(PacFault::Truncated));
    assert_eq!(
        delegation(&[2, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Err(PacFault::BadContent)
    );
}
