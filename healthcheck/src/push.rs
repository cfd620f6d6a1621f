//! A check that an application answers by itself, before it is asked.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::output::{end, printable};
use crate::probe::{Outcome, Probe, Verdict};

#[derive(Debug, Clone)]
struct Word {
    at: Instant,
    verdict: Verdict,
    reason: String,
}

type Last = Arc<Mutex<Option<Word>>>;

/// With it an application says how it is; cheap to clone.
#[derive(Clone)]
pub struct PushHandle {
    last: Last,
}

impl fmt::Debug for PushHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushHandle").finish_non_exhaustive()
    }
}

impl PushHandle {
    /// How it is; counts for the probe's time to live from now on. Of the reason the last 4 KB are kept, without control
    /// characters. Never blocks for long.
    pub fn say(&self, verdict: Verdict, reason: &str) {
        let word = Word {
            at: Instant::now(),
            verdict,
            reason: printable(end(reason.as_bytes())),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    }

    /// It is well.
    pub fn pass(&self, reason: &str) {
        self.say(Verdict::Pass, reason);
    }

    /// It is not.
    pub fn fail(&self, reason: &str) {
        self.say(Verdict::Fail, reason);
    }
}

/// Fails unless the application has said within its time to live that it is well. The health changes at the first run
/// of the check after the word, or after the end of the time to live.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Probe, push};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (handle, probe) = push(Duration::from_secs(10));
/// assert_eq!(probe.probe().await.reason, "the application has not said anything yet");
/// handle.pass("42 jobs done");
/// let outcome = probe.probe().await;
/// assert!(outcome.passed());
/// assert_eq!(outcome.reason, "42 jobs done");
/// # }
/// ```
pub struct PushProbe {
    last: Last,
    ttl: Duration,
}

impl fmt::Debug for PushProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushProbe")
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// Both ends of a check that is pushed; a word counts for `ttl`.
#[must_use]
pub fn push(ttl: Duration) -> (PushHandle, PushProbe) {
    let last = Last::default();
    let handle = PushHandle {
        last: Arc::clone(&last),
    };
    (handle, PushProbe { last, ttl })
}

impl Probe for PushProbe {
    fn name(&self) -> String {
        format!("the application's own word, for {:?}", self.ttl)
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outcome = match last {
            None => Outcome::fail("the application has not said anything yet", Duration::ZERO),
            Some(Word { at, .. }) if at.elapsed() > self.ttl => {
                let ago = at.elapsed();
                Outcome::fail(
                    format!(
                        "the application has said nothing for {ago:.1?}, {:?} allowed",
                        self.ttl
                    ),
                    Duration::ZERO,
                )
            }
            Some(Word { verdict, reason, .. }) => Outcome {
                verdict,
                ..Outcome::pass(reason, Duration::ZERO)
            },
        };
        async { outcome }.boxed()
    }
}
