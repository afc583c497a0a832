//! PACs and buffers of real KDCs say what others read from them.

use crate::{Vector, described, with_buffer};
use mech_krb5::pac::{BufferType, PacFault};

#[test]
fn pacs_of_windows_with_their_keys() {
    let mut count = 0;
    for case in ["pac/windows-mit.txt", "pac/windows-gokrb5.txt"]
        .into_iter()
        .flat_map(testvectors::load)
    {
        let verdict = Vector::of_case(&case).verify();
        match case.expect() {
            "verified" => described::check(&case, &verdict.unwrap()),
            // The checksum is verified before: it fits.
            "client-mismatch" => assert_eq!(verdict.unwrap_err(), PacFault::ClientMismatch, "{case}"),
            other => panic!("{case}: {other}"),
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn a_ticket_of_windows_server_2022_with_all_four_checksums() {
    let case = &testvectors::load("pac/windows-2022-ticket.txt")[0];
    let vector = Vector::of_ticket(case);
    let pac = vector.verify().unwrap();
    described::check(case, &pac);
    let text = format!("{pac:?}");
    assert!(text.starts_with("VerifiedPac["), "{text}");
}

/// Its checksums are HMAC-MD5: whatever AES key the service has, it does not go with them.
#[test]
fn a_pac_with_rc4_checksums_goes_with_no_other_key() {
    let case = &testvectors::load("pac/windows-mit.txt")[0];
    let another = &testvectors::load("pac/windows-gokrb5.txt")[0];
    let vector = Vector {
        pac: case.bytes("pac"),
        ..Vector::of_case(another)
    };
    assert_eq!(
        vector.verify().unwrap_err(),
        PacFault::ChecksumType(BufferType::SERVER_CHECKSUM)
    );
}

#[test]
fn logon_information_of_windows() {
    for case in testvectors::load("pac/logon-info.txt") {
        let pac = with_buffer(BufferType::LOGON_INFO, &case.bytes("logon-info"));
        for (key, ours) in described::logon_info(&pac) {
            let ours: Vec<_> = ours.into_iter().filter(|line| !line.is_empty()).collect();
            assert_eq!(ours, case.lines(key), "{case}: {key}");
        }
    }
}

#[test]
fn device_information() {
    for case in testvectors::load("pac/device-info.txt") {
        let pac = with_buffer(BufferType::DEVICE_INFO, &case.bytes("buffer"));
        let device = pac.device_info().unwrap().unwrap();
        assert_eq!(device.device.to_string(), case.text("device"), "{case}");
        assert_eq!(
            device.primary_group.to_string(),
            case.text("primary-group"),
            "{case}"
        );
        let domains = device.domain_groups.iter();
        for (key, ours) in [
            ("groups", described::groups(&device.groups)),
            ("extra-sids", described::groups(&device.extra_sids)),
            (
                "domains",
                domains.clone().map(|domain| domain.domain.to_string()).collect(),
            ),
            (
                "domain-groups",
                domains
                    .flat_map(|domain| described::groups(&domain.groups))
                    .collect(),
            ),
        ] {
            let theirs = case.lines(key).into_iter().filter(|line| !line.is_empty());
            assert_eq!(ours, theirs.collect::<Vec<_>>(), "{case}: {key}");
        }
    }
}
