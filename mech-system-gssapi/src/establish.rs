//! From a context of the library to negotiate-core's: names, and what the caller asks that the library does not check.

use crate::details::Details;
use crate::error::{Error, Fact};
use crate::library::AcceptedContext;
use negotiate_core::{
    BindingsPolicy, ChannelBindings, ContextFlags, Established, MechListMic, MechType, Name, NameKind,
    Seconds, ServiceName, Timestamp,
};
use std::ops::Range;

/// What the caller asked for, kept from the first token to the last.
pub(crate) struct Terms {
    pub(crate) bindings: Option<ChannelBindings>,
    pub(crate) bindings_policy: BindingsPolicy,
    pub(crate) names: Option<Vec<ServiceName>>,
    pub(crate) now: Timestamp,
}

/// The one place where this mechanism says that an initiator is authenticated: the library has said so before.
pub(crate) fn establish(mut context: AcceptedContext, terms: &Terms) -> Result<Established, Error> {
    let flags = ContextFlags::from_bits_truncate(context.flags);
    check_bindings(flags, terms)?;
    let (initiator, acceptor) = context
        .names()
        .map_err(|status| Error::new(Fact::Library(status)))?;
    let (initiator, acceptor) = (name(initiator)?, name(acceptor)?);
    if flags.contains(ContextFlags::ANONYMOUS) || initiator.name() == "WELLKNOWN/ANONYMOUS" {
        return Err(Error::new(Fact::AnonymousRefused));
    }
    if let Some(names) = &terms.names
        && !names.iter().any(|allowed| is_of(&acceptor, allowed))
    {
        return Err(Error::new(Fact::ServiceNotAllowed));
    }
    let lifetime = context
        .lifetime
        .map(|lifetime| Seconds(u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)));
    let delegated = context.delegated.take();
    Ok(Established {
        mech_type: MechType::KRB5,
        initiator,
        flags,
        expires: lifetime.map(|lifetime| terms.now.plus(lifetime)),
        per_message: Box::new(context),
        mech_list_mic: MechListMic::AsNegotiated,
        details: Box::new(Details { acceptor, delegated }),
    })
}

/// The library refuses a mismatch, and an initiator that knows bindings and sent none; that any are there is asked here.
fn check_bindings(flags: ContextFlags, terms: &Terms) -> Result<(), Error> {
    let is_bound = flags.contains(ContextFlags::CHANNEL_BOUND);
    match (&terms.bindings, terms.bindings_policy) {
        (Some(_), BindingsPolicy::Require) if !is_bound => Err(Error::new(Fact::BindingsMissing)),
        _ => Ok(()),
    }
}

fn name(display: Vec<u8>) -> Result<Name, Error> {
    let display = String::from_utf8(display).map_err(|_| Error::new(Fact::NameNotUtf8))?;
    let (name, realm) = parts(&display);
    Ok(Name::new(display, name, realm, NameKind::Named))
}

/// The last bare `@` begins the realm (RFC 1964 section 2.1.1); a backslash quotes what follows it.
fn parts(display: &str) -> (Range<usize>, Range<usize>) {
    let (mut quoted, mut at) = (false, display.len());
    for (index, byte) in display.bytes().enumerate() {
        match byte {
            _ if quoted => quoted = false,
            b'\\' => quoted = true,
            b'@' => at = index,
            _ => {}
        }
    }
    (0..at, display.len().min(at + 1)..display.len())
}

fn is_of(acceptor: &Name, allowed: &ServiceName) -> bool {
    allowed.is(acceptor.name().split('/').map(str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_last_bare_at() {
        for (display, expected) in [
            ("alice@R", ("alice", "R")),
            (r"al\@ice@R", (r"al\@ice", "R")),
            (r"alice\\@R", (r"alice\\", "R")),
            ("alice", ("alice", "")),
            ("HTTP/www@R.TEST", ("HTTP/www", "R.TEST")),
        ] {
            let name = name(display.as_bytes().to_vec()).unwrap();
            assert_eq!((name.name(), name.realm()), expected);
        }
        assert!(name(b"\xff@R".to_vec()).is_err());
    }
}
