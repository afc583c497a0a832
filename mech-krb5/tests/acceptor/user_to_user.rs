//! User-to-user authentication (RFC 4120 sections 3.2.3 and 3.7): tickets under the session key of the acceptor's own
//! ticket-granting ticket, and the exchange in which a client gets that (draft-swift-win2k-krb-user2user-03).

use crate::common::Counting;
use crate::forge::pac::Pac;
use crate::forge::{Cammac, GssChecksum, Ticket, authorization_data, framed_as, indicators, neg_token_init};
use crate::initiator::{open_ap_rep, protection, unframed_of};
use crate::login::{CLIENT, ETYPE, Framing, Login, NOW, Server, after, error, fact, key, principal};
use crate::within_spnego::{Response, mech_type_list, resp};
use mech_krb5::ccache::{Ccache, CcacheCredential, CcacheEntry, SealedBy};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key};
use mech_krb5::keytab::{Keytab, KeytabMiss, Match};
use mech_krb5::message::{ApOptions, KrbError};
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{
    AddressPolicy, Credential, Fact, Krb5, Krb5ConfigError, OwnTicket, OwnTicketError, OwnTicketSource, Part,
    Principal,
};
use negotiate_core::der::{Reader, Tag, Writer};
use negotiate_core::{
    Acceptor, Ambient, BindingsPolicy, ChannelBindings, ContextFlags, Exchange, MechType, MessageOrder,
    Negotiation, PerMessage as _, Reject, Seconds, Secret, ServiceName, Step, Timestamp,
};
use std::sync::{Arc, Mutex};

/// Whom the acceptor runs for, without a keytab.
const OWN: &str = "bob@EXAMPLE.TEST";
const KRBTGT: &str = "krbtgt/EXAMPLE.TEST@EXAMPLE.TEST";
const U2U: MechType = MechType::KRB5_USER_TO_USER;

fn own_key() -> Key {
    key(ETYPE, "own-session")
}

/// A ticket-granting ticket as a KDC gives it to its client, with this session key.
fn tgt(client: &str, server: &str, session_key: &Key) -> Credential {
    let ticket = Ticket::new(client, server, &key(ETYPE, "krbtgt"), session_key, NOW);
    Credential {
        client: ticket.client.clone(),
        server: ticket.service.clone(),
        session_etype: session_key.encryption_type().number(),
        session_key: Secret::new(session_key.bytes().to_vec()),
        flags: ticket.flags,
        authtime: Some(ticket.authtime),
        starttime: ticket.starttime,
        endtime: ticket.endtime,
        renew_till: ticket.renew_till,
        ticket: ticket.seal(&mut Counting(7)),
    }
}

fn own_ticket() -> OwnTicket {
    OwnTicket::new(&tgt(OWN, KRBTGT, &own_key()), EncryptionTypes::new()).unwrap()
}

/// Without a keytab.
fn server() -> Server {
    let mut server = Server::configured(|builder| builder.user_to_user(Arc::new(own_ticket())));
    server.entries.clear();
    server
}

/// With a ticket that the KDC sealed for bob's session. MIT krb5's and Windows' KDCs leave the key version out.
fn login() -> Login {
    let mut login = Login::of(ETYPE, CLIENT, OWN);
    login.ticket.service_key = own_key();
    login.ticket.kvno = None;
    login.ap_options = ApOptions(ApOptions::USE_SESSION_KEY.0 | ApOptions::MUTUAL_REQUIRED.0);
    login
}

fn framed_by(mech_type: MechType, mut login: Login) -> Login {
    login.framing = Framing::Gss(mech_type, [1, 0]);
    login
}

/// KERB-TGT-REQUEST.
fn tgt_req(pvno: i64, msg_type: i64, names: &[&str]) -> Vec<u8> {
    let mut message = Writer::new();
    message.sequence(|request| {
        request.field(0, |field| field.integer(pvno));
        request.field(1, |field| field.integer(msg_type));
        if let [server, realm] = names {
            let server = principal(&format!("{server}@{realm}"));
            request.field(2, |field| server.name().encode(field));
            request.field(3, |field| field.general_string(server.realm()));
        }
    });
    message.into_bytes()
}

fn framed_tgt_req() -> Vec<u8> {
    framed_as(U2U, [4, 0], &tgt_req(5, 16, &["bob", "EXAMPLE"]))
}

