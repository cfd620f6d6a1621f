//! `~SEQ(…)`, `~SEQx(…)` and `~LST(…)`: a line once for each value.

use super::Expansion;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Text, blank};

/// The most values of one sequence.
const VALUES_MAX: usize = 65_536;

/// The most sequences of one line.
const DEPTH_MAX: usize = 128;

/// What one line counts for among the bytes that a configuration may unfold to.
const LINE_COST: usize = 256;

/// One sequence in a line.
struct Sequence {
    /// Bytes of the line it takes up.
    from: usize,
    to: usize,
    names: Vec<Vec<u8>>,
    /// For each round the value of each name.
    rounds: Vec<Vec<Vec<u8>>>,
}

impl Expansion<'_> {
    /// The lines that a line becomes. `depth` counts the sequences it came from.
    pub(super) fn unfold(&mut self, text: &Text<'_>, path: &str, depth: usize) -> Vec<Text<'static>> {
        let Some(start) = start(&text.bytes) else {
            let lines = self.resolve(text, path);
            // What was put in may hold a sequence.
            let more = lines.iter().any(|line| start(&line.bytes).is_some());
            return if more {
                self.each(&lines, path, depth)
            } else {
                lines
            };
        };
        if depth > DEPTH_MAX {
            let found = Diagnostic::fatal(
                "too-many-sequences",
                text.span(start, 4),
                "sequences make sequences",
            );
            self.findings.push(
                found
                    .silent()
                    .effect("nothing is started")
                    .help("write fewer in one line"),
            );
            return Vec::new();
        }
        let settled = self.arguments(text, start, path);
        let text = settled.as_ref().unwrap_or(text);
        let Some(sequence) = read(&text.bytes, start) else {
            let found = Diagnostic::error(
                "bad-sequence",
                text.span(start, 4),
                "this sequence cannot be read",
            )
            .effect("it stays as it is, as with keepalived")
            .help("write ~SEQ(name,start,step,end) or ~LST(name,value,…)");
            self.findings.push(found);
            return self.resolve(text, path);
        };
        let mut without = Text::empty(text.file());
        without.push_part(text, 0, sequence.from);
        without.push_part(text, sequence.to, text.bytes.len());
        let mut out = Vec::new();
        for round in sequence.rounds {
            for (name, value) in sequence.names.iter().zip(round) {
                self.definitions.set(name, value);
            }
            let lines = self.unfold(&without, path, depth.saturating_add(1));
            let cost = lines.len().saturating_mul(LINE_COST);
            out.extend(lines);
            if !self.room(cost, text.span(start, 4)) {
                return Vec::new();
            }
        }
        out
    }

    /// The line with the parameters between the parentheses of a `~SEQ` put in; those of a list are put in later.
    fn arguments(&mut self, text: &Text<'_>, start: usize, path: &str) -> Option<Text<'static>> {
        let open = text
            .bytes
            .iter()
            .position(|byte| *byte == b'(')?
            .saturating_add(1);
        let close = text.bytes.iter().position(|byte| *byte == b')')?;
        let inner = text.bytes.get(open..close)?;
        let list = text
            .bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(b"~LST"));
        if list || !inner.contains(&b'$') {
            return None;
        }
        let mut out = Text::empty(text.file());
        out.push_part(text, 0, open);
        for (number, part) in inner.split(|byte| *byte == b',').enumerate() {
            let place = text.span(open, inner.len());
            if number > 0 {
                out.push(b",", place);
            }
            let mut alone = Text::empty(text.file());
            alone.push(part.trim_ascii(), place);
            let lines = self.resolve(&alone, path);
            let line = lines.first()?;
            out.push_part(line, 0, line.bytes.len());
        }
        out.push_part(text, close, text.bytes.len());
        Some(out)
    }

    fn each(&mut self, lines: &[Text<'_>], path: &str, depth: usize) -> Vec<Text<'static>> {
        lines
            .iter()
            .flat_map(|line| self.unfold(line, path, depth.saturating_add(1)))
            .collect()
    }
}

/// A sequence begins its line; elsewhere it is text.
fn start(text: &[u8]) -> Option<usize> {
    let mut from = 0usize;
    while let Some(length) = text.get(from..).map(blank).filter(|length| *length > 0) {
        from = from.saturating_add(length);
    }
    let rest = text.get(from..)?;
    (rest.starts_with(b"~SEQ") || rest.starts_with(b"~LST")).then_some(from)
}

fn read(text: &[u8], from: usize) -> Option<Sequence> {
    let rest = text.get(from..)?;
    let list = rest.starts_with(b"~LST");
    let open = rest.iter().position(|byte| *byte == b'(')?;
    let hexadecimal = match rest.get(4..open)? {
        b"" => false,
        b"x" if !list => true,
        _ => return None,
    };
    let length = rest.get(open..)?.iter().position(|byte| *byte == b')')?;
    let inner = rest.get(open.saturating_add(1)..open.saturating_add(length))?;
    let to = from.saturating_add(open).saturating_add(length).saturating_add(1);
    let (names, rounds) = if list {
        values(inner)?
    } else {
        numbers(inner, hexadecimal)?
    };
    Some(Sequence {
        from,
        to,
        names,
        rounds,
    })
}

type Rounds = (Vec<Vec<u8>>, Vec<Vec<Vec<u8>>>);

/// `name,[start,[step,]]end`
fn numbers(inner: &[u8], hexadecimal: bool) -> Option<Rounds> {
    let text = std::str::from_utf8(inner).ok()?;
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (name, start, step, end) = match parts.as_slice() {
        [name, end] => (name, 1, None, number(end)?),
        [name, start, end] => (name, number(start)?, None, number(end)?),
        [name, start, step, end] => (name, number(start)?, Some(number(step)?), number(end)?),
        _ => return None,
    };
    let step = step.unwrap_or(if end < start { -1 } else { 1 });
    if step == 0 || name.is_empty() {
        return None;
    }
    let mut rounds = Vec::new();
    let mut at = start;
    while (step > 0 && at <= end) || (step < 0 && at >= end) {
        let text = if hexadecimal {
            format!("{at:x}")
        } else {
            at.to_string()
        };
        rounds.push(vec![text.into_bytes()]);
        if rounds.len() > VALUES_MAX {
            return None;
        }
        at = at.checked_add(step)?;
    }
    Some((vec![name.as_bytes().to_vec()], rounds))
}

/// A number as C reads it: with 0x in hexadecimal, with another 0 in octal.
fn number(part: &str) -> Option<i64> {
    match part.strip_prefix('0') {
        Some(digits) if digits.starts_with('x') => i64::from_str_radix(digits.get(1..)?, 16).ok(),
        Some(digits) if !digits.is_empty() => i64::from_str_radix(digits, 8).ok(),
        _ => part.parse().ok(),
    }
}

/// `name,value,…` or `{name,name},{value,value},…`
fn values(inner: &[u8]) -> Option<Rounds> {
    let tuple = |part: &[u8]| -> Vec<Vec<u8>> {
        part.split(|byte| *byte == b',')
            .map(|value| value.trim_ascii().to_vec())
            .collect()
    };
    if !inner.trim_ascii_start().starts_with(b"{") {
        let unbraced = |value: Vec<u8>| {
            let inner = value.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
            inner.map_or(value.clone(), <[u8]>::to_vec)
        };
        let parts: Vec<_> = tuple(inner).into_iter().map(unbraced).collect();
        let blank = |part: &Vec<u8>| part.iter().any(u8::is_ascii_whitespace);
        let (name, values) = parts.split_first()?;
        return (!parts.iter().any(blank)).then(|| {
            (
                vec![name.clone()],
                values.iter().map(|value| vec![value.clone()]).collect(),
            )
        });
    }
    let groups = inner.split(|byte| *byte == b'{').skip(1);
    let mut groups = groups.map(|group| {
        group
            .split(|byte| *byte == b'}')
            .next()
            .map(tuple)
            .unwrap_or_default()
    });
    let names = groups.next()?;
    let rounds: Vec<_> = groups.collect();
    rounds
        .iter()
        .all(|round| round.len() == names.len())
        .then_some((names, rounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(text: &str) -> Vec<String> {
        let sequence = read(text.as_bytes(), 0).unwrap();
        let join = |round: &Vec<Vec<u8>>| {
            round
                .iter()
                .map(|v| String::from_utf8_lossy(v).into_owned())
                .collect::<Vec<_>>()
                .join("+")
        };
        sequence.rounds.iter().map(join).collect()
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(rounds("~SEQ(v,3)"), ["1", "2", "3"]);
        assert_eq!(rounds("~SEQ(v,1,2,5) x"), ["1", "3", "5"]);
        assert_eq!(rounds("~SEQ(v,3,1)"), ["3", "2", "1"]);
        assert_eq!(rounds("~SEQx(v,14,17)"), ["e", "f", "10", "11"]);
        assert_eq!(rounds("~SEQx(v,0x90,0x10,0xb0)"), ["90", "a0", "b0"]);
        assert_eq!(rounds("~LST(v,a, b)"), ["a", "b"]);
        assert_eq!(rounds("~LST({a,b},{E,31},{F,32})"), ["E+31", "F+32"]);
    }

    #[test]
    fn endless_ones_are_not_read() {
        assert!(read(b"~SEQ(v,1,0,5)", 0).is_none());
        assert!(read(b"~SEQ(v,1,99999999)", 0).is_none());
        assert!(read(b"~SEQ(v,1", 0).is_none());
        assert!(read(b"~LST({a,b},{1})", 0).is_none());
    }
}
