//! Everything that can be wrong with a first token, in the order in which an acceptor looks (RFC 4120 section 3.2.3 and
//! RFC 4121 section 4.1): each fault spoils a login, or the server that judges it, in one place.

use crate::forge::{CarriedKey, GssChecksum, authorization_data};
use crate::login::{ETYPE, Framing, Login, Randomness, Server, after, entry, key, principal};
use mech_krb5::crypto::EncryptionType;
use mech_krb5::message::{ApOptions, TicketFlags};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_krb5::{AddressPolicy, NameType, PacPolicy, Principal};
use negotiate_core::{Address, BindingsPolicy, ChannelBindings, ContextFlags, MechType, Timestamp};
use std::sync::Arc;

/// One fault, and what comes of it.
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    /// Which of several ways to the same code.
    pub(crate) how: &'static str,
    pub(crate) spoil: fn(&mut Server, &mut Login),
}

/// Stages in the order in which they are looked at; within one, the faults exclude each other.
pub(crate) fn stages() -> Vec<Vec<Fault>> {
    vec![
        framing(),
        ap_req(),
        vec![fault("krb5.user_to_user", "", |_, login| {
            login.ap_options = ApOptions(login.ap_options.0 | ApOptions::USE_SESSION_KEY.0);
        })],
        ticket_etype(),
        keys(),
        vec![fault("krb5.malformed", "EncTicketPart", |_, login| {
            login.ticket_plaintext = Some(b"\x63\x02\x30\x00".to_vec());
        })],
        session_key(),
        vec![fault("krb5.ticket_invalid", "", |_, login| {
            login.ticket.flags = TicketFlags(login.ticket.flags.0 | TicketFlags::INVALID.0);
        })],
        vec![fault("krb5.ticket_not_yet_valid", "", |_, login| {
            login.ticket.starttime = Some(after(302));
        })],
        vec![fault("krb5.ticket_expired", "", |_, login| {
            login.ticket.endtime = after(-302);
        })],
        authenticator_seal(),
        authenticator_part(),
        vec![fault("krb5.client_mismatch", "", |_, login| {
            login.authenticator.client = principal("mallory@EXAMPLE.TEST");
        })],
        vec![fault("krb5.clock_skew", "", |_, login| {
            login.authenticator.ctime = after(301);
        })],
        addresses(),
        replay(),
        vec![fault("krb5.unusable_session_key", "subkey", |_, login| {
            login.authenticator.subkey = Some(RC4_KEY());
        })],
        authdata(),
        checksum(),
        dce_style(),
        delegation(),
        transited(),
        vec![
            fault("krb5.anonymous_refused", "", |_, login| {
                login.set_client(&principal("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS"));
            }),
            fault("krb5.well_known_principal", "", |_, login| {
                login.set_client(&principal("WELLKNOWN/FEDERATED@EXAMPLE.TEST"));
            }),
            fault("krb5.well_known_realm", "", |_, login| {
                login.set_client(&principal("alice@WELLKNOWN:ELSEWHERE"));
            }),
            fault("krb5.reserved_principal", "", |_, login| {
                login.set_client(&principal("alice@WELLKNOWN:ANONYMOUS"));
            }),
        ],
        pac(),
        vec![fault("krb5.no_random", "", |server, _| {
            server.randomness = Randomness::Dry;
        })],
        vec![fault("krb5.name_not_utf8", "", |_, login| {
            login.set_client(
                &Principal::new(NameType::PRINCIPAL, [&b"alic\xe9"[..]], b"EXAMPLE.TEST").unwrap(),
            );
        })],
    ]
}

const fn fault(code: &'static str, how: &'static str, spoil: fn(&mut Server, &mut Login)) -> Fault {
    Fault { code, how, spoil }
}

/// A session key or subkey as an old domain controller makes it.
const RC4_KEY: fn() -> CarriedKey = || CarriedKey {
    keytype: 23,
    keyvalue: b"SECRET-rc4------".to_vec(),
};

