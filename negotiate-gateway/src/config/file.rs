//! A configuration file: its keys, and what must hold between them.

use super::{
    Acceptor, Config, ConfigError, DEFAULT_LISTEN, ForwardAuth, Front, IdentityHeaders, Limits,
    ListenAddress, Network, Replay, ReplayStore, ReverseProxy, Tls,
};
use crate::header_name::are_one_variable;
use negotiate_core::BindingsPolicy;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The top level of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct File {
    #[serde(default = "default_listen")]
    listen: ListenAddress,
    keytab: OneOrMorePaths,
    #[serde(default)]
    trusted_proxies: Vec<Network>,
    tls: Option<Tls>,
    #[serde(default)]
    acceptor: Acceptor,
    #[serde(default)]
    replay: Replay,
    reverse_proxy: Option<ReverseProxy>,
    forward_auth: Option<ForwardAuth>,
    #[serde(default)]
    identity_headers: IdentityHeaders,
    #[serde(default)]
    limits: Limits,
}

fn default_listen() -> ListenAddress {
    DEFAULT_LISTEN
}

/// A path, or a list of them.
#[derive(Debug)]
struct OneOrMorePaths(Vec<PathBuf>);

impl<'de> Deserialize<'de> for OneOrMorePaths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Paths;
        impl<'de> Visitor<'de> for Paths {
            type Value = OneOrMorePaths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or a list of paths")
            }

            fn visit_str<E>(self, path: &str) -> Result<OneOrMorePaths, E> {
                Ok(OneOrMorePaths(vec![path.into()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMorePaths, A::Error> {
                let mut paths = Vec::new();
                while let Some(path) = list.next_element()? {
                    paths.push(path);
                }
                Ok(OneOrMorePaths(paths))
            }
        }
        deserializer.deserialize_any(Paths)
    }
}

pub(super) fn one_or_more_paths<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<PathBuf>, D::Error> {
    OneOrMorePaths::deserialize(deserializer).map(|paths| paths.0)
}

pub(super) fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    let mut file: File =
        toml::from_str(&text).map_err(|error| ConfigError::from_toml(path, &text, &error))?;
    file.make_paths_absolute(path.parent().unwrap_or(Path::new("")));
    let at = |key: &str, problem: &str, advice: &str| ConfigError::at_key(path, &text, key, problem, advice);
    file.check(at)?;
    let front = match (file.reverse_proxy, file.forward_auth) {
        (Some(reverse_proxy), None) => Front::ReverseProxy(reverse_proxy),
        (None, Some(forward_auth)) => Front::ForwardAuth(forward_auth),
        (Some(_), Some(_)) => {
            let advice = "keep one of [reverse_proxy] and [forward_auth]: a second process can be the other";
            return Err(at("forward_auth", "stands beside [reverse_proxy]", advice));
        }
        (None, None) => {
            let advice = "add [reverse_proxy] with `upstream`, or [forward_auth]";
            return Err(at(
                "reverse_proxy",
                "nothing says what to do with requests",
                advice,
            ));
        }
    };
    Ok(Config {
        listen: file.listen,
        keytabs: file.keytab.0,
        trusted_proxies: file.trusted_proxies,
        tls: file.tls,
        acceptor: file.acceptor,
        replay: file.replay,
        front,
        identity_headers: file.identity_headers,
        limits: file.limits,
    })
}

impl File {
    fn make_paths_absolute(&mut self, directory: &Path) {
        let keytabs = self.keytab.0.iter_mut();
        let tls = self
            .tls
            .iter_mut()
            .flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
        let proxy = self
            .forward_auth
            .iter_mut()
            .filter_map(|auth| auth.certificate.as_mut());
        let krb5_conf = self.acceptor.krb5_conf.iter_mut();
        let replay = match &mut self.replay.cache {
            ReplayStore::File(path) => Some(path),
            ReplayStore::Memory => None,
        };
        for path in keytabs.chain(tls).chain(proxy).chain(replay).chain(krb5_conf) {
            *path = directory.join(&*path);
        }
    }