/// The ticket in a KERB-TGT-REPLY.
fn tgt_of(token: &[u8]) -> Vec<u8> {
    let (token_id, message) = unframed_of(U2U, token);
    assert_eq!(token_id, [4, 1]);
    let mut input = Reader::new(message);
    let mut reply = input.sequence().unwrap();
    input.finish().unwrap();
    assert_eq!(reply.field(0, Reader::integer), Ok(5));
    assert_eq!(reply.field(1, Reader::integer), Ok(17));
    let mut ticket = reply.element(Tag::context(2)).unwrap();
    reply.finish().unwrap();
    ticket.raw(Tag::application(1)).unwrap().to_vec()
}

/// The answer to a request for our ticket, and who waits for the AP-REQ.
fn tgt_given(server: &Server) -> (Vec<u8>, Exchange<'static>) {
    match server.judge_token(&framed_tgt_req()) {
        Ok(Step::Continue { token, exchange }) => (tgt_of(token.as_bytes()), exchange),
        other => panic!("{other:?}"),
    }
}

/// Each refusal that only this mechanism has.
pub(crate) fn refusals(client: &Principal, service: &Principal) -> Vec<(&'static str, &'static str, Reject)> {
    let refuse = |spoil: fn(&mut Server, &mut Login)| {
        let (mut server, mut login) = (server(), login());
        login.set_client(client);
        spoil(&mut server, &mut login);
        server.refused(&login)
    };
    let of_request = |token_id, message: &[u8]| {
        let token = framed_as(U2U, token_id, message);
        server().judge_token(&token).unwrap_err()
    };
    let mut other_name = login();
    other_name.ticket.service = service.clone();
    vec![
        (
            "krb5.own_ticket_expired",
            "AP-REQ",
            refuse(|server, _| server.now = after(36_301)),
        ),
        ("krb5.user_to_user_name", "", server().refused(&other_name)),
        (
            "krb5.user_to_user_key",
            "another key",
            refuse(|_, login| login.ticket.service_key = key(ETYPE, "older-session")),
        ),
        (
            "krb5.user_to_user_key",
            "another type",
            refuse(|_, login| {
                login.ticket.service_key = key(EncryptionType::Aes128CtsHmacSha1_96, "own-session");
            }),
        ),
        (
            "krb5.etype_refused",
            "user to user",
            refuse(|_, login| login.ticket.etype = Some(23)),
        ),
        (
            "krb5.malformed",
            "EncTicketPart, user to user",
            refuse(|_, login| login.ticket_plaintext = Some(b"\x63\x02\x30\x00".to_vec())),
        ),
        ("krb5.malformed", "TGT-REQ", of_request([4, 0], b"\x30\x00")),
        (
            "krb5.bad_version",
            "TGT-REQ",
            of_request([4, 0], &tgt_req(4, 16, &[])),
        ),
        (
            "krb5.bad_message_type",
            "TGT-REQ",
            of_request([4, 0], &tgt_req(5, 17, &[])),
        ),
        (
            "krb5.not_ap_req",
            "TGT-REP",
            of_request([4, 1], &tgt_req(5, 17, &[])),
        ),
        ("krb5.user_to_user", "TGT-REQ", {
            let token = neg_token_init(&[MechType::KRB5], &framed_tgt_req());
            Server::default().judge_token(&token).unwrap_err()
        }),
    ]
}

#[test]
fn each_is_refused_by_its_name() {
    for (code, how, reject) in refusals(&principal(CLIENT), &principal("carol@EXAMPLE.TEST")) {
        assert_eq!(reject.reason().code(), code, "{how}");
    }
}

#[test]
fn a_ticket_under_our_session_key_is_accepted() {
    for mech_type in [MechType::KRB5, U2U] {
        let login = framed_by(mech_type, login());
        let accepted = server().accepted(&login);
        assert_eq!(accepted.context.initiator().display(), CLIENT);
        assert_eq!(accepted.context.acceptor().unwrap().display(), OWN);
        assert_eq!(accepted.context.mech_type(), MechType::KRB5);
        let details = accepted.details();
        assert_eq!((details.sealed_by, details.kvno), (SealedBy::SessionKey, 0));
        assert_eq!(details.key_match, Match::Exact);
        assert_eq!(details.service, principal(OWN));
        // The answer is framed as the question was: Windows and FreeRDP look at it.
        let token = accepted.token.unwrap();
        let (token_id, ap_rep) = unframed_of(mech_type, token.as_bytes());
        assert_eq!(token_id, [2, 0]);
        open_ap_rep(ap_rep, &login);
    }
}

