//! What is malformed is shown as far as it can be read, with the place where it stops.

mod common;

use common::{at, find, hides, keys};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::message::{ApReq, EncTicketPart};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{Random, RandomUnavailable};
use negotiate_decode::{Fault, Keys, MAX_DEPTH, MAX_NODES, Node, Value, decode};
use testvectors::{capture, ccache_captures, keytab_captures, ntlm_captures};

/// The only fault, as offset, words and unread bytes.
#[track_caller]
fn fault(input: &[u8]) -> (usize, String, usize) {
    let decoded = decode(input, &mut Keys::none());
    let faults: Vec<&Fault> = decoded.faults().map(|(_, fault)| fault).collect();
    match faults[..] {
        [fault] => (fault.offset, fault.what.to_string(), fault.rest_length),
        _ => panic!("{faults:?}\n{}", decoded.text()),
    }
}

/// A NegTokenResp of negState and supportedMech.
const RESP: [u8; 24] =
    *b"\xa1\x16\x30\x14\xa0\x03\x0a\x01\x01\xa1\x0d\x06\x0b\x2a\x86\x48\x82\xf7\x12\x01\x02\x02\x03\x04";

#[test]
fn each_fault_is_told_with_its_place() {
    let told = |offset: usize, what: &str, rest: usize| (offset, what.to_owned(), rest);
    assert!(decode(&RESP, &mut Keys::none()).faults().next().is_none());
    let changed = |at: usize, bytes: &[u8]| {
        let mut token = RESP.to_vec();
        token[at..at + bytes.len()].copy_from_slice(bytes);
        token
    };
    // Cut, within the last field: one fault, not one for each field around.
    assert_eq!(
        fault(&RESP[..20]),
        told(20, "cut off: 22 bytes announced, 18 are there", 0)
    );
    assert_eq!(fault(&RESP[..1]), told(1, "cut off: the length is missing", 0));
    // Bytes after the end.
    let longer = [&RESP[..], b"abc"].concat();
    assert_eq!(fault(&longer), told(24, "3 bytes after the end", 3));
    // Another type, a length of too many bytes, another tag number, a number that means nothing.
    let what = "OCTET STRING where ENUMERATED was expected";
    assert_eq!(fault(&changed(6, b"\x04")), told(6, what, 0));
    assert_eq!(
        fault(&changed(9, b"\xa0")),
        told(9, "[0] is no field of this place", 0)
    );
    assert_eq!(fault(&changed(8, b"\x09")), told(8, "no negState", 1));
    let long = b"\xa1\x81\x05\x30\x03\xa0\x01\x00";
    let decoded = decode(long, &mut Keys::none());
    let (_, first) = decoded.faults().next().unwrap();
    assert_eq!(
        (first.offset, &*first.what),
        (
            1,
            "a length in more bytes than it needs, which DER does not allow"
        )
    );
    // Indefinite and overlong lengths, and tags of more than a byte.
    assert_eq!(
        fault(b"\xa1\x80\0\0").1,
        "a length of indefinite form, which DER does not have"
    );
    assert_eq!(fault(b"\xa1\x85\0\0\0\0\0").1, "a length of more than four bytes");
    // What a fault cost: nothing of the rest, which is read on.
    let decoded = decode(&changed(6, b"\x04"), &mut Keys::none());
    assert!(find(&decoded.root, "supportedMech").is_some());
}

#[test]
fn a_field_that_is_missing_is_named() {
    // An AP-REQ of pvno and msg-type.
    let token = b"\x6e\x0c\x30\x0a\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e";
    let decoded = decode(token, &mut Keys::none());
    let faults: Vec<String> = decoded
        .faults()
        .map(|(_, fault)| format!("{} {}", fault.offset, fault.what))
        .collect();
    assert_eq!(
        faults,
        [
            "14 ap-options [2] is missing",
            "14 ticket [3] is missing",
            "14 authenticator [4] is missing"
        ]
    );
}

