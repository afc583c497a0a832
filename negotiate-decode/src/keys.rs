//! The keys that sealed parts are opened with: those of keytabs, and those that came out of what was opened.

use mech_krb5::PrincipalRef;
use mech_krb5::crypto::{ChecksumType, EncryptionType, EncryptionTypes, Key, KeyUsage};
use mech_krb5::keytab::{KeyQuery, Keytab};
use negotiate_core::Secret;
use std::collections::VecDeque;

/// Keys, and how much work may still be done with them.
#[derive(Debug)]
pub struct Keys {
    keytab: Option<Keytab>,
    known: VecDeque<Known>,
    work_left: usize,
}

/// A session key or subkey that something opened has told, or a credential cache.
#[derive(Debug)]
struct Known {
    key: Key,
    of: String,
}

/// Most session keys that are kept, the oldest forgotten first: an exchange has four or five.
const MAX_KNOWN: usize = 64;

/// Most long-term keys of one type that are tried where nothing tells whose it is.
const MAX_LONG_TERM: usize = 16;

/// Most bytes that are tried to be decrypted: 64 MiB, a second's work.
const MAX_WORK: usize = 64 << 20;

/// What a try counts for besides, in bytes: two keys are derived for it, however little there is to decrypt. So there are
/// 65,536 tries at most.
const DERIVATION: usize = 1024;

/// A key that opened something.
pub(crate) struct OpenedBy {
    pub(crate) plaintext: Secret<Vec<u8>>,
    /// Whose it is, for people.
    pub(crate) with: String,
    pub(crate) key: Key,
}

impl Keys {
    /// No keys: sealed parts stay closed, but for those whose key another part tells.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            keytab: None,
            known: VecDeque::new(),
            work_left: MAX_WORK,
        }
    }

    /// The keys of a keytab.
    #[must_use]
    pub fn of(keytab: Keytab) -> Self {
        Self {
            keytab: Some(keytab),
            ..Self::none()
        }
    }

    /// Whether there are any.
    pub(crate) fn are_there(&self) -> bool {
        self.keytab.is_some() || !self.known.is_empty()
    }

    /// Counts a try; `None` if there is no work left to be done.
    fn count(work_left: &mut usize, cipher: &[u8]) -> Option<()> {
        *work_left = work_left.checked_sub(cipher.len().saturating_add(DERIVATION))?;
        Some(())
    }

    /// Keeps a key that something told.
    pub(crate) fn learn(&mut self, etype: i32, bytes: &[u8], of: impl Into<String>) {
        let Some(Ok(key)) = encryption_type(etype).map(|etype| Key::new(etype, bytes)) else {
            return;
        };
        if self.known.iter().any(|known| known.key.ct_eq(&key)) {
            return;
        }
        self.known.truncate(MAX_KNOWN - 1);
        self.known.push_front(Known { key, of: of.into() });
    }

    /// Opens a ticket: with the keytab's keys, the likeliest first, or with a session key (user to user).
    pub(crate) fn open_ticket(
        &mut self,
        service: Option<PrincipalRef<'_>>,
        etype: i32,
        kvno: Option<u32>,
        cipher: &[u8],
    ) -> Option<OpenedBy> {
        let number = encryption_type(etype)?;
        if let (Some(keytab), Some(service)) = (&self.keytab, service) {
            let query = KeyQuery {
                service,
                kvno,
                etype: number,
                names: negotiate_core::AllowedNames::Any,
            };
            for candidate in keytab.candidates(query) {
                Self::count(&mut self.work_left, cipher)?;
                if let Some(plaintext) = decrypted(candidate.key(), KeyUsage::TICKET, cipher) {
                    let kvno = candidate.kvno();
                    let with = format!("the keytab's key of {}, version {kvno}", candidate.principal());
                    let key = candidate.key().clone();
                    return Some(OpenedBy { plaintext, with, key });
                }
            }
        }
        self.open_with_known(number, &[KeyUsage::TICKET], cipher)
    }

    /// Opens what a session key or subkey seals, the one that was learned last tried first.
    pub(crate) fn open(&mut self, etype: i32, usages: &[KeyUsage], cipher: &[u8]) -> Option<OpenedBy> {
        self.open_with_known(encryption_type(etype)?, usages, cipher)
    }

    /// The same for what a client's long-term key may seal.
    pub(crate) fn open_long_term(
        &mut self,
        etype: i32,
        usages: &[KeyUsage],
        cipher: &[u8],
    ) -> Option<OpenedBy> {
        let number = encryption_type(etype)?;
        let entries = self.keytab.as_ref().map(Keytab::entries).unwrap_or_default();
        let fitting = entries
            .iter()
            .filter(|entry| entry.etype() == etype)
            .take(MAX_LONG_TERM);
        for entry in fitting {
            let Ok(key) = Key::new(number, entry.key().expose()) else {
                continue;
            };
            for usage in usages {
                Self::count(&mut self.work_left, cipher)?;
                if let Some(plaintext) = decrypted(&key, *usage, cipher) {
                    let with = format!(
                        "the keytab's key of {}, version {}",
                        entry.principal(),
                        entry.kvno()
                    );
                    return Some(OpenedBy { plaintext, with, key });
                }
            }
        }
        self.open_with_known(number, usages, cipher)
    }

    fn open_with_known(
        &mut self,
        etype: EncryptionType,
        usages: &[KeyUsage],
        cipher: &[u8],
    ) -> Option<OpenedBy> {
        for known in &self.known {
            if known.key.encryption_type() != etype {
                continue;
            }
            for usage in usages {
                Self::count(&mut self.work_left, cipher)?;
                if let Some(plaintext) = decrypted(&known.key, *usage, cipher) {
                    let (with, key) = (known.of.clone(), known.key.clone());
                    return Some(OpenedBy { plaintext, with, key });
                }
            }
        }
        None
    }
}

