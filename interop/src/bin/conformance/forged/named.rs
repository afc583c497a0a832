//! Logins with keys of RC4 (RFC 4757) and Camellia (RFC 6803) in each place where a key stands, for acceptors that take them.

use super::from_kdc::{CAMMAC, INDICATORS, KDC_ISSUED, MANDATORY_FOR_KDC, if_relevant, krbtgt};
use super::pacs::pacs_of_each;
use super::{ETYPE, FLAGS, Login, MUTUAL, delegating_in};
use crate::case::Base;
use crate::forge::{Cammac, authorization_data, indicators, kdc_issued};
use crate::judge::Judge;
use mech_krb5::crypto::EncryptionType;
use negotiate_core::ContextFlags;

pub(super) const ETYPES: [EncryptionType; 3] = [RC4, CAMELLIA_128, CAMELLIA_256];
const RC4: EncryptionType = EncryptionType::Rc4Hmac;
const CAMELLIA_128: EncryptionType = EncryptionType::Camellia128CtsCmac;
const CAMELLIA_256: EncryptionType = EncryptionType::Camellia256CtsCmac;

pub(super) fn bases(judge: &Judge) -> Vec<Base> {
    let base = |name: &str, token, within| Base {
        within,
        ..Base::new(&format!("named/forged/{name}"), judge, vec![token], 0)
    };
    let mut bases = Vec::new();
    for types in types() {
        let [ticket, session, subkey] = types.map(EncryptionType::number);
        let name = format!("types-{ticket}-{session}-{subkey}");
        let login = |flags| Login::of_types(types, flags);
        bases.push(base(&name, login(FLAGS).krb5(), ""));
        bases.push(base(&format!("{name}-mutual"), login(MUTUAL).spnego(), ""));
    }
    for etype in ETYPES {
        let name = |what: &str| format!("{what}-{}", etype.name());
        let login = |flags| Login::of_types([etype; 3], flags);
        let dce = login(MUTUAL.with(ContextFlags::DCE_STYLE));
        bases.push(base(&name("dce-style"), dce.ap_req(), ""));
        bases.push(base(
            &name("delegation"),
            delegating_in(login(MUTUAL), true).spnego(),
            "",
        ));
        let without = login(MUTUAL).with(|login| login.authenticator.subkey = None);
        bases.push(base(&name("subkey-absent"), without.krb5(), ""));
        for (what, data) in signed(&login(MUTUAL)) {
            let login = login(MUTUAL).with(|login| login.ticket.authorization_data = Some(data));
            bases.push(base(&name(what), login.spnego(), "authorization-data"));
        }
    }
    for (name, login) in pacs_of_each(ETYPES) {
        bases.push(base(&name, login.spnego(), "authorization-data"));
    }
    bases
}

/// Of ticket, session key and subkey.
fn types() -> Vec<[EncryptionType; 3]> {
    let in_one_place = |etype| {
        [
            [etype; 3],
            [etype, ETYPE, ETYPE],
            [ETYPE, etype, ETYPE],
            [ETYPE, ETYPE, etype],
        ]
    };
    let mixed = [
        [RC4, CAMELLIA_256, CAMELLIA_128],
        [CAMELLIA_128, RC4, CAMELLIA_256],
        [CAMELLIA_256, CAMELLIA_128, RC4],
    ];
    ETYPES.into_iter().flat_map(in_one_place).chain(mixed).collect()
}

/// What the KDC signs with the ticket's key and with the session key.
fn signed(login: &Login) -> [(&'static str, Vec<u8>); 2] {
    let words = authorization_data(&[(INDICATORS, &indicators(&["otp", "hardened"]))]);
    let cammac = Cammac::new(words, &login.ticket.service_key, &krbtgt()).encode();
    let harmless = authorization_data(&[(MANDATORY_FOR_KDC, b"?")]);
    let issued = kdc_issued(&harmless, &login.session_key);
    [
        ("cammac", if_relevant(&[(CAMMAC, &cammac)])),
        ("kdc-issued", authorization_data(&[(KDC_ISSUED, &issued)])),
    ]
}
