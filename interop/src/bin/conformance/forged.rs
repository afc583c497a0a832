//! Valid conversations made from fixed keys: what captures do not hold, and all optional fields at once.

mod from_kdc;
mod named;
mod pacs;

use crate::case::Base;
use crate::draw::Draw;
use crate::forge::{Authenticator, CarriedKey, CredInfo, GssChecksum, KrbCred, Ticket};
use crate::forge::{authorization_data, extension, framed, neg_token_init};
use crate::judge::{Judge, Types};
use md5::{Digest as _, Md5};
use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{AdType, ApOptions, TicketFlags};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{ChannelBindings, ContextFlags, MechType, Seconds, Timestamp};
use std::path::Path;

const NOW: Timestamp = Timestamp::from_unix(1_795_327_048);
const CLIENT: &str = "alice@CONFORMANCE.TEST";
const SERVICE: &str = "HTTP/www.conformance.test@CONFORMANCE.TEST";
/// Another name under the same keys.
const ALIAS: &str = "HTTP/alias.conformance.test@CONFORMANCE.TEST";
const KVNO: u32 = 3;
const BINDINGS: &[u8] = b"tls-server-end-point:0123456789abcdef0123456789abcdef";

const ETYPES: [EncryptionType; 4] = [
    EncryptionType::Aes128CtsHmacSha1_96,
    EncryptionType::Aes256CtsHmacSha1_96,
    EncryptionType::Aes128CtsHmacSha256_128,
    EncryptionType::Aes256CtsHmacSha384_192,
];
/// For all that does not depend on it.
const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

/// What browsers and libgssapi ask for.
const FLAGS: ContextFlags = ContextFlags::REPLAY
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);
const MUTUAL: ContextFlags = FLAGS.with(ContextFlags::MUTUAL);

fn key(etype: EncryptionType, name: &str) -> Key {
    let mut bytes = vec![0; etype.key_len()];
    _ = negotiate_core::Random::fill(&mut Draw::named(0, name), &mut bytes);
    Key::new(etype, &bytes).expect("of the type's length")
}

/// One login before it is sealed.
#[derive(Clone)]
struct Login {
    ticket: Ticket,
    session_key: Key,
    subkey: Key,
    authenticator: Authenticator,
    ap_options: ApOptions,
}

impl Login {
    /// With a ticket, a session key and a subkey of these types.
    fn of_types([ticket, session, subkey]: [EncryptionType; 3], flags: ContextFlags) -> Self {
        let session_key = key(session, "session");
        let subkey = key(subkey, "subkey");
        let mut ticket = Ticket::new(CLIENT, SERVICE, &key(ticket, "service"), &session_key, NOW);
        ticket.kvno = Some(KVNO);
        let authenticator = Authenticator::new(&ticket, flags, &subkey, NOW);
        let mutual = if flags.contains(ContextFlags::MUTUAL) {
            ApOptions::MUTUAL_REQUIRED.0
        } else {
            0
        };
        Self {
            ticket,
            session_key,
            subkey,
            authenticator,
            ap_options: ApOptions(mutual),
        }
    }

