//! The file format; what is not in it is an error with its line.

use std::net::IpAddr;

use serde::Deserialize;
use toml::Spanned;

use super::ScenarioError;

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) about: String,
    #[serde(default)]
    pub(super) theory: String,
    pub(super) outage_ms_max: Option<u64>,
    /// Virtual time, in milliseconds.
    #[serde(default = "forty_seconds")]
    pub(super) lasts_ms: u64,
    #[serde(default)]
    pub(super) network: Network,
    pub(super) node: Vec<Node>,
    #[serde(default)]
    pub(super) event: Vec<Event>,
}

/// What every way does that no event sets.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    #[serde(default)]
    pub(super) loss_ppm: u32,
    #[serde(default)]
    pub(super) duplicate_ppm: u32,
    pub(super) delay_us: Option<u64>,
    #[serde(default)]
    pub(super) jitter_us: u64,
}

/// A node with one virtual router.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Node {
    pub(super) name: Spanned<String>,
    pub(super) priority: Option<Spanned<u8>>,
    pub(super) profile: Option<Profile>,
    pub(super) version: Option<Spanned<u8>>,
    pub(super) vrid: Option<Spanned<u8>>,
    pub(super) interval_ms: Option<Spanned<u32>>,
    pub(super) address: Option<IpAddr>,
    pub(super) preempt: Option<bool>,
    #[serde(default)]
    pub(super) preempt_delay_ms: u64,
    pub(super) hold: Option<bool>,
    #[serde(default)]
    pub(super) checks: Vec<Check>,
    #[serde(default)]
    pub(super) drift_ppm: i32,
    #[serde(default)]
    pub(super) address_takes_us: u64,
    #[serde(default)]
    pub(super) starts_at_ms: u64,
    /// Further virtual routers, in one sync group with the first.
    #[serde(default)]
    pub(super) group: Vec<Member>,
}

/// A further member of a node's sync group; what it does not say is as with the node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) address: IpAddr,
    /// What this node sends its advertisements from: of the family of `address`.
    pub(super) primary: IpAddr,
    pub(super) vrid: Option<Spanned<u8>>,
    pub(super) priority: Option<Spanned<u8>>,
    pub(super) interval_ms: Option<Spanned<u32>>,
    /// 1 is that of the node's first router; each number is a LAN of its own.
    #[serde(default = "second")]
    pub(super) interface: u64,
}

/// A tracked object, up at the beginning.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    /// keepalived's number: 0 bars, anything else is added.
    #[serde(default)]
    pub(super) weight: i16,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Profile {
    Default,
    Rfc,
    Keepalived,
}

/// What happens when; which fields it needs depends on `what`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) at_ms: u64,
    pub(super) what: Spanned<What>,
    pub(super) node: Option<Spanned<String>>,
    pub(super) lasts_ms: Option<u64>,
    /// Which check of the node, from 0.
    #[serde(default)]
    pub(super) check: u16,
    /// Only this interface of the node, or LAN.
    pub(super) interface: Option<u64>,
    pub(super) sides: Option<Vec<Vec<Spanned<String>>>>,
    pub(super) from: Option<Spanned<String>>,
    pub(super) to: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) loss_ppm: u32,
    #[serde(default)]
    pub(super) duplicate_ppm: u32,
    pub(super) delay_us: Option<u64>,
    #[serde(default)]
    pub(super) jitter_us: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    Start,
    Stop,
    PowerCut,
    Kill,
    Stall,
    LinkDown,
    LinkUp,
    SendFails,
    AddressesFail,
    Resign,
    Compete,
    CheckDown,
    CheckUp,
    Partition,
    Heal,
    Way,
    Ways,
}

impl What {
    pub(super) const fn needs_node(self) -> bool {
        !matches!(self, Self::Partition | Self::Heal | Self::Way | Self::Ways)
    }

    pub(super) const fn needs_time(self) -> bool {
        matches!(self, Self::Stall | Self::SendFails | Self::AddressesFail)
    }
}

const fn second() -> u64 {
    2
}

const fn forty_seconds() -> u64 {
    40_000
}

