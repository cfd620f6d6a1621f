//! Who carries it.

use std::collections::BTreeSet;
use std::fmt::Debug;

use futures::future::BoxFuture;

use crate::lane::Job;
use crate::patience::Patience;

/// How one try ended. Each with the answer, or what went wrong, in words without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It has arrived.
    Done(String),
    /// Perhaps later.
    Later(String),
    /// Not now, not later.
    Never(String),
}

/// Who has it already of those that one job is for: a later try leaves them out.
#[derive(Debug, Default)]
pub struct Reached {
    /// They have it.
    pub done: BTreeSet<String>,
    /// They refuse it.
    pub refused: BTreeSet<String>,
}

/// A way to tell. Each try has its own time limit.
pub trait Courier: Send + Sync + Debug {
    /// Where it goes, for people; no secrets.
    fn to(&self) -> String;
    /// When a try is repeated.
    fn patience(&self) -> Patience;
    /// One try. It may be dropped at any moment.
    fn attempt<'a>(&'a self, job: &'a Job, reached: &'a mut Reached) -> BoxFuture<'a, Attempt>;
}

/// An answer of somebody else, fit for a line of a log: its first words, without control characters.
#[cfg(any(feature = "mail", feature = "webhook", test))]
pub(crate) fn words(answer: &str) -> String {
    const CHARS_MAX: usize = 200;
    let mut said: String = answer
        .chars()
        .map(|one| match one {
            '\n' | '\r' | '\t' => ' ',
            one if one.is_control() => '?',
            one => one,
        })
        .take(CHARS_MAX)
        .collect();
    said.truncate(said.trim_end().len());
    said
}

/// What went wrong and what caused it, each word once.
#[cfg(any(feature = "mail", feature = "webhook", test))]
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = deeper.source();
    }
    words(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Layer {
        said: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn a_cause_that_is_said_already_is_not_said_again() {
        let layer = |said, source| Layer { said, source };
        let refused = layer("refused", None);
        let io = layer("io: refused", Some(Box::new(refused)));
        let top = layer("no connection", Some(Box::new(io)));
        assert_eq!(chain(&top), "no connection: io: refused");
    }

    #[test]
    fn an_answer_cannot_fill_or_forge_a_log() {
        assert_eq!(words("queued\r\n"), "queued");
        assert_eq!(words("a\u{1b}[2Jb\nNov 22 root: c"), "a?[2Jb Nov 22 root: c");
        assert_eq!(words(&"x".repeat(100_000)).len(), 200);
    }
}
