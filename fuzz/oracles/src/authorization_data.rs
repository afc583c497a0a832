//! Authorization data of any bytes, PACs included, in the ticket or the authenticator of a login that is else in order: the
//! acceptor takes it, discards it or refuses as the model of `keyed` predicts, and tells the application what was sealed.

use crate::keyed;

/// The first byte chooses place, policies and keys, and whether checksums are made anew.
///
/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    if let [choices, data @ ..] = input {
        keyed::authorization_data(*choices, data);
    }
}
