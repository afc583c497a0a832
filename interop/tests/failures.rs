//! More logins that fail as in the field, by real peers and real files: those that need a server of their own.

use interop::client::{Got, authorization, curl, url};
use interop::kdc::{Tickets, kadmin, ktadd};
use interop::peers::{built, keytab, output, scratch, state, succeed, text};
use interop::refusal::{Failure, sent};
use interop::server::Gateway;
use interop::token::{by_mit, explain, initiate, initiate_with};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

#[test]
fn service_that_is_not_allowed() {
    let gateway = Gateway::configured(&keytab("www"), "acceptor.names = ['HTTP@localhost']");
    let token = initiate(&Tickets::of_alice(), &[]);
    let failure = Failure::named("service_not_allowed");
    failure.told_by(&explain(&keytab("www"), &["--name", "HTTP@localhost"], &token));
    failure.refused_by(&gateway.daemon, &token);
}

#[test]
fn an_account_that_was_made_anew() {
    kadmin("addprinc -randkey HTTP/anew.mit.test");
    let before = ktadd("HTTP/anew.mit.test");
    kadmin("delprinc -force HTTP/anew.mit.test\naddprinc -randkey HTTP/anew.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@anew.mit.test"]);
    Failure::named("account_made_anew").refused_by_all(&before, &token, "cannot decrypt ticket");

    kadmin("addprinc -randkey HTTP/again.mit.test\ncpw -randkey HTTP/again.mit.test");
    let before = ktadd("HTTP/again.mit.test");
    kadmin("delprinc -force HTTP/again.mit.test\naddprinc -randkey HTTP/again.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@again.mit.test"]);
    // The ticket is of this minute.
    let mit = "ticket is likely out of date";
    Failure::named("account_made_anew_after_versions").refused_by_all(&before, &token, mit);
}

#[test]
fn a_token_from_before_the_start() {
    let token = initiate(&Tickets::of_alice(), &[]);
    // MIT's client sets its clock by the KDC's answer, which has no fractions of a second: it may be ahead by one.
    std::thread::sleep(Duration::from_secs(2));
    let gateway = Gateway::start(&keytab("www"));
    Failure::named("token_from_before_the_start").refused_by(&gateway.daemon, &token);
}

/// A ticket of MIT's KDC for this host's first address, used from its second one.
#[test]
fn addresses_that_the_client_does_not_have() {
    let conf = text(&std::fs::read(state("krb5.conf")).unwrap());
    let with_addresses = "[libdefaults]\n  noaddresses = false\n  extra_addresses = 127.0.0.1";
    let file = scratch("conf");
    std::fs::write(&file, conf.replacen("[libdefaults]", with_addresses, 1)).unwrap();
    let tickets = Tickets::none();
    let mut kinit = Command::new("kinit");
    kinit.args(["-a", "alice@MIT.TEST"]).env("KRB5_CONFIG", file);
    succeed(tickets.given_to(&mut kinit), b"Alice-pw1\n");

    let told = |policy: &str| {
        let settings = format!("acceptor.ticket_addresses = {policy:?}");
        Gateway::configured(&keytab("www"), &settings)
    };
    let sent = |gateway: &Gateway, address: &str, tickets: &Tickets| {
        let page = url("www.mit.test", gateway.daemon.address);
        let token = authorization(&initiate(tickets, &[]));
        curl(
            &Tickets::none(),
            &page,
            &["--interface", address, "--header", &token],
        )
    };
    let gateway = told("check");
    let elsewhere = sent(&gateway, "127.0.0.2", &tickets);
    let failure = Failure::named("address_mismatch");
    failure.answered_by(&gateway.daemon, &elsewhere);
    let token = initiate(&tickets, &[]);
    let said = explain(&keytab("www"), &["--client", "127.0.0.2"], &token);
    failure.told_by(&said);
    let seen = said.json["seen"].as_str().unwrap();
    assert!(
        seen.contains("a client at 127.0.0.2, and a ticket for "),
        "{seen}"
    );
    assert_eq!(sent(&gateway, "127.0.0.1", &tickets).status(), 200);
    assert_eq!(sent(&told("ignore"), "127.0.0.2", &tickets).status(), 200);
    let gateway = told("require");
    let without = sent(&gateway, "127.0.0.1", &Tickets::of_alice());
    Failure::named("addresses_required").answered_by(&gateway.daemon, &without);
    assert_eq!(sent(&gateway, "127.0.0.1", &tickets).status(), 200);
}

