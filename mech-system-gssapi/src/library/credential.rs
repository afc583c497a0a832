//! Credentials: the acceptor's, which is a keytab and a replay cache, and one that an initiator delegated.

use super::raw;
use super::status::{Status, check};
use negotiate_core::MechType;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

/// The keys and the replay cache that tokens are accepted with. One is enough for a process: the library locks it for
/// the time of each call.
#[derive(Debug)]
pub struct AcceptorCredential(Handle);

/// Which of the library's mechanisms a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanisms {
    /// Kerberos alone: SPNEGO is left to who calls.
    Krb5,
    /// Kerberos, and SPNEGO around it.
    Krb5AndSpnego,
}

/// Which replay cache is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReplayCache {
    /// The one of the library's own settings; if they name none, a file in the directory for temporary files.
    #[default]
    Library,
    /// None: any token can be used twice.
    None,
    /// This file, which all acceptors of the same service must share.
    File(PathBuf),
}

impl AcceptorCredential {
    /// The keys of a keytab file, or those of the library's own settings. The file is read anew for each token.
    ///
    /// # Errors
    /// If there is no such file, there are no keys in it, or a path has a NUL byte.
    pub fn acquire(
        mechanisms: Mechanisms,
        keytab: Option<&Path>,
        replay_cache: &ReplayCache,
    ) -> Result<Self, Status> {
        let mut store = Store::default();
        if let Some(path) = keytab {
            store.add(c"keytab", b"FILE:", path)?;
        }
        match replay_cache {
            ReplayCache::Library => {}
            ReplayCache::None => store.add(c"rcache", b"none:", Path::new(""))?,
            ReplayCache::File(path) => store.add(c"rcache", b"file2:", path)?,
        }
        let mut oids = [oid(MechType::KRB5), oid(MechType::SPNEGO)];
        let mut wanted = raw::OidSet {
            count: match mechanisms {
                Mechanisms::Krb5 => 1,
                Mechanisms::Krb5AndSpnego => 2,
            },
            elements: oids.as_mut_ptr(),
        };
        let (mut minor, mut handle) = (0, Handle::none());
        let major = store.with(|store| {
            // SAFETY: every pointer is to a local that lives through the call, or null where the call allows it.
            unsafe {
                raw::gss_acquire_cred_from(
                    &raw mut minor,
                    ptr::null_mut(),
                    raw::GSS_C_INDEFINITE,
                    &raw mut wanted,
                    raw::GSS_C_ACCEPT,
                    store,
                    handle.as_mut_ptr(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            }
        });
        check(major, minor)?;
        Ok(Self(handle))
    }

    pub(super) const fn handle(&self) -> raw::CredentialHandle {
        self.0.0
    }
}

/// A credential that an initiator handed over.
#[derive(Debug)]
pub struct Delegated(Handle);

impl Delegated {
    pub(super) fn new(handle: Handle) -> Option<Self> {
        (!handle.0.is_null()).then_some(Self(handle))
    }

    /// Writes it to a credential cache file, in place of what was there; only the file's owner may read it.
    ///
    /// # Errors
    /// If the file cannot be written, or its path has a NUL byte.
    pub fn store_to(&self, ccache: &Path) -> Result<(), Status> {
        let mut store = Store::default();
        store.add(c"ccache", b"FILE:", ccache)?;
        let (mut minor, mut krb5) = (0, oid(MechType::KRB5));
        let major = store.with(|store| {
            // SAFETY: the handle is the library's, and the rest are locals that live through the call or null where it
            // allows that.
            unsafe {
                raw::gss_store_cred_into(
                    &raw mut minor,
                    self.0.0,
                    raw::GSS_C_INITIATE,
                    &raw mut krb5,
                    1, // overwrite
                    0, // not the default cache
                    store,
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            }
        });
        check(major, minor)
    }
}

/// A credential that goes back to the library when dropped.
#[derive(Debug)]
pub(super) struct Handle(raw::CredentialHandle);

// SAFETY: MIT's credentials are not bound to a thread, and every call locks the credential that it is given.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    pub(super) const fn none() -> Self {
        Self(ptr::null_mut())
    }

    /// For the call that fills it.
    pub(super) const fn as_mut_ptr(&mut self) -> *mut raw::CredentialHandle {
        &raw mut self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut minor = 0;
            // SAFETY: the library gave it, and it is released once.
            unsafe {
                raw::gss_release_cred(&raw mut minor, &raw mut self.0);
            }
        }
    }
}

const fn oid(mech_type: MechType) -> raw::Oid {
    let contents = mech_type.contents();
    raw::Oid {
        #[allow(clippy::cast_possible_truncation)] // the longest has eleven bytes
        length: contents.len() as u32,
        elements: contents.as_ptr().cast_mut().cast(),
    }
}

/// Key-value pairs that say where a credential is (`gss_key_value_set_desc`).
#[derive(Default)]
struct Store(Vec<(&'static std::ffi::CStr, CString)>);

impl Store {
    fn add(&mut self, key: &'static std::ffi::CStr, kind: &[u8], path: &Path) -> Result<(), Status> {
        let value = CString::new([kind, path.as_os_str().as_bytes()].concat()).map_err(|_| Status {
            major: 13 << 16, // GSS_S_FAILURE
            minor: 0,
            text: "a path has a NUL byte".into(),
        })?;
        self.0.push((key, value));
        Ok(())
    }

    fn with(&self, call: impl FnOnce(*const raw::KeyValueSet) -> u32) -> u32 {
        let mut elements: Vec<_> = self
            .0
            .iter()
            .map(|(key, value)| raw::KeyValue {
                key: key.as_ptr(),
                value: value.as_ptr(),
            })
            .collect();
        let set = raw::KeyValueSet {
            count: u32::try_from(elements.len()).unwrap_or(0),
            elements: elements.as_mut_ptr(),
        };
        call(if elements.is_empty() {
            ptr::null()
        } else {
            &raw const set
        })
    }
}
