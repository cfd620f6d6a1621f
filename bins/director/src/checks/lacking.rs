//! Checks that cannot look for what this machine lacks: told once for all of them that lack the same, and that it is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Outcome, Probe, Verdict, look_from_here};

use super::{News, Tell};

/// How many there are of each kind: one that never comes from the address of its `bindto` does not hide that there are no
/// descriptors any more.
pub(super) struct Lacking {
    tell: Tell,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<String, usize>,
    /// That something is lacking was told, and not yet that it is over.
    is_told: bool,
}

impl Lacking {
    pub(super) fn new(tell: Tell) -> Self {
        Self {
            tell,
            state: Mutex::default(),
        }
    }

    /// Held while it is told, so that what is told last is so.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn comes(&self, check: &str, reason: &str) {
        let mut state = self.state();
        let count = state.counts.entry(kind(reason).to_owned()).or_default();
        *count = count.saturating_add(1);
        if *count == 1 {
            state.is_told = true;
            (self.tell)(News::Lack(check, reason));
        }
    }

    /// A check could look; before, it lacked that.
    fn looks(&self, before: Option<&str>) {
        let mut state = self.state();
        if let Some(kind) = before {
            less(&mut state.counts, kind);
        }
        if state.is_told && state.counts.is_empty() {
            state.is_told = false;
            (self.tell)(News::LackOver);
        }
    }

    /// One that is no more, or lacks something else, has not looked: nothing is over by that, before another one looks.
    fn is_gone(&self, kind: &str) {
        less(&mut self.state().counts, kind);
    }
}

fn less(counts: &mut BTreeMap<String, usize>, kind: &str) {
    let left = counts.get(kind).map_or(0, |count| count.saturating_sub(1));
    match counts.get_mut(kind).filter(|_| left > 0) {
        Some(count) => *count = left,
        None => drop(counts.remove(kind)),
    }
}

/// Of the words of a run only what the system has said at their end: whom it is about differs.
fn kind(reason: &str) -> &str {
    reason
        .rfind("(os error ")
        .and_then(|at| reason.get(at..))
        .unwrap_or_default()
}

/// Looks at another machine from this one.
pub(super) struct FromHere {
    check: String,
    probe: Box<dyn Probe>,
    lacking: Arc<Lacking>,
    /// Of which kind.
    lacks: Mutex<Option<String>>,
}

impl FromHere {
    pub(super) fn new(check: &str, probe: Box<dyn Probe>, lacking: &Arc<Lacking>) -> Self {
        Self {
            check: check.to_owned(),
            probe,
            lacking: Arc::clone(lacking),
            lacks: Mutex::new(None),
        }
    }

    fn hear(&self, outcome: &Outcome) {
        let reason = outcome.reason.as_str();
        let lacks = (outcome.verdict == Verdict::Unable).then(|| kind(reason).to_owned());
        let mut before = self.lacks.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*before, &lacks) {
            (Some(before), Some(now)) if before == now => {}
            (before, Some(_)) => {
                before.iter().for_each(|before| self.lacking.is_gone(before));
                self.lacking.comes(&self.check, reason);
            }
            (before, None) => self.lacking.looks(before.as_deref()),
        }
        *before = lacks;
    }
}

impl Drop for FromHere {
    fn drop(&mut self) {
        let lacks = self.lacks.get_mut().unwrap_or_else(PoisonError::into_inner);
        lacks.iter().for_each(|kind| self.lacking.is_gone(kind));
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
        one.hear(&fail);
        assert_eq!(
            take(),
            ["over"],
            "a reload has taken the last one that could not look"
        );
        one.hear(&unable);
        one.hear(&pass);
        one.hear(&pass);
        assert_eq!(take(), ["one: Too many open files", "over"]);
    }

    #[test]
    fn a_lack_that_stays_hides_no_other_one() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hearer = Arc::clone(&told);
        let tell: Tell = Arc::new(move |news| {
            hearer.lock().unwrap().push(match news {
                News::Lack(check, _) => check.to_owned(),
                News::LackOver => "over".to_owned(),
                _ => "something else".to_owned(),
            });
        });
        let take = || std::mem::take(&mut *told.lock().unwrap());
        let lacking = Arc::new(Lacking::new(tell));
        let check = |name| FromHere::new(name, vrrp_plan::unless(&[]), &lacking);
        let hear = |check: &FromHere, number: i32| {
            let error = std::io::Error::from_raw_os_error(number);
            check.hear(&Outcome {
                verdict: Verdict::Unable,
                ..Outcome::fail(format!("{}: {error}", check.check), Duration::ZERO)
            });
        };
        let (no_address, no_descriptor) = (99, 24);
        let (one, two, other) = (check("one"), check("two"), check("other"));
        hear(&one, no_address);
        hear(&two, no_address);
        assert_eq!(take(), ["one"], "the same");
        hear(&other, no_descriptor);
        hear(&two, no_descriptor);
        assert_eq!(take(), ["other"]);
        let pass = Outcome::pass("", Duration::ZERO);
        other.hear(&pass);
        two.hear(&pass);
        assert!(take().is_empty(), "one cannot look yet");
        hear(&other, no_descriptor);
        assert_eq!(take(), ["other"], "it was over for all of its kind");
        other.hear(&pass);
        one.hear(&pass);
        assert_eq!(take(), ["over"]);
    }
}
