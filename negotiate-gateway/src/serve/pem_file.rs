//! Certificates and private keys from PEM files (RFC 7468), with errors that name the file.

use crate::failure::Failure;
use rustls_pki_types::CertificateDer;
#[cfg(feature = "tls")]
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::{self, PemObject};
use std::path::Path;

/// The certificates of a file, in its order.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    all.map_err(|error| bad_pem("certificate", path, error))
}

/// The first certificate of a file.
///
/// # Errors
/// If the file cannot be read or holds none.
pub(super) fn certificate(path: &Path) -> Result<CertificateDer<'static>, Failure> {
    let first = certificates(path)?.into_iter().next();
    first.ok_or_else(|| bad_pem("certificate", path, pem::Error::NoItemsFound))
}

/// The first private key of a file.
///
/// # Errors
/// If the file cannot be read or holds none.
#[cfg(feature = "tls")]
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| bad_pem("private key", path, error))
}

fn bad_pem(what: &str, path: &Path, error: pem::Error) -> Failure {
    let path_shown = path.display();
    match error {
        pem::Error::Io(error) => Failure::unreadable(what, path, &error),
        pem::Error::NoItemsFound => Failure::unusable(
            format!("{path_shown} holds no {what}"),
            format!("give a PEM file with a {what} in it: a text with -----BEGIN"),
        ),
        _ => Failure::unusable(
            format!("{path_shown} is not a PEM file that ends as it begins"),
            "check that the file was copied whole",
        ),
    }
}
