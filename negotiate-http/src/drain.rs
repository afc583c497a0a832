//! The body of a request that the application will not see: read and thrown away, as far as is worth it.

use bytes::Buf;
use http::Request;
use http_body::Body;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Makes timers of the time that a client has for the next part of such a body: in the extensions of requests whose server has
/// timers.
#[derive(Clone)]
pub(crate) struct BodyTimer(Arc<dyn Fn() -> Timer + Send + Sync>);

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How much has to come in that time: a part that takes no longer over the slowest of lines, and many of them, so that a byte
/// now and then does not count.
const PART: u64 = 64 * 1024;

impl BodyTimer {
    #[cfg(feature = "serve")]
    pub(crate) fn new(timer: impl Fn() -> Timer + Send + Sync + 'static) -> Self {
        Self(Arc::new(timer))
    }
}

impl fmt::Debug for BodyTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyTimer")
    }
}

pin_project! {
    /// A body on its way to nowhere.
    pub(crate) struct Drain<B> {
        #[pin]
        body: B,
        left: u64,
        part_left: u64,
        timer: Option<(BodyTimer, Timer)>,
    }
}

/// What became of a body.
pub(crate) enum Drained {
    Whole,
    /// It is longer than the limit, does not come, or broke off.
    Partly,
}

impl<B: Body> Drain<B> {
    pub(crate) fn new(request: Request<B>, limit: u64) -> Self {
        let timer: Option<BodyTimer> = request.extensions().get().cloned();
        Self {
            body: request.into_body(),
            left: limit,
            part_left: PART,
            timer: timer.map(|new| (new.clone(), (new.0)())),
        }
    }

    pub(crate) fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Drained> {
        let mut this = self.project();
        // What announces its length is not read in vain.
        if this.body.size_hint().lower() > *this.left {
            return Poll::Ready(Drained::Partly);
        }
        loop {
            let frame = match this.body.as_mut().poll_frame(context) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    let timer = this.timer.as_mut().map(|(_, timer)| timer.as_mut().poll(context));
                    return match timer {
                        Some(Poll::Ready(())) => Poll::Ready(Drained::Partly),
                        Some(Poll::Pending) | None => Poll::Pending,
                    };
                }
            };
            let len = match frame {
                None => return Poll::Ready(Drained::Whole),
                Some(Err(_)) => return Poll::Ready(Drained::Partly),
                Some(Ok(frame)) => frame.data_ref().map_or(0, Buf::remaining),
            };
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            match this.left.checked_sub(len) {
                Some(less) => *this.left = less,
                None => return Poll::Ready(Drained::Partly),
            }
            match this.part_left.checked_sub(len) {
                Some(less) => *this.part_left = less,
                None => {
                    *this.part_left = PART;
                    if let Some((new, timer)) = this.timer {
                        *timer = (new.0)();
                    }
                }
            }
        }
    }
}