/// The framing of that mechanism says the same as the option, which nothing protects anyway.
#[test]
fn the_framing_alone_says_user_to_user() {
    let mut login = framed_by(U2U, login());
    login.ap_options = ApOptions::MUTUAL_REQUIRED;
    assert_eq!(server().verdict(&login), "accepted");
    // Without it and the option the ticket is one of the keytab.
    let login = framed_by(MechType::KRB5, login);
    assert_eq!(server().verdict(&login), "krb5.service_absent");
}

#[test]
fn a_keytab_goes_on_beside_it() {
    let both = Server::configured(|builder| builder.user_to_user(Arc::new(own_ticket())));
    assert_eq!(both.verdict(&login()), "accepted");
    let accepted = both.accepted(&Login::default());
    assert_eq!(accepted.details().sealed_by, SealedBy::ServiceKey);
    // Neither key opens for the other.
    let mut of_keytab = login();
    of_keytab.ticket.service_key = Login::default().ticket.service_key;
    assert_eq!(both.verdict(&of_keytab), "krb5.user_to_user_key");
    let mut of_session = Login::default();
    of_session.ticket.service_key = own_key();
    assert_eq!(both.verdict(&of_session), "krb5.wrong_key");
}

/// What a refused client is told, in its framing.
#[test]
fn an_error_is_framed_as_the_question_was() {
    let mut server = server();
    server.now = after(36_301);
    let reject = server.refused(&framed_by(U2U, login()));
    let (token_id, message) = unframed_of(U2U, reject.token().unwrap().as_bytes());
    assert_eq!(token_id, [3, 0]);
    // KRB_AP_ERR_NO_TGT
    assert_eq!(KrbError::decode(message).unwrap().error_code.0, 67);
}

/// As Windows does it (TGT-REQ under its own name for Kerberos), and as FreeRDP does.
#[test]
fn a_client_gets_our_ticket_and_comes_back_with_one_under_its_session_key() {
    for mech_types in [
        &[MechType::MS_KRB5, MechType::KRB5, MechType::NTLMSSP][..],
        &[U2U, MechType::KRB5],
    ] {
        let server = server();
        let token = neg_token_init(mech_types, &framed_tgt_req());
        let Ok(Step::Continue { token, exchange }) = server.judge_token(&token) else {
            panic!("no ticket")
        };
        let response = Response::read(token.as_bytes());
        assert_eq!(response.supported_mech.as_deref(), Some(mech_types[0].contents()));
        assert_eq!(tgt_of(&response.token.unwrap()), own_ticket().ticket());
        let login = framed_by(U2U, login());
        let answered = server.step(exchange, &resp(Some(&login.token()), None));
        let Ok(Step::Continue { token, exchange }) = answered else {
            panic!("not accepted: {answered:?}")
        };
        let answer = Response::read(token.as_bytes());
        let (token_id, ap_rep) = unframed_of(U2U, answer.token.as_ref().unwrap());
        assert_eq!(token_id, [2, 0]);
        // Both end with the MICs of the list, ours first.
        let flags = ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY);
        let mut messages = protection(&login, Some(open_ap_rep(ap_rep, &login)), flags);
        let list = mech_type_list(mech_types);
        let ours = answer.mech_list_mic.unwrap();
        assert_eq!(messages.verify_mic(&list, &ours), Ok(MessageOrder::Expected));
        let theirs = messages.get_mic(&list).unwrap();
        let concluded = server.step(exchange, &resp(None, Some(&theirs)));
        let Ok(Step::Complete { token: None, context }) = concluded else {
            panic!("not concluded: {concluded:?}")
        };
        assert_eq!(context.negotiation(), Negotiation::Spnego);
    }
}

/// Without SPNEGO, and each optional field by itself.
#[test]
fn a_request_may_name_anybody_or_nobody() {
    for names in [
        &[][..],
        &["bob", "EXAMPLE.TEST"],
        &["TERMSRV/host.example.test", "EXAMPLE"],
    ] {
        let token = framed_as(U2U, [4, 0], &tgt_req(5, 16, names));
        let Ok(Step::Continue { token, .. }) = server().judge_token(&token) else {
            panic!("no ticket")
        };
        assert_eq!(tgt_of(token.as_bytes()), own_ticket().ticket());
    }
}

