//! `negotiate demo`: a whole sign-on on loopback, with nothing installed.
//!
//! An embedded KDC, a page behind this crate's HTTP layer, and a login as a browser makes it, each leg told in plain words.
//! Without `--once` both stay, with what other people's clients need in a private directory that goes with them.

mod directory;
mod legs;
mod page;
mod request;
mod to_try;

use crate::cli;
use crate::failure::Failure;
use directory::PrivateDirectory;
use negotiate_http::{NegotiateLayer, serve};
use negotiate_testkit::Kdc;
use page::Page;
use std::net::Ipv4Addr;
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
    legs::log_in(&kdc, &server, address)?;
    if arguments.once {
        return Ok(ExitCode::SUCCESS);
    }
    // Listened for before there is a directory to remove.
    let ended = runtime
        .block_on(async { Ended::listen() })
        .map_err(|error| failed("listen for signals", &error))?;
    let directory = PrivateDirectory::new().map_err(|error| failed("make a private directory", &error))?;
    to_try::write(&directory, &kdc, &server)
        .map_err(|error| failed("write into the private directory", &error))?;
    crate::print(&to_try::told(&directory, address));
    runtime.block_on(ended.wait());
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, `kill`, or a terminal that closes.
struct Ended([tokio::signal::unix::Signal; 3]);

impl Ended {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn wait(self) {
        let [mut interrupt, mut terminate, mut hangup] = self.0;
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
            _ = hangup.recv() => (),
        }
    }
}

fn failed(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::stopped(
        format!("the demo cannot {what}: {error}"),
        "it needs loopback, a clock that stands still or goes ahead, and a directory for temporary files",
    )
}
