//! Every message of keepalived that names a fault of a file of a user has a finding of ours, at the same place.
//!
//! The files are not part of the project: found through `SHARED` or beside it, skipped in words where they are not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use keepalived_conf::{Asked, Diagnostic, Facts, Host, MemoryFiles, Node, Parsed, Span, judge, parse_for};
use serde_json::Value;
use table::{CLASSES, Where};

/// Messages that have no finding of ours: file, message, why.
const NOT_SAID: &[(&str, &str, &str)] = &[
    ("039", "Disabling track script *", "that machine had no nc"),
    (
        "042",
        "Disabling track script *",
        "that machine had no such script, for its name stands in escaped quotes",
    ),
    (
        "086",
        "*",
        "a virtual_server without a brace: told at its word, and its lines are read as its block",
    ),
    (
        "127",
        "*",
        "the instance is left out for want of a number: what it tracks is of no account",
    ),
    (
        "150",
        "*Unknown keyword 'vrrp_ipsets'",
        "that keepalived was built without sets of addresses; the word is known here, and has no effect",
    ),
    (
        "154",
        "*specified for garp_group doesn't exist",
        "that machine lacked an interface of the file",
    ),
];

/// What stands for `*` and `%` in a pattern; none if it does not fit. Gives what stands for `%`.
fn fits<'t>(pattern: &str, text: &'t str) -> Option<Option<&'t str>> {
    let Some(sign) = pattern.find(['*', '%']) else {
        return (pattern == text).then_some(None);
    };
    let rest = text.strip_prefix(&pattern[..sign])?;
    let behind = pattern[sign..].get(1..)?;
    let literal = &behind[..behind.find(['*', '%']).unwrap_or(behind.len())];
    let ends = rest
        .match_indices(literal)
        .map(|(end, _)| end)
        .chain([rest.len()]);
    for end in ends {
        if let Some(found) = fits(behind, &rest[end..]) {
            let named = pattern.as_bytes()[sign] == b'%';
            return Some(if named { Some(&rest[..end]) } else { found });
        }
    }
    None
}

/// `(Line N) text`.
fn numbered(message: &str) -> (Option<u32>, &str) {
    let split = message
        .strip_prefix("(Line ")
        .and_then(|rest| rest.split_once(") "));
    match split {
        Some((number, text)) => (number.parse().ok(), text),
        None => (None, message),
    }
}

/// A file with what keepalived says to it on one machine, and what we say.
struct Case<'a> {
    parsed: &'a Parsed,
    ours: &'a [Diagnostic],
}

impl Case<'_> {
    fn line(&self, span: Span) -> u32 {
        self.parsed.sources.place(span).line
    }

    /// The lines of the block at the top in which a line stands.
    fn block(&self, line: u32) -> (u32, u32) {
        let ends = |span: Span| {
            self.line(Span {
                start: span.end.saturating_sub(1),
                ..span
            })
        };
        let mut lines = self.parsed.tree.nodes.iter().filter_map(|node| match node {
            Node::Item(item) => Some((
                self.line(item.span),
                ends(item.body.as_ref().map_or(item.span, |body| body.span)),
            )),
            _ => None,
        });
        // What is said at the end of a block may be said on the line behind it.
        let last = lines.rfind(|(from, _)| *from <= line);
        last.unwrap_or((line, line))
    }

    /// Whether a line stands, at the top, behind a brace that is ignored: one finding tells of all of them.
    fn is_lost(&self, line: u32) -> bool {
        let nodes = &self.parsed.tree.nodes;
        let Some(first) = nodes.iter().position(|node| matches!(node, Node::StrayBrace(_))) else {
            return false;
        };
        nodes.iter().skip(first).any(|node| match node {
            Node::Item(item) => item.keyword.is_none() && self.line(item.span) == line,
            Node::StrayBrace(span) => self.line(*span) == line,
            Node::Unread { .. } => false,
        })
    }

    /// The codes of our findings at the place of a message.
    fn codes(&self, place: Where, line: Option<u32>, name: Option<&str>) -> BTreeSet<&'static str> {
        let name = name.unwrap_or_default();
        let within = |found: &&Diagnostic| {
            let Some(span) = found.span else {
                return place == Where::File;
            };
            match place {
                Where::Line | Where::Lost => Some(self.line(span)) == line,
                Where::Block => line.is_some_and(|line| {
                    let (from, to) = self.block(line);
                    (from..=to).contains(&self.line(span))
                }),
                Where::Named => {
                    let source = String::from_utf8_lossy(self.parsed.sources.slice(span)).into_owned();
                    found.instance.as_deref() == Some(name)
                        || found.message.contains(name)
                        || source.contains(name)
                }
                Where::File => true,
            }
        };
        self.ours.iter().filter(within).map(|found| found.code).collect()
    }
}

