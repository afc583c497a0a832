//! What `serve` says when it is ready, on standard output: where it listens, for whom it answers, and a line to try.

use crate::config::{Config, Front};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Says it.
pub(super) fn print(config: &Config, address: SocketAddr, services: &[String]) {
    crate::print(&message(config, address, services));
    if config.tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            advice = "configure [tls], or listen on a loopback address behind a proxy that does TLS",
            "without TLS, whoever is on the way can read and change what authenticated users send and get"
        );
    }
}

fn message(config: &Config, address: SocketAddr, services: &[String]) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let (task, path) = match &config.front {
        Front::ReverseProxy(proxy) => (format!("passing requests on to {}", proxy.upstream), "/"),
        Front::ForwardAuth(auth) => {
            let task = format!("answering a proxy's questions at {}", auth.path.0);
            (task, auth.path.0.as_str())
        }
    };
    let mut message = format!("Listening on {scheme}://{address}, {task}\n");
    for service in services.iter().take(8) {
        message.push_str(&format!("Accepting tickets for {service}\n"));
    }
    if services.len() > 8 {
        message.push_str(&format!("... and for {} others\n", services.len() - 8));
    }
    match services.iter().find_map(|service| host_of(service)) {
        Some(host) => {
            let (port, reachable) = (address.port(), reachable(address));
            let ca = match &config.tls {
                Some(tls) => format!(" --cacert {}", tls.certificate.display()),
                None => String::new(),
            };
            message.push_str(&format!(
                "Try: kinit; curl --negotiate -u :{ca} --resolve {host}:{port}:{reachable} {scheme}://{host}:{port}{path}\n"
            ));
        }
        None => message.push_str(
            "Browsers and curl ask for tickets for HTTP/ and the host's name: the keytab has no such principal\n",
        ),
    }
    message
}

/// The host of `HTTP/host@REALM`.
fn host_of(service: &str) -> Option<&str> {
    let (name, _) = service.rsplit_once('@')?;
    name.strip_prefix("HTTP/")
        .filter(|host| !host.contains(['/', '\\']))
}

/// An address at which this machine reaches itself, as `curl --resolve` wants it.
fn reachable(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
