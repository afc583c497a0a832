//! MIC and Wrap tokens (RFC 4121 section 4.2) from vectors: what we make of them, and make ourselves.

use crate::common::Counting;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::{
    ContextFlags, MessageOrder, PerMessage as _, PerMessageError, Protection, Random, RandomUnavailable,
};
use testvectors::{Case, load};

fn key(case: &Case) -> Key {
    let etype = EncryptionType::from_number(case.number("key-type")).unwrap();
    Key::new(etype, &case.bytes("key")).unwrap()
}

/// One end of the vectors' context, without an acceptor's subkey; its next number is this.
fn end(case: &Case, role: Role, number: u32) -> MessageProtection {
    let keys = ContextKeys {
        initiator: key(case),
        acceptor_subkey: None,
    };
    MessageProtection::new(role, keys, number, 0, ContextFlags::default())
}

/// The sender's role, and the receiver's.
fn roles(case: &Case) -> (Role, Role) {
    match case.text("sender") {
        "acceptor" => (Role::Acceptor, Role::Initiator),
        "initiator" => (Role::Initiator, Role::Acceptor),
        other => panic!("{case}: {other}"),
    }
}

#[test]
fn tokens_of_others_are_opened() {
    for case in load("krb5/per-message.txt") {
        let mut receiver = end(&case, roles(&case).1, 0);
        let (token, message) = (case.bytes("token"), case.bytes("message"));
        match case.text("kind") {
            "mic" => {
                let order = receiver.verify_mic(&message, &token);
                assert_eq!(order, Ok(MessageOrder::Expected), "{case}");
            }
            kind => {
                let opened = receiver.unwrap(&token).unwrap();
                assert_eq!(opened.message, message, "{case}");
                let is_sealed = opened.protection == Protection::Confidentiality;
                assert_eq!(is_sealed, kind == "wrap-confidential", "{case}");
            }
        }
    }
}

/// Gives the confounder that a vector was made with.
struct Given([u8; 16]);

