//! The command line: what `negotiate --help` says, and what is parsed from it.

use crate::config::{AcceptorName, ListenAddress, ReplayStore, Upstream};
use crate::encryption_types::NamedTypes;
use crate::explain::{Bindings, Time};
use crate::serve::LogFormat;
use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;

/// Single sign-on with Negotiate (SPNEGO and Kerberos), in front of a web application or beside its proxy, and tools that
/// say why a sign-on failed.
#[derive(Debug, Parser)]
#[command(name = "negotiate", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  done; of `explain`: the token is accepted
  1  of `explain`: the token is refused; of `decode`: something is malformed;
     of `serve` and `demo`: it had to stop
  2  the command line, the configuration or a file cannot be used
  3  of `explain`: the token is good so far, and the client has to send another";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Demo(Demo),
    Explain(Explain),
    Decode(Decode),
    /// Look into keytab files
    #[command(subcommand, after_help = EXIT_STATUS)]
    Keytab(Keytab),
}

/// Authenticate requests, before an application or for its proxy
///
/// As a reverse proxy, it passes the requests of authenticated users (Negotiate, RFC 4559) on to the application, with
/// the user's name in X-Remote-User. As a forward-auth endpoint, it answers a proxy such as nginx (auth_request) that
/// asks about each request.
///
/// Without TLS, and beyond this machine, tokens and answers can be read and changed on the way: listen on a loopback
/// address behind a proxy that does TLS, or give it a certificate in its configuration.
#[derive(Debug, Args)]
#[command(
    after_help = "Use --config FILE, or --keytab and --upstream.",
    after_long_help = SERVE_EXAMPLES,
    override_usage = "negotiate serve --config FILE\n       \
                      negotiate serve --keytab FILE --upstream URL [--listen ADDRESS:PORT] [--name SERVICE@HOST] \
                      [--krb5-conf FILE] [--replay-cache CACHE]"
)]
pub(crate) struct Serve {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keytab", "upstream", "listen", "name", "krb5_conf", "replay_cache"])]
    pub(crate) config: Option<PathBuf>,

    /// A keytab with the service's keys; may be given more than once
    #[arg(long, value_name = "FILE", required_unless_present = "config")]
    pub(crate) keytab: Vec<PathBuf>,

    /// The application to pass requests on to: http://host:port
    #[arg(long, value_name = "URL", required_unless_present = "config")]
    pub(crate) upstream: Option<Upstream>,

    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<ListenAddress>,

    /// A name that clients may ask tickets for; may be given more than once [default: every name in the keytab]
    ///
    /// HTTP@{HOSTNAME} stands for the host of each request: then a ticket for one host is refused under another. It does not
    /// keep apart names that share a key.
    #[arg(long, value_name = "SERVICE@HOST")]
    pub(crate) name: Vec<AcceptorName>,

    /// A krb5.conf, for clockskew, permitted_enctypes and capaths; none is read unless named
    #[arg(long, value_name = "FILE")]
    pub(crate) krb5_conf: Vec<PathBuf>,

    /// Where to remember the tokens of the last minutes: memory, or file:PATH, in MIT's format (file2) [default: memory]
    ///
    /// A file is shared with all who use it: other processes of this service, and MIT's library, whose own is
    /// /var/tmp/krb5_UID.rcache2 (UID is the number of the user) unless KRB5RCACHENAME or krb5.conf say otherwise.
    #[arg(long, value_name = "CACHE")]
    pub(crate) replay_cache: Option<ReplayStore>,

    /// What to log: error, warn, info, debug, trace, or directives such as info,negotiate_http=debug
    #[arg(long, value_name = "LEVEL", env = "NEGOTIATE_LOG", default_value = "info")]
    pub(crate) log: String,

    /// How to log, on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  negotiate serve --keytab /etc/http.keytab --upstream http://127.0.0.1:3000
      Sign users on to the application on port 3000. Try it:
      kinit alice; curl --negotiate -u : http://www.example.com:8080/