    /// Those that are read.
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let tls = self.tls.iter().flat_map(|tls| [&tls.certificate, &tls.key]);
        let proxy = self
            .forward_auth
            .iter()
            .filter_map(|auth| auth.certificate.as_ref());
        let files = self.keytab.0.iter().chain(&self.acceptor.krb5_conf);
        files.chain(tls).chain(proxy)
    }

    /// What a key by itself cannot know.
    fn check(&self, at: impl Fn(&str, &str, &str) -> ConfigError) -> Result<(), ConfigError> {
        if self.keytab.0.is_empty() {
            return Err(at(
                "keytab",
                "the list is empty",
                "name the file with the service's keys",
            ));
        }
        if cfg!(not(feature = "tls")) && self.tls.is_some() {
            let advice = "build it with the feature `tls`, which is on by default";
            return Err(at("tls", "this build has no TLS", advice));
        }
        let certificate = self
            .forward_auth
            .as_ref()
            .and_then(|auth| auth.certificate.as_ref());
        if self.acceptor.channel_bindings == BindingsPolicy::Require
            && self.tls.is_none()
            && certificate.is_none()
        {
            return Err(at(
                "acceptor.channel_bindings",
                "\"require\" without TLS, which has the channels to bind to",
                "add [tls], or to [forward_auth] the certificate of the proxy",
            ));
        }
        if let ReplayStore::File(cache) = &self.replay.cache
            && self.files().any(|file| file == cache)
        {
            let advice = "name a file of its own, which is written";
            return Err(at(
                "replay.cache",
                "is another file of this configuration",
                advice,
            ));
        }
        if let Some(forward_auth) = &self.forward_auth {
            if self.trusted_proxies.is_empty() {
                let advice = "name the address that the proxy connects from, such as trusted_proxies = [\"127.0.0.1\"]";
                return Err(at(
                    "trusted_proxies",
                    "[forward_auth] needs to know its proxy",
                    advice,
                ));
            }
            if forward_auth.repeat_within.0 > Duration::from_secs(60) {
                let advice = "a proxy asks again within milliseconds: 5s is plenty, 60s the most";
                return Err(at(
                    "forward_auth.repeat_within",
                    "is too long for one request",
                    advice,
                ));
            }
        }
        if self.identity_headers.local_name.is_some() && self.acceptor.krb5_conf.is_empty() {
            return Err(at(
                "identity_headers.local_name",
                "nothing says how principals are mapped to local names",
                "name a file with auth_to_local in acceptor.krb5_conf, such as /etc/krb5.conf",
            ));
        }
        let names: Vec<_> = self.identity_headers.names().collect();
        for (place, name) in names.iter().enumerate() {
            let mut earlier = names.iter().take(place);
            if earlier.any(|earlier| are_one_variable(earlier.as_str(), name.as_str())) {
                let problem = format!("two headers are called {name}");
                return Err(at("identity_headers", &problem, "give each a name of its own"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        let file: Result<File, _> = toml::from_str(text);
        format!("{:?}", file.unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    /// The examples name every default in a comment: taken out of it, it changes nothing.
    #[test]
    fn the_examples_tell_the_defaults() {
        for example in [
            include_str!("../../examples/serve.toml"),
            include_str!("../../examples/forward-auth.toml"),
        ] {
            let is_key = |line: &str| {
                let word = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
                word.is_some_and(|(word, _)| !word.contains(' '))
            };
            assert!(example.lines().filter(|line| is_key(line)).count() >= 2);
            let lines = example
                .lines()
                .map(|line| if is_key(line) { &line[2..] } else { line });
            assert_eq!(parsed(&lines.collect::<Vec<_>>().join("\n")), parsed(example));
        }
    }
}
