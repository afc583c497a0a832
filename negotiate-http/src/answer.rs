//! The layer's own responses, and what it adds to those of the application (RFC 4559 section 4.1, RFC 9110 section 11.6).
//!
//! A location that offers more schemes than Negotiate will have their challenges follow it in `challenges`.

use crate::{Refusal, RequestError, ResponseBody, header};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use negotiate_core::Verdict;

/// To a request that brought no token.
pub(crate) fn challenge<R>() -> Response<ResponseBody<R>> {
    let mut response = text(
        StatusCode::UNAUTHORIZED,
        "Sign-on is required. This server takes Negotiate (Kerberos) tokens.\n",
    );
    challenges(response.headers_mut(), None);
    response
}

/// To a token that is not the exchange's last.
pub(crate) fn another_leg<R>(token: &[u8]) -> Response<ResponseBody<R>> {
    let mut response = text(StatusCode::UNAUTHORIZED, "Sign-on takes another round trip.\n");
    response
        .headers_mut()
        .append(WWW_AUTHENTICATE, header::challenge(Some(token)));
    response
}

/// To a request that is refused. The reason stays on this side, in the extensions.
pub(crate) fn refuse<R>(refusal: Refusal) -> Response<ResponseBody<R>> {
    let status = status(&refusal);
    let mut response = text(status, explanation(status, &refusal));
    if status == StatusCode::UNAUTHORIZED {
        challenges(response.headers_mut(), refusal.token());
    }
    response.extensions_mut().insert(refusal);
    response
}

/// The application's response, with the exchange's last token if there is one, whatever the status.
pub(crate) fn authenticated<R>(
    response: Response<R>,
    reply: Option<HeaderValue>,
) -> Response<ResponseBody<R>> {
    let mut response = response.map(ResponseBody::application);
    let headers = response.headers_mut();
    if let Some(reply) = reply {
        headers.append(WWW_AUTHENTICATE, reply);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    } else if !is_private(headers) {
        // The application never saw the Authorization field that forbids shared caches to store the response
        // (RFC 9111 section 3.5). A second field adds to the first, and the most restrictive directive rules.
        headers.append(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    response
}

// All that this location takes. A refusal's token goes along, for nothing else is offered that it could spoil: a client
// that is told `Negotiate <token>` looks at no other challenge.
fn challenges(headers: &mut HeaderMap, refusal_token: Option<&[u8]>) {
    headers.append(WWW_AUTHENTICATE, header::challenge(refusal_token));
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal.downcast_ref() {
        Some(RequestError::TokenTooLong { .. }) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Some(RequestError::BodyTooLongForLeg { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        _ => match refusal.reason().verdict() {
            Verdict::Unauthenticated => StatusCode::UNAUTHORIZED,
            Verdict::Forbidden => StatusCode::FORBIDDEN,
            Verdict::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

// For the person at the client. Why a token was refused is the operator's to know, but what HTTP lacks is no secret.
fn explanation(status: StatusCode, refusal: &Refusal) -> &'static str {
    match refusal.downcast_ref() {
        Some(RequestError::LegThroughProxy) => {
            "Sign-on failed: it takes more than one round trip, which the proxy here cannot carry. Use Kerberos.\n"
        }
        Some(RequestError::LegNeedsHttp11 | RequestError::LegNeedsConnection) => {
            "Sign-on failed: it takes more than one round trip, which this connection cannot carry. \
             Use Kerberos, or HTTP/1.1.\n"
        }
        Some(RequestError::BodyTooLongForLeg { .. }) => {
            "Sign-on takes another round trip, and the request is too long to be sent twice.\n"
        }
        Some(RequestError::TokenTooLong { .. }) => "Sign-on failed: the token is too long.\n",
        _ if status == StatusCode::FORBIDDEN => "You are signed on, but may not enter.\n",
        _ if status == StatusCode::SERVICE_UNAVAILABLE => "Sign-on is not possible at the moment.\n",
        _ => "Sign-on failed.\n",
    }
}

fn text<R>(status: StatusCode, text: &'static str) -> Response<ResponseBody<R>> {
    let mut response = Response::new(ResponseBody::text(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

// Whether no shared cache may store the response. A directive with a list of fields ("private=\"set-cookie\"") is about
// those fields only; a comma in such a list can at worst hide a plain directive, and then a second one does no harm.
fn is_private(headers: &HeaderMap) -> bool {
    let mut directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter(|value| !value.as_bytes().contains(&b'"'))
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    directives.any(|directive| {
        let directive = directive.trim_ascii();
        directive.eq_ignore_ascii_case(b"private") || directive.eq_ignore_ascii_case(b"no-store")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_control(applications: &[&'static str], reply: Option<HeaderValue>) -> Vec<String> {
        let mut response = Response::new(());
        for value in applications {
            response
                .headers_mut()
                .append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        let response = authenticated(response, reply);
        let values = response.headers().get_all(CACHE_CONTROL).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn authenticated_responses_are_at_least_private() {
        assert_eq!(cache_control(&[], None), ["private"]);
        assert_eq!(
            cache_control(&["public, max-age=60"], None),
            ["public, max-age=60", "private"]
        );
        assert_eq!(
            cache_control(&["max-age=60, Private"], None),
            ["max-age=60, Private"]
        );
        assert_eq!(
            cache_control(&["no-cache", "NO-STORE"], None),
            ["no-cache", "NO-STORE"]
        );
        assert_eq!(
            cache_control(&["no-cache=\"a, private, b\""], None),
            ["no-cache=\"a, private, b\"", "private"]
        );
    }

    #[test]
    fn a_response_with_a_token_is_not_stored() {
        let reply = header::challenge(Some(b"token"));
        assert_eq!(
            cache_control(&["public", "max-age=60"], Some(reply)),
            ["no-store"]
        );
    }
}
