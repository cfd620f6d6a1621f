//! What is found in a file, what happens now, and what to do.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::source::Span;

/// How grave a finding is for what runs afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The file cannot be used at all.
    Fatal,
    /// One instance cannot be started; the rest can.
    InstanceDropped,
    /// A setting is not carried out as written.
    Error,
    /// Carried out, and probably not meant so.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word in front of the code: `error`, `warning`, `note`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fatal | Self::InstanceDropped | Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What keepalived itself says to the same words (`keepalived -t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keepalived {
    /// The file is not one of keepalived's.
    NotAsked,
    /// Nothing.
    #[default]
    Silent,
    /// Reports that scripts may be changed by others, and goes on.
    ReportsSecurity,
    /// Reports it and goes on.
    Reports,
    /// Does not start.
    Stops,
}

impl Keepalived {
    /// In a sentence; empty where keepalived has nothing to do with it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotAsked => "",
            Self::Silent => "keepalived says nothing about it",
            Self::ReportsSecurity => "keepalived reports the security of scripts and goes on",
            Self::Reports => "keepalived reports it and goes on",
            Self::Stops => "keepalived does not start",
        }
    }
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

pub(crate) const OWN_WORD: &str = "own-word";

/// One finding. Ordered lists of them are part of the public interface; wording may change, codes do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Gravity.
    pub severity: Severity,
    /// Stable name of the kind of finding, such as `unknown-keyword`.
    pub code: &'static str,
    /// Where; none for a finding about the whole (such as a missing file named on the command line).
    pub span: Option<Span>,
    /// The instance it concerns, by name.
    pub instance: Option<String>,
    /// What was found.
    pub message: String,
    /// What happens now; may be empty.
    pub effect: Cow<'static, str>,
    /// What to do; may be empty.
    pub help: Cow<'static, str>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What keepalived does at this point.
    pub keepalived: Keepalived,
}

impl Diagnostic {
    /// It says no more than that keepalived does not know a word that vrrpd has: of use only where both read the file.
    #[must_use]
    pub fn is_own_word(&self) -> bool {
        self.code == OWN_WORD
    }

    /// A finding that keepalived reports; see the more special ones below.
    #[must_use]
    pub fn new(severity: Severity, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            span: Some(span),
            instance: None,
            message: message.into(),
            effect: Cow::Borrowed(""),
            help: Cow::Borrowed(""),
            labels: Vec::new(),
            keepalived: Keepalived::Reports,
        }
    }

    /// The file cannot be used, by keepalived neither.
    #[must_use]
    pub fn fatal(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            keepalived: Keepalived::Stops,
            ..Self::new(Severity::Fatal, code, span, message)
        }
    }

    /// One instance cannot be started.
    #[must_use]
    pub fn dropped(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::InstanceDropped, code, span, message)
    }

    /// A setting is not carried out as written.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// Carried out, and probably not meant so.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// Good to know; keepalived says nothing.
    #[must_use]
    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message).silent()
    }

    /// A word that is read and changes nothing, and why nothing is lost by that.
    pub(crate) fn no_effect(span: Span, name: &str, why: &'static str) -> Self {
        Self::warning("no-effect", span, format!("{name} has no effect yet"))
            .silent()
            .effect(why)
            .help("nothing to do: service does not depend on it")
    }

    /// With what happens now.
    #[must_use]
    pub fn effect(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.effect = text.into();
        self
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.help = text.into();
        self
    }

    /// With a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Of this instance.
    #[must_use]
    pub fn about(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Of a file that keepalived does not read.
    #[must_use]
    pub const fn not_asked(mut self) -> Self {
        self.keepalived = Keepalived::NotAsked;
        self
    }

    /// keepalived says nothing here: the finding is our own.
    pub(crate) const fn silent(mut self) -> Self {
        self.keepalived = Keepalived::Silent;
        self
    }
}

/// Findings as they come, in the order of reading.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    /// How many there were of each code.
    counts: HashMap<&'static str, usize>,
    left_out: usize,
}

/// A hostile file may be wrong in one way on every line; nobody reads more of a kind than this.
const FINDINGS_MAX: usize = 1_000;

impl Findings {
    pub(crate) fn push(&mut self, found: Diagnostic) {
        let count = self.counts.entry(found.code).or_default();
        *count = count.saturating_add(1);
        // Never leave out what bars a start.
        if *count <= FINDINGS_MAX || found.severity <= Severity::InstanceDropped {
            self.list.push(found);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    pub(crate) fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        found.into_iter().for_each(|found| self.push(found));
    }

    /// How many there are so far: for [`Self::of_our_own`].
    pub(crate) const fn mark(&self) -> (usize, usize) {
        (self.list.len(), self.left_out)
    }

    /// What came since `mark` is about a check that keepalived runs, and costs no more than that check; whether an error is
    /// among it.
    pub(crate) fn of_a_check(&mut self, mark: (usize, usize), effect: &'static str) -> bool {
        let (from, _) = mark;
        for found in self.list.iter_mut().skip(from) {
            found.severity = found.severity.max(Severity::Error);
        }
        self.of_our_own(mark, effect)
    }

    /// What came since `mark` is about a block that keepalived does not know, and costs it; whether an error is among it.
    pub(crate) fn of_our_own(&mut self, mark: (usize, usize), effect: &'static str) -> bool {
        let (from, left_out) = mark;
        let mut spoilt = self.left_out > left_out;
        for found in self.list.iter_mut().skip(from) {
            found.keepalived = Keepalived::Silent;
            if found.severity <= Severity::Error {
                found.effect = Cow::Borrowed(effect);
                spoilt = true;
            }
        }
        spoilt
    }

    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        if let (true, Some(span)) = (self.left_out > 0, self.list.last().and_then(|last| last.span)) {
            let text = format!("{} more findings of the same kinds are not listed", self.left_out);
            self.list.push(Diagnostic::note("too-many-findings", span, text));
        }
        self.list
    }
}
