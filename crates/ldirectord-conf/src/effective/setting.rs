//! One directive, its value, and where it came from.

use std::time::Duration;

use keepalived_conf::{Came, Origin, Secret, Setting, SourceMap, Sourced, Span, Unit, Value, Where};

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

    fn came(self, origin: Origin) -> Came {
        match origin {
            Origin::Line { span } => Came::Line(self.of(span)),
            Origin::Inherited { keyword, span } => Came::Inherited {
                keyword,
                place: self.of(span),
            },
            Origin::Default => Came::Default,
            Origin::Implied { because } => Came::Implied { because },
        }
    }

    pub(super) fn with<T>(self, keyword: &'static str, sourced: &Sourced<T>, value: Value) -> Setting {
        Setting {
            keyword,
            unit: Unit::None,
            value,
            came: self.came(sourced.origin),
        }
    }

    pub(super) fn at(self, keyword: &'static str, span: Span, value: Value) -> Setting {
        self.with(keyword, &Sourced::line((), span), value)
    }

    pub(super) fn flag(self, keyword: &'static str, sourced: &Sourced<bool>) -> Setting {
        self.with(keyword, sourced, Value::Flag(sourced.value))
    }

    pub(super) fn number(self, keyword: &'static str, sourced: &Sourced<u32>) -> Setting {
        self.with(keyword, sourced, Value::Number(sourced.value.into()))
    }

    /// All of them are whole seconds.
    pub(super) fn time(self, keyword: &'static str, sourced: &Sourced<Duration>) -> Setting {
        let seconds = i64::try_from(sourced.value.as_secs()).unwrap_or(i64::MAX);
        Setting {
            unit: Unit::S,
            ..self.with(keyword, sourced, Value::Number(seconds))
        }
    }

    /// A text, or what is in force where there is none.
    pub(super) fn text(
        self,
        keyword: &'static str,
        set: Option<&Sourced<String>>,
        means: &'static str,
    ) -> Setting {
        let shown = |set: &Sourced<String>| self.with(keyword, set, Value::Text(set.value.clone()));
        set.map_or_else(|| unset(keyword, means), shown)
    }

    pub(super) fn secret(
        self,
        keyword: &'static str,
        set: Option<&Sourced<Secret>>,
        means: &'static str,
    ) -> Setting {
        let counted = |set: &Sourced<Secret>| {
            let octets = set.value.reveal().len();
            self.with(keyword, set, Value::Secret { octets })
        };
        set.map_or_else(|| unset(keyword, means), counted)
    }
}

pub(super) const fn unset(keyword: &'static str, means: &'static str) -> Setting {
    by_default(keyword, Value::Unset(means))
}

pub(super) const fn by_default(keyword: &'static str, value: Value) -> Setting {
    Setting {
        keyword,
        unit: Unit::None,
        value,
        came: Came::Default,
    }
}
