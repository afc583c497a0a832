//! What the KDC says of a user beside the name, by the policies that the configuration sets.

mod common;

use common::backend;
use common::daemon::Gateway;
use common::http::get;
use common::login::{Service, if_relevant};

/// The answer to a login, and the log's line with this code, if one is named.
fn log_in(service: &Service, settings: &str, code: Option<&str>) -> (u16, String) {
    let gateway = Gateway::configured(&format!(
        "keytab = {:?}\n[acceptor]\n{settings}\n[reverse_proxy]\nupstream = \"http://{}\"\n",
        service.keytab,
        backend::start()
    ));
    let response = get(gateway.address, "/", &[service.authorization("alice")]);
    (
        response.status,
        code.map_or_else(String::new, |code| gateway.logged(code)),
    )
}

/// A KDC that copied a PAC is not to be told from somebody who put one in.
#[test]
fn the_pac_of_another_ticket() {
    let [failure] = &testvectors::load("failures.txt")
        .into_iter()
        .filter(|case| case.name() == "pac_of_another_ticket")
        .collect::<Vec<_>>()[..]
    else {
        panic!("failures.txt has it once")
    };
    let mut service = Service::new();
    let vectors = testvectors::load("pac/windows-mit.txt");
    let windows = vectors.iter().find(|case| case.name() == "s4u_pac_regular");
    // AD-WIN2K-PAC (MS-KILE section 3.2.5.8).
    service.authorization_data = vec![if_relevant(128, &windows.expect("a PAC").bytes("pac"))];
    for settings in ["", "pac = \"use\"", "pac = \"require\""] {
        let (status, line) = log_in(&service, settings, Some(failure.text("code")));
        assert_eq!(status, 401, "{settings}: {line}");
        assert!(line.contains(failure.text("advice")), "{settings}: {line}");
    }
    assert_eq!(log_in(&service, "pac = \"ignore\"", None).0, 200);
}

#[test]
fn a_pac_may_be_required() {
    let service = Service::new();
    for settings in ["pac = \"use\"", "pac = \"ignore\""] {
        assert_eq!(log_in(&service, settings, None).0, 200, "{settings}");
    }
    // Who it is was proved, and asking again leads nowhere.
    let (status, line) = log_in(&service, "pac = \"require\"", Some("krb5.pac_missing"));
    assert_eq!(status, 403, "{line}");
}

#[test]
fn what_must_be_understood_may_be_ignored() {
    let mut service = Service::new();
    service.authorization_data = vec![(-77, Vec::new())];
    for settings in ["", "unknown_authdata = \"refuse\""] {
        let (status, line) = log_in(&service, settings, Some("krb5.unknown_authorization_data"));
        assert_eq!(status, 401, "{settings}: {line}");
        assert!(
            line.contains("unknown_authdata = ignore in the gateway's configuration"),
            "{line}"
        );
    }
    assert_eq!(log_in(&service, "unknown_authdata = \"ignore\"", None).0, 200);
}
