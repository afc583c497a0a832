//! The questions of one process, put to the file: locked, looked for, written, and the lock is given back.

use super::error::ReplayFileFault;
use super::locked::{Found, Locked, State};
use super::{FileReplayOptions, Question};
use mech_krb5::replay::{OnStart, ReplayAnswer};
use negotiate_core::{Seconds, Timestamp};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(super) struct Store {
    path: PathBuf,
    options: FileReplayOptions,
    // The file as it was left.
    state: State,
    // Authenticators with earlier times may have been seen and forgotten.
    known_from: Timestamp,
    // What was said last about a file that cannot be used, so that it is said once.
    failed: Option<String>,
}

impl Store {
    pub(super) fn open(
        path: &Path,
        options: FileReplayOptions,
        now: Timestamp,
    ) -> Result<Self, ReplayFileFault> {
        let FileReplayOptions {
            on_start, clock_skew, ..
        } = options;
        let locked = Locked::open(path, Instant::now() + options.lock_wait)?;
        let start = |start| on_start.known_from(start, clock_skew);
        let known_from = match locked.times()? {
            _ if on_start == OnStart::Accept => start(now),
            None => start(now),
            // Further ahead than an initiator may be, and rounded up: all that is alive may have been written over.
            Some(times) if *times.end() > now.plus(clock_skew).plus(Seconds(1)) => start(now),
            // The file may be a new one in the place of another that is lost, whoever made it: what was accepted before its first
            // record is as unknown as what was accepted before there was a file. Of what was written over, something is alive only
            // if the clock was ahead and is set back. An initiator's that is ahead, whose time its record has, looks the same.
            Some(times) => start(now.min(*times.start())).max(times.end().minus(clock_skew)),
        };
        Ok(Self {
            path: path.to_owned(),
            options,
            state: locked.state,
            known_from,
            failed: None,
        })
    }

    /// Answers all of them under one lock, for which none of them waits any longer than this.
    pub(super) fn answer(&mut self, questions: Vec<Question>, give_up: Instant) {
        match Locked::open(&self.path, give_up) {
            Ok(mut locked) => {
                self.failed = None;
                for question in questions {
                    let answer = self
                        .judge(&mut locked, &question)
                        .unwrap_or_else(|error| self.unavailable(&error.into()));
                    // Whoever does not wait any more has used the authenticator up all the same.
                    let _ = question.answer.send(answer);
                }
            }
            Err(fault) => {
                for question in questions {
                    let _ = question.answer.send(self.unavailable(&fault));
                }
            }
        }
    }

    fn judge(&mut self, locked: &mut Locked, question: &Question) -> io::Result<ReplayAnswer> {
        let FileReplayOptions {
            on_start, clock_skew, ..
        } = self.options;
        if !locked.state.continues(self.state) {
            tracing::warn!(
                target: "negotiate_io", path = %self.path.display(),
                "the replay cache was deleted, replaced or cut: what it had is forgotten"
            );
            let from = on_start.known_from(question.now_at_last(), clock_skew);
            self.known_from = self.known_from.max(from);
        }
        self.state = locked.state;
        let write = match locked.find(question.record, question.now, clock_skew)? {
            Found::Replayed => return Ok(ReplayAnswer::Replayed),
            Found::New(_) | Found::Full if question.client_time < self.known_from => {
                return Ok(ReplayAnswer::BeforeStart {
                    from: self.known_from,
                });
            }
            Found::Full => return Ok(ReplayAnswer::Full),
            Found::New(write) => write,
        };
        locked.write(&write)?;
        self.state = locked.state;
        // While clocks go forward, the skew check has refused what is as old as this. If the clock was ahead for a while and
        // is set back, this keeps what was written over in the meantime from being replayed here.
        if let Some(forgotten) = write.forgotten {
            let after = Timestamp::from_unix_micros(forgotten.unix_micros().saturating_add(1));
            self.known_from = self.known_from.max(after);
        }
        Ok(ReplayAnswer::Fresh)
    }

    /// The cause for the operator; the login is refused.
    fn unavailable(&mut self, fault: &ReplayFileFault) -> ReplayAnswer {
        let said = fault.to_string();
        if self.failed.as_ref() != Some(&said) {
            tracing::warn!(
                target: "negotiate_io", path = %self.path.display(), error = said,
                "the replay cache cannot be used: logins are refused"
            );
            self.failed = Some(said);
        }
        ReplayAnswer::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_channel::oneshot;
    use mech_krb5::replay::ReplayEntry;
    use mech_krb5::replay::file2::Record;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    /// However long the queue is, its last one has waited for the same lock as its first.
    #[test]
    fn whose_time_was_up_in_the_queue_does_not_wait_again() {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-queue", std::process::id()));
        let options = FileReplayOptions {
            lock_wait: Duration::from_secs(3600),
            ..FileReplayOptions::default()
        };
        let now = Timestamp::now();
        let mut store = Store::open(&path, options, now).unwrap();
        let entry = ReplayEntry {
            tag: b"tag",
            client_time: now,
            expires: now.plus(options.clock_skew),
        };
        let (answer, mut given) = oneshot::channel();
        let question = Question {
            record: Record::new(&entry, options.clock_skew).unwrap(),
            client_time: now,
            now,
            asked: Instant::now(),
            answer,
        };
        let held = Locked::open(&path, Instant::now()).unwrap();
        thread::scope(|scope| {
            let (done, waiting) = channel();
            // Who waits all the same gets the lock, and another answer.
            scope.spawn(move || {
                let _ = waiting.recv_timeout(Duration::from_secs(10));
                drop(held);
            });
            let give_up = question.asked;
            store.answer(vec![question], give_up);
            let _ = done.send(());
        });
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(given.try_recv(), Ok(Some(ReplayAnswer::Unavailable))));
    }
}
