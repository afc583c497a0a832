//! Credential caches of MIT and Heimdal, entry by entry, and what is refused.

use mech_krb5::Principal;
use mech_krb5::ccache::{Ccache, CcacheEntry, CcacheError, CcacheErrorKind, KdcTimeOffset, SealedBy};
use testvectors::{CcacheCapture, ListedCredential, ccache_captures, exchange_captures};

#[test]
fn every_captured_cache_reads_as_its_tools_list_it() {
    let captures = ccache_captures();
    let versions: Vec<u8> = captures.iter().map(CcacheCapture::version).collect();
    assert!((1..=4).all(|version| versions.contains(&version)), "{versions:?}");
    for capture in captures {
        let name = capture.name();
        let ccache = Ccache::parse(&capture.ccache()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(ccache.version, capture.version(), "{name}");
        assert_eq!(
            ccache.default_principal.to_text().unwrap(),
            capture.default_principal()
        );
        let offset = capture.header().iter().any(|(tag, _)| *tag == 1);
        let zero = KdcTimeOffset {
            seconds: 0,
            micros: 0,
        };
        assert_eq!(ccache.kdc_time_offset, offset.then_some(zero), "{name}");
        compare(&ccache, &capture.credentials(), name);
    }
}

/// The caches that a client began its exchange with.
#[test]
fn caches_of_exchanges_can_be_read() {
    let mut read = 0;
    for capture in exchange_captures() {
        if let Some(file) = capture.ccache_before() {
            let ccache = Ccache::parse(&file).unwrap_or_else(|error| panic!("{}: {error}", capture.name()));
            for credential in ccache.credentials() {
                assert!(credential.credential.read_ticket().is_ok());
                read += 1;
            }
        }
    }
    assert!(read > 20, "{read}");
}

fn compare(ccache: &Ccache, listed: &[ListedCredential], name: &str) {
    assert_eq!(ccache.entries.len(), listed.len(), "{name}");
    for (entry, listed) in ccache.entries.iter().zip(listed) {
        match entry {
            CcacheEntry::Credential(credential) => {
                let known = &credential.credential;
                let times = [
                    known.authtime,
                    known.starttime,
                    Some(known.endtime),
                    known.renew_till,
                ];
                let times = times.map(|time| time.map_or(0, |time| u32::try_from(time.unix()).unwrap()));
                let read = ListedCredential {
                    key_etype: known.session_etype,
                    key: known.session_key.expose().clone(),
                    times,
                    is_skey: u8::from(credential.sealed_by == SealedBy::SessionKey),
                    ticket_flags: known.flags.0,
                    ticket_len: known.ticket.len(),
                    second_ticket_len: credential.second_ticket.len(),
                    client: text(&known.client),
                    server: text(&known.server),
                };
                // MIT writes the bit of the request, enc-tkt-in-skey, which is 8.
                let is_skey = u8::from(listed.is_skey != 0);
                assert_eq!(
                    read,
                    ListedCredential {
                        is_skey,
                        ..listed.clone()
                    },
                    "{name}"
                );
                // The ticket speaks of the same service.
                let ticket = known.read_ticket().unwrap();
                assert!(known.server == ticket.sname.in_realm(ticket.realm), "{name}");
            }
            CcacheEntry::Config(config) => {
                let about = config
                    .about
                    .as_ref()
                    .map(|about| format!("/{}", String::from_utf8_lossy(about)));
                let server = format!(
                    "krb5_ccache_conf_data/{}{}@X-CACHECONF:",
                    String::from_utf8_lossy(&config.name),
                    about.unwrap_or_default()
                );
                assert_eq!(
                    (server, config.value.len()),
                    (listed.server.clone(), listed.ticket_len)
                );
            }
            CcacheEntry::Removed => panic!("{name}: nothing was removed"),
        }
    }
}

fn text(principal: &Principal) -> String {
    let parts: Vec<_> = principal
        .name()
        .components()
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "{}@{}",
        parts.join("/"),
        String::from_utf8_lossy(principal.realm())
    )
}

fn capture(name: &str) -> Vec<u8> {
    let found = ccache_captures()
        .into_iter()
        .find(|capture| capture.name() == name);
    found.unwrap().ccache()
}

#[test]
fn settings_are_told_from_tickets() {
    let ccache = Ccache::parse(&capture("heimdal/ccache-v4-heimdal")).unwrap();
    assert_eq!(ccache.config("start_realm"), Some(&b"HEIM.TEST"[..]));
    assert_eq!(ccache.config("fast_avail"), None);
    assert!(ccache.credentials().count() < ccache.entries.len());
}

