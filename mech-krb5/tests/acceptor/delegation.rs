//! Credentials that come inside the authenticator's checksum (RFC 4121 section 4.1.1.1, RFC 4120 section 5.8).

use crate::common::Counting;
use crate::forge::{CarriedKey, GssChecksum, KrbCred, Sealed};
use crate::login::{CLIENT, ETYPE, Login, Server, after, key, principal};
use mech_krb5::crypto::{EncryptionType, KeyUsage};
use mech_krb5::{DelegationFault, Fact};
use negotiate_core::{ContextFlags, Timestamp};

const FLAGS: ContextFlags = ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY);

/// A login that hands over these bytes.
fn handing_over(krb_cred: Vec<u8>) -> Login {
    let mut login = Login::default();
    login.set_checksum(&GssChecksum::delegating(FLAGS, krb_cred));
    login
}

fn fault(krb_cred: Vec<u8>) -> DelegationFault {
    match Server::default().fact(&handing_over(krb_cred)) {
        Fact::BadDelegation(fault) => fault,
        other => panic!("{other:?}"),
    }
}

/// RFC 4121 has the session key, MIT and Windows take the subkey, Java seals nothing within the authenticator's seal.
#[test]
fn a_credential_is_taken_under_each_key_that_initiators_use() {
    let random = &mut Counting(20);
    let cred = Login::default().forwarded_tgt();
    for (how, krb_cred) in [
        ("subkey", cred.seal(&key(ETYPE, "subkey"), random)),
        ("session key", cred.seal(&key(ETYPE, "session"), random)),
        ("in clear", cred.in_clear()),
    ] {
        let accepted = Server::default().accepted(&handing_over(krb_cred));
        assert_eq!(
            accepted.context.flags(),
            FLAGS.with(ContextFlags::DELEGATE),
            "{how}"
        );
        let [credential] = accepted.details().delegated.as_ref().unwrap().credentials() else {
            panic!("{how}: not one")
        };
        let info = &cred.infos[0];
        assert_eq!(credential.client, principal(CLIENT), "{how}");
        assert_eq!(credential.server, principal("krbtgt/EXAMPLE.TEST@EXAMPLE.TEST"));
        assert_eq!(credential.session_etype, info.key.keytype);
        assert_eq!(credential.session_key.expose(), &info.key.keyvalue);
        assert_eq!(Some(credential.flags), info.flags);
        let whole = |time: Timestamp| Timestamp::from_unix(time.unix());
        assert_eq!(credential.authtime, info.authtime.map(whole));
        assert_eq!(credential.starttime, None);
        assert_eq!(Some(credential.endtime), info.endtime.map(whole));
        assert_eq!(credential.ticket, cred.tickets[0]);
        assert!(!format!("{credential:?}").contains("SECRET"));
    }
}

#[test]
fn a_credential_under_another_key_is_refused() {
    let random = &mut Counting(20);
    let cred = Login::default().forwarded_tgt();
    let session = key(ETYPE, "session");
    for (how, krb_cred) in [
        ("the service's key", cred.seal(&key(ETYPE, "service"), random)),
        (
            "another type",
            cred.seal(&key(EncryptionType::Aes128CtsHmacSha1_96, "session"), random),
        ),
        (
            "another usage",
            cred.around(&Sealed::new(
                &session,
                KeyUsage::KRB_PRIV,
                None,
                &cred.part(),
                random,
            )),
        ),
        (
            "a type that is not implemented",
            cred.around(&Sealed {
                etype: 23,
                kvno: None,
                cipher: cred.part(),
            }),
        ),
    ] {
        assert_eq!(fault(krb_cred), DelegationFault::NotSealed, "{how}");
    }
}

