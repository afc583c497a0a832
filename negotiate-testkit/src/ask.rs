//! Running an exchange of mech-krb5's with an embedded KDC, without a socket.

use crate::{Clock, Kdc};
use mech_krb5::kdc::{KdcError, KdcStep};
use negotiate_core::{Ambient, SystemRandom};

impl Kdc {
    /// Runs an exchange to its end: begins it, and answers its questions.
    ///
    /// ```
    /// use mech_krb5::kdc::{AsExchange, ClientSecret};
    /// use negotiate_testkit::Kdc;
    ///
    /// let kdc = Kdc::new("EXAMPLE.TEST").user("alice", "secret");
    /// let exchange = AsExchange::new(kdc.principal("alice"), ClientSecret::password("secret"));
    /// let tgt = kdc.run(|ambient| exchange.begin(ambient))?;
    /// assert_eq!(tgt.server.to_text().unwrap(), "krbtgt/EXAMPLE.TEST@EXAMPLE.TEST");
    /// # Ok::<(), mech_krb5::kdc::KdcError>(())
    /// ```
    ///
    /// # Errors
    /// As the exchange.
    pub fn run<T>(
        &self,
        begin: impl FnOnce(&mut Ambient<'_>) -> Result<KdcStep<T>, KdcError>,
    ) -> Result<T, KdcError> {
        let mut step = self.its_clock().ambient(begin)?;
        loop {
            match step {
                KdcStep::Done(value) => return Ok(value),
                KdcStep::Ask(ask) => {
                    let reply = self.handle(ask.request());
                    step = self.its_clock().ambient(|ambient| ask.answer(&reply, ambient))?;
                }
            }
        }
    }
}

impl Clock {
    /// Runs a step of the core tier at this clock's time, with the operating system's random bytes.
    pub fn ambient<T>(&self, step: impl FnOnce(&mut Ambient<'_>) -> T) -> T {
        step(&mut Ambient {
            now: self.now(),
            random: &mut SystemRandom,
        })
    }
}
