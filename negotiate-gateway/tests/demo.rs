//! `negotiate demo`, as the README starts it: what a newcomer reads, and that nothing is left.

mod common;

use common::daemon::signal as send;
use common::{negotiate, run};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

#[test]
fn a_whole_login_is_told_leg_by_leg() {
    let ended = run(&mut negotiate(["demo", "--once"]), b"");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // In this order.
    let mut rest = &*ended.out;
    for told in [
        "the login server of the Kerberos realm\nDEMO.TEST, on 127.0.0.1:",
        "a page for its users at\nhttp://localhost:",
        "1. alice logs in: ",
        "   krbtgt/DEMO.TEST@DEMO.TEST for alice@DEMO.TEST until ",
        "2. The browser asks for the page, ",
        "   > GET /\n   < 401 Unauthorized\n   < WWW-Authenticate: Negotiate\n",
        "3. With the first ticket it gets another one from the KDC: for HTTP/localhost,",
        "   HTTP/localhost@DEMO.TEST for alice@DEMO.TEST until ",
        "4. It asks again, with a SPNEGO token: ",
        "   > GET /\n   > Authorization: Negotiate YII",
        "   < 200 OK\n   < WWW-Authenticate: Negotiate oYG",
        "5. The page opened the ticket with the key in its keytab, ",
        "it is HTTP/localhost@DEMO.TEST.\n",
        "The page says:\n   You are alice@DEMO.TEST, by krb5.\n",
    ] {
        let at = rest
            .find(told)
            .unwrap_or_else(|| panic!("{told:?} does not come next:\n{rest}"));
        rest = &rest[at + told.len()..];
    }
    let widest = ended.out.lines().map(str::len).max();
    assert!(widest <= Some(80), "wider than a terminal:\n{}", ended.out);
    assert_eq!(rest, "", "with --once there is nothing to try");
}

#[test]
fn it_stays_until_a_signal_and_leaves_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let mut child = negotiate(["demo"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = |what: &str| {
            lines
                .by_ref()
                .map(Result::unwrap)
                .find(|line| line.contains(what))
        };
        let export = next("export KRB5_CONFIG=").unwrap();
        let configuration = export.split(['=', ' ']).find(|word| word.ends_with("/krb5.conf"));
        let directory = Path::new(configuration.unwrap()).parent().unwrap();
        next("krb5-user").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(directory), 0o700);
        assert_eq!(mode(&directory.join("http.keytab")), 0o600);
        assert!(child.try_wait().unwrap().is_none(), "it stays");

        send(&child, signal);
        let status = child.wait().unwrap();
        assert!(status.success(), "{signal}: {status}");
        assert!(!directory.exists(), "{signal}: {}", directory.display());
    }
}