  negotiate serve --config /etc/negotiate/serve.toml --log-format json
      Everything else: TLS, forward-auth for nginx, names, limits.

A keytab that changes is read again, within a second.

Signals:
  SIGTERM, SIGINT  stop listening, finish the requests under way, end

Exit status:
  0  stopped by a signal
  1  had to stop, for example because the address is in use
  2  the command line, the configuration, a keytab or a certificate cannot be
     used: the message names the file, the line and key, and what to do";

/// Show a whole sign-on on this machine, with nothing to set up
///
/// Starts a KDC and a protected page on loopback, logs in as a browser would, and tells what happens. Then both stay until
/// Ctrl-C, with the lines to type for kinit, curl, Chromium and Firefox. Needs no installation, no root and no network.
#[derive(Debug, Args)]
#[command(after_help = DEMO_EXIT_STATUS)]
pub(crate) struct Demo {
    /// End after the login
    #[arg(long)]
    pub(crate) once: bool,
}

const DEMO_EXIT_STATUS: &str = "\
Exit status:
  0  the login was shown, and the demo was ended by a signal or by --once
  1  it had to stop, for example because loopback cannot be used
  2  the command line cannot be used";

/// Accept one token and say what it is, or why it is refused
///
/// The token is judged with the keys of a keytab, or in user-to-user authentication with a ticket of the service's own.
/// Of one that is accepted, it says who sent it, to whom, how it is encrypted, and until when it is good; of one that is
/// refused, what was seen, what was expected, whose fault it is, and what to do.
///
/// Nothing is remembered: the same token can be explained again and again, at the time of its capture. With the
/// configuration of `serve` it is judged as `serve` would, were it new: as far as host, client and channel bindings are told.
#[derive(Debug, Args)]
#[command(after_help = "--help shows examples.", after_long_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// A keytab with the service's keys; may be given more than once
    #[arg(long, value_name = "FILE", required_unless_present_any = ["ccache", "config"])]
    pub(crate) keytab: Vec<PathBuf>,

    /// The configuration of `serve` (TOML): its keytabs, and its table acceptor
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keytab", "name", "krb5_conf", "trust_kdc", "danger_accept_rc4", "accept_camellia"])]
    pub(crate) config: Option<PathBuf>,

    /// A credential cache of whom the service runs for: its ticket-granting ticket opens user-to-user tickets
    #[arg(long, value_name = "FILE")]
    pub(crate) ccache: Option<PathBuf>,

    /// Another name by which that ticket's owner may be addressed; may be given more than once
    #[arg(long, value_name = "PRINCIPAL", requires = "ccache")]
    pub(crate) also_named: Vec<String>,

    /// The time to judge the token at [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<Time>,

    /// Application data of the channel bindings, in hex ("tls-server-end-point:" and a hash) [default: they are not compared]
    #[arg(long, value_name = "HEX")]
    pub(crate) channel_bindings: Option<Bindings>,

    /// The host that the request was for, which HTTP@{HOSTNAME} stands for [default: every host with a key]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,

    /// The address that the client came from, for tickets that are good from some only [default: it is not known]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) client: Option<IpAddr>,

    /// A name that clients may ask tickets for, as `serve` takes it; may be given more than once [default: every name in the
    /// keytab]
    #[arg(long, value_name = "SERVICE@HOST")]
    pub(crate) name: Vec<AcceptorName>,

    /// A krb5.conf, for clockskew, permitted_enctypes, capaths and auth_to_local; none is read unless named
    #[arg(long, value_name = "FILE")]
    pub(crate) krb5_conf: Vec<PathBuf>,

    /// A realm of services whose KDCs are trusted to have checked the realms a ticket came through, as `serve` does with
    /// trust_kdc in its configuration
    #[arg(long, value_name = "REALM")]
    pub(crate) trust_kdc: Vec<String>,

    #[command(flatten)]
    pub(crate) types: NamedTypes,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// The token: raw, in base64 or hex, or a whole Authorization line; - or nothing is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  curl -sv --negotiate -u : http://www.example.com/ 2>&1 | grep -i '> authorization:' |
      negotiate explain --keytab /etc/http.keytab
      Explain what curl sent.

  negotiate explain --keytab http.keytab --now 2026-11-22T05:57:20Z token.bin
      Explain a token that was captured then.

  negotiate explain --config /etc/negotiate/serve.toml --host www.example.com token.bin
      Explain why `negotiate serve` refused a token.

