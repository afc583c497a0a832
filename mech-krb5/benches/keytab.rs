//! Loading keytabs, and finding keys in them, with 1 to 100,000 entries.

use divan::{AllocProfiler, Bencher, black_box};
use mech_krb5::Principal;
use mech_krb5::crypto::EncryptionType;
use mech_krb5::keytab::{KeyQuery, Keytab, KeytabEntry};
use negotiate_core::{Secret, Timestamp};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 4] = [1, 100, 10_000, 100_000];
const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

fn main() {
    divan::main();
}

fn service(number: usize) -> Principal {
    Principal::parse(&format!("HTTP/host{number}.www.example.com@EXAMPLE.COM")).expect("a principal")
}

/// Every service with a key of its own.
fn file(entries: usize) -> Secret<Vec<u8>> {
    let entry = |number: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let time = Timestamp::from_unix(1_795_327_048);
        KeytabEntry::new(service(number), time, 1, ETYPE.number(), &key).expect("an entry")
    };
    Keytab::from_entries((0..entries).map(entry).collect()).to_file()
}

#[divan::bench(args = SIZES)]
fn load(bencher: Bencher<'_, '_>, entries: usize) {
    let file = file(entries);
    bencher.bench(|| Keytab::parse(black_box(file.expose())).expect("a keytab"));
}

fn first_candidate(bencher: Bencher<'_, '_>, entries: usize, service: &Principal) {
    let keytab = Keytab::parse(file(entries).expose()).expect("a keytab");
    let query = || KeyQuery {
        service: black_box(service.borrow()),
        kvno: Some(1),
        etype: ETYPE,
        names: negotiate_core::AllowedNames::Any,
    };
    bencher.bench(|| keytab.candidates(query()).next().expect("a candidate").kvno());
}

#[divan::bench(args = SIZES)]
fn find(bencher: Bencher<'_, '_>, entries: usize) {
    first_candidate(bencher, entries, &service(entries / 2));
}

#[divan::bench(args = SIZES)]
fn find_alias(bencher: Bencher<'_, '_>, entries: usize) {
    first_candidate(bencher, entries, &service(entries));
}

/// What a forged token costs beyond the decryptions: all candidates, and the diagnosis.
#[divan::bench(args = SIZES)]
fn miss(bencher: Bencher<'_, '_>, entries: usize) {
    let keytab = Keytab::parse(file(entries).expose()).expect("a keytab");
    let service = service(entries);
    let query = KeyQuery {
        service: service.borrow(),
        kvno: Some(2),
        etype: ETYPE,
        names: negotiate_core::AllowedNames::Any,
    };
    bencher.bench(|| {
        (
            keytab.candidates(black_box(query)).count(),
            keytab.diagnose(query),
        )
    });
}
