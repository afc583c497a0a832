//! `negotiate demo`: a whole sign-on on loopback, with nothing installed.
//!
//! An embedded KDC, a page behind this crate's HTTP layer, and a login as a browser makes it, each leg told in plain words.
//! Without `--once` both stay, with a krb5.conf for other people's clients in a private directory that goes with them.

mod directory;
mod page;
mod request;

use crate::cli;
use crate::failure::Failure;
use directory::PrivateDirectory;
use mech_krb5::Credential;
use negotiate_core::Token;
use negotiate_http::{NegotiateLayer, serve};
use negotiate_testkit::{Browser, Kdc, KdcServer, krb5_conf};
use page::Page;
use request::get;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_layer::Layer;

const REALM: &str = "DEMO.TEST";
const USER: &str = "alice";
const PASSWORD: &str = "demo";
const SERVICE: &str = "HTTP/localhost";

/// Shows a login, and stays for others unless `--once`.
///
/// # Errors
/// If the operating system refuses sockets, threads or files, or the login fails.
pub(crate) fn run(arguments: &cli::Demo) -> Result<ExitCode, Failure> {
    let kdc = Kdc::new(REALM).user(USER, PASSWORD).service(SERVICE);
    let server = kdc
        .serve()
        .map_err(|error| failed("listen for the KDC", &error))?;
    let runtime = Runtime::new().map_err(|error| failed("start", &error))?;
    let page = runtime
        .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .map_err(|error| failed("listen for the page", &error))?;
    let address = page
        .local_addr()
        .map_err(|error| failed("listen for the page", &error))?;
    let protected = NegotiateLayer::new(kdc.acceptor(&[SERVICE])).layer(Page);
    runtime.spawn(serve(page, protected));
    log_in(&kdc, &server, address)?;
    if arguments.once {
        return Ok(ExitCode::SUCCESS);
    }
    let directory = PrivateDirectory::new().map_err(|error| failed("make a private directory", &error))?;
    let configuration = krb5_conf(REALM, server.address(), &["localhost"]);
    directory
        .write("krb5.conf", configuration.as_bytes())
        .and_then(|()| directory.write("http.keytab", kdc.keytab(&[SERVICE]).to_file().expose()))
        .map_err(|error| failed("write into the private directory", &error))?;
    crate::print(&to_try(&directory, address));
    runtime
        .block_on(ended())
        .map_err(|error| failed("wait for a signal", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// The login of a browser, leg by leg.
fn log_in(kdc: &Kdc, server: &KdcServer, address: SocketAddr) -> Result<(), Failure> {
    let url = format!("http://localhost:{}/", address.port());
    crate::print(&format!(
        "An embedded KDC for the realm {REALM} listens on {}, and a protected page is at {url}\n\n",
        server.address()
    ));
    let browser = kdc
        .browser(USER, PASSWORD)
        .map_err(|error| failed("log in to the KDC", &error))?;
    crate::print(&format!(
        "1. {USER} proves the password to the KDC and gets a ticket-granting ticket:\n   {}\n\n",
        told(browser.tgt())
    ));
    let challenge = get(address, None).map_err(|error| failed("ask for the page", &error))?;
    crate::print(&format!(
        "2. The browser asks for the page without a token, and is asked for one:\n   {}, WWW-Authenticate: {}\n\n",
        challenge.status,
        challenge.www_authenticate.as_deref().unwrap_or("none")
    ));
    answer(&browser, address)
}

fn answer(browser: &Browser, address: SocketAddr) -> Result<(), Failure> {
    let ticket = browser
        .ticket(SERVICE)
        .map_err(|error| failed("get a service ticket", &error))?;
    crate::print(&format!(
        "3. With that ticket it gets another one from the KDC, for the service behind the page's name:\n   {}\n\n",
        told(&ticket)
    ));
    let visit = browser
        .visit(SERVICE)
        .map_err(|error| failed("make a token", &error))?;
    let welcome =
        get(address, Some(&visit.authorization())).map_err(|error| failed("ask for the page", &error))?;
    crate::print(&format!(
        "4. It asks again, with a SPNEGO token that holds the ticket and proves that it is {USER}'s:\n   {} bytes, \
         answered with {}\n\n",
        visit.token().map_or(0, |token: &Token| token.as_bytes().len()),
        welcome.status
    ));
    let reply = welcome.www_authenticate.unwrap_or_default();
    let initiated = visit
        .www_authenticate(&reply)
        .and_then(negotiate_testkit::Visit::finish)
        .map_err(|error| failed("check the page's reply token", &error))?;
    crate::print(&format!(
        "5. The answer has a token by which the page proves to be {}: only who has its key can make it.\n\n\
         The page says:\n   {}\n",
        initiated.acceptor,
        welcome.body.trim_end().replace('\n', "\n   ")
    ));
    Ok(())
}

fn told(ticket: &Credential) -> String {
    let name = |text: Result<String, _>| text.unwrap_or_default();
    format!(
        "{} for {}, good until {}",
        name(ticket.server.to_text()),
        name(ticket.client.to_text()),
        ticket.endtime
    )
}

fn to_try(directory: &PrivateDirectory, address: SocketAddr) -> String {
    let path = directory.path().display();
    format!(
        "\nTry it with other clients (Ctrl-C ends the demo and removes {path}). The password is {PASSWORD}:\n\n  \
         export KRB5_CONFIG={path}/krb5.conf KRB5CCNAME=FILE:{path}/ccache\n  \
         kinit {USER}@{REALM}\n  \
         curl --noproxy localhost --negotiate -u : http://localhost:{port}/\n\n\
         The service's keys are in {path}/http.keytab.\n",
        port = address.port()
    )
}

async fn ended() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

fn failed(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::stopped(
        format!("the demo cannot {what}: {error}"),
        "it needs loopback, a clock that stands still or goes ahead, and a directory for temporary files",
    )
}
