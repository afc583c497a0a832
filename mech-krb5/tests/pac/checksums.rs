//! Which checksum is verified with which key, over what, and what ties a PAC to its ticket.

use crate::{AUTHTIME, CLIENT, Vector, forge, forged};
use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key, KeyUsage};
use mech_krb5::pac::{BufferType, Evidence, KdcEvidence, Pac, PacFault};
use negotiate_core::{Seconds, Timestamp};

fn fault(vector: &Vector) -> PacFault {
    vector.verify().unwrap_err()
}

fn full() -> forge::Pac {
    let mut pac = forge::Pac::new("alice", AUTHTIME);
    pac.ticket = Some(b"a ticket".to_vec());
    pac.full = true;
    pac
}

/// The service's key of every type, with a KDC's of every type.
#[test]
fn each_key_has_its_checksum_type() {
    let key = |etype: EncryptionType, byte| Key::new(etype, &[byte; 32][..etype.key_len()]).unwrap();
    // RC4's HMAC-MD5 goes with RC4's keys, and with no others.
    let types = EncryptionTypes::new().danger_with_rc4();
    #[cfg(feature = "camellia")]
    let types = types.with_camellia();
    for service in types.iter() {
        for kdc in types.iter() {
            let (service_key, kdc_key) = (key(service, 1), key(kdc, 2));
            let pac = full().sign(&service_key, &kdc_key);
            for other in types.iter() {
                let vector = Vector {
                    pac: pac.clone(),
                    service_key: key(other, 1).checksum_key(KeyUsage::PAC_CHECKSUM),
                    kdc: Some((kdc_key.clone(), b"a ticket".to_vec())),
                    ..forged(&full())
                };
                if other == service {
                    assert!(vector.verify().is_ok(), "{service} {kdc}");
                } else {
                    assert_eq!(
                        fault(&vector),
                        PacFault::ChecksumType(BufferType::SERVER_CHECKSUM)
                    );
                }
            }
        }
    }
}

#[test]
fn the_wrong_key_of_the_right_type_is_wrong() {
    let wrong = Key::new(EncryptionType::Aes256CtsHmacSha1_96, &[9; 32]).unwrap();
    let service_key = wrong.checksum_key(KeyUsage::PAC_CHECKSUM);
    let vector = Vector {
        service_key,
        ..forged(&full())
    };
    assert_eq!(
        fault(&vector),
        PacFault::ChecksumWrong(BufferType::SERVER_CHECKSUM)
    );
    let service_key = Key::new(EncryptionType::Aes256CtsHmacSha1_96, &[7; 32]).unwrap();
    let service_key = service_key.checksum_key(KeyUsage::AD_KDC_ISSUED_CHECKSUM);
    let vector = Vector {
        service_key,
        ..forged(&full())
    };
    assert_eq!(
        fault(&vector),
        PacFault::ChecksumWrong(BufferType::SERVER_CHECKSUM)
    );
    let vector = Vector {
        kdc: Some((wrong, b"a ticket".to_vec())),
        ..forged(&full())
    };
    assert_eq!(fault(&vector), PacFault::ChecksumWrong(BufferType::KDC_CHECKSUM));
    let other_type = Key::new(EncryptionType::Aes128CtsHmacSha1_96, &[8; 16]).unwrap();
    let vector = Vector {
        kdc: Some((other_type, b"a ticket".to_vec())),
        ..forged(&full())
    };
    assert_eq!(fault(&vector), PacFault::ChecksumType(BufferType::KDC_CHECKSUM));
}

#[test]
fn the_ticket_checksum_ties_the_pac_to_its_ticket() {
    let vector = forged(&full());
    let (kdc_key, _) = vector.kdc.clone().unwrap();
    let another = Vector {
        kdc: Some((kdc_key, b"another ticket".to_vec())),
        ..vector
    };
    assert_eq!(
        fault(&another),
        PacFault::ChecksumWrong(BufferType::TICKET_CHECKSUM)
    );
}

