//! Checks that cannot look for what this machine lacks: told once for all of them, and that it is over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Outcome, Probe, Verdict, look_from_here};

use super::{News, Tell};

/// How many there are.
pub(super) struct Lacking {
    tell: Tell,
    count: Mutex<usize>,
}

impl Lacking {
    pub(super) const fn new(tell: Tell) -> Self {
        Self {
            tell,
            count: Mutex::new(0),
        }
    }

    /// Held while it is told, so that what is told last is so.
    fn count(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn comes(&self, check: &str, reason: &str) {
        let mut count = self.count();
        *count = count.saturating_add(1);
        if *count == 1 {
            (self.tell)(News::Lack(check, reason));
        }
    }

    fn looks_again(&self) {
        let mut count = self.count();
        *count = count.saturating_sub(1);
        if *count == 0 {
            (self.tell)(News::LackOver);
        }
    }

    /// One that is no more has not looked: nothing is over by that.
    fn is_gone(&self) {
        let mut count = self.count();
        *count = count.saturating_sub(1);
    }
}

/// Looks at another machine from this one.
pub(super) struct FromHere {
    check: String,
    probe: Box<dyn Probe>,
    lacking: Arc<Lacking>,
    lacks: Mutex<bool>,
}

impl FromHere {
    pub(super) fn new(check: &str, probe: Box<dyn Probe>, lacking: &Arc<Lacking>) -> Self {
        Self {
            check: check.to_owned(),
            probe,
            lacking: Arc::clone(lacking),
            lacks: Mutex::new(false),
        }
    }

    fn hear(&self, outcome: &Outcome) {
        let lacks = outcome.verdict == Verdict::Unable;
        let mut before = self.lacks.lock().unwrap_or_else(PoisonError::into_inner);
        match (*before, lacks) {
            (false, true) => self.lacking.comes(&self.check, &outcome.reason),
            (true, false) => self.lacking.looks_again(),
            _ => {}
        }
        *before = lacks;
    }
}

impl Drop for FromHere {
    fn drop(&mut self) {
        if *self.lacks.get_mut().unwrap_or_else(PoisonError::into_inner) {
            self.lacking.is_gone();
        }
    }
}

impl Probe for FromHere {
    fn name(&self) -> String {
        self.probe.name()
    }

    fn limit(&self) -> Duration {
        self.probe.limit()
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            let outcome = look_from_here(&*self.probe).await;
            self.hear(&outcome);
            outcome
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_cannot_look_are_told_once_and_their_end_when_the_last_has_looked() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hearer = Arc::clone(&told);
        let tell: Tell = Arc::new(move |news| {
            hearer.lock().unwrap().push(match news {
                News::Lack(check, reason) => format!("{check}: {reason}"),
                News::LackOver => "over".to_owned(),
                _ => "something else".to_owned(),
            });
        });
        let take = || std::mem::take(&mut *told.lock().unwrap());
        let lacking = Arc::new(Lacking::new(tell));
        let check = |name| FromHere::new(name, vrrp_plan::unless(&[]), &lacking);
        let unable = Outcome {
            verdict: Verdict::Unable,
            ..Outcome::fail("Too many open files", Duration::ZERO)
        };
        let (pass, fail) = (
            Outcome::pass("", Duration::ZERO),
            Outcome::fail("", Duration::ZERO),
        );
        let (one, other) = (check("one"), check("other"));
        one.hear(&pass);
        one.hear(&unable);
        one.hear(&unable);
        other.hear(&unable);
        assert_eq!(take(), ["one: Too many open files"]);
        one.hear(&fail);
        assert!(take().is_empty(), "the other one cannot look yet");
        other.hear(&pass);
        assert_eq!(take(), ["over"]);
        other.hear(&unable);
        drop(other);
        assert_eq!(take(), ["other: Too many open files"]);
        one.hear(&unable);
        one.hear(&pass);
        assert_eq!(take(), ["one: Too many open files", "over"]);
    }
}
