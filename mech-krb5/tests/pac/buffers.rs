//! The list of buffers, and buffers that are not what their types say.

use crate::{AUTHTIME, forge, forged, with_buffer};
use mech_krb5::pac::{BufferType, MAX_BUFFERS, Pac, PacAttributes, PacFault};

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

/// What the buffers beside the logon information say of the account, by the delegation information of a real KDC.
#[test]
fn an_account_has_names_and_services_of_the_other_buffers() {
    let account = |upn_dns_info: &[u8], delegation_info: &[u8]| {
        let pac = forge::Pac::new("alice", AUTHTIME)
            .with(
                BufferType::LOGON_INFO,
                testvectors::load("pac/logon-info.txt")[1].bytes("logon-info"),
            )
            .with(BufferType::UPN_DNS_INFO, upn_dns_info)
            .with(BufferType::DELEGATION_INFO, delegation_info);
        forged(&pac).verify().unwrap().account().unwrap()
    };
    let capture = testvectors::capture("mitldap/s4u2proxy-ticket-as-cred");
    let attributes = capture.case().lines("name-attributes");
    let hex = attributes
        .iter()
        .find_map(|line| line.strip_prefix("urn:mspac:delegation-info "))
        .unwrap();
    let delegation: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let names = [
        &[4, 0, 12, 0, 2, 0, 16, 0, 0, 0, 0, 0][..],
        &forge::utf16("ab"),
        &forge::utf16("R"),
    ]
    .concat();
    let read = account(&names, &delegation).unwrap();
    assert_eq!(
        (read.upn.as_deref(), read.dns_domain.as_deref()),
        (Some("ab"), Some("R"))
    );
    assert_eq!(read.delegated_by, ["HTTP/www.ldap.test@LDAP.TEST"]);
    // No name is none.
    let nameless = account(&[0; 12], &delegation).unwrap();
    assert_eq!((nameless.upn, nameless.dns_domain), (None, None));
}

/// NDR says many things twice: what is in the structure, and what follows it, must agree.
#[test]
fn logon_information_that_contradicts_itself_is_none() {
    let genuine = testvectors::load("pac/logon-info.txt")[1].bytes("logon-info");
    let place = |bytes: &[u8]| {
        genuine
            .windows(bytes.len())
            .position(|found| found == bytes)
            .unwrap()
    };
    let domain = place(&crate::ndr_sid(
        5,
        &[21, 2_284_869_408, 3_503_417_140, 1_141_177_250],
    ));
    let extra_sid = place(&[0x30, 0, 2, 0, 7, 0, 0, 0]);
    let fault = |info: Vec<u8>| {
        let pac = forge::Pac::new("alice", AUTHTIME).with(BufferType::LOGON_INFO, info);
        forged(&pac).verify().unwrap_err()
    };
    for (what, at, bytes) in [
        ("a longer name than there is", EFFECTIVE_NAME, &[20, 0][..]),
        ("a name longer than its room", FIRST_STRING, &[8, 0, 0, 0]),
        ("a name from its middle", FIRST_STRING + 4, &[1, 0, 0, 0]),
        ("fewer groups than follow", GROUP_COUNT, &[2, 0, 0, 0]),
        ("groups, and none", GROUP_COUNT + 4, &[0, 0, 0, 0]),
        ("a SID of other length than it says", domain, &[5, 0, 0, 0]),
        ("an extra SID that is none", extra_sid, &[0, 0, 0, 0]),
    ] {
        let mut info = genuine.clone();
        info[at..][..bytes.len()].copy_from_slice(bytes);
        assert_eq!(fault(info), PacFault::BadContent, "{what}");
    }
    // A name that is not there and has a length.
    let name = [
        &[9, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0][..],
        &forge::utf16("testuser1"),
        &[0; 2],
    ]
    .concat();
    let mut info = crate::with_other(genuine.clone(), &name, &[]);
    info[EFFECTIVE_NAME + 4..][..4].fill(0);
    assert_eq!(fault(info), PacFault::BadContent);
    // Resource groups of no domain: of what is the matter with the account, not of whose it is.
    let sid = crate::ndr_sid(5, &[21, 3_062_750_306, 1_230_139_592, 1_973_306_805]);
    let mut info = crate::with_other(genuine, &sid, &[]);
    info[RESOURCE_DOMAIN..][..4].fill(0);
    let pac = with_buffer(BufferType::LOGON_INFO, &info);
    assert_eq!(pac.account().unwrap(), Err(PacFault::BadContent));
}

