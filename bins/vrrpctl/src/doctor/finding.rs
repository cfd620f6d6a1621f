//! What one check has found.

use serde::Serialize;

/// How it stands; the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It could not be checked.
    Unchecked,
    /// It may go wrong.
    Warning,
    /// It is wrong now, or will be at the next change of roles.
    Fault,
}

/// One check of one thing. The field names of its JSON form stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Which check; the names stay.
    pub(super) check: &'static str,
    /// Of what: an instance, an interface; none: of the machine or the daemon as a whole.
    pub(super) about: Option<String>,
    pub(super) level: Level,
    /// What was found, or why nothing could be.
    pub(super) found: String,
    /// What that means; empty where all is well.
    pub(super) means: String,
    /// What to do; empty where there is nothing to do.
    pub(super) cure: String,
}

/// Findings of one check about one thing.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) check: &'static str,
    pub(super) about: Option<String>,
}

impl About {
    pub(super) const fn all(check: &'static str) -> Self {
        Self { check, about: None }
    }

    pub(super) fn one(check: &'static str, about: &str) -> Self {
        Self {
            check,
            about: Some(about.to_owned()),
        }
    }

    pub(super) fn ok(&self, found: impl Into<String>) -> Finding {
        self.finding(Level::Ok, found.into(), String::new(), String::new())
    }

    /// Why not, and what would make it possible.
    pub(super) fn unchecked(&self, why: impl Into<String>, cure: impl Into<String>) -> Finding {
        self.finding(Level::Unchecked, why.into(), String::new(), cure.into())
    }

    pub(super) fn warning(
        &self,
        found: impl Into<String>,
        means: impl Into<String>,
        cure: impl Into<String>,
    ) -> Finding {
        self.finding(Level::Warning, found.into(), means.into(), cure.into())
    }

    pub(super) fn fault(
        &self,
        found: impl Into<String>,
        means: impl Into<String>,
        cure: impl Into<String>,
    ) -> Finding {
        self.finding(Level::Fault, found.into(), means.into(), cure.into())
    }

    fn finding(&self, level: Level, found: String, means: String, cure: String) -> Finding {
        Finding {
            check: self.check,
            about: self.about.clone(),
            level,
            found,
            means,
            cure,
        }
    }
}