#[test]
fn nothing_recognised_is_said_so() {
    let what = "neither SPNEGO, Kerberos nor NTLM, neither keytab nor credential cache, by its first bytes: ";
    assert_eq!(fault(b"hello"), (0, format!("{what}68656c6c"), 5));
    assert_eq!(fault(b"he").1, format!("{what}6865"));
    assert_eq!(fault(b"").1, "there is nothing here");
    // DER of whatever type is still shown.
    let decoded = decode(b"\x30\x05\x02\x01\x07\x04\x00", &mut Keys::none());
    let (_, first) = decoded.faults().next().unwrap();
    assert_eq!(&*first.what, format!("{what}30050201"));
    assert_eq!(decoded.root.children.len(), 2);
}

/// Every cut of every kind of input says where it is, and keeps what stands before it.
#[test]
fn every_truncation_is_shown() {
    let mut inputs = vec![
        capture("mit/etype18-spnego-mutual").initiator_token(),
        capture("mit/etype18-krb5-mutual").acceptor_token().unwrap(),
    ];
    inputs.extend(
        keytab_captures()
            .iter()
            .take(3)
            .map(testvectors::KeytabCapture::keytab),
    );
    inputs.extend(
        ccache_captures()
            .iter()
            .take(3)
            .map(testvectors::CcacheCapture::ccache),
    );
    inputs.extend(ntlm_captures().first().unwrap().messages());
    for input in inputs {
        let whole = decode(&input, &mut Keys::none());
        let mut quiet = 0;
        for len in 1..input.len() {
            let decoded = decode(&input[..len], &mut Keys::none());
            assert!(
                decoded.faults().all(|(_, fault)| fault.offset <= len),
                "{}",
                decoded.text()
            );
            quiet += usize::from(decoded.faults().next().is_none());
        }
        // Files may end between two entries, and NTLM's NEGOTIATE before or within its version of eight bytes.
        let parts = whole.root.children.len().max(8);
        assert!(quiet <= parts, "{}: {quiet} of {}", whole.kind.id, input.len());
    }
}

/// Deeper and longer than anything real: shown up to a limit, and said so.
#[test]
fn trees_have_limits() {
    let deep = (0..500).fold(vec![0x30, 0], |inner, _| {
        let mut writer = Writer::new();
        writer.element(Tag::SEQUENCE, |sequence| sequence.raw(&inner));
        writer.into_bytes()
    });
    let decoded = decode(&deep, &mut Keys::none());
    assert!(
        decoded
            .faults()
            .any(|(_, fault)| fault.what == "nested too deep to show")
    );
    assert!(depth(&decoded.root) <= MAX_DEPTH + 1);
    let json = serde_json::to_string(&decoded).unwrap();
    // serde_json's reader, like others, stops at 128 brackets.
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());

    let many = [&[0x30, 0x83, 0x06, 0x1a, 0x80][..], &[0x05, 0].repeat(200_000)].concat();
    let decoded = decode(&many, &mut Keys::none());
    assert!(
        decoded
            .faults()
            .any(|(_, fault)| fault.what == "too much to show")
    );
    assert!(decoded.root.walk().count() <= MAX_NODES + 1);
}

fn depth(node: &Node) -> usize {
    1 + node.children.iter().map(depth).max().unwrap_or_default()
}

