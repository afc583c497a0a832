//! KRB-ERROR (RFC 4120 section 5.9.1): why there is no ticket.

use super::Kdc;
use mech_krb5::message::{ErrorCode, KdcReqBody, KrbError};
use negotiate_core::Timestamp;

/// A refusal, with words for whoever looks at the traffic.
pub(super) struct Refusal {
    code: ErrorCode,
    text: &'static str,
    e_data: Option<Vec<u8>>,
}

impl Refusal {
    pub(super) const fn new(code: ErrorCode, text: &'static str) -> Self {
        Self {
            code,
            text,
            e_data: None,
        }
    }

    pub(super) const fn malformed() -> Self {
        Self::new(ErrorCode::GENERIC, "not a KDC-REQ of RFC 4120")
    }

    /// With a METHOD-DATA (section 5.9.1).
    pub(super) fn with_methods(self, methods: Vec<u8>) -> Self {
        Self {
            e_data: Some(methods),
            ..self
        }
    }

    pub(super) fn to_krb_error(&self, kdc: &Kdc, body: Option<&KdcReqBody<'_>>, now: Timestamp) -> Vec<u8> {
        let own = kdc.principal(&format!("krbtgt/{}", kdc.realm()));
        let client = body.and_then(|body| body.cname.map(|cname| cname.in_realm(body.realm)));
        KrbError {
            stime: now,
            error_code: self.code,
            client,
            realm: kdc.realm().as_bytes(),
            sname: body.and_then(|body| body.sname).unwrap_or(own.name()),
            e_text: Some(self.text.as_bytes()),
            e_data: self.e_data.as_deref(),
        }
        .encode()
    }
}