fn framing() -> Vec<Fault> {
    vec![
        fault("krb5.other_mechanism", "", |_, login| {
            login.framing = Framing::Gss(MechType::MS_KRB5, [1, 0]);
        }),
        fault("krb5.not_ap_req", "AP-REP", |_, login| {
            login.framing = Framing::Gss(MechType::KRB5, [2, 0]);
        }),
        fault("krb5.not_ap_req", "KRB-ERROR", |_, login| {
            login.framing = Framing::Gss(MechType::KRB5, [3, 0]);
        }),
        fault("krb5.malformed", "framing without TOK_ID", |_, login| {
            login.framing =
                Framing::Bytes(b"\x60\x0c\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01".to_vec());
        }),
    ]
}

fn ap_req() -> Vec<Fault> {
    vec![
        fault("krb5.malformed", "AP-REQ", |_, login| {
            login.ticket.service =
                Principal::new(NameType::SRV_INST, [&b"a\0b"[..]], b"EXAMPLE.TEST").unwrap();
        }),
        fault("krb5.bad_version", "AP-REQ", |_, login| login.pvno = 4),
        fault("krb5.bad_version", "ticket", |_, login| login.ticket.tkt_vno = 4),
        fault("krb5.bad_message_type", "", |_, login| login.msg_type = 12),
    ]
}

fn ticket_etype() -> Vec<Fault> {
    vec![
        fault("krb5.etype_refused", "RC4", |_, login| {
            login.ticket.etype = Some(23);
        }),
        fault("krb5.etype_refused", "DES3", |_, login| {
            login.ticket.etype = Some(16);
        }),
        fault("krb5.etype_refused", "unknown", |_, login| {
            login.ticket.etype = Some(-1);
        }),
    ]
}

/// Every way not to have the key.
fn keys() -> Vec<Fault> {
    vec![
        fault("krb5.acceptor_names_absent", "", |server, _| {
            server.names = vec!["HTTP@other.example.test"];
            change_keys(server);
        }),
        fault("krb5.service_not_allowed", "", |server, _| {
            let other = principal("HTTP/other.example.test@EXAMPLE.TEST");
            server.entries.push(entry(&other, 1, &key(ETYPE, "other")));
            server.names = vec!["HTTP@other.example.test"];
        }),
        fault("krb5.service_absent", "", |server, _| {
            change_keys(server);
            rename(server, "HTTP/other.example.test@EXAMPLE.TEST");
        }),
        fault("krb5.wrong_realm", "", |server, login| {
            change_keys(server);
            let name = login.ticket.service.name();
            let elsewhere = Principal::new(name.name_type(), name.components(), b"OTHER.TEST\n\x1b").unwrap();
            server.entries = vec![entry(&elsewhere, 1, &key(ETYPE, "other"))];
        }),
        fault("krb5.kvno_old", "", |server, login| {
            server.entries = vec![entry(&login.ticket.service, 7, &key(ETYPE, "newer"))];
        }),
        fault("krb5.kvno_new", "", |server, login| {
            login.ticket.kvno = Some(7);
            change_keys(server);
        }),
        fault("krb5.etype_missing", "", |server, login| {
            let etype = EncryptionType::Aes128CtsHmacSha1_96;
            server.entries = vec![entry(&login.ticket.service, 1, &key(etype, "service"))];
        }),
        fault("krb5.wrong_key", "", |server, _| change_keys(server)),
    ]
}

/// The KDC has other keys than the keytab.
fn change_keys(server: &mut Server) {
    for entry in &mut server.entries {
        *entry = crate::login::entry(entry.principal(), entry.kvno(), &key(ETYPE, "changed"));
    }
}

fn rename(server: &mut Server, name: &str) {
    for entry in &mut server.entries {
        *entry = crate::login::entry(&principal(name), entry.kvno(), &key(ETYPE, "changed"));
    }
}

fn session_key() -> Vec<Fault> {
    vec![
        fault("krb5.unusable_session_key", "RC4", |_, login| {
            login.ticket.session_key = RC4_KEY();
        }),
        fault("krb5.unusable_session_key", "a byte too long", |_, login| {
            login.ticket.session_key.keyvalue.push(0);
        }),
    ]
}

fn authenticator_seal() -> Vec<Fault> {
    vec![
        fault("krb5.authenticator_tampered", "another key", |_, login| {
            login.session_key = key(ETYPE, "another");
        }),
        fault("krb5.authenticator_tampered", "another type", |_, login| {
            login.authenticator_etype = Some(17);
        }),
    ]
}

