//! What one target is told of one instance: a queue, the tries of its head, and what became of those before. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use crate::courier::Attempt;
use crate::news::{News, State};
use crate::patience::Patience;
use crate::result::{End, Outcome};

/// How many may wait; the oldest is given up for a newer one.
pub(crate) const WAITING_MAX: usize = 64;
/// How many outcomes are kept.
const OUTCOMES_MAX: usize = 8;

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What.
    pub news: News,
    /// What was told before, if anything was.
    pub previous: Option<State>,
    /// Which: grows with everything that is told by this node.
    pub epoch: u64,
}

/// The queue and its past.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    waiting: VecDeque<(Job, Instant)>,
    /// Tries of the first one.
    tries: u32,
    /// What went wrong with the last of them.
    trouble: Option<String>,
    due: Option<Instant>,
    outcomes: VecDeque<Outcome>,
    /// What it was last, told or not: the same state twice is told once.
    pub(crate) last: Option<State>,
    /// What was put into it last.
    pub(crate) told: Option<State>,
    /// Somebody works on it.
    pub(crate) attended: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Try this one.
    Try(Job),
    /// Look again then.
    Wait(Instant),
    /// Nothing waits.
    Rest,
}

impl Lane {
    /// One more at the end. The answer: what was given up for it.
    pub(crate) fn push(&mut self, job: Job, now: Instant) -> Option<Outcome> {
        self.waiting.push_back((job, now));
        // The first one may be under way: it is not taken away from whoever carries it.
        let second = (self.waiting.len() > WAITING_MAX)
            .then(|| self.waiting.remove(1))
            .flatten();
        let (job, pushed) = second?;
        Some(self.end(job, pushed, now, End::Dropped, 0, String::new()))
    }

    pub(crate) fn step(&self, now: Instant) -> Step {
        match (self.waiting.front(), self.due) {
            (None, _) => Step::Rest,
            (Some(_), Some(due)) if due > now => Step::Wait(due),
            (Some((job, _)), _) => Step::Try(job.clone()),
        }
    }

    /// A try of the first one ended. The answer: how the job did, if it is over.
    pub(crate) fn tried(
        &mut self,
        attempt: Attempt,
        patience: &Patience,
        chance: u16,
        last_chance: bool,
        now: Instant,
    ) -> Option<Outcome> {
        self.tries += 1;
        let (end, answer) = match attempt {
            Attempt::Done(answer) => (End::Arrived, answer),
            Attempt::Never(answer) => (End::Refused, answer),
            Attempt::Later(answer) => match patience.pause(self.tries, chance) {
                Some(_) if last_chance => (End::Abandoned, answer),
                Some(pause) => {
                    self.due = now.checked_add(pause);
                    self.trouble = Some(answer);
                    return None;
                }
                None => (End::GivenUp, answer),
            },
        };
        self.first_is_over(end, answer, now)
    }

    /// The first one is not tried any more.
    pub(crate) fn first_is_over(&mut self, end: End, answer: String, now: Instant) -> Option<Outcome> {
        let (job, pushed) = self.waiting.pop_front()?;
        let tries = std::mem::take(&mut self.tries);
        self.trouble = None;
        self.due = None;
        Some(self.end(job, pushed, now, end, tries, answer))
    }

    /// Pauses are over: it is now or never.
    pub(crate) const fn hurry(&mut self) {
        self.due = None;
    }

    fn end(
        &mut self,
        job: Job,
        pushed: Instant,
        now: Instant,
        end: End,
        tries: u32,
        answer: String,
    ) -> Outcome {
        let outcome = Outcome {
            state: job.news.state,
            at: job.news.at,
            epoch: job.epoch,
            end,
            ended: SystemTime::now(),
            took: now.saturating_duration_since(pushed),
            tries,
            answer,
        };
        self.outcomes.push_back(outcome.clone());
        while self.outcomes.len() > OUTCOMES_MAX {
            self.outcomes.pop_front();
        }
        outcome
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn first(&self) -> Option<State> {
        self.waiting.front().map(|(job, _)| job.news.state)
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    pub(crate) fn next_in(&self, now: Instant) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(now))
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes.iter().cloned().collect()
    }
}