/// Over TLS, from a client that looks at no certificate.
fn sent_over_tls(gateway: &Gateway, token: &[u8]) -> Got {
    let page = format!("https://www.mit.test:{}/", gateway.daemon.address.port());
    curl(
        &Tickets::none(),
        &page,
        &["--insecure", "--header", &authorization(token)],
    )
}

fn tls(bindings_policy: &str) -> Gateway {
    let (certificate, key) = (state("pki/www.pem"), state("pki/www.key"));
    let settings = format!(
        "acceptor.channel_bindings = {bindings_policy:?}\n[tls]\ncertificate = {certificate:?}\nkey = {key:?}"
    );
    Gateway::configured(&keytab("www"), &settings)
}

#[test]
fn bindings_that_are_required() {
    let gateway = tls("require");
    let got = sent_over_tls(&gateway, &initiate(&Tickets::of_alice(), &[]));
    Failure::named("bindings_not_sent").answered_by(&gateway.daemon, &got);
}

/// KERB_AP_OPTIONS_CBT in the authenticator, and no bindings: the token was made for a connection without TLS.
#[test]
fn bindings_that_the_client_knows() {
    let conf = with_profile("[libdefaults]\n  client_aware_channel_bindings = true\n");
    let gateway = tls("require_if_advertised");
    let token = initiate_with(&conf, &Tickets::of_alice(), &[]);
    let got = sent_over_tls(&gateway, &token);
    Failure::named("bindings_that_the_client_knows").answered_by(&gateway.daemon, &got);
}

/// A krb5.conf that adds this to the run's own.
fn with_profile(text: &str) -> PathBuf {
    let path = scratch("krb5.conf");
    std::fs::write(&path, format!("{text}include {}\n", state("krb5.conf").display())).expect("written");
    path
}

/// From FAR.ORG by way of OTHER.TEST, which is not between it and MIT.TEST in their hierarchy. The client knows the way by
/// a configuration of its own; MIT.TEST's KDC leaves the judgement to the service.
#[test]
fn path_through_a_stranger() {
    let conf = with_profile("[capaths]\n  FAR.ORG = {\n    MIT.TEST = OTHER.TEST\n  }\n");
    let dave = Tickets::kinit("Dave-pw1", &["dave@FAR.ORG"]);
    // Realms are judged after replays, so the server has to be there before the token.
    let gateway = Gateway::start(&keytab("www"));
    let token = initiate_with(&conf, &dave, &[]);
    let failure = Failure::named("path_through_a_stranger");
    failure.told_by(&explain(&keytab("www"), &[], &token));
    failure.refused_by(&gateway.daemon, &token);
    let mit = by_mit(&keytab("www"), &token);
    let said = mit["message"].as_str().unwrap_or_default();
    assert!(said.contains("Illegal cross-realm ticket"), "{mit}");
}

fn curl_with_field(gateway: &Gateway, fields: &[&str]) -> Got {
    let file = scratch("fields");
    std::fs::write(&file, fields.join("\n")).expect("written");
    let header = format!("@{}", file.display());
    let page = url("www.mit.test", gateway.daemon.address);
    curl(&Tickets::none(), &page, &["--header", &header])
}

