//! krb5.conf as the commands take it, and only if the operator names one: the clock skew, the paths between realms, local names.

use crate::failure::Failure;
use mech_krb5::krb5_conf::{BadValue, Profile};
use mech_krb5::{LocalNames, TransitedPolicy};
use negotiate_core::Seconds;
use negotiate_io::krb5_conf::Krb5ConfError;
use std::path::PathBuf;

/// Its settings, all of them checked.
#[derive(Debug, Default)]
pub(crate) struct Krb5Conf {
    profile: Profile,
    clock_skew: Option<Seconds>,
    local_names: Option<LocalNames>,
}

impl Krb5Conf {
    /// Reads the files that are named, and no others than those that these include. Without any, nothing is configured.
    ///
    /// # Errors
    /// If a file is not as it should be.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Self, Failure> {
        let profile = negotiate_io::krb5_conf::load(paths)?;
        Ok(Self {
            clock_skew: profile.clock_skew()?,
            local_names: profile.local_names()?,
            profile,
        })
    }

    /// `clockskew`
    pub(crate) fn clock_skew(&self) -> Option<Seconds> {
        self.clock_skew
    }

    /// What it says and MIT krb5's acceptors follow, but nobody does here: `permitted_enctypes`. What to know, and what to do.
    pub(crate) fn unheeded(&self) -> Option<(String, &'static str)> {
        let value = self.profile.value(&["libdefaults", "permitted_enctypes"])?;
        Some((
            format!("{}: permitted_enctypes does not count here", value.place()),
            "tickets of all AES types are taken, and of others where they are named; a type that is to be refused must have no key in \
             the keytab",
        ))
    }

    /// `[capaths]`
    pub(crate) fn transited(&self) -> TransitedPolicy {
        self.profile.transited_policy()
    }

    /// `auth_to_local`, `auth_to_local_names`; `None` without a default realm.
    pub(crate) fn local_names(&self) -> Option<&LocalNames> {
        self.local_names.as_ref()
    }
}

impl From<Krb5ConfError> for Failure {
    fn from(error: Krb5ConfError) -> Self {
        Self::unusable(error.to_string(), error.advice())
    }
}

impl From<BadValue> for Failure {
    fn from(error: BadValue) -> Self {
        Self::unusable(error.to_string(), error.expected)
    }
}
