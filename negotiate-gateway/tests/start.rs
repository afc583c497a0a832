//! What ends a start: each message names the file, the line and the key, and what to do.

mod common;

use common::{Ended, file, negotiate, run, scratch, text};
use std::os::unix::fs::PermissionsExt as _;
use testvectors::{capture, keytab_captures};

const PKI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki");

/// Starts with a configuration file of this content; `FILE` stands for its path in what is said.
fn start(toml: &str) -> Ended {
    let config = file("serve.toml", toml);
    let mut ended = run(&mut negotiate(["serve", "--config", text(&config)]), b"");
    ended.err = ended.err.replace(text(&config), "FILE");
    ended
}

#[test]
fn bad_configurations_are_explained() {
    let keys = "listen, keytab, trusted_proxies, tls, acceptor, replay, reverse_proxy, forward_auth, \
                identity_headers, limits";
    for (toml, expected) in [
        ("", "FILE:1: keytab: the key is missing\n".to_owned()),
        (
            "keytab = 'a'\n\nlissten = 'b'\n",
            format!("FILE:3: lissten: unknown key\n  help: did you mean `listen`? The keys here: {keys}\n"),
        ),
        ("keytab = 'a'\nquux = 1\n", format!("FILE:2: quux: unknown key\n  help: the keys here: {keys}\n")),
        (
            "keytab = 'a'\n[tls]\ncertificate = 'b'\nprivate_key = 'c'\n",
            "FILE:4: tls.private_key: unknown key\n  help: the keys here: certificate, key\n".into(),
        ),
        ("keytab = 'a'\n[tls]\ncertificate = 'b'\n", "FILE:2: tls.key: the key is missing\n".into()),
        ("keytab = 'a'\nkeytab = 'b'\n", "FILE:2: keytab: duplicate key\n".into()),
        (
            "keytab = 7\n",
            "FILE:1: keytab: invalid type: integer `7`, expected a path, or a list of paths\n".into(),
        ),
        (
            "keytab = []\n[forward_auth]\n",
            "FILE:1: keytab: the list is empty\n  help: name the file with the service's keys\n".into(),
        ),
        (
            "keytab = 'a'\nlisten = '8080'\n",
            "FILE:2: listen: \"8080\" is not an address to listen on\n  help: write an IP address and a port, such as \
             127.0.0.1:8080 or [::1]:8080; 0.0.0.0:8080 listens on every IPv4 address\n"
                .into(),
        ),
        (
            "keytab = 'a'\ntrusted_proxies = [\n  '10.0.0.1',\n  'nginx',\n]\n",
            "FILE:2: trusted_proxies: \"nginx\" is neither an address nor a network\n  help: write an address or a \
             network, such as 127.0.0.1 or 10.0.0.0/8\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[acceptor]\nchannel_bindings = 'require-if-advertised'\n",
            "FILE:3: acceptor.channel_bindings: unknown value \"require-if-advertised\"\n  help: did you mean \
             `require_if_advertised`? The values: off, prefer, require_if_advertised, require\n"
                .into(),
        ),
        (
            "keytab = 'a'\nacceptor.names = ['www.example.com']\n",
            "FILE:2: acceptor.names: \"www.example.com\" is not the name of a service\n  help: write the service and \
             the host, such as HTTP@www.example.com; HTTP@{HOSTNAME} stands for the host of each request\n"
                .into(),
        ),
        (
            "keytab = 'a'\nacceptor = { clock_skew = 300 }\n",
            "FILE:2: acceptor.clock_skew: invalid type: integer `300`, expected a string\n".into(),
        ),
        (
            "keytab = 'a'\n[acceptor]\nclock_skew = '5 minutes'\n",
            "FILE:3: acceptor.clock_skew: \"5 minutes\" is not a length of time\n  help: write a whole number and ms, \
             s, m or h: 30s, 5m\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[replay]\ncache = '/var/tmp/rcache'\n",
            "FILE:3: replay.cache: \"/var/tmp/rcache\" is not a replay cache\n  help: write memory, or file: and a \
             path, such as file:/var/lib/negotiate/rcache2\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[replay]\ncapacity = 0\n",
            "FILE:3: replay.capacity: invalid value: integer `0`, expected a whole number above 0\n".into(),
        ),
        (
            "keytab = 'a'\n[replay]\non_start = 'ignore'\n",
            "FILE:3: replay.on_start: unknown value \"ignore\"\n  help: the values: refuse_for_skew, \
             refuse_ctime_before_start, accept\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[reverse_proxy]\nupstream = '127.0.0.1:3000'\n",
            "FILE:3: reverse_proxy.upstream: \"127.0.0.1:3000\" is not an http URL\n  help: write the scheme, the host \
             and the port, such as http://127.0.0.1:3000\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[acceptor]\nchannel_bindings = 'require'\n[reverse_proxy]\nupstream = 'http://a'\n",
            "FILE:3: acceptor.channel_bindings: \"require\" without TLS, which has the channels to bind to\n  help: add \
             [tls], or to [forward_auth] the certificate of the proxy\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[identity_headers]\nuser = 'Cookie'\n",
            "FILE:3: identity_headers.user: \"Cookie\" has a meaning in HTTP already\n  help: choose a name of its own, \
             such as X-Remote-User\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[identity_headers]\nuser = 'X-User'\nrealm = 'x_user'\n[reverse_proxy]\n\
             upstream = 'http://a'\n",
            "FILE:2: identity_headers: two headers are called x_user\n  help: give each a name of its own\n".into(),
        ),
        (
            "keytab = 'a'\n[identity_headers]\nlocal_name = 'X-Local'\n[reverse_proxy]\nupstream = 'http://a'\n",
            "FILE:3: identity_headers.local_name: nothing says how principals are mapped to local names\n  help: name a \
             file with auth_to_local in acceptor.krb5_conf, such as /etc/krb5.conf\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[acceptor]\nkrb5_conf = true\n",
            "FILE:3: acceptor.krb5_conf: invalid type: boolean `true`, expected a path, or a list of paths\n".into(),
        ),
        (
            "keytab = 'a'\n",
            "FILE: reverse_proxy: nothing says what to do with requests\n  help: add [reverse_proxy] with `upstream`, \
             or [forward_auth]\n"
                .into(),
        ),
        (
            "keytab = 'a'\n[reverse_proxy]\nupstream = 'http://a'\n[forward_auth]\n",
            "FILE: trusted_proxies: [forward_auth] needs to know its proxy\n  help: name the address that the proxy \
             connects from, such as trusted_proxies = [\"127.0.0.1\"]\n"
                .into(),
        ),
        (
            "keytab = 'a'\ntrusted_proxies = ['::1']\n[reverse_proxy]\nupstream = 'http://a'\n[forward_auth]\n",
            "FILE:5: forward_auth: stands beside [reverse_proxy]\n  help: keep one of [reverse_proxy] and \
             [forward_auth]: a second process can be the other\n"
                .into(),
        ),
        (
            "keytab = 'a'\ntrusted_proxies = ['::1']\nforward_auth.repeat_within = '61s'\n",
            "FILE:3: forward_auth.repeat_within: is too long for one request\n  help: a proxy asks again within \
             milliseconds: 5s is plenty, 60s the most\n"
                .into(),
        ),
        ("keytab = \n", "FILE:1: keytab: string values must be quoted, expected literal string\n".into()),
    ] {
        let ended = start(toml);
        assert_eq!((ended.status, ended.err), (Some(2), format!("negotiate: {expected}")), "{toml}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let good = file("good.keytab", capture("mit/etype18-spnego-mutual").keytab());
    let good = text(&good);
    let missing = scratch("missing");
    let missing = text(&missing);
    let empty = file("empty", "");
    let empty = text(&empty);
    let open = file("rcache", "");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let open = text(&open);
    let shared = scratch("rcache");
    let directory = shared.parent().expect("a directory");
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).expect("a mode");
    let shared = text(&shared);
    let proxy = "[reverse_proxy]\nupstream = 'http://a'";
    let rc4 = file("rc4.keytab", capture("mit/etype23-spnego-mutual").keytab());
    let rc4 = text(&rc4);
    let camellia = file("camellia.keytab", capture("mit/etype26-spnego-mutual").keytab());
    let camellia = text(&camellia);
    for (toml, expected) in [
        (
            format!("keytab = '{missing}'\n{proxy}"),
            format!("keytab {missing} cannot be read: No such file"),
        ),
        (
            format!("keytab = '{PKI}'\n{proxy}"),
            format!("keytab {PKI} cannot be read: Is a directory"),
        ),
        (
            format!("keytab = ['{good}', '{empty}']\n{proxy}"),
            format!("keytab {empty} is empty\n  help: export"),
        ),
        (
            format!("keytab = '{rc4}'\n{proxy}"),
            format!(
                "keytab {rc4} has no key of a usable encryption type, only rc4-hmac (23)\n  help: enable AES"
            ),
        ),
        (
            format!("keytab = '{camellia}'\n{proxy}"),
            format!(
                "keytab {camellia} has no key of a usable encryption type, only camellia256-cts-cmac (26)\n  help: set \
                 accept_camellia"
            ),
        ),
        (
            format!("keytab = '{good}'\nacceptor.names = ['HTTP@other']\n{proxy}"),
            format!(
                "keytab {good} has no key for HTTP@other\n  help: correct acceptor.names, or add the key to the \
                     keytab; it has e18/www.mit.test@MIT.TEST\n"
            ),
        ),
        (
            format!("keytab = '{good}'\nreplay.cache = 'file:{empty}/rcache'\n{proxy}"),
            format!(
                "replay cache {empty}/rcache: Not a directory (os error 20)\n  help: name a file that this user may make"
            ),
        ),
        (
            // A replay cache has nothing by which it is known: it would be written into the keytab.
            format!("keytab = '{good}'\nreplay.cache = 'file:{good}'\n{proxy}"),
            "FILE:2: replay.cache: is another file of this configuration\n  help: name a file of its own"
                .into(),
        ),
        (
            format!("keytab = '{good}'\nreplay.cache = 'file:{open}'\n{proxy}"),
            format!("replay cache {open}: others than its owner may read or write it"),
        ),
        (
            format!("keytab = '{good}'\nreplay.cache = 'file:{shared}'\n{proxy}"),
            format!(
                "replay cache {shared}: others than its owner may write its directory (mode 0777)\n  help: make a \
                     directory for it that only this user may write (mode 0700)"
            ),
        ),
        (
            format!(
                "keytab = '{good}'\ntls = {{ certificate = '{missing}', key = '{PKI}/www.key' }}\n{proxy}"
            ),
            format!("certificate {missing} cannot be read: No such file"),
        ),
        (
            format!(
                "keytab = '{good}'\ntls = {{ certificate = '{PKI}/www.key', key = '{PKI}/www.key' }}\n{proxy}"
            ),
            format!("{PKI}/www.key holds no certificate\n  help: give a PEM file"),
        ),
        (
            format!(
                "keytab = '{good}'\ntls = {{ certificate = '{PKI}/www.pem', key = '{PKI}/www.pem' }}\n{proxy}"
            ),
            format!("{PKI}/www.pem holds no private key\n  help: give a PEM file"),
        ),
        (
            format!(
                "keytab = '{good}'\ntls = {{ certificate = '{PKI}/www.pem', key = '{PKI}/other.key' }}\n{proxy}"
            ),
            format!(
                "certificate {PKI}/www.pem and key {PKI}/other.key cannot be used: keys may not be consistent: \
                     KeyMismatch\n  help: give the certificate that was issued for this key"
            ),
        ),
        (
            format!("keytab = '{good}'\ntrusted_proxies = ['::1']\nforward_auth.certificate = '{missing}'\n"),
            format!("certificate {missing} cannot be read: No such file"),
        ),
    ] {
        if cfg!(not(feature = "tls")) && toml.contains("tls") {
            continue;
        }
        let ended = start(&toml);
        assert_eq!(ended.status, Some(2), "{toml}: {ended:?}");
        assert!(
            ended.err.starts_with(&format!("negotiate: {expected}")),
            "{toml}: {ended:?}"
        );
    }
}

#[test]
fn a_missing_configuration_is_named() {
    let missing = scratch("missing.toml");
    let ended = run(&mut negotiate(["serve", "--config", text(&missing)]), b"");
    assert_eq!(ended.status, Some(2));
    let expected = format!(
        "negotiate: {}: cannot be read: No such file or directory (os error 2)\n",
        text(&missing)
    );
    assert!(ended.err.starts_with(&expected), "{ended:?}");
}

#[test]
fn an_address_in_use_is_status_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let keytab = std::fs::read(keytab_captures()[0].path()).expect("a capture");
    let keytab = file("good.keytab", keytab);
    let arguments = [
        "serve",
        "--keytab",
        text(&keytab),
        "--upstream",
        "http://a",
        "--listen",
        &address,
    ];
    let ended = run(&mut negotiate(arguments), b"");
    assert_eq!(
        (ended.status, ended.err.as_str()),
        (
            Some(1),
            &*format!(
                "negotiate: cannot listen on {address}: Address already in use (os error 98)\n  help: another program \
                 listens there: stop it, or choose another port\n"
            )
        )
    );
}

