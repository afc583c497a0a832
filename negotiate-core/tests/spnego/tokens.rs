//! The initiator's half of SPNEGO, as far as tests need it: its tokens written, the acceptor's answers read.

use negotiate_core::der::{Reader, Tag, Writer};
use negotiate_core::{MechType, Token};

/// The DER encoding of a MechTypeList, which mechListMIC covers.
pub(crate) fn mech_type_list(mech_types: &[MechType]) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|list| {
        for mech_type in mech_types {
            list.object_identifier(mech_type.contents());
        }
    });
    out.into_bytes()
}

/// An initial token.
pub(crate) fn init(mech_types: &[MechType], mech_token: Option<&[u8]>, mic: Option<&[u8]>) -> Vec<u8> {
    framed(&MechType::SPNEGO, |out| {
        out.field(0, |choice| {
            choice.sequence(|sequence| {
                sequence.field(0, |field| field.raw(&mech_type_list(mech_types)));
                octets(sequence, 2, mech_token);
                octets(sequence, 3, mic);
            });
        });
    })
}

/// An initial context token of RFC 2743 section 3.1.
pub(crate) fn framed(mech_type: &MechType, inner: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::new();
    out.element(Tag::application(0), |out| {
        out.object_identifier(mech_type.contents());
        inner(out);
    });
    out.into_bytes()
}

/// A later token of the initiator.
pub(crate) fn resp(neg_state: Option<NegState>, token: Option<&[u8]>, mic: Option<&[u8]>) -> Vec<u8> {
    let mut out = Writer::new();
    out.field(1, |choice| {
        choice.sequence(|sequence| {
            if let Some(neg_state) = neg_state {
                sequence.field(0, |field| field.enumerated(neg_state.into()));
            }
            octets(sequence, 2, token);
            octets(sequence, 3, mic);
        });
    });
    out.into_bytes()
}

fn octets(out: &mut Writer, number: u8, content: Option<&[u8]>) {
    if let Some(content) = content {
        out.field(number, |field| field.octet_string(content));
    }
}

pub(crate) type NegState = u8;
pub(crate) const ACCEPT_COMPLETED: NegState = 0;
pub(crate) const ACCEPT_INCOMPLETE: NegState = 1;
pub(crate) const REJECT: NegState = 2;
pub(crate) const REQUEST_MIC: NegState = 3;

/// What the acceptor answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) neg_state: NegState,
    pub(crate) supported_mech: Option<Vec<u8>>,
    pub(crate) response_token: Option<Vec<u8>>,
    pub(crate) mech_list_mic: Option<Vec<u8>>,
}

impl Answer {
    /// An answer with this state and nothing else.
    pub(crate) fn new(neg_state: NegState) -> Self {
        Self {
            neg_state,
            supported_mech: None,
            response_token: None,
            mech_list_mic: None,
        }
    }

    pub(crate) fn mech(mut self, mech_type: MechType) -> Self {
        self.supported_mech = Some(mech_type.contents().to_vec());
        self
    }

    pub(crate) fn token(mut self, token: &[u8]) -> Self {
        self.response_token = Some(token.to_vec());
        self
    }

    pub(crate) fn mic(mut self, mic: Vec<u8>) -> Self {
        self.mech_list_mic = Some(mic);
        self
    }

    pub(crate) fn read(token: &Token) -> Self {
        let mut outer = Reader::new(token.as_bytes());
        let mut choice = outer.element(Tag::context(1)).unwrap();
        outer.finish().unwrap();
        let mut sequence = choice.sequence().unwrap();
        choice.finish().unwrap();
        let answer = Self {
            neg_state: sequence.field(0, Reader::enumerated).unwrap().try_into().unwrap(),
            supported_mech: sequence
                .optional_field(1, Reader::object_identifier)
                .unwrap()
                .map(<[u8]>::to_vec),
            response_token: sequence
                .optional_field(2, Reader::octet_string)
                .unwrap()
                .map(<[u8]>::to_vec),
            mech_list_mic: sequence
                .optional_field(3, Reader::octet_string)
                .unwrap()
                .map(<[u8]>::to_vec),
        };
        sequence.finish().unwrap();
        answer
    }
}
