//! PACs in tickets: what is kept of them, what they are good for, and what the policy makes of bad ones.

use crate::forge::pac::Pac;
use crate::forge::{authorization_data, indicators};
use crate::login::{Accepted, ETYPE, Login, NOW, Server, after, key, principal};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::message::{EncTicketPart, Ticket};
use mech_krb5::pac::{BufferType, PacFault};
use mech_krb5::{Fact, PacPolicy, Warning};
use negotiate_core::der::Reader;

const IF_RELEVANT: i32 = 1;
const PAC: i32 = 128;

/// A PAC for this login, without checksums.
pub(crate) fn of(login: &Login) -> Pac {
    let names: Vec<_> = login
        .ticket
        .client
        .name()
        .components()
        .map(String::from_utf8_lossy)
        .collect();
    Pac::new(&names.join("/"), login.ticket.authtime)
}

/// Puts these bytes into the ticket where KDCs put PACs.
pub(crate) fn put(login: &mut Login, pac: &[u8]) {
    login.ticket.authorization_data = Some(if_relevant(&[(PAC, pac)]));
}

fn if_relevant(elements: &[(i32, &[u8])]) -> Vec<u8> {
    authorization_data(&[(IF_RELEVANT, &authorization_data(elements))])
}

fn krbtgt() -> Key {
    key(ETYPE, "krbtgt")
}

/// Signed by the KDC.
fn signed(login: &Login, pac: Pac) -> Vec<u8> {
    pac.sign(&login.ticket.service_key, &krbtgt())
}

/// A login with this PAC, signed.
fn with(pac: fn(Pac) -> Pac) -> Login {
    let mut login = Login::default();
    let pac = signed(&login, pac(of(&login)));
    put(&mut login, &pac);
    login
}

fn logon_info() -> Vec<u8> {
    testvectors::load("pac/logon-info.txt")[1].bytes("logon-info")
}

fn using() -> Server {
    Server::default()
}

fn requiring() -> Server {
    Server::configured(|builder| builder.pac(PacPolicy::Require))
}

fn ignoring() -> Server {
    Server::configured(|builder| builder.pac(PacPolicy::Ignore))
}

fn knowing_the_kdc() -> Server {
    Server::configured(|builder| {
        let other = key(EncryptionType::Aes128CtsHmacSha1_96, "krbtgt");
        builder.kdc_keys([other, key(ETYPE, "older"), krbtgt()])
    })
}

/// No attribute of the PAC has any effect.
fn assert_without(accepted: &Accepted, warnings: &[Warning]) {
    assert!(accepted.details().pac.is_none());
    assert_eq!(accepted.context.initiator().sid(), None);
    assert!(accepted.context.account().is_none());
    assert!(accepted.context.name_attributes().is_empty());
    assert_eq!(accepted.details().warnings, warnings);
}

#[test]
fn a_verified_pac_is_kept_and_its_sid_joins_the_name() {
    let login = with(|pac| pac.with(BufferType::LOGON_INFO, logon_info()));
    for server in [using(), requiring(), knowing_the_kdc()] {
        let accepted = server.accepted(&login);
        let pac = accepted.details().pac.as_ref().unwrap();
        let user = pac.user().unwrap();
        assert_eq!(user.to_string(), "S-1-5-21-2284869408-3503417140-1141177250-1106");
        assert_eq!(accepted.context.initiator().sid(), Some(user));
        assert_eq!(pac.logon_info().unwrap().unwrap().effective_name, "testuser1");
        assert_eq!(accepted.details().warnings, []);
    }
    assert_without(&ignoring().accepted(&login), &[]);
}

#[test]
fn a_pac_without_logon_information_names_no_sid() {
    let accepted = requiring().accepted(&with(|pac| pac));
    assert!(accepted.details().pac.is_some());
    assert_eq!(accepted.context.initiator().sid(), None);
    assert!(accepted.context.account().is_none());
}

