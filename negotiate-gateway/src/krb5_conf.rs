//! krb5.conf as the commands take it, and only if the operator names one: the clock skew, the encryption types,
//! the paths between realms, local names.

use crate::failure::Failure;
use mech_krb5::krb5_conf::{BadValue, PermittedEnctypes, Profile};
use mech_krb5::{LocalNames, TransitedPolicy};
use negotiate_core::Seconds;
use negotiate_io::krb5_conf::Krb5ConfError;
use std::path::PathBuf;

/// Its settings, all of them checked.
#[derive(Debug, Default)]
pub(crate) struct Krb5Conf {
    profile: Profile,
    clock_skew: Option<Seconds>,
    permitted_enctypes: Option<PermittedEnctypes>,
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
            permitted_enctypes: profile.permitted_enctypes()?,
            local_names: profile.local_names()?,
            profile,
        })
    }

    /// `clockskew`
    pub(crate) fn clock_skew(&self) -> Option<Seconds> {
        self.clock_skew
    }

    /// `permitted_enctypes`
    pub(crate) fn permitted_enctypes(&self) -> Option<&PermittedEnctypes> {
        self.permitted_enctypes.as_ref()
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
