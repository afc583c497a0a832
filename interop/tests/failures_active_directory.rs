//! Why sign-ons fail in an Active Directory domain: each case made at a Samba AD DC, with the code and the advice that
//! `negotiate explain` gives and the gateway logs, and what MIT's acceptor says of the same token.

use interop::domain::Domain;
use interop::refusal::Failure;
use interop::server::Gateway;
use interop::token::explain;
use std::path::Path;

/// Refused by `negotiate explain` and the gateway as `testvectors/failures.txt` says, and by MIT in these words.
fn refused(domain: Domain, name: &str, keytab: &Path, token: &[u8], mit: &str) {
    let failure = Failure::named(name);
    failure.told_by(&explain(keytab, &[], token));
    let theirs = domain.refused_by_mit(keytab, token);
    assert!(theirs.contains(mit), "{name}: {theirs}");
    failure.refused_by(&Gateway::start(keytab).daemon, token);
}

/// A token for `HTTP/NAME.ad.test`, with a ticket of now.
fn token(domain: Domain, name: &str) -> Vec<u8> {
    let alice = domain.login("alice", &[&format!("HTTP/{name}.ad.test")]);
    domain.initiate(&alice, &format!("HTTP@{name}.ad.test"))
}

fn change_password(domain: Domain, account: &str) {
    domain.samba_tool(&["user", "setpassword", account, "--newpassword=Another-pw2"]);
}

/// The service account's password was changed, and nobody exported the keytab anew.
#[test]
fn failure_password_changed_and_the_keytab_is_old() {
    let domain = Domain::up();
    change_password(domain, "changed");
    refused(
        domain,
        "domain_keytab_is_old",
        &domain.keytab("changed"),
        &token(domain, "changed"),
        "keytab is likely out of date",
    );
}

/// The keytab was exported anew, and the client still has its ticket.
#[test]
fn failure_password_changed_and_the_ticket_is_old() {
    let domain = Domain::up();
    let old = token(domain, "stale");
    change_password(domain, "stale");
    refused(
        domain,
        "domain_ticket_is_old",
        &domain.export("HTTP/stale.ad.test@AD.TEST"),
        &old,
        "ticket is likely out of date",
    );
}

/// msDS-SupportedEncryptionTypes of the account has RC4 only. The keytab is exported from it, so it has RC4 only, too.
#[test]
fn failure_account_with_rc4_only() {
    let domain = Domain::up();
    let keytab = domain.export("HTTP/legacy.ad.test@AD.TEST");
    let said = explain(&keytab, &[], &token(domain, "legacy"));
    Failure::named("domain_account_of_rc4").told_by(&said);
    let advice = said.json["advice"].as_str().unwrap();
    for step in [
        "msDS-SupportedEncryptionTypes 0x18",
        "change its password",
        "new keytab",
        "klist purge",
    ] {
        assert!(advice.contains(step), "{advice}");
    }
}

/// AES was taken from an account whose keytab has AES keys.
#[test]
fn failure_aes_disabled_on_the_account() {
    let domain = Domain::up();
    domain.modify(
        "dn: CN=weakened,CN=Users,DC=ad,DC=test\nchangetype: modify\n\
         replace: msDS-SupportedEncryptionTypes\nmsDS-SupportedEncryptionTypes: 4\n",
    );
    refused(
        domain,
        "domain_account_without_aes",
        &domain.keytab("weakened"),
        &token(domain, "weakened"),
        "not with enctype",
    );
}

/// The SPN went from the account of the keytab to another one: setspn would call it a duplicate if both had it.
#[test]
fn failure_spn_of_another_account() {
    let domain = Domain::up();
    let name = "HTTP/first.ad.test";
    domain.samba_tool(&["spn", "delete", name, "first"]);
    domain.samba_tool(&["spn", "add", name, "second"]);
    refused(
        domain,
        "domain_spn_of_another_account",
        &domain.keytab("first"),
        &token(domain, "first"),
        "cannot decrypt ticket",
    );

    // That account's key has changed more often.
    change_password(domain, "second");
    refused(
        domain,
        "domain_spn_of_an_account_with_more_versions",
        &domain.keytab("first"),
        &token(domain, "first"),
        "keytab is likely out of date",
    );
}

/// The name in the URL is an alias whose SPN is on an account of its own.
#[test]
fn failure_alias_with_an_account_of_its_own() {
    let domain = Domain::up();
    refused(
        domain,
        "domain_alias",
        &domain.keytab("web"),
        &token(domain, "back"),
        "not found in keytab",
    );
}
