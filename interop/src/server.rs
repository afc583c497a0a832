//! What is logged in to: `negotiate serve`, the axum example, and nginx in front.

use crate::peers::{Daemon, built, free_address, state, tool};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// The application behind the gateway, `tools/backend.py`: it shows what it was sent.
#[must_use]
pub fn backend() -> Daemon {
    let address = free_address();
    Daemon::start(tool("backend.py").arg(address.port().to_string()), address)
}

/// `negotiate serve` without a configuration file, to be started by [`Daemon::start`] on the address returned.
#[must_use]
pub fn serve(keytab: &Path, upstream: SocketAddr) -> (Command, SocketAddr) {
    let address = free_address();
    let mut command = built("negotiate");
    command.arg("serve").arg("--keytab").arg(keytab);
    command.args([
        "--upstream",
        &format!("http://{upstream}"),
        "--listen",
        &address.to_string(),
    ]);
    (command, address)
}

/// The gateway and the application behind it.
#[derive(Debug)]
pub struct Gateway {
    /// `negotiate serve`.
    pub daemon: Daemon,
    _backend: Daemon,
}

impl Gateway {
    /// With this keytab.
    #[must_use]
    pub fn start(keytab: &Path) -> Self {
        let backend = backend();
        let (mut command, address) = serve(keytab, backend.address);
        Self {
            daemon: Daemon::start(&mut command, address),
            _backend: backend,
        }
    }
}

/// The same with TLS, under the certificate `pki/www.pem`.
#[derive(Debug)]
pub struct TlsGateway {
    /// `negotiate serve`.
    pub daemon: Daemon,
    _backend: Daemon,
}

impl TlsGateway {
    /// With this keytab.
    #[must_use]
    pub fn start(keytab: &Path) -> Self {
        let backend = backend();
        let (mut command, address) = serve(keytab, backend.address);
        command.arg("--tls-certificate").arg(state("pki/www.pem"));
        command.arg("--tls-key").arg(state("pki/www.key"));
        Self {
            daemon: Daemon::start(&mut command, address),
            _backend: backend,
        }
    }
}

/// `negotiate/examples/axum.rs`.
#[must_use]
pub fn axum_example(keytab: &Path) -> Daemon {
    let address = free_address();
    Daemon::start(
        built("examples/axum").arg(keytab).arg(address.to_string()),
        address,
    )
}
