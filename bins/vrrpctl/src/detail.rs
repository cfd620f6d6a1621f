//! `vrrpctl status NAME`: everything about one instance.

use std::fmt::Write;

use vrrp_control::{Check, Contribution, HostsTold, Instance, Routing, Status, TrackedKind};

use crate::colour::Colour;
use crate::overview::{self, bare_table, lay_out};
use crate::{notices, steered, words};

pub(crate) fn render(instance: &Instance, status: &Status, colour: Colour) -> String {
    let mut text = String::new();
    let mut facts = bare_table(&[words::clean(&instance.name).as_str(), ""]);
    for (name, value) in facts_of(instance, status, colour) {
        facts.add_row([name.to_owned(), value]);
    }
    text.push_str(&lay_out(&mut facts));
    text.push_str(&addresses(instance, colour));
    text.push_str(&routing(&instance.routing, colour));
    text.push_str(&tracked(instance, status, colour));
    text.push_str(&heard(instance));
    text.push_str(&hooks(instance));
    let group = status
        .groups
        .iter()
        .find(|group| Some(&group.name) == instance.group.as_ref());
    let of_group = group.map_or(&[][..], |group| group.notices.as_slice());
    text.push_str(&notices::render(&instance.notices, of_group, colour));
    text.push_str(&counters(instance));
    colour.paint(&text)
}

const HOLDING: &str = "the addresses answer until the successor does";

fn facts_of(instance: &Instance, status: &Status, colour: Colour) -> Vec<(&'static str, String)> {
    let path = if instance.peers.is_empty() {
        instance.path.clone()
    } else {
        let peers: Vec<String> = instance.peers.iter().map(ToString::to_string).collect();
        format!("{} with {}", instance.path, peers.join(", "))
    };
    let mut facts = vec![
        (
            "state",
            format!(
                "{} ({}), for {}",
                colour.state(instance.keepalived_state),
                instance.state,
                words::span(instance.state_for_ms)
            ),
        ),
        ("why", words::clean(&instance.why)),
    ];
    if instance.holding {
        facts.push(("holding", HOLDING.to_owned()));
    }
    facts.extend(steered(instance, status, colour));
    facts.extend(group(instance));
    if let Some(barred) = &instance.barred {
        facts.push(("barred", colour.alarm(&words::clean(barred))));
    }
    facts.extend([
        ("priority", words::priority(&instance.priority)),
        ("active", words::active(instance.active.as_ref())),
        (
            "router",
            format!(
                "VRID {}, {}, version {}, {path}, every {}",
                instance.vrid,
                instance.family,
                instance.protocol_version,
                words::span(instance.interval_ms)
            ),
        ),
        (
            "interface",
            instance.interface.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("virtual MAC", virtual_mac(instance, colour)),
        (
            "packets",
            instance.accept.map_or_else(not_told, |accept| accept.to_string()),
        ),
        (
            "next",
            instance.next.as_ref().map_or_else(
                || "nothing".to_owned(),
                |next| format!("{} in {}", next.what, words::span(next.in_ms)),
            ),
        ),
    ]);
    if let Some(told) = &instance.hosts_told {
        facts.push(("hosts", hosts_told(told)));
    }
    for peer in &instance.incompatible_peers {
        let said = format!(
            "{} {} (last heard {} ago)",
            peer.address,
            words::clean(&peer.difference),
            words::span(peer.last_ago_ms)
        );
        facts.push(("cannot understand", colour.alarm(&said)));
    }
    facts
}

fn steered(instance: &Instance, status: &Status, colour: Colour) -> Vec<(&'static str, String)> {
    let facts = [
        ("maintenance", steered::maintenance(&status.daemon)),
        ("handing over", steered::handing_over(&status.daemon, instance)),
        ("handed over", steered::handed_over(&status.daemon, instance)),
        ("moved", steered::moved(&status.daemon, instance)),
    ];
    let said = facts
        .into_iter()
        .filter_map(|(name, said)| Some((name, colour.alarm(&said?))));
    said.collect()
}

fn virtual_mac(instance: &Instance, colour: Colour) -> String {
    let Some(own) = &instance.virtual_mac else {
        return "none: the interface's own is used".to_owned();
    };
    let device = words::clean(&own.device);
    match &own.problem {
        Some(problem) => colour.alarm(&words::clean(problem)),
        None if own.up => format!("{} on {device}, up", own.mac),
        None => format!("{} on {device}, down: frames for it are not taken", own.mac),
    }
}

fn group(instance: &Instance) -> Option<(&'static str, String)> {
    let name = words::clean(instance.group.as_ref()?);
    let said = if instance.held_back {
        format!("{name}; it would be Active now, and other members hold it back")
    } else {
        name
    };
    Some(("sync group", said))
}

fn not_told() -> String {
    "not told by this daemon".to_owned()
}

fn hosts_told(told: &HostsTold) -> String {
    let what = match told.lifetime_s {
        0 => "of prefixes, and of no router".to_owned(),
        seconds => format!(
            "that it is their router for {}",
            words::span(seconds.saturating_mul(1000))
        ),
    };
    format!(
        "told {} times {what}; digest {}, the same where another node says the same",
        told.sent,
        words::clean(&told.digest)
    )
}

fn addresses(instance: &Instance, colour: Colour) -> String {
    let mut table = bare_table(&["ADDRESS", "DEVICE", "LABEL", "ADVERTISED", "KERNEL"]);
    for address in &instance.addresses {
        let (word, wrong) = words::presence(address);
        table.add_row([
            format!("{}/{}", address.address, address.prefix),
            address.device.clone().unwrap_or_else(|| "-".to_owned()),
            address.label.clone().unwrap_or_else(|| "-".to_owned()),
            if address.advertised { "yes" } else { "no" }.to_owned(),
            if wrong {
                colour.alarm(word)
            } else {
                word.to_owned()
            },
        ]);
    }
    section(instance.addresses.is_empty(), table)
}

/// Routes and rules.
pub(crate) fn routing(list: &[Routing], colour: Colour) -> String {
    let mut table = bare_table(&["ROUTE OR RULE", "KERNEL"]);
    for one in list {
        let (word, wrong) = words::routing(one);
        let said = format!("{} {}", one.kind, words::clean(&one.entry));
        table.add_row([said, if wrong { colour.alarm(&word) } else { word }]);
    }
    section(list.is_empty(), table)
}

fn tracked(instance: &Instance, status: &Status, colour: Colour) -> String {
    let contributions = &instance.priority.contributions;
    let mut table = bare_table(&["TRACKED", "KIND", "HEALTH", "WEIGHT", "ADDS", "LAST RESULT"]);
    for contribution in contributions {
        let kind = match contribution.kind {
            TrackedKind::Script => (check_of(contribution, status).map(|check| check.kind.as_str()))
                .filter(|kind| !kind.is_empty())
                .unwrap_or("script"),
            TrackedKind::Interface => "interface",
            TrackedKind::Statics => "track_group",
            TrackedKind::File => "file",
            TrackedKind::Process => "process",
            _ => "other",
        };
        let number = contribution.value.is_some();
        let weight = match (contribution.weight, contribution.reverse) {
            (0, false) if number => "bars unless 0".to_owned(),
            (0, true) if number => "bars when 0".to_owned(),
            (weight, false) if number => format!("times {weight}"),
            (weight, true) if number => format!("times {weight} reverse"),
            (0, false) => "bars when down".to_owned(),
            (0, true) => "bars when up".to_owned(),
            (weight, false) => weight.to_string(),
            (weight, true) => format!("{weight} reverse"),
        };
        table.add_row([
            words::clean(&contribution.name),
            words::clean(kind),
            health(contribution, status, colour),
            weight,
            format!("{:+}", contribution.adds),
            last_result(contribution, status),
        ]);
    }
    section(contributions.is_empty(), table)
}

fn check_of<'a>(contribution: &Contribution, status: &'a Status) -> Option<&'a Check> {
    let named = |check: &&Check| check.name == contribution.name && contribution.kind == TrackedKind::Script;
    status.checks.iter().find(named)
}