/// MS-PAC sections 2.8.2 and 2.8.3: an older key of the KDC's makes none of the others.
#[test]
fn the_kdcs_checksums_are_made_with_one_key() {
    let [service_key, new, old] =
        [7, 8, 9].map(|byte| Key::new(EncryptionType::Aes256CtsHmacSha1_96, &[byte; 32]).unwrap());
    let verdict = |ticket_key: &Key| {
        let signature = [
            &16_u32.to_le_bytes()[..],
            &forge::checksum(ticket_key, b"a ticket"),
        ]
        .concat();
        let pac = forge::Pac::new("alice", AUTHTIME).with(BufferType::TICKET_CHECKSUM, signature);
        let keys = [old.clone(), new.clone()];
        let vector = forged(&full());
        let evidence = Evidence {
            service_key: &vector.service_key,
            kdc: Some(KdcEvidence {
                keys: &keys,
                ticket: b"a ticket",
            }),
            client: vector.client.borrow(),
            authtime: AUTHTIME,
        };
        let bytes = pac.sign(&service_key, &new);
        Pac::parse(&bytes).unwrap().verify(&evidence).map(drop)
    };
    assert_eq!(verdict(&new), Ok(()));
    assert_eq!(
        verdict(&old),
        Err(PacFault::ChecksumWrong(BufferType::TICKET_CHECKSUM))
    );
}

/// A full checksum over other bytes, and the others made anew: what a service could do that has its key only.
#[test]
fn the_full_checksum_covers_all_that_the_server_could_change() {
    let mut pac = full();
    let [service_key, kdc_key] =
        [7, 8].map(|byte| Key::new(EncryptionType::Aes256CtsHmacSha1_96, &[byte; 32]).unwrap());
    let mut wrong = 16_u32.to_le_bytes().to_vec();
    wrong.extend([0x5a; 12]);
    pac.full = false;
    let pac = pac.with(BufferType::FULL_CHECKSUM, wrong);
    let vector = Vector {
        pac: pac.clone().sign(&service_key, &kdc_key),
        ..forged(&full())
    };
    assert_eq!(fault(&vector), PacFault::ChecksumWrong(BufferType::FULL_CHECKSUM));
    assert!(Vector { kdc: None, ..vector }.verify().is_ok());
}