#[test]
fn tickets_and_descriptions_are_as_many() {
    let cred = Login::default().forwarded_tgt();
    let many = |tickets: usize, infos: usize| {
        KrbCred::new(
            vec![cred.tickets[0].clone(); tickets],
            vec![cred.infos[0].clone(); infos],
        )
        .in_clear()
    };
    for (tickets, infos) in [(1, 0), (1, 2), (2, 1), (16, 15)] {
        assert_eq!(
            fault(many(tickets, infos)),
            DelegationFault::CountMismatch,
            "{tickets} {infos}"
        );
    }
    for (tickets, infos) in [(0, 0), (0, 1), (17, 17), (1, 17)] {
        let fault = fault(many(tickets, infos));
        assert!(
            matches!(fault, DelegationFault::Malformed(_)),
            "{tickets} {infos}: {fault:?}"
        );
    }
    for count in [1, 2, 16] {
        let accepted = Server::default().accepted(&handing_over(many(count, count)));
        let delegated = accepted.details().delegated.as_ref().unwrap();
        assert_eq!(delegated.credentials().len(), count);
    }
}

#[test]
fn what_a_credential_cache_needs_must_be_there() {
    let with = |change: &dyn Fn(&mut crate::forge::CredInfo)| {
        let mut cred = Login::default().forwarded_tgt();
        change(&mut cred.infos[0]);
        cred.in_clear()
    };
    for (what, krb_cred) in [
        ("client", with(&|info| info.client = None)),
        ("server", with(&|info| info.server = None)),
        ("end", with(&|info| info.endtime = None)),
    ] {
        assert_eq!(fault(krb_cred), DelegationFault::Incomplete, "{what}");
    }
    for krb_cred in [
        with(&|info| info.flags = None),
        with(&|info| info.authtime = None),
        with(&|info| info.starttime = Some(after(0))),
        with(&|info| info.renew_till = Some(after(100))),
        with(&|info| info.caddr = Some(vec![(2, vec![192, 0, 2, 1])])),
        // Somebody else's type of key is somebody else's business.
        with(&|info| {
            info.key = CarriedKey {
                keytype: 23,
                keyvalue: vec![1; 16],
            };
        }),
    ] {
        assert_eq!(Server::default().verdict(&handing_over(krb_cred)), "accepted");
    }
}

/// The ticket's own clear name is not asked, and whose credential it is need not be the client of this login.
#[test]
fn names_come_from_the_sealed_part() {
    let mut cred = Login::default().forwarded_tgt();
    cred.infos[0].client = Some(principal("bob@OTHER.TEST"));
    cred.infos[0].server = Some(principal("krbtgt/OTHER.TEST@OTHER.TEST"));
    let accepted = Server::default().accepted(&handing_over(cred.in_clear()));
    let credential = &accepted.details().delegated.as_ref().unwrap().credentials()[0];
    assert_eq!(credential.client, principal("bob@OTHER.TEST"));
    assert_eq!(credential.server, principal("krbtgt/OTHER.TEST@OTHER.TEST"));
    assert_eq!(accepted.context.initiator().display(), CLIENT);
}

#[test]
fn what_is_no_krb_cred_is_refused() {
    let cred = Login::default().forwarded_tgt();
    let of = |pvno, msg_type| {
        KrbCred {
            pvno,
            msg_type,
            ..cred.clone()
        }
        .in_clear()
    };
    assert_eq!(fault(of(4, 22)), DelegationFault::NotKrbCred);
    assert_eq!(fault(of(5, 21)), DelegationFault::NotKrbCred);
    let malformed = |bytes| matches!(fault(bytes), DelegationFault::Malformed(_));
    assert!(malformed(Vec::new()));
    assert!(malformed(b"credential".to_vec()));
    assert!(malformed([&cred.in_clear()[..], &[0]].concat()));
    let plaintext = |cipher: &[u8]| Sealed {
        etype: 0,
        kvno: None,
        cipher: cipher.to_vec(),
    };
    assert!(malformed(cred.around(&plaintext(b""))));
    assert!(malformed(
        cred.around(&plaintext(&[&cred.part()[..], &[0]].concat()))
    ));
}
