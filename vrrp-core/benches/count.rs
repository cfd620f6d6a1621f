//! The same work as in `handle.rs`, a given number of times: `count.sh` runs it under callgrind with two numbers and
//! divides the difference of instructions, which is the same on every run of one build.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a bench stops at what it did not expect, and its parts are shared with another"
)]

mod load;

use std::hint::black_box;

use load::{Many, One};

/// Name, and the work that many times.
type Work = (&'static str, fn(u32) -> usize);

const WORK: [Work; 7] = [
    ("receive", |times| repeat(times, One::backup(), One::receive)),
    ("hear", |times| repeat(times, One::backup(), One::hear)),
    ("tick", |times| repeat(times, One::active(), One::tick)),
    ("receive-255", |times| {
        repeat(times, Many::backup(255), Many::receive)
    }),
    ("tick-255", |times| repeat(times, Many::active(255), Many::tick)),
    ("receive-1020", |times| {
        repeat(times, Many::backup(1020), Many::receive)
    }),
    ("tick-1020", |times| repeat(times, Many::active(1020), Many::tick)),
];

fn repeat<T>(times: u32, mut subject: T, mut step: impl FnMut(&mut T) -> usize) -> usize {
    (0..times)
        .map(|_| black_box(step(&mut subject)))
        .fold(0, usize::wrapping_add)
}

/// `NAME TIMES`; cargo's own `--bench` is passed over. Without a name every work is done once.
fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"));
    let name = arguments.next();
    let times = arguments.next().map_or(1, |times| times.parse().unwrap());
    for (work, run) in WORK {
        if name.as_deref().is_none_or(|name| name == work) {
            println!("{work}: {} actions in {times} steps", run(times));
        }
    }
}
