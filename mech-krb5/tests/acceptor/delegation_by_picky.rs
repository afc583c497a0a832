//! Credentials that picky-krb writes and seals, taken by the acceptor.

use crate::forge::GssChecksum;
use crate::login::{ETYPE, Login, Server, key};
use mech_krb5::message::TicketFlags;
use negotiate_core::{ContextFlags, Timestamp};
use picky_asn1::bit_string::BitString;
use picky_asn1::date::Date;
use picky_asn1::restricted_string::Ia5String;
use picky_asn1::wrapper::{
    Asn1SequenceOf, BitStringAsn1, ExplicitContextTag0, ExplicitContextTag1, ExplicitContextTag2,
    ExplicitContextTag3, ExplicitContextTag4, ExplicitContextTag6, ExplicitContextTag8, ExplicitContextTag9,
    IntegerAsn1, OctetStringAsn1, Optional,
};
use picky_krb::crypto::CipherSuite;
use picky_krb::data_types::{
    EncKrbCredPart, EncKrbCredPartInner, EncryptedData, EncryptionKey, KerberosTime, KrbCredInfo,
    PrincipalName, Realm, Ticket,
};
use picky_krb::messages::{KrbCred, KrbCredInner};

/// Key usage of a KRB-CRED (RFC 4120 section 7.5.1).
const KRB_CRED: i32 = 14;

fn ia5(text: &str) -> Realm {
    Realm::from(Ia5String::from_string(text.to_owned()).unwrap())
}

fn name(name_type: u8, components: &[&str]) -> PrincipalName {
    let components: Vec<_> = components.iter().map(|component| ia5(component)).collect();
    PrincipalName {
        name_type: ExplicitContextTag0::from(IntegerAsn1::from(vec![name_type])),
        name_string: ExplicitContextTag1::from(Asn1SequenceOf::from(components)),
    }
}

fn time(year: u16) -> KerberosTime {
    KerberosTime::from(Date::new(year, 11, 22, 5, 57, 28).unwrap())
}

fn info() -> KrbCredInfo {
    KrbCredInfo {
        key: ExplicitContextTag0::from(EncryptionKey {
            key_type: ExplicitContextTag0::from(IntegerAsn1::from(vec![18])),
            key_value: ExplicitContextTag1::from(OctetStringAsn1::from(vec![0x42; 32])),
        }),
        prealm: Optional::from(Some(ExplicitContextTag1::from(ia5("EXAMPLE.TEST")))),
        pname: Optional::from(Some(ExplicitContextTag2::from(name(1, &["alice", "admin"])))),
        flags: Optional::from(Some(ExplicitContextTag3::from(BitStringAsn1::from(
            BitString::with_bytes(vec![0x60, 0xa1, 0, 0]),
        )))),
        auth_time: Optional::from(Some(ExplicitContextTag4::from(time(2026)))),
        start_time: Optional::from(None),
        end_time: Optional::from(Some(ExplicitContextTag6::from(time(2027)))),
        renew_till: Optional::from(None),
        srealm: Optional::from(Some(ExplicitContextTag8::from(ia5("OTHER.TEST")))),
        sname: Optional::from(Some(ExplicitContextTag9::from(name(
            2,
            &["krbtgt", "EXAMPLE.TEST"],
        )))),
        caddr: Optional::from(None),
    }
}

#[test]
fn a_credential_of_picky_is_taken_as_it_was_written() {
    let ticket = Login::default().forwarded_tgt().tickets.remove(0);
    let part = EncKrbCredPart::from(EncKrbCredPartInner {
        ticket_info: ExplicitContextTag0::from(Asn1SequenceOf::from(vec![info()])),
        nonce: Optional::from(Some(ExplicitContextTag1::from(IntegerAsn1::from(vec![7])))),
        timestamp: Optional::from(Some(ExplicitContextTag2::from(time(2026)))),
        usec: Optional::from(Some(ExplicitContextTag3::from(IntegerAsn1::from(vec![1])))),
        s_address: Optional::from(None),
        r_address: Optional::from(None),
    });
    let part = picky_asn1_der::to_vec(&part).unwrap();
    let cipher = CipherSuite::Aes256CtsHmacSha196.cipher();
    for label in ["subkey", "session"] {
        let sealed = cipher
            .encrypt(key(ETYPE, label).bytes(), KRB_CRED, &part)
            .unwrap();
        let krb_cred = KrbCred::from(KrbCredInner {
            pvno: ExplicitContextTag0::from(IntegerAsn1::from(vec![5])),
            msg_type: ExplicitContextTag1::from(IntegerAsn1::from(vec![22])),
            tickets: ExplicitContextTag2::from(Asn1SequenceOf::from(vec![
                picky_asn1_der::from_bytes::<Ticket>(&ticket).unwrap(),
            ])),
            enc_part: ExplicitContextTag3::from(EncryptedData {
                etype: ExplicitContextTag0::from(IntegerAsn1::from(vec![18])),
                kvno: Optional::from(None),
                cipher: ExplicitContextTag2::from(OctetStringAsn1::from(sealed)),
            }),
        });
        let krb_cred = picky_asn1_der::to_vec(&krb_cred).unwrap();
        let mut login = Login::default();
        login.set_checksum(&GssChecksum::delegating(ContextFlags::MUTUAL, krb_cred));
        let accepted = Server::default().accepted(&login);
        let [credential] = accepted.details().delegated.as_ref().unwrap().credentials() else {
            panic!("{label}: not one")
        };
        assert_eq!(credential.client.to_text().unwrap(), "alice/admin@EXAMPLE.TEST");
        assert_eq!(
            credential.server.to_text().unwrap(),
            "krbtgt/EXAMPLE.TEST@OTHER.TEST"
        );
        assert_eq!(credential.session_etype, 18);
        assert_eq!(credential.session_key.expose(), &[0x42; 32]);
        assert_eq!(credential.flags, TicketFlags(0x60a1_0000));
        assert_eq!(
            credential.authtime,
            Timestamp::from_civil(2026, 11, 22, 5, 57, 28)
        );
        assert_eq!(
            Some(credential.endtime),
            Timestamp::from_civil(2027, 11, 22, 5, 57, 28)
        );
        assert_eq!((credential.starttime, credential.renew_till), (None, None));
        assert_eq!(credential.ticket, ticket);
    }
}
