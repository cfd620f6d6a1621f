//! Several nodes' files: whether their instances can meet, and what their priorities come to together.

mod address;
mod identity;
mod path;
mod priority;
mod secret;

use std::collections::HashMap;
use std::net::IpAddr;

use super::codes::{GROUPS_DIFFER, ONLY_ON_ONE, ROUTER_ID_CROSSES, Rule};
use crate::Parsed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Family, Path, VrrpInstance};
use crate::source::{FileId, SourceMap, Span};

/// One instance of one node.
#[derive(Clone, Copy)]
struct View<'a> {
    node: &'a str,
    instance: &'a VrrpInstance,
    parsed: &'a Parsed,
    /// How many files the nodes before it have.
    files_before: u32,
}

impl View<'_> {
    /// A place of this node in the files of all of them.
    fn place(&self, span: Span) -> Span {
        Span {
            file: FileId(span.file.0.saturating_add(self.files_before)),
            ..span
        }
    }

    /// The same; the head of the instance if the file does not say it.
    fn at(&self, span: Option<Span>) -> Span {
        self.place(span.unwrap_or(self.instance.span))
    }

    /// `VI_1 on lb01`.
    fn who(&self) -> String {
        format!("{} on {}", self.instance.name, self.node)
    }
}

/// Two instances that are meant to be one router.
#[derive(Clone, Copy)]
struct Pair<'a> {
    one: View<'a>,
    two: View<'a>,
}

impl Pair<'_> {
    /// A finding at the second node's place, with the first one's beside it.
    fn differ(
        &self,
        rule: Rule,
        at: (Option<Span>, Option<Span>),
        text: impl Into<String>,
        other: impl Into<String>,
    ) -> Diagnostic {
        rule.at(self.two.at(at.1), text)
            .label(self.one.at(at.0), format!("{}: {}", self.one.node, other.into()))
            .about(&self.two.instance.name)
    }
}

/// The traps that only several nodes' files show. `nodes` are names and files; the spans of what is found are places in
/// [`sources`] of the same nodes.
///
/// ```
/// use keepalived_conf::{MemoryFiles, line, lint, parse};
///
/// let text = |vrid: u8| format!(
///     "vrrp_instance A {{\n interface eth0\n virtual_router_id {vrid}\n virtual_ipaddress {{\n  192.0.2.1\n }}\n}}\n"
/// );
/// let files = MemoryFiles::new([("lb01.conf", text(7)), ("lb02.conf", text(8))]);
/// let (one, two) = (parse(&files, "lb01.conf"), parse(&files, "lb02.conf"));
/// let nodes = [("lb01", &one), ("lb02", &two)];
/// let found = lint::nodes(&nodes);
/// assert_eq!(found[0].code, "router-id-differs");
/// assert!(line(&found[0], &lint::sources(&nodes)).starts_with("lb02.conf:3:20: warning"));
/// ```
#[must_use]
pub fn nodes(nodes: &[(&str, &Parsed)]) -> Vec<Diagnostic> {
    let mut out = Findings::default();
    let mut files_before = 0u32;
    let mut views: Vec<Vec<View<'_>>> = Vec::new();
    for (node, parsed) in nodes {
        let of_node = parsed.config.instances.iter().map(|instance| View {
            node,
            instance,
            parsed,
            files_before,
        });
        views.push(of_node.collect());
        let files = u32::try_from(parsed.sources.files().count()).unwrap_or(u32::MAX);
        files_before = files_before.saturating_add(files);
    }
    let mut partners: Vec<Vec<bool>> = views.iter().map(|of_node| vec![false; of_node.len()]).collect();
    for (first, ones) in views.iter().enumerate() {
        for (second, twos) in views.iter().enumerate().skip(first.saturating_add(1)) {
            let matched = matched(ones, twos);
            for (one, two) in &matched {
                for (node, place) in [(first, *one), (second, *two)] {
                    if let Some(has) = partners.get_mut(node).and_then(|of_node| of_node.get_mut(place)) {
                        *has = true;
                    }
                }
                if let (Some(one), Some(two)) = (ones.get(*one), twos.get(*two)) {
                    pair(&Pair { one: *one, two: *two }, &mut out);
                }
            }
            crosses(ones, twos, &matched, &mut out);
        }
    }
    if nodes.len() > 1 {
        for (of_node, has) in views.iter().zip(&partners) {
            for (view, _) in of_node.iter().zip(has).filter(|(_, has)| !**has) {
                alone(view, &mut out);
            }
        }
    }
    out.finish()
}

/// The files of all nodes, for the places that [`nodes`] gives.
#[must_use]
pub fn sources(nodes: &[(&str, &Parsed)]) -> SourceMap {
    SourceMap::joined(nodes.iter().map(|(_, parsed)| &parsed.sources))
}

fn pair(pair: &Pair<'_>, out: &mut Findings) {
    identity::compare(pair, out);
    secret::compare(pair, out);
    path::compare(pair, out);
    address::compare(pair, out);
    priority::compare(pair, out);
    groups(pair, out);
}

