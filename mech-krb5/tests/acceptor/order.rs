//! A token with two faults is refused for the one that is looked at first (RFC 4120 section 3.2.3).

use crate::faults::stages;
use crate::login::{Login, Server};

#[test]
fn a_login_without_faults_is_accepted() {
    let (server, login) = (Server::default(), Login::default());
    assert_eq!(server.verdict(&login), "accepted");
}

#[test]
fn of_two_faults_the_first_is_told() {
    let stages = stages();
    for (number, stage) in stages.iter().enumerate() {
        for first in stage {
            for second in stages[number + 1..].iter().flatten() {
                let (mut server, mut login) = (Server::default(), Login::default());
                (second.spoil)(&mut server, &mut login);
                (first.spoil)(&mut server, &mut login);
                assert_eq!(
                    server.verdict(&login),
                    first.code,
                    "{} before {} {}",
                    first.how,
                    second.code,
                    second.how
                );
            }
        }
    }
}
