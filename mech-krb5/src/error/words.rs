//! What each fact says to people: in a few words, and then what was seen, what was expected, what to do.

use super::clock::Clock;
use super::miss_words::{self, list};
use super::{
    About, AddressFault, BindingsDemand, Container, DelegationFault, Error, Fact, GssChecksumFault, KeyOf,
    Part, PathFault, TicketLabel, WellKnownName,
};
use crate::crypto::etype_name;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use negotiate_core::Timestamp;

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherMechanism => "the token is framed for another mechanism",
            Self::NotApReq(_) => "the Kerberos token is not an AP-REQ",
            Self::Malformed { part, error } => return write!(f, "{part} is malformed: {error}"),
            Self::BadVersion { part, .. } => return write!(f, "{part} is not of Kerberos version 5"),
            Self::BadMessageType(_) => "the message is not of the type that is due",
            Self::UserToUser => "the client asks for user-to-user authentication",
            Self::OwnTicketExpired { .. } => "the acceptor's own ticket-granting ticket has expired",
            Self::UserToUserOtherName { .. } => {
                "the ticket is for user-to-user authentication with somebody else"
            }
            Self::OtherSessionKey => {
                "the session key of the acceptor's own ticket does not open the client's"
            }
            Self::UnframedWithoutDceStyle => "an AP-REQ without GSS-API framing is not of DCE style",
            Self::FramedDceStyle => "an AP-REQ of DCE style has GSS-API framing",
            Self::EncryptionTypeRefused(etype) => {
                return write!(f, "tickets of {} are not accepted", Etype(*etype));
            }
            Self::NoKey(miss) => return miss.fmt(f),
            Self::UnusableKey { key, .. } => {
                return write!(f, "{key} is of a type that is not taken, or of a wrong length");
            }
            Self::TicketInvalid => "the ticket is postdated and was not validated",
            Self::TicketNotYetValid { .. } => "the ticket is not valid yet",
            Self::TicketExpired { .. } => "the ticket has expired",
            Self::AuthenticatorNotSealed => "the authenticator is not sealed with the ticket's session key",
            Self::ClientMismatch => "ticket and authenticator name different clients",
            Self::ClockSkew { .. } => "the clocks of client and server are too far apart",
            Self::AddressRefused(AddressFault::NotListed { .. }) => {
                "the ticket may not be used from this address"
            }
            Self::AddressRefused(AddressFault::NoList) => "the ticket has no list of addresses",
            Self::AddressRefused(AddressFault::NotTold) => "nobody told the client's address",
            Self::Replayed => "this authenticator was used before",
            Self::ReplayCacheFull => "the replay cache is full",
            Self::ReplayCacheUnavailable => "the replay cache does not answer",
            Self::BeforeStart { .. } => "the authenticator is older than this server's start",
            Self::BadGssChecksum(_) => "the authenticator's GSS-API checksum is malformed",
            Self::ChecksumUnverified => "the authenticator's checksum does not verify",
            Self::BindingsMismatch => "the channel bindings differ",
            Self::BindingsMissing(BindingsDemand::Policy) => {
                "channel bindings are required and there are none"
            }
            Self::BindingsMissing(BindingsDemand::Advertised) => {
                "the client knows channel bindings, and there are none"
            }
            Self::BadDelegation(_) => "the delegated credential cannot be used",
            Self::TransitedRefused { .. } => {
                "the ticket came through a realm that is not trusted on this path"
            }
            Self::UnknownAuthorizationData { .. } => "there is authorization data that is not understood",
            Self::NestedAuthorizationData(_) => "authorization data is nested too deeply",
            Self::AnonymousRefused => "anonymous clients are not accepted",
            Self::WellKnownName(WellKnownName::Principal) => {
                "the client's name has a fixed meaning that is not known here"
            }
            Self::WellKnownName(WellKnownName::Realm) => {
                "the client's realm has a fixed meaning that is not known here"
            }
            Self::WellKnownName(WellKnownName::Reserved) => "the client's name is reserved in its realm",
            Self::PacSignatureWrong(_) => "a checksum of the ticket's PAC is wrong",
            Self::PacMissing => "the ticket has no PAC",
            Self::PacUnusable(_) => "the ticket's PAC cannot be used",
            Self::NameNotUtf8 => "a name in the ticket is not UTF-8",
            Self::NoRandom => "the operating system gave no random bytes",
            Self::ThirdLegUnproved => "the third token does not prove that the client has the reply",
        })
    }
}

