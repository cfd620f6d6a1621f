//! `$NAME=value`, and `$NAME` or `${NAME}` where it is used.

use std::collections::HashMap;

use super::{Expansion, folder, lines, random, whole};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Pasted, Text};
use crate::source::Span;

/// What one use of a parameter counts for among the bytes that a configuration may unfold to.
const USE_COST: usize = 256;

/// How deep parameters may be made of parameters.
const DEPTH_MAX: usize = 256;

/// Parameters by name: their lines.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    values: HashMap<Vec<u8>, Vec<Vec<u8>>>,
    /// A definition that goes on with the next line, and where it began.
    open: Option<(Vec<u8>, Span)>,
}

impl Definitions {
    /// Takes a line that belongs to a definition begun before.
    pub(super) fn goes_on(&mut self, text: &Text<'_>) -> bool {
        let Some((name, span)) = self.open.take() else {
            return false;
        };
        let text = lines::trimmed(text);
        let (line, more) = continued(&text.bytes);
        if let Some(lines) = self.values.get_mut(&name) {
            lines.push(line.to_vec());
        }
        if more {
            self.open = Some((name, span));
        }
        true
    }

    /// A definition goes on with the next line.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The definition that the end of the file cuts off.
    pub(super) fn end_of_file(&mut self) -> Option<Span> {
        self.open.take().map(|(_, span)| span)
    }

    /// Takes a line that defines a parameter.
    pub(super) fn define(&mut self, text: &Text<'_>) -> bool {
        let text = &lines::trimmed(text);
        let Some((name, value)) = definition(text) else {
            return false;
        };
        let (line, more) = continued(value.trim_ascii());
        self.values.insert(name.to_vec(), vec![line.to_vec()]);
        if more {
            self.open = Some((name.to_vec(), whole(text)));
        }
        true
    }

    /// Sets a parameter for the lines that a sequence makes. It keeps the last value behind them, as with keepalived.
    pub(super) fn set(&mut self, name: &[u8], value: Vec<u8>) {
        self.values.insert(name.to_vec(), vec![value]);
    }
}

/// Name and value of a line, without blanks around it, that defines a parameter.
pub(super) fn definition<'t>(text: &'t Text<'_>) -> Option<(&'t [u8], &'t [u8])> {
    let rest = text.bytes.strip_prefix(b"$")?;
    let length = rest.iter().take_while(|byte| is_name(**byte)).count();
    let name = rest.get(..length).filter(|name| begins_name(name))?;
    let value = rest.get(length..)?.strip_prefix(b"=")?;
    Some((name, value))
}