/// What any application can ask for, whatever the mechanism.
#[test]
fn account_and_name_attributes_are_those_of_the_pac() {
    let login = with(|pac| pac.with(BufferType::LOGON_INFO, logon_info()));
    let accepted = using().accepted(&login);
    let account = accepted.context.account().unwrap().unwrap();
    let case = &testvectors::load("pac/logon-info.txt")[1];
    assert_eq!(account.sid.to_string(), case.text("user"));
    assert_eq!(account.sam_name, case.text("effective-name"));
    assert_eq!(account.domain, case.text("logon-domain-name"));
    let all = ["groups", "extra-sids", "resource-groups"].map(|list| case.lines(list));
    let all: Vec<_> = all.iter().flatten().filter(|line| !line.is_empty()).collect();
    let ours = account
        .all_groups()
        .map(|group| format!("{} {:#x}", group.sid, group.attributes));
    assert_eq!(
        ours.collect::<Vec<_>>(),
        all.into_iter().map(ToString::to_string).collect::<Vec<_>>()
    );

    let names: Vec<_> = accepted
        .context
        .name_attributes()
        .into_iter()
        .map(|attribute| attribute.name)
        .collect();
    let expected = [
        "",
        "client-info",
        "logon-info",
        "server-checksum",
        "privsvr-checksum",
    ];
    assert_eq!(names, expected.map(|name| format!("urn:mspac:{name}")));
    let attribute = accepted.context.name_attribute("URN:mspac:Logon-Info").unwrap();
    assert_eq!(attribute.values, [&logon_info()[..]]);
    assert!(!format!("{attribute:?}").contains("16, 8"), "{attribute:?}");
    assert!(
        accepted
            .context
            .name_attribute("urn:mspac:upn-dns-info")
            .is_none()
    );

    let ignored = ignoring().accepted(&login);
    assert!(ignored.context.account().is_none() && ignored.context.name_attributes().is_empty());
}

/// A group that is not seen might be one that is to be kept out.
#[test]
fn an_account_is_read_whole_or_not_at_all() {
    for unreadable in [
        BufferType::UPN_DNS_INFO,
        BufferType::DELEGATION_INFO,
        BufferType::CLIENT_CLAIMS,
    ] {
        let mut login = Login::default();
        let pac = of(&login)
            .with(BufferType::LOGON_INFO, logon_info())
            .with(unreadable, [0xff; 24]);
        let pac = signed(&login, pac);
        put(&mut login, &pac);
        let accepted = using().accepted(&login);
        let error = accepted.context.account().unwrap().unwrap_err();
        assert!(
            std::error::Error::source(&error).is_some(),
            "{unreadable}: {error}"
        );
    }
}

/// Outside AD-IF-RELEVANT it must be understood, and is.
#[test]
fn a_pac_may_stand_at_the_top() {
    let mut login = with(|pac| pac);
    let pac = signed(&login, of(&login));
    login.ticket.authorization_data = Some(authorization_data(&[(PAC, &pac)]));
    assert!(requiring().accepted(&login).details().pac.is_some());
    assert_without(&ignoring().accepted(&login), &[]);
}

/// The client's own word, and words that the KDC put elsewhere: decision about authorization data by container.
#[test]
fn a_genuine_pac_in_another_place_is_no_pac() {
    let login = Login::default();
    let pac = signed(&login, of(&login).with(BufferType::LOGON_INFO, logon_info()));
    let element = authorization_data(&[(PAC, &pac)]);
    let deeper = if_relevant(&[(IF_RELEVANT, &element)]);
    let mut places = Vec::new();
    let mut in_authenticator = login.clone();
    in_authenticator.authenticator.authorization_data = Some(if_relevant(&[(PAC, &pac)]));
    places.push(("authenticator", in_authenticator));
    let in_ticket = |data: Vec<u8>| {
        let mut login = login.clone();
        login.ticket.authorization_data = Some(data);
        login
    };
    places.push(("two AD-IF-RELEVANT", in_ticket(deeper)));
    let and_or = crate::forge::and_or(0, &element);
    places.push(("AD-AND-OR", in_ticket(if_relevant(&[(5, &and_or)]))));
    let issued = crate::forge::kdc_issued(&element, &login.session_key);
    places.push(("AD-KDCIssued", in_ticket(if_relevant(&[(4, &issued)]))));
    let cammac = crate::forge::Cammac::new(element, &login.ticket.service_key, &krbtgt()).encode();
    places.push(("CAMMAC", in_ticket(if_relevant(&[(96, &cammac)]))));
    for (place, login) in places {
        assert_without(&using().accepted(&login), &[]);
        assert_eq!(requiring().fact(&login), Fact::PacMissing, "{place}");
    }
}

