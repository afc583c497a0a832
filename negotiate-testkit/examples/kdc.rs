//! An embedded KDC to try things with: writes krb5.conf and a keytab into the directory named, and serves until killed.
//!
//! `cargo run -p negotiate-testkit --example kdc -- /tmp/kdc`, then in another shell
//! `KRB5_CONFIG=/tmp/kdc/krb5.conf kinit alice@EXAMPLE.TEST`.

use negotiate_testkit::{Kdc, krb5_conf};
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let directory: PathBuf = std::env::args_os().nth(1).unwrap_or_else(|| ".".into()).into();
    let kdc = Kdc::new("EXAMPLE.TEST")
        .user("alice", "secret")
        .service("HTTP/localhost");
    let server = kdc.serve()?;
    let configuration = krb5_conf(kdc.realm(), server.address(), &["localhost"]);
    std::fs::write(directory.join("krb5.conf"), configuration)?;
    std::fs::write(
        directory.join("http.keytab"),
        kdc.keytab(&["HTTP/localhost"]).to_file().expose(),
    )?;
    println!(
        "alice@EXAMPLE.TEST has the password secret; the KDC listens on {}",
        server.address()
    );
    loop {
        std::thread::park();
    }
}