#[test]
fn without_a_checksum_nothing_is_believed() {
    let without = |which: BufferType| {
        let mut pac = forge::Pac::new("alice", AUTHTIME);
        for other in [BufferType::SERVER_CHECKSUM, BufferType::KDC_CHECKSUM] {
            if other != which {
                pac = pac.with(other, [16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
            }
        }
        Vector {
            pac: pac.bytes(),
            ..forged(&full())
        }
    };
    for which in [BufferType::SERVER_CHECKSUM, BufferType::KDC_CHECKSUM] {
        assert_eq!(fault(&without(which)), PacFault::ChecksumMissing(which));
    }
}

#[test]
fn a_signature_ends_where_its_type_says() {
    for len in 0..40 {
        let mut server = 16_u32.to_le_bytes().to_vec();
        server.resize(len, 0);
        let pac = forge::Pac::new("alice", AUTHTIME)
            .with(BufferType::SERVER_CHECKSUM, server)
            .with(BufferType::KDC_CHECKSUM, [0; 16]);
        let expected = match len {
            ..16 => PacFault::Truncated,
            16..=36 => PacFault::ChecksumWrong(BufferType::SERVER_CHECKSUM),
            _ => PacFault::TooLarge,
        };
        assert_eq!(
            fault(&Vector {
                pac: pac.bytes(),
                ..forged(&full())
            }),
            expected,
            "{len}"
        );
    }
}

#[test]
fn a_pac_is_of_one_client_and_one_authentication() {
    let of = |client: &str| Vector {
        client: Principal::parse(client).unwrap(),
        ..forged(&full())
    };
    assert!(of(CLIENT).verify().is_ok());
    // The PAC does not tell the realm: the ticket does.
    assert!(of("alice@OTHER.COM").verify().is_ok());
    for other in [
        "alic@EXAMPLE.COM",
        "alice1@EXAMPLE.COM",
        "ALICE@EXAMPLE.COM",
        "a/lice@EXAMPLE.COM",
        "alice/@EXAMPLE.COM",
    ] {
        assert_eq!(fault(&of(other)), PacFault::ClientMismatch, "{other}");
    }
    for seconds in [-1, 1] {
        let authtime = Timestamp::from_unix(AUTHTIME.unix() + seconds);
        assert_eq!(
            fault(&Vector {
                authtime,
                ..forged(&full())
            }),
            PacFault::AuthtimeMismatch
        );
    }
    let authtime = Timestamp::from_unix_micros(AUTHTIME.plus(Seconds(1)).unix_micros() - 1);
    assert!(
        Vector {
            authtime,
            ..forged(&full())
        }
        .verify()
        .is_ok()
    );
}

#[test]
fn names_are_compared_whole() {
    let pac = |name: &str| forge::Pac::new(name, AUTHTIME);
    let of = |name: &str, client: &str| Vector {
        client: Principal::parse(client).unwrap(),
        ..forged(&pac(name))
    };
    for (name, client) in [
        ("HTTP/www.example.com", "HTTP/www.example.com@R"),
        ("w2k8u@abc", "w2k8u\\@abc@R"),
        ("J\u{fc}rgen", "J\u{fc}rgen@R"),
        ("\u{1f600}", "\u{1f600}@R"),
    ] {
        assert!(of(name, client).verify().is_ok(), "{client}");
    }
    for (name, client) in [
        ("alice@R", "alice@R"),
        ("HTTP\\/www", "HTTP/www@R"),
        ("", "alice@R"),
        ("alice\0", "alice@R"),
    ] {
        assert_eq!(fault(&of(name, client)), PacFault::ClientMismatch, "{client}");
    }
    // What is not text does not stand for its replacement character.
    let odd = Principal::new(mech_krb5::NameType::PRINCIPAL, [&b"\xff"[..]], b"R").unwrap();
    let vector = Vector {
        client: odd,
        ..forged(&pac("\u{fffd}"))
    };
    assert_eq!(fault(&vector), PacFault::ClientMismatch);
    let mut lone = forge::Pac::default();
    let mut content = forge::client_info("x", AUTHTIME);
    content[10..].copy_from_slice(&0xd800_u16.to_le_bytes());
    lone = lone.with(BufferType::CLIENT_INFO, content);
    let vector = Vector {
        client: Principal::parse("\u{fffd}@R").unwrap(),
        ..forged(&lone)
    };
    assert_eq!(fault(&vector), PacFault::ClientMismatch);
}

#[test]
fn client_information_is_whole() {
    let with = |content: Vec<u8>| forged(&forge::Pac::default().with(BufferType::CLIENT_INFO, content));
    assert_eq!(
        fault(&forged(&forge::Pac::default())),
        PacFault::ClientInfoMissing
    );
    let genuine = forge::client_info("alice", AUTHTIME);
    for len in 0..genuine.len() {
        assert_eq!(
            fault(&with(genuine[..len].to_vec())),
            PacFault::Truncated,
            "{len}"
        );
    }
    let mut odd = genuine.clone();
    odd[8] = 9;
    assert_eq!(fault(&with(odd)), PacFault::BadContent);
    for time in [0_u64, u64::MAX, 116_444_735_999_999_999] {
        let mut never = genuine.clone();
        never[..8].copy_from_slice(&time.to_le_bytes());
        assert_eq!(fault(&with(never)), PacFault::AuthtimeMismatch, "{time}");
    }
}
