//! What is broken and only kept for those who cannot do without: nothing here is used unless it is named, see
//! [`EncryptionTypes::danger_with_rc4`](super::EncryptionTypes::danger_with_rc4).

pub(crate) mod rfc4757;