fn health(contribution: &Contribution, status: &Status, colour: Colour) -> String {
    check_of(contribution, status).map_or_else(
        || colour.health(contribution.health),
        |check| overview::health(check, colour),
    )
}

/// What was found last of a tracked object.
fn last_result(contribution: &Contribution, status: &Status) -> String {
    let name = &contribution.name;
    let found = match contribution.kind {
        TrackedKind::Script => {
            let check = status.checks.iter().find(|check| check.name == *name);
            check.and_then(|check| check.last.as_ref()).map(words::run)
        }
        TrackedKind::File => {
            let file = status.files.iter().find(|file| file.name == *name);
            file.map(|file| words::clean(&format!("{}: {}", file.path, file.found)))
        }
        TrackedKind::Process => {
            let mut all = status.processes.iter();
            all.find(|process| process.name == *name).map(words::running)
        }
        _ => None,
    };
    found.unwrap_or_else(|| "-".to_owned())
}

/// Who else is there, or was.
fn heard(instance: &Instance) -> String {
    let mut table = bare_table(&["HEARD", "PRIORITY", "VERSION", "LAST", "FIRST", "ADVERTS"]);
    for router in &instance.heard {
        table.add_row([
            router.address.to_string(),
            match router.priority {
                0 => "0 (goodbye)".to_owned(),
                priority => priority.to_string(),
            },
            router.version.to_string(),
            format!("{} ago", words::span(router.last_ago_ms)),
            format!("{} ago", words::span(router.first_ago_ms)),
            router.adverts.to_string(),
        ]);
    }
    section(instance.heard.is_empty(), table)
}

fn hooks(instance: &Instance) -> String {
    let mut table = bare_table(&["NOTIFIED", "RESULT", "COMMAND"]);
    for hook in &instance.hooks {
        table.add_row([
            words::clean(&hook.label),
            words::run(&hook.run),
            words::clean(&hook.command),
        ]);
    }
    if let Some(running) = &instance.hook_running {
        table.add_row([
            words::clean(running),
            format!("runs, {} wait", instance.hooks_waiting),
            String::new(),
        ]);
    }
    section(
        instance.hooks.is_empty() && instance.hook_running.is_none(),
        table,
    )
}

fn counters(instance: &Instance) -> String {
    let mut text = String::new();
    for (name, count) in &instance.counters {
        let _ = writeln!(text, "{count:>12} {name}");
    }
    for (name, count) in &instance.rejected {
        let _ = writeln!(text, "{count:>12} rejected: {name}");
    }
    if text.is_empty() {
        text
    } else {
        format!("\n{:>12} COUNTER\n{text}", "")
    }
}

fn section(empty: bool, mut table: comfy_table::Table) -> String {
    if empty {
        String::new()
    } else {
        format!("\n{}", lay_out(&mut table))
    }
}
