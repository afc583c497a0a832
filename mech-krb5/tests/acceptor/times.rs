//! The ticket's times, the authenticator's, and how far clocks may be apart (RFC 4120 section 3.2.3).

use crate::login::{Login, NOW, Server, after, key};
use mech_krb5::Fact;
use mech_krb5::message::TicketFlags;
use negotiate_core::{Blame, Seconds, Timestamp};

fn micros_after(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(time.unix_micros() + micros)
}

#[test]
fn clocks_may_be_apart_by_the_skew_and_not_by_a_microsecond_more() {
    for (skew, configure) in [
        (300, (|builder| builder) as fn(mech_krb5::Krb5Builder) -> _),
        (5, |builder| builder.clock_skew(Seconds(5))),
        (0, |builder| builder.clock_skew(Seconds(0))),
    ] {
        let server = Server::configured(configure);
        for (micros, verdict) in [
            (0, "accepted"),
            (skew * 1_000_000, "accepted"),
            (skew * 1_000_000 + 1, "krb5.clock_skew"),
        ] {
            for direction in [1, -1] {
                let mut login = Login::default();
                login.authenticator.ctime = micros_after(NOW, direction * micros);
                assert_eq!(
                    server.verdict(&login),
                    verdict,
                    "{skew} s, {} us",
                    direction * micros
                );
            }
        }
    }
}

#[test]
fn the_skew_is_allowed_at_both_ends_of_a_ticket() {
    // Tickets know whole seconds, so the acceptor's clock moves.
    let at = Timestamp::from_unix(NOW.unix());
    for (starts, ends, moved, verdict) in [
        (300, 3600, 0, "accepted"),
        (300, 3600, -1, "krb5.ticket_not_yet_valid"),
        (301, 3600, 0, "krb5.ticket_not_yet_valid"),
        (-3600, -300, 0, "accepted"),
        (-3600, -300, 1, "krb5.ticket_expired"),
        (-3600, -301, 0, "krb5.ticket_expired"),
        // Ended before it began: both are within the skew, and it is the KDC's business.
        (100, -100, 0, "accepted"),
    ] {
        let mut login = Login::default();
        let server = Server {
            now: micros_after(at, moved),
            ..Server::default()
        };
        login.authenticator.ctime = server.now;
        login.ticket.starttime = Some(micros_after(at, starts * 1_000_000));
        login.ticket.endtime = micros_after(at, ends * 1_000_000);
        assert_eq!(
            server.verdict(&login),
            verdict,
            "{starts} to {ends} s, {moved} us"
        );
    }
}

#[test]
fn without_a_start_a_ticket_begins_when_the_client_authenticated() {
    let server = Server::default();
    let mut login = Login::default();
    login.ticket.starttime = None;
    login.ticket.authtime = after(-100);
    let starttime = server.accepted(&login).details().starttime;
    assert_eq!(starttime, Timestamp::from_unix(after(-100).unix()));
    login.ticket.authtime = after(302);
    assert_eq!(server.verdict(&login), "krb5.ticket_not_yet_valid");
    // A start that is there counts, wherever authentication was.
    login.ticket.starttime = Some(after(-10));
    assert_eq!(server.verdict(&login), "accepted");
}

#[test]
fn an_invalid_ticket_is_refused_whatever_its_times() {
    let mut login = Login::default();
    login.ticket.flags = TicketFlags(TicketFlags::INVALID.0 | TicketFlags::POSTDATED.0);
    assert_eq!(Server::default().fact(&login), Fact::TicketInvalid);
    login.ticket.flags = TicketFlags(TicketFlags::MAY_POSTDATE.0 | TicketFlags::POSTDATED.0);
    assert_eq!(Server::default().verdict(&login), "accepted");
}

#[test]
fn a_login_tells_its_times() {
    let mut login = Login::default();
    login.ticket.renew_till = Some(after(100_000));
    let accepted = Server::default().accepted(&login);
    let whole = |time: Timestamp| Timestamp::from_unix(time.unix());
    let details = accepted.details();
    assert_eq!(details.authtime, whole(login.ticket.authtime));
    assert_eq!(Some(details.starttime), login.ticket.starttime.map(whole));
    assert_eq!(details.endtime, whole(login.ticket.endtime));
    assert_eq!(details.renew_till, login.ticket.renew_till.map(whole));
    assert_eq!(details.client_time, NOW);
    assert_eq!(details.ticket_flags, login.ticket.flags);
    assert_eq!(accepted.context.expires(), Some(details.endtime));
}

/// The KDC's clock is a third one: whoever is behind the time at which it made the ticket is behind it.
#[test]
fn whose_clock_is_behind_is_told_by_the_tickets_start() {
    let told = |starts, client| {
        let mut login = Login::default();
        login.ticket.starttime = Some(after(starts));
        login.authenticator.ctime = after(client);
        let reject = Server::default().refused(&login);
        (reject.reason().blame(), reject.reason().advice())
    };
    let (clients, ours, either) = (
        (Blame::Initiator, "the client's clock is behind"),
        (Blame::Acceptor, "this server's clock is behind"),
        (Blame::Incompatible, "compare"),
    );
    for (starts, client, expected) in [
        (-3600, 301, either),
        (-3600, -301, either),
        (-300, -301, clients),
        (-301, -301, either),
        (0, 301, either),
        (1, 301, ours),
        (300, 600, ours),
        // Both are: the one that is further behind is the client's.
        (100, -400, clients),
        // Not yet valid. A client that agrees with the KDC leaves one clock.
        (400, 400, ours),
        (400, 399, (Blame::Incompatible, "NTP")),
    ] {
        let (blame, advice) = told(starts, client);
        assert_eq!(blame, expected.0, "{starts} {client}: {advice}");
        assert!(advice.contains(expected.1), "{starts} {client}: {advice}");
    }
}

/// An expired ticket and a client whose clock is as wrong say something else than an expired ticket alone.
#[test]
fn whose_clock_is_off_is_told_from_a_ticket_that_is_old() {
    let server = Server::default();
    let mut login = Login::default();
    login.ticket.endtime = after(-4000);
    let advice = |login: &Login| server.refused(login).reason().advice();
    let Fact::TicketExpired { client_time, .. } = server.fact(&login) else {
        panic!("not expired")
    };
    assert_eq!(client_time, Some(NOW));
    assert!(advice(&login).contains("kinit"), "{}", advice(&login));
    login.authenticator.ctime = after(-5000);
    assert!(advice(&login).contains("NTP"), "{}", advice(&login));
    // What cannot be opened gives no evidence, and is not the reason either.
    login.session_key = key(crate::login::ETYPE, "another");
    let Fact::TicketExpired { client_time, .. } = server.fact(&login) else {
        panic!("not expired")
    };
    assert_eq!(client_time, None);
}
