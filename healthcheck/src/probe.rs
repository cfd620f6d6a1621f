//! One look at the service: what it is asked for and what it says.

use std::fmt;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout};

use crate::output::{end, printable};

/// A line of a log; more is in the output.
const REASON_BYTES_MAX: usize = 500;

/// What one run of a probe says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The service answered as it should.
    Pass,
    /// It answered as it should, and something needs attention: a certificate that ends soon, a queue that grows. Counts
    /// as a pass; see [`Judge`](crate::Judge).
    Degraded,
    /// It did not, or nobody could find out.
    Fail,
    /// Nobody could look, for this machine lacks what it takes: neither a pass nor a fail, what was known stays. Only
    /// [`look_from_here`](crate::look_from_here) says so.
    Unable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Degraded => "degraded",
            Self::Fail => "fail",
            Self::Unable => "unable",
        })
    }
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Pass, degraded, fail or unable.
    pub verdict: Verdict,
    /// Why, in words for an operator: `exit 2`, `connection refused by 127.0.0.1:80`. One line of at most 500 octets.
    pub reason: String,
    /// What the service or script said, the last 4 KB of it; often empty.
    pub output: String,
    /// From the start of the run to the verdict.
    pub took: Duration,
}

impl Outcome {
    /// A pass without output.
    #[must_use]
    pub fn pass(reason: impl Into<String>, took: Duration) -> Self {
        Self {
            verdict: Verdict::Pass,
            reason: line(reason),
            output: String::new(),
            took,
        }
    }

    /// A pass with a warning, without output.
    #[must_use]
    pub fn degraded(reason: impl Into<String>, took: Duration) -> Self {
        Self {
            verdict: Verdict::Degraded,
            ..Self::pass(reason, took)
        }
    }

    /// A fail without output.
    #[must_use]
    pub fn fail(reason: impl Into<String>, took: Duration) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::pass(reason, took)
        }
    }

    /// With what the service said; the last 4 KB are kept, without control characters.
    #[must_use]
    pub fn with_output(mut self, heard: &[u8]) -> Self {
        self.output = printable(end(heard));
        self
    }

    /// Whether the run passed, with or without a warning.
    #[must_use]
    pub const fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Degraded)
    }
}

/// Reasons quote what a service said, which may be 64 KB and more, and are shown in one line.
fn line(reason: impl Into<String>) -> String {
    let reason: String = reason.into();
    let mut line: String = reason
        .chars()
        .take(REASON_BYTES_MAX + 1)
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            // As in the output of scripts.
            c if c.is_control() => '?',
            c => c,
        })
        .collect();
    if line.len() > REASON_BYTES_MAX {
        let mut end = REASON_BYTES_MAX - '…'.len_utf8();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

/// One look with an end: a pass or a fail with its reason; `unanswered` says what had not happened at the end of the time.
pub(crate) async fn within(
    time: Duration,
    unanswered: &str,
    look: impl Future<Output = Result<String, String>>,
) -> Outcome {
    let started = Instant::now();
    let result = timeout(time, look).await;
    let took = started.elapsed();
    match result {
        Ok(Ok(reason)) => Outcome::pass(reason, took),
        Ok(Err(reason)) => Outcome::fail(reason, took),
        Err(_elapsed) => Outcome::fail(format!("{unanswered} within {time:?}"), took),
    }
}

/// The limit of a probe that ends itself at this time; the rest is for a busy machine.
pub(crate) const fn limit(time: Duration) -> Duration {
    time.saturating_add(Duration::from_secs(1))
}

/// Something that can be asked, again and again, whether a service is well.
///
/// The contract that the [`Runner`](crate::Runner) relies on:
///
/// * **One at a time.** `probe` is never called while an earlier call is still going.
/// * **Cancel-safe.** The returned future may be dropped at any await. Nothing that the run started (a process, a
///   socket) may outlive the drop.
/// * **Own deadline.** The future ends by itself within [`limit`](Self::limit). One that does not is dropped then
///   and counts as a fail; one that panics counts as a fail too.
/// * **Cannot fail to answer.** What keeps a probe from finding out (no such file, no such user, no route) is a
///   [`Verdict::Fail`] with the reason, never a missing result: a check that vanishes would let a dead service
///   keep the address.
pub trait Probe: Send + Sync + 'static {
    /// What it looks at, in words for an operator: `TCP connect to 127.0.0.1:80`.
    fn name(&self) -> String;

    /// The longest that one call of [`probe`](Self::probe) takes.
    fn limit(&self) -> Duration;

    /// Looks once.
    fn probe(&self) -> BoxFuture<'_, Outcome>;

    /// Ends when another result than the last is to be had, so that a run need not wait for its time: there is one such run
    /// between two regular ones, and the next follows an interval later. Cancel-safe. Never, for a probe that finds out by
    /// looking.
    fn news(&self) -> BoxFuture<'_, ()> {
        futures::future::pending().boxed()
    }

    /// Whether a run may wait for somebody to speak: those that fall due meanwhile are not missed.
    fn listens(&self) -> bool {
        false
    }
}

impl<P: Probe + ?Sized> Probe for Box<P> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn limit(&self) -> Duration {
        (**self).limit()
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        (**self).probe()
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        (**self).news()
    }

    fn listens(&self) -> bool {
        (**self).listens()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Outcome;

    #[test]
    fn a_reason_is_one_line_and_short() {
        let all: [fn(String, Duration) -> Outcome; 3] = [Outcome::pass, Outcome::degraded, Outcome::fail];
        for of in all {
            let outcome = of(
                format!("moved to\r\n\u{1b}[31m{}", "ü".repeat(40_000)),
                Duration::ZERO,
            );
            assert!(
                outcome.reason.starts_with("moved to  ?[31m"),
                "{:.40}",
                outcome.reason
            );
            assert!(outcome.reason.len() <= 500 && outcome.reason.ends_with("ü…"));
            assert!(!outcome.reason.contains(char::is_control));
        }
        assert_eq!(Outcome::pass("exit 0", Duration::ZERO).reason, "exit 0");
    }
}