impl Error {
    pub(super) fn tell_seen(&self) -> String {
        let mut seen = self.fact.tell_seen();
        if let Some(TicketLabel { service, etype, kvno }) = &self.about.ticket {
            seen.push_str(&format!(
                "; the ticket is (unauthenticated) for {service}, {}",
                Etype(*etype)
            ));
            match kvno {
                Some(kvno) => seen.push_str(&format!(", key version {kvno}")),
                None => seen.push_str(", without a key version"),
            }
        }
        if let About {
            client: Some(client), ..
        } = &self.about
        {
            seen.push_str(&format!("; the ticket's client is {client}"));
        }
        seen
    }
}

impl Fact {
    fn tell_seen(&self) -> String {
        match self {
            Self::OtherMechanism => "a mechanism identifier that is not Kerberos'".into(),
            Self::NotApReq([a, b]) => format!("a token of type {a:02x} {b:02x}{}", token_name([*a, *b])),
            Self::Malformed { part, error } => format!("{error} of {part}"),
            Self::BadVersion { part, found } => format!("{part} says version {found}"),
            Self::BadMessageType(found) => format!("message type {found}"),
            Self::UserToUser => {
                "an AP-REQ with the option use-session-key, or another token of that mechanism; there is no ticket for it here"
                    .into()
            }
            Self::OwnTicketExpired { ended, now } => format!("our own ticket ended at {ended}, it is {now} here"),
            Self::UserToUserOtherName { .. } => "a ticket for a name that is not the acceptor's".into(),
            Self::OtherSessionKey => "a ticket for our name that our session key does not open".into(),
            Self::UnframedWithoutDceStyle => "a bare AP-REQ whose sealed flags lack GSS_C_DCE_STYLE".into(),
            Self::FramedDceStyle => "a framed AP-REQ whose sealed flags have GSS_C_DCE_STYLE".into(),
            Self::EncryptionTypeRefused(etype) => format!("a ticket of {}", Etype(*etype)),
            Self::NoKey(miss) => miss_words::seen(miss),
            Self::UnusableKey { key, etype } => format!("{key} of {}", Etype(*etype)),
            Self::TicketInvalid => "a ticket with the flag invalid".into(),
            Self::TicketNotYetValid { starts, now, client_time } => {
                format!("the ticket starts at {starts}, it is {now} here{}", client_clock(*client_time, *now))
            }
            Self::TicketExpired { ended, now, client_time } => {
                format!("the ticket ended at {ended}, it is {now} here{}", client_clock(*client_time, *now))
            }
            Self::AuthenticatorNotSealed => {
                "the ticket opens with our key, but the authenticator beside it does not open with the ticket's \
                 session key"
                    .into()
            }
            Self::ClientMismatch => "two different client names".into(),
            Self::ClockSkew { client_time, now, starts, .. } => {
                let apart = apart(*client_time, *now);
                format!(
                    "the client made this token at {client_time} by its clock, it is {now} here: {apart}; its ticket is from \
                     {starts} by the KDC's clock"
                )
            }
            Self::AddressRefused(fault) => fault.tell_seen(),
            Self::Replayed => "the same authenticator a second time".into(),
            Self::ReplayCacheFull => "as many live entries as the cache may hold".into(),
            Self::ReplayCacheUnavailable => "no answer from the replay cache".into(),
            Self::BeforeStart { client_time, from } => {
                // Often they are of one second.
                let earlier = from.unix_micros().saturating_sub(client_time.unix_micros()) / 1000;
                format!(
                    "an authenticator of {client_time}; this server remembers authenticators from {from} on, which is {earlier} ms later"
                )
            }
            Self::BadGssChecksum(fault) => match fault {
                GssChecksumFault::Truncated => "a checksum field that ends too early",
                GssChecksumFault::BindingsLength => "a bindings field whose length is not 16",
                GssChecksumFault::DelegationOption => "a delegation option that is not number 1",
            }
            .into(),
            Self::ChecksumUnverified => "a checksum of another kind than GSS-API's, over something".into(),
            Self::BindingsMismatch => "a hash of other channel bindings than this connection's".into(),
            Self::BindingsMissing(_) => "no channel bindings".into(),
            Self::BadDelegation(fault) => match fault {
                DelegationFault::Malformed(error) => return format!("a KRB-CRED with {error}"),
                DelegationFault::NotKrbCred => "another message than a KRB-CRED of version 5",
                DelegationFault::NotSealed => "a KRB-CRED that neither subkey nor session key opens",
                DelegationFault::CountMismatch => "a KRB-CRED with tickets and descriptions of different number",
                DelegationFault::Incomplete => "a KRB-CRED without the names or the end time of its ticket",
            }
            .into(),
            Self::TransitedRefused { client_realm, server_realm, fault } => {
                let path = format!("from {client_realm} to {server_realm}");
                match fault {
                    PathFault::Encoding(tr_type) => format!("{path}, a list of realms of type {tr_type}"),
                    PathFault::Unreadable => format!("{path}, a list of realms that cannot be read"),
                    PathFault::WithinOneRealm => format!("{path}, and yet a list of realms between them"),
                    PathFault::OwnRealm => format!("{path} through {server_realm} itself"),
                    PathFault::Realm(via) => format!("{path} through {via}"),
                }
            }
            Self::UnknownAuthorizationData { container, ad_type } => {
                format!("authorization data of type {ad_type} in {container}, not inside AD-IF-RELEVANT")
            }
            Self::NestedAuthorizationData(container) => format!("more than four levels in {container}"),
            Self::AnonymousRefused => "a ticket for WELLKNOWN/ANONYMOUS".into(),
            Self::WellKnownName(WellKnownName::Principal) => "a name that begins with WELLKNOWN/".into(),
            Self::WellKnownName(WellKnownName::Realm) => "a realm that begins with WELLKNOWN:".into(),
            Self::WellKnownName(WellKnownName::Reserved) => "a name in WELLKNOWN:ANONYMOUS".into(),
            Self::PacSignatureWrong(fault) | Self::PacUnusable(fault) => format!("{fault}"),
            Self::PacMissing => "a ticket without a PAC".into(),
            Self::NameNotUtf8 => "a name with bytes that are not UTF-8".into(),
            Self::NoRandom => "an error of the random number source".into(),
            Self::ThirdLegUnproved => "a third token that does not hold our sequence number under the session key".into(),
        }
    }

