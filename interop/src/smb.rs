//! As much of an SMB2 server (MS-SMB2, dialect 2.1) as a client needs to log in by SPNEGO, where the acceptor speaks first.
//! It has no share: the answer to whoever asks for one is signed with the session key of the security context.

use crate::acceptor;
use hmac::{Hmac, KeyInit, Mac};
use mech_krb5::Details;
use negotiate_core::{Acceptor, Exchange, SecurityContext, Step};
use sha2::Sha256;
use std::io::{Read, Write};
use std::net::TcpStream;

const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const SUCCESS: u32 = 0;
const MORE_PROCESSING_REQUIRED: u32 = 0xc000_0016;
const BAD_NETWORK_NAME: u32 = 0xc000_00cc;
/// MS-SMB2 section 2.2.1.2.
const HEADER: usize = 64;
const SIGNATURE: std::ops::Range<usize> = 48..64;

/// A client that logged in.
#[derive(Debug)]
pub struct Login {
    /// Its first token.
    pub token: Vec<u8>,
    /// Who it is.
    pub context: SecurityContext,
    /// What it asked for next, which was signed with the session key.
    pub command: u16,
}

/// Logs a client in, and refuses what it asks for then.
///
/// # Panics
///
/// If the client does not log in, or does not sign with the session key.
#[must_use]
pub fn log_in(mut stream: TcpStream, acceptor: &Acceptor) -> Login {
    let mut client = Client(&mut stream);
    let negotiate = client.read();
    assert_eq!(command(&negotiate), NEGOTIATE);
    let Step::Continue { token, mut exchange } = step(acceptor.exchange(None), &[]) else {
        panic!("an acceptor without a token hints at its mechanisms");
    };
    client.answer(&negotiate, SUCCESS, None, &negotiated(token.as_bytes()));

    let mut first = None;
    let (key, context) = loop {
        let setup = client.read();
        assert_eq!(command(&setup), SESSION_SETUP);
        let token = security_buffer(&setup);
        first.get_or_insert_with(|| token.to_vec());
        match step(exchange, token) {
            Step::Continue {
                token,
                exchange: next,
            } => {
                client.answer(&setup, MORE_PROCESSING_REQUIRED, None, &set_up(token.as_bytes()));
                exchange = next;
            }
            Step::Complete { token, context } => {
                let key = session_key(&context);
                let token = token.as_ref().map_or(&[][..], |token| token.as_bytes());
                client.answer(&setup, SUCCESS, Some(&key), &set_up(token));
                break (key, context);
            }
            Step::Pending(_) => panic!("nothing here waits"),
        }
    };

    let mut next = client.read();
    let command = command(&next);
    let signature: Vec<u8> = next.splice(SIGNATURE, [0; 16]).collect();
    assert_eq!(signature, sign(&key, &next), "the session key differs");
    // MS-SMB2 section 2.2.2: ERROR Response.
    client.answer(&next, BAD_NETWORK_NAME, Some(&key), &[9, 0, 0, 0, 0, 0, 0, 0, 0]);
    Login {
        token: first.expect("a token"),
        context,
        command,
    }
}

fn step(exchange: Exchange<'_>, token: &[u8]) -> Step {
    acceptor::step(exchange, token).unwrap_or_else(|reject| panic!("{reject}"))
}

/// MS-SMB2 section 3.3.5.5.3: the first 16 bytes of the context's key.
fn session_key(context: &SecurityContext) -> [u8; 16] {
    let details: &Details = context.details().expect("a login by Kerberos");
    *details.session_key.bytes().first_chunk().expect("an AES key")
}

/// MS-SMB2 section 3.1.4.1, for the dialects before 3.0: over the message with zeros in place of the signature.
fn sign(key: &[u8; 16], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(message);
    mac.finalize().into_bytes()[..16].to_vec()
}

/// MS-SMB2 section 2.2.4: signing enabled, dialect 2.1, no capability, 64 KiB at a time, and the acceptor's hint.
fn negotiated(hint: &[u8]) -> Vec<u8> {
    let mut body = vec![65, 0, 1, 0, 0x10, 0x02, 0, 0];
    body.extend([7; 16]);
    body.extend([0; 4]);
    body.extend([0, 0, 1, 0].repeat(3));
    body.extend([0; 16]);
    body.extend(buffer_at(HEADER + 64, hint));
    body.extend([0; 4]);
    body.extend(hint);
    body
}

/// MS-SMB2 section 2.2.6.
fn set_up(token: &[u8]) -> Vec<u8> {
    let mut body = vec![9, 0, 0, 0];
    body.extend(buffer_at(HEADER + 8, token));
    body.extend(token);
    body
}

fn buffer_at(offset: usize, buffer: &[u8]) -> Vec<u8> {
    let field = |number: usize| u16::try_from(number).expect("a token below 64 KiB").to_le_bytes();
    [field(offset), field(buffer.len())].concat()
}

/// MS-SMB2 section 2.2.5.
fn security_buffer(setup: &[u8]) -> &[u8] {
    let field = |at: usize| usize::from(u16_at(setup, HEADER + at));
    &setup[field(12)..field(12) + field(14)]
}

fn command(message: &[u8]) -> u16 {
    u16_at(message, 12)
}

fn u16_at(message: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([message[at], message[at + 1]])
}

struct Client<'a>(&'a mut TcpStream);

impl Client<'_> {
    /// MS-SMB2 section 2.1: a zero byte, and the length in three.
    fn read(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).expect("a message");
        let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).expect("it fits")];
        self.0.read_exact(&mut message).expect("a whole message");
        assert_eq!(message.get(..4), Some(&b"\xfeSMB"[..]), "SMB2");
        message
    }

    /// Answers a request, signed if there is a key.
    fn answer(&mut self, request: &[u8], status: u32, key: Option<&[u8; 16]>, body: &[u8]) {
        let flags = if key.is_some() { 9_u32 } else { 1 };
        let mut message = b"\xfeSMB\x40\0\0\0".to_vec();
        message.extend(status.to_le_bytes());
        message.extend(&request[12..14]);
        message.extend([32, 0]);
        message.extend(flags.to_le_bytes());
        message.extend([0; 4]);
        message.extend(&request[24..32]);
        message.extend([0; 8]);
        message.extend(if command(request) == NEGOTIATE { 0_u64 } else { 1 }.to_le_bytes());
        message.extend([0; 16]);
        message.extend(body);
        if let Some(key) = key {
            let signature = sign(key, &message);
            message[SIGNATURE].copy_from_slice(&signature);
        }
        let length = u32::try_from(message.len()).expect("it fits").to_be_bytes();
        self.0.write_all(&[&length[..], &message].concat()).expect("sent");
    }
}
