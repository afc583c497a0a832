//! The messages of real initiators and acceptors, field by field, and what is refused.

use mech_ntlm::message::{
    Authenticate, AvId, AvPairs, Challenge, LmResponse, MessageError, MessageErrorKind, Negotiate,
    NegotiateFlags, NtResponse,
};
use negotiate_core::Timestamp;
use testvectors::ntlm_captures;

#[test]
fn every_captured_logon_reads_as_it_was_made() {
    let captures = ntlm_captures();
    assert_eq!(captures.len(), 15);
    for capture in captures {
        let name = capture.name();
        let [negotiate, challenge, authenticate] = capture.messages();

        let negotiate = Negotiate::decode(&negotiate).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(negotiate.flags.contains(NegotiateFlags::NTLM), "{name}");

        let challenge = Challenge::decode(&challenge).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(challenge.flags.contains(NegotiateFlags::TARGET_INFO), "{name}");
        assert!(
            !challenge.target_name.text(challenge.flags).unwrap().is_empty(),
            "{name}"
        );
        let offered = challenge.av_pairs().unwrap().unwrap();
        let computer = offered.find(AvId::NB_COMPUTER_NAME).unwrap().text().unwrap();
        assert!(!computer.is_empty(), "{name}");

        let authenticate =
            Authenticate::decode(&authenticate).unwrap_or_else(|error| panic!("{name}: {error}"));
        let user = authenticate.user_name.text(authenticate.flags).unwrap();
        let domain = authenticate.domain_name.text(authenticate.flags).unwrap();
        match capture.user() {
            Some(known) => assert_eq!(
                (user.as_str(), Some(&*domain)),
                (known, capture.domain()),
                "{name}"
            ),
            None => assert_eq!((user.as_str(), domain.as_str()), ("", ""), "{name}"),
        }
        match authenticate.nt_response().unwrap() {
            NtResponse::V2 { client_challenge, .. } => {
                let repeated = client_challenge.av_pairs;
                // MS-NLMP section 3.3.2: the initiator sends the acceptor's pairs back.
                let again = repeated.find(AvId::NB_COMPUTER_NAME).unwrap().text().unwrap();
                assert_eq!(again, computer, "{name}");
                if let Some(time) = offered.timestamp() {
                    assert_eq!(repeated.timestamp(), Some(time), "{name}");
                    let year = Timestamp::from_file_time(time).map(|time| time.civil().0);
                    assert_eq!(year, Some(2026), "{name}");
                }
            }
            NtResponse::V1(_) => assert!(name.contains("v1"), "{name}"),
            NtResponse::Empty => assert!(name.contains("anonymous"), "{name}"),
        }
    }
}

/// From what a password was used for, it can be guessed: whoever prints a message to a log does not print that.
#[test]
fn no_response_is_printed() {
    for capture in ntlm_captures() {
        let [_, _, message] = capture.messages();
        let authenticate = Authenticate::decode(&message).unwrap();
        let (nt, lm) = (
            authenticate.nt_response().unwrap(),
            authenticate.lm_response().unwrap(),
        );
        let printed = format!("{authenticate:?} {nt:?} {lm:?}");
        let secrets = [
            authenticate.nt_challenge_response,
            authenticate.lm_challenge_response,
            authenticate.encrypted_random_session_key,
        ];
        for secret in secrets.iter().filter_map(|secret| secret.first_chunk::<8>()) {
            // The zeros of an initiator that sends none are no secret.
            let bytes = format!("{secret:?}");
            let bytes = bytes.trim_matches(['[', ']']);
            assert!(
                *secret == [0; 8] || !printed.contains(bytes),
                "{}: {printed}",
                capture.name()
            );
        }
    }
}

