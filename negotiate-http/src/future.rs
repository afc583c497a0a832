//! One request's way through the layer: token, step, and then the application's response or one of ours.

use crate::drain::{Drain, Drained};
use crate::header::Credentials;
use crate::layer::Config;
use crate::{Connection, Identity, Refusal, RequestError, ResponseBody, answer, header};
use http::header::{AUTHORIZATION, EXPECT, HeaderValue};
use http::{Request, Response, Version};
use http_body::Body;
use negotiate_core::{Ambient, Exchange, Pending, Reject, ServiceName, Step, SystemRandom, Token};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The response of a [`Negotiate`](crate::Negotiate) service.
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        // A question to the outside is open.
        Waiting { pending: Pending, leg: Option<Leg<S, B>> },
        // The request has an identity and is with the application.
        Application { #[pin] response: S::Future, reply: Option<HeaderValue> },
        // The application will not see the request; its body is in the way of the connection's next one.
        Draining { #[pin] body: Drain<B>, answer: Option<Answer> },
        // Nothing is left but to answer.
        Answering { answer: Option<Answer> },
    }
}

/// A request with all that its token's step needs.
pub(crate) struct Leg<S, B> {
    service: S,
    request: Request<B>,
    config: Arc<Config>,
    connection: Option<Connection>,
}

// What is sent instead of the application's response.
enum Answer {
    Challenge,
    Refuse(Refusal),
    Continue {
        token: Token,
        exchange: Exchange<'static>,
        config: Arc<Config>,
        names: Vec<ServiceName>,
        connection: Connection,
    },
}

impl<S, B, R> ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body,
{
    pub(crate) fn new(leg: Leg<S, B>) -> Self {
        Self { state: leg.begin() }
    }
}

impl<S, B, R> Leg<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body,
{
    pub(crate) fn new(service: S, request: Request<B>, config: Arc<Config>) -> Self {
        let connection = request.extensions().get().cloned();
        Self {
            service,
            request,
            config,
            connection,
        }
    }

    fn begin(self) -> State<S, B> {
        let token = match header::credentials(self.request.headers(), self.config.base64_limit) {
            Ok(Credentials::Token(token)) => token,
            Ok(Credentials::NotOurs) => return self.challenge(),
            Ok(Credentials::Empty) => {
                self.forget_parked();
                return self.challenge();
            }
            Err(error) => {
                self.forget_parked();
                return self.refuse(error.into());
            }
        };
        let names = self.names_of_host();
        let parked = self
            .take_parked(&names)
            .filter(|exchange| !exchange.is_abandoned_by(&token));
        let exchange = parked.unwrap_or_else(|| {
            let bindings = self.connection.as_ref().and_then(Connection::bindings);
            let exchange = self.config.acceptor.exchange(bindings);
            let exchange = match (self.config.client_address)(self.request.extensions()) {
                Some(address) => exchange.initiator_address(address),
                None => exchange,
            };
            match self.config.names.is_empty() {
                true => exchange,
                false => exchange.restricted_to(names),
            }
        });
        let mut ambient = Ambient {
            now: (self.config.clock)(),
            random: &mut SystemRandom,
        };
        let step = exchange.step(&token, &mut ambient);
        self.after(step)
    }

    // None where no name follows the host.
    fn names_of_host(&self) -> Vec<ServiceName> {
        let Config { names, host_from, .. } = &*self.config;
        if names.is_empty() {
            return Vec::new();
        }
        let authority = host_from.authority(&self.request).unwrap_or_default();
        names.iter().filter_map(|name| name.on(authority)).collect()
    }

