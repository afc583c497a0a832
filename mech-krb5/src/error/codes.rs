//! What each fact is in the vocabularies of programs: stable code, blame, verdict, GSS-API and KRB-ERROR.

use super::clock::Clock;
use super::{AddressFault, BindingsDemand, Error, Fact, WellKnownName};
use crate::keytab::KeytabMiss;
use crate::message::ErrorCode;
use alloc::string::String;
use negotiate_core::{Blame, Explain, GssMajor, Verdict};

/// One row of the table.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) blame: Blame,
    pub(super) verdict: Verdict,
    pub(super) gss_major: GssMajor,
    /// RFC 4120 sections 7.5.9 and 3.2.3, which names the code for each check.
    pub(super) krb_error: ErrorCode,
}

const fn row(
    code: &'static str,
    blame: Blame,
    verdict: Verdict,
    gss_major: GssMajor,
    krb_error: ErrorCode,
) -> Row {
    Row {
        code,
        blame,
        verdict,
        gss_major,
        krb_error,
    }
}

impl Fact {
    #[rustfmt::skip]
    pub(super) const fn row(&self) -> Row {
        use Blame::{Acceptor, Caller, Incompatible, Initiator, Malformed, Policy};
        use ErrorCode as E;
        use GssMajor as G;
        use Verdict::{Forbidden, Unauthenticated as No, Unavailable};
        match self {
            Self::OtherMechanism => row("krb5.other_mechanism", Malformed, No, G::BadMech, E::MSG_TYPE),
            Self::NotApReq(_) => row("krb5.not_ap_req", Malformed, No, G::DefectiveToken, E::MSG_TYPE),
            Self::Malformed { .. } => row("krb5.malformed", Malformed, No, G::DefectiveToken, E::GENERIC),
            Self::BadVersion { .. } => row("krb5.bad_version", Malformed, No, G::DefectiveToken, E::BADVERSION),
            Self::BadMessageType(_) => row("krb5.bad_message_type", Malformed, No, G::DefectiveToken, E::MSG_TYPE),
            Self::UserToUser => row("krb5.user_to_user", Incompatible, No, G::Failure, E::NO_TGT),
            Self::OwnTicketExpired { .. } => row("krb5.own_ticket_expired", Acceptor, No, G::CredentialsExpired, E::NO_TGT),
            Self::UserToUserOtherName { .. } => row("krb5.user_to_user_name", Incompatible, No, G::NoCred, E::NOT_US),
            Self::OtherSessionKey => row("krb5.user_to_user_key", Initiator, No, G::NoCred, E::NOKEY),
            Self::UnframedWithoutDceStyle => row("krb5.unframed", Malformed, No, G::DefectiveToken, E::GENERIC),
            Self::FramedDceStyle => row("krb5.framed_dce_style", Malformed, No, G::DefectiveToken, E::GENERIC),
            Self::EncryptionTypeRefused(_) => row("krb5.etype_refused", Incompatible, No, G::NoCred, E::ETYPE_NOSUPP),
            Self::NoKey(miss) => miss_row(miss),
            Self::UnusableKey { .. } => row("krb5.unusable_session_key", Incompatible, No, G::Failure, E::ETYPE_NOSUPP),
            Self::TicketInvalid => row("krb5.ticket_invalid", Initiator, No, G::Failure, E::TKT_NYV),
            Self::TicketNotYetValid { .. } => row("krb5.ticket_not_yet_valid", Incompatible, No, G::Failure, E::TKT_NYV),
            Self::TicketExpired { .. } => row("krb5.ticket_expired", Initiator, No, G::CredentialsExpired, E::TKT_EXPIRED),
            Self::AuthenticatorNotSealed => row("krb5.authenticator_tampered", Initiator, No, G::BadMic, E::BAD_INTEGRITY),
            Self::ClientMismatch => row("krb5.client_mismatch", Initiator, No, G::Failure, E::BADMATCH),
            Self::ClockSkew { .. } => row("krb5.clock_skew", Incompatible, No, G::Failure, E::SKEW),
            Self::AddressRefused(AddressFault::NotListed { .. }) => row("krb5.address_mismatch", Initiator, No, G::Failure, E::BADADDR),
            Self::AddressRefused(AddressFault::NoList) => row("krb5.addresses_required", Policy, No, G::Failure, E::BADADDR),
            Self::AddressRefused(AddressFault::NotTold) => row("krb5.address_not_told", Caller, No, G::Failure, E::BADADDR),
            Self::Replayed => row("krb5.replay", Initiator, No, G::DuplicateToken, E::REPEAT),
            Self::ReplayCacheFull => row("krb5.replay_cache_full", Acceptor, Unavailable, G::Failure, E::GENERIC),
            Self::ReplayCacheUnavailable => row("krb5.replay_cache_unavailable", Acceptor, Unavailable, G::Failure, E::GENERIC),
            Self::BeforeStart { .. } => row("krb5.before_start", Policy, No, G::DuplicateToken, E::REPEAT),
            Self::BadGssChecksum(_) => row("krb5.bad_gss_checksum", Malformed, No, G::DefectiveToken, E::INAPP_CKSUM),
            Self::ChecksumUnverified => row("krb5.checksum_unverified", Initiator, No, G::BadMic, E::MODIFIED),
            Self::BindingsMismatch => row("krb5.bindings_mismatch", Initiator, No, G::BadBindings, E::GENERIC),
            Self::BindingsMissing(BindingsDemand::Policy) => row("krb5.bindings_required", Policy, No, G::BadBindings, E::GENERIC),
            Self::BindingsMissing(BindingsDemand::Advertised) => row("krb5.bindings_removed", Initiator, No, G::BadBindings, E::GENERIC),
            Self::BadDelegation(_) => row("krb5.bad_delegation", Malformed, No, G::DefectiveCredential, E::GENERIC),
            Self::TransitedRefused { .. } => row("krb5.transited_refused", Policy, No, G::Failure, E::PATH_NOT_ACCEPTED),
            Self::UnknownAuthorizationData { .. } => row("krb5.unknown_authorization_data", Incompatible, No, G::Failure, E::GENERIC),
            Self::NestedAuthorizationData(_) => row("krb5.nested_authorization_data", Malformed, No, G::DefectiveToken, E::GENERIC),
            Self::AnonymousRefused => row("krb5.anonymous_refused", Policy, Forbidden, G::Unauthorized, E::GENERIC),
            Self::WellKnownName(WellKnownName::Principal) => row("krb5.well_known_principal", Incompatible, No, G::BadName, E::PRINCIPAL_UNKNOWN),
            Self::WellKnownName(WellKnownName::Realm) => row("krb5.well_known_realm", Incompatible, No, G::BadName, E::REALM_UNKNOWN),
            Self::WellKnownName(WellKnownName::Reserved) => row("krb5.reserved_principal", Incompatible, No, G::BadName, E::PRINCIPAL_RESERVED),
            Self::PacSignatureWrong(_) => row("krb5.pac_signature_wrong", Initiator, No, G::BadMic, E::MODIFIED),
            Self::PacMissing => row("krb5.pac_missing", Policy, Forbidden, G::Unauthorized, E::GENERIC),
            Self::PacUnusable(_) => row("krb5.pac_unusable", Policy, Forbidden, G::Unauthorized, E::GENERIC),
            Self::NameNotUtf8 => row("krb5.name_not_utf8", Incompatible, No, G::BadName, E::GENERIC),
            Self::NoRandom => row("krb5.no_random", Acceptor, Unavailable, G::Failure, E::GENERIC),
            Self::ThirdLegUnproved => row("krb5.third_leg_unproved", Initiator, No, G::DefectiveToken, E::MODIFIED),
        }
    }
}