/// What the messages of some initiators are known for.
#[test]
fn what_differs_between_initiators_is_seen() {
    let [curl, _, answer] = message("clients/ntlm-curl");
    let curl = Negotiate::decode(&curl).unwrap();
    assert_eq!(curl.version, None);
    let answer = Authenticate::decode(&answer).unwrap();
    assert_eq!((answer.version, answer.mic), (None, None));
    assert_eq!(answer.workstation.text(answer.flags).unwrap(), "WORKSTATION");

    let [pyspnego, challenge, answer] = message("clients/ntlm-pyspnego-v2");
    assert!(Negotiate::decode(&pyspnego).unwrap().version.is_some());
    assert!(Challenge::decode(&challenge).unwrap().version.is_some());
    let answer = Authenticate::decode(&answer).unwrap();
    assert!(answer.version.is_some() && answer.mic.is_some_and(|mic| mic != [0; 16]));
    assert_eq!(answer.encrypted_random_session_key.len(), 16);
    let NtResponse::V2 { client_challenge, .. } = answer.nt_response().unwrap() else {
        panic!("version 2");
    };
    let flags = client_challenge.av_pairs.flags();
    assert!(flags.contains(mech_ntlm::message::AvFlags::MIC_PROVIDED));
    assert_eq!(client_challenge.after_av_pairs, [0; 4]);

    let [_, _, samba] = message("samba/ntlmv2-smbclient");
    let samba = Authenticate::decode(&samba).unwrap();
    assert!(matches!(samba.nt_response().unwrap(), NtResponse::V2 { .. }));
    let [_, _, anonymous] = message("samba/ntlm-anonymous-smbclient");
    let anonymous = Authenticate::decode(&anonymous).unwrap();
    assert_ne!(anonymous.lm_response().unwrap(), LmResponse::Response([0; 24]));
    assert!(anonymous.flags.contains(NegotiateFlags::ANONYMOUS));
}

fn message(name: &str) -> [Vec<u8>; 3] {
    let capture = ntlm_captures().into_iter().find(|capture| capture.name() == name);
    capture.unwrap().messages()
}

#[test]
fn every_truncation_is_an_error() {
    let [negotiate, challenge, authenticate] = message("clients/ntlm-pyspnego-v2");
    // Its payloads are empty: all of the header must be there, and the version is whole or absent.
    for len in 0..32 {
        assert_eq!(
            kind(Negotiate::decode(&negotiate[..len])),
            MessageErrorKind::Truncated,
            "{len}"
        );
    }
    assert_eq!(Negotiate::decode(&negotiate[..39]).unwrap().version, None);
    for len in 0..challenge.len() {
        assert!(Challenge::decode(&challenge[..len]).is_err(), "{len}");
    }
    for len in 0..authenticate.len() {
        assert!(Authenticate::decode(&authenticate[..len]).is_err(), "{len}");
    }
}