#[test]
fn the_command_line_is_checked() {
    for (arguments, message) in [
        (
            &["serve"][..],
            "the following required arguments were not provided:\n  --keytab <FILE>\n  --upstream <URL>",
        ),
        (
            &["serve", "--keytab", "a"],
            "the following required arguments were not provided:\n  --upstream <URL>",
        ),
        (
            &["serve", "--config", "a", "--keytab", "b"],
            "'--config <FILE>' cannot be used with",
        ),
        (
            &["serve", "--keytab", "a", "--upstream", "b"],
            "\"b\" is not an http URL: write the scheme, the host",
        ),
        (
            &["serve", "--config", "a", "--log", "lots=of=it"],
            "negotiate: --log lots=of=it: ",
        ),
        (
            &[
                "serve",
                "--keytab",
                "a",
                "--upstream",
                "http://b",
                "--replay-cache",
                "disk",
            ],
            "\"disk\" is not a replay cache: write memory, or file:",
        ),
        (
            &["serve", "--config", "a", "--replay-cache", "memory"],
            "'--config <FILE>' cannot be used with",
        ),
        (&["srve"], "a similar subcommand exists: 'serve'"),
        (&["keytab", "lst"], "a similar subcommand exists: 'list'"),
    ] {
        let ended = run(&mut negotiate(arguments.iter().copied()), b"");
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(message), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn help_names_every_exit_status() {
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["explain", "--help"],
        &["keytab", "list", "--help"],
    ] {
        let ended = run(&mut negotiate(arguments.iter().copied()), b"");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let (_, statuses) = ended
            .out
            .split_once("Exit status:\n")
            .unwrap_or_else(|| panic!("{ended:?}"));
        for status in ["  0  ", "  1  ", "  2  "] {
            assert!(statuses.contains(status), "{ended:?}");
        }
    }
}
