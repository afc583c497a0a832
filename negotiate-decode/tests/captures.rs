//! What real peers sent and wrote is shown without a fault, and says what is known of it.

mod common;

use common::{at, find, flags, hides, keys, number, principal, seconds, sound, text};
use mech_krb5::keytab::Keytab;
use mech_krb5::message::TicketFlags;
use negotiate_decode::{Keys, Node, Value, decode};
use testvectors::{
    Capture, ListedCredential, captures, ccache_captures, exchange_captures, keytab_captures, ntlm_captures,
    user_to_user_captures,
};

/// The encryption types that can be opened.
fn can_be_opened(etype: i32) -> bool {
    matches!(etype, 17..=20 | 23 | 25 | 26)
}

#[test]
fn tokens_say_what_is_known_of_them() {
    let (mut opened, mut replies) = (0, 0);
    for capture in captures() {
        let name = capture.name();
        if !capture.case().has("keytab") {
            continue;
        }
        let mut keys = keys([capture.keytab()]);
        let token = decode(&capture.initiator_token(), &mut keys);
        sound(name, &token);
        let ap_req = at(&token.root, "AP-REQ");
        let ticket = at(ap_req, "ticket");
        assert_eq!(principal(ticket, "sname", "realm"), capture.target(), "{name}");
        assert_eq!(
            number(ticket, "enc-part/etype"),
            capture.ticket_etype().into(),
            "{name}"
        );
        let kvno = capture.ticket_kvno();
        assert_eq!(
            find(ticket, "kvno").map_or(0, |_| number(ticket, "kvno")),
            kvno.into(),
            "{name}"
        );
        if !can_be_opened(capture.ticket_etype()) {
            assert_eq!(find(&token.root, "EncTicketPart"), None, "{name}");
            continue;
        }
        opened += 1;
        let part = at(ticket, "EncTicketPart");
        assert_eq!(principal(part, "cname", "crealm"), capture.initiator(), "{name}");
        let authenticator = at(ap_req, "authenticator/Authenticator");
        assert_eq!(
            principal(authenticator, "cname", "crealm"),
            capture.initiator(),
            "{name}"
        );
        let mut secrets: Vec<Vec<u8>> = Keytab::parse(&capture.keytab())
            .unwrap()
            .entries()
            .iter()
            .map(|entry| entry.key().expose().clone())
            .collect();
        if let Some((etype, key)) = capture.session_key() {
            assert_eq!(number(part, "key/keytype"), etype.into(), "{name}");
            assert_eq!(at(part, "key/keyvalue").value, Value::Secret(key.len()), "{name}");
            secrets.push(key);
        }
        secrets.extend(capture.context_key());
        initiator_flags(&capture, authenticator);
        delegation(&capture, authenticator);
        pac(&capture, part);
        hides(&token, &secrets);
        if let Some(answer) = capture.acceptor_token() {
            let answer = decode(&answer, &mut keys);
            sound(name, &answer);
            // Without mutual authentication there is none.
            if let Some(reply) = find(&answer.root, "AP-REP") {
                // The acceptor repeats the client's time (RFC 4120 section 3.2.4).
                let part = at(reply, "EncAPRepPart");
                assert_eq!(
                    at(part, "ctime").value,
                    at(authenticator, "ctime").value,
                    "{name}"
                );
                assert_eq!(number(part, "cusec"), number(authenticator, "cusec"), "{name}");
                replies += 1;
            }
            hides(&answer, &secrets);
        }
    }
    assert!(opened > 40 && replies > 25, "{opened}, {replies}");
}

/// Those that the acceptor takes over from the initiator (RFC 4121 section 4.1.1.1), and bindings.
fn initiator_flags(capture: &Capture, authenticator: &Node) {
    const TAKEN: [(u32, &str); 5] = [
        (0x2, "mutual"),
        (0x4, "replay"),
        (0x8, "sequence"),
        (0x10, "confidentiality"),
        (0x20, "integrity"),
    ];
    let sent = flags(authenticator, "cksum/Flags");
    if let Some(known) = capture.acceptor_flags().filter(|_| capture.peer() == "mit") {
        for (bit, flag) in TAKEN {
            let is_sent = sent.iter().any(|sent| sent == flag);
            assert_eq!(is_sent, known & bit != 0, "{}: {flag}", capture.name());
        }
    }
    let bound = at(authenticator, "cksum/Bnd").meaning.as_deref() == Some("channel bindings");
    if let Some(bindings) = capture.channel_bindings() {
        assert_eq!(bound, bindings.sent, "{}", capture.name());
    }
}

