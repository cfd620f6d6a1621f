//! Where a value came from, in words that outlive the parse.

use std::fmt;

use serde::Serialize;

use crate::model::{Origin, Sourced};
use crate::source::{SourceMap, Span};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Where {
    /// The file's path as it was given or included.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Came {
    /// Its own keyword.
    Line(Where),
    /// Another keyword that sets the default for many.
    Inherited {
        /// That keyword.
        keyword: &'static str,
        /// Its line.
        #[serde(flatten)]
        place: Where,
    },
    /// The default.
    Default,
    /// Another setting leaves no choice, or gives the default.
    Implied {
        /// Which, and how.
        because: &'static str,
    },
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(place) => place.fmt(f),
            Self::Inherited { keyword, place } => write!(f, "{place} ({keyword})"),
            Self::Default => f.write_str("default"),
            Self::Implied { because } => write!(f, "by {because}"),
        }
    }
}

/// Spans to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    pub(super) sources: &'a SourceMap,
}

impl Places<'_> {
    pub(super) fn of(self, span: Span) -> Where {
        let place = self.sources.place(span);
        Where {
            file: place.file,
            line: place.line,
        }
    }

    pub(super) fn line(self, span: Span) -> Came {
        Came::Line(self.of(span))
    }

    pub(super) fn came<T>(self, sourced: &Sourced<T>) -> Came {
        match sourced.origin {
            Origin::Line { span } => self.line(span),
            Origin::Inherited { keyword, span } => Came::Inherited {
                keyword,
                place: self.of(span),
            },
            Origin::Default => Came::Default,
            Origin::Implied { because } => Came::Implied { because },
        }
    }
}