    pub(super) fn tell_expected(&self) -> String {
        match self {
            Self::OtherMechanism => "1.2.840.113554.1.2.2".into(),
            Self::NotApReq(_) => "an AP-REQ (01 00)".into(),
            Self::Malformed { .. } => "strict DER of RFC 4120".into(),
            Self::BadVersion { .. } => "version 5".into(),
            Self::BadMessageType(_) => "AP-REQ (14) first, AP-REP (15) third in DCE style".into(),
            Self::UserToUser => "a ticket under a key of the keytab".into(),
            Self::OwnTicketExpired { .. } => "a ticket-granting ticket that is still good".into(),
            Self::UserToUserOtherName { own } => format!("a ticket for {}", list(own.iter())),
            Self::OtherSessionKey => "a ticket that the KDC sealed with the session key of our present ticket".into(),
            Self::UnframedWithoutDceStyle => {
                "GSS-API framing (RFC 2743 section 3.1), or the DCE style flag".into()
            }
            Self::FramedDceStyle => "DCE style without framing, or framing without the DCE style flag".into(),
            Self::EncryptionTypeRefused(_) => {
                "a ticket of an encryption type that this server takes: 17, 18, 19 and 20, unless it is told otherwise".into()
            }
            Self::NoKey(miss) => miss_words::expected(miss),
            Self::UnusableKey { .. } => {
                "a key of an encryption type that this server takes: 17, 18, 19 and 20, unless it is told otherwise".into()
            }
            Self::TicketInvalid => "a validated ticket".into(),
            Self::TicketNotYetValid { .. } => "a ticket that has begun".into(),
            Self::TicketExpired { .. } => "a ticket that is still good".into(),
            Self::AuthenticatorNotSealed => "an authenticator made by the ticket's owner, unchanged".into(),
            Self::ClientMismatch => "the same client in both".into(),
            Self::ClockSkew { allowed, now, .. } => format!("a time within {allowed} of {now}"),
            Self::AddressRefused(AddressFault::NotListed { .. }) => "an address from the ticket's list".into(),
            Self::AddressRefused(_) => "a ticket with addresses, and a client at one of them: this server requires it".into(),
            Self::Replayed => "a new authenticator for each login".into(),
            Self::ReplayCacheFull => "room in the replay cache".into(),
            Self::ReplayCacheUnavailable => "an answer".into(),
            Self::BeforeStart { .. } => "an authenticator made after this server started".into(),
            Self::BadGssChecksum(_) => "the fields of RFC 4121 section 4.1.1".into(),
            Self::ChecksumUnverified => "type 0x8003, none, or a checksum over nothing".into(),
            Self::BindingsMismatch => "the bindings of the TLS connection that ends at this server".into(),
            Self::BindingsMissing(_) => "the bindings of this connection".into(),
            Self::BadDelegation(_) => {
                "a KRB-CRED of RFC 4120 section 5.8 under the subkey or the session key".into()
            }
            Self::TransitedRefused { .. } => {
                "a list in DOMAIN-X500-COMPRESS, of realms between the two in their hierarchy or in capaths".into()
            }
            Self::UnknownAuthorizationData { .. } => {
                "types that this acceptor knows, or the container AD-IF-RELEVANT around others".into()
            }
            Self::NestedAuthorizationData(_) => "at most four levels".into(),
            Self::AnonymousRefused => "a client with a name".into(),
            Self::WellKnownName(_) => {
                "a name and a realm of the client's own, or WELLKNOWN/ANONYMOUS (RFC 6111, RFC 8062)".into()
            }
            Self::PacSignatureWrong(_) => {
                "checksums by the service's key and the KDC's, of the types that go with them (MS-PAC section 2.8)".into()
            }
            Self::PacMissing => "a PAC: this server requires one".into(),
            Self::PacUnusable(_) => "a PAC of this client and this ticket, with its checksums: this server requires one".into(),
            Self::NameNotUtf8 => "UTF-8".into(),
            Self::NoRandom => "random bytes for subkey and confounder".into(),
            Self::ThirdLegUnproved => "an AP-REP with our sequence number (MS-KILE section 3.4.5.1)".into(),
        }
    }