/// A name with everything that a terminal would act on.
#[test]
fn no_control_character_reaches_the_terminal() {
    // NEGOTIATE_MESSAGE with a domain of escape, newline, a quote and a right-to-left override, which is UTF-8 here.
    let domain = "\u{1b}[2J\n\"\u{202e}\u{9b}".as_bytes();
    let length = u16::try_from(domain.len()).unwrap().to_le_bytes();
    let fields = [&length[..], &length, &32_u32.to_le_bytes()].concat();
    let message = [&b"NTLMSSP\0\x01\0\0\0\x02\0\0\0"[..], &fields, &[0; 8], domain].concat();
    let decoded = decode(&message, &mut Keys::none());
    let text = decoded.text();
    assert!(
        text.contains(r#"DomainName: "\u{1b}[2J\u{a}\"\u{202e}\u{9b}""#),
        "{text}"
    );
    assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
    let json = serde_json::to_value(&decoded).unwrap();
    assert!(json.to_string().contains(r"\u001b[2J\n"));
}

/// What is longer than anybody wants to see is cut.
#[test]
fn long_values_are_cut() {
    let mut token = vec![
        0xa1, 0x82, 0x10, 0x0c, 0x30, 0x82, 0x10, 0x08, 0xa2, 0x82, 0x10, 0x04, 0x04, 0x82, 0x10, 0x00,
    ];
    token.extend([7; 4096]);
    let decoded = decode(&token, &mut Keys::none());
    let value = &at(&decoded.root, "responseToken").value;
    assert_eq!(value, &Value::Bytes(vec![7; 64], 4096));
    assert!(
        decoded
            .text()
            .contains("07070707070707070707070707070707... (4096 bytes)")
    );
}

/// Cut anywhere, in the middle of a key too: what is left of the key is not shown as bytes that could not be read.
#[test]
fn a_file_that_is_cut_shows_no_key() {
    let keytab = capture("mit/etype18-krb5-mutual").keytab();
    let keys: Vec<Vec<u8>> = mech_krb5::keytab::Keytab::parse(&keytab)
        .unwrap()
        .entries()
        .iter()
        .map(|entry| entry.key().expose()[..8].to_vec())
        .collect();
    for len in 0..keytab.len() {
        hides(&decode(&keytab[..len], &mut Keys::none()), &keys);
    }
    let mut shown = 0;
    for len in 0..keytab.len() {
        let decoded = decode(&keytab[..len], &mut Keys::none());
        shown += decoded
            .faults()
            .filter(|(_, fault)| fault.rest_length > 0)
            .count();
    }
    assert!(shown > 0, "nothing was cut within a field");
}

/// Whatever it is taken for then.
#[test]
fn a_file_with_a_damaged_beginning_shows_no_key() {
    let mut unknown = 0;
    for file in keytab_captures().iter().map(testvectors::KeytabCapture::keytab) {
        let keys: Vec<Vec<u8>> = mech_krb5::keytab::Keytab::parse(&file)
            .unwrap()
            .entries()
            .iter()
            .map(|entry| entry.key().expose()[..8].to_vec())
            .collect();
        for (at, byte) in (0..2).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut damaged = file.clone();
            damaged[at] = byte;
            let decoded = decode(&damaged, &mut Keys::none());
            unknown += usize::from(decoded.kind.id == "unknown");
            hides(&decoded, &keys);
        }
    }
    assert!(unknown > 1000, "{unknown}");
}

/// A ticket that the keytab opens, and that its KDC has spoilt anywhere around the session key, or in it.
#[test]
fn a_damaged_part_that_was_opened_shows_no_key() {
    struct Zeros;
    impl Random for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomUnavailable> {
            bytes.fill(0);
            Ok(())
        }
    }
    let capture = capture("mit/etype18-krb5-mutual");
    let (token, file) = (capture.initiator_token(), capture.keytab());
    let keytab = mech_krb5::keytab::Keytab::parse(&file).unwrap();
    let ap_req = ApReq::decode(&token[17..]).unwrap();
    let (plaintext, key) = keytab
        .entries()
        .iter()
        .filter_map(|entry| Key::new(EncryptionType::from_number(entry.etype())?, entry.key().expose()).ok())
        .map(|key| key.for_usage(KeyUsage::TICKET))
        .find_map(|key| {
            let mut sealed = ap_req.ticket.enc_part.cipher.to_vec();
            key.decrypt_vec(&mut sealed).ok().map(|()| (sealed, key))
        })
        .expect("the keytab has the key");
    let place = |within: &[u8], part: &[u8]| {
        within
            .windows(part.len())
            .position(|bytes| bytes == part)
            .unwrap()
    };
    let session_key = EncTicketPart::decode(&plaintext).unwrap().key.keyvalue.to_vec();
    let (at_key, at_cipher) = (
        place(&plaintext, &session_key),
        place(&token, ap_req.ticket.enc_part.cipher),
    );
    let halves: Vec<Vec<u8>> = session_key.chunks(16).map(<[u8]>::to_vec).collect();
    let mut damaged_parts = 0;
    for at in at_key - 16..at_key + session_key.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut changed = plaintext.clone();
            changed[at] ^= bit;
            let sealed = key.encrypt(&changed, &mut Zeros).unwrap();
            let mut token = token.clone();
            token[at_cipher..at_cipher + sealed.len()].copy_from_slice(&sealed);
            let decoded = decode(&token, &mut keys([file.clone()]));
            assert!(find(&decoded.root, "EncTicketPart").is_some());
            damaged_parts += decoded.faults().count();
            hides(&decoded, &halves);
        }
    }
    assert!(damaged_parts > 20, "{damaged_parts}");
}