fn delegation(capture: &Capture, authenticator: &Node) {
    let deleg = find(authenticator, "Deleg");
    let Some(delegated) = capture.delegated() else {
        return;
    };
    let name = capture.name();
    // What MIT delegates by S4U2proxy has no KRB-CRED.
    let Some(deleg) = deleg else {
        assert!(
            !flags(authenticator, "cksum/Flags").contains(&"delegate".to_owned()),
            "{name}"
        );
        return;
    };
    let info = at(deleg, "EncKrbCredPart/info");
    assert_eq!(principal(info, "pname", "prealm"), delegated.client, "{name}");
    assert_eq!(principal(info, "sname", "srealm"), delegated.server, "{name}");
    assert_eq!(number(info, "key/keytype"), delegated.key_etype.into(), "{name}");
    let names: Vec<&str> = TicketFlags(delegated.ticket_flags).names().collect();
    assert_eq!(flags(info, "flags"), names, "{name}");
    let times = ["starttime", "endtime", "renew-till"].map(|time| seconds(info, time));
    let known = [delegated.start_time, delegated.end_time, delegated.renew_till];
    assert_eq!(times, known, "{name}");
}

fn pac(capture: &Capture, part: &Node) {
    let name = capture.name();
    if capture.case().has("client-sid") {
        let info = at(part, "PAC/logon-info");
        let sid = at(info, "UserId").meaning.as_deref();
        assert_eq!(sid, Some(capture.case().text("client-sid")), "{name}");
    }
    if capture.case().has("client-groups") {
        let groups = at(part, "PAC/logon-info/deferred");
        let groups = groups
            .children
            .iter()
            .filter(|child| child.name == "GroupIds")
            .count();
        assert_eq!(groups, capture.case().lines("client-groups").len(), "{name}");
    }
    let Some(pac) = find(part, "PAC") else {
        return;
    };
    let verdict = pac.meaning.as_deref();
    assert_eq!(
        verdict,
        Some("its server checksum is right, and it speaks of this client"),
        "{name}"
    );
}

#[test]
fn per_message_tokens_show_their_heads() {
    let mut shown = 0;
    for capture in captures() {
        for message in capture.per_message() {
            let token = decode(&message.token, &mut Keys::none());
            sound(capture.name(), &token);
            if message.token[0] == 0x60 {
                assert!(find(&token.root, "SND_SEQ").is_some());
                continue;
            }
            let flags = flags(&token.root, "Flags");
            let by_acceptor = message.sender == testvectors::Sender::Acceptor;
            assert_eq!(
                flags.contains(&"sent-by-acceptor".into()),
                by_acceptor,
                "{}",
                capture.name()
            );
            let sealed = message.kind == testvectors::PerMessageKind::WrapConfidential;
            assert_eq!(flags.contains(&"sealed".into()), sealed, "{}", capture.name());
            let is_mic = message.kind == testvectors::PerMessageKind::Mic;
            assert_eq!(token.kind.id, if is_mic { "mic" } else { "wrap" });
            shown += 1;
        }
    }
    assert!(shown > 100, "{shown}");
}