#[test]
fn nobody_gets_the_ticket_twice_or_an_expired_one() {
    let (_, exchange) = tgt_given(&server());
    let reject = server().step(exchange, &framed_tgt_req()).unwrap_err();
    assert_eq!(fact(&reject), Fact::NotApReq([4, 0]));
    let mut late = server();
    late.now = after(36_301);
    let reject = late.judge_token(&framed_tgt_req()).unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.own_ticket_expired");
}

/// In the framing of plain Kerberos there is no such token.
#[test]
fn the_request_belongs_to_its_own_mechanism() {
    let token = framed_as(MechType::KRB5, [4, 0], &tgt_req(5, 16, &[]));
    let reject = server().judge_token(&token).unwrap_err();
    assert_eq!(fact(&reject), Fact::NotApReq([4, 0]));
}

/// To an acceptor without a ticket of its own the mechanism does not exist outside Kerberos' names for it.
#[test]
fn who_has_no_ticket_refuses_by_name() {
    let without = Server::default();
    assert_eq!(without.fact(&login()), Fact::UserToUser);
    let reject = without.judge_token(&framed_tgt_req()).unwrap_err();
    assert_eq!(reject.reason().code(), "spnego.no_common_mechanism");
    let listed = neg_token_init(&[MechType::MS_KRB5], &framed_by(U2U, login()).token());
    assert_eq!(fact(&without.judge_token(&listed).unwrap_err()), Fact::UserToUser);
    let advice = without.refused(&login()).reason().advice();
    assert!(advice.contains("user_to_user"), "{advice}");
}

/// The skew is for clocks that are apart, as with any ticket.
#[test]
fn our_own_ticket_ends_when_it_ends() {
    for (seconds, verdict) in [(36_300, "accepted"), (36_301, "krb5.own_ticket_expired")] {
        let mut server = server();
        server.now = after(seconds);
        let mut login = login();
        login.ticket.endtime = after(40_000);
        login.authenticator.ctime = after(seconds);
        assert_eq!(server.verdict(&login), verdict, "{seconds}");
    }
    let mut server = server();
    server.now = after(36_301);
    assert_eq!(
        server.fact(&login()),
        Fact::OwnTicketExpired {
            // As a KerberosTime says it.
            ended: Timestamp::from_unix_micros(NOW.unix_micros() + 36_000_000_000),
            now: after(36_301)
        }
    );
}

/// RFC 4120 section 3.3.3: the KDC makes such a ticket for the ticket's own client; Windows' for any name of the account.
#[test]
fn the_ticket_is_for_us() {
    let alias = "TERMSRV/host.example.test@EXAMPLE.TEST";
    let mut of_alias = login();
    of_alias.ticket.service = principal(alias);
    let own = vec![principal(OWN)];
    assert_eq!(server().fact(&of_alias), Fact::UserToUserOtherName { own });
    let reject = server().refused(&of_alias);
    assert_eq!(reject.reason().expected(), format!("a ticket for \"{OWN}\""));
    let mut elsewhere = login();
    elsewhere.ticket.service = principal("bob@OTHER.TEST");
    assert_eq!(server().verdict(&elsewhere), "krb5.user_to_user_name");

    let mut named = server();
    named.configure = |builder| {
        let alias = principal("TERMSRV/host.example.test@EXAMPLE.TEST");
        builder.user_to_user(Arc::new(own_ticket().also_named(alias).unwrap()))
    };
    let accepted = named.accepted(&of_alias);
    assert_eq!(accepted.context.acceptor().unwrap().display(), alias);
    assert_eq!(accepted.details().key_match, Match::Exact);
    let accepted = named.accepted(&login());
    assert_eq!(accepted.context.acceptor().unwrap().display(), OWN);
}

/// One key, several names: a restriction is met by any of them, as with the keys of a keytab.
#[test]
fn a_restriction_to_names_holds_here_too() {
    let mut restricted = server();
    restricted.names = vec!["TERMSRV@host.example.test"];
    let allowed = vec![ServiceName::parse("TERMSRV@host.example.test").unwrap()];
    assert_eq!(
        restricted.fact(&login()),
        Fact::NoKey(KeytabMiss::NotAllowedHere { allowed })
    );
    let expected = restricted.refused(&login()).reason().expected();
    assert_eq!(
        expected,
        "a ticket for one of the allowed names: \"TERMSRV@host.example.test\""
    );
    restricted.configure = |builder| {
        let alias = principal("TERMSRV/host.example.test@EXAMPLE.TEST");
        builder.user_to_user(Arc::new(own_ticket().also_named(alias).unwrap()))
    };
    assert_eq!(restricted.verdict(&login()), "accepted");
    // And over the exchange of tickets.
    restricted.configure = server().configure;
    let (_, exchange) = tgt_given(&restricted);
    let reject = restricted.step(exchange, &login().token()).unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.service_not_allowed");
}

