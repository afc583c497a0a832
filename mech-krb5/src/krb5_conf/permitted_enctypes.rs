//! `permitted_enctypes` of `[libdefaults]`, as MIT krb5's krb5_get_permitted_enctypes reads it: the encryption types of tickets, of
//! session keys and of subkeys, the preferred one first. It can take types away, and can bring none in: RC4 and Camellia are
//! for [`EncryptionTypes`] to name.
//!
//! Not here: `allow_weak_crypto`, which permits types that nobody has here; `allow_rc4` and `allow_des3`, which are for KDCs.

use super::profile::{Place, Profile, Value};
use super::views::BadValue;
use crate::crypto::{EncryptionType, EncryptionTypes};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

/// What `permitted_enctypes` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermittedEnctypes {
    place: Place,
    permitted: Vec<Permitted>,
    /// Numbers of types that are named to be permitted, and never are.
    weak: Vec<i32>,
    unknown: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Permitted {
    number: i32,
    by: Word,
}

/// Which word permits a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// `DEFAULT`: whatever is permitted where nothing is said.
    Default,
    /// One that means this type.
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

/// What `DEFAULT` stands for in MIT krb5: the order counts, and that `-DEFAULT` takes away what nobody has here.
const DEFAULT: &[i32] = &[18, 17, 20, 19, 16, 23, 25, 26];

/// Names of families and of types, in the order in which a family's types are added.
const NAMES: &[(&str, &[i32])] = &[
    ("des3", &[16]),
    ("aes", &[18, 17, 20, 19]),
    ("rc4", &[23]),
    ("camellia", &[26, 25]),
    ("des3-cbc-sha1", &[16]),
    ("des3-hmac-sha1", &[16]),
    ("des3-cbc-sha1-kd", &[16]),
    ("arcfour-hmac", &[23]),
    ("rc4-hmac", &[23]),
    ("arcfour-hmac-md5", &[23]),
    ("aes128-cts-hmac-sha1-96", &[17]),
    ("aes128-cts", &[17]),
    ("aes128-sha1", &[17]),
    ("aes256-cts-hmac-sha1-96", &[18]),
    ("aes256-cts", &[18]),
    ("aes256-sha1", &[18]),
    ("camellia128-cts-cmac", &[25]),
    ("camellia128-cts", &[25]),
    ("camellia256-cts-cmac", &[26]),
    ("camellia256-cts", &[26]),
    ("aes128-cts-hmac-sha256-128", &[19]),
    ("aes128-sha2", &[19]),
    ("aes256-cts-hmac-sha384-192", &[20]),
    ("aes256-sha2", &[20]),
];

/// Names of types that nobody has here. MIT krb5 permits some of them with `allow_weak_crypto`, and has forgotten the others.
const WEAK_NAMES: &[(&str, &[i32])] = &[
    ("des", &[1, 3, 2]),
    ("des-cbc-crc", &[1]),
    ("des-cbc-md4", &[2]),
    ("des-cbc-md5", &[3]),
    ("des3-cbc-raw", &[6]),
    ("des-hmac-sha1", &[8]),
    ("arcfour-hmac-exp", &[24]),
    ("rc4-hmac-exp", &[24]),
    ("arcfour-hmac-md5-exp", &[24]),
];

impl Profile {
    /// `permitted_enctypes` of `[libdefaults]`; `None` if nothing is said, which permits all.
    ///
    /// # Errors
    /// If it permits no type at all; MIT krb5 refuses every ticket then.
    pub fn permitted_enctypes(&self) -> Result<Option<PermittedEnctypes>, BadValue> {
        let Some(value) = self.value(&["libdefaults", PermittedEnctypes::NAME]) else {
            return Ok(None);
        };
        let permitted = PermittedEnctypes::parse(value);
        if permitted.permitted.is_empty() {
            return Err(permitted.bad(value));
        }
        Ok(Some(permitted))
    }
}

