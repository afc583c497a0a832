//! What a failed exchange with a KDC says to people: in a few words, and then what was seen, what was expected, what to do.

use super::error::{KdcError, KdcRefusal, Mismatch, ReplyPart};
use crate::crypto::etype_name;
use crate::message::{ErrorCode, KdcExchange};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

impl fmt::Display for KdcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(refusal) => return refusal.fmt(f),
            Self::NoCommonPreauthentication { .. } => "the KDC does not take an encrypted timestamp",
            Self::NoCommonEncryptionType => "client and KDC have no encryption type in common",
            Self::WeakStringToKey { .. } => "the KDC's answer asks for a weakened key",
            Self::BadStringToKey(_) => "the KDC's parameters for the key cannot be used",
            Self::Malformed { part, error } => return write!(f, "{part} is malformed: {error}"),
            Self::BadVersion { part, .. } => return write!(f, "{part} is not of Kerberos version 5"),
            Self::BadMessageType(_) => "the KDC's reply is not of the type that is due",
            Self::EncryptionTypeNotAsked(_) => {
                "the KDC's reply is encrypted in a type that was not asked for"
            }
            Self::NotSealed(KdcExchange::As) => "the KDC's reply is not sealed with the client's key",
            Self::NotSealed(KdcExchange::Tgs) => "the KDC's reply is not sealed with the key of the request",
            Self::Mismatch(mismatch) => return mismatch.fmt(f),
            Self::ClockSkew { .. } => "the clocks of KDC and client are too far apart",
            Self::UnusableSessionKey(_) => "the session key is of a type that is not supported here",
            Self::NoRandom => "the operating system gave no random bytes",
        })
    }
}

impl core::error::Error for KdcError {}

impl fmt::Display for KdcRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.code {
            ErrorCode::PREAUTH_FAILED => "the KDC says that the password or key is wrong",
            ErrorCode::C_PRINCIPAL_UNKNOWN => "the KDC does not know the client",
            ErrorCode::S_PRINCIPAL_UNKNOWN => "the KDC does not know the service",
            ErrorCode::CLIENT_REVOKED => "the client's account is locked or disabled",
            ErrorCode::KEY_EXPIRED => "the client's password has expired",
            ErrorCode::TKT_EXPIRED => "the ticket-granting ticket has expired",
            ErrorCode::SKEW => "the clocks of KDC and client are too far apart",
            ErrorCode::ETYPE_NOSUPP => "the KDC has no key of an encryption type that was asked for",
            code => return write!(f, "the KDC refused: {code}"),
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nonce => "the KDC's reply is to another request",
            Self::Client => "the KDC's reply is for another client",
            Self::Server => "the KDC's reply is for another service",
            Self::Addresses => "the ticket is bound to addresses that were not asked for",
            Self::Flags => "the ticket has other flags than were asked for",
            Self::Times => "the ticket has other times than were asked for",
            Self::Request => "the request was changed on its way to the KDC",
        })
    }
}

impl fmt::Display for ReplyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reply => "the KDC's reply",
            Self::MethodData => "the KDC's list of pre-authentication methods",
            Self::EtypeInfo2 => "the KDC's ETYPE-INFO2",
            Self::EncPart => "the sealed part of the KDC's reply",
            Self::TicketGrantingTicket => "the ticket-granting ticket",
        })
    }
}

impl KdcError {
    pub(super) fn tell_seen(&self) -> String {
        match self {
            Self::Refused(refusal) => {
                let text = refusal.text.as_deref();
                let text = text.map_or(String::new(), |text| format!(", in its words {text}"));
                format!("{} of {}{text}", refusal.code, refusal.kdc_time)
            }
            Self::NoCommonPreauthentication { offered } => format!("pre-authentication types {offered:?}"),
            Self::NoCommonEncryptionType => "no key of a type that the KDC and the settings allow".into(),
            Self::WeakStringToKey { etype, iterations } => format!("{iterations} iterations for {etype}"),
            Self::BadStringToKey(error) => error.to_string(),
            Self::Malformed { part, error } => format!("{error} of {part}"),
            Self::BadVersion { part, found } => format!("{part} says version {found}"),
            Self::BadMessageType(found) => format!("message type {found}"),
            Self::EncryptionTypeNotAsked(etype) | Self::UnusableSessionKey(etype) => {
                format!(
                    "encryption type {etype} ({})",
                    etype_name(*etype).unwrap_or("unknown")
                )
            }
            Self::NotSealed(_) => "a reply that the key does not open".into(),
            Self::Mismatch(mismatch) => format!("a reply with a sealed part that differs: {mismatch}"),
            Self::ClockSkew { kdc_time, now, .. } => format!("{kdc_time} at the KDC, {now} here"),
            Self::NoRandom => "an error of the random number source".into(),
        }
    }

