//! One line: when, whose, what happened, and what was decided.

use std::fmt;
use std::net::IpAddr;

use vrrp_core::{Input, Instant, Settings, Snapshot};

use crate::fields::{Fields, list, number, short};
use crate::{input, name, settings};

/// The first word of every recording.
pub const HEADER: &str = "vrrp-recording";
/// Version of the language that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A recording begins here: everything before it is of another run.
    Header {
        /// Program, node and time, for people.
        details: String,
    },
    /// A router is there, as it is from here on.
    Router {
        /// Which.
        name: String,
        /// What it was asked to be, without its secrets.
        settings: Box<Settings>,
        /// What it knows already; `None`: it is new.
        snapshot: Option<Box<Snapshot>>,
    },
    /// Something happened to a router.
    Step {
        /// Which.
        name: String,
        /// What happened.
        stimulus: Stimulus,
        /// What it made of it, as [`Decided`](crate::Decided) writes it; `None`: not recorded, so nothing to compare with.
        decided: Option<String>,
    },
    /// A packet was discarded; no router has changed. Of packets alike one a minute is recorded.
    Discarded {
        /// The router that it named; `None`: none of this node.
        name: Option<String>,
        /// Who sent it.
        source: IpAddr,
        /// Id of the failed check.
        reason: String,
        /// How many alike came since the last such line.
        alike: u64,
    },
    /// The members of a sync group are these from now on.
    Group {
        /// Which: groups are counted from 0.
        group: u32,
        /// All of them; none: the group is gone.
        members: Vec<String>,
    },
    /// A router was taken out of its group.
    Ungrouped {
        /// Which.
        name: String,
    },
    /// A router was taken out.
    Gone {
        /// Which.
        name: String,
    },
    /// So many lines are missing here. What a router does is unknown until its next [`Entry::Router`].
    Lost {
        /// How many, at least.
        lines: u64,
    },
}

/// What can happen to a router.
#[derive(Debug, Clone, PartialEq)]
pub enum Stimulus {
    /// An input.
    Input(Input),
    /// It was configured anew; secrets are not recorded.
    Reconfigured(Box<Settings>),
    /// Its sync group made it do something: what happened to another member is on a line before.
    Ordered,
}

/// One line of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When, by the clock that the routers see; of the header, [`Entry::Router`] and [`Entry::Gone`] when the last thing
    /// before it happened.
    pub at: Instant,
    /// What.
    pub entry: Entry,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = name::Written;
        if let Entry::Header { details } = &self.entry {
            // Whatever it says, it stays one line.
            let details = details.split_whitespace().collect::<Vec<_>>().join(" ");
            return write!(f, "{HEADER} {VERSION} at={} {details}", self.at);
        }
        write!(f, "{} ", self.at)?;
        match &self.entry {
            Entry::Header { .. } => Ok(()),
            Entry::Router {
                name: whose,
                settings,
                snapshot,
            } => {
                write!(f, "{} router {}", name(whose), settings::Written(settings))?;
                match snapshot {
                    Some(snapshot) => {
                        let json = serde_json::to_string(snapshot).map_err(|_| fmt::Error)?;
                        write!(f, " state={json}")
                    }
                    None => Ok(()),
                }
            }
            Entry::Step {
                name: whose,
                stimulus,
                decided,
            } => {
                write!(f, "{} {stimulus}", name(whose))?;
                decided.iter().try_for_each(|decided| write!(f, " | {decided}"))
            }
            Entry::Discarded {
                name: whose,
                source,
                reason,
                alike,
            } => {
                match whose {
                    Some(whose) => write!(f, "{}", name(whose))?,
                    None => f.write_str("-")?,
                }
                write!(f, " discarded {reason} source={source} alike={alike}")
            }
            Entry::Group { group, members } => {
                write!(f, "- group {group} members=")?;
                f.write_str(if members.is_empty() { "-" } else { "" })?;
                for (place, member) in members.iter().enumerate() {
                    write!(f, "{}{}", if place > 0 { "," } else { "" }, name(member))?;
                }
                Ok(())
            }
            Entry::Ungrouped { name: whose } => write!(f, "{} ungrouped", name(whose)),
            Entry::Gone { name: whose } => write!(f, "{} gone", name(whose)),
            Entry::Lost { lines } => write!(f, "- lost {lines}"),
        }
    }
}

impl fmt::Display for Stimulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(input) => input::Written(input).fmt(f),
            Self::Reconfigured(settings) => write!(f, "reconfigured {}", settings::Written(settings)),
            Self::Ordered => f.write_str("ordered"),
        }
    }
}