fn authenticator_part() -> Vec<Fault> {
    vec![
        fault("krb5.malformed", "authenticator", |_, login| {
            login.authenticator_plaintext = Some(b"\x62\x03\x30\x00\x00".to_vec());
        }),
        fault("krb5.bad_version", "authenticator", |_, login| {
            login.authenticator.authenticator_vno = 4;
        }),
    ]
}

/// A replay cache that always says the same.
#[derive(Debug)]
pub(crate) struct Answering(pub(crate) fn() -> ReplayAnswer);

impl ReplayCache for Answering {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        self.0()
    }
}

fn addresses() -> Vec<Fault> {
    vec![
        fault("krb5.address_mismatch", "", |server, login| {
            login.ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1])]);
            let bindings = server.bindings.get_or_insert_with(ChannelBindings::default);
            bindings.initiator = Address {
                address_type: 2,
                octets: vec![192, 0, 2, 2],
            };
        }),
        fault("krb5.addresses_required", "", |server, _| {
            server.configure = |builder| builder.addresses(AddressPolicy::Require);
        }),
        fault("krb5.address_not_told", "", |server, login| {
            server.configure = |builder| builder.addresses(AddressPolicy::Require);
            login.ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1])]);
        }),
    ]
}

fn replay() -> Vec<Fault> {
    vec![
        fault("krb5.replay", "", |server, _| {
            server.replay_cache = Arc::new(Answering(|| ReplayAnswer::Replayed));
        }),
        fault("krb5.replay_cache_full", "", |server, _| {
            server.replay_cache = Arc::new(Answering(|| ReplayAnswer::Full));
        }),
        fault("krb5.replay_cache_unavailable", "", |server, _| {
            server.replay_cache = Arc::new(Answering(|| ReplayAnswer::Unavailable));
        }),
        fault("krb5.before_start", "", |server, _| {
            server.replay_cache = Arc::new(Answering(|| ReplayAnswer::BeforeStart { from: after(1) }));
        }),
    ]
}

fn authdata() -> Vec<Fault> {
    vec![
        fault("krb5.unknown_authorization_data", "ticket", |_, login| {
            login.ticket.authorization_data = Some(authorization_data(&[(-77, b"")]));
        }),
        fault("krb5.unknown_authorization_data", "authenticator", |_, login| {
            login.authenticator.authorization_data = Some(authorization_data(&[(-77, b"")]));
        }),
        fault("krb5.nested_authorization_data", "ticket", |_, login| {
            login.ticket.authorization_data = Some(nested(4));
        }),
        fault("krb5.nested_authorization_data", "authenticator", |_, login| {
            login.authenticator.authorization_data = Some(nested(4));
        }),
        fault("krb5.malformed", "AD-IF-RELEVANT", |_, login| {
            login.ticket.authorization_data = Some(authorization_data(&[(1, b"\x30\x01")]));
        }),
        fault("krb5.malformed", "KERB-AP-OPTIONS", |_, login| {
            login.authenticator.authorization_data = Some(authorization_data(&[(143, b"\x00\x40")]));
        }),
        fault("krb5.malformed", "EtypeList", |_, login| {
            login.authenticator.authorization_data =
                Some(authorization_data(&[(129, b"\x30\x03\x04\x01\x12")]));
        }),
    ]
}

/// AD-IF-RELEVANT so many times around an unknown element: the list outside is one level more.
pub(crate) fn nested(times: usize) -> Vec<u8> {
    (0..times).fold(authorization_data(&[(-77, b"")]), |inner, _| {
        authorization_data(&[(1, &inner)])
    })
}

const OUR_BINDINGS: fn() -> Option<ChannelBindings> = || {
    Some(ChannelBindings::from_application_data(
        *b"tls-server-end-point:ours",
    ))
};