#[test]
fn payloads_lie_inside_the_message_and_behind_its_header() {
    let [_, challenge, _] = message("clients/ntlm-pyspnego-v2");
    let mut changed = challenge.clone();
    // TargetNameFields: the offset.
    changed[16..20].copy_from_slice(&47_u32.to_le_bytes());
    assert_eq!(
        Challenge::decode(&changed).unwrap_err(),
        MessageError {
            offset: 12,
            kind: MessageErrorKind::OutOfBounds
        }
    );
    changed[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(kind(Challenge::decode(&changed)), MessageErrorKind::OutOfBounds);
    // Of an empty field it means nothing.
    changed[12..14].copy_from_slice(&[0, 0]);
    assert!(Challenge::decode(&changed).unwrap().target_name.is_empty());
    // TargetInfoFields: the length, one too long.
    let mut changed = challenge.clone();
    let len = u16::from_le_bytes([challenge[40], challenge[41]]) + 1;
    changed[40..42].copy_from_slice(&len.to_le_bytes());
    let offset = u32::from_le_bytes([challenge[44], challenge[45], challenge[46], challenge[47]]);
    changed.truncate(offset as usize + usize::from(len) - 1);
    assert_eq!(
        Challenge::decode(&changed).unwrap_err(),
        MessageError {
            offset: 40,
            kind: MessageErrorKind::OutOfBounds
        }
    );
}

#[test]
fn what_is_another_message_is_named() {
    let [negotiate, challenge, _] = message("clients/ntlm-curl");
    assert_eq!(
        Challenge::decode(&negotiate).unwrap_err(),
        MessageError {
            offset: 8,
            kind: MessageErrorKind::MessageType(1)
        }
    );
    assert_eq!(
        kind(Negotiate::decode(&challenge)),
        MessageErrorKind::MessageType(2)
    );
    assert_eq!(kind(Negotiate::decode(&[b'n'; 40])), MessageErrorKind::Signature);
}

#[test]
fn av_pairs_have_an_end_and_the_lengths_of_their_types() {
    let kind_of = |list: &[u8]| kind(AvPairs::decode(list));
    assert_eq!(kind_of(&[]), MessageErrorKind::NoEndOfList);
    assert_eq!(kind_of(&[1, 0, 2, 0, b'A', 0]), MessageErrorKind::NoEndOfList);
    assert_eq!(kind_of(&[1, 0, 3, 0, b'A', 0]), MessageErrorKind::Truncated);
    assert_eq!(kind_of(&[0, 0, 1, 0, 0]), MessageErrorKind::AvLength(AvId::EOL));
    assert_eq!(
        kind_of(&[6, 0, 2, 0, 2, 0, 0, 0, 0, 0]),
        MessageErrorKind::AvLength(AvId::FLAGS)
    );
    let list = AvPairs::decode(&[1, 0, 2, 0, 0, 0xd8, 99, 0, 0, 0, 0, 0, 0, 0, 7]).unwrap();
    let pairs: Vec<_> = list
        .iter()
        .map(|pair| (pair.id.0, pair.value, pair.offset))
        .collect();
    assert_eq!(pairs, [(1, &[0, 0xd8][..], 4), (99, &[], 10)]);
    assert_eq!(
        list.find(AvId::NB_COMPUTER_NAME).unwrap().text().unwrap_err(),
        MessageError {
            offset: 4,
            kind: MessageErrorKind::BadUtf16
        }
    );
    assert_eq!(list.flags(), mech_ntlm::message::AvFlags(0));
}

#[test]
fn responses_are_told_by_their_length() {
    assert!(matches!(NtResponse::decode(&[]), Ok(NtResponse::Empty)));
    assert!(matches!(NtResponse::decode(&[7; 24]), Ok(NtResponse::V1(response)) if response == [7; 24]));
    assert_eq!(kind(NtResponse::decode(&[1; 23])), MessageErrorKind::Truncated);
    let mut v2 = [0; 48];
    v2[16..18].copy_from_slice(&[1, 1]);
    assert!(matches!(NtResponse::decode(&v2), Ok(NtResponse::V2 { .. })));
    v2[17] = 2;
    assert_eq!(
        NtResponse::decode(&v2).unwrap_err(),
        MessageError {
            offset: 16,
            kind: MessageErrorKind::BadResponse
        }
    );
    assert_eq!(LmResponse::decode(&[0]), Ok(LmResponse::Anonymous));
    assert_eq!(kind(LmResponse::decode(&[1])), MessageErrorKind::BadResponse);
    assert_eq!(LmResponse::decode(&[1; 24]), Ok(LmResponse::Response([1; 24])));
}

#[test]
fn flags_have_the_names_of_the_specification() {
    let flags = NegotiateFlags(0xe208_8237);
    assert_eq!(
        flags.names().collect::<Vec<_>>(),
        [
            "unicode",
            "oem",
            "request-target",
            "sign",
            "seal",
            "ntlm",
            "always-sign",
            "extended-sessionsecurity",
            "version",
            "128",
            "key-exch",
            "56",
        ]
    );
    assert_eq!((flags.unnamed(), NegotiateFlags(8).unnamed()), (0, 8));
}

fn kind<T: std::fmt::Debug>(result: Result<T, MessageError>) -> MessageErrorKind {
    result.unwrap_err().kind
}
