//! A time limit that starts again whenever something moves: for the wait for a response while a request is still being
//! sent, which may take as long as the client needs.

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// When a body last moved.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

/// Nothing moved for as long as was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stalled;

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Runs `future` until it is done, or nothing has moved for `limit`.
    ///
    /// # Errors
    /// [`Stalled`]
    pub(super) async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Stalled> {
        let mut future = std::pin::pin!(future);
        loop {
            let moved = self.moved();
            match tokio::time::timeout_at(moved + limit, future.as_mut()).await {
                Ok(output) => return Ok(output),
                Err(_) if self.moved() == moved => return Err(Stalled),
                Err(_) => {}
            }
        }
    }

    fn moved(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

pin_project! {
    /// A body that reports its [`Progress`].
    #[derive(Debug)]
    pub(super) struct Watched<B> {
        #[pin]
        body: B,
        progress: Progress,
    }
}

impl<B> Watched<B> {
    pub(super) fn new(body: B, progress: Progress) -> Self {
        Self { body, progress }
    }
}

impl<B: Body> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let polled = this.body.poll_frame(context);
        if polled.is_ready() {
            this.progress.mark();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_limit_starts_again_with_each_move() {
        let progress = Progress::new();
        let limit = Duration::from_secs(10);
        let mut body = Watched::new(
            http_body_util::Full::<bytes::Bytes>::from("end"),
            progress.clone(),
        );
        let slow = async {
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_secs(9)).await;
                _ = http_body_util::BodyExt::frame(&mut body).await;
            }
        };
        assert_eq!(progress.timeout(limit, slow).await, Ok(()));
        let stalled = tokio::time::sleep(Duration::from_secs(11));
        assert_eq!(progress.timeout(limit, stalled).await, Err(Stalled));
    }
}