    fn new(flags: ContextFlags) -> Self {
        Self::of_types([ETYPE; 3], flags)
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn ap_req(&self) -> Vec<u8> {
        let mut draw = Draw::new(1);
        let ticket = self.ticket.seal(&mut draw);
        self.authenticator
            .ap_req(self.ap_options, &ticket, &self.session_key, &mut draw)
    }

    fn krb5(&self) -> Vec<u8> {
        framed(MechType::KRB5, &self.ap_req())
    }

    fn spnego(&self) -> Vec<u8> {
        neg_token_init(&[MechType::KRB5], &self.krb5())
    }
}

/// All of them; the keytab goes into the directory.
pub(crate) fn bases(directory: &Path) -> Vec<Base> {
    let unbound = Judge {
        keytab: keytab(directory),
        now: NOW,
        bindings: None,
        types: Types::Default,
    };
    let mut bases = Vec::new();
    let mut add = |name: &str, judge: &Judge, conversation: &[&[u8]], leg| {
        let conversation = conversation.iter().map(|token| token.to_vec()).collect();
        bases.push(Base::new(&format!("forged/{name}"), judge, conversation, leg));
    };
    for etype in ETYPES {
        let login = Login::of_types([etype; 3], MUTUAL);
        add(
            &format!("spnego-{}", etype.name()),
            &unbound,
            &[&login.spnego()],
            0,
        );
    }
    for (name, token) in single() {
        add(name, &unbound, &[&token], 0);
    }
    let [init, with_ap_req, with_mic] = &second_choice();
    add("second-choice", &unbound, &[init, with_ap_req, with_mic], 0);
    add("second-choice-token", &unbound, &[init, with_ap_req, with_mic], 1);
    add("second-choice-mic", &unbound, &[init, with_ap_req, with_mic], 2);
    let bound = Judge {
        bindings: Some(BINDINGS.to_vec()),
        ..unbound.clone()
    };
    for (name, login) in bound_logins() {
        add(name, &bound, &[&login.spnego()], 0);
    }
    bases.extend(from_kdc::logins().into_iter().map(|(name, login)| Base {
        within: "authorization-data",
        ..Base::new(&format!("forged/{name}"), &unbound, vec![login.spnego()], 0)
    }));
    let taking_named = Judge {
        types: Types::Named,
        ..unbound
    };
    bases.extend(named::bases(&taking_named));
    bases
}

/// First tokens that are all of their conversation.
fn single() -> Vec<(&'static str, Vec<u8>)> {
    let dce = MUTUAL.with(ContextFlags::DCE_STYLE);
    let types = |types: [usize; 3]| Login::of_types(types.map(|index| ETYPES[index]), MUTUAL);
    let plain = Login::new(FLAGS);
    let mut tokens = vec![
        ("krb5", plain.krb5()),
        ("krb5-ms", framed(MechType::MS_KRB5, &plain.ap_req())),
        (
            "spnego-ms",
            neg_token_init(
                &[MechType::MS_KRB5, MechType::KRB5, MechType::NTLMSSP],
                &plain.krb5(),
            ),
        ),
        ("spnego-hints", with_hints(&plain.krb5())),
        (
            "all-flags",
            Login::new(ContextFlags::from_bits_truncate(0xffff_efff)).krb5(),
        ),
        ("no-flags", Login::new(ContextFlags::default()).krb5()),
        ("dce-style", Login::new(dce).ap_req()),
        ("dce-style-framed", Login::new(dce).krb5()),
        (
            "dce-style-spnego",
            neg_token_init(&[MechType::KRB5], &Login::new(dce).ap_req()),
        ),
        ("bare", plain.ap_req()),
        ("types-17-18-19", types([0, 1, 2]).krb5()),
        ("types-20-17-18", types([3, 0, 1]).krb5()),
        ("types-19-20-17", types([2, 3, 0]).krb5()),
        ("everything", everything().spnego()),
        ("nothing-optional", nothing_optional().krb5()),
        ("delegation", delegating(true).spnego()),
        ("delegation-in-clear", delegating(false).krb5()),
    ];
    tokens.extend(variants().into_iter().map(|(name, login)| (name, login.krb5())));
    tokens
}

/// Logins that differ from a plain one in a respect or two.
fn variants() -> Vec<(&'static str, Login)> {
    let plain = || Login::new(FLAGS);
    let mutual = || Login::new(MUTUAL);
    let over_nothing = |login: &mut Login| {
        let key = login
            .session_key
            .checksum_key(KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM);
        let checksum = key.checksum(&[]).as_bytes().to_vec();
        login.authenticator.cksum = Some((key.checksum_type().number(), checksum));
    };
    let client = |login: &mut Login, name: &str| {
        login.ticket.client = Principal::parse(name).expect("a name");
        login.authenticator.client = login.ticket.client.clone();
    };
    let service =
        |login: &mut Login, name: &str| login.ticket.service = Principal::parse(name).expect("a name");
    let subkey = |login: &mut Login, keytype, len| {
        login.authenticator.subkey = Some(CarriedKey {
            keytype,
            keyvalue: vec![7; len],
        });
    };
    let transited = |login: &mut Login, realm: &str, contents: &str| {
        client(login, &format!("alice@{realm}"));
        login.ticket.transited = contents.into();
    };
    let extensions = |login: &mut Login, extensions: Vec<u8>| {
        login.authenticator.cksum = Some(
            GssChecksum {
                extensions,
                ..GssChecksum::new(MUTUAL)
            }
            .field(),
        );
    };
    let from_client = |login: &mut Login, elements: &[(i32, &[u8])]| {
        let inside = authorization_data(elements);
        login.authenticator.authorization_data =
            Some(authorization_data(&[(AdType::IF_RELEVANT.0, &inside)]));
    };
    vec![
        ("checksum-ordinary", plain().with(over_nothing)),
        ("checksum-ordinary-mutual", mutual().with(over_nothing)),
        (
            "checksum-absent",
            plain().with(|login| login.authenticator.cksum = None),
        ),
        (
            "checksum-absent-mutual",
            mutual().with(|login| login.authenticator.cksum = None),
        ),
        (
            "extension",
            plain().with(|login| extensions(login, extension(0x1234, b"data"))),
        ),
        (
            "extension-bindings",
            plain().with(|login| extensions(login, extension(0, &[7; 36]))),
        ),
        (
            "anonymous",
            plain().with(|login| client(login, "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS")),
        ),
        (
            "anonymous-in-realm",
            plain().with(|login| client(login, "WELLKNOWN/ANONYMOUS@CONFORMANCE.TEST")),
        ),
        (
            "client-odd",
            plain().with(|login| client(login, "a\\/b\\@c\\\\d\\ne/f@CONFORMANCE.TEST")),
        ),
        (
            "client-foreign",
            plain().with(|login| client(login, "alice@ELSEWHERE.TEST")),
        ),
        (
            "client-machine",
            plain().with(|login| client(login, "host/pc.conformance.test@CONFORMANCE.TEST")),
        ),
        ("alias", plain().with(|login| service(login, ALIAS))),
        (
            "alias-unknown",
            plain().with(|login| service(login, "cifs/unknown@CONFORMANCE.TEST")),
        ),
        (
            "alias-realm",
            plain().with(|login| service(login, "HTTP/www.conformance.test@ELSEWHERE.TEST")),
        ),
        (
            "kvno-other",
            plain().with(|login| login.ticket.kvno = Some(KVNO + 1)),
        ),
        (
            "kvno-wide",
            plain().with(|login| login.ticket.kvno = Some(KVNO + 256)),
        ),
        ("kvno-absent", plain().with(|login| login.ticket.kvno = None)),
        (
            "subkey-absent",
            mutual().with(|login| login.authenticator.subkey = None),
        ),
        ("subkey-rc4", plain().with(|login| subkey(login, 23, 16))),
        ("subkey-rc4-mutual", mutual().with(|login| subkey(login, 23, 16))),
        ("subkey-camellia", plain().with(|login| subkey(login, 26, 32))),
        ("subkey-des3", plain().with(|login| subkey(login, 16, 24))),
        ("subkey-short", mutual().with(|login| subkey(login, 18, 16))),
        (
            "seq-number-high",
            mutual().with(|login| login.authenticator.seq_number = Some(0xffff_fff0)),
        ),
        (
            "seq-number-absent",
            mutual().with(|login| login.authenticator.seq_number = None),
        ),
        (
            "path-up-and-down",
            plain().with(|login| transited(login, "A.EAST.CONFORMANCE.TEST", "EAST.CONFORMANCE.TEST")),
        ),
        (
            "path-compressed",
            plain().with(|login| transited(login, "A.B.CONFORMANCE.TEST", ",CONFORMANCE.TEST")),
        ),
        (
            "path-elsewhere",
            plain().with(|login| transited(login, "A.TEST", "EVIL.TEST")),
        ),
        (
            "path-checked",
            plain().with(|login| {
                transited(login, "A.TEST", "EVIL.TEST");
                login.ticket.flags = login.ticket.flags.with(TicketFlags::TRANSITED_POLICY_CHECKED);
            }),
        ),
        (
            "etype-negotiation",
            mutual()
                .with(|login| from_client(login, &[(AdType::ETYPE_NEGOTIATION.0, &integers(&[20, 18, 17]))])),
        ),
        (
            "bindings-known",
            mutual().with(|login| from_client(login, &[(AdType::AP_OPTIONS.0, &[0, 0x40, 0, 0])])),
        ),
    ]
}

/// A ticket and an authenticator with every optional field.
fn everything() -> Login {
    let flags = TicketFlags::TRANSITED_POLICY_CHECKED.with(TicketFlags::RENEWABLE);
    Login::new(MUTUAL).with(|login| {
        let nested = authorization_data(&[(-5, b"inside")]);
        let data = authorization_data(&[
            (AdType::IF_RELEVANT.0, &nested),
            (AdType::MANDATORY_FOR_KDC.0, b"kdc"),
        ]);
        let wishes = authorization_data(&[
            (AdType::ETYPE_NEGOTIATION.0, &integers(&[18, 17, 20, 19])),
            (AdType::AP_OPTIONS.0, &[0, 0x40, 0, 0]),
        ]);
        let ticket = &mut login.ticket;
        ticket.flags = ticket.flags.with(flags);
        ticket.transited = b"EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.".to_vec();
        ticket.renew_till = Some(NOW.plus(Seconds(604_800)));
        ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1]), (24, vec![0x20; 16])]);
        ticket.authorization_data = Some(data);
        login.authenticator.authorization_data =
            Some(authorization_data(&[(AdType::IF_RELEVANT.0, &wishes)]));
        let extensions = extension(0x1234, b"data");
        login.authenticator.cksum = Some(
            GssChecksum {
                extensions,
                ..GssChecksum::new(MUTUAL)
            }
            .field(),
        );
    })
}