fn checksum() -> Vec<Fault> {
    vec![
        fault("krb5.bad_gss_checksum", "truncated", |_, login| {
            login.authenticator.cksum = Some((
                0x8003,
                GssChecksum::new(ContextFlags::MUTUAL).encode()[..23].to_vec(),
            ));
        }),
        fault("krb5.bad_gss_checksum", "length of bindings", |_, login| {
            let mut checksum = GssChecksum::new(ContextFlags::MUTUAL);
            checksum.bindings_len = 17;
            login.set_checksum(&checksum);
        }),
        fault("krb5.bad_gss_checksum", "delegation option", |_, login| {
            let mut checksum = GssChecksum::delegating(ContextFlags::MUTUAL, Vec::new());
            checksum.delegation = Some((2, Vec::new()));
            login.set_checksum(&checksum);
        }),
        fault("krb5.checksum_unverified", "", |_, login| {
            login.authenticator.cksum = Some((16, vec![0; 12]));
        }),
        fault("krb5.bindings_mismatch", "", |server, login| {
            server.bindings = OUR_BINDINGS();
            let mut checksum = GssChecksum::new(ContextFlags::MUTUAL);
            checksum.bindings = *b"no hash of ours.";
            login.set_checksum(&checksum);
        }),
        fault("krb5.bindings_required", "", |server, _| {
            server.bindings = OUR_BINDINGS();
            server.bindings_policy = BindingsPolicy::Require;
        }),
        fault("krb5.bindings_removed", "", |server, login| {
            server.bindings = OUR_BINDINGS();
            let advertised = 0x4000_u32.to_le_bytes();
            login.authenticator.authorization_data = Some(authorization_data(&[(143, &advertised)]));
        }),
    ]
}

fn dce_style() -> Vec<Fault> {
    vec![
        fault("krb5.unframed", "", |_, login| login.framing = Framing::Bare),
        fault("krb5.framed_dce_style", "", |_, login| {
            login.set_flags(ContextFlags::DCE_STYLE);
        }),
    ]
}

fn delegation() -> Vec<Fault> {
    fn delegates(login: &mut Login, krb_cred: Vec<u8>) {
        login.set_checksum(&GssChecksum::delegating(ContextFlags::MUTUAL, krb_cred));
    }
    vec![
        fault("krb5.bad_delegation", "malformed", |_, login| {
            delegates(login, b"\x76\x03\x30".to_vec());
        }),
        fault("krb5.bad_delegation", "not a KRB-CRED", |_, login| {
            let mut cred = login.forwarded_tgt();
            cred.msg_type = 21;
            delegates(login, cred.in_clear());
        }),
        fault("krb5.bad_delegation", "not sealed", |_, login| {
            let cred = login.forwarded_tgt();
            delegates(
                login,
                cred.seal(&key(ETYPE, "another"), &mut crate::common::Counting(1)),
            );
        }),
        fault("krb5.bad_delegation", "count", |_, login| {
            let mut cred = login.forwarded_tgt();
            cred.infos.push(cred.infos[0].clone());
            delegates(login, cred.in_clear());
        }),
        fault("krb5.bad_delegation", "incomplete", |_, login| {
            let mut cred = login.forwarded_tgt();
            cred.infos[0].endtime = None;
            delegates(login, cred.in_clear());
        }),
    ]
}

fn pac() -> Vec<Fault> {
    vec![
        fault("krb5.pac_signature_wrong", "", |_, login| {
            let pac = crate::pac::of(login).sign(&key(ETYPE, "another"), &key(ETYPE, "krbtgt"));
            crate::pac::put(login, &pac);
        }),
        fault("krb5.pac_missing", "", |server, _| {
            server.configure = |builder| builder.pac(PacPolicy::Require);
        }),
        fault("krb5.pac_unusable", "", |server, login| {
            server.configure = |builder| builder.pac(PacPolicy::Require);
            crate::pac::put(login, b"");
        }),
    ]
}

fn transited() -> Vec<Fault> {
    vec![
        fault("krb5.transited_refused", "through a realm", |_, login| {
            login.set_client(&principal("alice@OTHER.TEST"));
            login.ticket.transited = b"EVIL.TEST".to_vec();
        }),
        fault("krb5.transited_refused", "through ours", |_, login| {
            login.set_client(&principal("alice@OTHER.TEST"));
            login.ticket.transited = b"EXAMPLE.TEST".to_vec();
        }),
        fault("krb5.transited_refused", "within our realm", |_, login| {
            login.ticket.transited = b"EXAMPLE.TEST".to_vec();
        }),
        fault("krb5.transited_refused", "unreadable", |_, login| {
            login.set_client(&principal("alice@OTHER.TEST"));
            login.ticket.transited = b"EVIL.TEST\\".to_vec();
        }),
        fault("krb5.transited_refused", "of another type", |_, login| {
            login.ticket.tr_type = 2;
        }),
    ]
}
