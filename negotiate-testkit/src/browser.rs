//! A client that plays a browser: it logs in to an embedded KDC and gives `Negotiate` tokens for services.

use crate::login::{Login, LoginError, log_in};
use crate::{Clock, Kdc};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mech_krb5::kdc::{AsExchange, ClientSecret, KdcError, TgsExchange};
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{Credential, Krb5, Krb5Initiator};
use negotiate_core::{
    Acceptor, ChannelBindings, ContextFlags, InitiateContext, InitiateStep, Initiated, Initiator, MechReject,
    SpnegoInitiator, Token,
};
use std::fmt;
use std::sync::Arc;

/// A user at a browser, logged in to the realm.
#[must_use]
#[derive(Clone, Debug)]
pub struct Browser {
    kdc: Kdc,
    clock: Clock,
    tgt: Credential,
    flags: Option<ContextFlags>,
    bindings: Option<ChannelBindings>,
    knows_bindings: KnowsBindings,
    offers: Offers,
    hands_over: HandsOver,
}

#[derive(Clone, Copy, Debug)]
enum Offers {
    Spnego,
    BareKerberos,
}

#[derive(Clone, Copy, Debug)]
enum HandsOver {
    Nothing,
    ForwardedTgt,
}

#[derive(Clone, Copy, Debug)]
enum KnowsBindings {
    Silently,
    AndSaysSo,
}

impl Kdc {
    /// A user of this realm logs in and opens a browser.
    ///
    /// # Errors
    /// If the KDC refuses: an unknown user, a wrong password.
    pub fn browser(&self, user: &str, password: &str) -> Result<Browser, KdcError> {
        let exchange = AsExchange::new(self.principal(user), ClientSecret::password(password)).forwardable();
        Ok(Browser {
            tgt: self.run(|ambient| exchange.begin(ambient))?,
            kdc: self.clone(),
            clock: self.its_clock().clone(),
            flags: None,
            bindings: None,
            knows_bindings: KnowsBindings::Silently,
            offers: Offers::Spnego,
            hands_over: HandsOver::Nothing,
        })
    }

    /// The Kerberos mechanism with the keys of these services, and a replay cache of its own.
    ///
    /// # Panics
    /// If one of the services does not exist.
    #[must_use]
    pub fn krb5(&self, services: &[&str]) -> Krb5 {
        let config = MemoryReplayConfig {
            capacity: 10_000,
            // Nothing ran before that could be replayed, and a test may make its tokens before its acceptor.
            on_start: OnStart::Accept,
            ..MemoryReplayConfig::default()
        };
        let cache = self
            .its_clock()
            .ambient(|ambient| MemoryReplayCache::new(config, ambient))
            .expect("the operating system has random bytes");
        Krb5::builder(self.keytab(services))
            .replay_cache(Arc::new(cache))
            .build()
            .expect("an account has keys that can be used")
    }

    /// An acceptor of Kerberos with the keys of these services and every default.
    ///
    /// # Panics
    /// If one of the services does not exist.
    #[must_use]
    pub fn acceptor(&self, services: &[&str]) -> Acceptor {
        Acceptor::builder()
            .mechanism(self.krb5(services))
            .build()
            .expect("one mechanism is enough")
    }
}

impl Browser {
    /// It asks for these properties of the context. Default: those of [`Krb5Initiator::new`].
    pub fn flags(mut self, flags: ContextFlags) -> Self {
        self.flags = Some(flags);
        self
    }

    /// It binds its logins to this channel.
    pub fn channel_bindings(mut self, bindings: ChannelBindings) -> Self {
        self.bindings = Some(bindings);
        self
    }

    /// It says that it knows channel bindings, whether it has some or not.
    pub fn advertise_bindings(mut self) -> Self {
        self.knows_bindings = KnowsBindings::AndSaysSo;
        self
    }

    /// It sends Kerberos tokens by themselves, as some clients do.
    pub fn without_spnego(mut self) -> Self {
        self.offers = Offers::BareKerberos;
        self
    }

    /// It hands a forwarded ticket-granting ticket to every service.
    pub fn delegating(mut self) -> Self {
        self.hands_over = HandsOver::ForwardedTgt;
        self
    }

    /// It has a clock of its own.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The user's ticket-granting ticket.
    #[must_use]
    pub const fn tgt(&self) -> &Credential {
        &self.tgt
    }

    /// A new ticket for a service: `HTTP/www.example.test`.
    ///
    /// # Errors
    /// If the KDC refuses.
    pub fn ticket(&self, service: &str) -> Result<Credential, KdcError> {
        let exchange = TgsExchange::service(&self.tgt, self.kdc.principal(service));
        self.kdc.run(|ambient| exchange.begin(ambient))
    }

    /// What speaks for this browser to a service.
    ///
    /// # Errors
    /// If the KDC refuses the tickets that it takes.
    pub fn initiator(&self, service: &str) -> Result<Box<dyn Initiator>, KdcError> {
        let mut krb5 = Krb5Initiator::new(self.ticket(service)?);
        if let Some(flags) = self.flags {
            krb5 = krb5.flags(flags);
        }
        if let Some(bindings) = &self.bindings {
            krb5 = krb5.channel_bindings(bindings.clone());
        }
        if let KnowsBindings::AndSaysSo = self.knows_bindings {
            krb5 = krb5.advertise_bindings();
        }
        if let HandsOver::ForwardedTgt = self.hands_over {
            krb5 = krb5.delegate(
                self.kdc
                    .run(|ambient| TgsExchange::forwarded(&self.tgt).begin(ambient))?,
            );
        }
        Ok(match self.offers {
            Offers::Spnego => Box::new(SpnegoInitiator::new(krb5)),
            Offers::BareKerberos => Box::new(krb5),
        })
    }

