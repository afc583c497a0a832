//! From a ticket and its owner to a security context: what client and KDC said, the acceptor's answer, and the one place
//! where `Established` is made.

use super::ap_rep::{self, Reply};
use super::authorization_data::{self, AuthorizationDataChecked};
use super::frame::Framing;
use super::gss_checksum::{self, BindingsChecked};
use super::open_authenticator::AuthenticatorMatched;
use super::open_ticket::{TicketOpened, usable};
use super::pac::{self, PacJudged};
use super::replay::NotReplayed;
use super::third_leg::ThirdLeg;
use super::transited::{self, PathAccepted};
use super::{Attempt, client_name};
use crate::context::{ContextKeys, MessageProtection, Role};
use crate::crypto::{EncryptionType, Key};
use crate::delegation::{self, DelegatedCredential};
use crate::details::{Details, Warning};
use crate::error::{Fact, KeyOf};
use crate::pac::VerifiedPac;
use crate::principal::NotUtf8;
use alloc::boxed::Box;
use negotiate_core::{Ambient, ContextFlags, Established, MechListMic, MechStep, MechType, Token};

/// A context that stands as soon as the authenticator is known not to be a replay.
pub(super) struct Prepared {
    output: Option<Token>,
    established: Box<Established>,
    third_leg: Option<Box<ThirdLegNumber>>,
}

/// Our sequence number, which the third leg of DCE style has to repeat, and the key that it is sealed with.
struct ThirdLegNumber {
    session_key: Key,
    seq_number: u32,
}

impl Prepared {
    pub(super) fn conclude(self, _fresh: NotReplayed) -> MechStep {
        let Self {
            output,
            established,
            third_leg,
        } = self;
        match (third_leg, output) {
            (Some(third_leg), Some(output)) => {
                let ThirdLegNumber {
                    session_key,
                    seq_number,
                } = *third_leg;
                let next = Box::new(ThirdLeg::new(session_key, seq_number, established));
                MechStep::Continue { output, next }
            }
            (_, output) => MechStep::Complete { output, established },
        }
    }
}

pub(super) fn prepare(
    attempt: &Attempt<'_>,
    ticket: &TicketOpened<'_>,
    matched: &AuthenticatorMatched<'_>,
    session_key: &Key,
    ambient: &mut Ambient<'_>,
) -> Result<Prepared, Fact> {
    let policy = &attempt.config.policy;
    let authenticator = matched.authenticator();
    let initiator_subkey = match authenticator.subkey {
        Some(subkey) => Some(usable(subkey, KeyOf::InitiatorSubkey, policy.encryption_types)?),
        None => None,
    };
    let authorization_data =
        authorization_data::check(ticket, session_key, authenticator.authorization_data, policy)?;
    let bindings = gss_checksum::check(
        authenticator,
        session_key,
        attempt.ap_req.ap_options,
        authorization_data.client.advertises_bindings(),
        &attempt.request,
    )?;
    check_framing(attempt.framing, bindings.flags)?;
    let keys = [initiator_subkey.as_ref(), Some(session_key)];
    let delegated = bindings
        .delegation
        .map(|krb_cred| delegation::open(krb_cred, keys))
        .transpose()?;
    let path = transited::check(ticket.part(), ticket.key(), &policy.transited)?;
    let anonymity = client_name::check(ticket.client(), policy.anonymous)?;
    let pac = pac::judge(authorization_data.kdc.pac, ticket, policy.pac, &policy.kdc_keys)?;

    // MS-KILE section 3.4.5.1: DCE style has a third leg, and so a second; it implies mutual authentication. Its flag is one of those
    // that RFC 4121 section 4.1.1.1 leaves to vendors.
    let is_dce_style = bindings.flags.contains(ContextFlags::DCE_STYLE);
    let is_mutual = is_dce_style || bindings.flags.contains(ContextFlags::MUTUAL);
    let base_key = initiator_subkey.as_ref().unwrap_or(session_key);
    let mut flags = bindings.flags.with(anonymity);
    if is_mutual {
        flags = flags.with(ContextFlags::MUTUAL);
    }
    if delegated.is_some() {
        flags = flags.with(ContextFlags::DELEGATE);
    }
    let receive_first = authenticator.seq_number.unwrap_or(0);
    // Without an AP-REP the acceptor numbers from where the initiator does, as MIT krb5 and Heimdal do.
    let (output, acceptor_subkey, send_first) = if is_mutual {
        let offered = authorization_data.client.subkey_type;
        let subkey_type = policy.subkey_type(base_key.encryption_type(), offered, bindings.flags);
        let Reply {
            token,
            subkey,
            seq_number,
        } = ap_rep::make(
            session_key,
            authenticator.ctime,
            subkey_type,
            attempt.framing,
            &mut *ambient.random,
        )?;
        (Some(token), subkey, seq_number)
    } else {
        (None, None, receive_first)
    };
    let third_leg = is_dce_style.then(|| {
        Box::new(ThirdLegNumber {
            session_key: session_key.clone(),
            seq_number: send_first,
        })
    });
    let keys = ContextKeys {
        initiator: base_key.clone(),
        acceptor_subkey,
    };
    let protection = MessageProtection::new(Role::Acceptor, keys, send_first, receive_first, flags);
    let established = establish(
        ticket,
        session_key,
        matched,
        initiator_subkey,
        &bindings,
        authorization_data,
        &path,
        pac,
        flags,
        protection,
        mech_list_mic(attempt.framing),
        delegated,
    )
    .map_err(|NotUtf8| Fact::NameNotUtf8)?;
    Ok(Prepared {
        output,
        established,
        third_leg,
    })
}