#[test]
fn keytabs_say_what_their_tools_list() {
    for capture in keytab_captures() {
        let name = capture.name();
        let keytab = decode(&capture.keytab(), &mut Keys::none());
        sound(name, &keytab);
        assert_eq!(
            number(&keytab.root, "version"),
            capture.version().into(),
            "{name}"
        );
        let entries: Vec<&Node> = keytab
            .root
            .children
            .iter()
            .filter(|node| node.name == "entry")
            .collect();
        let known = capture.entries();
        assert_eq!(entries.len(), known.len(), "{name}");
        for (entry, known) in entries.into_iter().zip(&known) {
            assert_eq!(entry.value, Value::Text(known.principal.clone()), "{name}");
            let kvno = match entry.child("vno") {
                Some(_) => number(entry, "vno"),
                None => number(entry, "vno8"),
            };
            assert_eq!(kvno, known.kvno.into(), "{name}");
            assert_eq!(number(entry, "enctype"), known.etype.into(), "{name}");
            assert_eq!(seconds(entry, "timestamp"), i64::from(known.timestamp), "{name}");
            let name_type = entry.child("name_type").map(|_| number(entry, "name_type"));
            assert_eq!(name_type, known.name_type.map(Into::into), "{name}");
            assert_eq!(at(entry, "key").value, Value::Secret(known.key.len()), "{name}");
        }
        hides(
            &keytab,
            &known.into_iter().map(|entry| entry.key).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn credential_caches_say_what_a_second_reader_lists() {
    for capture in ccache_captures() {
        let name = capture.name();
        let cache = decode(&capture.ccache(), &mut Keys::none());
        sound(name, &cache);
        assert_eq!(number(&cache.root, "version"), capture.version().into(), "{name}");
        assert_eq!(
            text(&cache.root, "default_principal"),
            capture.default_principal(),
            "{name}"
        );
        let credentials = cache
            .root
            .children
            .iter()
            .filter(|node| node.name == "credential");
        let known = capture.credentials();
        assert_eq!(credentials.clone().count(), known.len(), "{name}");
        for (node, known) in credentials.zip(&known) {
            credential(name, node, known);
        }
        hides(
            &cache,
            &known.into_iter().map(|known| known.key).collect::<Vec<_>>(),
        );
    }
}

fn credential(name: &str, node: &Node, known: &ListedCredential) {
    assert_eq!(text(node, "client"), known.client, "{name}");
    assert_eq!(text(node, "server"), known.server, "{name}");
    assert_eq!(number(node, "enctype"), known.key_etype.into(), "{name}");
    assert_eq!(at(node, "key").value, Value::Secret(known.key.len()), "{name}");
    let times = ["authtime", "starttime", "endtime", "renew_till"].map(|time| seconds(node, time));
    assert_eq!(times, known.times.map(i64::from), "{name}");
    assert_eq!(number(node, "is_skey"), known.is_skey.into(), "{name}");
    let names: Vec<&str> = TicketFlags(known.ticket_flags).names().collect();
    assert_eq!(flags(node, "ticket_flags"), names, "{name}");
    assert_eq!(
        node.child("ticket").unwrap().length - 4,
        known.ticket_len,
        "{name}"
    );
    assert_eq!(
        node.child("second_ticket").unwrap().length - 4,
        known.second_ticket_len,
        "{name}"
    );
    if !known.server.ends_with("@X-CACHECONF:") {
        assert_eq!(
            principal(at(node, "ticket/Ticket"), "sname", "realm"),
            known.server,
            "{name}"
        );
    }
}

/// A session key from a cache opens the reply to a request that nobody has the keytab for.
#[test]
fn a_credential_cache_opens_a_reply() {
    let capture = testvectors::capture("mit/etype18-spnego-mutual");
    let answer = capture.acceptor_token().unwrap();
    let closed = decode(&answer, &mut Keys::none());
    assert_eq!(find(&closed.root, "EncAPRepPart"), None);
    let mut keys = Keys::none();
    let (etype, key) = capture.session_key().unwrap();
    _ = decode(&cache_with(etype, &key), &mut keys);
    assert!(find(&decode(&answer, &mut keys).root, "EncAPRepPart").is_some());
}

/// The session key of the acceptor's own ticket opens the client's.
#[test]
fn a_credential_cache_opens_tickets_of_user_to_user_authentication() {
    for capture in user_to_user_captures() {
        let (name, token) = (capture.name(), capture.initiator_token());
        let mut keys = Keys::none();
        let closed = decode(&token, &mut keys);
        sound(name, &closed);
        assert_eq!(find(&closed.root, "EncTicketPart"), None, "{name}");
        sound(name, &decode(&capture.own_ccache(), &mut keys));
        let opened = decode(&token, &mut keys);
        sound(name, &opened);
        assert_eq!(
            flags(&opened.root, "ap-options"),
            ["use-session-key", "mutual-required"]
        );
        assert_eq!(
            principal(at(&opened.root, "ticket"), "sname", "realm"),
            capture.target()
        );
        for part in ["EncTicketPart", "Authenticator"] {
            assert_eq!(
                principal(at(&opened.root, part), "cname", "crealm"),
                capture.initiator()
            );
        }
        // The PAC, too, is signed with that key.
        let text = opened.text();
        assert!(text.contains("its server checksum is right"), "{name}\n{text}");
    }
}

/// The exchange before it, as sspi's initiator and FreeRDP write it.
#[test]
fn a_ticket_that_is_asked_for_and_given_is_shown() {
    let framing = b"\x06\x0a\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03";
    let framed = |token_id: [u8; 2], message: &[u8]| {
        let content = [&framing[..], &token_id, message].concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head: &[u8] = if content.len() < 128 {
            &[0x60, length[1]]
        } else {
            &[0x60, 0x82, length[0], length[1]]
        };
        [head, &content].concat()
    };
    let request = b"\x30\x2e\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x10\xa2\x18\x30\x16\xa0\x03\x02\x01\x03\xa1\x0f\x30\x0d\
        \x1b\x07TERMSRV\x1b\x02dc\xa3\x08\x1b\x06DOMAIN";
    let decoded = decode(&framed([4, 0], request), &mut Keys::none());
    sound("TGT-REQ", &decoded);
    let request = at(&decoded.root, "TGT-REQ");
    assert_eq!(principal(request, "server-name", "realm"), "TERMSRV/dc@DOMAIN");
    assert_eq!(at(request, "msg-type").meaning.as_deref(), Some("TGT-REQ"));

    let capture = &user_to_user_captures()[0];
    let cache = mech_krb5::ccache::Ccache::parse(&capture.own_ccache()).unwrap();
    let ticket = &cache.credentials().last().unwrap().credential.ticket;
    let length = |len: usize| u16::try_from(len).unwrap().to_be_bytes();
    let fields = [
        &b"\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x11\xa2\x82"[..],
        &length(ticket.len()),
        ticket,
    ]
    .concat();
    let reply = [&b"\x30\x82"[..], &length(fields.len()), &fields].concat();
    let decoded = decode(&framed([4, 1], &reply), &mut Keys::none());
    sound("TGT-REP", &decoded);
    assert_eq!(
        principal(at(&decoded.root, "TGT-REP/ticket"), "sname", "realm"),
        "krbtgt/MIT.TEST@MIT.TEST"
    );
}

/// A cache of version 3 with one ticket, which is no ticket.
fn cache_with(etype: i32, key: &[u8]) -> Vec<u8> {
    let principal = b"\0\0\0\x01\0\0\0\x01\0\0\0\x01R\0\0\0\x01a";
    let etype = u16::try_from(etype).unwrap().to_be_bytes();
    let length = u32::try_from(key.len()).unwrap().to_be_bytes();
    let head = [
        &b"\x05\x03"[..],
        principal,
        principal,
        principal,
        &etype,
        &etype,
        &length,
        key,
    ]
    .concat();
    [&head[..], &[0; 16 + 1 + 4 + 4 + 4 + 4 + 4]].concat()
}

#[test]
fn ntlm_messages_say_who_logs_on() {
    for capture in ntlm_captures() {
        let name = capture.name();
        let [negotiate, challenge, authenticate] = capture.tokens().map(|token| {
            let decoded = decode(&token, &mut Keys::none());
            sound(name, &decoded);
            decoded
        });
        assert!(
            flags(&negotiate.root, "NegotiateFlags").contains(&"ntlm".into()),
            "{name}"
        );
        let info = at(&challenge.root, "TargetInfo");
        let computer = text(info, "MsvAvNbComputerName");
        let message = at(&authenticate.root, "AUTHENTICATE_MESSAGE");
        let of = |field| find(message, field).map(|_| text(message, field));
        let (user, domain) = (of("UserName"), of("DomainName"));
        assert_eq!((user, domain), (capture.user(), capture.domain()), "{name}");
        if let Some(challenge) = find(message, "NTLMv2_CLIENT_CHALLENGE") {
            assert_eq!(text(challenge, "MsvAvNbComputerName"), computer, "{name}");
        } else {
            assert!(name.contains("v1") || name.contains("anonymous"), "{name}");
        }
    }
}

/// The last reply of an exchange is what the client kept.
#[test]
fn kdc_exchanges_say_what_the_client_got() {
    let mut compared = 0;
    for capture in exchange_captures() {
        let name = capture.name();
        let mut keys = keys(capture.keytabs().into_iter().map(|(_, file)| file));
        let messages: Vec<_> = capture
            .messages()
            .into_iter()
            .map(|(file, message)| {
                let decoded = decode(&message, &mut keys);
                let kind = file.trim_end_matches(".der").to_lowercase();
                assert!(
                    kind.ends_with(decoded.kind.id),
                    "{name}: {file} is a {}",
                    decoded.kind.id
                );
                // MIT's test database signs a PAC whose logon information is a word.
                let word =
                    |node: &Node| node.spec == "MS-PAC section 2.5" || node.spec == "MS-RPCE section 2.2.6";
                let faults = decoded
                    .faults()
                    .filter(|(node, _)| !name.starts_with("mittest/") || !word(node));
                assert_eq!(faults.count(), 0, "{name} {file}: {}", decoded.text());
                decoded
            })
            .collect();
        let Some(result) = capture.result() else {
            continue;
        };
        let reply = messages
            .iter()
            .rev()
            .find(|message| message.kind.id.ends_with("-rep"))
            .unwrap();
        let ticket = at(&reply.root, "ticket");
        let server = principal(ticket, "sname", "realm");
        let Some(known) = result.iter().rfind(|known| known.server == server) else {
            continue;
        };
        assert_eq!(principal(&reply.root, "cname", "crealm"), known.client, "{name}");
        // Closed where the KDC's key is of a type that cannot be opened.
        if let Some(part) = find(ticket, "EncTicketPart") {
            assert_eq!(principal(part, "cname", "crealm"), known.client, "{name}");
            let [authtime, starttime, endtime, renew_till] =
                ["authtime", "starttime", "endtime", "renew-till"].map(|time| seconds(part, time));
            // RFC 4120 section 5.3: absent means the same as authtime.
            let starttime = if starttime == 0 { authtime } else { starttime };
            let times = [authtime, starttime, endtime, renew_till];
            assert_eq!(times, known.times.map(i64::from), "{name}");
            let names: Vec<&str> = TicketFlags(known.ticket_flags).names().collect();
            assert_eq!(flags(part, "flags"), names, "{name}");
            assert_eq!(number(part, "key/keytype"), known.key_etype.into(), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

/// What the client's and the KDC's keys open of an exchange.
#[test]
fn sealed_parts_of_kdc_exchanges_are_opened() {
    let opened = |name: &str| {
        let capture = exchange_captures()
            .into_iter()
            .find(|capture| capture.name() == name)
            .unwrap();
        let mut keys = keys(capture.keytabs().into_iter().map(|(_, file)| file));
        let messages = capture.messages();
        let decoded = messages
            .into_iter()
            .map(|(_, message)| decode(&message, &mut keys).root);
        decoded.collect::<Vec<_>>()
    };
    let has = |messages: &[Node], name| messages.iter().any(|message| find(message, name).is_some());
    // PA-ENC-TIMESTAMP and the reply, by the client's key.
    let exchange = opened("mit/xchg-kinit-password-enctimestamp");
    assert!(
        has(&exchange, "PA-ENC-TS-ENC") && has(&exchange, "EncASRepPart") && has(&exchange, "ETYPE-INFO2")
    );
    // The ticket-granting ticket by the KDC's key, and with it everything else.
    let exchange = opened("heimdal/xchg-tgs-etype18");
    assert!(has(&exchange, "Authenticator") && has(&exchange, "EncTGSRepPart"));
    // FAST (RFC 6113) seals with keys that nothing tells: its outer layer is shown.
    let exchange = opened("mit/xchg-tgs-etype18");
    assert!(has(&exchange, "enc-fast-req") && has(&exchange, "enc-fast-rep"));
    let exchange = opened("mit/xchg-s4u2self");
    assert!(has(&exchange, "PA-FOR-USER") && has(&exchange, "PA-S4U-X509-USER"));
}