#[test]
fn a_wrong_signature_refuses_whatever_the_policy_but_ignore() {
    let wrong = PacFault::ChecksumWrong;
    let mut login = Login::default();
    let another = key(ETYPE, "another");
    let of_type = PacFault::ChecksumType;
    let aes128 = key(EncryptionType::Aes128CtsHmacSha1_96, "service");
    for (service_key, fault) in [
        (&another, wrong(BufferType::SERVER_CHECKSUM)),
        (&aes128, of_type(BufferType::SERVER_CHECKSUM)),
    ] {
        let pac = of(&login).sign(service_key, &krbtgt());
        put(&mut login, &pac);
        for server in [using(), requiring(), knowing_the_kdc()] {
            assert_eq!(server.fact(&login), Fact::PacSignatureWrong(fault));
        }
        assert_without(&ignoring().accepted(&login), &[]);
    }
    let refused = using().refused(&login);
    assert_eq!(refused.reason().code(), "krb5.pac_signature_wrong");
}

#[test]
fn the_kdcs_signatures_count_where_its_key_is_known() {
    let mut login = Login::default();
    let pac = of(&login).sign(&login.ticket.service_key, &key(ETYPE, "a service that plays KDC"));
    put(&mut login, &pac);
    assert!(using().accepted(&login).details().pac.is_some());
    let fault = PacFault::ChecksumWrong(BufferType::KDC_CHECKSUM);
    assert_eq!(knowing_the_kdc().fact(&login), Fact::PacSignatureWrong(fault));
    // Of several keys the one of the right type tells what is the matter, wherever it stands.
    let server = Server::configured(|builder| {
        let other = key(EncryptionType::Aes128CtsHmacSha1_96, "krbtgt");
        builder.kdc_keys([key(ETYPE, "older"), other])
    });
    assert_eq!(server.fact(&login), Fact::PacSignatureWrong(fault));
}

/// MS-PAC section 2.8.2: over the ticket with one zero byte in the place of the PAC, wherever that stands.
#[test]
fn the_ticket_checksum_is_over_the_ticket_without_its_pac() {
    let server = knowing_the_kdc();
    type Around = fn(&[u8]) -> Vec<u8>;
    let lists: [Around; 4] = [
        |pac| if_relevant(&[(PAC, pac)]),
        |pac| authorization_data(&[(PAC, pac)]),
        |pac| if_relevant(&[(-1, b"before"), (PAC, pac), (-1, b"behind")]),
        |pac| {
            let inner = authorization_data(&[(PAC, pac)]);
            authorization_data(&[
                (IF_RELEVANT, &authorization_data(&[(-1, b"")])),
                (IF_RELEVANT, &inner),
                (8, b""),
            ])
        },
    ];
    for list in lists {
        let mut login = Login::default();
        login.ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1])]);
        login.ticket.renew_till = Some(after(100_000));
        login.set_client(&principal("alice@OTHER.TEST"));
        login.ticket.transited = b"TEST".to_vec();
        login.ticket.authorization_data = Some(list(&[0]));
        let mut pac = of(&login);
        pac.full = true;
        pac.ticket = Some(login.ticket.part());
        let pac = signed(&login, pac);
        login.ticket.authorization_data = Some(list(&pac));
        assert!(server.accepted(&login).details().pac.is_some());

        // The same PAC in another ticket of the same client.
        login.ticket.endtime = after(1_000_000);
        let fault = PacFault::ChecksumWrong(BufferType::TICKET_CHECKSUM);
        assert_eq!(server.fact(&login), Fact::PacSignatureWrong(fault));
        assert!(using().accepted(&login).details().pac.is_some());
    }
}

