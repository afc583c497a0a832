//! Claims of real KDCs, and what is refused of others.

use crate::{AUTHTIME, forge, forged, logon_info_with_extra_sid, ndr_sid, with_buffer, with_other};
use mech_krb5::pac::{BufferType, Claims, PacFault};
use negotiate_core::{ClaimValues, ClaimsSource};

fn described(claims: &Claims) -> Vec<String> {
    let list = |values: Vec<String>| values.join(", ");
    let text = |values: &ClaimValues| match values {
        ClaimValues::Int64(values) => format!("int64 {}", list(values.iter().map(i64::to_string).collect())),
        ClaimValues::Uint64(values) => {
            format!("uint64 {}", list(values.iter().map(u64::to_string).collect()))
        }
        ClaimValues::String(values) => format!("string {}", list(values.clone())),
        ClaimValues::Boolean(values) => {
            format!("boolean {}", list(values.iter().map(bool::to_string).collect()))
        }
        other => format!("{other:?}"),
    };
    claims
        .claims
        .iter()
        .map(|claim| format!("{} {}", claim.id, text(&claim.values)))
        .collect()
}

#[test]
fn claims_of_domain_controllers() {
    let cases = testvectors::load("pac/claims.txt");
    for case in &cases {
        let pac = with_buffer(BufferType::CLIENT_CLAIMS, &case.bytes("buffer"));
        let claims = pac.client_claims().unwrap().unwrap();
        assert_eq!(described(&claims), case.lines("claims"), "{case}");
        assert!(
            claims
                .claims
                .iter()
                .all(|claim| claim.source == ClaimsSource::ActiveDirectory),
            "{case}"
        );
        let pac = with_buffer(BufferType::DEVICE_CLAIMS, &case.bytes("buffer"));
        assert_eq!(pac.device_claims().unwrap().unwrap(), claims);
    }
    assert_eq!(cases.len(), 8);
}

#[test]
fn no_claims_are_no_claims() {
    let pac = with_buffer(BufferType::CLIENT_CLAIMS, &[]);
    assert_eq!(pac.client_claims().unwrap().unwrap().claims, []);
    assert!(pac.device_claims().is_none());
    // Nor is metadata, its set or what is in it that is not there.
    for (at, null) in [(METADATA, 4), (SET, 8), (SET_CONTENT, 4)] {
        assert_eq!(changed(0, at, &vec![0; null]).unwrap().claims, [], "{at}");
    }
}

/// MS-KILE section 3.4.5.3: what nobody translated on its way from another forest is not known of the account.
#[test]
fn claims_count_where_the_domain_vouches_for_them() {
    let claims = testvectors::load("pac/claims.txt").pop().unwrap().bytes("buffer");
    for (rid, is_valid) in [(497, true), (496, false), (498, false)] {
        let pac = forge::Pac::new("alice", AUTHTIME)
            .with(BufferType::LOGON_INFO, logon_info_with_extra_sid(rid))
            .with(BufferType::CLIENT_CLAIMS, &claims[..]);
        let pac = forged(&pac).verify().unwrap();
        let account = pac.account().unwrap().unwrap();
        assert_eq!(
            account.extra_sids[0].sid.to_string(),
            format!("S-1-5-21-0-0-0-{rid}")
        );
        assert_eq!(
            (pac.has_valid_claims(), account.claims.is_empty()),
            (is_valid, !is_valid)
        );
    }
    // Nor does anything vouch where there is no logon information.
    assert!(!with_buffer(BufferType::CLIENT_CLAIMS, &claims).has_valid_claims());
}

/// MS-KILE section 3.4.5.3: the account's SIDs vouch for the device, and the device's for its claims.
#[test]
fn a_device_counts_where_the_domain_vouches_for_it() {
    let device_info = &testvectors::load("pac/device-info.txt")[0];
    for (rid, device_rid, expected) in [
        (496, 497, (true, true)),
        (496, 496, (true, false)),
        (497, 497, (false, false)),
    ] {
        let sid = ndr_sid(5, &[21, 0, 0, 0, device_rid]);
        let device = with_other(device_info.bytes("buffer"), &ndr_sid(18, &[1]), &sid);
        let pac = forge::Pac::new("alice", AUTHTIME)
            .with(BufferType::LOGON_INFO, logon_info_with_extra_sid(rid))
            .with(BufferType::DEVICE_INFO, device);
        let pac = forged(&pac).verify().unwrap();
        let extra = pac.device_info().unwrap().unwrap().extra_sids[0].sid;
        assert_eq!(extra.to_string(), format!("S-1-5-21-0-0-0-{device_rid}"));
        assert_eq!(
            (pac.has_authenticated_device(), pac.has_valid_device_claims()),
            expected
        );
    }
}

/// Where the fields of `CLAIMS_SET_METADATA` stand in a buffer.
const METADATA: usize = 16;
const SET: usize = 20;
const FORMAT: usize = 28;
const UNCOMPRESSED_LEN: usize = 32;

