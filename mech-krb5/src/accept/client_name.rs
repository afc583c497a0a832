//! Who a client may be: somebody with a name, or nobody where the policy allows it. Names and realms that are given a meaning
//! beforehand are refused unless that meaning is known here (RFC 6111); the anonymous are all that are (RFC 8062).

use super::AnonymousPolicy;
use crate::error::{Fact, WellKnownName};
use crate::principal::{ANONYMOUS_REALM, PrincipalRef, is_well_known_realm};
use negotiate_core::ContextFlags;

/// Gives what the context is marked with.
pub(super) fn check(client: PrincipalRef<'_>, policy: AnonymousPolicy) -> Result<ContextFlags, Fact> {
    let realm = client.realm();
    // RFC 6111 section 3.2.
    if is_well_known_realm(realm) && realm != ANONYMOUS_REALM {
        return Err(Fact::WellKnownName(WellKnownName::Realm));
    }
    match policy {
        _ if !client.is_anonymous() => {}
        AnonymousPolicy::Accept => return Ok(ContextFlags::ANONYMOUS),
        AnonymousPolicy::Refuse => return Err(Fact::AnonymousRefused),
    }
    // RFC 6111 section 3.2: in a realm of fixed meaning every other name is reserved.
    if realm == ANONYMOUS_REALM {
        return Err(Fact::WellKnownName(WellKnownName::Reserved));
    }
    // RFC 6111 section 3.1.
    if client.is_well_known() {
        return Err(Fact::WellKnownName(WellKnownName::Principal));
    }
    Ok(ContextFlags::default())
}