/// Every cut is an error, but for those between two entries.
#[test]
fn every_truncation_is_an_error() {
    for name in ["mit/ccache-v1-mit", "mit/ccache-v3-mit", "mit/ccache-v4-mit"] {
        let file = capture(name);
        let entries = Ccache::parse(&file).unwrap().entries.len();
        let good: Vec<usize> = (0..file.len())
            .filter(|len| match Ccache::parse(&file[..*len]) {
                Ok(_) => true,
                Err(error) => {
                    assert!(error.offset <= *len, "{name} {len}: {error}");
                    false
                }
            })
            .collect();
        assert_eq!(good.len(), entries, "{name}: {good:?}");
    }
}

#[test]
fn what_is_no_cache_is_named() {
    let of = |bytes: &[u8]| Ccache::parse(bytes).unwrap_err();
    let error = |offset, kind| CcacheError { offset, kind };
    assert_eq!(of(&[]), error(0, CcacheErrorKind::Empty));
    assert_eq!(of(b"\x05"), error(1, CcacheErrorKind::Truncated));
    assert_eq!(of(b"\x06\x04"), error(0, CcacheErrorKind::NotACcache));
    assert_eq!(of(b"\x05\x05"), error(1, CcacheErrorKind::UnknownVersion(5)));
    // A header field longer than the header, and a time offset of four bytes.
    assert_eq!(
        of(b"\x05\x04\0\x04\0\x02\0\x01"),
        error(4, CcacheErrorKind::BadHeader)
    );
    assert_eq!(
        of(b"\x05\x04\0\x08\0\x01\0\x04\0\0\0\0"),
        error(4, CcacheErrorKind::BadHeader)
    );
    // No components, and too many.
    assert_eq!(
        of(b"\x05\x03\0\0\0\x01\0\0\0\0"),
        error(6, CcacheErrorKind::ComponentCount(0))
    );
    assert_eq!(
        of(b"\x05\x03\0\0\0\x01\0\0\0\x21"),
        error(6, CcacheErrorKind::ComponentCount(33))
    );
    assert_eq!(
        of(b"\x05\x01\x01\0\0\0"),
        error(2, CcacheErrorKind::ComponentCount(1))
    );
    // A realm of 4 GiB.
    assert_eq!(
        of(b"\x05\x03\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff"),
        error(10, CcacheErrorKind::Truncated)
    );
    let long = vec![5; mech_krb5::ccache::MAX_FILE_LEN + 1];
    assert_eq!(of(&long).kind, CcacheErrorKind::FileTooLong);
}

/// What `krb5_cc_remove_cred` does to a file: authtime -1, endtime 0, and another realm of a setting.
#[test]
fn what_was_deleted_is_neither_ticket_nor_setting() {
    let file = capture("mit/ccache-v4-mit");
    let ccache = Ccache::parse(&file).unwrap();
    let removed = String::from_utf8_lossy(&file).contains("X-CACHECONF:");
    assert!(removed);
    let mut changed = file.clone();
    while let Some(at) = changed.windows(12).position(|window| window == b"X-CACHECONF:") {
        changed[at..at + 12].copy_from_slice(b"X-RMED-CONF:");
    }
    let without = Ccache::parse(&changed).unwrap();
    assert_eq!(without.entries.len(), ccache.entries.len());
    assert_eq!(without.credentials().count(), ccache.credentials().count());
    assert!(
        without
            .entries
            .iter()
            .all(|entry| !matches!(entry, CcacheEntry::Config(_)))
    );

    let credential = &ccache.credentials().next().unwrap().credential;
    let key = credential.session_key.expose();
    let times = file.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    let mut changed = file.clone();
    changed[times..times + 4].copy_from_slice(&[0xff; 4]);
    changed[times + 8..times + 12].copy_from_slice(&[0; 4]);
    let without = Ccache::parse(&changed).unwrap();
    assert_eq!(without.credentials().count() + 1, ccache.credentials().count());
}

/// As many entries as there may be are read, one more is refused.
#[test]
fn entries_are_counted() {
    let principal = b"\0\0\0\x01\0\0\0\x01\0\0\0\x01R\0\0\0\x01a";
    // Client and server, key, times, is_skey, flags, lists and tickets, all empty.
    let entry = [
        &principal[..],
        principal,
        &[0; 2 + 2 + 4 + 16 + 1 + 4 + 4 + 4 + 4 + 4],
    ]
    .concat();
    let file = |count: usize| [&b"\x05\x03"[..], principal, &entry.repeat(count)].concat();
    let most = mech_krb5::ccache::MAX_ENTRIES;
    assert_eq!(Ccache::parse(&file(most)).unwrap().entries.len(), most);
    assert_eq!(
        Ccache::parse(&file(most + 1)).unwrap_err().kind,
        CcacheErrorKind::TooManyEntries
    );
}
