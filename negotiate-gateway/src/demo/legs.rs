//! The login of a browser, leg by leg, in plain words.

use super::request::{Reply, get};
use super::{PASSWORD, REALM, SERVICE, USER, failed};
use crate::failure::Failure;
use mech_krb5::Credential;
use negotiate_testkit::{Browser, Kdc, KdcServer, Visit};
use std::net::SocketAddr;

/// Logs in to the page at `address`.
pub(super) fn log_in(kdc: &Kdc, server: &KdcServer, address: SocketAddr) -> Result<(), Failure> {
    tell(&format!(
        "A whole sign-on on this machine: a KDC, the login server of the Kerberos realm\n\
         {REALM}, on {}, and a page for its users at\nhttp://localhost:{}/\n",
        server.address(),
        address.port()
    ));
    let browser = kdc
        .browser(USER, PASSWORD)
        .map_err(|error| failed("log in to the KDC", &error))?;
    tell(&format!(
        "1. {USER} logs in: the KDC gets proof that she knows the password, not the\n   password itself, and gives a ticket-granting ticket.\n   {}\n",
        told(browser.tgt())
    ));
    let challenge = get(address, None).map_err(|error| failed("ask for the page", &error))?;
    tell(&format!(
        "2. The browser asks for the page, and the page asks for a token.\n   > GET /\n{}",
        response(&challenge)
    ));
    let ticket = browser
        .ticket(SERVICE)
        .map_err(|error| failed("get a service ticket", &error))?;
    tell(&format!(
        "3. With the first ticket it gets another one from the KDC: for {SERVICE},\n   after the page's host name.\n   {}\n",
        told(&ticket)
    ));
    answer(&browser, address)
}

fn answer(browser: &Browser, address: SocketAddr) -> Result<(), Failure> {
    let visit = browser
        .visit(SERVICE)
        .map_err(|error| failed("make a token", &error))?;
    let authorization = visit.authorization();
    let welcome = get(address, Some(&authorization)).map_err(|error| failed("ask for the page", &error))?;
    tell(&format!(
        "4. It asks again, with a SPNEGO token: the ticket, which only the page can open,\n   and a proof that it is {USER}'s.\n   \
         > GET /\n   > Authorization: {}\n{}",
        shortened(&authorization),
        response(&welcome)
    ));
    let initiated = visit
        .www_authenticate(&welcome.www_authenticate.unwrap_or_default())
        .and_then(Visit::finish)
        .map_err(|error| failed("check the page's reply token", &error))?;
    tell(&format!(
        "5. The page opened the ticket with the key in its keytab, and asked nobody. The\n   \
         token in its answer proves that it has that key:\n   it is {}.\n",
        initiated.acceptor
    ));
    tell(&format!(
        "The page says:\n   {}",
        welcome.body.trim_end().replace('\n', "\n   ")
    ));
    Ok(())
}

fn tell(paragraph: &str) {
    crate::print(&format!("{paragraph}\n"));
}

fn told(ticket: &Credential) -> String {
    let name = |text: Result<String, _>| text.unwrap_or_default();
    format!(
        "{} for {} until {}",
        name(ticket.server.to_text()),
        name(ticket.client.to_text()),
        ticket.endtime
    )
}

fn response(reply: &Reply) -> String {
    let field = reply.www_authenticate.as_deref();
    let field = field.map_or(String::new(), |value| {
        format!("   < WWW-Authenticate: {}\n", shortened(value))
    });
    format!("   < {}\n{field}", reply.status)
}

/// A token is long: how it begins, which tells what it is, and how much there is of it.
fn shortened(field: &str) -> String {
    match field.split_at_checked("Negotiate YIIC7wYGKwYBBQUC".len()) {
        Some((begin, rest)) if !rest.is_empty() => {
            format!("{begin}... ({} characters)", begin.len() + rest.len())
        }
        _ => field.to_owned(),
    }
}
