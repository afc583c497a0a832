//! The channel bindings that a certificate gives: `tls-server-end-point` (RFC 5929 section 4).

use super::pem_file;
use crate::failure::Failure;
use negotiate_core::{BindingsPolicy, ChannelBindings};
use std::path::Path;
use std::sync::Arc;

/// The bindings of connections on which the first certificate of a file is shown; none if it has none that are defined,
/// which is said, and refused where clients must send them.
///
/// # Errors
/// If the file cannot be used, or the policy cannot be kept.
pub(super) fn of_certificate(
    path: &Path,
    policy: BindingsPolicy,
) -> Result<Option<Arc<ChannelBindings>>, Failure> {
    let certificate = pem_file::certificate(path)?;
    let error = match negotiate_http::bindings::tls_server_end_point(&certificate) {
        Ok(bindings) => return Ok(Some(Arc::new(bindings))),
        Err(error) => error,
    };
    let problem = format!("certificate {}: {error}", path.display());
    let advice = "use a certificate that is signed with RSA or ECDSA and SHA-256 or longer";
    if policy == BindingsPolicy::Require {
        return Err(Failure::unusable(problem, advice));
    }
    tracing::warn!(advice, "no channel bindings are checked: {problem}");
    Ok(None)
}