/// The folder of the files, and the index.
fn corpus() -> Option<(PathBuf, Value)> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("SHARED").unwrap_or_else(|_| beside.to_owned());
    let folder = PathBuf::from(shared).join("corpus/keepalived");
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        println!("SKIP keepalived_conf_messages: no corpus; set SHARED to the folder that holds corpus/");
        return None;
    };
    Some((folder, serde_json::from_slice(&index).unwrap()))
}

fn messages(run: &Value) -> Vec<String> {
    let list = run["messages"].as_array().unwrap();
    list.iter()
        .map(|message| message.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_message_that_names_a_fault_has_a_finding_there() {
    let Some((folder, index)) = corpus() else { return };
    let mut seen: BTreeMap<&str, (usize, BTreeSet<&'static str>)> = BTreeMap::new();
    let (mut silent, mut unknown) = (Vec::new(), Vec::new());
    for entry in index["files"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let id = entry["id"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let host = Host {
            config_id: Some("corpus".to_owned()),
            ..Host::default()
        };
        let parsed = parse_for(&host, &MemoryFiles::new([("k.conf", bytes)]), "k.conf");
        let all = Facts::assume(&Asked::of(&parsed));
        // Nothing is there but interfaces; and everything.
        let bare = Facts {
            interfaces: all.interfaces.clone(),
            ..Facts::default()
        };
        for (run, facts) in [(&entry["oracle"], &bare), (&entry["oracle"]["equipped"], &all)] {
            let judged = judge(&parsed, facts);
            let case = Case {
                parsed: &parsed,
                ours: &judged.diagnostics,
            };
            for message in messages(run) {
                let (line, text) = numbered(&message);
                let Some((class, named)) = CLASSES
                    .iter()
                    .find_map(|class| Some((class, fits(class.pattern, text)?)))
                else {
                    unknown.push(format!("{id}: {message}"));
                    continue;
                };
                let entry = seen.entry(class.pattern).or_default();
                entry.0 += 1;
                let Ok((place, wanted)) = class.ours else { continue };
                // Which programs that machine had is not known.
                if std::ptr::eq(facts, &bare) && text.starts_with("SECURITY") {
                    continue;
                }
                let codes = case.codes(place, line, named);
                let once = case.codes(Where::File, None, None);
                let good = codes.iter().any(|code| wanted.contains(code))
                    || once.iter().any(|code| class.or_once.contains(code))
                    || (place == Where::Lost && line.is_some_and(|line| case.is_lost(line)));
                entry.1.extend(&codes);
                let excused = NOT_SAID
                    .iter()
                    .any(|(file, text, _)| *file == id && fits(text, &message).is_some());
                if !good && !excused {
                    silent.push(format!("{id}: {message}: {codes:?}"));
                }
            }
        }
    }
    silent.sort();
    silent.dedup();
    assert!(
        unknown.is_empty(),
        "classes that the table lacks:\n{}",
        unknown.join("\n")
    );
    assert!(
        silent.is_empty(),
        "said by keepalived only:\n{}",
        silent.join("\n")
    );
    println!("{} classes of messages", seen.len());
}