impl Line {
    /// Reads a line; `Ok(None)`: it is empty or a comment (`#`).
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        if let Some(rest) = text.strip_prefix(HEADER) {
            return header(rest).map(Some);
        }
        let (said, decided) = match text.split_once(" | ") {
            Some((said, decided)) => (said, Some(decided.to_owned())),
            None => (text, None),
        };
        // A snapshot stands last, and is a language of its own.
        let (said, state) = match said.split_once(" state=") {
            Some((said, state)) => (said, Some(state)),
            None => (said, None),
        };
        let words: Vec<&str> = said.split_whitespace().collect();
        let [at, whose, what, rest @ ..] = words.as_slice() else {
            return Err("a line has a time, a router and what happened to it".to_owned());
        };
        let at = instant(at).ok_or_else(|| format!("`{}` is no time (seconds.nanoseconds)", short(at)))?;
        let entry = entry(whose, what, rest, state)?;
        Ok(Some(Self {
            at,
            entry: with_decision(entry, decided, what)?,
        }))
    }
}

fn with_decision(entry: Entry, decision: Option<String>, what: &str) -> Result<Entry, String> {
    match (entry, decision) {
        (Entry::Step { name, stimulus, .. }, decided) => Ok(Entry::Step {
            name,
            stimulus,
            decided,
        }),
        (_, Some(_)) => Err(format!("`{}` decides nothing", short(what))),
        (entry, None) => Ok(entry),
    }
}

fn header(rest: &str) -> Result<Line, String> {
    let mut words = rest.split_whitespace();
    let version = words.next().unwrap_or_default();
    if version != VERSION.to_string() {
        return Err(format!(
            "a recording of version `{}`; this program reads version {VERSION}",
            short(version)
        ));
    }
    let mut words = words.peekable();
    let mut at = Instant::default();
    if let Some(word) = words.peek().and_then(|word| word.strip_prefix("at=")) {
        at = instant(word).ok_or_else(|| format!("`at={}` is no time", short(word)))?;
        let _at = words.next();
    }
    let details = words.collect::<Vec<_>>().join(" ");
    Ok(Line {
        at,
        entry: Entry::Header { details },
    })
}

fn entry(whose: &str, what: &str, rest: &[&str], state: Option<&str>) -> Result<Entry, String> {
    if state.is_some() && what != "router" {
        return Err(format!("`{}` has no `state=`", short(what)));
    }
    let named = || match whose {
        "-" => Err("the name of the router is missing".to_owned()),
        word => name::read(word).ok_or_else(|| format!("`{}` is no name", short(word))),
    };
    match (what, rest) {
        ("router", fields) => {
            let mut fields = Fields::new(fields.iter().copied())?;
            let settings = Box::new(settings::read(&mut fields)?);
            fields.end()?;
            let snapshot = state
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| format!("`state=` cannot be read: {error}"))?;
            Ok(Entry::Router {
                name: named()?,
                settings,
                snapshot,
            })
        }
        ("reconfigured", fields) => {
            let mut fields = Fields::new(fields.iter().copied())?;
            let settings = Box::new(settings::read(&mut fields)?);
            fields.end()?;
            step(named()?, Stimulus::Reconfigured(settings))
        }
        ("ordered", []) => step(named()?, Stimulus::Ordered),
        ("group", [group, fields @ ..]) if whose == "-" => {
            let group = number(group).ok_or_else(|| format!("`{}` is no number", short(group)))?;
            let mut fields = Fields::new(fields.iter().copied())?;
            let members = fields.must("members", |word| list(word, name::read))?;
            fields.end()?;
            Ok(Entry::Group { group, members })
        }
        ("ungrouped", []) => Ok(Entry::Ungrouped { name: named()? }),
        ("discarded", [reason, fields @ ..]) => {
            let mut fields = Fields::new(fields.iter().copied())?;
            let entry = Entry::Discarded {
                name: (whose != "-").then(named).transpose()?,
                source: fields.must("source", number)?,
                reason: (*reason).to_owned(),
                alike: fields.must("alike", number)?,
            };
            fields.end()?;
            Ok(entry)
        }
        ("gone", []) => Ok(Entry::Gone { name: named()? }),
        ("lost", [lines]) if whose == "-" => {
            let lines = number(lines).ok_or_else(|| format!("`{}` is no number", short(lines)))?;
            Ok(Entry::Lost { lines })
        }
        _ => match input::read(what, rest) {
            Some(input) => step(named()?, Stimulus::Input(input?)),
            None => Err(format!(
                "`{}` is not known here: was this recorded by a newer version?",
                short(what)
            )),
        },
    }
}

const fn step(name: String, stimulus: Stimulus) -> Result<Entry, String> {
    Ok(Entry::Step {
        name,
        stimulus,
        decided: None,
    })
}

/// `seconds.nanoseconds`, the latter with nine digits.
fn instant(word: &str) -> Option<Instant> {
    let (seconds, nanos) = word.split_once('.')?;
    let digits = |word: &str| word.bytes().all(|octet| octet.is_ascii_digit());
    if nanos.len() != 9 || !digits(nanos) || !digits(seconds) {
        return None;
    }
    let seconds: u64 = seconds.parse().ok()?;
    let nanos: u64 = nanos.parse().ok()?;
    let all = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(Instant::from_nanos(all))
}
