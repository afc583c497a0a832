//! Names as the core sees them: text that a mechanism authenticated, and the services that a server answers for.

use crate::Sid;
use alloc::string::String;
use core::fmt;
use core::ops::Range;

/// An authenticated name, as the mechanism displays it, with its parts (GSS-API display name, RFC 2743 section 2.4.4).
///
/// Identity is name, realm and, where the KDC or domain controller tells it, SID together: every realm may have the same
/// name, and a name that was given up and given away again has another SID.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    display: String,
    name: Range<usize>,
    realm: Range<usize>,
    kind: NameKind,
    sid: Option<Sid>,
}

/// Whether a name says who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameKind {
    /// A user, service or machine.
    Named,
    /// `GSS_C_NT_ANONYMOUS`: the peer proved only that it may stay unnamed. Never to be mapped to an account.
    Anonymous,
}

impl Name {
    /// From a display text and where the name and the realm stand in it; a range that does not fit the text is empty.
    #[must_use]
    pub fn new(display: String, name: Range<usize>, realm: Range<usize>, kind: NameKind) -> Self {
        Self {
            display,
            name,
            realm,
            kind,
            sid: None,
        }
    }

    /// The same name, of the account with this SID.
    #[must_use]
    pub fn with_sid(self, sid: Sid) -> Self {
        Self {
            sid: Some(sid),
            ..self
        }
    }

    /// The whole, as the mechanism displays it: `alice@EXAMPLE.COM`, `EXAMPLE\alice`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The part before the realm, escaped as in [`Name::display`].
    #[must_use]
    pub fn name(&self) -> &str {
        self.display.get(self.name.clone()).unwrap_or_default()
    }

    /// The realm or domain, escaped as in [`Name::display`]; empty if the mechanism has none.
    #[must_use]
    pub fn realm(&self) -> &str {
        self.display.get(self.realm.clone()).unwrap_or_default()
    }

    /// Whether it names anybody.
    #[must_use]
    pub const fn kind(&self) -> NameKind {
        self.kind
    }

    /// The account's SID, if the mechanism learnt it from somebody who knows: the KDC in a verified PAC, a domain
    /// controller.
    #[must_use]
    pub const fn sid(&self) -> Option<Sid> {
        self.sid
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({:?}, {:?}", self.display, self.kind)?;
        if let Some(sid) = self.sid {
            write!(f, ", {sid}")?;
        }
        f.write_str(")")
    }
}

/// A host-based service name, `service@host` (RFC 2743 section 4.1): what a server answers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceName {
    service: String,
    host: String,
}

impl ServiceName {
    /// From `service@host` or `service/host`.
    ///
    /// # Errors
    /// [`BadServiceName`] if either part is empty or there are more separators than one.
    pub fn parse(text: &str) -> Result<Self, BadServiceName> {
        let (service, host) = text.split_once(['@', '/']).ok_or(BadServiceName)?;
        if service.is_empty() || host.is_empty() || host.contains(['@', '/']) {
            return Err(BadServiceName);
        }
        Ok(Self {
            service: service.into(),
            host: host.into(),
        })
    }

    /// The service: `HTTP`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The host: `www.example.com`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a principal of these components is this service. What Kerberos has in its names counts to the byte; but the
    /// second component is a host's name here, of which neither case counts (RFC 4343) nor a dot at its end. RFC 4120
    /// section 6.2.1 wants it in lower case, and Active Directory's keytabs have it in upper case too.
    pub fn is<'n>(&self, components: impl IntoIterator<Item = &'n [u8]>) -> bool {
        let mut components = components.into_iter();
        let [service, host] = [components.next(), components.next()];
        let without_dot = |host: &'n [u8]| host.strip_suffix(b".").unwrap_or(host);
        let own = self.host.strip_suffix('.').unwrap_or(&self.host).as_bytes();
        service == Some(self.service.as_bytes())
            && host.is_some_and(|host| without_dot(host).eq_ignore_ascii_case(own))
            && components.next().is_none()
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.service, self.host)
    }
}

/// The names that an initiator may address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedNames<'a> {
    /// Every name for which there is a key.
    Any,
    /// Those of the acceptor's configuration: if none has a key, its set-up is at fault.
    OfAcceptor(&'a [ServiceName]),
    /// Those that this exchange was begun with, perhaps none. What they are may follow from what the initiator asked for, so
    /// that a name without a key is no fault of the set-up.
    OfExchange(&'a [ServiceName]),
}

impl<'a> AllowedNames<'a> {
    /// The names, if not every name is allowed. An empty list allows none.
    #[must_use]
    pub const fn listed(self) -> Option<&'a [ServiceName]> {
        match self {
            Self::Any => None,
            Self::OfAcceptor(names) | Self::OfExchange(names) => Some(names),
        }
    }
}

/// The text is not of the form `service@host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadServiceName;

impl fmt::Display for BadServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a service name has the form service@host")
    }
}

impl core::error::Error for BadServiceName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_parts() {
        let name = Name::new("alice@EXAMPLE.COM".into(), 0..5, 6..17, NameKind::Named);
        assert_eq!((name.name(), name.realm()), ("alice", "EXAMPLE.COM"));
        let name = Name::new("x".into(), 0..5, 6..17, NameKind::Named);
        assert_eq!((name.name(), name.realm()), ("", ""));
    }

    #[test]
    fn a_name_given_away_is_another_identity() {
        let name = Name::new("alice@EXAMPLE.COM".into(), 0..5, 6..17, NameKind::Named);
        let sid = Sid::from_bytes(b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0").unwrap();
        let [first, second] = [1000, 1001].map(|rid| name.clone().with_sid(sid.account(rid).unwrap()));
        assert_ne!(first, second);
        assert_ne!(first, name);
        assert_eq!(first.sid(), sid.account(1000).ok());
    }

    #[test]
    fn service_names_have_two_parts() {
        for good in ["HTTP@www.example.com", "HTTP/www.example.com"] {
            let name = ServiceName::parse(good).unwrap();
            assert_eq!((name.service(), name.host()), ("HTTP", "www.example.com"));
        }
        let name = ServiceName::parse("HTTP@www.Example.com").unwrap();
        for (components, expected) in [
            (&["HTTP", "www.Example.com"][..], true),
            (&["HTTP", "WWW.example.COM"], true),
            (&["HTTP", "www.example.com."], true),
            (&["HTTP", "www.example.com.."], false),
            (&["HTTP", "www.example"], false),
            (&["http", "www.example.com"], false),
            (&["HTTP"], false),
            (&["HTTP", "www.example.com", "more"], false),
            (&[], false),
        ] {
            let components = components.iter().map(|component| component.as_bytes());
            assert_eq!(name.is(components), expected);
        }
        assert!(
            ServiceName::parse("HTTP@www.")
                .unwrap()
                .is([&b"HTTP"[..], b"WWW"])
        );
        for bad in ["", "HTTP", "@host", "HTTP@", "HTTP/a/b", "HTTP/a@R"] {
            assert_eq!(ServiceName::parse(bad), Err(BadServiceName), "{bad}");
        }
    }
}