fn nothing_optional() -> Login {
    Login::new(FLAGS).with(|login| {
        login.ticket.kvno = None;
        login.ticket.starttime = None;
        login.authenticator.subkey = None;
        login.authenticator.seq_number = None;
        login.authenticator.cksum = None;
    })
}

/// With a forwarded ticket-granting ticket, under the subkey or in clear.
fn delegating(is_sealed: bool) -> Login {
    delegating_in(Login::new(MUTUAL), is_sealed)
}

fn delegating_in(login: Login, is_sealed: bool) -> Login {
    let mut draw = Draw::new(2);
    let tgt_key = key(ETYPE, "tgt session");
    let tgt = Ticket::new(
        CLIENT,
        "krbtgt/CONFORMANCE.TEST@CONFORMANCE.TEST",
        &key(ETYPE, "krbtgt"),
        &tgt_key,
        NOW,
    );
    let info = CredInfo {
        key: (&tgt_key).into(),
        client: Some(tgt.client.clone()),
        flags: Some(tgt.flags),
        authtime: Some(tgt.authtime),
        starttime: tgt.starttime,
        endtime: Some(tgt.endtime),
        renew_till: Some(tgt.endtime),
        server: Some(tgt.service.clone()),
        caddr: Some(vec![(2, vec![192, 0, 2, 1])]),
    };
    let cred = KrbCred::new(vec![tgt.seal(&mut draw)], vec![info]);
    login.with(|login| {
        let cred = if is_sealed {
            cred.seal(&login.subkey, &mut draw)
        } else {
            cred.in_clear()
        };
        login.authenticator.cksum = Some(GssChecksum::delegating(MUTUAL, cred).field());
    })
}

