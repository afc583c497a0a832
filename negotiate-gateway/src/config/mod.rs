//! The configuration of `negotiate serve`, from a TOML file or from the command line.
//!
//! A file is parsed into its final types in one go: an unknown key or a bad value ends the start with the file, the line
//! and the key ([`ConfigError`]). Each key and its default is described in `examples/serve.toml` and
//! `examples/forward-auth.toml`.

mod error;
mod file;
mod network;
mod value;

pub(crate) use error::ConfigError;
use error::HELP;
use http::{HeaderName, header};
use mech_krb5::replay::{MemoryReplayConfig, OnStart};
use mech_krb5::{PacPolicy, UnknownAuthorizationData};
use negotiate_core::BindingsPolicy;
pub(crate) use network::Network;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
pub(crate) use value::{
    AcceptorName, ByteSize, Count, Header, ListenAddress, ReplayStore, RequestPath, Span, Upstream,
};

/// All of `negotiate serve`.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where clients, or the proxy in front, connect to.
    pub(crate) listen: ListenAddress,
    /// Files with the service's keys.
    pub(crate) keytabs: Vec<PathBuf>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// TLS towards the clients.
    pub(crate) tls: Option<Tls>,
    pub(crate) acceptor: Acceptor,
    pub(crate) replay: Replay,
    /// What is done with an authenticated request.
    pub(crate) front: Front,
    pub(crate) identity_headers: IdentityHeaders,
    pub(crate) limits: Limits,
}

/// Where the gateway stands.
#[derive(Debug)]
pub(crate) enum Front {
    /// Before the application: requests are passed on to it.
    ReverseProxy(ReverseProxy),
    /// Beside a proxy, which asks about each request before it passes it on.
    ForwardAuth(ForwardAuth),
}

/// `[tls]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Tls {
    /// The certificate and those of its issuers that clients may lack, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

/// `[acceptor]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct Acceptor {
    /// The names that clients may address; none means every name in the keytab.
    pub(crate) names: Vec<AcceptorName>,
    /// What is asked of the clients' channel bindings.
    #[serde(with = "BindingsPolicyNames")]
    pub(crate) channel_bindings: BindingsPolicy,
    /// How far a client's clock may be off. Default: what `krb5_conf` says, or 5 minutes, as everywhere (RFC 4120 section
    /// 1.3).
    pub(crate) clock_skew: Option<Span>,
    /// Files of krb5.conf's format, for `clockskew`, `permitted_enctypes`, `[capaths]` and `auth_to_local`. None: nothing is read.
    #[serde(deserialize_with = "file::one_or_more_paths")]
    pub(crate) krb5_conf: Vec<PathBuf>,
    /// Whether tickets under RC4 keys are taken, which anybody with an account in the realm can forge after some guessing.
    pub(crate) danger_accept_rc4: bool,
    /// Whether tickets under Camellia keys are taken.
    pub(crate) accept_camellia: bool,
    /// What happens to the list of addresses that a ticket may have.
    pub(crate) ticket_addresses: TicketAddresses,
    /// What happens to the PAC that a ticket may have.
    #[serde(with = "PacPolicyNames")]
    pub(crate) pac: PacPolicy,
    /// What happens to authorization data that must be understood and is not.
    #[serde(with = "UnknownAuthorizationDataNames")]
    pub(crate) unknown_authdata: UnknownAuthorizationData,
    /// Realms of services whose KDCs are trusted to have checked the path between realms.
    pub(crate) trust_kdc: Vec<String>,
    /// How long a key that is gone from the keytabs still opens tickets. Default: not at all.
    pub(crate) retired_key_grace: Span,
}

#[derive(Deserialize)]
#[serde(remote = "BindingsPolicy", rename_all = "snake_case")]
enum BindingsPolicyNames {
    Off,
    Prefer,
    RequireIfAdvertised,
    Require,
}

#[derive(Deserialize)]
#[serde(remote = "PacPolicy", rename_all = "snake_case")]
enum PacPolicyNames {
    Use,
    Require,
    Ignore,
}

#[derive(Deserialize)]
#[serde(remote = "UnknownAuthorizationData", rename_all = "snake_case")]
enum UnknownAuthorizationDataNames {
    Refuse,
    Ignore,
}

/// `acceptor.ticket_addresses`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketAddresses {
    /// As MIT krb5's acceptor does, which is not told the client's address.
    #[default]
    Ignore,
    Check,
    Require,
}

/// `[replay]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct Replay {
    /// Where they are remembered.
    pub(crate) cache: ReplayStore,
    /// How many of them in memory. One that is alive is never forgotten for another: a full cache refuses (503).
    pub(crate) capacity: Count,
    /// What is accepted after a start, when nothing is remembered.
    #[serde(with = "OnStartNames")]
    pub(crate) on_start: OnStart,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            cache: ReplayStore::default(),
            capacity: Count(MemoryReplayConfig::default().capacity),
            on_start: OnStart::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(remote = "OnStart", rename_all = "snake_case")]
enum OnStartNames {
    RefuseForSkew,
    RefuseCtimeBeforeStart,
    Accept,
}

/// `[reverse_proxy]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct ReverseProxy {
    /// The application.
    pub(crate) upstream: Upstream,
    /// Which `Host` the application gets.
    #[serde(default)]
    pub(crate) host: Host,
    /// How long to wait for a connection to the application.
    #[serde(default = "ReverseProxy::default_connect_timeout")]
    pub(crate) connect_timeout: Span,
    /// How long to wait for the head of the application's response.
    #[serde(default = "ReverseProxy::default_response_timeout")]
    pub(crate) response_timeout: Span,
}

