//! Which directive belongs to what: the whole file, or the virtual server above it. Where ldirectord refuses a file
//! because of how it is set in, what a person meant is taken, and said.

use keepalived_conf::{Diagnostic, FileId, Span};

use crate::directive::{self, Scope, nearest};
use crate::findings::Findings;
use crate::line::{Directive, Holds, Indent, Line, lines};

/// A `virtual` and what is below it.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) head: Directive,
    pub(crate) given: Vec<Directive>,
    /// Something below it is not understood.
    pub(crate) spoilt: bool,
}

/// The directives of a file.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    pub(crate) global: Vec<Directive>,
    pub(crate) virtuals: Vec<Section>,
}

/// What an indented line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// No virtual server has begun.
    Nothing,
    /// The last one. `ended`: ldirectord takes it for ended by an empty line or a global directive; `flush`: its
    /// directives begin in column one.
    Virtual { ended: bool, flush: bool },
    /// A line in column one that is not understood: what follows was meant for something else than the last one.
    Unknown,
}

struct Sorter<'a> {
    sections: Sections,
    below: Below,
    findings: &'a mut Findings,
}

pub(crate) fn sections(file: FileId, bytes: &[u8], findings: &mut Findings) -> Sections {
    let mut sorter = Sorter {
        sections: Sections::default(),
        below: Below::Nothing,
        findings,
    };
    for line in lines(file, bytes) {
        sorter.line(line);
    }
    sorter.sections
}

