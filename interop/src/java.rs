//! Java's HttpURLConnection and JGSS, by `tools/Login.java`.

use crate::peers::{scratch, succeed, text};
use std::path::Path;
use std::process::Command;

/// What came of one way to log in.
#[derive(Debug)]
pub struct Answer {
    /// `url`, `spnego` or `krb5`.
    pub way: String,
    /// The page's status; 0 if HttpURLConnection has none, and its reason is the body.
    pub status: u16,
    /// Whether JGSS took our reply token; HttpURLConnection does not say.
    pub mutual: bool,
    /// What the page says.
    pub body: String,
}

/// Logs in to `page` in these ways, with the credentials that `properties` name (`cache=FILE`, or `principal=NAME` and
/// `password=PASSWORD`). `www.mit.test` and localhost lead to loopback.
///
/// # Panics
///
/// If Java itself fails, as it does when JGSS refuses a reply token.
#[must_use]
pub fn log_in(
    krb5_conf: &Path,
    properties: &[&str],
    service: &str,
    page: &str,
    ways: &[&str],
) -> Vec<Answer> {
    let hosts = scratch("hosts");
    std::fs::write(&hosts, "127.0.0.1 www.mit.test\n127.0.0.1 localhost\n").expect("written");
    let mut java = Command::new("java");
    java.arg(format!("-Djava.security.krb5.conf={}", krb5_conf.display()))
        .arg(format!("-Djdk.net.hosts.file={}", hosts.display()))
        .args(properties.iter().map(|property| format!("-D{property}")))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/Login.java"))
        .args([service, page])
        .args(ways);
    let said = text(&succeed(&mut java, b""));
    let answers: Vec<_> = said.split("== ").skip(1).map(answer).collect();
    assert_eq!(answers.len(), ways.len(), "{said}");
    answers
}

fn answer(said: &str) -> Answer {
    let (head, body) = said.split_once('\n').expect("a line first");
    let [way, status, proof] = head.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{head:?}");
    };
    Answer {
        way: way.to_owned(),
        status: status.parse().expect("a status"),
        mutual: proof == "mutual",
        body: body.to_owned(),
    }
}
