//! A page that tells its user who they are: `axum --keytab FILE [--listen ADDRESS]`, then `curl --negotiate -u : URL`.

use axum::{Router, routing::get};
use negotiate::http::{Identity, NegotiateLayer, serve};
use negotiate::krb5::Details;
use std::error::Error;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (keytab, listen) = arguments().ok_or("usage: axum --keytab FILE [--listen ADDRESS]")?;
    let acceptor = negotiate::acceptor_with_keytab(keytab)?;
    let app = Router::new()
        .route("/", get(page))
        .layer(NegotiateLayer::new(acceptor));
    serve(TcpListener::bind(listen).await?, app).await;
    Ok(())
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
