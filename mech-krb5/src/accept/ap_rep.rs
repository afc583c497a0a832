//! The acceptor's proof and its part of the session (RFC 4120 section 3.2.4, RFC 4121 sections 2 and 4.1, RFC 4537
//! section 3).

use super::frame::{AP_REP, Framing};
use crate::crypto::{EncryptionType, Key};
use crate::error::Fact;
use crate::message::{EncApRepPart, EncryptionKey};
use negotiate_core::{Random, RandomUnavailable, Secret, Timestamp, Token};

/// What an AP-REP establishes.
pub(super) struct Reply {
    pub(super) token: Token,
    pub(super) subkey: Option<Key>,
    pub(super) seq_number: u32,
}

/// With a fresh subkey of this type. Without it the initiator alone would choose the key of the session, and a replayed AP-REQ
/// would bring back an old one (RFC 7802 section 5); but the tokens of RC4 do not say which key they are under, and so there is none for them.
pub(super) fn make(
    session_key: &Key,
    client_time: Timestamp,
    subkey_type: Option<EncryptionType>,
    framing: Framing,
    random: &mut dyn Random,
) -> Result<Reply, Fact> {
    let mut pool = Pool::draw(random).map_err(|_| Fact::NoRandom)?;
    let subkey = subkey_type
        .map(|etype| Key::random(etype, &mut pool))
        .transpose()
        .map_err(|_| Fact::NoRandom)?;
    let seq_number = first_sequence_number(&mut pool).map_err(|_| Fact::NoRandom)?;
    let part = EncApRepPart {
        ctime: client_time,
        subkey: subkey.as_ref().map(|subkey| EncryptionKey {
            keytype: subkey.encryption_type().number(),
            keyvalue: subkey.bytes(),
        }),
        seq_number: Some(seq_number),
    };
    let ap_rep = part.to_be_sealed(session_key);
    let mut sealed = Ok(());
    let token = framing.wrap_of_len(AP_REP, ap_rep.len(), |writer| {
        sealed = ap_rep.write(writer, &mut pool);
    });
    sealed.map_err(|_| Fact::NoRandom)?;
    Ok(Reply {
        token,
        subkey,
        seq_number,
    })
}

/// The random bytes of one answer (subkey, sequence number, confounder), drawn at once: a draw is a system call.
struct Pool {
    bytes: Secret<[u8; Pool::LEN]>,
    used: usize,
}

impl Pool {
    const LEN: usize = 32 + 4 + 16;

    fn draw(random: &mut dyn Random) -> Result<Self, RandomUnavailable> {
        let mut bytes = Secret::new([0; Self::LEN]);
        random.fill(bytes.expose_mut())?;
        Ok(Self { bytes, used: 0 })
    }
}

impl Random for Pool {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        let unused = self.bytes.expose().get(self.used..).unwrap_or_default();
        let drawn = unused.get(..out.len()).ok_or(RandomUnavailable)?;
        out.copy_from_slice(drawn);
        self.used = self.used.saturating_add(out.len());
        Ok(())
    }
}

/// Below 2³⁰: older peers read sequence numbers as signed, and count up from here (RFC 4120 section 5.5.1's advice on
/// initial numbers; MIT krb5 does the same).
pub(crate) fn first_sequence_number(random: &mut dyn Random) -> Result<u32, RandomUnavailable> {
    let mut bytes = [0; 4];
    random.fill(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes) >> 2)
}