/// Also where something was opened on the way to the place.
#[test]
fn a_token_that_is_cut_has_one_fault() {
    let capture = capture("mit/etype18-krb5-mutual");
    let token = capture.initiator_token();
    let decoded = decode(&token[..token.len() - 10], &mut keys([capture.keytab()]));
    assert!(find(&decoded.root, "EncTicketPart").is_some());
    assert_eq!(decoded.faults().count(), 1, "{}", decoded.text());
}

/// A DER element with a short or long length.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).expect("short");
    let head: &[u8] = match len {
        0..0x80 => &[tag, len],
        _ => &[tag, 0x81, len],
    };
    [head, content].concat()
}

/// EncryptedData (RFC 4120 section 5.2.9).
fn encrypted_data(etype: u8, cipher: &[u8]) -> Vec<u8> {
    let etype = tlv(0xa0, &tlv(0x02, &[etype]));
    let cipher = tlv(0xa2, &tlv(0x04, cipher));
    tlv(0x30, &[etype, cipher].concat())
}

/// A KRB-CRED that is not sealed, encryption type 0, holds its session key in the clear: whole, and damaged anywhere.
#[test]
fn no_key_of_an_unsealed_credential_is_shown() {
    let key: Vec<u8> = (100..132).collect();
    let key_field = [tlv(0xa0, &tlv(0x02, &[18])), tlv(0xa1, &tlv(0x04, &key))].concat();
    let info = tlv(0x30, &tlv(0xa0, &tlv(0x30, &key_field)));
    let part = tlv(0x7d, &tlv(0x30, &tlv(0xa0, &tlv(0x30, &info))));
    let fields = [
        tlv(0xa0, &tlv(0x02, &[5])),
        tlv(0xa1, &tlv(0x02, &[22])),
        tlv(0xa2, &tlv(0x30, &[])),
        tlv(0xa3, &encrypted_data(0, &part)),
    ];
    let cred = tlv(0x76, &tlv(0x30, &fields.concat()));
    for message in [cred, part] {
        let decoded = decode(&message, &mut Keys::none());
        assert_eq!(at(&decoded.root, "keyvalue").value, Value::Secret(32));
        let cipher = find(&decoded.root, "cipher").map(|cipher| cipher.meaning.as_deref());
        assert!(matches!(cipher, None | Some(Some("not sealed"))), "{cipher:?}");
        hides(&decoded, std::slice::from_ref(&key));
        // What stands before the key, and its own head.
        for at in 1..message.len() - key.len() {
            for byte in [0x00, 0x1f, 0x80, 0xff] {
                let mut damaged = message.clone();
                damaged[at] = byte;
                hides(&decode(&damaged, &mut Keys::none()), std::slice::from_ref(&key));
            }
        }
    }
}

/// A password can be guessed from what its key has sealed, so no ciphertext is shown: PA-ENC-TIMESTAMP fits into what is shown
/// of other bytes.
#[test]
fn nothing_is_shown_that_a_password_can_be_guessed_from() {
    let cipher: Vec<u8> = (100..156).collect();
    for padata_type in [2, 138] {
        let entry = [
            tlv(0xa1, &tlv(0x02, &i16::to_be_bytes(padata_type))),
            tlv(0xa2, &tlv(0x04, &encrypted_data(18, &cipher))),
        ];
        // Each type in as few bytes as it needs.
        let entry = match padata_type {
            2 => [tlv(0xa1, &tlv(0x02, &[2])), entry[1].clone()],
            _ => entry,
        };
        let padata = tlv(0xa3, &tlv(0x30, &tlv(0x30, &entry.concat())));
        let fields = [tlv(0xa1, &tlv(0x02, &[5])), tlv(0xa2, &tlv(0x02, &[10])), padata];
        let request = tlv(0x6a, &tlv(0x30, &fields.concat()));
        let decoded = decode(&request, &mut Keys::none());
        assert_eq!(
            at(&decoded.root, "cipher").value,
            Value::Secret(56),
            "{}",
            decoded.text()
        );
        hides(&decoded, std::slice::from_ref(&cipher));
    }
}