/// Seen by an acceptor that has channel bindings.
fn bound_logins() -> Vec<(&'static str, Login)> {
    let with = |bindings: [u8; 16], options: Option<u32>| {
        Login::new(MUTUAL).with(|login| {
            login.authenticator.cksum = Some(
                GssChecksum {
                    bindings,
                    ..GssChecksum::new(MUTUAL)
                }
                .field(),
            );
            login.authenticator.authorization_data = options.map(|options| {
                let inside = authorization_data(&[(AdType::AP_OPTIONS.0, &options.to_le_bytes())]);
                authorization_data(&[(AdType::IF_RELEVANT.0, &inside)])
            });
        })
    };
    let ours = ChannelBindings::from_application_data(BINDINGS).to_octets();
    let ours: [u8; 16] = Md5::digest(ours).into();
    let known = Some(0x4000);
    vec![
        ("bound", with(ours, None)),
        ("bound-known", with(ours, known)),
        ("bound-otherwise", with([7; 16], None)),
        ("unbound", with([0; 16], None)),
        ("unbound-known", with([0; 16], known)),
        (
            "unbound-checksum-absent",
            Login::new(MUTUAL).with(|login| login.authenticator.cksum = None),
        ),
    ]
}

/// An initiator that would rather use a mechanism that nobody has: its token comes second, and MICs are due.
fn second_choice() -> [Vec<u8>; 3] {
    let mech_types = [MechType::NTLMSSP, MechType::KRB5];
    let init = neg_token_init(&mech_types, b"NTLMSSP\0\x01\0\0\0");
    let mut list = Writer::new();
    list.sequence(|list| {
        mech_types
            .iter()
            .for_each(|mech_type| list.object_identifier(mech_type.contents()));
    });
    let login = Login::new(FLAGS);
    let mic = mic(&login.subkey, 0x1234_5678, &list.into_bytes());
    let with_ap_req = neg_token_resp(2, &login.krb5());
    [init, with_ap_req, neg_token_resp(3, &mic)]
}

