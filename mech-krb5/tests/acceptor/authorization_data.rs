//! Authorization data (RFC 4120 section 5.2.6), by container: what an element means depends on who wrote it.

use crate::faults::nested;
use crate::forge::{GssChecksum, authorization_data};
use crate::initiator::{open_ap_rep, unframed};
use crate::login::{ETYPE, Login, Server};
use mech_krb5::UnknownAuthorizationData;
use mech_krb5::crypto::EncryptionType;
use negotiate_core::{ChannelBindings, ContextFlags};

const IF_RELEVANT: i32 = 1;
const KDC_ISSUED: i32 = 4;
const AND_OR: i32 = 5;
const MANDATORY_FOR_KDC: i32 = 8;
const CAMMAC: i32 = 96;
const AUTHENTICATION_INDICATOR: i32 = 97;
const PAC: i32 = 128;
const ETYPE_NEGOTIATION: i32 = 129;
const TOKEN_RESTRICTIONS: i32 = 141;
const LOCAL: i32 = 142;
const AP_OPTIONS: i32 = 143;
const TARGET_PRINCIPAL: i32 = 144;
/// Nobody knows it.
const UNKNOWN: i32 = -77;

fn if_relevant(inner: &[u8]) -> Vec<u8> {
    authorization_data(&[(IF_RELEVANT, inner)])
}

/// The verdicts with this in the ticket, and in the authenticator.
fn verdicts(data: &[u8]) -> [&'static str; 2] {
    let server = Server::default();
    let mut in_ticket = Login::default();
    in_ticket.ticket.authorization_data = Some(data.to_vec());
    let mut in_authenticator = Login::default();
    in_authenticator.authenticator.authorization_data = Some(data.to_vec());
    [server.verdict(&in_ticket), server.verdict(&in_authenticator)]
}

const PASSES: &str = "accepted";
const UNKNOWN_REFUSED: &str = "krb5.unknown_authorization_data";

#[test]
fn what_must_be_understood_is_understood_in_its_own_container_or_refused() {
    let cbt = 0x4000_u32.to_le_bytes();
    let etypes = b"\x30\x03\x02\x01\x12";
    for (ad_type, ad_data, in_ticket, in_authenticator) in [
        (UNKNOWN, &b""[..], UNKNOWN_REFUSED, UNKNOWN_REFUSED),
        (MANDATORY_FOR_KDC, b"not even DER", PASSES, PASSES),
        // Containers that cannot be read, or with signatures that do not fit: see `cammac.rs` for those that do.
        (KDC_ISSUED, b"", UNKNOWN_REFUSED, UNKNOWN_REFUSED),
        (AND_OR, b"", UNKNOWN_REFUSED, UNKNOWN_REFUSED),
        (CAMMAC, b"", UNKNOWN_REFUSED, UNKNOWN_REFUSED),
        // The KDC's.
        (
            AUTHENTICATION_INDICATOR,
            b"\x30\x00",
            UNKNOWN_REFUSED,
            UNKNOWN_REFUSED,
        ),
        (PAC, b"", PASSES, UNKNOWN_REFUSED),
        // The client's.
        (AP_OPTIONS, &cbt, UNKNOWN_REFUSED, PASSES),
        (ETYPE_NEGOTIATION, etypes, UNKNOWN_REFUSED, PASSES),
        // Which a client may have written into its tickets too.
        (TOKEN_RESTRICTIONS, b"", PASSES, PASSES),
        (LOCAL, b"", UNKNOWN_REFUSED, PASSES),
        (TARGET_PRINCIPAL, b"", UNKNOWN_REFUSED, PASSES),
    ] {
        let element = authorization_data(&[(ad_type, ad_data)]);
        assert_eq!(verdicts(&element), [in_ticket, in_authenticator], "{ad_type}");
        // Inside AD-IF-RELEVANT whatever is not understood is ignored.
        assert_eq!(verdicts(&if_relevant(&element)), [PASSES, PASSES], "{ad_type}");
    }
}

#[test]
fn an_element_that_must_be_understood_is_found_wherever_it_stands() {
    let harmless = if_relevant(&authorization_data(&[(UNKNOWN, b"")]));
    for list in [
        &[(UNKNOWN, &b""[..]), (IF_RELEVANT, &harmless)][..],
        &[(IF_RELEVANT, &harmless), (UNKNOWN, b"")],
        &[
            (IF_RELEVANT, &harmless),
            (MANDATORY_FOR_KDC, b""),
            (UNKNOWN, b""),
            (IF_RELEVANT, &harmless),
        ],
    ] {
        assert_eq!(verdicts(&authorization_data(list)), [UNKNOWN_REFUSED; 2]);
    }
    // After a container is over, so is its mercy, however deep it went.
    let deep = nested(2);
    assert_eq!(
        verdicts(&authorization_data(&[(IF_RELEVANT, &deep), (UNKNOWN, b"")])),
        [UNKNOWN_REFUSED; 2]
    );
}

