//! `negotiate demo --once`, as the README starts it.

use std::process::Command;

#[test]
fn a_whole_login_is_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_negotiate"))
        .args(["demo", "--once"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for told in [
        "krbtgt/DEMO.TEST@DEMO.TEST for alice@DEMO.TEST",
        "401 Unauthorized, WWW-Authenticate: Negotiate\n",
        "HTTP/localhost@DEMO.TEST for alice@DEMO.TEST",
        "200 OK",
        "proves to be HTTP/localhost@DEMO.TEST",
        "You are alice@DEMO.TEST, by krb5.",
    ] {
        assert!(said.contains(told), "{told:?} is not in:\n{said}");
    }
}