/// Reads a file, and holds it to what the format alone cannot say.
pub(super) fn read(name: &str, text: &str) -> Result<File, ScenarioError> {
    let error = |offset: Option<usize>, found: String| ScenarioError {
        name: name.to_owned(),
        line: offset.map(|offset| line_of(text, offset)),
        found,
    };
    let file: File =
        toml::from_str(text).map_err(|e| error(e.span().map(|span| span.start), e.message().to_owned()))?;
    check(&file).map_err(|(offset, found)| error(Some(offset), found))?;
    Ok(file)
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

type Wrong = (usize, String);

fn check(file: &File) -> Result<(), Wrong> {
    if file.node.is_empty() || file.node.len() > 200 {
        return Err((0, format!("{} nodes; 1 to 200 can be simulated", file.node.len())));
    }
    for (at, node) in file.node.iter().enumerate() {
        let twice = file
            .node
            .iter()
            .take(at)
            .any(|other| other.name.get_ref() == node.name.get_ref());
        if twice {
            return Err(wrong(
                &node.name,
                format!("a second node is called {}", node.name.get_ref()),
            ));
        }
        range(node.priority.as_ref(), 1, "priority is 1 to 255")?;
        range(node.vrid.as_ref(), 1, "vrid is 1 to 255")?;
        if let Some(version) = node
            .version
            .as_ref()
            .filter(|version| ![2, 3].contains(version.get_ref()))
        {
            return Err(wrong(version, "version is 2 or 3".to_owned()));
        }
        check_interval(node.interval_ms.as_ref())?;
        for member in &node.group {
            range(member.priority.as_ref(), 1, "priority is 1 to 255")?;
            range(member.vrid.as_ref(), 1, "vrid is 1 to 255")?;
            check_interval(member.interval_ms.as_ref())?;
            if member.primary.is_ipv4() != member.address.is_ipv4() {
                return Err(wrong(
                    &node.name,
                    "`primary` and `address` of a member are of one family".to_owned(),
                ));
            }
        }
    }
    file.event.iter().try_for_each(|event| check_event(file, event))
}

fn check_interval(interval: Option<&Spanned<u32>>) -> Result<(), Wrong> {
    match interval {
        Some(interval)
            if !interval.get_ref().is_multiple_of(10) || !(10..=40_950).contains(interval.get_ref()) =>
        {
            Err(wrong(
                interval,
                "interval_ms is a multiple of 10, 10 to 40950".to_owned(),
            ))
        }
        _ => Ok(()),
    }
}

fn check_event(file: &File, event: &Event) -> Result<(), Wrong> {
    let what = *event.what.get_ref();
    let known = |name: &Spanned<String>| {
        let mut names = file.node.iter().map(|node| node.name.get_ref());
        if names.any(|other| other == name.get_ref()) {
            Ok(())
        } else {
            Err(wrong(name, format!("there is no node {}", name.get_ref())))
        }
    };
    let says = |field: bool, needs: bool, name: &str| match (needs, field) {
        (true, false) => Err(wrong(&event.what, format!("this event needs `{name}`"))),
        (false, true) => Err(wrong(&event.what, format!("this event has no `{name}`"))),
        _ => Ok(()),
    };
    says(event.node.is_some(), what.needs_node(), "node")?;
    says(event.lasts_ms.is_some(), what.needs_time(), "lasts_ms")?;
    says(event.sides.is_some(), what == What::Partition, "sides")?;
    says(event.from.is_some(), what == What::Way, "from")?;
    says(event.to.is_some(), what == What::Way, "to")?;
    let sides = event.sides.iter().flatten().flatten();
    let names = event.node.iter().chain(&event.from).chain(&event.to).chain(sides);
    names.into_iter().try_for_each(known)
}

fn range(value: Option<&Spanned<u8>>, least: u8, words: &str) -> Result<(), Wrong> {
    match value {
        Some(value) if *value.get_ref() < least => Err(wrong(value, words.to_owned())),
        _ => Ok(()),
    }
}

fn wrong<T>(at: &Spanned<T>, found: String) -> Wrong {
    (at.span().start, found)
}