/// What the exchange was begun with counts for its second token.
#[test]
fn bindings_and_address_are_those_of_the_exchange() {
    let mut server = server();
    server.bindings = Some(ChannelBindings::from_application_data("tls-server-end-point:x"));
    server.bindings_policy = BindingsPolicy::Require;
    let (_, exchange) = tgt_given(&server);
    let reject = server.step(exchange, &login().token()).unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.bindings_required");

    let mut addressed = login();
    addressed.ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1])]);
    let here = |address: [u8; 4]| {
        let server = self::server();
        let exchange = server.exchange().initiator_address(address.into());
        let Ok(Step::Continue { exchange, .. }) = server.step(exchange, &framed_tgt_req()) else {
            panic!("no ticket")
        };
        server.step(exchange, &addressed.token()).map(drop)
    };
    assert!(here([192, 0, 2, 1]).is_ok());
    let reject = here([192, 0, 2, 2]).unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.address_mismatch");
    let mut unlooked = self::server();
    unlooked.configure = |builder| {
        let policy = AddressPolicy::Ignore;
        builder.user_to_user(Arc::new(own_ticket())).addresses(policy)
    };
    assert_eq!(unlooked.verdict(&addressed), "accepted");
}

/// A source whose ticket is replaced.
#[derive(Clone, Debug)]
struct Renewed(Arc<Mutex<Arc<OwnTicket>>>);

impl OwnTicketSource for Renewed {
    fn current(&self) -> Arc<OwnTicket> {
        Arc::clone(&self.0.lock().unwrap())
    }
}

#[test]
fn a_renewed_ticket_is_used_at_once_and_the_old_one_where_it_was_given() {
    let source = Renewed(Arc::new(Mutex::new(Arc::new(own_ticket()))));
    let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
        .user_to_user(source.clone())
        .replay_cache(Arc::new(crate::common::Forgetful));
    let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
    let acceptor = acceptor.build().unwrap();
    let step = |exchange: Exchange<'_>, token: &[u8]| {
        let random = &mut Counting(0);
        exchange.step(token, &mut Ambient { now: NOW, random })
    };
    let Ok(Step::Continue { exchange, .. }) = step(acceptor.exchange(None), &framed_tgt_req()) else {
        panic!("no ticket")
    };
    let newer = key(ETYPE, "newer-session");
    *source.0.lock().unwrap() =
        Arc::new(OwnTicket::new(&tgt(OWN, KRBTGT, &newer), EncryptionTypes::new()).unwrap());
    let older_login = login().token();
    assert!(matches!(step(exchange, &older_login), Ok(Step::Complete { .. })));
    let reject = step(acceptor.exchange(None), &older_login).unwrap_err();
    assert_eq!(fact(&reject), Fact::OtherSessionKey);
    let mut login = login();
    login.ticket.service_key = newer;
    assert!(matches!(
        step(acceptor.exchange(None), &login.token()),
        Ok(Step::Complete { .. })
    ));
}

/// What signs for the service signs with the key that seals the ticket: MIT krb5's KDC takes the session key for both.
#[test]
fn pac_and_cammac_are_signed_with_the_session_key() {
    let with = |signer: &Key| {
        let mut login = login();
        let pac = Pac::new("alice", login.ticket.authtime).sign(signer, &key(ETYPE, "krbtgt"));
        let words = authorization_data(&[(97, &indicators(&["otp"]))]);
        let cammac = Cammac::new(words, signer, &key(ETYPE, "krbtgt")).encode();
        let both = authorization_data(&[(128, &pac), (96, &cammac)]);
        login.ticket.authorization_data = Some(authorization_data(&[(1, &both)]));
        login
    };
    let accepted = server().accepted(&with(&own_key()));
    assert!(accepted.details().pac.is_some());
    assert_eq!(accepted.details().authentication_indicators, ["otp"]);
    assert_eq!(accepted.details().warnings, []);
    assert_eq!(
        server().verdict(&with(&key(ETYPE, "service"))),
        "krb5.pac_signature_wrong"
    );
}