  negotiate explain --ccache /tmp/krb5cc_1000 token.bin
      Explain a token for a service that runs for a user, without a keytab.

JSON:
  accepted        true or false; another leg needed counts as false
  mechanism       such as \"krb5\"; null if no mechanism took the token
  src_name        the user's principal
  local_name      its local name by auth_to_local, if --krb5-conf is given and maps it
  acceptor_name   the service's principal
  same_key        other principals of the keytab with its key, which a restriction to
                  names does not keep apart from it
  etype, kvno     numbers of the ticket's encryption type and of the key that opened it
  sealed_by       what the ticket is sealed with: service_key, or session_key
                  in user-to-user authentication
  flags           names of the security context's flags
  start_time, end_time   of the ticket, RFC 3339
  delegated       whether a credential came with the token
  attributes      what the KDC says of the user, read: pac (verified, none or
                  discarded), SIDs and groups, names, claims, indicators
  name_attributes the same raw, by MIT krb5's names: lists of base64
  code, message   why the token was refused
  blame, seen, expected, advice   the same at length
  Of a token that is not accepted, all but accepted, mechanism, code and message may be null.

Exit status:
  0  accepted
  1  refused
  2  the command line, a keytab, the cache or the token's file cannot be used
  3  good so far, and the client has to send another token";

/// Show a token, a keytab or a credential cache as a tree
///
/// Every field with its name, its value, its offset and length in bytes, and the section of the specification that
/// describes it. Tokens: SPNEGO; Kerberos with and without GSS-API's framing, KDC messages and per-message tokens;
/// NTLM; of NegoEx and IAKERB the outer layers. Files: keytabs, versions 1 and 2; credential caches, versions 1 to 4.
///
/// No key is needed. With a keytab, what it can open is shown too: tickets with their PAC, authenticators, delegated
/// credentials, and the reply after the request that it answers. Keys are never shown, nor what passwords can be
/// guessed from.
///
/// What is malformed is shown as far as it can be read, with a line that says where it stops and why. Nothing is
/// decided about a token here: explain does that.
#[derive(Debug, Args)]
#[command(after_help = "--help shows examples.", after_long_help = DECODE_EXAMPLES)]
pub(crate) struct Decode {
    /// A keytab to open sealed parts with; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(crate) keytab: Vec<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Tokens and files: raw, in base64 or hex, or lines with Authorization and WWW-Authenticate; - or nothing is
    /// standard input; FILE:PATH, as in KRB5CCNAME, is PATH. A key that one of them tells opens what comes after it
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

const DECODE_EXAMPLES: &str = "\
Examples:
  curl -sv --negotiate -u : http://www.example.com/ 2>&1 | negotiate decode
      Show what curl sent and what it was answered.

  negotiate decode --keytab http.keytab request.bin reply.bin
      The same of two files, with what is sealed in them.

  negotiate decode /tmp/krb5cc_1000 reply.bin
      A credential cache, and a reply that its session key opens.

  negotiate decode --json token.txt | jq '.inputs[].tree | .. | .faults? // empty'
      What is wrong with a token, for a program.

Output:
  offset length  field: value (what it means)  [section]
  Offsets count from 0. In what was sealed they count from its first byte. The
  section is told where it is another than that of the field around.
  ! marks a fault: its offset, what is wrong, and the bytes that could not be
  read for it.

JSON:
  inputs          an array, one object for each token or file:
    source        the file, or \"standard input\"
    form          raw, base64, hex, authorization, www-authenticate
    broken_at     the character at which base64 is broken; else absent
    kind          spnego-init, spnego-resp, krb5, iakerb, gss, ap-req, ap-rep,
                  krb-error, krb-cred, as-req, as-rep, tgs-req, tgs-rep,
                  krb-safe, krb-priv, ticket, mic, wrap, ntlm-negotiate,
                  ntlm-challenge, ntlm-authenticate, ntlm, negoex, keytab,
                  ccache, unknown; and the sealed parts of Kerberos by name
    length        in bytes
    faults        how many there are in the tree
    tree          a node
  A node:
    name          the specification's name of the field
    type, value   if it has a value of its own: integer; boolean; text; time
                  (RFC 3339); flags (an array of names; bits without a name as
                  0x00000040); bytes (hex, at most the first 64); secret (null)
    bytes         of bytes and secrets: how many there are
    meaning       what the value means; a text for people
    offset, length  in bytes
    spec          the section of the specification
    faults        an array of {offset, what, rest, rest_length}: rest is the
                  first 64 of the bytes that could not be read, in hex
    children      its parts, an array of nodes
    opened        {with, length, children}: what was sealed in it, and with
                  which key; offsets below it count from its first byte
  Members without content are absent. meaning, what and with may change their
  words; everything else is stable.

Exit status:
  0  shown
  1  shown as far as it can be read: something is malformed
  2  the command line, a keytab or a file cannot be used";

#[derive(Debug, Subcommand)]
pub(crate) enum Keytab {
    List(KeytabList),
}

/// List the keys of a keytab: whose, which version, of what kind
///
/// One line for each entry: principal, version (kvno), encryption type, when it was written, and whether this program
/// can use it. The keys themselves are never shown; entries that hold equal keys are marked as one set.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct KeytabList {
    #[command(flatten)]
    pub(crate) types: NamedTypes,

    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,

    /// The keytab
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
