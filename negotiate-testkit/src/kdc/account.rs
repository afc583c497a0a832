//! Who a KDC knows: users with passwords, services with random keys.

use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::{NameType, Principal};
use negotiate_core::{Secret, SystemRandom};
use std::sync::OnceLock;

/// A principal of the embedded KDC, and what the KDC does for it.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) name: String,
    secret: AccountSecret,
    pub(crate) encryption_types: Vec<EncryptionType>,
    pub(crate) preauthentication: Preauthentication,
    pub(crate) delegation: Delegation,
    pub(crate) kvno: u32,
}

#[derive(Clone, Debug)]
enum AccountSecret {
    Password {
        password: Secret<Vec<u8>>,
        /// By the order of `EncryptionType::ALL`, made when first asked for: string-to-key is slow on purpose.
        keys: [OnceLock<Key>; 4],
    },
    Random([Key; 4]),
}

/// Whether the client has to prove itself before it gets anything sealed with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preauthentication {
    Required,
    NotRequired,
}

/// What the KDC tells clients about handing their tickets to this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delegation {
    /// Nothing; a client may.
    Unmarked,
    /// It is trusted: `ok-as-delegate`.
    Trusted,
    /// Tickets for it, or of it, cannot be forwarded.
    Forbidden,
}

/// MIT krb5's order, which is also the one in which the KDC prefers a service's keys.
const DEFAULT_TYPES: [EncryptionType; 4] = [
    EncryptionType::Aes256CtsHmacSha1_96,
    EncryptionType::Aes128CtsHmacSha1_96,
    EncryptionType::Aes256CtsHmacSha384_192,
    EncryptionType::Aes128CtsHmacSha256_128,
];

impl Account {
    /// A user or service with a password. `name` is without realm: `alice`, `HTTP/www.example.test`.
    #[must_use]
    pub fn with_password(name: &str, password: &str) -> Self {
        let keys = [const { OnceLock::new() }; 4];
        let password = Secret::new(password.as_bytes().to_vec());
        Self::new(name, AccountSecret::Password { password, keys })
    }

    /// A service with random keys, which come to it by [`Kdc::keytab`](super::Kdc::keytab).
    #[must_use]
    pub fn with_random_keys(name: &str) -> Self {
        Self::new(name, AccountSecret::Random(random_keys()))
    }

    fn new(name: &str, secret: AccountSecret) -> Self {
        Self {
            name: name.to_owned(),
            secret,
            encryption_types: DEFAULT_TYPES.to_vec(),
            preauthentication: Preauthentication::Required,
            delegation: Delegation::Unmarked,
            kvno: 1,
        }
    }

    /// It gets tickets without a proof, as accounts with `DONT_REQ_PREAUTH` do.
    #[must_use]
    pub fn without_preauthentication(mut self) -> Self {
        self.preauthentication = Preauthentication::NotRequired;
        self
    }

    /// It is marked `ok-as-delegate`: browsers hand tickets over to such services only.
    #[must_use]
    pub fn trusted_for_delegation(mut self) -> Self {
        self.delegation = Delegation::Trusted;
        self
    }

    /// Its tickets cannot be forwarded, as those of sensitive accounts.
    #[must_use]
    pub fn not_delegated(mut self) -> Self {
        self.delegation = Delegation::Forbidden;
        self
    }

    /// It has keys of these types only, the favourite first.
    #[must_use]
    pub fn encryption_types(mut self, types: impl Into<Vec<EncryptionType>>) -> Self {
        self.encryption_types = types.into();
        self
    }

    /// Version of its keys, 1 unless said otherwise.
    #[must_use]
    pub fn kvno(mut self, kvno: u32) -> Self {
        self.kvno = kvno;
        self
    }

    pub(crate) fn principal(&self, realm: &str) -> Principal {
        principal(&self.name, realm)
    }

    /// The key of this type, if the account has one.
    pub(crate) fn key(&self, encryption_type: EncryptionType, realm: &str) -> Option<Key> {
        if !self.encryption_types.contains(&encryption_type) {
            return None;
        }
        let place = EncryptionType::ALL
            .iter()
            .position(|etype| *etype == encryption_type)?;
        match &self.secret {
            AccountSecret::Random(keys) => keys.get(place).cloned(),
            AccountSecret::Password { password, keys } => {
                let key = || {
                    let salt = self.principal(realm).borrow().default_salt();
                    Key::string_to_key(encryption_type, password.expose(), &salt, None)
                        .expect("the default iteration count is allowed")
                };
                keys.get(place).map(|slot| slot.get_or_init(key).clone())
            }
        }
    }

    /// New keys under the next version.
    pub(crate) fn rekey(&mut self, password: Option<&str>) {
        self.secret = match password {
            None => AccountSecret::Random(random_keys()),
            Some(password) => AccountSecret::Password {
                password: Secret::new(password.as_bytes().to_vec()),
                keys: [const { OnceLock::new() }; 4],
            },
        };
        self.kvno += 1;
    }
}

fn random_keys() -> [Key; 4] {
    EncryptionType::ALL
        .map(|etype| Key::random(etype, &mut SystemRandom).expect("the operating system has random bytes"))
}

/// `name` in `realm`, the type as clients write it.
pub(crate) fn principal(name: &str, realm: &str) -> Principal {
    let name_type = if name.starts_with("krbtgt/") {
        NameType::SRV_INST
    } else if name.contains('/') {
        NameType::SRV_HST
    } else {
        NameType::PRINCIPAL
    };
    Principal::new(name_type, name.split('/').map(str::as_bytes), realm.as_bytes())
        .expect("a name has components")
}
