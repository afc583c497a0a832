//! Wrap tokens (RFC 4121 section 4.2.4) between sspi and us, both ways. MICs of both ends pass in
//! `sspi_logins::three_legs_with_mech_list_mics`: sspi's interface has no others.

use negotiate_core::{MessageOrder, Protection, SecurityContext, Step, SystemRandom};
use negotiate_quarantine::{Initiator, Package};
use negotiate_testkit::{Clock, Kdc};
use sspi::{ClientRequestFlags, Kerberos, Negotiate};

const SERVICE: &str = "HTTP/www.example.test";
const MESSAGES: [&[u8]; 4] = [b"a", b"sixteen bytes ..", b"a message", &[0x5a; 5000]];

fn context<P: Package>() -> (Initiator<P>, SecurityContext) {
    let kdc = Kdc::new("EXAMPLE.TEST").user("alice", "secret").service(SERVICE);
    let flags = ClientRequestFlags::MUTUAL_AUTH
        | ClientRequestFlags::CONFIDENTIALITY
        | ClientRequestFlags::INTEGRITY
        | ClientRequestFlags::SEQUENCE_DETECT;
    let mut initiator = Initiator::<P>::new(&kdc, "alice", "secret", SERVICE, flags).unwrap();
    let first = initiator.step(&[]).unwrap();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let step = Clock::system().ambient(|ambient| acceptor.exchange(None).step(&first.token, ambient));
    let Ok(Step::Complete {
        token: Some(token),
        context,
    }) = step
    else {
        panic!("{step:?}");
    };
    initiator.step(token.as_bytes()).unwrap();
    (initiator, context)
}

/// The same token, rotated as GSS_WrapEx of Windows does it (MS-KILE section 3.4.5.4.1), which is all that sspi reads.
/// RRC is covered by no checksum, so that anybody may rotate (RFC 4121 section 4.2.5).
fn rotated(token: &[u8]) -> Vec<u8> {
    const RRC: u16 = 28;
    let (header, body) = token.split_at(16);
    let (mut header, mut body) = (header.to_vec(), body.to_vec());
    header[6..8].copy_from_slice(&RRC.to_be_bytes());
    body.rotate_right(RRC.into());
    [header, body].concat()
}

fn sealed_messages_pass<P: Package>() {
    let (mut initiator, mut context) = context::<P>();
    for message in MESSAGES {
        let theirs = initiator.wrap(message).unwrap();
        let opened = context.per_message().unwrap(&theirs).unwrap();
        assert_eq!(opened.message, message);
        assert_eq!(
            (opened.protection, opened.order),
            (Protection::Confidentiality, MessageOrder::Expected)
        );
        let ours = context
            .per_message()
            .wrap(message, Protection::Confidentiality, &mut SystemRandom)
            .unwrap();
        assert_eq!(initiator.unwrap(&rotated(&ours)).unwrap(), message);
    }
}

#[test]
fn sealed_both_ways() {
    sealed_messages_pass::<Kerberos>();
    sealed_messages_pass::<Negotiate>();
}

#[test]
fn readable_ones_of_ours() {
    let (mut initiator, mut context) = context::<Kerberos>();
    for message in MESSAGES {
        let ours = context
            .per_message()
            .wrap(message, Protection::Integrity, &mut SystemRandom)
            .unwrap();
        assert_eq!(initiator.unwrap(&ours).unwrap(), message);
    }
}

#[test]
fn changed_ones_are_refused_by_both() {
    let (mut initiator, mut context) = context::<Kerberos>();
    let theirs = initiator.wrap(b"a message").unwrap();
    for at in 0..theirs.len() {
        let mut changed = theirs.clone();
        changed[at] ^= 1;
        assert!(context.per_message().unwrap(&changed).is_err(), "byte {at}");
    }
    // The one that was not changed is still good: what is refused leaves no trace.
    assert_eq!(
        context.per_message().unwrap(&theirs).unwrap().message,
        b"a message"
    );
    let ours = rotated(
        &context
            .per_message()
            .wrap(b"a message", Protection::Confidentiality, &mut SystemRandom)
            .unwrap(),
    );
    for at in 16..ours.len() {
        let mut changed = ours.clone();
        changed[at] ^= 1;
        assert!(initiator.unwrap(&changed).is_err(), "byte {at}");
    }
}
