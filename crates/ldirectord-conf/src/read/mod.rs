//! Directives -> values.

mod address;
mod alert;
mod check;
mod fallback;
mod global;
mod judge;
mod real;
mod scheduling;
mod value;
mod virtual_server;

use std::collections::BTreeMap;

use keepalived_conf::{Diagnostic, Severity, Sourced, Span};

use crate::directive;
use crate::findings::Findings;
use crate::line::Directive;
use crate::model::Config;
use crate::names::Names;
use crate::section::Sections;

/// Real servers of a whole file: ranges multiply.
const REALS_MAX: usize = 1 << 18;

/// Reads what belongs to one thing: the file, or one virtual server.
pub(crate) struct Reader<'a> {
    names: &'a dyn Names,
    findings: &'a mut Findings,
    /// The virtual server that is read, by its name.
    of: Option<String>,
    /// An error keeps it from being carried out.
    spoilt: bool,
    /// Nothing is said: it has been said of the file already.
    mute: bool,
    /// How many real servers may still come.
    reals_left: usize,
}

/// Directives by their names; of those that may stand once the last.
#[derive(Default)]
pub(crate) struct Given<'d> {
    by_name: BTreeMap<&'static str, &'d Directive>,
    /// `real` and `real6`, in the order of the file.
    reals: Vec<&'d Directive>,
}

impl<'d> Given<'d> {
    fn get(&self, name: &str) -> Option<&'d Directive> {
        self.by_name.get(name).copied()
    }
}

/// The defaults that the file gives to virtual servers.
type Defaults<'d> = Given<'d>;

pub(crate) fn read(sections: &Sections, names: &dyn Names, findings: &mut Findings) -> Config {
    let mut reader = Reader {
        names,
        findings,
        of: None,
        spoilt: false,
        mute: false,
        reals_left: REALS_MAX,
    };
    let given = reader.given(&sections.global);
    let global = reader.global(&given);
    let virtuals = reader.virtuals(sections, &given);
    Config { global, virtuals }
}

impl Reader<'_> {
    fn given<'d>(&mut self, directives: &'d [Directive]) -> Given<'d> {
        let mut given = Given::default();
        for directive in directives {
            let Some(known) = directive::find(&directive.name) else {
                continue;
            };
            if let Some(why) = known.no_effect {
                self.findings.push(
                    Diagnostic::note(
                        "no-effect",
                        directive.name_span,
                        format!("{} has no effect here", known.name),
                    )
                    .effect(why)
                    .help("nothing to do"),
                );
                continue;
            }
            if matches!(known.name, "real" | "real6") {
                given.reals.push(directive);
                continue;
            }
            if !directive.equals {
                self.fault(
                    "no-value",
                    directive.name_span,
                    format!("{} has no =", known.name),
                    format!("write {} = VALUE", known.name),
                );
                continue;
            }
            if let Some(before) = given.by_name.insert(known.name, directive) {
                let found = Diagnostic::warning(
                    "repeated",
                    directive.name_span,
                    format!("{} stands here a second time", known.name),
                );
                let found = found
                    .effect("the last one counts")
                    .help("take the other out")
                    .label(before.name_span, "the one before");
                self.findings.push(found);
            }
        }
        given
    }

    /// A mistake of which ldirectord refuses the whole file: it costs the virtual server it stands in, or a directive of
    /// the file its effect.
    fn fault(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.mute {
            return;
        }
        let found = match &self.of {
            Some(name) => {
                self.spoilt = true;
                Diagnostic::dropped(code, span, message)
                    .about(name.clone())
                    .effect("this virtual server is not carried out")
            }
            None => Diagnostic::error(code, span, message).effect("the directive is ignored"),
        };
        self.findings.push(found.help(help.into()));
    }

    /// A mistake that costs what it stands in only.
    fn lost(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        effect: &'static str,
        help: impl Into<String>,
    ) {
        self.say(Severity::Error, code, span, message, effect, help);
    }

    fn warn(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        effect: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.say(Severity::Warning, code, span, message, effect, help);
    }

    fn note(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        effect: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.say(Severity::Note, code, span, message, effect, help);
    }

    fn say(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        effect: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut found = Diagnostic::new(severity, code, span, message)
            .effect(effect.into())
            .help(help.into());
        found.instance.clone_from(&self.of);
        if !self.mute {
            self.findings.push(found);
        }
    }

    /// The virtual server's own, or the file's, of which everything has been said already.
    fn either<T>(
        &mut self,
        own: &Given<'_>,
        file: &Defaults<'_>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &Directive) -> Option<Sourced<T>>,
    ) -> Option<Sourced<T>> {
        if let Some(directive) = own.get(name) {
            return read(self, directive);
        }
        let directive = file.get(name)?;
        let value = self.quietly(|reader| read(reader, directive))?;
        Some(value.inherited(name))
    }

    fn quietly<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.mute, true);
        let value = read(self);
        self.mute = before;
        value
    }
}

/// The value, or the default.
fn or_default<T>(value: Option<Sourced<T>>, default: T) -> Sourced<T> {
    value.unwrap_or_else(|| Sourced::default(default))
}