/// Each bad PAC is discarded as a whole with a warning, refused where one is required, and not looked at by `ignore`.
#[test]
fn what_is_not_a_wrong_signature_discards_the_pac_as_a_whole() {
    let login = Login::default();
    let signature = [16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let other_client = Pac::new("mallory", login.ticket.authtime);
    let other_time = Pac::new("alice", NOW);
    let bad_info = of(&login).with(BufferType::LOGON_INFO, b"no NDR".to_vec());
    let genuine = signed(&login, of(&login).with(BufferType::LOGON_INFO, logon_info()));
    let twice = of(&login)
        .with(BufferType::UPN_DNS_INFO, [0; 12])
        .with(BufferType::UPN_DNS_INFO, [0; 12]);
    for (pac, fault) in [
        (b"".to_vec(), PacFault::Truncated),
        (
            genuine[..genuine.len() / 2].to_vec(),
            PacFault::OutOfBounds(BufferType::LOGON_INFO),
        ),
        (
            of(&login).bytes(),
            PacFault::ChecksumMissing(BufferType::SERVER_CHECKSUM),
        ),
        (
            of(&login).with(BufferType::SERVER_CHECKSUM, signature).bytes(),
            PacFault::ChecksumMissing(BufferType::KDC_CHECKSUM),
        ),
        (
            signed(&login, twice),
            PacFault::DuplicateBuffer(BufferType::UPN_DNS_INFO),
        ),
        (signed(&login, Pac::default()), PacFault::ClientInfoMissing),
        (signed(&login, other_client), PacFault::ClientMismatch),
        (signed(&login, other_time), PacFault::AuthtimeMismatch),
        (signed(&login, bad_info), PacFault::BadContent),
    ] {
        let mut login = login.clone();
        put(&mut login, &pac);
        assert_without(&using().accepted(&login), &[Warning::PacDiscarded(fault)]);
        assert_eq!(requiring().fact(&login), Fact::PacUnusable(fault));
        assert_without(&ignoring().accepted(&login), &[]);
    }
}

/// Every bit of a PAC in a ticket (in a debug build every eleventh), by each policy: a wrong checksum refuses, what makes it
/// no PAC discards it, and only the KDC's signature may change, for whose key this acceptor does not have.
#[test]
fn a_flipped_bit_refuses_or_discards_as_the_policy_says() {
    let mut login = Login::default();
    let genuine = signed(&login, of(&login).with(BufferType::LOGON_INFO, logon_info()));
    let (mut refused, mut discarded, mut uncovered) = (0, 0, Vec::new());
    for bit in (0..genuine.len() * 8).step_by(if cfg!(debug_assertions) { 11 } else { 1 }) {
        let mut pac = genuine.clone();
        pac[bit / 8] ^= 1 << (bit % 8);
        put(&mut login, &pac);
        assert_without(&ignoring().accepted(&login), &[]);
        match requiring()
            .judge(&login)
            .map_err(|reject| crate::login::fact(&reject))
        {
            Ok(_) => {
                assert!(using().accepted(&login).details().pac.is_some());
                uncovered.push(bit / 8);
            }
            Err(fact @ Fact::PacSignatureWrong(_)) => {
                assert_eq!(using().fact(&login), fact);
                refused += 1;
            }
            Err(Fact::PacUnusable(fault)) => {
                assert_without(&using().accepted(&login), &[Warning::PacDiscarded(fault)]);
                discarded += 1;
            }
            Err(fact) => panic!("bit {bit}: {fact:?}"),
        }
    }
    // The KDC's signature is the PAC's last buffer: a type, and twelve bytes.
    let kdc_signature = genuine.len() - 12..genuine.len();
    assert!(
        uncovered.iter().all(|byte| kdc_signature.contains(byte)),
        "{uncovered:?}"
    );
    assert!(refused > 0 && discarded > 0 && !uncovered.is_empty());
}

/// The ticket of MIT krb5's tests, and its keys.
fn of_windows_2022() -> testvectors::Case {
    testvectors::load("pac/windows-2022-ticket.txt").remove(0)
}

/// A ticket of Windows Server 2022 as its KDC wrote it, with an authenticator of ours: all four checksums fit, that over the
/// ticket among them, and with the KDC's key no bit of the ticket can be changed (of its authorization data, in a debug build every
/// eleventh is).
#[test]
fn a_ticket_of_windows_server_2022_is_covered_whole() {
    let case = of_windows_2022();
    let bytes = case.bytes("ticket");
    let ticket = Ticket::decode(&mut Reader::new(&bytes)).unwrap();
    let service_key = Key::new(ETYPE, &case.bytes("key")).unwrap();
    let mut plaintext = ticket.enc_part.cipher.to_vec();
    service_key
        .for_usage(KeyUsage::TICKET)
        .decrypt_vec(&mut plaintext)
        .unwrap();
    let part = EncTicketPart::decode(&plaintext).unwrap();
    let session_key = Key::new(ETYPE, part.key.keyvalue).unwrap();
    let mut login = Login::default();
    login.ticket.service_key = service_key;
    login.set_client(&part.cname.in_realm(part.crealm).to_owned());
    login.set_session_key(&session_key);
    login.authenticator.ctime = part.starttime.unwrap();
    login.ticket_plaintext = Some(plaintext.clone());
    let server = Server {
        now: part.starttime.unwrap(),
        configure: |builder| {
            let kdc_key = Key::new(ETYPE, &of_windows_2022().bytes("kdc-key")).unwrap();
            builder.pac(PacPolicy::Require).kdc_keys([kdc_key])
        },
        ..Server::with_key_of(&login)
    };
    let accepted = server.accepted(&login);
    assert_eq!(
        accepted.context.account().unwrap().unwrap().sid.to_string(),
        case.text("user")
    );

    let mut of_the_ticket = 0;
    // The field `authorization-data`.
    let data = plaintext
        .windows(2)
        .position(|bytes| bytes == [0xaa, 0x82])
        .unwrap();
    let step = if cfg!(debug_assertions) { 11 } else { 1 };
    for bit in (0..data * 8).chain((data * 8..plaintext.len() * 8).step_by(step)) {
        let mut flipped = plaintext.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        login.ticket_plaintext = Some(flipped);
        let fault = PacFault::ChecksumWrong(BufferType::TICKET_CHECKSUM);
        if server.fact(&login) == Fact::PacSignatureWrong(fault) {
            of_the_ticket += 1;
        }
    }
    // Flags, and times that do not matter here: nothing else saw that they were changed.
    assert!(of_the_ticket > 0);
}

#[test]
fn of_two_pacs_neither_counts() {
    let login = Login::default();
    let pac = signed(&login, of(&login).with(BufferType::LOGON_INFO, logon_info()));
    let inner = authorization_data(&[(PAC, &pac)]);
    for two in [
        if_relevant(&[(PAC, &pac), (PAC, &pac)]),
        authorization_data(&[(IF_RELEVANT, &inner), (IF_RELEVANT, &inner)]),
        authorization_data(&[(PAC, &pac), (IF_RELEVANT, &inner)]),
        if_relevant(&[(PAC, &pac), (PAC, b"")]),
    ] {
        let mut login = login.clone();
        login.ticket.authorization_data = Some(two);
        assert_without(
            &using().accepted(&login),
            &[Warning::PacDiscarded(PacFault::Repeated)],
        );
        assert_eq!(requiring().fact(&login), Fact::PacUnusable(PacFault::Repeated));
    }
}

/// The whole of a Windows login, by tokens of another project's tests: SIDs, groups and the restriction in the authenticator.
#[test]
fn tokens_of_windows_with_their_pacs() {
    let cases = testvectors::load("pac/windows-tokens.txt");
    for case in &cases {
        let etype = EncryptionType::from_number(case.number("etype")).unwrap();
        let service_key = Key::new(etype, &case.bytes("key")).unwrap();
        let server = Server {
            entries: vec![crate::login::entry(
                &principal(case.text("service")),
                case.number("kvno"),
                &service_key,
            )],
            now: negotiate_core::Timestamp::from_unix_micros(case.number("time-micros")),
            ..requiring()
        };
        let Ok(negotiate_core::Step::Complete { context, .. }) = server.judge_token(&case.bytes("token"))
        else {
            panic!("{case}")
        };
        let details = context.details::<mech_krb5::Details>().unwrap();
        assert_eq!(context.initiator().display(), case.text("client"), "{case}");
        assert_eq!(
            context.initiator().sid().unwrap().to_string(),
            case.text("user"),
            "{case}"
        );
        let info = details.pac.as_ref().unwrap().logon_info().unwrap().unwrap();
        let groups: Vec<_> = info
            .groups
            .iter()
            .map(|group| format!("{} {:#x}", group.sid, group.attributes))
            .collect();
        assert_eq!(groups, case.lines("groups"), "{case}");
        let restrictions = details.token_restrictions.unwrap();
        assert_eq!(
            restrictions.limited,
            case.number::<u32>("restriction-flags") == 1,
            "{case}"
        );
        assert_eq!(
            restrictions.integrity_level,
            case.number::<u32>("restriction-integrity-level"),
            "{case}"
        );
        assert_eq!(
            restrictions.machine_id[..],
            case.bytes("restriction-machine-id"),
            "{case}"
        );
    }
    assert_eq!(cases.len(), 2);
}

/// Indicators are no buffer of a PAC, nor does a PAC bring any.
#[test]
fn a_pac_brings_no_indicators() {
    let mut login = Login::default();
    let pac = signed(&login, of(&login).with(BufferType(97), indicators(&["otp"])));
    put(&mut login, &pac);
    assert_eq!(
        using().accepted(&login).details().authentication_indicators,
        [""; 0]
    );
}
