//! What happens, apart from whom it happens to: a scenario whose nodes come from elsewhere.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use vrrp_core::{Health, Order};

use super::ScenarioError;
use super::file::{self, Network, What};
use crate::fabric::Way;

/// Names and texts of the library, in the order in which operators ask about them.
const FILES: [(&str, &str); 12] = [
    ("power-cut", include_str!("../../situations/power-cut.toml")),
    ("planned-stop", include_str!("../../situations/planned-stop.toml")),
    ("return", include_str!("../../situations/return.toml")),
    ("link-down", include_str!("../../situations/link-down.toml")),
    ("failed-check", include_str!("../../situations/failed-check.toml")),
    ("crash", include_str!("../../situations/crash.toml")),
    ("stall", include_str!("../../situations/stall.toml")),
    ("switchover", include_str!("../../situations/switchover.toml")),
    ("partition", include_str!("../../situations/partition.toml")),
    ("merge", include_str!("../../situations/merge.toml")),
    ("loss", include_str!("../../situations/loss.toml")),
    ("backup-down", include_str!("../../situations/backup-down.toml")),
];

/// A scenario in the language of [`Scenario`](super::Scenario) without its nodes. Who it happens to is named as whoever
/// has the nodes calls them.
///
/// # Examples
/// ```
/// use vrrp_sim::scenario::{Happens, Situation};
///
/// let text = "about = 'a restart'\n[[event]]\nat_ms = 10000\nwhat = 'stop'\nnode = 'lb01'\n";
/// let situation = Situation::parse("restart.toml", text)?;
/// assert_eq!(situation.events[0].what, Happens::Stop("lb01".to_owned()));
/// # Ok::<(), vrrp_sim::scenario::ScenarioError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// As on the command line; of a file its path.
    pub name: String,
    /// What happens, in one line.
    pub about: String,
    /// What its author expects; empty: nothing.
    pub theory: String,
    /// How long it is looked at.
    pub lasts: Duration,
    /// What every way between two nodes does.
    pub network: Way,
    /// What happens, in the order of the file.
    pub events: Vec<Happening>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// Since the beginning.
    pub at: Duration,
    /// Line in the file, from 1, for messages.
    pub line: usize,
    /// What.
    pub what: Happens,
}

/// What can happen; the first field is the name of the node.
#[derive(Debug, Clone, PartialEq)]
pub enum Happens {
    /// The program is started, the node switched on before.
    Start(String),
    /// The program is asked to end.
    Stop(String),
    /// The node is dead at once.
    PowerCut(String),
    /// The program dies, the kernel keeps what it held.
    Kill(String),
    /// The program does not run for so long.
    Stall(String, Duration),
    /// Sending fails for so long.
    SendFails(String, Duration),
    /// The kernel takes no address for so long.
    AddressesFail(String, Duration),
    /// A link has a carrier or not.
    Link {
        /// Which node.
        node: String,
        /// By name or number; `None`: all.
        interface: Option<String>,
        /// It has.
        up: bool,
    },
    /// An operator's order.
    Order(String, Order),
    /// A check succeeds or fails from now on.
    Check {
        /// Which node.
        node: String,
        /// By name, or its number from 0; `None`: all.
        check: Option<String>,
        /// Up or down.
        health: Health,
    },
    /// Those of different sides no longer hear each other.
    Partition(Vec<Vec<String>>),
    /// Everyone hears everyone again.
    Heal,
    /// The way from one node to another.
    Way(String, String, Way),
    /// Every way that was not set by itself.
    Ways(Way),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    #[serde(default)]
    theory: String,
    #[serde(default)]
    outage_ms_max: Option<u64>,
    lasts_ms: Option<u64>,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    node: Option<Spanned<toml::Value>>,
    #[serde(default)]
    event: Vec<Spanned<Event>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u64),
    Name(String),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at_ms: u64,
    what: Spanned<What>,
    node: Option<String>,
    lasts_ms: Option<u64>,
    check: Option<Word>,
    interface: Option<Word>,
    sides: Option<Vec<Vec<String>>>,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    loss_ppm: u32,
    #[serde(default)]
    duplicate_ppm: u32,
    delay_us: Option<u64>,
    #[serde(default)]
    jitter_us: u64,
}

impl Situation {
    /// The library.
    pub fn all() -> impl Iterator<Item = Self> {
        FILES
            .iter()
            .filter_map(|(name, text)| Self::parse(name, text).ok())
    }