#[test]
fn lists_may_be_four_deep() {
    assert_eq!(verdicts(&nested(3)), [PASSES; 2]);
    assert_eq!(verdicts(&nested(4)), ["krb5.nested_authorization_data"; 2]);
    assert_eq!(verdicts(&nested(40)), ["krb5.nested_authorization_data"; 2]);
    // One after the other they are not deep.
    let deep = nested(2);
    let wide = vec![(IF_RELEVANT, &deep[..]); 60];
    assert_eq!(verdicts(&authorization_data(&wide)), [PASSES; 2]);
}

#[test]
fn lists_may_have_64_elements() {
    let list = |count| authorization_data(&vec![(MANDATORY_FOR_KDC, &b""[..]); count]);
    assert_eq!(verdicts(&list(0)), [PASSES; 2]);
    assert_eq!(verdicts(&list(64)), [PASSES; 2]);
    assert_eq!(verdicts(&list(65)), ["krb5.malformed"; 2]);
    assert_eq!(verdicts(&if_relevant(&list(64))), [PASSES; 2]);
    assert_eq!(verdicts(&if_relevant(&list(65))), ["krb5.malformed"; 2]);
}

#[test]
fn nothing_follows_the_list_inside_if_relevant() {
    let list = authorization_data(&[(MANDATORY_FOR_KDC, b"")]);
    assert_eq!(verdicts(&if_relevant(&list)), [PASSES; 2]);
    let followed = [&list[..], b"\x30\x00"].concat();
    assert_eq!(verdicts(&if_relevant(&followed)), ["krb5.malformed"; 2]);
}

#[test]
fn a_policy_may_ignore_what_is_not_understood_and_nothing_else() {
    let server =
        Server::configured(|builder| builder.unknown_authorization_data(UnknownAuthorizationData::Ignore));
    let mut login = Login::default();
    login.ticket.authorization_data = Some(authorization_data(&[(UNKNOWN, b""), (CAMMAC, b"")]));
    login.authenticator.authorization_data = Some(authorization_data(&[(UNKNOWN, b"")]));
    assert_eq!(server.verdict(&login), PASSES);
    login.ticket.authorization_data = Some(nested(4));
    assert_eq!(server.verdict(&login), "krb5.nested_authorization_data");
    login.ticket.authorization_data = Some(authorization_data(&[(IF_RELEVANT, b"\x30")]));
    assert_eq!(server.verdict(&login), "krb5.malformed");
}

/// Whoever has a ticket with the client's wishes in it has them from a KDC that let somebody else write them.
#[test]
fn the_clients_wishes_planted_in_a_ticket_are_ignored() {
    let cbt = if_relevant(&authorization_data(&[(AP_OPTIONS, &0x4000_u32.to_le_bytes())]));
    let mut login = Login::default();
    login.set_checksum(&GssChecksum::new(ContextFlags::MUTUAL));
    let server = Server {
        bindings: Some(ChannelBindings::from_application_data(*b"ours")),
        ..Server::default()
    };
    login.ticket.authorization_data = Some(cbt.clone());
    assert_eq!(server.verdict(&login), PASSES);
    login.authenticator.authorization_data = Some(cbt);
    assert_eq!(server.verdict(&login), "krb5.bindings_removed");

    let preferred = EncryptionType::Aes256CtsHmacSha384_192;
    let server =
        Server::configured(|builder| builder.subkey_types([EncryptionType::Aes256CtsHmacSha384_192]));
    let list = if_relevant(&authorization_data(&[(
        ETYPE_NEGOTIATION,
        b"\x30\x03\x02\x01\x14",
    )]));
    let mut login = Login::default();
    let subkey_type = |login: &Login| {
        let token = server.accepted(login).token.unwrap();
        open_ap_rep(unframed(token.as_bytes()).1, login)
            .0
            .encryption_type()
    };
    login.ticket.authorization_data = Some(list.clone());
    assert_eq!(subkey_type(&login), ETYPE);
    login.authenticator.authorization_data = Some(list);
    assert_eq!(subkey_type(&login), preferred);
}
