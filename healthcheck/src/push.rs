//! A check that an application answers by itself, before it is asked.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::output::{end, printable};
use crate::probe::{Outcome, Probe, Verdict};

#[derive(Debug, Clone)]
struct Word {
    at: Instant,
    verdict: Verdict,
    text: String,
}

/// With it an application says how it is; cheap to clone.
#[derive(Clone)]
pub struct PushHandle {
    last: watch::Sender<Option<Word>>,
}

impl fmt::Debug for PushHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushHandle").finish_non_exhaustive()
    }
}

impl PushHandle {
    /// How it is; counts for the probe's time to live from now on. Of the text the last 4 KB are kept, without control
    /// characters; its first line is the reason. Never blocks for long, however often it is called.
    pub fn say(&self, verdict: Verdict, text: &str) {
        let word = Word {
            at: Instant::now(),
            verdict,
            text: printable(end(text.as_bytes())),
        };
        self.last.send_replace(Some(word));
    }

    /// It is well.
    pub fn pass(&self, text: &str) {
        self.say(Verdict::Pass, text);
    }

    /// It is not.
    pub fn fail(&self, text: &str) {
        self.say(Verdict::Fail, text);
    }

    /// Another probe of what it says, for another time to live: what was said so far counts on.
    #[must_use]
    pub fn probe(&self, ttl: Duration) -> PushProbe {
        PushProbe {
            last: self.last.subscribe(),
            ttl,
            since: Instant::now(),
            waits: false,
            looked: Mutex::new(None),
        }
    }
}

/// Fails unless the application has said within its time to live that it is well. A word that says something else than the
/// one before is looked at at once (one between two regular runs), silence at the first run after the time to live. The output of a run is what was said, where that is
/// more than a line.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Probe, push};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (handle, probe) = push(Duration::from_secs(10));
/// assert_eq!(probe.probe().await.reason, "nothing heard yet");
/// handle.pass("42 jobs done");
/// let outcome = probe.probe().await;
/// assert!(outcome.passed());
/// assert_eq!(outcome.reason, "42 jobs done");
/// # }
/// ```
pub struct PushProbe {
    last: watch::Receiver<Option<Word>>,
    ttl: Duration,
    since: Instant,
    waits: bool,
    /// What the last run has found: the word that there was, and what came of it.
    looked: Mutex<Option<(Option<Instant>, Verdict)>>,
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
    let handle = PushHandle {
        last: watch::Sender::new(None),
    };
    let probe = handle.probe(ttl);
    (handle, probe)
}

impl PushProbe {
    /// Before anything was said, a run waits for it, until the time to live is over from when the probe was made: whoever has
    /// just started gives the application the time that it would have otherwise.
    #[must_use]
    pub const fn patient(mut self) -> Self {
        self.waits = true;
        self
    }

    async fn look(&self) -> Outcome {
        let (began, mut last) = (Instant::now(), self.last.clone());
        if self.waits {
            let rest = self.ttl.saturating_sub(self.since.elapsed());
            // An error: nobody holds the other end any more, and nothing will be said.
            let _ = timeout(rest, last.wait_for(Option::is_some)).await;
        }
        let word = last.borrow().clone();
        let at = word.as_ref().map(|word| word.at);
        let outcome = self.judge(word, began);
        let looked = Some((at, outcome.verdict));
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = looked;
        outcome
    }

    /// A word that came after the last run, and says something else.
    fn is_news(&self, word: &Word) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.is_none_or(|(at, verdict)| at != Some(word.at) && verdict != word.verdict)
    }

    fn judge(&self, word: Option<Word>, began: Instant) -> Outcome {
        match word {
            None if self.waits => {
                let silent = self.since.elapsed();
                Outcome::fail(
                    format!("nothing heard for {silent:.1?}, never so far"),
                    began.elapsed(),
                )
            }
            None => Outcome::fail("nothing heard yet", began.elapsed()),
            Some(Word { at, .. }) if at.elapsed() > self.ttl => {
                let (silent, ttl) = (at.elapsed(), self.ttl);
                Outcome::fail(
                    format!("nothing heard for {silent:.1?}, {ttl:?} allowed"),
                    began.elapsed(),
                )
            }
            Some(Word { verdict, text, .. }) => told(verdict, &text, began.elapsed()),
        }
    }
}

fn told(verdict: Verdict, text: &str, took: Duration) -> Outcome {
    let line = text.lines().find(|line| !line.trim().is_empty());
    let reason = line.map_or_else(
        || format!("the application says {verdict}"),
        |line| line.trim().to_owned(),
    );
    let outcome = Outcome {
        verdict,
        ..Outcome::pass(reason, took)
    };
    if outcome.reason == text.trim() || line.is_none() {
        outcome
    } else {
        outcome.with_output(text.as_bytes())
    }
}

impl Probe for PushProbe {
    fn name(&self) -> String {
        format!("the application's own word, for {:?}", self.ttl)
    }

    fn limit(&self) -> Duration {
        let waits = if self.waits { self.ttl } else { Duration::ZERO };
        waits.saturating_add(Duration::from_secs(1))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        self.look().boxed()
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        async {
            let mut last = self.last.clone();
            let heard = last.wait_for(|word| word.as_ref().is_some_and(|word| self.is_news(word)));
            if heard.await.is_err() {
                // Nobody is there any more who could say something.
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    }

    fn listens(&self) -> bool {
        true
    }
}