    /// Begins a login to a service over HTTP: [`Visit::authorization`] is the first request's field.
    ///
    /// # Errors
    /// If the KDC refuses the ticket, or no token can be made of it.
    pub fn visit(&self, service: &str) -> Result<Visit, BrowserError> {
        let initiator = self.initiator(service)?;
        Visit::after(
            self.clock.ambient(|ambient| initiator.begin(ambient)),
            self.clock.clone(),
        )
    }

    /// Logs in to an acceptor in this process.
    ///
    /// # Errors
    /// If the KDC or either end refuses.
    pub fn log_in(&self, acceptor: &Acceptor, service: &str) -> Result<Login, BrowserError> {
        self.log_in_over(acceptor, service, None)
    }

    /// Logs in to an acceptor in this process, whose end of the channel has these bindings.
    ///
    /// # Errors
    /// If the KDC or either end refuses.
    pub fn log_in_over(
        &self,
        acceptor: &Acceptor,
        service: &str,
        bindings: Option<Arc<ChannelBindings>>,
    ) -> Result<Login, BrowserError> {
        let initiator = self.initiator(service)?;
        log_in(initiator, acceptor, bindings, &self.clock).map_err(BrowserError::Login)
    }
}

/// A login over HTTP, between two responses.
pub struct Visit {
    token: Option<Token>,
    clock: Clock,
    state: State,
}

#[allow(clippy::large_enum_variant)] // one per login
enum State {
    Waiting(Box<dyn InitiateContext>),
    Done(Initiated),
}

impl Visit {
    fn after(step: Result<InitiateStep, MechReject>, clock: Clock) -> Result<Self, BrowserError> {
        let (token, state) =
            match step.map_err(|reject| BrowserError::Login(LoginError::Initiator(reject)))? {
                InitiateStep::Continue { output, next } => (Some(output), State::Waiting(next)),
                InitiateStep::Complete { output, initiated } => (output, State::Done(initiated)),
            };
        Ok(Self { token, clock, state })
    }

    /// The token for the service, if there is one to send.
    #[must_use]
    pub const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The value of the request's `Authorization` field (RFC 4559 section 4.2).
    ///
    /// # Panics
    /// If there is nothing to send.
    #[must_use]
    pub fn authorization(&self) -> String {
        let token = self.token.as_ref().expect("the login has something to send");
        format!("Negotiate {}", STANDARD.encode(token.as_bytes()))
    }

    /// Takes the value of the response's `WWW-Authenticate` field.
    ///
    /// # Errors
    /// If it is no `Negotiate` with a token, or the token is refused.
    pub fn www_authenticate(self, value: &str) -> Result<Self, BrowserError> {
        let encoded = value
            .strip_prefix("Negotiate ")
            .ok_or(BrowserError::NotNegotiate)?;
        let token = STANDARD
            .decode(encoded.trim())
            .map_err(|_| BrowserError::NotNegotiate)?;
        self.answer(&token)
    }

    /// Takes the service's token.
    ///
    /// # Errors
    /// If none is due, or it is refused.
    pub fn answer(self, token: &[u8]) -> Result<Self, BrowserError> {
        match self.state {
            State::Waiting(context) => {
                let step = self.clock.ambient(|ambient| context.step(token, ambient));
                Self::after(step, self.clock)
            }
            State::Done(_) => Err(BrowserError::Login(LoginError::Unfinished)),
        }
    }

    /// The context, once the service has proved itself.
    ///
    /// # Errors
    /// [`LoginError::Unfinished`] if a token of the service is still due.
    pub fn finish(self) -> Result<Initiated, BrowserError> {
        match self.state {
            State::Done(initiated) => Ok(initiated),
            State::Waiting(_) => Err(BrowserError::Login(LoginError::Unfinished)),
        }
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Waiting(_) => "waiting",
            State::Done(_) => "done",
        };
        write!(f, "Visit({state}, {:?})", self.token)
    }
}

/// Why a browser is not logged in.
#[derive(Debug)]
#[non_exhaustive]
pub enum BrowserError {
    /// The KDC gave no ticket.
    Kdc(KdcError),
    /// One end of the login refused.
    Login(LoginError),
    /// A `WWW-Authenticate` field without a `Negotiate` token.
    NotNegotiate,
}

impl BrowserError {
    /// The stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kdc(error) => negotiate_core::Explain::code(error),
            Self::Login(error) => error.code(),
            Self::NotNegotiate => "testkit.not_negotiate",
        }
    }
}

impl From<KdcError> for BrowserError {
    fn from(error: KdcError) -> Self {
        Self::Kdc(error)
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kdc(error) => write!(f, "no ticket: {error}"),
            Self::Login(error) => error.fmt(f),
            Self::NotNegotiate => f.write_str("not a Negotiate field with a token"),
        }
    }
}

impl std::error::Error for BrowserError {}