    fn take_parked(&self, names: &[ServiceName]) -> Option<Exchange<'static>> {
        self.connection.as_ref()?.take(&self.config, names)
    }

    fn forget_parked(&self) {
        self.take_parked(&[]);
    }

    fn after(mut self, step: Result<Step, Reject>) -> State<S, B> {
        match step {
            Ok(Step::Complete { token, context }) => {
                let identity = Identity::new(context);
                tracing::debug!(
                    target: "negotiate_http",
                    user = identity.display(),
                    mechanism = %identity.mechanism(),
                    flags = ?identity.flags(),
                    "authenticated"
                );
                // The token is spent; the application has no use for it.
                self.request.headers_mut().remove(AUTHORIZATION);
                self.request.extensions_mut().insert(identity);
                State::Application {
                    response: self.service.call(self.request),
                    reply: token.map(|token| header::challenge(Some(token.as_bytes()))),
                }
            }
            Ok(Step::Continue { token, exchange }) => self.another_leg(token, exchange),
            Ok(Step::Pending(pending)) => State::Waiting {
                pending,
                leg: Some(self),
            },
            Err(reject) => self.refuse(reject.into()),
        }
    }

    fn another_leg(self, token: Token, exchange: Exchange<'static>) -> State<S, B> {
        if self
            .connection
            .as_ref()
            .is_some_and(|connection| !connection.may_park())
        {
            return self.refuse(RequestError::LegThroughProxy.into());
        }
        if self.request.version() != Version::HTTP_11 {
            return self.refuse(RequestError::LegNeedsHttp11.into());
        }
        let Some(connection) = self.connection.clone() else {
            return self.refuse(RequestError::LegNeedsConnection.into());
        };
        tracing::debug!(target: "negotiate_http", "the exchange takes another leg");
        let config = Arc::clone(&self.config);
        let names = self.names_of_host();
        self.answer(Answer::Continue {
            token,
            exchange,
            config,
            names,
            connection,
        })
    }

    fn challenge(self) -> State<S, B> {
        tracing::debug!(target: "negotiate_http", "challenged: the request has no Negotiate token");
        self.answer(Answer::Challenge)
    }

    fn refuse(self, refusal: Refusal) -> State<S, B> {
        refusal.log();
        self.answer(Answer::Refuse(refusal))
    }

    // On HTTP/1.1 an unread body ends the connection, and what the client sends next on it is lost. A client that expects
    // 100 (Continue) has not sent its body, and asking for it makes sense only to save an exchange.
    fn answer(self, answer: Answer) -> State<S, B> {
        let is_saved = match answer {
            Answer::Continue { .. } => true,
            Answer::Challenge | Answer::Refuse(_) => !self.request.headers().contains_key(EXPECT),
        };
        let drains = self.request.version() < Version::HTTP_2 && !self.request.body().is_end_stream();
        let answer = Some(answer);
        if is_saved && drains {
            State::Draining {
                body: Drain::new(self.request, self.config.drain_limit),
                answer,
            }
        } else {
            State::Answering { answer }
        }
    }
}

impl Answer {
    fn into_response<R>(self) -> Response<ResponseBody<R>> {
        match self {
            Self::Challenge => answer::challenge(),
            Self::Refuse(refusal) => answer::refuse(refusal),
            Self::Continue {
                token,
                exchange,
                config,
                names,
                connection,
            } => {
                connection.park(config, names, exchange);
                answer::another_leg(token.as_bytes())
            }
        }
    }

    // The connection will not live to see another request.
    fn without_connection(self) -> Self {
        match self {
            Self::Continue { config, .. } => {
                let limit = config.drain_limit;
                let refusal = Refusal::from(RequestError::BodyTooLongForLeg { limit });
                refusal.log();
                Self::Refuse(refusal)
            }
            answer => answer,
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Waiting { pending, leg } => {
                    let step = ready!(Pin::new(pending).poll(context));
                    taken(leg).after(step)
                }
                StateProjection::Application { response, reply } => {
                    let response = ready!(response.poll(context))?;
                    return Poll::Ready(Ok(answer::authenticated(response, reply.take())));
                }
                StateProjection::Draining { body, answer } => {
                    let drained = ready!(body.poll(context));
                    let answer = taken(answer);
                    State::Answering {
                        answer: Some(match drained {
                            Drained::Whole => answer,
                            Drained::Partly => answer.without_connection(),
                        }),
                    }
                }
                StateProjection::Answering { answer } => {
                    return Poll::Ready(Ok(taken(answer).into_response()));
                }
            };
            state.set(next);
        }
    }
}

fn taken<T>(slot: &mut Option<T>) -> T {
    slot.take()
        .expect("a response future is not polled again after its response")
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
