//! The testkit's embedded KDC, and other people's tools that use it.

use crate::peers::{scratch, succeed, text};
use negotiate_testkit::{Kdc, KdcServer, krb5_conf};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A realm whose KDC lives in this process.
#[derive(Debug)]
pub struct Embedded {
    /// The KDC.
    pub kdc: Kdc,
    /// Its krb5.conf.
    pub configuration: PathBuf,
    ccache: PathBuf,
    _server: KdcServer,
}

/// How MIT's library reaches the KDC.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    /// As it does by itself, for small messages.
    Udp,
    /// For all messages.
    Tcp,
}

impl Embedded {
    /// Starts `kdc`; `hosts` belong to its realm.
    ///
    /// # Panics
    ///
    /// If the operating system refuses.
    #[must_use]
    pub fn start(kdc: Kdc, hosts: &[&str], transport: Transport) -> Self {
        let server = kdc.serve().expect("two sockets on loopback");
        let mut conf = krb5_conf(kdc.realm(), server.address(), hosts);
        if let Transport::Tcp = transport {
            conf = conf.replace("[libdefaults]\n", "[libdefaults]\n\tudp_preference_limit = 1\n");
        }
        let configuration = scratch("krb5.conf");
        std::fs::write(&configuration, conf).expect("written");
        Self {
            kdc,
            configuration,
            ccache: scratch("ccache"),
            _server: server,
        }
    }

    /// The keytab of these services, in a file.
    ///
    /// # Panics
    ///
    /// If one of them does not exist.
    #[must_use]
    pub fn keytab(&self, services: &[&str]) -> PathBuf {
        let file = scratch("keytab");
        std::fs::write(&file, self.kdc.keytab(services).to_file().expose()).expect("written");
        file
    }

    /// The credential cache of this realm's tools.
    #[must_use]
    pub fn ccache(&self) -> &Path {
        &self.ccache
    }

    /// Lets a command use this realm and its cache.
    pub fn given_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("KRB5_CONFIG", &self.configuration)
            .env("KRB5CCNAME", format!("FILE:{}", self.ccache.display()))
    }

    /// Runs a tool to its end; its standard output.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn run(&self, program: &str, arguments: &[&str], input: &str) -> String {
        text(&succeed(
            self.given_to(Command::new(program).args(arguments)),
            input.as_bytes(),
        ))
    }
}