#[rustfmt::skip]
const fn miss_row(miss: &KeytabMiss) -> Row {
    use Blame::{Acceptor, Incompatible, Initiator, Policy};
    use ErrorCode as E;
    use GssMajor::NoCred;
    use Verdict::Unauthenticated as No;
    match miss {
        KeytabMiss::AcceptorNamesAbsent => row("krb5.acceptor_names_absent", Acceptor, No, NoCred, E::NOKEY),
        KeytabMiss::NotAllowedHere { .. } => row("krb5.service_not_allowed", Policy, No, NoCred, E::NOT_US),
        KeytabMiss::ServiceAbsent { .. } => row("krb5.service_absent", Incompatible, No, NoCred, E::NOT_US),
        KeytabMiss::OtherRealm { .. } => row("krb5.wrong_realm", Incompatible, No, NoCred, E::NOKEY),
        KeytabMiss::KeytabNewer { .. } => row("krb5.kvno_old", Initiator, No, NoCred, E::BADKEYVER),
        KeytabMiss::KeytabOlder { .. } => row("krb5.kvno_new", Acceptor, No, NoCred, E::BADKEYVER),
        KeytabMiss::EtypeMissing { .. } => row("krb5.etype_missing", Acceptor, No, NoCred, E::NOKEY),
        KeytabMiss::WrongKey { .. } => row("krb5.wrong_key", Acceptor, No, NoCred, E::BAD_INTEGRITY),
    }
}

impl Error {
    /// The code that a KRB-ERROR carries for this.
    #[must_use]
    pub const fn krb_error(&self) -> ErrorCode {
        self.fact.row().krb_error
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        self.fact.row().code
    }

    fn blame(&self) -> Blame {
        // Clocks that are apart are somebody's, where the ticket's start tells whose.
        self.fact.clock().map_or(self.fact.row().blame, Clock::blame)
    }

    fn verdict(&self) -> Verdict {
        self.fact.row().verdict
    }

    fn gss_major(&self) -> GssMajor {
        self.fact.row().gss_major
    }

    fn seen(&self) -> String {
        self.tell_seen()
    }

    fn expected(&self) -> String {
        self.fact.tell_expected()
    }

    fn advice(&self) -> String {
        self.fact.tell_advice()
    }
}