/// RC4 and Camellia too: what is shown here logs nobody in.
const EVERY_TYPE: EncryptionTypes = EncryptionTypes::new().danger_with_rc4().with_camellia();

/// A type that can be opened.
pub(crate) fn encryption_type(number: i32) -> Option<EncryptionType> {
    EVERY_TYPE.find(number)
}

/// Bytes of a checksum of the type with this number.
pub(crate) fn checksum_len(number: i32) -> Option<usize> {
    let mut types = EVERY_TYPE.iter().map(EncryptionType::checksum_type);
    let found = types.find(|checksum_type| checksum_type.number() == number);
    found.map(ChecksumType::mac_len)
}

fn decrypted(key: &Key, usage: KeyUsage, cipher: &[u8]) -> Option<Secret<Vec<u8>>> {
    let mut buffer = Secret::new(cipher.to_vec());
    key.for_usage(usage).decrypt_vec(buffer.expose_mut()).ok()?;
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sealed parts of no bytes, and of some.
    #[test]
    fn every_try_is_counted() {
        for cipher in [&[][..], &[7; 100]] {
            let mut keys = Keys::none();
            keys.learn(18, &[1; 32], "one");
            keys.learn(18, &[2; 32], "another");
            keys.learn(17, &[3; 16], "one of another type");
            let usages = [KeyUsage::TICKET, KeyUsage::AP_REP];
            let cost = 4 * (1024 + cipher.len());
            for opened in 1..=3 {
                assert!(keys.open(18, &usages, cipher).is_none());
                assert_eq!(keys.work_left, MAX_WORK - opened * cost);
            }
            // With a little less than a try needs, nothing is tried.
            keys.work_left = cost / 4 - 1;
            assert!(keys.open(18, &usages, cipher).is_none());
            assert_eq!(keys.work_left, cost / 4 - 1);
        }
    }

    /// The least random numbers there are: what is sealed here is not secret.
    struct Zeros;

    impl negotiate_core::Random for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), negotiate_core::RandomUnavailable> {
            bytes.fill(0);
            Ok(())
        }
    }

    const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;
    const USAGE: KeyUsage = KeyUsage::AP_REP;

    fn sealed_with(number: u8) -> Vec<u8> {
        let key = Key::new(ETYPE, &[number; 32]).unwrap();
        key.for_usage(USAGE).encrypt(b"plain", &mut Zeros).unwrap()
    }

    fn having_learned(numbers: impl IntoIterator<Item = u8>) -> Keys {
        let mut keys = Keys::none();
        for number in numbers {
            keys.learn(18, &[number; 32], number.to_string());
        }
        keys
    }

    fn opened_with(keys: &mut Keys, number: u8) -> Option<String> {
        keys.open(18, &[USAGE], &sealed_with(number))
            .map(|opened| opened.with)
    }

    #[test]
    fn the_oldest_of_many_keys_is_forgotten() {
        let mut keys = having_learned(1..=65);
        assert_eq!(keys.known.len(), MAX_KNOWN);
        assert_eq!(opened_with(&mut keys, 1), None);
        assert_eq!(opened_with(&mut keys, 2).as_deref(), Some("2"));
        // What is known already takes the place of none.
        let mut keys = having_learned([1, 2, 1, 2]);
        assert_eq!(keys.known.len(), 2);
        assert_eq!(opened_with(&mut keys, 1).as_deref(), Some("1"));
    }

    #[test]
    fn the_key_that_was_learned_last_is_tried_first() {
        let mut keys = having_learned(1..=9);
        assert!(opened_with(&mut keys, 9).is_some());
        assert_eq!(keys.work_left, MAX_WORK - DERIVATION - sealed_with(9).len());
    }

    #[test]
    fn of_long_term_keys_some_are_tried() {
        let entry = |number: u8| {
            let principal = mech_krb5::Principal::parse("alice@EXAMPLE.COM").unwrap();
            let time = negotiate_core::Timestamp::from_unix(0);
            mech_krb5::keytab::KeytabEntry::new(principal, time, number.into(), 18, &[number; 32]).unwrap()
        };
        let mut keys = Keys::of(Keytab::from_entries((1..=17).map(entry).collect()));
        for (number, with) in [
            (16, Some("the keytab's key of \"alice@EXAMPLE.COM\", version 16")),
            (17, None),
        ] {
            let opened = keys.open_long_term(18, &[USAGE], &sealed_with(number));
            assert_eq!(opened.map(|opened| opened.with).as_deref(), with);
        }
    }

    #[test]
    fn there_are_keys_if_any_came_from_anywhere() {
        assert!(!Keys::none().are_there());
        assert!(having_learned([1]).are_there());
        assert!(Keys::of(Keytab::from_entries(Vec::new())).are_there());
    }
}
