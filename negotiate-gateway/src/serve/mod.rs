//! `negotiate serve`: from the configuration to a listener with the authentication before its reverse proxy or endpoint.

mod acceptor;
mod bindings;
mod forward_auth;
mod forwarded;
mod headers;
mod identity;
mod listener;
mod log;
mod pem_file;
mod progress;
mod replay;
mod reverse_proxy;
mod start_message;
#[cfg(feature = "tls")]
mod tls;
mod verdicts;

use crate::cli;
use crate::config::{Config, Front};
use crate::failure::Failure;
use crate::krb5_conf::Krb5Conf;
use bytes::Bytes;
use forward_auth::ForwardAuth;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use identity::ToldIdentity;
use listener::Listener;
pub(crate) use log::LogFormat;
use negotiate_http::NegotiateLayer;
use reverse_proxy::ReverseProxy;
use std::net::IpAddr;
use std::process::ExitCode;
use tower_layer::Layer;

/// Who is at the other end of a connection: in the extensions of each of its requests.
#[derive(Clone, Copy, Debug)]
struct Peer {
    address: IpAddr,
    scheme: forwarded::Scheme,
}

/// The body of a response: the application's, or a short text of the gateway's.
type ReplyBody = Either<Incoming, Full<Bytes>>;
type Reply = Response<ReplyBody>;

/// A response of the gateway itself.
fn text(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(Either::Right(Full::from(text)));
    *reply.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, content_type);
    reply
}

/// Serves until a signal ends it.
///
/// # Errors
/// If the configuration or a file that it names cannot be used, or the address cannot be listened on.
pub(crate) fn run(arguments: cli::Serve) -> Result<ExitCode, Failure> {
    log::start(&arguments.log, arguments.log_format)?;
    let config = configuration(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::stopped(
            format!("cannot start: {error}"),
            "check the limits on threads and open files",
        )
    })?;
    runtime.block_on(serve(config))?;
    Ok(ExitCode::SUCCESS)
}

fn configuration(arguments: cli::Serve) -> Result<Config, Failure> {
    match (arguments.config, arguments.upstream) {
        (Some(file), _) => Ok(Config::load(&file)?),
        (None, Some(upstream)) => Ok(Config::from_arguments(
            arguments.keytab,
            arguments.krb5_conf,
            arguments.name,
            upstream,
            arguments.listen,
            arguments.replay_cache,
        )),
        (None, None) => unreachable!("clap asks for --config or --upstream"),
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let krb5_conf = Krb5Conf::load(&config.acceptor.krb5_conf)?;
    let accepting = acceptor::build(&config, &krb5_conf)?;
    let identity_headers = ToldIdentity::new(config.identity_headers.clone(), &krb5_conf)?;
    let layer = NegotiateLayer::new(accepting.acceptor)
        .drain_limit(config.limits.drained_body.0)
        .host_from(|extensions| extensions.get::<forwarded::Origin>()?.host.as_ref())
        .client_address_from(|extensions| Some(extensions.get::<forwarded::Origin>()?.client));
    let layer = accepting
        .of_host
        .into_iter()
        .fold(layer, NegotiateLayer::name_of_host);
    let listener = Listener::bind(&config).await?;
    start_message::print(&config, listener.address(), &accepting.services);
    let Config {
        front,
        trusted_proxies,
        ..
    } = config;
    match front {
        Front::ReverseProxy(proxy) => {
            let proxy = ReverseProxy::new(proxy, identity_headers, trusted_proxies);
            listener.run(layer.layer(proxy)).await;
        }
        Front::ForwardAuth(auth) => {
            let policy = config.acceptor.channel_bindings;
            let bindings = match &auth.certificate {
                Some(path) => bindings::of_certificate(path, policy)?,
                None => None,
            };
            let endpoint =
                ForwardAuth::new(auth, identity_headers, trusted_proxies, bindings, policy, &layer);
            listener.run(endpoint).await;
        }
    }
    Ok(())
}
