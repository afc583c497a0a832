use negotiate_core::ContextFlags;

/// The checksum field of RFC 4121 section 4.1.1, each part as it is to be written.
#[derive(Clone)]
pub(crate) struct GssChecksum {
    /// `Lgth`, the length of `Bnd`.
    pub(crate) bindings_len: u32,
    pub(crate) bindings: [u8; 16],
    pub(crate) flags: u32,
    /// `DlgOpt` and `Deleg`.
    pub(crate) delegation: Option<(u16, Vec<u8>)>,
    /// `Exts`.
    pub(crate) extensions: Vec<u8>,
}

/// `Bnd` without bindings.
pub(crate) const NO_BINDINGS: [u8; 16] = [0; 16];

impl GssChecksum {
    pub(crate) fn new(flags: ContextFlags) -> Self {
        Self {
            bindings_len: 16,
            bindings: NO_BINDINGS,
            flags: flags.bits(),
            delegation: None,
            extensions: Vec::new(),
        }
    }

    /// With a credential and the flag that says so.
    pub(crate) fn delegating(flags: ContextFlags, krb_cred: Vec<u8>) -> Self {
        Self {
            delegation: Some((1, krb_cred)),
            ..Self::new(flags.with(ContextFlags::DELEGATE))
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut field = [
            &self.bindings_len.to_le_bytes()[..],
            &self.bindings,
            &self.flags.to_le_bytes(),
        ]
        .concat();
        if let Some((option, krb_cred)) = &self.delegation {
            field.extend(option.to_le_bytes());
            field.extend(u16::try_from(krb_cred.len()).unwrap().to_le_bytes());
            field.extend(krb_cred);
        }
        field.extend(&self.extensions);
        field
    }

    /// Type and value for an authenticator.
    pub(crate) fn field(&self) -> (i32, Vec<u8>) {
        (0x8003, self.encode())
    }
}

/// An extension of RFC 6542.
pub(crate) fn extension(ext_type: u32, data: &[u8]) -> Vec<u8> {
    let len = u32::try_from(data.len()).unwrap();
    [&ext_type.to_be_bytes()[..], &len.to_be_bytes(), data].concat()
}
