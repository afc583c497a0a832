//! Who made the request, as the application sees it.

use negotiate_core::{
    Account, AccountUnreadable, ContextFlags, MechType, NameAttribute, NameKind, SecurityContext, Sid,
    Timestamp,
};
use std::fmt;
use std::sync::Arc;

/// The authenticated client: in the extensions of each request that reaches the application.
///
/// Identity is name, realm and, where there is one, SID together: every realm may have an `alice`. `Display` is the whole, `alice@EXAMPLE.COM`.
#[derive(Clone, Debug)]
pub struct Identity {
    authentication_type: AuthenticationType,
    context: Arc<SecurityContext>,
}

/// By which HTTP authentication scheme a client authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthenticationType {
    /// RFC 4559.
    Negotiate,
}

impl Identity {
    pub(crate) fn new(context: SecurityContext) -> Self {
        Self {
            authentication_type: AuthenticationType::Negotiate,
            context: Arc::new(context),
        }
    }

    /// The whole name, as the mechanism displays it: `alice@EXAMPLE.COM`.
    #[must_use]
    pub fn display(&self) -> &str {
        self.context.initiator().display()
    }

    /// The part before the realm: `alice`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.context.initiator().name()
    }

    /// The realm or domain, empty if the mechanism has none: `EXAMPLE.COM`.
    #[must_use]
    pub fn realm(&self) -> &str {
        self.context.initiator().realm()
    }

    /// The account's SID, if a domain controller or KDC vouches for it: it stays the account's when its name is given to
    /// somebody else.
    #[must_use]
    pub fn sid(&self) -> Option<Sid> {
        self.context.initiator().sid()
    }

    /// What the user's domain says about the account: groups by their SIDs, names, claims. `None` if it says nothing that
    /// can be believed, as most KDCs but those of Active Directory, Samba and FreeIPA do. It is read anew at each call.
    ///
    /// An error is a reason to refuse whatever depends on the account.
    #[must_use]
    pub fn account(&self) -> Option<Result<Account, AccountUnreadable>> {
        self.context.account()
    }

    /// The name attributes (RFC 6680), under the names that MIT krb5 gives them: `auth-indicators`,
    /// `urn:mspac:logon-info`.
    #[must_use]
    pub fn name_attributes(&self) -> Vec<NameAttribute<'_>> {
        self.context.name_attributes()
    }

    /// One of them, by its name.
    #[must_use]
    pub fn name_attribute(&self, name: &str) -> Option<NameAttribute<'_>> {
        self.context.name_attribute(name)
    }

    /// How the user authenticated, in the words of the KDC's administrator (RFC 8129): `pkinit`, `otp`. Another realm may mean
    /// something else by the same word: compare them together with [`Identity::realm`] (RFC 8129 section 5).
    #[must_use]
    pub fn auth_indicators(&self) -> Vec<&str> {
        let attribute = self.name_attribute(NameAttribute::AUTH_INDICATORS);
        let values = attribute.into_iter().flat_map(|attribute| attribute.values);
        values.filter_map(|value| str::from_utf8(value).ok()).collect()
    }

    /// Whether it names anybody; mechanisms refuse anonymous clients unless told otherwise.
    #[must_use]
    pub fn kind(&self) -> NameKind {
        self.context.initiator().kind()
    }

    /// The scheme by which the client authenticated.
    #[must_use]
    pub fn authentication_type(&self) -> AuthenticationType {
        self.authentication_type
    }

    /// The mechanism that authenticated the client.
    #[must_use]
    pub fn mechanism(&self) -> MechType {
        self.context.mech_type()
    }

    /// When the authentication ends to be good, if the mechanism says so.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.context.expires()
    }

    /// Whether the server proved itself, a credential was delegated, the channel was bound.
    #[must_use]
    pub fn flags(&self) -> ContextFlags {
        self.context.flags()
    }

    /// The security context, for what only its mechanism knows, such as a delegated credential
    /// ([`SecurityContext::details`]).
    #[must_use]
    pub fn context(&self) -> &Arc<SecurityContext> {
        &self.context
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display())
    }
}

/// The scheme word: `Negotiate`.
impl fmt::Display for AuthenticationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negotiate => "Negotiate",
        })
    }
}

/// The handler's route is not covered by a [`NegotiateLayer`](crate::NegotiateLayer): status 500, for only the
/// application's author can help it.
#[cfg(feature = "axum")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityMissing;

#[cfg(feature = "axum")]
impl fmt::Display for IdentityMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this handler takes an Identity, but no NegotiateLayer covers its route")
    }
}

#[cfg(feature = "axum")]
impl std::error::Error for IdentityMissing {}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for IdentityMissing {
    fn into_response(self) -> axum_core::response::Response {
        tracing::error!(target: "negotiate_http", "{self}");
        (http::StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Identity {
    type Rejection = IdentityMissing;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _state: &S,
    ) -> Result<Self, IdentityMissing> {
        parts.extensions.get().cloned().ok_or(IdentityMissing)
    }
}
