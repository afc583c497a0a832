//! The page behind the login: it tells its visitor who they are, browsers in HTML.

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use mech_krb5::Details;
use negotiate_http::Identity;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower_service::Service;

#[derive(Clone, Copy)]
pub(super) struct Page;

impl<B> Service<Request<B>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let visitor = request.extensions().get::<Identity>();
        let (kind, text) = if wants_html(request.headers()) {
            ("text/html; charset=utf-8", html(visitor))
        } else {
            ("text/plain; charset=utf-8", greeting(visitor) + "\n")
        };
        let response = Response::builder()
            .header(CONTENT_TYPE, kind)
            .header(VARY, "Accept")
            .header(CACHE_CONTROL, "no-store")
            .header(
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            )
            .body(Full::from(text));
        ready(Ok(response.unwrap_or_default()))
    }
}

/// Browsers name it among the types that they take, other clients take anything.
fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|types| types.contains("text/html"))
}

fn greeting(visitor: Option<&Identity>) -> String {
    match visitor {
        Some(user) => format!("You are {}, by {}.", user.display(), user.mechanism().name()),
        None => "You are nobody.".into(),
    }
}

fn html(visitor: Option<&Identity>) -> String {
    let greeting = escaped(&greeting(visitor));
    let details = visitor.and_then(|user| user.context().details::<Details>());
    let rows: String = details.map_or(String::new(), |details| {
        [
            ("Ticket for", details.service.to_text().unwrap_or_default()),
            ("Encrypted by", details.etype.name().to_owned()),
            ("Logged in at", details.authtime.to_string()),
            ("Good until", details.endtime.to_string()),
        ]
        .map(|(name, value)| format!("<dt>{name}<dd>{}\n", escaped(&value)))
        .concat()
    });
    format!("{HEAD}<h1>{greeting}</h1>\n{TOLD}<dl>\n{rows}</dl>\n</main>\n")
}

const TOLD: &str = "<p>This page asked for no password: your browser sent a Kerberos ticket, and the page opened it with the \
key in its keytab.</p>\n";

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>negotiate demo</title>
<link rel=\"icon\" href=\"data:,\">
<style>
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; border-left: .3rem solid #2a7f62; padding-left: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; }
dt { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
</style>
<main>
";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_html_and_others_text() {
        for (accept, kind) in [
            (
                "text/html,application/xhtml+xml,*/*;q=0.8",
                "text/html; charset=utf-8",
            ),
            ("*/*", "text/plain; charset=utf-8"),
        ] {
            let request = Request::builder().header(ACCEPT, accept).body(()).unwrap();
            let Ok(response) = Page.call(request).into_inner();
            assert_eq!(response.headers()[CONTENT_TYPE], kind);
        }
        assert!(html(None).contains("<h1>You are nobody.</h1>"));
        assert_eq!(escaped("<a&b>"), "&lt;a&amp;b&gt;");
    }
}
