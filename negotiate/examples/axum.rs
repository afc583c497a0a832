//! A page that tells its user who they are: `axum --keytab FILE [--listen ADDRESS]`, then `curl --negotiate -u : URL`.
//! And a unit test that logs in to it.

use axum::{Router, routing::get};
use negotiate::Acceptor;
use negotiate::http::{Identity, NegotiateLayer, serve};
use negotiate::krb5::Details;
use std::error::Error;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (keytab, listen) = arguments().ok_or("usage: axum --keytab FILE [--listen ADDRESS]")?;
    let acceptor = negotiate::acceptor_with_keytab(keytab)?;
    serve(TcpListener::bind(listen).await?, app(acceptor)).await;
    Ok(())
}

fn app(acceptor: Acceptor) -> Router {
    Router::new()
        .route("/", get(page))
        .layer(NegotiateLayer::new(acceptor))
}

async fn page(user: Identity) -> String {
    let flags: Vec<_> = user.flags().names().collect();
    let mut page = format!(
        "user: {user}\nmechanism: {}\nflags: {}\n",
        user.mechanism(),
        flags.join(" ")
    );
    match user.account() {
        Some(Ok(account)) => {
            page += &format!("account: {} of {}\n", account.sid, account.domain);
            for group in account.all_groups().filter(|group| group.grants()) {
                page += &format!("group: {}\n", group.sid);
            }
        }
        Some(Err(error)) => page += &format!("account: {error}\n"),
        None => {}
    }
    for indicator in user.auth_indicators() {
        page += &format!("logged in by: {indicator}\n");
    }
    let kerberos: Option<&Details> = user.context().details();
    if let Some(delegated) = kerberos.and_then(|details| details.delegated.as_ref()) {
        for credential in delegated.credentials() {
            page += &format!("delegated: {} for {}\n", credential.client, credential.server);
        }
    }
    page
}

fn arguments() -> Option<(String, String)> {
    let (mut keytab, mut listen) = (None, "127.0.0.1:8080".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match &*name {
            "--keytab" => keytab = Some(arguments.next()?),
            "--listen" => listen = arguments.next()?,
            _ => return None,
        }
    }
    Some((keytab?, listen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use negotiate_testkit::Kdc;
    use tower::ServiceExt;

    #[tokio::test]
    async fn alice_logs_in() {
        let kdc = Kdc::new("EXAMPLE.TEST")
            .user("alice", "secret")
            .service("HTTP/localhost");
        let app = app(kdc.acceptor(&["HTTP/localhost"]));
        let browser = kdc.browser("alice", "secret").unwrap();
        let visit = browser.delegating().visit("HTTP/localhost").unwrap();

        let request = Request::get("/").header("Authorization", visit.authorization());
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();

        assert_eq!(response.status(), StatusCode::OK);
        let reply = response.headers()["WWW-Authenticate"].to_str().unwrap();
        visit.www_authenticate(reply).unwrap().finish().unwrap(); // the page has proved itself
        let page = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(
            page.starts_with("user: alice@EXAMPLE.TEST\nmechanism: krb5\n"),
            "{page}"
        );
        assert!(page.contains("delegated: "), "{page}");
    }

    #[tokio::test]
    async fn nobody_is_asked_to_log_in() {
        let kdc = Kdc::new("EXAMPLE.TEST").service("HTTP/localhost");
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = app(kdc.acceptor(&["HTTP/localhost"]))
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["WWW-Authenticate"], "Negotiate");
    }
}
