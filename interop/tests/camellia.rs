//! Camellia with tickets of a realm of MIT's KDC that has nothing else: refused unless it is named.

use interop::client::{curl_with, url};
use interop::kdc::Tickets;
use interop::peers::{Daemon, keytab, state, succeed, tool};
use interop::server::{backend, configured};
use interop::speak::{converse, initiator, user_to_user_by};
use interop::token::explain_by_ccache;
use interop::user_to_user::ccache;
use mech_krb5::ccache::SealedBy;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::{Details, Krb5Builder, OwnTicket, OwnTicketError, PacPolicy, Principal};
use negotiate_core::{Acceptor, Timestamp};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn read(keytab: &Path) -> Vec<KeytabEntry> {
    let keytab = Keytab::parse(&std::fs::read(keytab).unwrap()).unwrap();
    keytab.entries().to_vec()
}

/// With another key besides, so that the default has one that it can use.
fn acceptor(configure: impl FnOnce(Krb5Builder) -> Krb5Builder) -> Acceptor {
    let other = Principal::parse("other/service@NO.TEST").unwrap();
    let other = KeytabEntry::new(other, Timestamp::now(), 1, 18, &[7; 32]).unwrap();
    let mut entries = read(&keytab("camellia"));
    entries.push(other);
    interop::speak::acceptor(entries, configure)
}

fn named() -> EncryptionTypes {
    EncryptionTypes::new().with_camellia()
}

/// A client that knows nothing else.
fn with_camellia_only(command: &mut Command) -> &mut Command {
    command.env("KRB5_CONFIG", state("krb5-camellia.conf"))
}

fn tickets() -> Tickets {
    let tickets = Tickets::none();
    let mut kinit = Command::new("kinit");
    kinit.arg("alice@CAMELLIA.TEST");
    succeed(with_camellia_only(tickets.given_to(&mut kinit)), b"Alice-pw1\n");
    tickets
}

/// The realm's own keys.
fn kdc_keys() -> Vec<Key> {
    let entries = read(&keytab("camellia-kdc"));
    let key = |entry: &KeytabEntry| {
        let etype = named().find(entry.etype()).expect("Camellia");
        assert!(!EncryptionType::ALL.contains(&etype), "the realm has AES keys");
        Key::new(etype, entry.key().expose()).unwrap()
    };
    entries.iter().map(key).collect()
}

#[test]
fn mit_krb5_logs_in_and_speaks() {
    let tickets = tickets();
    // All checksums of the PAC are the KDC's, of types 17 and 18.
    let acceptor = acceptor(|krb5| {
        krb5.encryption_types(named())
            .kdc_keys(kdc_keys())
            .pac(PacPolicy::Require)
    });
    for etype in [25, 26] {
        for flags in [
            &["mutual", "sequence", "confidentiality", "integrity"][..],
            &["sequence", "confidentiality", "integrity"],
        ] {
            let service = format!("HTTP@e{etype}.camellia.test");
            let mut speak = initiator("mit", &service, flags);
            let (context, spoken) =
                converse(with_camellia_only(tickets.given_to(&mut speak)), &acceptor).unwrap();
            let details = context.details::<Details>().unwrap();
            assert_eq!(details.etype.number(), etype);
            assert_eq!(details.ticket_session_key.encryption_type().number(), etype);
            // RFC 4537: the client offers both, and the longer key is preferred; without an answer its own stays.
            let subkey = if flags.contains(&"mutual") { 26 } else { etype };
            assert_eq!(details.session_key.encryption_type().number(), subkey);
            assert_eq!(context.initiator().display(), "alice@CAMELLIA.TEST");
            assert!(details.pac.is_some() && details.warnings.is_empty());
            // RFC 4121 section 4.2.6.1, with a whole CMAC.
            assert!(spoken.mic.starts_with(&[4, 4]) && spoken.mic.len() == 16 + 16);
        }
    }
}

#[test]
fn it_is_refused_where_it_is_not_named() {
    let tickets = tickets();
    let acceptor = acceptor(|krb5| krb5.encryption_types(EncryptionTypes::new().danger_with_rc4()));
    let mut speak = initiator("mit", "HTTP@www.camellia.test", &["mutual", "integrity"]);
    let refused = converse(with_camellia_only(tickets.given_to(&mut speak)), &acceptor).unwrap_err();
    assert_eq!(refused.reason().code(), "krb5.etype_refused");
    assert!(refused.reason().advice().contains("accept_camellia"));
}

/// User-to-user authentication: what the KDC seals with a session key is of its type.
#[test]
fn a_ticket_of_our_own_is_of_camellia_too() {
    const ALICE: &str = "alice@CAMELLIA.TEST";
    let server = tickets();
    let cache = ccache(&server);
    let refused = OwnTicket::from_ccache(&cache, EncryptionTypes::new()).unwrap_err();
    assert_eq!(refused, OwnTicketError::UnusableSessionKey(26));
    let own = Arc::new(OwnTicket::from_ccache(&cache, named()).unwrap());
    let acceptor = acceptor(|krb5| krb5.encryption_types(named()).user_to_user(own));
    let mut command = tool("user_to_user.py");
    command.args(["initiate", "bare", ALICE]);
    let client = tickets();
    let login = user_to_user_by(with_camellia_only(client.given_to(&mut command)), None, &acceptor).unwrap();
    let details = login.context.details::<Details>().unwrap();
    assert_eq!(
        (details.etype.number(), details.sealed_by),
        (26, SealedBy::SessionKey)
    );
    assert_eq!(login.context.initiator().display(), ALICE);
    assert!(login.said.starts_with("understood "), "{}", login.said);
    let said = explain_by_ccache(server.path(), &["--accept-camellia"], &login.tokens[1]);
    assert_eq!(said.exit, Some(0), "{}", said.json);
}

/// `accept_camellia` in the gateway's file.
#[test]
fn the_gateway_takes_it_where_it_is_told_to() {
    let backend = backend();
    let gateway = |option: &str| -> Daemon {
        configured(&format!(
            "keytab = [{:?}, {:?}]\n[acceptor]\n{option}\n[reverse_proxy]\nupstream = \"http://{}\"\n",
            keytab("camellia"),
            keytab("www"),
            backend.address
        ))
    };
    let tickets = tickets();
    let get = |gateway: &Daemon, host: &str| {
        let prepare = |command: &mut Command| {
            with_camellia_only(tickets.given_to(command));
        };
        curl_with(
            prepare,
            &url(host, gateway.address),
            &["--negotiate", "--user", ":"],
        )
    };
    let closed = gateway("");
    assert_eq!(get(&closed, "www.camellia.test").status(), 401);
    assert!(closed.log().contains("krb5.etype_refused"), "{}", closed.log());
    assert!(closed.log().contains("accept_camellia"), "{}", closed.log());
    let open = gateway("accept_camellia = true");
    for host in ["www", "e25", "e26"] {
        let got = get(&open, &format!("{host}.camellia.test"));
        assert_eq!(got.status(), 200, "{got:?} {}", open.log());
        assert_eq!(
            got.forwarded("x-remote-user").as_deref(),
            Some("alice@CAMELLIA.TEST")
        );
        // The client has verified it: MIT's library gives the context up otherwise.
        assert!(got.last().has_reply_token(), "{got:?}");
    }
}
