//! Sealed parts (RFC 4120 section 7.5.1 has their key usages), opened where a key is known.

use super::messages::{
    AUTHENTICATOR, ENC_AP_REP_PART, ENC_KDC_REP_PART, ENC_KRB_CRED_PART, ENC_KRB_PRIV_PART,
};
use super::types::{AUTHORIZATION_DATA, ENC_TICKET_PART};
use crate::asn1::Type;
use crate::decoder::Decoder;
use crate::keys::OpenedBy;
use crate::tree::{Node, Opened, Value};
use mech_krb5::NameType;
use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage, etype_name};
use mech_krb5::message::{AdType, AuthorizationData, EncTicketPart};
use mech_krb5::pac::{Evidence, Pac, PacFault, VerifiedPac};
use negotiate_core::der::Reader;

/// The ticket, with a key of the service that it names.
pub(super) fn ticket(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let service = service(space, node);
    let Some(sealed) = node.child_mut("enc-part") else {
        return;
    };
    let Some((etype, kvno, cipher)) = parts(space, sealed) else {
        return;
    };
    let service = service.as_ref().map(Principal::borrow);
    let Some(opened) = decoder.keys.open_ticket(service, etype, kvno, cipher) else {
        return not_opened(decoder, sealed, etype);
    };
    let plaintext = opened.plaintext.expose();
    show(
        decoder,
        sealed,
        plaintext,
        opened.with,
        &ENC_TICKET_PART,
        "EncTicketPart",
    );
    let Some(verdict) = judge_pac(plaintext, &opened.key) else {
        return;
    };
    if let Some(opened) = sealed
        .child_mut("cipher")
        .and_then(|cipher| cipher.opened.as_deref_mut())
    {
        for part in &mut opened.children {
            crate::pac::annotate(part, &verdict);
        }
    }
}

pub(super) fn authenticator(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let usages = [KeyUsage::AP_REQ_AUTHENTICATOR, KeyUsage::TGS_REQ_AUTHENTICATOR];
    session(decoder, space, node, &usages, &AUTHENTICATOR, "Authenticator");
}

pub(super) fn ap_rep_part(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    session(
        decoder,
        space,
        node,
        &[KeyUsage::AP_REP],
        &ENC_AP_REP_PART,
        "EncAPRepPart",
    );
}

pub(super) fn tgs_rep_part(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let usages = [KeyUsage::TGS_REP_SUBKEY, KeyUsage::TGS_REP];
    session(decoder, space, node, &usages, &ENC_KDC_REP_PART, "EncTGSRepPart");
}

pub(super) fn priv_part(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    session(
        decoder,
        space,
        node,
        &[KeyUsage::KRB_PRIV],
        &ENC_KRB_PRIV_PART,
        "EncKrbPrivPart",
    );
}

pub(super) fn authorization_data(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let usages = [
        KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SUBKEY,
        KeyUsage::TGS_REQ_AUTHORIZATION_DATA,
    ];
    session(
        decoder,
        space,
        node,
        &usages,
        &AUTHORIZATION_DATA,
        "AuthorizationData",
    );
}

/// Credentials on their way to a service are sealed twice, or not at all (RFC 4121 section 4.1.1): encryption type 0.
pub(super) fn cred_part(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    if node.integer_of("etype") == Some(0) {
        let plaintext = node.child("cipher").map(|cipher| cipher.content_in(space));
        if let Some(plaintext) = plaintext {
            let with = "no key, for encryption type 0 seals nothing".into();
            show(
                decoder,
                node,
                plaintext,
                with,
                &ENC_KRB_CRED_PART,
                "EncKrbCredPart",
            );
        }
        if let Some(cipher) = node.child_mut("cipher") {
            cipher.meaning = Some("not sealed".into());
        }
        return;
    }
    session(
        decoder,
        space,
        node,
        &[KeyUsage::KRB_CRED],
        &ENC_KRB_CRED_PART,
        "EncKrbCredPart",
    );
}

pub(super) fn as_rep_part(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    long_term(
        decoder,
        space,
        node,
        KeyUsage::AS_REP,
        &ENC_KDC_REP_PART,
        "EncASRepPart",
    );
}

pub(super) fn timestamp(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let usage = KeyUsage::PA_ENC_TIMESTAMP;
    long_term(
        decoder,
        space,
        node,
        usage,
        &super::pa::PA_ENC_TS_ENC,
        "PA-ENC-TS-ENC",
    );
}

/// No key that could be known here seals it.
pub(super) fn stays_closed(node: &mut Node) {
    if let Some(cipher) = node.child_mut("cipher") {
        cipher.meaning = Some("sealed".into());
    }
}

