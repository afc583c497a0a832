//! What a fuzzer without keys never reaches: the plaintext of ticket and authenticator changed at any place and sealed
//! again. Whatever is accepted then is what its bytes say, to us and to the ASN.1 of RFC 4120.

use crate::common::Counting;
use crate::forge::{GssChecksum, authorization_data};
use crate::login::{Accepted, CLIENT, Framing, Login, NOW, SERVICE, Server, after};
use mech_krb5::crypto::EncryptionType;
use mech_krb5::message::{Authenticator, EncTicketPart, TicketFlags};
use negotiate_core::{ContextFlags, Seconds, Step};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rasn_kerberos as schema;

/// A change of bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Truncate(Index),
    /// Copies what lies between two places to a third.
    Copy(Index, Index, Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        match self {
            Self::Flip(at, bit) => bytes[at.index(len)] ^= 1 << (bit % 8),
            Self::Set(at, byte) => bytes[at.index(len)] = *byte,
            Self::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(len))),
            Self::Truncate(at) => bytes.truncate(at.index(len)),
            Self::Copy(from, to, at) => {
                let (from, to) = (from.index(len), to.index(len));
                let copied = bytes[from.min(to)..from.max(to)].to_vec();
                let at = at.index(len);
                bytes.splice(at..at, copied);
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        8 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        4 => any::<(Index, u8)>().prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => any::<(Index, u8)>().prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => any::<Index>().prop_map(Change::Remove),
        1 => any::<Index>().prop_map(Change::Truncate),
        1 => any::<(Index, Index, Index)>().prop_map(|(from, to, at)| Change::Copy(from, to, at)),
    ];
    prop::collection::vec(change, 1..3)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    changes.iter().for_each(|change| change.apply(&mut bytes));
    bytes
}

/// A login with every field filled.
fn full_login(etype: EncryptionType) -> Login {
    let mut login = Login::of(etype, CLIENT, SERVICE);
    let pac = authorization_data(&[(128, b"privileges")]);
    login.ticket.authorization_data = Some(authorization_data(&[(1, &pac)]));
    login.ticket.renew_till = Some(after(90_000));
    login.ticket.caddr = Some(vec![(2, vec![192, 0, 2, 1])]);
    let wishes: [(i32, &[u8]); 2] = [
        (143, &0x4000_u32.to_le_bytes()),
        (129, b"\x30\x06\x02\x01\x12\x02\x01\x11"),
    ];
    let wishes = authorization_data(&wishes);
    login.authenticator.authorization_data = Some(authorization_data(&[(1, &wishes)]));
    let cred = login.forwarded_tgt().seal(&login.session_key, &mut Counting(9));
    let flags = ContextFlags::MUTUAL.with(ContextFlags::SEQUENCE);
    login.set_checksum(&GssChecksum::delegating(flags, cred));
    login
}

fn etypes() -> impl Strategy<Value = EncryptionType> {
    select(&EncryptionType::ALL[..])
}

#[test]
fn a_full_login_is_accepted() {
    for etype in EncryptionType::ALL {
        let login = full_login(etype);
        agrees(&login, &Server::with_key_of(&login).accepted(&login));
    }
}

proptest! {
    #[test]
    fn a_changed_ticket_is_what_its_bytes_say(etype in etypes(), changes in changes()) {
        let mut login = full_login(etype);
        let server = Server::with_key_of(&login);
        login.ticket_plaintext = Some(changed(login.ticket.part(), &changes));
        if let Ok(Step::Complete { token, context }) = server.judge(&login) {
            agrees(&login, &Accepted { token, context });
        }
    }

    #[test]
    fn a_changed_authenticator_is_what_its_bytes_say(etype in etypes(), changes in changes()) {
        let mut login = full_login(etype);
        let server = Server::with_key_of(&login);
        login.authenticator_plaintext = Some(changed(login.authenticator.part(), &changes));
        if let Ok(Step::Complete { token, context }) = server.judge(&login) {
            agrees(&login, &Accepted { token, context });
        }
    }

    #[test]
    fn a_changed_credential_is_refused_or_delegated_to_the_same_client(changes in changes()) {
        let mut login = Login::default();
        let cred = changed(login.forwarded_tgt().in_clear(), &changes);
        prop_assume!(u16::try_from(cred.len()).is_ok());
        login.set_checksum(&GssChecksum::delegating(ContextFlags::MUTUAL, cred));
        if let Ok(Step::Complete { token, context }) = Server::default().judge(&login) {
            agrees(&login, &Accepted { token, context });
        }
    }

    #[test]
    fn a_changed_token_is_refused_or_changes_nothing(changes in changes(), is_bare: bool) {
        let mut login = full_login(EncryptionType::Aes256CtsHmacSha1_96);
        if is_bare {
            login.framing = Framing::Bare;
            login.set_flags(ContextFlags::DCE_STYLE);
        }
        let server = Server::with_key_of(&login);
        let sent = changed(login.token(), &changes);
        match server.judge_token(&sent) {
            Ok(Step::Complete { token, context }) => agrees(&login, &Accepted { token, context }),
            // Nothing is left of it, and who sends nothing is told the mechanisms (MS-SPNG section 3.2.5.2).
            Ok(Step::Continue { .. }) => prop_assert!(is_bare || sent.is_empty()),
            Ok(Step::Pending(_)) => prop_assert!(false, "nothing waits here"),
            Err(_) => {}
        }
    }

    #[test]
    fn any_bytes_end_without_panic(bytes: Vec<u8>, kind in 0..3) {
        let mut login = Login::default();
        let server = Server::default();
        match kind {
            0 => login.framing = Framing::Bytes(bytes),
            1 => login.ticket_plaintext = Some(bytes),
            _ => login.authenticator_plaintext = Some(bytes),
        }
        prop_assert!(server.judge(&login).is_err() || login.token().is_empty());
    }

    #[test]
    fn any_third_leg_ends_without_panic(bytes: Vec<u8>) {
        let mut login = Login { framing: Framing::Bare, ..Login::default() };
        login.set_flags(ContextFlags::DCE_STYLE);
        let server = Server::default();
        let Ok(Step::Continue { exchange, .. }) = server.judge(&login) else {
            panic!("no second leg")
        };
        prop_assert!(server.step(exchange, &bytes).is_err());
    }
}

