//! The encryption types that are taken: those that are taken only where they are named, and what a krb5.conf leaves of all.

use crate::failure::Failure;
use crate::krb5_conf::Krb5Conf;
use clap::Args;
use mech_krb5::Krb5Builder;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, etype_name};
use mech_krb5::krb5_conf::PermittedEnctypes;

/// What is named beside the types that are always taken: in the configuration of `serve`, on the command line of others.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct NamedTypes {
    /// Take RC4, which is broken, as `serve` does with danger_accept_rc4 in its configuration
    #[arg(long)]
    pub(crate) danger_accept_rc4: bool,

    /// Take Camellia, as `serve` does with accept_camellia in its configuration
    #[arg(long)]
    pub(crate) accept_camellia: bool,
}

impl NamedTypes {
    /// All that are taken.
    pub(crate) fn and_others(self) -> EncryptionTypes {
        let mut types = EncryptionTypes::new();
        if self.danger_accept_rc4 {
            types = types.danger_with_rc4();
        }
        if self.accept_camellia {
            types = types.with_camellia();
        }
        types
    }
}

/// What an acceptor takes: of the types that are named and the others, those that `permitted_enctypes` leaves.
#[derive(Debug)]
pub(crate) struct TakenTypes {
    types: EncryptionTypes,
    /// In the order of `permitted_enctypes`, if there is one.
    preferred: Option<Vec<EncryptionType>>,
    warnings: Vec<(String, &'static str)>,
}

impl TakenTypes {
    /// # Errors
    /// If the krb5.conf permits none of them.
    pub(crate) fn new(named: NamedTypes, krb5_conf: &Krb5Conf) -> Result<Self, Failure> {
        let types = named.and_others();
        let Some(permitted) = krb5_conf.permitted_enctypes() else {
            return Ok(Self {
                types,
                preferred: None,
                warnings: Vec::new(),
            });
        };
        let taken = permitted.among(types);
        if taken.iter().next().is_none() {
            let place = permitted.place();
            return Err(Failure::unusable(
                format!("{place}: permitted_enctypes permits no encryption type that is taken here"),
                "name AES in it: aes256-cts-hmac-sha1-96, or aes for all; Camellia and RC4 are taken where accept_camellia and \
                 danger_accept_rc4 name them",
            ));
        }
        Ok(Self {
            types: taken,
            preferred: Some(permitted.preferred_among(taken).collect()),
            warnings: warnings(permitted, types, taken),
        })
    }

    /// All of them.
    pub(crate) const fn types(&self) -> EncryptionTypes {
        self.types
    }

    /// An acceptor that takes them.
    pub(crate) fn configure(&self, krb5: Krb5Builder) -> Krb5Builder {
        let krb5 = krb5.encryption_types(self.types);
        match &self.preferred {
            Some(preferred) => krb5.subkey_types(preferred.clone()),
            None => krb5,
        }
    }

    /// What to know, and what to do.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let warnings = self.warnings.iter();
        warnings
            .map(|(warning, advice)| (warning.as_str(), *advice))
            .chain(rc4_warning(self.types))
    }
}

/// What a krb5.conf says in vain, and what is named here in vain for it.
fn warnings(
    permitted: &PermittedEnctypes,
    types: EncryptionTypes,
    taken: EncryptionTypes,
) -> Vec<(String, &'static str)> {
    let place = permitted.place();
    let mut warnings = Vec::new();
    let unknown: Vec<String> = permitted.unknown().map(|word| format!("{word:?}")).collect();
    if !unknown.is_empty() {
        warnings.push((
            format!(
                "{place}: permitted_enctypes: no encryption type is called {}",
                unknown.join(", ")
            ),
            "it is skipped, as MIT krb5 skips it: correct it; `negotiate keytab list` shows names",
        ));
    }
    for number in permitted.named_beyond(types) {
        warnings.push((
            format!("{place}: permitted_enctypes names {}, which is not taken here", name(number)),
            match number {
                23 => "RC4 is broken; where accounts have no AES keys yet, set danger_accept_rc4 (--danger-accept-rc4)",
                25 | 26 => "set accept_camellia (--accept-camellia) to take it",
                _ => "it is broken, and never taken: give the accounts AES keys",
            },
        ));
    }
    for etype in types
        .iter()
        .filter(|etype| !EncryptionType::ALL.contains(etype) && !taken.contains(*etype))
    {
        warnings.push((
            format!(
                "{place}: permitted_enctypes leaves {} out, which is refused therefore",
                name(etype.number())
            ),
            "add it there, or take danger_accept_rc4 or accept_camellia out of this configuration",
        ));
    }
    warnings
}

fn name(number: i32) -> String {
    format!("{} ({number})", etype_name(number).unwrap_or("an unknown type"))
}

/// What whoever takes RC4 has to know, and what to do about it.
pub(crate) fn rc4_warning(types: EncryptionTypes) -> Option<(&'static str, &'static str)> {
    types.contains(EncryptionType::Rc4Hmac).then_some((
        "RC4 is accepted: whoever can get a ticket for this service can guess its password offline, and then be anybody here",
        "give the accounts AES keys (msDS-SupportedEncryptionTypes 0x18, then a new password), export the keytab again and take \
         danger_accept_rc4 out",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mech_krb5::Krb5;
    use mech_krb5::keytab::Keytab;

    /// The acceptor prefers for its subkeys what the krb5.conf prefers.
    #[test]
    fn the_order_of_permitted_enctypes_is_that_of_subkeys() {
        let path = std::env::temp_dir().join(format!("negotiate-{}-krb5.conf", std::process::id()));
        let configured = |conf: &str| {
            std::fs::write(&path, conf).unwrap();
            let krb5_conf = Krb5Conf::load(std::slice::from_ref(&path)).unwrap();
            let named = NamedTypes {
                danger_accept_rc4: true,
                ..NamedTypes::default()
            };
            let types = TakenTypes::new(named, &krb5_conf).unwrap();
            let krb5 = types.configure(Krb5::builder(Keytab::from_entries(Vec::new())));
            format!("{krb5:?}")
        };
        let ordered = configured("[libdefaults]\npermitted_enctypes = aes128-cts rc4 aes256-sha2\n");
        let preferred = "subkey_types: Some([Aes128CtsHmacSha1_96, Aes256CtsHmacSha384_192])";
        assert!(ordered.contains(preferred), "{ordered}");
        let unsaid = configured("[libdefaults]\n");
        assert!(unsaid.contains("subkey_types: None"), "{unsaid}");
        std::fs::remove_file(&path).unwrap();
    }
}