impl PermittedEnctypes {
    const NAME: &str = "permitted_enctypes";

    fn parse(value: &Value) -> Self {
        let mut parsed = Self {
            place: value.place().clone(),
            permitted: Vec::new(),
            weak: Vec::new(),
            unknown: Vec::new(),
        };
        let words = value.text().split([' ', '\t', '\r', '\n', ',']);
        for word in words.filter(|word| !word.is_empty()) {
            let (change, name) = match word.strip_prefix('-') {
                Some(name) => (Change::Remove, name),
                None => (Change::Add, word.strip_prefix('+').unwrap_or(word)),
            };
            if !parsed.apply(change, name) {
                parsed.unknown.push(word.into());
            }
        }
        parsed
    }

    /// Whether the name is one.
    fn apply(&mut self, change: Change, wanted: &str) -> bool {
        let found = |names: &[(&str, &'static [i32])]| {
            let mut names = names.iter();
            names
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, numbers)| *numbers)
        };
        if let Some(numbers) = found(&[("DEFAULT", DEFAULT)]) {
            self.change(change, numbers, Word::Default);
        } else if let Some(numbers) = found(NAMES) {
            self.change(change, numbers, Word::Name);
        } else if let Some(numbers) = found(WEAK_NAMES) {
            if change == Change::Add {
                self.weak.extend(numbers);
            }
        } else {
            return false;
        }
        true
    }

    /// What is added comes last, unless it is there already.
    fn change(&mut self, change: Change, numbers: &[i32], by: Word) {
        for number in numbers {
            let held = self.permitted.iter_mut().find(|held| held.number == *number);
            match (change, held) {
                (Change::Remove, _) => self.permitted.retain(|held| held.number != *number),
                (Change::Add, None) => self.permitted.push(Permitted { number: *number, by }),
                (Change::Add, Some(held)) if by == Word::Name => held.by = by,
                (Change::Add, Some(_)) => {}
            }
        }
    }

    fn bad(&self, value: &Value) -> BadValue {
        let expected =
            "name the types to be permitted, such as aes256-cts-hmac-sha1-96 or aes, or take the line out";
        BadValue::new(Self::NAME, value, expected)
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The numbers of the types that MIT krb5 permits by it, the preferred one first.
    pub fn numbers(&self) -> impl Iterator<Item = i32> {
        self.permitted.iter().map(|permitted| permitted.number)
    }

    /// Those of `types` that are permitted: for [`Krb5Builder::encryption_types`](crate::Krb5Builder::encryption_types).
    #[must_use]
    pub fn among(&self, types: EncryptionTypes) -> EncryptionTypes {
        let refused = types.iter().filter(|etype| !self.permits(*etype));
        refused.fold(types, EncryptionTypes::without)
    }

    /// The same in the order of preference, without RC4, which is nobody's: for
    /// [`Krb5Builder::subkey_types`](crate::Krb5Builder::subkey_types).
    pub fn preferred_among(&self, types: EncryptionTypes) -> impl Iterator<Item = EncryptionType> {
        let taken = self.numbers().filter_map(move |number| types.find(number));
        taken.filter(|etype| *etype != EncryptionType::Rc4Hmac)
    }

    /// The numbers of types that it names and `types` has not. `DEFAULT` names none.
    pub fn named_beyond(&self, types: EncryptionTypes) -> impl Iterator<Item = i32> {
        let named = self.permitted.iter().filter(|held| held.by == Word::Name);
        let numbers: BTreeSet<i32> = named
            .map(|held| held.number)
            .chain(self.weak.iter().copied())
            .collect();
        numbers
            .into_iter()
            .filter(move |number| types.find(*number).is_none())
    }

    /// Words that name no type, which are skipped, as MIT krb5 skips them.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    fn permits(&self, etype: EncryptionType) -> bool {
        self.numbers().any(|number| number == etype.number())
    }
}