/// The accepted context against the bytes that were sealed.
#[track_caller]
fn agrees(login: &Login, accepted: &Accepted) {
    let (own_ticket, own_authenticator) = (login.ticket.part(), login.authenticator.part());
    let ticket_bytes = login.ticket_plaintext.as_ref().unwrap_or(&own_ticket);
    let authenticator_bytes = login
        .authenticator_plaintext
        .as_ref()
        .unwrap_or(&own_authenticator);
    let part = EncTicketPart::decode(ticket_bytes).expect("accepted what does not decode");
    let authenticator = Authenticator::decode(authenticator_bytes).expect("accepted what does not decode");
    let (context, details) = (&accepted.context, accepted.details());

    let client = part.cname.in_realm(part.crealm);
    assert_eq!(details.client, client);
    assert_eq!(authenticator.cname.in_realm(authenticator.crealm), client);
    assert_eq!(context.initiator().display(), client.to_text().unwrap());
    assert!(!client.is_anonymous());

    assert_eq!(details.ticket_flags, part.flags);
    assert!(!part.flags.contains(TicketFlags::INVALID));
    assert_eq!((details.authtime, details.endtime), (part.authtime, part.endtime));
    assert_eq!(details.starttime, part.starttime.unwrap_or(part.authtime));
    assert_eq!(details.client_time, authenticator.ctime);
    let skew = Seconds(300);
    assert!(details.starttime <= NOW.plus(skew) && NOW <= details.endtime.plus(skew));
    assert!(details.client_time <= NOW.plus(skew) && NOW <= details.client_time.plus(skew));
    assert!(part.transited.contents.is_empty() || part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));

    let sealed_flags = match authenticator.cksum {
        None => 0,
        Some(cksum) => {
            assert_eq!(cksum.cksumtype, 0x8003);
            u32::from_le_bytes(cksum.checksum[20..24].try_into().unwrap())
        }
    };
    let flags = context.flags();
    assert_eq!(flags.bits() & !sealed_flags, 0, "{flags:?}");
    assert_eq!(flags.contains(ContextFlags::MUTUAL), accepted.token.is_some());
    assert_eq!(
        flags.contains(ContextFlags::DELEGATE),
        details.delegated.is_some()
    );
    agrees_with_schema(ticket_bytes, &part, authenticator_bytes, &authenticator);
}

/// What rasn reads of the same bytes. It refuses names beyond Latin-1, and is asked where it reads at all.
#[track_caller]
fn agrees_with_schema(
    ticket_bytes: &[u8],
    part: &EncTicketPart<'_>,
    authenticator_bytes: &[u8],
    authenticator: &Authenticator<'_>,
) {
    if let Ok(theirs) = rasn::der::decode::<schema::EncTicketPart>(ticket_bytes) {
        let names = theirs
            .cname
            .string
            .iter()
            .map(rasn::types::GeneralString::as_bytes);
        assert!(part.cname.components().eq(names));
        assert_eq!(part.crealm, theirs.crealm.as_bytes());
        assert_eq!(part.key.keyvalue, &theirs.key.value[..]);
        assert_eq!(part.endtime.unix(), theirs.end_time.0.timestamp());
        let bits = theirs.flags.0.iter().by_vals().take(32).enumerate();
        let bits = bits.fold(0_u32, |bits, (at, is_set)| bits | u32::from(is_set) << (31 - at));
        assert_eq!(part.flags.0, bits);
    }
    if let Ok(theirs) = rasn::der::decode::<schema::Authenticator>(authenticator_bytes) {
        let names = theirs
            .cname
            .string
            .iter()
            .map(rasn::types::GeneralString::as_bytes);
        assert!(authenticator.cname.components().eq(names));
        assert_eq!(authenticator.ctime.unix(), theirs.ctime.0.timestamp());
        assert_eq!(authenticator.seq_number, theirs.seq_number);
        let checksum = theirs.cksum.map(|cksum| cksum.checksum.to_vec());
        assert_eq!(authenticator.cksum.map(|cksum| cksum.checksum.to_vec()), checksum);
    }
}