/// MS-PAC section 2.5: flag H of UserFlags. Nobody vouches for what stands there without it.
#[test]
fn resource_groups_are_there_where_the_flags_say_so() {
    let mut info = testvectors::load("pac/logon-info.txt")[1].bytes("logon-info");
    let read = |info: &[u8]| {
        with_buffer(BufferType::LOGON_INFO, info)
            .account()
            .unwrap()
            .unwrap()
    };
    let whole = read(&info);
    assert_eq!(whole.resource_groups.len(), 2);
    assert_eq!(info[USER_FLAGS..][..4], 0x220_u32.to_le_bytes());
    info[USER_FLAGS + 1] = 0;
    let mut without = whole;
    without.resource_groups.clear();
    assert_eq!(read(&info), without);
}

/// Where fields of `PAC_DEVICE_INFO` stand in its buffer.
const DEVICE_USER_ID: usize = 20;
const DEVICE_SID_COUNT: usize = DEVICE_USER_ID + 4 + 4 + 4 + 8;

/// Where fields of `KERB_VALIDATION_INFO` stand in its buffer.
const EFFECTIVE_NAME: usize = 20 + 48;
const USER_ID: usize = EFFECTIVE_NAME + 48 + 4;
const GROUP_COUNT: usize = USER_ID + 8;
const USER_FLAGS: usize = GROUP_COUNT + 8;
const SID_COUNT: usize = USER_FLAGS + 4 + 16 + 16 + 4 + 8 + 4 + 28;
const RESOURCE_DOMAIN: usize = SID_COUNT + 8;
/// What the first pointer points to.
const FIRST_STRING: usize = RESOURCE_DOMAIN + 12;

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
    // Either of name and SID may be missing: Heimdal's KDC (lib/krb5/pac.c, build_upn_dns_info) knows no SIDs.
    let sid = b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0";
    let sam = |sam_name: [u8; 4], of_sid: [u8; 4]| {
        let head = [4, 0, 20, 0, 2, 0, 24, 0, 2, 0, 0, 0];
        let buffer = [&head[..], &sam_name, &of_sid, &names[12..], sid].concat();
        upn(&buffer).map(|read| (read.sam_name, read.sid.map(|sid| sid.to_string())))
    };
    let (name, system) = (Some("ab".into()), Some("S-1-5-18".into()));
    for (sam_name, of_sid, expected) in [
        ([4, 0, 20, 0], [12, 0, 26, 0], Ok((name.clone(), system.clone()))),
        ([4, 0, 20, 0], [0; 4], Ok((name, None))),
        ([0; 4], [12, 0, 26, 0], Ok((None, system))),
        ([4, 0, 20, 0], [11, 0, 26, 0], Err(PacFault::BadContent)),
        ([4, 0, 20, 0], [12, 0, 27, 0], Err(PacFault::Truncated)),
        ([3, 0, 20, 0], [12, 0, 26, 0], Err(PacFault::BadContent)),
    ] {
        assert_eq!(sam(sam_name, of_sid), expected, "{sam_name:?} {of_sid:?}");
    }

    let requester = |buffer: &[u8]| with_buffer(BufferType::REQUESTER, buffer).requester().unwrap();
    assert_eq!(requester(sid).unwrap().to_string(), "S-1-5-18");
    assert_eq!(requester(&sid[..11]), Err(PacFault::BadContent));

    let attributes = |buffer: &[u8]| {
        with_buffer(BufferType::ATTRIBUTES_INFO, buffer)
            .attributes()
            .unwrap()
    };
    assert_eq!(attributes(&[2, 0, 0, 0, 1, 0, 0]), Err(PacFault::Truncated));
    for (flags, expected) in [
        (0xff, PacAttributes::Requested),
        (1, PacAttributes::Requested),
        (2, PacAttributes::GivenImplicitly),
        (0xfc, PacAttributes::Unsaid),
    ] {
        assert_eq!(attributes(&[2, 0, 0, 0, flags, 0, 0, 0]), Ok(expected), "{flags}");
    }

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