    pub(super) fn tell_advice(&self) -> String {
        match self {
            Self::NotApReq([3, 0]) => {
                "the client sends an error of its own: look for the reason in the client's log".into()
            }
            Self::OtherMechanism | Self::NotApReq(_) | Self::BadMessageType(_) | Self::BadGssChecksum(_) | Self::ChecksumUnverified => {
                "the client's Kerberos library does not follow the RFC: update it, or report it to its makers".into()
            }
            Self::Malformed { .. } | Self::BadVersion { .. } => {
                "if this happens with one client only, update it; if with large tokens only, look for a proxy that cuts \
                 long headers (8 KiB is a common limit)"
                    .into()
            }
            Self::UserToUser => {
                "the client found an account without a service key for this name: register the SPN on an account whose \
                 key is in the keytab; a service that runs for a user without one gives its acceptor that user's \
                 ticket-granting ticket (Krb5Builder::user_to_user; explain --ccache)"
                    .into()
            }
            Self::OwnTicketExpired { .. } => {
                "renew the ticket of whom this server runs for (kinit -R, or kinit), and see to it that it is renewed in time"
                    .into()
            }
            Self::UserToUserOtherName { .. } => {
                "the client is to ask for a ticket to that name; if the account has this one, too, tell the acceptor \
                 (OwnTicket::also_named; explain --also-named)"
                    .into()
            }
            Self::OtherSessionKey => {
                "the client got its ticket for an older one of ours: let it ask for ours again; a program that hands its \
                 ticket out itself must hand out the one that the acceptor has"
                    .into()
            }
            Self::UnframedWithoutDceStyle | Self::FramedDceStyle => {
                "the client mixes DCE RPC's exchange with another one: use SPNEGO or framed Kerberos tokens".into()
            }
            Self::EncryptionTypeRefused(etype) => match etype {
                23 | 24 => {
                    "the KDC issues RC4 for this service because its account has no AES keys: enable AES on the account \
                     (msDS-SupportedEncryptionTypes 0x18), change its password once, export a new keytab, and let \
                     clients get new tickets (klist purge)"
                }
                25 | 26 => {
                    "let this server take Camellia (accept_camellia in the gateway's configuration; in a program mech-krb5's \
                     feature camellia and EncryptionTypes::with_camellia), or give the service AES keys at the KDC, export a \
                     new keytab, and let clients get new tickets"
                }
                17..=20 => {
                    "this server is told not to take this type of AES (permitted_enctypes of the gateway's krb5.conf; in a program \
                     Krb5Builder::encryption_types): name it there, or give the service keys of a type that is taken at the \
                     KDC, export a new keytab, and let clients get new tickets"
                }
                _ => "give the service AES keys at the KDC, export a new keytab, and let clients get new tickets",
            }
            .into(),
            Self::NoKey(miss) => miss_words::advice(miss),
            Self::UnusableKey { etype, .. } => match etype {
                23 | 24 => {
                    "the client and its KDC agreed on RC4 for the session: enable AES for the client and the service \
                     account (msDS-SupportedEncryptionTypes) and get a new ticket"
                }
                25 | 26 => {
                    "let this server take Camellia (accept_camellia in the gateway's configuration; in a program mech-krb5's \
                     feature camellia and EncryptionTypes::with_camellia), or allow an AES encryption type for client and \
                     service at the KDC and get a new ticket"
                }
                17..=20 => {
                    "if this server takes the type, the key has a wrong length: look for the mistake in the client; if it is told not \
                     to (permitted_enctypes of the gateway's krb5.conf; in a program Krb5Builder::encryption_types), name the \
                     type there, or let client and KDC agree on one that is taken"
                }
                _ => "allow an AES encryption type for client and service at the KDC and get a new ticket",
            }
            .into(),
            Self::TicketInvalid => "validate the ticket (kinit -v) or get a new one".into(),
            Self::TicketNotYetValid { .. } if self.clock() == Some(Clock::Acceptors) => OWN_CLOCK_BEHIND.into(),
            Self::TicketNotYetValid { client_time, now, .. } => clock_or(
                *client_time,
                *now,
                "the ticket is postdated, or the KDC's clock is ahead: compare the clocks of KDC and this server (NTP)",
            ),
            Self::TicketExpired { client_time, now, .. } => clock_or(
                *client_time,
                *now,
                "on the client get a new ticket: kinit, or klist purge and log in again",
            ),
            Self::AuthenticatorNotSealed => {
                "get a new ticket (kdestroy or klist purge); if it stays, something between client and server changes \
                 the token, or somebody tries a ticket that is not his"
                    .into()
            }
            Self::ClientMismatch => "get a new ticket; if it stays, somebody tries a ticket that is not his".into(),
            Self::ClockSkew { .. } => match self.clock() {
                Some(Clock::Initiators) => {
                    "the client's clock is behind the KDC's, which made its ticket later than that: set the client's clock by NTP"
                }
                Some(Clock::Acceptors) => OWN_CLOCK_BEHIND,
                None => {
                    "set the clocks by NTP: compare client, server and KDC, and correct the one that is off; a saved token \
                     can be judged at its own time with explain --now"
                }
            }
            .into(),
            Self::AddressRefused(AddressFault::NotListed { .. }) => {
                "where this server lets tickets without addresses in, let the client get one (noaddresses = true in its \
                 krb5.conf); where addresses change on the way, as by NAT, do not look at them (ticket_addresses = ignore in \
                 the gateway's configuration; in a program AddressPolicy::Ignore)"
                    .into()
            }
            Self::AddressRefused(AddressFault::NoList) => {
                "let the client get a ticket with its addresses (noaddresses = false in its krb5.conf, kinit -a), or do not \
                 require them (ticket_addresses = check in the gateway's configuration; in a program AddressPolicy::Check)"
                    .into()
            }
            Self::AddressRefused(AddressFault::NotTold) => {
                "the program is to tell each client's address (Exchange::initiator_address; explain --client), or not to require one \
                 (AddressPolicy::Check)"
                    .into()
            }
            Self::Replayed => {
                "if the client did send it once only, something repeats requests (a proxy that retries, nginx's \
                 auth_request on internal redirects); otherwise somebody copied a token"
                    .into()
            }
            Self::ReplayCacheFull => {
                "raise the capacity of the replay cache (replay.capacity in the gateway's configuration): logins per second times \
                 twice the skew; if this server's clock was set back, restart it"
                    .into()
            }
            Self::ReplayCacheUnavailable => "look after the store that holds the replay cache".into(),
            Self::BeforeStart { .. } => {
                "let the client try again; if its new tokens are refused too, its clock is behind (wait until it has passed that \
                 time) or this server started before its own clock was set back (restart it); with a replay cache that \
                 outlives a restart, older tokens are accepted, too"
                    .into()
            }
            Self::BindingsMismatch => {
                "if TLS ends at a proxy, give the server that proxy's certificate for its bindings; otherwise somebody \
                 sits between client and server"
                    .into()
            }
            Self::BindingsMissing(BindingsDemand::Policy) => {
                "use a client that sends channel bindings, or ask for none of those who have none (channel_bindings = prefer in the \
                 gateway's configuration; in a program BindingsPolicy::Prefer)"
                    .into()
            }
            Self::BindingsMissing(BindingsDemand::Advertised) => {
                "the token was made for a connection without TLS: if TLS ends at a proxy, reach the server through that \
                 name only; otherwise somebody sits between client and server"
                    .into()
            }
            Self::BadDelegation(_) => "turn delegation off in the client, or update its Kerberos library".into(),
            Self::TransitedRefused { fault: PathFault::Encoding(_), .. } => {
                "a KDC on the way does not follow RFC 4120: update it".into()
            }
            Self::TransitedRefused { client_realm, server_realm, fault: PathFault::Realm(via) } => {
                let [client_realm, server_realm, via] = [client_realm, server_realm, via].map(|realm| bare(realm));
                format!(
                    "if this path is wanted, add this line to krb5.conf, in [capaths], below {client_realm}: {server_realm} = {via}"
                )
            }
            Self::TransitedRefused { .. } => {
                "let the KDCs of this server's realm check paths themselves, and trust them to (trust_kdc)".into()
            }
            Self::UnknownAuthorizationData { .. } => {
                "if the KDC's administrator says that it may be ignored, ignore it (unknown_authdata = ignore in the gateway's \
                 configuration; in a program UnknownAuthorizationData::Ignore)"
                    .into()
            }
            Self::NestedAuthorizationData(_) => "no KDC writes this: find out who made the token".into(),
            Self::PacSignatureWrong(_) => {
                "get a new ticket (klist purge); if it stays, the KDC copied the PAC of another ticket, or somebody who has \
                 the service's key made this one: export a new keytab; to accept such tickets without attributes, read no PACs \
                 (pac = ignore in the gateway's configuration; in a program PacPolicy::Ignore)"
                    .into()
            }
            Self::PacMissing => {
                "let the KDC put PACs into tickets for this service (in Active Directory, remove NO_AUTH_DATA_REQUIRED from \
                 its account), or do not require them (pac = use in the gateway's configuration; in a program PacPolicy::Use)"
                    .into()
            }
            Self::PacUnusable(_) => {
                "update the KDC: one that puts PACs into tickets is to sign them and to name the client; or do not require \
                 them (pac = use in the gateway's configuration; in a program PacPolicy::Use)"
                    .into()
            }
            Self::AnonymousRefused => {
                "the client is to log in with a name; a program accepts nameless clients by AnonymousPolicy::Accept".into()
            }
            Self::WellKnownName(_) => {
                "the client is to log in with a name of its own; find out which KDC gives out such tickets, and why".into()
            }
            Self::NameNotUtf8 => "rename the principal at the KDC, or migrate its database to UTF-8 names".into(),
            Self::NoRandom => "look after this machine's random number source".into(),
            Self::ThirdLegUnproved => "let the client try again; if it stays, update it".into(),
        }
    }
}