/// A line of a definition, and whether it goes on with the next.
fn continued(line: &[u8]) -> (&[u8], bool) {
    line.strip_suffix(b"\\")
        .map_or((line, false), |line| (line.trim_ascii(), true))
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// keepalived takes no digit for the first letter of a name.
fn begins_name(name: &[u8]) -> bool {
    name.first().is_some_and(|first| !first.is_ascii_digit())
}

/// A parameter where it is used.
struct Use {
    /// Bytes of the text it takes up.
    from: usize,
    to: usize,
    name: Vec<u8>,
}

/// The first use at or behind `from`. Without braces, a blank or the end must follow.
fn next_use(text: &[u8], from: usize) -> Option<Use> {
    for at in from..text.len() {
        let Some([b'$', rest @ ..]) = text.get(at..) else {
            continue;
        };
        if let [b'{', inner @ ..] = rest {
            let length = inner
                .iter()
                .take_while(|byte| is_name(**byte) || **byte == b' ')
                .count();
            if inner.get(length) == Some(&b'}') && begins_name(inner.get(..length)?) {
                let name = inner.get(..length)?.to_vec();
                return Some(Use {
                    from: at,
                    to: at.saturating_add(length).saturating_add(3),
                    name,
                });
            }
        } else {
            let length = rest.iter().take_while(|byte| is_name(**byte)).count();
            if begins_name(rest.get(..length)?) && rest.get(length).is_none_or(u8::is_ascii_whitespace) {
                let name = rest.get(..length)?.to_vec();
                return Some(Use {
                    from: at,
                    to: at.saturating_add(length).saturating_add(1),
                    name,
                });
            }
        }
    }
    None
}

/// Names that mean something in every file.
const BUILT_IN: [&[u8]; 4] = [b"_PWD", b"_INSTANCE", b"_HASH", b"_BANG"];

/// How often a line is looked at again for uses that came about by putting in others.
const AGAIN_MAX: usize = 16;

/// Whether a text would be read as ending in a parameter that every file has, if a blank followed.
pub(crate) fn ends_in_use(text: &[u8]) -> bool {
    let name = text.rsplit(|byte| *byte == b'$').next().unwrap_or_default();
    name.len() < text.len() && BUILT_IN.contains(&name)
}

impl Expansion<'_> {
    /// The lines of the definition that a line names, and does nothing else.
    pub(super) fn pasted(&self, text: &Text<'_>) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let text = lines::trimmed(text);
        let found = next_use(&text.bytes, 0)?;
        let alone = found.from == 0 && found.to == text.bytes.len();
        let lines = self
            .definitions
            .values
            .get(&found.name)
            .filter(|lines| alone && lines.len() > 1)?;
        Some((found.name, lines.clone()))
    }

    /// Reads these one after the other, as lines of the file: one may define what the next ones use.
    pub(super) fn paste(
        &mut self,
        text: &Text<'_>,
        name: Vec<u8>,
        lines: &[Vec<u8>],
        path: &str,
        pasted: &mut Pasted,
    ) {
        let place = whole(text);
        if self.pasting.contains(&name) {
            return self.circle(&name, place);
        }
        if self.pasting.len() >= DEPTH_MAX {
            return self.too_deep(&name, place);
        }
        self.pasting.push(name);
        for line in lines {
            if !self.room(USE_COST, place) {
                break;
            }
            let mut one = Text::empty(place.file);
            one.push(line, place);
            let one = lines::unescaped(&one);
            let one = lines::without_comment(&one);
            self.line(&one, path, pasted);
        }
        self.pasting.pop();
    }

    /// The lines a line becomes when all its parameters are put in, also those that come about by that.
    pub(super) fn resolve(&mut self, text: &Text<'_>, path: &str) -> Vec<Text<'static>> {
        let mut lines = self.substitute(text, path, &mut Vec::new());
        for _ in 0..AGAIN_MAX {
            if !lines.iter().any(|line| self.has_use(line, path)) {
                return lines;
            }
            lines = (lines.iter())
                .flat_map(|line| self.substitute(line, path, &mut Vec::new()))
                .collect();
        }
        if lines.iter().any(|line| self.has_use(line, path)) {
            let found = Diagnostic::fatal(
                "definition-circle",
                whole(text),
                "the parameters of this line make others without end",
            );
            let found = found.silent().effect("nothing is started");
            self.findings.push(found.help("write the line without them"));
            return Vec::new();
        }
        lines
    }

    /// Whether a line, if it can be read at all, uses a parameter that is defined.
    fn has_use(&self, text: &Text<'_>, path: &str) -> bool {
        let mut at = 0;
        while let Some(found) = next_use(&text.bytes, at) {
            if self.value(&found.name, path).is_some() {
                return text.bytes.len() <= lines::LINE_BYTES_MAX;
            }
            at = found.to;
        }
        false
    }

    /// The lines a line becomes when its parameters are put in. `within` names the parameters it is part of.
    pub(super) fn substitute(
        &mut self,
        text: &Text<'_>,
        path: &str,
        within: &mut Vec<Vec<u8>>,
    ) -> Vec<Text<'static>> {
        let mut out = vec![Text::empty(text.file())];
        let mut at = 0usize;
        while let Some(found) = next_use(&text.bytes, at) {
            let place = text.span(found.from, found.to.saturating_sub(found.from));
            append(&mut out, text, at, found.from);
            at = found.to;
            match self.value(&found.name, path) {
                Some(_) if within.contains(&found.name) => self.circle(&found.name, place),
                Some(_) if within.len() >= DEPTH_MAX => {
                    self.too_deep(&found.name, place);
                    break;
                }
                Some(lines) => {
                    self.draw(&found.name, place);
                    within.push(found.name);
                    self.put(&mut out, &lines, place, path, within);
                    within.pop();
                }
                // Names that are not defined stay as they are.
                None => append(&mut out, text, found.from, found.to),
            }
            // Longer lines are left out whole: no need to go on.
            let too_long = out.iter().any(|line| line.bytes.len() > lines::LINE_BYTES_MAX);
            if too_long || !self.room(USE_COST, place) {
                break;
            }
        }
        append(&mut out, text, at, text.bytes.len());
        out
    }

    /// The next use of `${_RANDOM}` gets another number.
    fn draw(&mut self, name: &[u8], place: Span) {
        if !random::is_random(name) {
            return;
        }
        self.drawn = self.drawn.saturating_add(1);
        let found = Diagnostic::warning("random-value", place, "this value is drawn by lot").silent();
        let found = found.effect(
            "the node draws the same one each time it reads the file; keepalived draws another at each start and reload",
        );
        self.findings.push(found.help("write the value that is meant"));
    }

    fn circle(&mut self, name: &[u8], place: Span) {
        let text = format!("${} is made of itself", String::from_utf8_lossy(name));
        let found = Diagnostic::fatal("definition-circle", place, text)
            .silent()
            .effect("nothing is started");
        self.findings.push(found.help("define it without its own name"));
    }

    fn too_deep(&mut self, name: &[u8], place: Span) {
        let text = format!(
            "${} is made of parameters that are made of others, more than {DEPTH_MAX} deep",
            String::from_utf8_lossy(name)
        );
        let found = Diagnostic::fatal("definition-too-deep", place, text)
            .silent()
            .effect("nothing is started");
        self.findings
            .push(found.help("write the value itself into one of them"));
    }

    /// Puts the lines of a value behind the text so far.
    fn put(
        &mut self,
        out: &mut Vec<Text<'static>>,
        lines: &[Vec<u8>],
        place: Span,
        path: &str,
        within: &mut Vec<Vec<u8>>,
    ) {
        for (number, line) in lines.iter().enumerate() {
            if !self.room(USE_COST, place) {
                return;
            }
            let mut text = Text::empty(place.file);
            text.push(line, place);
            for (inner, resolved) in self.substitute(&text, path, within).into_iter().enumerate() {
                if number == 0 && inner == 0 {
                    append(out, &resolved, 0, resolved.bytes.len());
                } else {
                    out.push(resolved);
                }
            }
        }
    }

    fn value(&self, name: &[u8], path: &str) -> Option<Vec<Vec<u8>>> {
        if let Some(lines) = self.definitions.values.get(name) {
            return Some(lines.clone());
        }
        let one = |value: &[u8]| Some(vec![value.to_vec()]);
        match name {
            b"_PWD" => one(if folder(path).is_empty() {
                b"."
            } else {
                folder(path).as_bytes()
            }),
            b"_INSTANCE" => one(self.host.config_id.as_deref()?.as_bytes()),
            // They begin a comment, and that is what they are used for.
            b"_HASH" => one(b"#"),
            b"_BANG" => one(b"!"),
            _ if random::is_random(name) => {
                let node = self.host.config_id.as_deref().unwrap_or_default();
                one(random::value(name, node, self.drawn)?.to_string().as_bytes())
            }
            _ => {
                let variable = name.strip_prefix(b"_ENV ")?;
                let value = self
                    .host
                    .environment
                    .get(std::str::from_utf8(variable).ok()?.trim())?;
                one(value.as_bytes())
            }
        }
    }
}

fn append(out: &mut [Text<'static>], text: &Text<'_>, from: usize, to: usize) {
    if let Some(last) = out.last_mut() {
        last.push_part(text, from, to);
    }
}
