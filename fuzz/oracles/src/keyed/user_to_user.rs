//! User-to-user authentication: options that nobody sets ask for it, and the acceptor's own ticket has the service's key as its
//! session key.

use super::policy::kdc_key;
use super::{Clear, Keys, NOW, Outer, Service};
use crate::forge;
use crate::support::Counting;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::{Credential, OwnTicket, Principal};
use negotiate_core::{MechType, Secret, Timestamp};

/// What a client asks for that wants user-to-user authentication.
pub(super) struct UserToUser {
    /// Whether the acceptor has a ticket for it.
    pub(super) has_ticket: bool,
    /// By the framing, the option, or both.
    pub(super) by_framing: bool,
    pub(super) by_option: bool,
}

/// The names of the acceptor's own ticket, whose session key is the service's.
pub(super) const OWN_NAMES: [Service; 2] = [Service::Www, Service::Alias];

impl Clear {
    /// Of options that nobody sets: seldom, that is.
    pub(super) fn user_to_user(&self) -> Option<UserToUser> {
        if self.ap_options < 0xf0 {
            return None;
        }
        let bit = |number: u8| self.ap_options >> number & 1 != 0;
        // Without a ticket the framing is that of an unknown mechanism, and there is none around a bare AP-REQ; in SPNEGO it brings
        // mechListMICs, which other targets are for.
        let (has_ticket, by_framing) = (
            bit(1),
            bit(1) && bit(2) && !self.is_bare && self.outer == Outer::None,
        );
        Some(UserToUser {
            has_ticket,
            by_framing,
            by_option: bit(3) || !by_framing,
        })
    }

    /// The mechanism around the AP-REQ.
    pub(super) fn framing(&self) -> MechType {
        match self.user_to_user() {
            Some(UserToUser { by_framing: true, .. }) => MechType::KRB5_USER_TO_USER,
            _ => MechType::KRB5,
        }
    }
}

impl Keys<'_> {
    /// One of the service's own, with its key as the session key.
    pub(super) fn own_ticket(&self, endtime: Timestamp) -> OwnTicket {
        let [name, alias] =
            OWN_NAMES.map(|name| Principal::parse(&name.text(self.realm)).expect("a principal"));
        let krbtgt = format!("krbtgt/{0}@{0}", self.realm);
        let ticket = forge::Ticket::new("x@X", &krbtgt, &kdc_key(), &self.service, NOW);
        let credential = Credential {
            client: name,
            server: ticket.service.clone(),
            session_etype: self.service.encryption_type().number(),
            session_key: Secret::new(self.service.bytes().to_vec()),
            flags: ticket.flags,
            authtime: None,
            starttime: None,
            endtime,
            renew_till: None,
            ticket: ticket.seal(&mut Counting(3)),
        };
        let own = OwnTicket::new(&credential, EncryptionTypes::new()).and_then(|own| own.also_named(alias));
        own.expect("a ticket-granting ticket")
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;

    /// What a run finds seldom: each way to ask for user-to-user authentication, by clocks on both sides of the ticket's end.
    #[test]
    fn user_to_user_is_judged_as_the_model_has_it() {
        let services = [
            Service::Www,
            Service::Alias,
            Service::Other,
            Service::Unknown,
            Service::OtherRealm,
        ];
        let seals = [SealedBy::Service, SealedBy::Other, SealedBy::Stranger];
        for (ap_options, service) in
            (0xee..=0xff).flat_map(|options| services.map(|service| (options, service)))
        {
            for sealed_by in seals {
                // Of 300 s and of 300 s and a microsecond.
                for shift in [[0, 0, 0], [1, 0, 0], [1, 0, 1]] {
                    for is_bare in [false, true] {
                        let mut scene = Scene::usual();
                        scene.now = Shift::arbitrary(&mut Unstructured::new(&shift)).expect("three bytes");
                        scene.policy.restrict = ap_options & 4 != 0;
                        scene.clear.outer = if ap_options & 8 != 0 {
                            Outer::Spnego
                        } else {
                            Outer::None
                        };
                        (scene.clear.ap_options, scene.clear.service) = (ap_options, service);
                        (scene.clear.sealed_by, scene.clear.is_bare) = (sealed_by, is_bare);
                        scene.play();
                    }
                }
            }
        }
    }
}