/// Above this the two clocks, and not the ticket, are the likely cause. It is the skew that every Kerberos
/// implementation allows by default (RFC 4120 section 3.2.3).
const SUSPICIOUS_SKEW: u64 = 300;

/// What a ticket of the future says if it is not for later.
const OWN_CLOCK_BEHIND: &str = "this server's clock is behind the KDC's: set it by NTP";

fn client_clock(client_time: Option<Timestamp>, now: Timestamp) -> String {
    client_time.map_or_else(String::new, |client_time| {
        format!(", and the client's clock is {}", apart(client_time, now))
    })
}

fn apart(client_time: Timestamp, now: Timestamp) -> String {
    match now.seconds_since(client_time) {
        0 => "the same".into(),
        behind @ 1.. => format!("{behind} s behind"),
        ahead => format!("{} s ahead", ahead.unsigned_abs()),
    }
}

fn clock_or(client_time: Option<Timestamp>, now: Timestamp, otherwise: &str) -> String {
    match client_time {
        Some(client_time) if now.seconds_since(client_time).unsigned_abs() > SUSPICIOUS_SKEW => {
            "the clocks of client and server differ, or the token was saved earlier: set the clocks by NTP; a saved \
             token can be judged at its own time with explain --now"
                .into()
        }
        _ => otherwise.to_string(),
    }
}