impl Random for Given {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

impl Given {
    fn of(case: &Case, token: &[u8]) -> Self {
        let usage = match roles(case).0 {
            Role::Acceptor => KeyUsage::ACCEPTOR_SEAL,
            Role::Initiator => KeyUsage::INITIATOR_SEAL,
        };
        let mut sealed = token[16..].to_vec();
        key(case).for_usage(usage).decrypt_in_place(&mut sealed).unwrap();
        Self(*sealed.first_chunk().unwrap())
    }
}

#[test]
fn our_tokens_are_those_of_others() {
    let mut count = 0;
    for case in load("krb5/per-message.txt") {
        let (token, message) = (case.bytes("token"), case.bytes("message"));
        let is_wrap = case.text("kind") != "mic";
        // We neither rotate nor fill, and our contexts begin below 2^32.
        let is_rotated = is_wrap && token[6..8] != [0, 0];
        let Ok(number) = u32::try_from(case.number::<u64>("sequence-number")) else {
            continue;
        };
        if is_rotated {
            continue;
        }
        let mut sender = end(&case, roles(&case).0, number);
        let made = match case.text("kind") {
            "mic" => sender.get_mic(&message),
            "wrap" => sender.wrap(&message, Protection::Integrity, &mut Counting(0)),
            _ => sender.wrap(
                &message,
                Protection::Confidentiality,
                &mut Given::of(&case, &token),
            ),
        };
        assert_eq!(made.unwrap(), token, "{case}");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn tokens_that_are_wrong_are_refused_as_the_rfc_says() {
    for case in load("krb5/per-message-refused.txt") {
        let mut receiver = end(&case, roles(&case).1, 0);
        let token = case.bytes("token");
        let refused = match case.text("kind") {
            "mic" => receiver.verify_mic(&case.bytes("message"), &token).unwrap_err(),
            _ => receiver.unwrap(&token).unwrap_err(),
        };
        match case.expect() {
            "refused" => assert!(
                matches!(refused, PerMessageError::DefectiveToken | PerMessageError::BadMic),
                "{case}: {refused:?}"
            ),
            expected => assert_eq!(format!("{refused:?}"), expected, "{case}"),
        }
    }
}

/// Who has the key can make a checksum over any header; some mean nothing (RFC 4121 sections 4.2.2 and 4.2.6.1).
#[test]
fn a_mic_has_one_header() {
    let key = Key::new(EncryptionType::Aes128CtsHmacSha1_96, &[7; 16]).unwrap();
    let checksum_key = key.checksum_key(KeyUsage::INITIATOR_SIGN);
    let (defective, bad_mic) = (PerMessageError::DefectiveToken, PerMessageError::BadMic);
    for (at, value, expected) in [
        (8, 0, Ok(MessageOrder::Expected)),
        // Flags that nobody has defined are to be ignored.
        (2, 0x80, Ok(MessageOrder::Expected)),
        (2, 0x01, Err(bad_mic)),
        (2, 0x02, Err(defective)),
        (2, 0x04, Err(bad_mic)),
        (3, 0xfe, Err(defective)),
        (4, 0xfe, Err(defective)),
        (5, 0x00, Err(defective)),
        (6, 0x00, Err(defective)),
        (7, 0xfe, Err(defective)),
        (0, 0x05, Err(defective)),
        (1, 0x05, Err(defective)),
    ] {
        let mut header = *b"\x04\x04\x00\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x09";
        header[at] = value;
        let checksum = checksum_key.checksum(&[b"message", &header]);
        let token = [&header, checksum.as_bytes()].concat();
        let keys = ContextKeys {
            initiator: key.clone(),
            acceptor_subkey: None,
        };
        let flags = ContextFlags::default();
        let mut acceptor = MessageProtection::new(Role::Acceptor, keys, 0, 9, flags);
        assert_eq!(
            acceptor.verify_mic(b"message", &token),
            expected,
            "byte {at}: {value:#04x}"
        );
    }
}

/// The same for Wrap tokens, sealed and not: `clear` goes over the token, `inner` is what is sealed or signed, if it is another (RFC
/// 4121 sections 4.2.2, 4.2.4 and 4.2.6.2).
#[test]
fn a_wrap_has_one_header() {
    let key = Key::new(EncryptionType::Aes128CtsHmacSha1_96, &[7; 16]).unwrap();
    let (defective, bad_mic) = (PerMessageError::DefectiveToken, PerMessageError::BadMic);
    let open = |clear: [u8; 16], inner: [u8; 16], is_sealed: bool, filler: &[u8]| {
        let token = if is_sealed {
            let plain = [b"message", filler, &inner].concat();
            let key = key.for_usage(KeyUsage::INITIATOR_SEAL);
            [&clear[..], &key.encrypt(&plain, &mut Counting(0)).unwrap()].concat()
        } else {
            let checksum = key
                .checksum_key(KeyUsage::INITIATOR_SEAL)
                .checksum(&[b"message", &inner]);
            [&clear[..], b"message", checksum.as_bytes()].concat()
        };
        let keys = ContextKeys {
            initiator: key.clone(),
            acceptor_subkey: None,
        };
        let flags = ContextFlags::default();
        let mut acceptor = MessageProtection::new(Role::Acceptor, keys, 0, 9, flags);
        acceptor.unwrap(&token).map(|opened| opened.message)
    };
    for (is_sealed, flags, extra) in [(false, 0, 12), (true, 2, 0)] {
        let with = |at: usize, value: u8| {
            let mut clear = [5, 4, flags, 0xff, 0, extra, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
            clear[at] = value;
            let mut inner = clear;
            // What is signed has neither EC nor RRC, what is sealed has no RRC.
            inner[if is_sealed { 6 } else { 4 }..8].fill(0);
            (clear, inner)
        };
        for (at, value, expected) in [
            (15, 9, Ok(b"message".to_vec())),
            // Flags that nobody has defined are to be ignored.
            (2, flags | 0x80, Ok(b"message".to_vec())),
            (2, flags | 0xf8, Ok(b"message".to_vec())),
            (2, flags | 0x01, Err(bad_mic)),
            (2, flags | 0x04, Err(bad_mic)),
            (0, 0x04, Err(defective)),
            (1, 0x05, Err(defective)),
            (3, 0xfe, Err(defective)),
        ] {
            let (clear, inner) = with(at, value);
            let opened = open(clear, inner, is_sealed, b"");
            assert_eq!(opened, expected, "sealed: {is_sealed}, byte {at}: {value:#04x}");
        }
        // Each byte inside is the one outside, or zero where the RFC wants zero.
        let (clear, inner) = with(15, 9);
        for at in 0..16 {
            let mut other = inner;
            other[at] ^= 0x40;
            let opened = open(clear, other, is_sealed, b"");
            assert_eq!(opened, Err(bad_mic), "sealed: {is_sealed}, byte {at} inside");
        }
    }
    // EC counts filler, of any value, and no more of it than there is before the message is used up.
    let filled = |extra: u8, filler: &[u8]| {
        let header = [5, 4, 2, 0xff, 0, extra, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        open(header, header, true, filler)
    };
    assert_eq!(filled(3, b"\x00\xff\x05"), Ok(b"message".to_vec()));
    assert_eq!(filled(10, b"abc"), Ok(Vec::new()));
    assert_eq!(filled(11, b"abc"), Err(bad_mic));
}

/// RFC 4121 section 4.2.1: 64 bits, one up with each message, from the 32 bits that AP-REQ and AP-REP have.
#[test]
fn numbers_go_on_behind_32_bits() {
    let case = &load("krb5/per-message.txt")[0];
    let keys = || ContextKeys {
        initiator: key(case),
        acceptor_subkey: None,
    };
    let end = |role| MessageProtection::new(role, keys(), u32::MAX, u32::MAX, ContextFlags::SEQUENCE);
    let (mut sender, mut receiver) = (end(Role::Initiator), end(Role::Acceptor));
    let (first, random) = (u64::from(u32::MAX), &mut Counting(0));
    for number in (first..).step_by(3).take(2) {
        let mic = sender.get_mic(b"message").unwrap();
        let wrap = sender.wrap(b"message", Protection::Integrity, random).unwrap();
        let sealed = sender
            .wrap(b"message", Protection::Confidentiality, random)
            .unwrap();
        let numbers = [&mic, &wrap, &sealed].map(|token| *token[8..].first_chunk().unwrap());
        assert_eq!(numbers.map(u64::from_be_bytes), [number, number + 1, number + 2]);
        assert_eq!(receiver.verify_mic(b"message", &mic), Ok(MessageOrder::Expected));
        for token in [wrap, sealed] {
            assert_eq!(receiver.unwrap(&token).unwrap().order, MessageOrder::Expected);
            assert_eq!(
                receiver.unwrap(&token).unwrap_err(),
                PerMessageError::DuplicateToken
            );
        }
        let again = receiver.verify_mic(b"message", &mic);
        assert_eq!(again, Err(PerMessageError::DuplicateToken));
    }
}

/// RFC 4121 section 5.2: 16 KiB have to pass, 64 KiB should.
#[test]
fn long_messages_pass() {
    let case = &load("krb5/per-message.txt")[0];
    let message = vec![0x5a; 64 * 1024];
    let (mut sender, mut receiver) = (end(case, roles(case).0, 0), end(case, roles(case).1, 0));
    let mic = sender.get_mic(&message).unwrap();
    assert_eq!(receiver.verify_mic(&message, &mic), Ok(MessageOrder::Expected));
    for protection in [Protection::Integrity, Protection::Confidentiality] {
        let token = sender.wrap(&message, protection, &mut Counting(0)).unwrap();
        assert_eq!(receiver.unwrap(&token).unwrap().message, message);
    }
}

/// In DCE style Windows and Heimdal rotate what they seal by EC and RRC together; elsewhere RRC alone counts.
#[test]
fn sealed_tokens_of_dce_style_are_rotated_by_both_counts() {
    let case = &load("krb5/per-message.txt")[0];
    let (extra, rotation) = (16_u16, 28_u16);
    let header = |rotation: u16| {
        let [e, r] = [extra, rotation].map(u16::to_be_bytes);
        [&[5, 4, 2, 0xff], &e[..], &r, &[0; 8]].concat()
    };
    let plain = [b"message", &[0; 16][..], &header(0)].concat();
    let mut body = key(case)
        .for_usage(KeyUsage::INITIATOR_SEAL)
        .encrypt(&plain, &mut Counting(0))
        .unwrap();
    body.rotate_right(usize::from(extra + rotation));
    let token = [header(rotation), body].concat();
    for (flags, expected) in [
        (ContextFlags::DCE_STYLE, Ok(b"message".to_vec())),
        (ContextFlags::default(), Err(PerMessageError::BadMic)),
    ] {
        let keys = ContextKeys {
            initiator: key(case),
            acceptor_subkey: None,
        };
        let mut acceptor = MessageProtection::new(Role::Acceptor, keys, 0, 0, flags);
        assert_eq!(acceptor.unwrap(&token).map(|opened| opened.message), expected);
    }
}
