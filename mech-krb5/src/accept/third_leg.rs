//! The third leg of DCE style (MS-KILE section 3.4.5.1): the initiator's AP-REP, which proves that it has ours.

use crate::crypto::{Key, KeyUsage};
use crate::details::Details;
use crate::error::{About, Error, Fact, Part};
use crate::message::EncApRepPart;
use alloc::boxed::Box;
use core::any::Any;
use negotiate_core::{AcceptContext, Ambient, Established, MechReject, MechStep, Secret};

pub(super) struct ThirdLeg {
    session_key: Key,
    seq_number: u32,
    established: Box<Established>,
}

impl ThirdLeg {
    pub(super) fn new(session_key: Key, seq_number: u32, established: Box<Established>) -> Self {
        Self {
            session_key,
            seq_number,
            established,
        }
    }

    fn check(&self, input: &[u8]) -> Result<(), Fact> {
        let sealed = EncApRepPart::decode_sealed(input).map_err(|error| Fact::in_part(Part::ApRep, error))?;
        if sealed.etype != self.session_key.encryption_type().number() {
            return Err(Fact::ThirdLegUnproved);
        }
        let mut buffer = Secret::new(sealed.cipher.to_vec());
        let key = self.session_key.for_usage(KeyUsage::AP_REP);
        key.decrypt_vec(buffer.expose_mut())
            .map_err(|_| Fact::ThirdLegUnproved)?;
        let part = EncApRepPart::decode(buffer.expose()).map_err(|error| Fact::Malformed {
            part: Part::ApRep,
            error,
        })?;
        // A subkey here is the mark of an AP-REP of ours that somebody sends back.
        if part.seq_number != Some(self.seq_number) || part.subkey.is_some() {
            return Err(Fact::ThirdLegUnproved);
        }
        Ok(())
    }

    fn error(&self, fact: Fact) -> Error {
        let details: &dyn Any = &*self.established.details;
        let about = About {
            client: details
                .downcast_ref()
                .map(|details: &Details| details.client.clone()),
            ..About::default()
        };
        Error { fact, about }
    }
}

impl AcceptContext for ThirdLeg {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        self.check(input).map_err(|fact| self.error(fact))?;
        Ok(MechStep::Complete {
            output: None,
            established: self.established,
        })
    }
}