fn token_name(token_id: [u8; 2]) -> &'static str {
    match token_id {
        [2, 0] => " (AP-REP)",
        [3, 0] => " (KRB-ERROR)",
        [4, 4] => " (MIC)",
        [5, 4] => " (Wrap)",
        [4, 0] => " (TGT request of user-to-user)",
        _ => "",
    }
}

/// An encryption type by name and number.
pub(crate) struct Etype(pub(crate) i32);

impl fmt::Display for Etype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match etype_name(self.0) {
            Some(name) => write!(f, "encryption type {name} ({})", self.0),
            None => write!(f, "unknown encryption type {}", self.0),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Framing => "the GSS-API framing",
            Self::ApReq => "the AP-REQ",
            Self::TgtReq => "the request for our ticket",
            Self::EncTicketPart => "the ticket's sealed part",
            Self::Authenticator => "the authenticator",
            Self::AuthorizationData => "authorization data",
            Self::ApRep => "the AP-REP",
        })
    }
}

impl fmt::Display for KeyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "the ticket's session key",
            Self::InitiatorSubkey => "the client's subkey",
        })
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ticket => "the ticket",
            Self::Authenticator => "the authenticator",
        })
    }
}

/// A realm as krb5.conf has it: without its quotation marks, if it has no characters but those of domain names.
fn bare(quoted: &str) -> &str {
    let is_plain = |inner: &&str| {
        inner
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(is_plain).unwrap_or(quoted)
}
