//! TLS towards the clients: rustls with graviola, from PEM files.

use super::{bindings, pem_file};
use crate::config::Tls;
use crate::failure::Failure;
use negotiate_core::{BindingsPolicy, ChannelBindings};
use negotiate_http::Connection;
use negotiate_http::bindings::{TLS_EXPORTER_LABEL, tls_exporter};
use rustls::{ProtocolVersion, ServerConfig};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a listener needs for TLS.
pub(super) struct ServerTls {
    acceptor: TlsAcceptor,
    bindings: Option<Arc<ChannelBindings>>,
}

impl ServerTls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// If one of the files cannot be read or used, or they do not belong together; the error names the file.
    pub(super) fn load(tls: &Tls, policy: BindingsPolicy) -> Result<Self, Failure> {
        let chain = pem_file::certificates(&tls.certificate)?;
        let key = pem_file::private_key(&tls.key)?;
        let bindings = bindings::of_certificate(&tls.certificate, policy)?;
        let provider = Arc::new(rustls_graviola::default_provider());
        let unusable = |error: rustls::Error| {
            let (certificate, key) = (tls.certificate.display(), tls.key.display());
            let advice = "give the certificate that was issued for this key; RSA and ECDSA P-256 and P-384 are supported";
            let problem = format!("certificate {certificate} and key {key} cannot be used: {error}");
            Failure::unusable(problem, advice)
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: Arc::new(config).into(),
            bindings,
        })
    }

    /// Begins TLS.
    ///
    /// # Errors
    /// If the client does not speak it, or has no version or cipher suite in common.
    pub(super) async fn handshake(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// A new connection's place, with the bindings of its channel: the certificate's, and over TLS 1.3 the connection's own
    /// (RFC 9266 section 3).
    ///
    /// Without the certificate's there are none: those of TLS 1.3 alone would keep nobody out who can choose TLS 1.2, and refuse
    /// clients that send what RFC 5929 leaves undefined.
    pub(super) fn connection(&self, stream: &TlsStream<TcpStream>) -> Connection {
        let Some(end_point) = self.bindings.clone() else {
            return Connection::new();
        };
        Connection::with_bindings(match exported(stream) {
            Some(exported) => Arc::new(Arc::unwrap_or_clone(end_point).or(exported)),
            None => end_point,
        })
    }
}

/// `tls-exporter`. rustls does not say of a connection of TLS 1.2 whether it has the extended master secret, without which RFC
/// 9266 section 2 does not define it.
fn exported(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let (_, tls) = stream.get_ref();
    if tls.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    let material = tls.export_keying_material([0; 32], TLS_EXPORTER_LABEL, Some(&[]));
    Some(tls_exporter(&material.ok()?))
}
