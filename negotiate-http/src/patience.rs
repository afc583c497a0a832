//! Whose turn it is on a connection. An application may take its time; a client that has the turn may not, or a few of them
//! would hold every connection there can be.
//!
//! It is the client's turn while no request is with the application and no response waits for it: the client has to send a
//! request, or to take what was sent.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

/// What happens on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests and responses that the application has at present.
    with_application: AtomicUsize,
    /// How often that changed, or a part of a response was taken.
    moves: AtomicUsize,
}

/// The application's turn, as long as it lives.
#[derive(Debug)]
pub(crate) struct Turn(Activity);

impl Activity {
    pub(crate) fn turn(&self) -> Turn {
        self.0.with_application.fetch_add(1, Relaxed);
        self.moved();
        Turn(self.clone())
    }

    fn moved(&self) {
        self.0.moves.fetch_add(1, Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Self(activity) = self;
        activity.moved();
        activity.0.with_application.fetch_sub(1, Relaxed);
    }
}

/// Looks at a connection now and then.
#[derive(Debug)]
pub(crate) struct Patience {
    activity: Activity,
    moves_seen: usize,
    rest: Rest,
}

#[derive(Clone, Copy, Debug)]
enum Rest {
    /// The client had no turn that lasted from one look to the next.
    None,
    /// It had one, and was asked to end the connection.
    Asked,
}

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    GoOn,
    /// It is to take no more requests, and to end.
    Ask,
    /// It is to be cut.
    Cut,
}

impl Patience {
    pub(crate) fn new(activity: Activity) -> Self {
        Self {
            activity,
            moves_seen: 0,
            rest: Rest::None,
        }
    }

    /// To be asked whenever the client's time is over.
    pub(crate) fn judge(&mut self) -> Judgement {
        let counts = &self.activity.0;
        let moves = counts.moves.load(Relaxed);
        if counts.with_application.load(Relaxed) > 0 || moves != self.moves_seen {
            self.moves_seen = moves;
            self.rest = Rest::None;
            return Judgement::GoOn;
        }
        match self.rest {
            // There has not been a request yet: HTTP was not spoken.
            Rest::None if moves == 0 => Judgement::Cut,
            Rest::None => {
                self.rest = Rest::Asked;
                Judgement::Ask
            }
            Rest::Asked => Judgement::Cut,
        }
    }
}

pin_project! {
    /// The body of a response, which tells who is waited for: the application if it had nothing when it was asked last, else the
    /// client.
    #[derive(Debug)]
    pub(crate) struct Attended<B> {
        #[pin]
        body: B,
        activity: Activity,
        turn: Option<Turn>,
    }
}

impl<B> Attended<B> {
    pub(crate) fn new(body: B, activity: Activity) -> Self {
        Self {
            body,
            activity,
            turn: None,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Attended<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.body.poll_frame(context);
        if polled.is_ready() {
            *this.turn = None;
            this.activity.moved();
        } else {
            this.turn.get_or_insert_with(|| this.activity.turn());
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
