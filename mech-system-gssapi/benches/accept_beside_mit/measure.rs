//! Both sides on the same fresh tokens, in rounds that take turns.

use crate::allocations;
use crate::case::Case;
use crate::sides::{Mit, Ours, Scratch, Side};
use std::thread;
use std::time::Instant;

/// What was found out about one side.
pub(crate) struct Figures {
    /// Seconds an accept, in the turn in the middle.
    pub(crate) median: f64,
    /// The same, in the turn that was disturbed least.
    pub(crate) best: f64,
    /// Calls of malloc and its like an accept.
    pub(crate) allocations: f64,
}

impl Figures {
    fn new(times: Vec<f64>, allocations: f64) -> Self {
        Self {
            best: times.iter().copied().fold(f64::INFINITY, f64::min),
            median: median(times),
            allocations,
        }
    }
}

pub(crate) struct Measured {
    pub(crate) ours: Figures,
    pub(crate) mit: Figures,
}

/// How long a turn lasts, whosever it is: so short that few of them are disturbed by other programs, and the same for
/// both, so that both are disturbed alike. With threads it is longer, because they have to be started.
fn turn_seconds(threads: usize) -> f64 {
    if threads == 1 { 0.002 } else { 0.02 }
}

const MOST_ROUNDS: f64 = 500.0;

/// `seconds` is what each side may take for all of its turns.
pub(crate) fn side_by_side(case: &Case, seconds: f64) -> Measured {
    let (scratch, file, credential) = (Scratch::new(), case.keytab_file(), case.credential());
    let ours = Ours::new(case, file.expose(), scratch.path());
    let mit = Mit::new(case, file.expose(), scratch.path());
    let mint = |count: usize| -> Vec<Vec<u8>> { (0..count).map(|_| case.token(&credential)).collect() };

    // The first accept fills caches; those after it show how many fit in a turn, and how much is allocated.
    let first = mint(9);
    let [(our_one, our_allocations), (mit_one, mit_allocations)] = [&ours as &dyn Side, &mit].map(|side| {
        accept_all(side, &first[..1]);
        let rest = &first[1..];
        let times = rest.chunks(1).map(|token| time(side, token, 1)).collect();
        let rest = mint(8);
        let allocations = allocations::counted(|| accept_all(side, &rest));
        (median(times), allocations as f64 / rest.len() as f64)
    });
    let per_turn = |one: f64| ((turn_seconds(case.threads) / one) as usize).max(case.threads);
    let (our_share, mit_share) = (per_turn(our_one), per_turn(mit_one));
    let longest = (our_one * our_share as f64).max(mit_one * mit_share as f64);
    let rounds = (seconds / longest).clamp(5.0, MOST_ROUNDS) as usize;

    let (mut our_times, mut mit_times) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let tokens = mint(our_share.max(mit_share));
        let mut turn_ours = || our_times.push(time(&ours, &tokens[..our_share], case.threads));
        let mut turn_mit = || mit_times.push(time(&mit, &tokens[..mit_share], case.threads));
        if round % 2 == 0 {
            turn_ours();
            turn_mit();
        } else {
            turn_mit();
            turn_ours();
        }
    }
    Measured {
        ours: Figures::new(our_times, our_allocations),
        mit: Figures::new(mit_times, mit_allocations),
    }
}

/// Seconds an accept, with the tokens dealt out to so many threads.
fn time(side: &dyn Side, tokens: &[Vec<u8>], threads: usize) -> f64 {
    let start = Instant::now();
    if threads == 1 {
        accept_all(side, tokens);
    } else {
        thread::scope(|scope| {
            for share in tokens.chunks(tokens.len().div_ceil(threads)) {
                scope.spawn(|| accept_all(side, share));
            }
        });
    }
    start.elapsed().as_secs_f64() / tokens.len() as f64
}

fn accept_all(side: &dyn Side, tokens: &[Vec<u8>]) {
    for token in tokens {
        side.accept(token);
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