/// Basic's user and password.
#[test]
fn something_else_under_the_scheme() {
    let gateway = Gateway::start(&keytab("www"));
    let got = curl_with_field(&gateway, &["Authorization: Negotiate YWxpY2U6c2VjcmV0"]);
    Failure::named("something_else").answered_by(&gateway.daemon, &got);
}

/// The field of a big token, cut by something that has room for so many bytes of it.
fn cut_field(room: usize) -> String {
    let token = initiate(
        &Tickets::of_carol(),
        &["--target", "HTTP/big.other.test@OTHER.TEST"],
    );
    let field = authorization(&token);
    assert!(field.len() > 3 * room, "only {}", field.len());
    field[..room].to_owned()
}

const EIGHT_KIB: usize = 8192;

#[test]
fn cut_at_8_kib() {
    let gateway = Gateway::start(&keytab("big"));
    // Before the field's base64 stand 25 characters; the quanta of base64 have four.
    let got = curl_with_field(&gateway, &[&cut_field(25 + (EIGHT_KIB - 25) / 4 * 4)]);
    Failure::named("cut_at_8_kib").answered_by(&gateway.daemon, &got);
}

#[test]
fn cut_within_a_quantum() {
    let gateway = Gateway::start(&keytab("big"));
    let got = curl_with_field(&gateway, &[&cut_field(EIGHT_KIB)]);
    Failure::named("cut_within_a_quantum").answered_by(&gateway.daemon, &got);
}

#[test]
fn two_credentials() {
    let gateway = Gateway::start(&keytab("www"));
    let field = authorization(&initiate(&Tickets::of_alice(), &[]));
    let got = curl_with_field(&gateway, &[&field, "Authorization: Basic YWxpY2U6c2VjcmV0"]);
    Failure::named("two_fields").answered_by(&gateway.daemon, &got);
    let got = curl_with_field(&gateway, &[&format!("{field}, Basic YWxpY2U6c2VjcmV0")]);
    Failure::named("two_credentials").answered_by(&gateway.daemon, &got);
}

/// MIT's KDC puts a PAC into every ticket, but for services that want none.
#[test]
fn a_pac_that_is_required() {
    kadmin(
        "addprinc -randkey HTTP/pac.mit.test\naddprinc -randkey +no_auth_data_required HTTP/plain.mit.test",
    );
    for (host, has_pac) in [("pac", true), ("plain", false)] {
        let keytab = ktadd(&format!("HTTP/{host}.mit.test"));
        let gateway = Gateway::configured(&keytab, "acceptor.pac = 'require'");
        let target = format!("HTTP@{host}.mit.test");
        let got = sent(
            &gateway.daemon,
            &initiate(&Tickets::of_alice(), &["--target", &target]),
        );
        // Who it is was proved, and asking again leads nowhere.
        assert_eq!(got.status(), if has_pac { 200 } else { 403 }, "{host}: {got:?}");
        if !has_pac {
            Failure::named("pac_required").logged_by(&gateway.daemon);
        }
    }
}

/// What `negotiate serve` says, which does not start.
fn stopped(keytab: &Path, settings: &str) -> String {
    let file = scratch("toml");
    let toml = format!("keytab = {keytab:?}\n{settings}\n[reverse_proxy]\nupstream = 'http://127.0.0.1:9'\n");
    std::fs::write(&file, toml).expect("written");
    let ended = output(built("negotiate").args(["serve", "--config"]).arg(file), b"");
    assert_eq!(ended.status.code(), Some(2));
    text(&ended.stderr)
}

#[test]
fn a_keytab_of_rc4_keys() {
    let keytab = testvectors::capture("mit/etype23-spnego-mutual").path("keytab");
    Failure::named("keytab_of_rc4").stopped(&stopped(&keytab, ""));
}

#[test]
fn a_name_that_the_keytab_does_not_hold() {
    let said = stopped(&keytab("www"), "acceptor.names = ['HTTP@elsewhere.mit.test']");
    Failure::named("keytab_without_the_name").stopped(&said);
}