/// A NegTokenResp of an initiator, with one field.
fn neg_token_resp(number: u8, content: &[u8]) -> Vec<u8> {
    let mut token = Writer::new();
    token.field(1, |choice| {
        choice.sequence(|response| response.field(number, |field| field.octet_string(content)));
    });
    token.into_bytes()
}

/// The initiator's MIC token under its own subkey (RFC 4121 section 4.2.6.1).
fn mic(subkey: &Key, seq_number: u64, message: &[u8]) -> Vec<u8> {
    let header = [
        &[4, 4, 0, 0xff, 0xff, 0xff, 0xff, 0xff][..],
        &seq_number.to_be_bytes(),
    ]
    .concat();
    let checksum = subkey
        .checksum_key(KeyUsage::INITIATOR_SIGN)
        .checksum(&[message, &header]);
    [&header, checksum.as_bytes()].concat()
}

/// A NegTokenInit2 with hints (MS-SPNG section 2.2.1), which only acceptors have a reason to send.
fn with_hints(mech_token: &[u8]) -> Vec<u8> {
    let mut token = Writer::new();
    token.element(Tag::application(0), |token| {
        token.object_identifier(MechType::SPNEGO.contents());
        token.field(0, |choice| {
            choice.sequence(|init| {
                init.field(0, |field| {
                    field.sequence(|list| list.object_identifier(MechType::KRB5.contents()));
                });
                init.field(2, |field| field.octet_string(mech_token));
                init.field(3, |field| {
                    field.sequence(|hints| {
                        hints.field(0, |field| {
                            field.general_string(b"not_defined_in_RFC4178@please_ignore");
                        });
                    });
                });
            });
        });
    });
    token.into_bytes()
}

/// `EtypeList` (RFC 4537 section 3).
fn integers(numbers: &[i64]) -> Vec<u8> {
    let mut list = Writer::new();
    list.sequence(|list| numbers.iter().for_each(|number| list.integer(*number)));
    list.into_bytes()
}

fn keytab(directory: &Path) -> std::path::PathBuf {
    let entry = |name: &str, etype: EncryptionType, key_name: &str| {
        let principal = Principal::parse(name).expect("a name");
        KeytabEntry::new(principal, NOW, KVNO, etype.number(), key(etype, key_name).bytes())
            .expect("fits a keytab")
    };
    let mut entries = Vec::new();
    for etype in ETYPES.into_iter().chain(named::ETYPES) {
        entries.push(entry(SERVICE, etype, "service"));
        entries.push(entry(ALIAS, etype, "service"));
        entries.push(entry(
            "HTTP/other.conformance.test@CONFORMANCE.TEST",
            etype,
            "other service",
        ));
    }
    let path = directory.join("keytab");
    std::fs::write(&path, Keytab::from_entries(entries).to_file().expose())
        .expect("the directory can be written");
    path
}
