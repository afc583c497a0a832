//! The service that stands before the application.

use crate::ResponseBody;
use crate::future::{Leg, ResponseFuture};
use crate::layer::Config;
use http::{Request, Response};
use http_body::Body;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// The service that a [`NegotiateLayer`](crate::NegotiateLayer) makes.
#[derive(Clone, Debug)]
pub struct Negotiate<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> Negotiate<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }
}

impl<S, B, R> Service<Request<B>> for Negotiate<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready goes with the request, for it may be called only after a wait, or never: a permit that
        // it reserved is given back when it is dropped.
        let clone = self.inner.clone();
        let service = mem::replace(&mut self.inner, clone);
        ResponseFuture::new(Leg::new(service, request, Arc::clone(&self.config)))
    }
}