    pub(super) fn tell_expected(&self) -> String {
        match self {
            Self::Refused(_) => "a ticket".into(),
            Self::NoCommonPreauthentication { .. } => "2 (PA-ENC-TIMESTAMP) among them".into(),
            Self::NoCommonEncryptionType => {
                "encryption type 17, 18, 19 or 20, or another that the settings name".into()
            }
            Self::WeakStringToKey { .. } | Self::BadStringToKey(_) => {
                "an iteration count from the type's default (RFC 3962, RFC 8009) to 2^20".into()
            }
            Self::Malformed { .. } => "strict DER of RFC 4120".into(),
            Self::BadVersion { .. } => "version 5".into(),
            Self::BadMessageType(_) => "AS-REP (11) or TGS-REP (13), as was asked, or KRB-ERROR (30)".into(),
            Self::EncryptionTypeNotAsked(_) | Self::UnusableSessionKey(_) => {
                "one of the encryption types in the request".into()
            }
            Self::NotSealed(KdcExchange::As) => "the client's key of now".into(),
            Self::NotSealed(KdcExchange::Tgs) => "the subkey of the request".into(),
            Self::Mismatch(_) => "what was asked for (RFC 4120 section 3.1.5)".into(),
            Self::ClockSkew { allowed, .. } => format!("at most {allowed} apart"),
            Self::NoRandom => "random bytes for nonce and keys".into(),
        }
    }

    pub(super) fn tell_advice(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.advice(),
            Self::NoCommonPreauthentication { .. } => {
                "allow encrypted timestamps for this principal at the KDC (MIT krb5: not only SPAKE, PKINIT or FAST)"
            }
            Self::NoCommonEncryptionType => {
                "give the principal AES keys at the KDC (change its password once), or export a keytab that has them"
            }
            Self::WeakStringToKey { .. } | Self::BadStringToKey(_) => {
                "somebody may be answering in the KDC's place; if it is the KDC, change the principal's password there \
                 with the default iteration count"
            }
            Self::Malformed { part: ReplyPart::TicketGrantingTicket, .. }
            | Self::BadVersion { part: ReplyPart::TicketGrantingTicket, .. } => {
                "the stored credential is damaged: get a new one with kinit"
            }
            Self::Malformed { .. } | Self::BadVersion { .. } | Self::BadMessageType(_) => {
                "look at what answers on the KDC's address: it does not speak RFC 4120"
            }
            Self::EncryptionTypeNotAsked(_) | Self::UnusableSessionKey(_) => {
                "let the KDC use AES for this principal (msDS-SupportedEncryptionTypes at a domain controller)"
            }
            Self::NotSealed(KdcExchange::As) => {
                "type the password again, or export a new keytab; if it is right, something else than the KDC answered"
            }
            Self::NotSealed(KdcExchange::Tgs) | Self::Mismatch(_) => {
                "somebody between here and the KDC changes or repeats messages, or the KDC is broken: look at the \
                 traffic to port 88"
            }
            Self::ClockSkew { .. } => "set both clocks by NTP",
            Self::NoRandom => "look at the operating system's random number source",
        }
        .into()
    }
}

impl KdcRefusal {
    const fn advice(&self) -> &'static str {
        match self.code {
            ErrorCode::PREAUTH_FAILED => "type the password again, or export a new keytab for the principal",
            ErrorCode::C_PRINCIPAL_UNKNOWN => "correct the user's name or realm, or create the principal",
            ErrorCode::S_PRINCIPAL_UNKNOWN => {
                "create the service principal at the KDC (setspn -S at a domain controller), or correct the host name"
            }
            ErrorCode::CLIENT_REVOKED => "unlock the account at the KDC",
            ErrorCode::KEY_EXPIRED => "change the password (kpasswd)",
            ErrorCode::TKT_EXPIRED => "get a new ticket-granting ticket: kinit",
            ErrorCode::WRONG_REALM => "correct the realm: the KDC serves another one",
            ErrorCode::ETYPE_NOSUPP => "give the principal AES keys at the KDC: change its password once",
            ErrorCode::SKEW => "set the clocks of this host and the KDC by NTP",
            ErrorCode::POLICY | ErrorCode::BADOPTION => {
                "the KDC's policy forbids what was asked for: look at the flags of principal and service there"
            }
            _ => "look at the KDC's log at the time given",
        }
    }
}