/// Who belongs to whom: by a common address, else by number, else by name. Each instance has one partner on a node.
fn matched(ones: &[View<'_>], twos: &[View<'_>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; twos.len()];
    let mut free: Vec<usize> = (0..ones.len()).collect();
    let keys: [fn(&VrrpInstance) -> Vec<Key<'_>>; 3] = [by_address, by_number, by_name];
    for keys_of in keys {
        let mut index: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        for (place, two) in twos.iter().enumerate() {
            for key in keys_of(two.instance) {
                index.entry(key).or_default().push(place);
            }
        }
        free.retain(|place| {
            let Some(one) = ones.get(*place) else { return false };
            let mut found: Vec<usize> = keys_of(one.instance)
                .iter()
                .filter_map(|key| index.get(key))
                .flatten()
                .copied()
                .filter(|two| taken.get(*two) == Some(&false))
                .collect();
            // Among several the one with the same name.
            found.sort_by_key(|two| {
                twos.get(*two)
                    .is_none_or(|two| two.instance.name != one.instance.name)
            });
            let Some(two) = found.first().copied() else {
                return true;
            };
            if let Some(taken) = taken.get_mut(two) {
                *taken = true;
            }
            pairs.push((*place, two));
            false
        });
    }
    pairs.sort_unstable();
    pairs
}

/// What two nodes' instances may have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Address(IpAddr),
    Number(u8, bool),
    Name(&'a str),
}

fn by_address(instance: &VrrpInstance) -> Vec<Key<'_>> {
    let all = instance.addresses.iter().chain(&instance.excluded);
    all.map(|address| Key::Address(address.ip())).collect()
}

fn by_number(instance: &VrrpInstance) -> Vec<Key<'_>> {
    let four = instance.family.value == Family::Ipv4;
    vec![Key::Number(instance.virtual_router_id.value, four)]
}

fn by_name(instance: &VrrpInstance) -> Vec<Key<'_>> {
    vec![Key::Name(&instance.name)]
}

/// One number on one interface for two things that do not belong together.
fn crosses(ones: &[View<'_>], twos: &[View<'_>], matched: &[(usize, usize)], out: &mut Findings) {
    type Place<'a> = (u8, bool, Option<&'a str>);
    fn place(instance: &VrrpInstance) -> Option<Place<'_>> {
        matches!(instance.path, Path::Multicast { .. }).then(|| {
            (
                instance.virtual_router_id.value,
                instance.family.value == Family::Ipv4,
                instance.interface.as_ref().map(|name| name.value.as_str()),
            )
        })
    }
    let index: HashMap<Place<'_>, usize> = (ones.iter().enumerate())
        .filter_map(|(at, one)| Some((place(one.instance)?, at)))
        .collect();
    for (at, two) in twos.iter().enumerate() {
        let Some(first) = place(two.instance).and_then(|place| index.get(&place).copied()) else {
            continue;
        };
        let Some(one) = ones.get(first).filter(|_| !matched.contains(&(first, at))) else {
            continue;
        };
        let number = two.instance.virtual_router_id;
        let text = format!(
            "{} and {} use virtual_router_id {}, and have no address in common",
            one.who(),
            two.who(),
            number.value
        );
        let pair = Pair { one: *one, two: *two };
        let found = pair
            .differ(
                ROUTER_ID_CROSSES,
                (one.instance.virtual_router_id.span(), number.span()),
                text,
                "the same number",
            )
            .effect("in one network each takes the other for its rival: only one of the two is active, and the other one's addresses are nowhere, as with keepalived")
            .help("give each router of a network a number of its own, the same on every node");
        out.push(found);
    }
}

fn alone(view: &View<'_>, out: &mut Findings) {
    let found = ONLY_ON_ONE
        .at(view.at(None), format!("no other node has {}", view.who()))
        .effect("nobody takes its addresses over when this node fails, as with keepalived")
        .help("add the instance to the other node's file, with the same virtual_router_id and addresses")
        .about(&view.instance.name);
    out.push(found);
}

fn groups(pair: &Pair<'_>, out: &mut Findings) {
    let group = |view: &View<'_>| {
        let groups = view.parsed.config.sync_groups.iter();
        let mut with = groups.filter(|group| {
            let mut members = group.members.iter();
            members.any(|(member, _)| *member == view.instance.name)
        });
        // A group of one changes nothing.
        with.find(|group| group.members.len() > 1).map(|group| group.span)
    };
    let (one, two) = (group(&pair.one), group(&pair.two));
    if one.is_some() == two.is_some() {
        return;
    }
    let (with, without) = if one.is_some() {
        (&pair.one, &pair.two)
    } else {
        (&pair.two, &pair.one)
    };
    let text = format!("{} is in a sync group, and {} is not", with.who(), without.who());
    let found = pair
        .differ(GROUPS_DIFFER, (one, two), text, "here")
        .effect("one node moves its instances together, the other one by one: addresses that belong together can be on two nodes, as with keepalived")
        .help("write the same vrrp_sync_group on every node");
    out.push(found);
}