impl Sorter<'_> {
    fn line(&mut self, line: Line) {
        if let (Some(span), Holds::Directive(_)) = (line.odd_blank, &line.holds) {
            self.findings.once(
                Diagnostic::warning(
                    "no-break-space",
                    span,
                    "there are no-break spaces, as web pages have them",
                )
                .effect("they are taken as blanks; ldirectord does not load such a file")
                .help("write blanks or tabs"),
            );
        }
        match line.holds {
            Holds::Comment => {}
            Holds::Nothing => self.end(),
            Holds::Directive(directive) => self.directive(line.indent, directive),
        }
    }

    /// ldirectord takes the last virtual server for ended.
    fn end(&mut self) {
        if let Below::Virtual { ended, .. } = &mut self.below {
            *ended = true;
        }
    }

    fn directive(&mut self, indent: Indent, directive: Directive) {
        let known = directive::find(&directive.name);
        match known.map(|known| (known.name, known.scope)) {
            None => self.unknown(indent, directive),
            Some(("virtual" | "virtual6", _)) => self.begin(indent, directive),
            Some((_, scope)) => self.known(indent, scope, directive),
        }
    }

    fn begin(&mut self, indent: Indent, directive: Directive) {
        if indent != Indent::None {
            self.findings.push(
                Diagnostic::warning(
                    "indented-virtual",
                    directive.name_span,
                    "this virtual server is indented",
                )
                .effect("it begins a section nevertheless; ldirectord does not load such a file")
                .help("begin the line in column one"),
            );
        }
        self.below = Below::Virtual {
            ended: false,
            flush: false,
        };
        self.sections.virtuals.push(Section {
            head: directive,
            given: Vec::new(),
            spoilt: false,
        });
    }

    fn known(&mut self, indent: Indent, scope: Scope, directive: Directive) {
        match (indent, self.below) {
            (
                Indent::None,
                Below::Virtual {
                    ended: false,
                    flush: true,
                },
            ) if scope != Scope::Global => {
                self.give_virtual(directive);
            }
            (Indent::None, Below::Virtual { .. }) if scope == Scope::Virtual => {
                self.said_flush(directive.name_span);
                self.below = Below::Virtual {
                    ended: false,
                    flush: true,
                };
                self.give_virtual(directive);
            }
            (Indent::None, _) if scope.is_global() => {
                self.end();
                self.sections.global.push(directive);
            }
            (Indent::None, _) | (_, Below::Nothing | Below::Unknown) if scope == Scope::Virtual => {
                self.belongs_to_nothing(&directive);
            }
            (_, Below::Virtual { .. }) if scope != Scope::Global => {
                self.said_indent(indent, directive.name_span);
                self.give_virtual(directive);
            }
            (_, Below::Unknown) => self.belongs_to_nothing(&directive),
            _ => {
                self.said_stray(&directive);
                self.sections.global.push(directive);
            }
        }
    }

    fn give_virtual(&mut self, directive: Directive) {
        if let Below::Virtual { ended: true, .. } = self.below {
            self.findings.push(
                Diagnostic::warning(
                    "after-the-end",
                    directive.name_span,
                    "an empty line or a global directive stands between this and its virtual server",
                )
                .effect("it belongs to the virtual server above; ldirectord does not load such a file")
                .help("take the empty line out, or make a comment of it"),
            );
            self.below = Below::Virtual {
                ended: false,
                flush: false,
            };
        }
        if let Some(section) = self.sections.virtuals.last_mut() {
            section.given.push(directive);
        }
    }

    fn unknown(&mut self, indent: Indent, directive: Directive) {
        let meant = nearest(&directive.name);
        let help = meant.map_or_else(
            || "take it out; man ldirectord lists the directives".to_owned(),
            |meant| format!("write {meant}"),
        );
        let said = format!("there is no directive '{}'", directive.name);
        let below = indent != Indent::None && matches!(self.below, Below::Virtual { .. });
        if indent != Indent::None && !directive.equals && meant.is_none() {
            self.findings.push(
                Diagnostic::error("stray-text", directive.span, "this is no directive: it has no =")
                    .effect("it is ignored; ldirectord does not load such a file")
                    .help("begin it with # if it belongs to a comment"),
            );
            return;
        }
        let section = self.sections.virtuals.last_mut().filter(|_| below);
        let found = if let Some(section) = section {
            section.spoilt = true;
            Diagnostic::dropped("unknown-directive", directive.name_span, said)
                .effect(
                    "its virtual server is not carried out, for it may be part of how servers are checked",
                )
                .help(help)
        } else if self.below == Below::Unknown && indent != Indent::None {
            return;
        } else {
            self.below = Below::Unknown;
            let effect = "the line is ignored; ldirectord does not load such a file";
            Diagnostic::error("unknown-directive", directive.name_span, said)
                .effect(effect)
                .help(help)
        };
        self.findings.push(found);
    }

    fn belongs_to_nothing(&mut self, directive: &Directive) {
        let found = Diagnostic::error(
            "no-virtual",
            directive.name_span,
            format!("{} belongs to no virtual server", directive.name),
        );
        let help = match self.below {
            Below::Unknown => "the line above that is not understood comes first",
            _ => "write it below a line virtual = ADDRESS:PORT",
        };
        self.findings.push(
            found
                .effect("it is ignored; ldirectord does not load such a file")
                .help(help),
        );
    }

    fn said_flush(&mut self, span: Span) {
        self.findings.once(
            Diagnostic::warning(
                "not-indented",
                span,
                "this belongs to a virtual server, and is not indented",
            )
            .effect("it belongs to the virtual server above; ldirectord does not load such a file")
            .help("begin the line with a tab or four blanks"),
        );
    }

    fn said_indent(&mut self, indent: Indent, span: Span) {
        if indent == Indent::Little {
            self.findings.once(
                Diagnostic::warning("little-indent", span, "this is indented by less than four blanks")
                    .effect("it belongs to the virtual server above; ldirectord does not load such a file")
                    .help("begin the line with a tab or four blanks"),
            );
        }
    }

    fn said_stray(&mut self, directive: &Directive) {
        let name = &directive.name;
        self.findings.push(
            Diagnostic::warning(
                "indented-global",
                directive.name_span,
                format!("{name} is for the whole file, and is indented"),
            )
            .effect("it is for the whole file; ldirectord does not load such a file")
            .help("begin the line in column one"),
        );
    }
}

impl Sections {
    /// Every directive.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Directive> {
        let below = self.virtuals.iter().flat_map(|section| &section.given);
        self.global.iter().chain(below)
    }
}