/// All that is asked of other tickets is asked of these.
#[test]
fn every_other_check_stays() {
    type Spoil = fn(&mut Server, &mut Login);
    let cases: [(&str, Spoil); 5] = [
        ("krb5.ticket_expired", |_, login| {
            login.ticket.endtime = after(-302);
        }),
        ("krb5.client_mismatch", |_, login| {
            login.authenticator.client = principal("mallory@EXAMPLE.TEST");
        }),
        ("krb5.clock_skew", |_, login| {
            login.authenticator.ctime = after(-301);
        }),
        ("krb5.transited_refused", |_, login| {
            login.set_client(&principal("alice@A.OTHER.TEST"));
            login.ticket.transited = b"EVIL.TEST".to_vec();
        }),
        ("krb5.authenticator_tampered", |_, login| {
            login.session_key = key(ETYPE, "another");
        }),
    ];
    for (code, spoil) in cases {
        let (mut server, mut login) = (server(), login());
        spoil(&mut server, &mut login);
        assert_eq!(server.verdict(&login), code);
    }
    let config = MemoryReplayConfig {
        on_start: OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let random = &mut Counting(0);
    let cache = MemoryReplayCache::new(config, &mut Ambient { now: NOW, random }).unwrap();
    let mut server = server();
    server.replay_cache = Arc::new(cache);
    assert_eq!(server.verdict(&login()), "accepted");
    assert_eq!(server.verdict(&login()), "krb5.replay");
    // Nor does the exchange of tickets make an old authenticator new.
    let (_, exchange) = tgt_given(&server);
    let reject = server.step(exchange, &login().token()).unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.replay");
}

#[test]
fn an_unknown_service_is_named_in_the_refusal() {
    let reject = server().refused(&login_of_another_session());
    let about = &error(&reject).about;
    assert_eq!(about.ticket.as_ref().unwrap().service, principal(OWN));
    assert_eq!(about.client, None);
}

fn login_of_another_session() -> Login {
    let mut login = login();
    login.ticket.service_key = key(ETYPE, "older-session");
    login
}

/// DCE style has bare tokens: the option alone says it (MS-KILE section 3.4.5.1).
#[test]
fn dce_style_works_with_it() {
    let mut login = login();
    login.framing = Framing::Bare;
    login.set_checksum(&GssChecksum::new(
        ContextFlags::DCE_STYLE.with(ContextFlags::INTEGRITY),
    ));
    assert_eq!(server().verdict(&login), "continue");
    let framed = framed_by(U2U, login);
    assert_eq!(server().fact(&framed), Fact::FramedDceStyle);
}

#[test]
fn an_acceptor_needs_a_key_or_a_ticket() {
    let builder =
        || Krb5::builder(Keytab::from_entries(Vec::new())).replay_cache(Arc::new(crate::common::Forgetful));
    assert_eq!(builder().build().unwrap_err(), Krb5ConfigError::NoUsableKey);
    assert!(builder().user_to_user(Arc::new(own_ticket())).build().is_ok());
}

#[test]
fn only_a_ticket_granting_ticket_of_its_own_realm_will_do() {
    for server in [
        "HTTP/www.example.test@EXAMPLE.TEST",
        "krbtgt/OTHER.TEST@EXAMPLE.TEST",
        "krbtgt/EXAMPLE.TEST@OTHER.TEST",
        "krbtgt/OTHER.TEST@OTHER.TEST",
        "krbtgt@EXAMPLE.TEST",
    ] {
        let refused = OwnTicket::new(&tgt(OWN, server, &own_key()), EncryptionTypes::new()).unwrap_err();
        assert_eq!(refused, OwnTicketError::NotTicketGranting, "{server}");
    }
    // DES3, and RC4, which nobody named.
    for etype in [16, 23] {
        let mut credential = tgt(OWN, KRBTGT, &own_key());
        credential.session_etype = etype;
        let refused = OwnTicket::new(&credential, EncryptionTypes::new()).unwrap_err();
        assert_eq!(refused, OwnTicketError::UnusableSessionKey(etype));
    }
    let mut credential = tgt(OWN, KRBTGT, &own_key());
    credential.ticket.push(0);
    assert!(matches!(
        OwnTicket::new(&credential, EncryptionTypes::new()),
        Err(OwnTicketError::BadTicket(_))
    ));
    let named = own_ticket().also_named(principal("TERMSRV/host@"));
    assert_eq!(named.unwrap_err(), OwnTicketError::BadName);
}

/// What a KDC seals with a session key is of its type: it is taken where the acceptor names that, for its own ticket and for all.
#[test]
fn a_session_key_of_a_named_type_is_taken_where_it_is_named() {
    let named = [
        (EncryptionType::Rc4Hmac, EncryptionTypes::new().danger_with_rc4()),
        #[cfg(feature = "camellia")]
        (
            EncryptionType::Camellia256CtsCmac,
            EncryptionTypes::new().with_camellia(),
        ),
    ];
    for (etype, types) in named {
        let own_key = key(etype, "own-session");
        let tgt = tgt(OWN, KRBTGT, &own_key);
        let refused = OwnTicket::new(&tgt, EncryptionTypes::new()).unwrap_err();
        assert_eq!(refused, OwnTicketError::UnusableSessionKey(etype.number()));
        let mut login = login();
        login.ticket.service_key = own_key;
        let judge = |policy: EncryptionTypes| {
            let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
                .user_to_user(Arc::new(OwnTicket::new(&tgt, types).unwrap()))
                .encryption_types(policy)
                .replay_cache(Arc::new(crate::common::Forgetful));
            let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
            let acceptor = acceptor.build().unwrap();
            let random = &mut Counting(0);
            acceptor
                .exchange(None)
                .step(&login.token(), &mut Ambient { now: NOW, random })
        };
        let Ok(Step::Complete { context, .. }) = judge(types) else {
            panic!("{etype}")
        };
        let details: &mech_krb5::Details = context.details().unwrap();
        assert_eq!((details.etype, details.sealed_by), (etype, SealedBy::SessionKey));
        let reject = judge(EncryptionTypes::new()).unwrap_err();
        assert_eq!(fact(&reject), Fact::EncryptionTypeRefused(etype.number()));
    }
}

#[test]
fn of_a_cache_the_ticket_of_its_principal_that_ends_last_is_taken() {
    let entry = |credential: Credential, sealed_by| {
        CcacheEntry::Credential(CcacheCredential {
            credential,
            sealed_by,
            addresses: Vec::new(),
            authorization_data: Vec::new(),
            second_ticket: Vec::new(),
        })
    };
    let ending = |client: &str, server: &str, seconds: i64| {
        let mut credential = tgt(client, server, &own_key());
        credential.endtime = NOW.plus(Seconds(u32::try_from(seconds).unwrap()));
        credential
    };
    let cache = |entries| Ccache {
        version: 4,
        kdc_time_offset: None,
        default_principal: principal(OWN),
        entries,
    };
    let service = || SealedBy::ServiceKey;
    let entries = vec![
        entry(ending(OWN, KRBTGT, 100), service()),
        entry(ending(OWN, KRBTGT, 300), service()),
        entry(ending(OWN, KRBTGT, 200), service()),
        entry(ending(OWN, KRBTGT, 400), SealedBy::SessionKey),
        entry(ending("carol@EXAMPLE.TEST", KRBTGT, 400), service()),
        entry(ending(OWN, "krbtgt/OTHER.TEST@EXAMPLE.TEST", 400), service()),
        CcacheEntry::Removed,
    ];
    let own = OwnTicket::from_ccache(&cache(entries), EncryptionTypes::new()).unwrap();
    assert_eq!(own.endtime(), NOW.plus(Seconds(300)));
    let debug = format!("{own:?}");
    assert!(
        debug.contains("bob@EXAMPLE.TEST") && !debug.contains("SECRET"),
        "{debug}"
    );
    assert_eq!(
        OwnTicket::from_ccache(&cache(vec![CcacheEntry::Removed]), EncryptionTypes::new()).unwrap_err(),
        OwnTicketError::Absent
    );
}

/// Where the request is wrong is told, for its maker.
#[test]
fn a_malformed_request_is_told_with_its_place() {
    let mut message = tgt_req(5, 16, &["bob", "EXAMPLE.TEST"]);
    message.push(0);
    let token = framed_as(U2U, [4, 0], &message);
    let reject = server().judge_token(&token).unwrap_err();
    let Fact::Malformed { part, error } = fact(&reject) else {
        panic!("{reject:?}")
    };
    assert_eq!((part, error.offset()), (Part::TgtReq, message.len() - 1));
    let seen = reject.reason().seen();
    assert!(seen.contains("of the request for our ticket"), "{seen}");
}
