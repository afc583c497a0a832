//! The body of a response: the application's, or a short text of ours.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The body of a response of [`Negotiate`](crate::Negotiate): the application's `R`, or a short text.
    #[derive(Debug)]
    pub struct ResponseBody<R> {
        #[pin]
        source: Source<R>,
    }
}

pin_project! {
    #[project = SourceProjection]
    #[derive(Debug)]
    enum Source<R> {
        Application { #[pin] body: R },
        Text { #[pin] body: Full<Bytes> },
    }
}

impl<R> ResponseBody<R> {
    pub(crate) fn application(body: R) -> Self {
        Self {
            source: Source::Application { body },
        }
    }

    pub(crate) fn text(text: &'static str) -> Self {
        Self {
            source: Source::Text {
                body: Full::from(text),
            },
        }
    }
}

impl<R: Body<Data = Bytes>> Body for ResponseBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.project().source.project() {
            SourceProjection::Application { body } => body.poll_frame(context),
            SourceProjection::Text { body } => body.poll_frame(context).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Application { body } => body.is_end_stream(),
            Source::Text { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Application { body } => body.size_hint(),
            Source::Text { body } => body.size_hint(),
        }
    }
}
