//! The client's key, and the proof that it has it (RFC 4120 section 5.2.7).
//!
//! The KDC's hints about the key (ETYPE-INFO2) come before anything is proved, perhaps from somebody else: they choose
//! among the encryption types that the client named, and cannot make string-to-key weaker than its default.

use super::error::{KdcError, ReplyPart};
use super::find;
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::keytab::Keytab;
use crate::message::{EncryptedData, EtypeInfo2Entry, PaData, PaDataType, PaEncTsEnc};
use crate::principal::PrincipalRef;
use alloc::vec::Vec;
use negotiate_core::der::{Reader, Writer};
use negotiate_core::{Ambient, Secret};

/// What a client proves itself with.
#[derive(Clone, Debug)]
pub enum ClientSecret {
    /// A password, from which keys are made as the KDC hints.
    Password(Secret<Vec<u8>>),
    /// Keys, at most one of a type.
    Keys(Vec<Key>),
}

impl ClientSecret {
    /// A password.
    #[must_use]
    pub fn password(password: impl Into<Vec<u8>>) -> Self {
        Self::Password(Secret::new(password.into()))
    }

    /// The keys of `principal` in a keytab, of each type the newest. Which are used is for the exchange to say.
    #[must_use]
    pub fn from_keytab(keytab: &Keytab, principal: PrincipalRef<'_>) -> Self {
        let newest = |etype: EncryptionType| {
            let own = keytab
                .entries()
                .iter()
                .filter(|entry| *entry.principal() == principal);
            let newest = own
                .filter(|entry| entry.etype() == etype.number())
                .max_by_key(|entry| entry.kvno())?;
            Key::new(etype, newest.key().expose()).ok()
        };
        let types = EncryptionType::IMPLEMENTED.iter().copied();
        Self::Keys(types.filter_map(newest).collect())
    }

    /// Those of `wanted` that this secret can have a key of.
    pub(super) fn usable(&self, wanted: &[EncryptionType]) -> Vec<EncryptionType> {
        let has = |etype: &EncryptionType| match self {
            Self::Password(_) => true,
            Self::Keys(keys) => keys.iter().any(|key| key.encryption_type() == *etype),
        };
        wanted.iter().copied().filter(has).collect()
    }

    /// The key that a hint speaks of; `None` if there is none of its type.
    pub(super) fn key(&self, hint: &KeyHint) -> Result<Option<Key>, KdcError> {
        match self {
            Self::Keys(keys) => {
                let key = keys
                    .iter()
                    .find(|key| key.encryption_type() == hint.encryption_type);
                Ok(key.cloned())
            }
            Self::Password(password) => {
                hint.check_parameters()?;
                let params = hint.s2kparams.as_deref();
                Key::string_to_key(hint.encryption_type, password.expose(), &hint.salt, params)
                    .map(Some)
                    .map_err(KdcError::BadStringToKey)
            }
        }
    }
}

/// How a key is made: an ETYPE-INFO2-ENTRY, or what holds without.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KeyHint {
    pub(super) encryption_type: EncryptionType,
    salt: Vec<u8>,
    s2kparams: Option<Vec<u8>>,
}

impl KeyHint {
    /// Where the KDC says nothing.
    pub(super) fn default_for(encryption_type: EncryptionType, client: PrincipalRef<'_>) -> Self {
        Self {
            encryption_type,
            salt: client.default_salt(),
            s2kparams: None,
        }
    }

    /// The hints of an ETYPE-INFO2 about types among `wanted`, in the KDC's order; empty if there is no ETYPE-INFO2.
    pub(super) fn read_list(
        padata: &[PaData<'_>],
        wanted: &[EncryptionType],
        client: PrincipalRef<'_>,
    ) -> Result<Vec<Self>, KdcError> {
        let Some(info) = PaData::find(padata, PaDataType::ETYPE_INFO2) else {
            return Ok(Vec::new());
        };
        let entries = EtypeInfo2Entry::decode_list(info)
            .map_err(|error| KdcError::malformed(ReplyPart::EtypeInfo2, error))?;
        let hint = |entry: &EtypeInfo2Entry<'_>| {
            let encryption_type = find(wanted, entry.etype)?;
            Some(Self {
                encryption_type,
                salt: entry.salt.map_or_else(|| client.default_salt(), <[u8]>::to_vec),
                s2kparams: entry.s2kparams.map(<[u8]>::to_vec),
            })
        };
        Ok(entries.iter().filter_map(hint).collect())
    }

    /// RFC 3962 section 8 and RFC 8009 section 8 warn of counts that are too small: whoever forges the hint could then
    /// search the password from what the client seals.
    fn check_parameters(&self) -> Result<(), KdcError> {
        let Some(params) = self.s2kparams.as_deref() else {
            return Ok(());
        };
        match <[u8; 4]>::try_from(params).map(u32::from_be_bytes) {
            // 0 stands for 2³², which string-to-key refuses as too many.
            Ok(iterations) if iterations != 0 && iterations < self.encryption_type.default_iterations() => {
                Err(KdcError::WeakStringToKey {
                    etype: self.encryption_type,
                    iterations,
                })
            }
            _ => Ok(()),
        }
    }
}

/// METHOD-DATA from the KDC's demand for pre-authentication (RFC 4120 section 5.9.1).
pub(super) fn method_data(e_data: Option<&[u8]>) -> Result<Vec<PaData<'_>>, KdcError> {
    let mut input = Reader::new(e_data.unwrap_or_default());
    PaData::decode_list(&mut input)
        .and_then(|list| input.finish().map(|()| list))
        .map_err(|error| KdcError::malformed(ReplyPart::MethodData, error))
}

/// PA-ENC-TIMESTAMP (RFC 4120 section 5.2.7.2): who has the key can seal the time with it.
pub(super) fn encrypted_timestamp(key: &Key, ambient: &mut Ambient<'_>) -> Result<Vec<u8>, KdcError> {
    let plaintext = PaEncTsEnc {
        patimestamp: ambient.now,
    }
    .encode();
    let cipher = key
        .for_usage(KeyUsage::PA_ENC_TIMESTAMP)
        .encrypt(&plaintext, ambient.random)
        .map_err(|_| KdcError::NoRandom)?;
    let mut writer = Writer::new();
    EncryptedData {
        etype: key.encryption_type().number(),
        kvno: None,
        cipher: &cipher,
    }
    .encode(&mut writer);
    Ok(writer.into_bytes())
}