/// Where those of a set's one array and its one entry stand in a buffer that is not compressed.
const SET_CONTENT: usize = 68;
const SOURCE: usize = 96;
const ID: usize = 112;
const CLAIM_TYPE: usize = 116;
const NAME: usize = 128;
const FIRST_VALUE: usize = 228;
/// Those that say how long the set is, each a byte.
const LENGTHS: [usize; 4] = [SET, UNCOMPRESSED_LEN, 48, 60];

/// The claims of one of the first vectors, changed at a place.
fn changed(vector: usize, at: usize, bytes: &[u8]) -> Result<Claims, PacFault> {
    let mut buffer = testvectors::load("pac/claims.txt")[vector].bytes("buffer");
    buffer[at..][..bytes.len()].copy_from_slice(bytes);
    with_buffer(BufferType::CLIENT_CLAIMS, &buffer)
        .client_claims()
        .unwrap()
}

#[test]
fn a_claim_is_of_one_type_and_has_a_name() {
    for (what, at, bytes) in [
        ("two types", CLAIM_TYPE + 2, &[1, 0][..]),
        ("a name without end", FIRST_VALUE - 8, &[0x41, 0]),
        ("a text that is none", FIRST_VALUE, &[0; 4]),
    ] {
        assert_eq!(changed(0, at, bytes), Err(PacFault::BadContent), "{what}");
    }
    // No name: not where the structure points, nor behind it.
    let mut buffer = testvectors::load("pac/claims.txt")[0].bytes("buffer");
    buffer[ID..][..4].fill(0);
    let name = buffer.drain(NAME..FIRST_VALUE - 4).count();
    for len in LENGTHS {
        buffer[len] -= u8::try_from(name).unwrap();
    }
    let object_len = u32::try_from(buffer.len() - 16).unwrap();
    buffer[8..12].copy_from_slice(&object_len.to_le_bytes());
    let pac = with_buffer(BufferType::CLIENT_CLAIMS, &buffer);
    assert_eq!(pac.client_claims().unwrap(), Err(PacFault::BadContent));
}

#[test]
fn claims_are_of_a_source_and_truths_of_two_kinds() {
    for (source, expected) in [
        (1, ClaimsSource::ActiveDirectory),
        (2, ClaimsSource::Certificate),
        (7, ClaimsSource::Other(7)),
    ] {
        assert_eq!(
            changed(0, SOURCE, &[source, 0]).unwrap().claims[0].source,
            expected
        );
    }
    // An integer, 28, and made a truth value: MS-ADTS section 2.2.18.5 has them in as many bytes.
    let mut buffer = testvectors::load("pac/claims.txt")[1].bytes("buffer");
    buffer[CLAIM_TYPE..][..4].copy_from_slice(&[6, 0, 6, 0]);
    let value = buffer.iter().rposition(|byte| *byte == 28).unwrap();
    for (number, truth) in [(28, "boolean true"), (0, "boolean false")] {
        buffer[value] = number;
        let pac = with_buffer(BufferType::CLIENT_CLAIMS, &buffer);
        let claims = described(&pac.client_claims().unwrap().unwrap());
        assert!(claims[0].ends_with(truth), "{claims:?}");
    }
}

#[test]
fn claims_are_bounded_and_compressed_in_a_known_way() {
    let case = testvectors::load("pac/claims.txt").pop().unwrap();
    let fault = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut buffer = case.bytes("buffer");
        change(&mut buffer);
        with_buffer(BufferType::CLIENT_CLAIMS, &buffer)
            .client_claims()
            .unwrap()
            .unwrap_err()
    };
    let len = |len: u32| {
        move |buffer: &mut Vec<u8>| {
            buffer[UNCOMPRESSED_LEN..][..4].copy_from_slice(&len.to_le_bytes());
        }
    };
    for format in [1, 2, 3, 5] {
        assert_eq!(fault(&|buffer| buffer[FORMAT] = format), PacFault::Compression);
    }
    assert_eq!(fault(&len(u32::MAX)), PacFault::TooLarge);
    assert_eq!(fault(&len((1 << 20) + 1)), PacFault::TooLarge);
    // Longer than what is there, and shorter.
    assert_eq!(fault(&len(1 << 20)), PacFault::Truncated);
    assert_eq!(fault(&len(100)), PacFault::BadContent);
}

/// A flip may give other claims, but no panic; truncation gives none.
#[test]
fn claims_that_were_changed_are_read_to_an_end() {
    for case in testvectors::load("pac/claims.txt") {
        let genuine = case.bytes("buffer");
        for bit in (0..genuine.len() * 8).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
            let mut buffer = genuine.clone();
            buffer[bit / 8] ^= 1 << (bit % 8);
            drop(with_buffer(BufferType::CLIENT_CLAIMS, &buffer).client_claims());
        }
        for len in 1..genuine.len() {
            let pac = with_buffer(BufferType::CLIENT_CLAIMS, &genuine[..len]);
            assert_eq!(
                pac.client_claims().unwrap(),
                Err(PacFault::Truncated),
                "{case}: {len}"
            );
        }
    }
}