/// Keeps a key that was sealed: it may open the next part.
pub(super) fn learn(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let Some(etype) = node.integer_of("keytype") else {
        return;
    };
    let of = match node.name {
        "subkey" => "the subkey told before",
        _ => "the session key told before",
    };
    if let Some(value) = node.child("keyvalue") {
        decoder.keys.learn(etype, value.content_in(space), of);
    }
}

fn session(
    decoder: &mut Decoder<'_>,
    space: &[u8],
    node: &mut Node,
    usages: &[KeyUsage],
    of: &'static Type,
    name: &'static str,
) {
    let Some((etype, _, cipher)) = parts(space, node) else {
        return;
    };
    match decoder.keys.open(etype, usages, cipher) {
        Some(OpenedBy { plaintext, with, .. }) => show(decoder, node, plaintext.expose(), with, of, name),
        None => not_opened(decoder, node, etype),
    }
}

fn long_term(
    decoder: &mut Decoder<'_>,
    space: &[u8],
    node: &mut Node,
    usage: KeyUsage,
    of: &'static Type,
    name: &'static str,
) {
    let Some((etype, _, cipher)) = parts(space, node) else {
        return;
    };
    match decoder.keys.open_long_term(etype, &[usage], cipher) {
        Some(OpenedBy { plaintext, with, .. }) => show(decoder, node, plaintext.expose(), with, of, name),
        None => not_opened(decoder, node, etype),
    }
}

/// Encryption type, key version and ciphertext of an EncryptedData.
fn parts<'s>(space: &'s [u8], node: &Node) -> Option<(i32, Option<u32>, &'s [u8])> {
    let etype = node.integer_of("etype")?;
    let kvno = node.child("kvno").and_then(|kvno| match kvno.value {
        Value::Integer(number) => u32::try_from(number).ok(),
        _ => None,
    });
    Some((etype, kvno, node.child("cipher")?.content_in(space)))
}

fn show(
    decoder: &mut Decoder<'_>,
    node: &mut Node,
    space: &[u8],
    with: String,
    of: &'static Type,
    name: &'static str,
) {
    let mut root = Node::new(name, of.spec, 0, space.len());
    decoder.in_new_space(|decoder| {
        let part = decoder.whole(space, (0, space.len()), name, of);
        decoder.push(space, &mut root, part);
    });
    if let Some(cipher) = node.child_mut("cipher") {
        cipher.meaning = Some("sealed".into());
        cipher.faults.extend(root.faults);
        cipher.opened = Some(Box::new(Opened {
            with,
            length: space.len(),
            children: root.children,
        }));
    }
}

fn not_opened(decoder: &Decoder<'_>, node: &mut Node, etype: i32) {
    let why = match (crate::keys::encryption_type(etype), decoder.keys.are_there()) {
        (None, _) => format!(
            "sealed with {}, which cannot be opened here",
            etype_name(etype).unwrap_or("an unknown encryption type")
        ),
        (_, false) => "sealed; no key to open it".into(),
        (_, true) => "sealed; no key fits".into(),
    };
    if let Some(cipher) = node.child_mut("cipher") {
        cipher.meaning = Some(why);
    }
}

/// The ticket's realm and sname as they stand.
fn service(space: &[u8], node: &Node) -> Option<Principal> {
    let sname = node.child("sname")?;
    let components = sname.child("name-string")?.children.iter();
    let components: Vec<&[u8]> = components.map(|component| component.content_in(space)).collect();
    let realm = node.child("realm")?.content_in(space);
    Principal::new(NameType(sname.integer_of("name-type")?), components, realm).ok()
}

/// What the PAC's server checksum says.
pub(crate) type PacVerdict = Result<VerifiedPac, PacFault>;

/// `None` if there is no PAC.
fn judge_pac(plaintext: &[u8], key: &Key) -> Option<PacVerdict> {
    let part = EncTicketPart::decode(plaintext).ok()?;
    let pac = find_pac(part.authorization_data?)?;
    let evidence = Evidence {
        service_key: &key.checksum_key(KeyUsage::PAC_CHECKSUM),
        kdc: None,
        client: part.cname.in_realm(part.crealm),
        authtime: part.authtime,
    };
    Some(Pac::parse(pac).and_then(|pac| pac.verify(&evidence)))
}

/// In AD-IF-RELEVANT (MS-PAC section 2.1), or by itself.
fn find_pac(data: AuthorizationData<'_>) -> Option<&[u8]> {
    data.iter().find_map(|entry| match entry.ad_type {
        AdType::WIN2K_PAC => Some(entry.ad_data),
        AdType::IF_RELEVANT => {
            let inner = AuthorizationData::decode(&mut Reader::new(entry.ad_data)).ok()?;
            let mut entries = inner.iter();
            let pac = entries.find(|entry| entry.ad_type == AdType::WIN2K_PAC)?;
            Some(pac.ad_data)
        }
        _ => None,
    })
}
