//! What is logged in to: `negotiate serve`, the axum example, and nginx in front.

use crate::peers::{Daemon, built, free_address, scratch, state, tool};
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

impl Gateway {
    /// With this keytab, and these settings of its configuration file.
    #[must_use]
    pub fn configured(keytab: &Path, settings: &str) -> Self {
        let backend = backend();
        let upstream = backend.address;
        Self {
            daemon: configured(&format!(
                "keytab = {keytab:?}\n{settings}\n[reverse_proxy]\nupstream = \"http://{upstream}\"\n"
            )),
            _backend: backend,
        }
    }
}

/// The gateway with TLS, under the certificate `pki/www.pem`.
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
        let daemon = configured(&format!(
            "keytab = {keytab:?}\n\
             [tls]\ncertificate = {:?}\nkey = {:?}\n\
             [reverse_proxy]\nupstream = \"http://{}\"\n",
            state("pki/www.pem"),
            state("pki/www.key"),
            backend.address
        ));
        Self {
            daemon,
            _backend: backend,
        }
    }
}

/// nginx and `negotiate serve` as the gateway's example configurations have them, and the application.
#[derive(Debug)]
pub struct Nginx {
    /// nginx itself.
    pub daemon: Daemon,
    /// `negotiate serve`.
    pub gateway: Daemon,
    _backend: Daemon,
}

impl Nginx {
    /// With this keytab.
    #[must_use]
    pub fn start(keytab: &Path) -> Self {
        let backend = backend();
        let (gateway_address, address) = (free_address(), free_address());
        let file = scratch("toml");
        let toml = adapted(
            include_str!("../../negotiate-gateway/examples/forward-auth.toml"),
            &[
                ("127.0.0.1:8080", &gateway_address.to_string()),
                ("http.keytab", &keytab.display().to_string()),
                ("www.example.com.pem", &state("pki/www.pem").display().to_string()),
            ],
        );
        std::fs::write(&file, toml).expect("written");
        let gateway = Daemon::start(
            built("negotiate").args(["serve", "--config"]).arg(file),
            gateway_address,
        );

        let pages = scratch("pages");
        std::fs::create_dir_all(pages.join("static")).expect("a new directory");
        std::fs::write(pages.join("static/index.html"), "the index\n").expect("written");
        let server = adapted(
            include_str!("../../negotiate-gateway/examples/nginx-auth-request.conf"),
            &[
                ("[127.0.0.1:8000]", &address.to_string()),
                ("[/var/www]", &pages.display().to_string()),
                ("[127.0.0.1:3000]", &backend.address.to_string()),
                ("[127.0.0.1:8080]", &gateway_address.to_string()),
            ],
        );
        Self {
            daemon: nginx(&server, address),
            gateway,
            _backend: backend,
        }
    }
}

/// An example configuration with our addresses and files in place of its own.
fn adapted(example: &str, places: &[(&str, &str)]) -> String {
    let mut text = example.to_owned();
    for (theirs, ours) in places {
        assert!(text.contains(theirs), "the example has no {theirs}");
        text = text.replace(theirs, ours);
    }
    text
}

/// A machine in the middle: it shows the certificate `pki/other.pem`, and passes what it gets on to `gateway`.
#[must_use]
pub fn machine_in_the_middle(gateway: SocketAddr) -> Daemon {
    let address = free_address();
    let conf = format!(
        "server {{\nlisten {address} ssl;\nssl_certificate {};\nssl_certificate_key {};\n\
         location / {{ proxy_pass https://{gateway}; proxy_set_header Host $http_host; }}\n}}\n",
        state("pki/other.pem").display(),
        state("pki/other.key").display(),
    );
    nginx(&conf, address)
}

/// nginx with this `server`, and what a packaged nginx has in the file system in a directory of its own.
fn nginx(server: &str, address: SocketAddr) -> Daemon {
    let directory = scratch("nginx");
    std::fs::create_dir(&directory).expect("a new directory");
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places: String = kinds.map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
    // Not another user's: the directory of the run is private.
    let conf = format!(
        "daemon off;\nuser root;\npid nginx.pid;\nerror_log stderr info;\nevents {{}}\n\
         http {{\naccess_log access.log;\n{places}{server}\n}}\n"
    );
    let file = directory.join("nginx.conf");
    std::fs::write(&file, conf).expect("written");
    let mut command = Command::new("nginx");
    command
        .args(["-e", "stderr", "-p"])
        .arg(&directory)
        .arg("-c")
        .arg(&file);
    Daemon::start(&mut command, address)
}

/// `negotiate serve` with a configuration file; `listen` is put in front.
#[must_use]
pub fn configured(toml: &str) -> Daemon {
    let address = free_address();
    let file = scratch("toml");
    std::fs::write(&file, format!("listen = \"{address}\"\n{toml}")).expect("written");
    Daemon::start(built("negotiate").args(["serve", "--config"]).arg(file), address)
}

/// `negotiate/examples/axum.rs`.
#[must_use]
pub fn axum_example(keytab: &Path) -> Daemon {
    let address = free_address();
    Daemon::start(
        built("examples/axum")
            .arg("--keytab")
            .arg(keytab)
            .args(["--listen", &address.to_string()]),
        address,
    )
}
