//! The acceptor's opening word for protocols in which it speaks first, SMB for one (MS-SPNG section 3.2.5.2).

use crate::acceptor::Shared;
use crate::der::{Tag, Writer};
use crate::{MechType, Token};

/// MS-SPNG section 2.2.1: what stands where early drafts wanted the acceptor's name.
const HINT_NAME: &[u8] = b"not_defined_in_RFC4178@please_ignore";

/// A NegTokenInit2 with our mechanisms and the hint that there is none.
pub(crate) fn hints(shared: &Shared) -> Token {
    let mut out = Writer::new();
    out.element(Tag::application(0), |out| {
        out.object_identifier(MechType::SPNEGO.contents());
        out.field(0, |out| {
            out.sequence(|out| {
                out.field(0, |out| out.sequence(|out| mech_types(out, shared)));
                out.field(3, |out| {
                    out.sequence(|out| out.field(0, |out| out.general_string(HINT_NAME)));
                });
            });
        });
    });
    Token::from(out.into_bytes())
}

fn mech_types(out: &mut Writer, shared: &Shared) {
    for mech_type in shared.mech_types() {
        out.object_identifier(mech_type.contents());
    }
}
