use super::Keytab;
use alloc::sync::Arc;
use core::fmt;

/// Where an acceptor takes its keys from for each token: a keytab that never changes, or one that is replaced while tokens
/// arrive (see `negotiate-io`).
///
/// A keytab is replaced whole: a token that is being judged keeps the one that it began with.
pub trait KeytabSource: fmt::Debug + Send + Sync {
    /// Shows `judge` the keytab of this moment, for as long as one token is judged. Called once for each token, so it must not
    /// wait, open files or lock; and it should count nothing that other threads count too, for then they wait for each other.
    fn with_current(&self, judge: &mut dyn FnMut(&Keytab));

    /// No key opened a ticket, while the keytab is still being shown: perhaps there is a newer file. The token is refused meanwhile; a source that can look is to
    /// look soon, not now.
    fn missed(&self) {}
}

impl KeytabSource for Arc<Keytab> {
    fn with_current(&self, judge: &mut dyn FnMut(&Keytab)) {
        judge(self);
    }
}