    /// The one of this name in the library.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|situation| situation.name == name)
    }

    /// A situation of somebody's own.
    ///
    /// # Errors
    /// What the file says that nobody understands, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let wrong = |offset: Option<usize>, found: &str| ScenarioError {
            name: name.to_owned(),
            line: offset.map(|offset| file::line_of(text, offset)),
            found: found.to_owned(),
        };
        let file: File =
            toml::from_str(text).map_err(|e| wrong(e.span().map(|span| span.start), e.message()))?;
        if let Some(nodes) = &file.node {
            let found = "the nodes of a simulation of configurations come from them, not from the scenario";
            return Err(wrong(Some(nodes.span().start), found));
        }
        let mut events = Vec::new();
        for event in &file.event {
            let what = happens(event.get_ref()).map_err(|found| {
                let at = event.get_ref().what.span().start;
                wrong(Some(at), &found)
            })?;
            events.push(Happening {
                at: Duration::from_millis(event.get_ref().at_ms),
                line: file::line_of(text, event.get_ref().what.span().start),
                what,
            });
        }
        // The limit is for scenarios with nodes of their own; here the theory follows from the configurations.
        let _other = file.outage_ms_max;
        Ok(Self {
            name: name.to_owned(),
            about: file.about,
            theory: file.theory,
            lasts: Duration::from_millis(file.lasts_ms.unwrap_or(45_000)),
            network: way(
                file.network.loss_ppm,
                file.network.duplicate_ppm,
                file.network.delay_us,
                file.network.jitter_us,
            ),
            events,
        })
    }
}

fn way(loss_ppm: u32, duplicate_ppm: u32, delay_us: Option<u64>, jitter_us: u64) -> Way {
    let usual = Way::default();
    Way {
        loss_ppm,
        duplicate_ppm,
        delay: delay_us.map_or(usual.delay, Duration::from_micros),
        jitter: Duration::from_micros(jitter_us),
    }
}

fn happens(event: &Event) -> Result<Happens, String> {
    let what = *event.what.get_ref();
    let needs = |name: &str| format!("this event needs `{name}`");
    let fields = [
        ("node", event.node.is_some(), what.needs_node()),
        ("lasts_ms", event.lasts_ms.is_some(), what.needs_time()),
        ("sides", event.sides.is_some(), what == What::Partition),
        ("from", event.from.is_some(), what == What::Way),
        ("to", event.to.is_some(), what == What::Way),
    ];
    for (name, given, needed) in fields {
        if given && !needed {
            return Err(format!("this event has no `{name}`"));
        }
        if needed && !given {
            return Err(needs(name));
        }
    }
    if event.check.is_some() && !matches!(what, What::CheckDown | What::CheckUp) {
        return Err("this event has no `check`".to_owned());
    }
    if event.interface.is_some() && !matches!(what, What::LinkDown | What::LinkUp) {
        return Err("only link-down and link-up are for one `interface`".to_owned());
    }
    let node = event.node.clone().unwrap_or_default();
    let lasts = Duration::from_millis(event.lasts_ms.unwrap_or(0));
    let way = way(
        event.loss_ppm,
        event.duplicate_ppm,
        event.delay_us,
        event.jitter_us,
    );
    let link = |node, up| Happens::Link {
        node,
        interface: event.interface.as_ref().map(Word::text),
        up,
    };
    let check = |node, health| Happens::Check {
        node,
        check: event.check.as_ref().map(Word::text),
        health,
    };
    Ok(match what {
        What::Start => Happens::Start(node),
        What::Stop => Happens::Stop(node),
        What::PowerCut => Happens::PowerCut(node),
        What::Kill => Happens::Kill(node),
        What::Stall => Happens::Stall(node, lasts),
        What::SendFails => Happens::SendFails(node, lasts),
        What::AddressesFail => Happens::AddressesFail(node, lasts),
        What::LinkDown => link(node, false),
        What::LinkUp => link(node, true),
        What::Resign => Happens::Order(node, Order::Resign),
        What::Compete => Happens::Order(node, Order::Compete),
        What::CheckDown => check(node, Health::Down),
        What::CheckUp => check(node, Health::Up),
        What::Partition => Happens::Partition(event.sides.clone().unwrap_or_default()),
        What::Heal => Happens::Heal,
        What::Way => Happens::Way(
            event.from.clone().unwrap_or_default(),
            event.to.clone().unwrap_or_default(),
            way,
        ),
        What::Ways => Happens::Ways(way),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_library_is_read() {
        for (name, text) in FILES {
            let situation = Situation::parse(name, text).unwrap();
            assert!(
                !situation.events.is_empty() && !situation.about.is_empty(),
                "{name}"
            );
        }
        assert_eq!(Situation::all().count(), FILES.len());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let cases = [
            ("about = 'x'\n[[node]]\nname = 'a'\n", Some(2), "nodes"),
            (
                "about = 'x'\n[[event]]\nat_ms = 1\nwhat = 'stop'\n",
                Some(4),
                "needs `node`",
            ),
            (
                "about = 'x'\n[[event]]\nat_ms = 1\nwhat = 'heal'\nnode = 'a'\n",
                Some(4),
                "has no `node`",
            ),
            (
                "about = 'x'\n[[event]]\nat_ms = 1\nwhat = 'dance'\n",
                Some(4),
                "dance",
            ),
            ("about = 'x'\nabout = 'y'\n", Some(2), "duplicate"),
            (
                "about = 'x'\n[[event]]\nat_ms = 1\nwhat = 'stop'\nnode = 'a'\ncheck = 'chk'\n",
                Some(4),
                "has no `check`",
            ),
        ];
        for (text, line, words) in cases {
            let error = Situation::parse("x.toml", text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.found.contains(words), "{error}");
        }
    }
}