/// Which `Host` the application gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Host {
    /// The one that the client asked for.
    #[default]
    Client,
    /// The one in `upstream`.
    Upstream,
}

impl ReverseProxy {
    /// The defaults, before `upstream`.
    pub(crate) fn to(upstream: Upstream) -> Self {
        Self {
            upstream,
            host: Host::default(),
            connect_timeout: Self::default_connect_timeout(),
            response_timeout: Self::default_response_timeout(),
        }
    }

    fn default_connect_timeout() -> Span {
        Span(Duration::from_secs(5))
    }

    fn default_response_timeout() -> Span {
        Span(Duration::from_secs(60))
    }
}

/// `[forward_auth]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct ForwardAuth {
    /// The path that the proxy asks at.
    pub(crate) path: RequestPath,
    /// The certificate that the proxy shows to the clients, PEM: what their channel bindings are compared with.
    pub(crate) certificate: Option<PathBuf>,
    /// The header in which the proxy numbers the clients' requests. Not `X-Request-ID`, which a client or an outer proxy
    /// may send and an inner one may pass on.
    pub(crate) request_id_header: Header,
    /// How long the same token in the same request gets the answer it got at first; 0s turns it off.
    pub(crate) repeat_within: Span,
}

impl Default for ForwardAuth {
    fn default() -> Self {
        Self {
            path: RequestPath("/auth".into()),
            certificate: None,
            request_id_header: Header(HeaderName::from_static("x-negotiate-request-id")),
            repeat_within: Span(Duration::from_secs(5)),
        }
    }
}

/// `[identity_headers]`: the headers that tell the application who its user is. Whatever a client sends under these
/// names is deleted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct IdentityHeaders {
    /// The principal: `alice@EXAMPLE.COM`.
    pub(crate) user: Header,
    /// Its realm alone.
    pub(crate) realm: Option<Header>,
    /// Its local name by krb5.conf's `auth_to_local`, if it has one: `alice`.
    pub(crate) local_name: Option<Header>,
    /// SID of the account; left out if the KDC told none.
    pub(crate) sid: Option<Header>,
    /// How it was authenticated: `krb5`.
    pub(crate) mechanism: Option<Header>,
    /// How the user authenticated to the KDC, in its administrator's words, as a list; left out if the KDC told nothing.
    pub(crate) auth_indicators: Option<Header>,
    /// When the authentication ends to be good, in seconds since 1970.
    pub(crate) expires: Option<Header>,
}

impl Default for IdentityHeaders {
    fn default() -> Self {
        Self {
            user: Header(HeaderName::from_static("x-remote-user")),
            realm: None,
            local_name: None,
            sid: None,
            mechanism: None,
            auth_indicators: None,
            expires: None,
        }
    }
}

impl IdentityHeaders {
    /// The names in use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        let optional = [
            &self.realm,
            &self.local_name,
            &self.sid,
            &self.mechanism,
            &self.auth_indicators,
            &self.expires,
        ];
        std::iter::once(&self.user)
            .chain(optional.into_iter().flatten())
            .map(|header| &header.0)
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct Limits {
    /// Connections at one time; further clients wait. Default 10,000: at rest each takes some 20 KiB.
    pub(crate) connections: Count,
    /// How long a client may take for the TLS handshake, for the header of a request, and for each part of a body that is
    /// drained; and for anything at all, more than once, before its connection is cut. Default 30 s.
    pub(crate) header_timeout: Span,
    /// How long requests under way may take to finish after the signal to stop. Default 30 s.
    pub(crate) shutdown_timeout: Span,
    /// Longest token, before base64. Default 96 KiB, as in `negotiate_core::Limits`.
    pub(crate) token: ByteSize,
    /// How much of the body of a request that is answered without the application is read so that its connection can
    /// go on. Default 1 MiB.
    pub(crate) drained_body: ByteSize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Count(10_000),
            header_timeout: Span(Duration::from_secs(30)),
            shutdown_timeout: Span(Duration::from_secs(30)),
            token: ByteSize(96 * 1024),
            drained_body: ByteSize(1024 * 1024),
        }
    }
}

/// Headers that HTTP, this gateway or every proxy gives a meaning to: no identity is told in them.
const RESERVED_HEADERS: [HeaderName; 21] = [
    header::AUTHORIZATION,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::EXPECT,
    header::FORWARDED,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Loopback: nobody else can connect until the operator says so.
const DEFAULT_LISTEN: ListenAddress = ListenAddress(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));

impl Config {
    /// Reads a configuration file. Paths in it are relative to its directory.
    ///
    /// # Errors
    /// If the file cannot be read, or anything in it is not as it should be.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        file::load(path)
    }

    /// The configuration for which the command line suffices: a reverse proxy with the defaults.
    pub(crate) fn from_arguments(
        keytabs: Vec<PathBuf>,
        krb5_conf: Vec<PathBuf>,
        names: Vec<AcceptorName>,
        upstream: Upstream,
        listen: Option<ListenAddress>,
        replay_cache: Option<ReplayStore>,
    ) -> Self {
        let replay = Replay {
            cache: replay_cache.unwrap_or_default(),
            ..Replay::default()
        };
        Self {
            listen: listen.unwrap_or(DEFAULT_LISTEN),
            keytabs,
            trusted_proxies: Vec::new(),
            tls: None,
            acceptor: Acceptor {
                names,
                krb5_conf,
                ..Acceptor::default()
            },
            replay,
            front: Front::ReverseProxy(ReverseProxy::to(upstream)),
            identity_headers: IdentityHeaders::default(),
            limits: Limits::default(),
        }
    }
}
