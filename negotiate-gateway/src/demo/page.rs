//! The page behind the login: it tells its visitor who they are.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use negotiate_http::Identity;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower_service::Service;

#[derive(Clone, Copy)]
pub(super) struct Page;

impl<B> Service<Request<B>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let text = match request.extensions().get::<Identity>() {
            Some(user) => format!("You are {}, by {}.\n", user.display(), user.mechanism().name()),
            None => "You are nobody.\n".into(),
        };
        ready(Ok(Response::new(Full::from(text))))
    }
}
