//! The encryption types that are taken, and those that are taken only where they are named.

use clap::Args;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};

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

/// What whoever takes RC4 has to know, and what to do about it.
pub(crate) fn rc4_warning(types: EncryptionTypes) -> Option<(&'static str, &'static str)> {
    types.contains(EncryptionType::Rc4Hmac).then_some((
        "RC4 is accepted: whoever can get a ticket for this service can guess its password offline, and then be anybody here",
        "give the accounts AES keys (msDS-SupportedEncryptionTypes 0x18, then a new password), export the keytab again and take \
         danger_accept_rc4 out",
    ))
}

/// Says it on standard error, for commands that have no log.
pub(crate) fn warn_of_rc4(types: EncryptionTypes) {
    if let Some((warning, advice)) = rc4_warning(types) {
        eprintln!("negotiate: {warning}\n  help: {advice}");
    }
}
