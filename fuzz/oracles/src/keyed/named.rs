//! Encryption types that have to be named: options that nobody sets name RC4 or Camellia to the acceptor, and put keys of it into
//! the ticket's seal, the ticket and the authenticator, or none.

use super::Clear;
use crate::support::{Etype, key};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key};

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Nothing,
    Rc4,
    Camellia,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyPlace {
    /// Over the ticket.
    Service,
    Session,
    Subkey,
}

/// What is named, and where keys of it stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming {
    pub(super) named: Named,
    /// A bit for each place.
    places: u8,
}

/// Every type that there is a name for.
pub(super) const EVERY_TYPE: EncryptionTypes = EncryptionTypes::new().danger_with_rc4().with_camellia();

impl Clear {
    /// Of options that nobody sets: seldom, that is.
    pub(super) const fn naming(&self) -> Naming {
        Naming {
            named: match self.ap_options & 0xf0 {
                0xd0 => Named::Rc4,
                0xe0 => Named::Camellia,
                _ => Named::Nothing,
            },
            places: self.ap_options >> 1 & 7,
        }
    }
}

impl Naming {
    pub(super) const NOTHING: Self = Self {
        named: Named::Nothing,
        places: 0,
    };

    /// What the acceptor takes.
    pub(super) const fn types(self) -> EncryptionTypes {
        let types = EncryptionTypes::new();
        match self.named {
            Named::Nothing => types,
            Named::Rc4 => types.danger_with_rc4(),
            Named::Camellia => types.with_camellia(),
        }
    }

    /// A key of this type and number, or of the named type that is most like it.
    pub(super) fn key(self, place: KeyPlace, etype: Etype, number: u8) -> Key {
        let bit = match place {
            KeyPlace::Service => 1,
            KeyPlace::Session => 2,
            KeyPlace::Subkey => 4,
        };
        let named = match (self.named, etype.encryption_type().key_len()) {
            _ if self.places & bit == 0 => return key(etype, number),
            (Named::Nothing, _) => return key(etype, number),
            (Named::Rc4, _) => EncryptionType::Rc4Hmac,
            (Named::Camellia, 16) => EncryptionType::Camellia128CtsCmac,
            (Named::Camellia, _) => EncryptionType::Camellia256CtsCmac,
        };
        Key::new(named, &[number; 32][..named.key_len()]).expect("as many bytes as its type says")
    }
}