/// A bare AP-REQ is DCE style and a framed one is not (MS-KILE section 3.4.5.1): otherwise somebody changed the framing under way, which
/// nothing seals (RFC 4178 section 7).
fn check_framing(framing: Framing, flags: ContextFlags) -> Result<(), Fact> {
    match (framing, flags.contains(ContextFlags::DCE_STYLE)) {
        (Framing::Bare, true) | (Framing::Gss | Framing::UserToUser, false) => Ok(()),
        (Framing::Bare, false) => Err(Fact::UnframedWithoutDceStyle),
        (Framing::Gss | Framing::UserToUser, true) => Err(Fact::FramedDceStyle),
    }
}

/// RFC 4178 section 5 leaves it open where the mechanism is the initiator's favourite. Windows and who imitates it exchange MICs after
/// the tokens of user-to-user authentication, and wait for ours.
const fn mech_list_mic(framing: Framing) -> MechListMic {
    match framing {
        Framing::Gss | Framing::Bare => MechListMic::AsNegotiated,
        Framing::UserToUser => MechListMic::Required,
    }
}

/// The one place where Kerberos says that an initiator is authenticated. It takes a witness of every check; only that of
/// the replay cache is missing, and [`Prepared`] keeps the result until that comes.
#[allow(clippy::too_many_arguments)] // the witnesses are the point
fn establish(
    ticket: &TicketOpened<'_>,
    session_key: &Key,
    matched: &AuthenticatorMatched<'_>,
    initiator_subkey: Option<Key>,
    _bindings: &BindingsChecked<'_>,
    authorization_data: AuthorizationDataChecked<'_>,
    _path: &PathAccepted,
    pac: PacJudged,
    flags: ContextFlags,
    protection: MessageProtection,
    mech_list_mic: MechListMic,
    delegated: Option<DelegatedCredential>,
) -> Result<Box<Established>, NotUtf8> {
    let (part, key) = (ticket.part(), ticket.key());
    let AuthorizationDataChecked { client, kdc, .. } = authorization_data;
    let PacJudged { pac, discarded, .. } = pac;
    let mut initiator = ticket.client().to_name()?;
    if let Some(sid) = pac.as_ref().and_then(VerifiedPac::user) {
        initiator = initiator.with_sid(sid);
    }
    let keys = [Some(session_key), initiator_subkey.as_ref()];
    let etypes = keys.into_iter().flatten().map(Key::encryption_type);
    let rc4 = etypes
        .chain([ticket.etype()])
        .any(|etype| etype == EncryptionType::Rc4Hmac);
    let details = Box::new(Details {
        client: ticket.client().to_owned(),
        service: key.principal().clone(),
        key_match: key.matched(),
        kvno: key.kvno(),
        sealed_by: ticket.sealed_by(),
        etype: ticket.etype(),
        ticket_flags: part.flags,
        authtime: part.authtime,
        starttime: part.starttime.unwrap_or(part.authtime),
        endtime: part.endtime,
        renew_till: part.renew_till,
        client_time: matched.authenticator().ctime,
        session_key: protection.key().clone(),
        ticket_session_key: session_key.clone(),
        initiator_subkey,
        delegated,
        pac,
        authentication_indicators: kdc.indicators,
        other_authorization_data: kdc.others,
        token_restrictions: kdc.restrictions.or(client.restrictions),
        warnings: rc4
            .then_some(Warning::Rc4)
            .into_iter()
            .chain(discarded.map(Warning::PacDiscarded))
            .chain(kdc.warning)
            .collect(),
    });
    Ok(Box::new(Established {
        mech_type: MechType::KRB5,
        initiator,
        flags,
        expires: Some(part.endtime),
        per_message: Box::new(protection),
        mech_list_mic,
        details,
    }))
}
