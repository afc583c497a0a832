//! Threads that block so that nobody else has to: the library waits for files and locks, and knows no other way.

use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::{io, thread};

/// Questions that may wait for a thread. At some 60 µs each, the last of them waits 60 ms for one thread; more would only
/// make everybody's answer late.
const MAX_WAITING: usize = 1000;

type Job = Box<dyn FnOnce() + Send>;

/// A number of threads; they end when this is dropped and the questions are answered.
#[derive(Debug)]
pub(crate) struct Workers {
    questions: SyncSender<Job>,
}

/// No thread is free, and too many questions wait already.
#[derive(Debug)]
pub(crate) struct Busy;

impl Workers {
    pub(crate) fn start(count: NonZeroUsize) -> io::Result<Self> {
        let (questions, waiting) = sync_channel(MAX_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count.get() {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name("gssapi".into())
                .spawn(move || work(&waiting))?;
        }
        Ok(Self { questions })
    }

    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Answer<T>, Busy> {
        let slot = Arc::new(Mutex::new(Slot::Awaited(None)));
        let given = Given(Arc::clone(&slot));
        let job = Box::new(move || given.give(question()));
        match self.questions.try_send(job) {
            Ok(()) => Ok(Answer(slot)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Busy),
        }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: one thread waits for the next question, the others for their turn.
        let question = lock(waiting).recv();
        match question {
            // A panic is told by the answer that does not come.
            Ok(question) => drop(catch_unwind(AssertUnwindSafe(question))),
            Err(_) => return,
        }
    }
}

/// The answer to a question; none if its thread panicked.
#[derive(Debug)]
pub(crate) struct Answer<T>(Arc<Mutex<Slot<T>>>);

#[derive(Debug)]
enum Slot<T> {
    Awaited(Option<Waker>),
    Given(Option<T>),
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut *lock(&self.0) {
            Slot::Awaited(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            Slot::Given(answer) => Poll::Ready(answer.take()),
        }
    }
}

/// Gives the answer, or says that there is none when it is dropped without.
struct Given<T>(Arc<Mutex<Slot<T>>>);

impl<T> Given<T> {
    fn give(self, answer: T) {
        self.settle(Some(answer));
    }

    fn settle(&self, answer: Option<T>) {
        let before = {
            let mut slot = lock(&self.0);
            match *slot {
                Slot::Awaited(_) => std::mem::replace(&mut *slot, Slot::Given(answer)),
                Slot::Given(_) => return,
            }
        };
        if let Slot::Awaited(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> Drop for Given<T> {
    fn drop(&mut self) {
        self.settle(None);
    }
}

// Nothing is done under these locks that could leave something half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;

    #[test]
    fn every_question_gets_its_own_answer() {
        let workers = Workers::start(NonZeroUsize::new(3).unwrap()).unwrap();
        let answers: Vec<_> = (0..100).map(|n| workers.ask(move || n * n).unwrap()).collect();
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(block_on(answer), Some(n * n));
        }
    }

    #[test]
    fn a_panic_is_no_answer_and_ends_no_thread() {
        let workers = Workers::start(NonZeroUsize::MIN).unwrap();
        let panics = workers.ask(|| -> u8 { panic!("on purpose") }).unwrap();
        assert_eq!(block_on(panics), None);
        assert_eq!(block_on(workers.ask(|| 7).unwrap()), Some(7));
    }

    #[test]
    fn what_waits_is_bounded() {
        let workers = Workers::start(NonZeroUsize::MIN).unwrap();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let mut asked = vec![workers.ask(move || gate.recv().unwrap_or(())).unwrap()];
        while let Ok(answer) = workers.ask(|| ()) {
            asked.push(answer);
        }
        // The first may have left the queue for its thread.
        assert!((MAX_WAITING..=MAX_WAITING + 1).contains(&asked.len()));
        drop(open);
        assert!(asked.into_iter().all(|answer| block_on(answer).is_some()));
    }
}
