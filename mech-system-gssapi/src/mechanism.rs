//! The mechanism: a credential of the library and threads to ask it with, behind negotiate-core's trait.

use crate::error::{Error, Fact};
use crate::establish::{self, Terms};
use crate::library::{Accepted, AcceptorCredential, Context, Failure, Mechanisms, ReplayCache, Status};
use crate::workers::Workers;
use negotiate_core::{
    AcceptContext, AcceptRequest, Ambient, BindingsPolicy, MechReject, MechStep, MechType, Mechanism, Token,
};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io, thread};

/// Kerberos V5 as the platform's libgssapi accepts it. A clone shares credential and threads.
///
/// The library reads its own clock and draws its own random bytes: the ambient ones are not used.
#[derive(Clone, Debug)]
pub struct SystemGssapi {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    credential: AcceptorCredential,
    workers: Workers,
}

/// As in mech-krb5: the tokens are the same, whichever identifier the initiator used.
const MECH_TYPES: [MechType; 2] = [MechType::KRB5, MechType::MS_KRB5];

impl SystemGssapi {
    /// Starts a configuration: by default all is as the library's own settings say (`/etc/krb5.conf`, `KRB5_KTNAME`).
    #[must_use]
    pub fn builder() -> SystemGssapiBuilder {
        SystemGssapiBuilder {
            keytab: None,
            replay_cache: ReplayCache::default(),
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// The token in a thread of ours; what it needs goes along.
    fn ask(&self, context: Context, token: &[u8], terms: Terms) -> Result<MechStep, MechReject> {
        let (mechanism, token) = (self.clone(), token.to_vec());
        let answer = self
            .shared
            .workers
            .ask(move || mechanism.accept(context, &token, terms))
            .map_err(|_| Error::new(Fact::Busy))?;
        Ok(MechStep::Pending(Box::pin(async move {
            answer
                .await
                .unwrap_or_else(|| Err(Error::new(Fact::Panicked).into()))
        })))
    }

    fn accept(self, context: Context, token: &[u8], terms: Terms) -> Result<MechStep, MechReject> {
        let bindings = match terms.bindings_policy {
            BindingsPolicy::Off => None,
            _ => terms.bindings.as_ref(),
        };
        match context.accept(&self.shared.credential, token, bindings) {
            Ok(Accepted::Continue { output, context }) => Ok(MechStep::Continue {
                output: Token::from(output),
                next: Box::new(Underway {
                    mechanism: self,
                    context,
                    terms,
                }),
            }),
            Ok(Accepted::Complete { output, context }) => Ok(MechStep::Complete {
                output: said(output),
                established: Box::new(establish::establish(context, &terms)?),
            }),
            Err(Failure { status, output }) => Err(MechReject {
                reason: Box::new(Error::new(Fact::Library(status))),
                token: said(output),
            }),
        }
    }
}

fn said(output: Vec<u8>) -> Option<Token> {
    (!output.is_empty()).then(|| Token::from(output))
}

impl Mechanism for SystemGssapi {
    fn mech_types(&self) -> &[MechType] {
        &MECH_TYPES
    }

    fn begin(
        &self,
        request: AcceptRequest<'_>,
        first_token: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        let terms = Terms {
            bindings: request.bindings.cloned(),
            bindings_policy: request.bindings_policy,
            names: request.names.listed().map(<[_]>::to_vec),
            now: ambient.now,
        };
        self.ask(Context::new(), first_token, terms)
    }
}

/// An exchange between two tokens: the library's context waits for the third leg of DCE style.
struct Underway {
    mechanism: SystemGssapi,
    context: Context,
    terms: Terms,
}

impl AcceptContext for Underway {
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        let Self {
            mechanism,
            context,
            terms,
        } = *self;
        let terms = Terms {
            now: ambient.now,
            ..terms
        };
        mechanism.ask(context, input, terms)
    }
}

/// Collects the configuration of [`SystemGssapi`].
#[derive(Clone, Debug)]
pub struct SystemGssapiBuilder {
    keytab: Option<PathBuf>,
    replay_cache: ReplayCache,
    threads: NonZeroUsize,
}

impl SystemGssapiBuilder {
    /// The keytab file. The library reads it anew for each token, from its beginning to the key.
    #[must_use]
    pub fn keytab(mut self, path: impl Into<PathBuf>) -> Self {
        self.keytab = Some(path.into());
        self
    }

    /// The replay cache.
    #[must_use]
    pub fn replay_cache(mut self, replay_cache: ReplayCache) -> Self {
        self.replay_cache = replay_cache;
        self
    }

    /// How many threads call the library. Default: one for each processor; they wait for each other, since the library
    /// locks the credential.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Opens the keytab once and starts the threads.
    ///
    /// # Errors
    /// If there is no key to accept with, or no thread to be had.
    pub fn build(self) -> Result<SystemGssapi, ConfigError> {
        let credential =
            AcceptorCredential::acquire(Mechanisms::Krb5, self.keytab.as_deref(), &self.replay_cache)
                .map_err(ConfigError::Library)?;
        let workers = Workers::start(self.threads).map_err(ConfigError::Threads)?;
        Ok(SystemGssapi {
            shared: Arc::new(Shared { credential, workers }),
        })
    }
}

/// Why a configuration is not an acceptor.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The library has no credential to accept with.
    Library(Status),
    /// The system gives no threads.
    Threads(io::Error),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(status) => write!(f, "the library has no keys to accept with: {status}"),
            Self::Threads(error) => write!(f, "no threads to call the library from: {error}"),
        }
    }
}

impl std::error::Error for ConfigError {}
