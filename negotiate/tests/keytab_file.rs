//! A keytab of no use is found out at the start, and the message names the file.
#![cfg(feature = "krb5")]

use negotiate::krb5::Krb5ConfigError;
use negotiate::krb5::keytab::{KeytabError, KeytabErrorKind};
use negotiate::{Ambient, NoAcceptor, SystemRandom, Timestamp, acceptor_with_keytab};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};
use testvectors::capture;

fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

fn refused(path: &Path) -> NoAcceptor {
    let error = acceptor_with_keytab(path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&path.display().to_string()), "{message}");
    error
}

fn reason<E: Error + 'static>(error: &NoAcceptor) -> &E {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        next = error.source();
    }
    panic!("no such reason: {error:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let missing = refused(Path::new("no/such.keytab"));
    assert_eq!(reason::<io::Error>(&missing).kind(), io::ErrorKind::NotFound);
    let directory = refused(Path::new(env!("CARGO_TARGET_TMPDIR")));
    assert_eq!(
        reason::<io::Error>(&directory).kind(),
        io::ErrorKind::IsADirectory
    );
}

#[test]
fn a_file_that_is_no_keytab_is_named() {
    let whole = capture("mit/etype18-krb5-mutual").keytab();
    for (name, content, expected) in [
        ("empty.keytab", &b""[..], KeytabErrorKind::Empty),
        ("text.keytab", b"keytab", KeytabErrorKind::NotAKeytab),
        ("hollow.keytab", b"\x05\x02", KeytabErrorKind::NoEntries),
    ] {
        let error = refused(&file(name, content));
        assert_eq!(reason::<KeytabError>(&error).kind, expected);
    }
    let error = refused(&file("cut.keytab", &whole[..whole.len() - 1]));
    let kind = reason::<KeytabError>(&error).kind;
    assert!(matches!(kind, KeytabErrorKind::RecordTooLong { .. }), "{kind:?}");
}

#[test]
fn a_keytab_without_a_usable_key_is_named() {
    let error = refused(&file("rc4.keytab", &capture("mit/etype23-krb5-mutual").keytab()));
    assert_eq!(*reason::<Krb5ConfigError>(&error), Krb5ConfigError::NoUsableKey);
}

// The ticket is opened with the file's key; that it is of the past is found out after that.
#[test]
fn the_keys_of_the_file_are_used() {
    let capture = capture("mit/etype18-krb5-mutual");
    let acceptor = acceptor_with_keytab(capture.path("keytab")).unwrap();
    let mut ambient = Ambient {
        now: Timestamp::from_civil(2090, 1, 1, 0, 0, 0).unwrap(),
        random: &mut SystemRandom,
    };
    let reject = acceptor
        .exchange(None)
        .step(&capture.initiator_token(), &mut ambient)
        .unwrap_err();
    assert_eq!(reject.reason().code(), "krb5.ticket_expired");
}
