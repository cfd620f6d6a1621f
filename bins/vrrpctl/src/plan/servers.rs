//! Virtual servers that differ: what of them, of their real servers and of the checks of those.

use std::collections::BTreeSet;

use keepalived_conf::Section;
use vrrp_plan::balance::{Balance, ServerCheck, VirtualServer};

use super::Side;
use super::changes::{differing, plain_change, what};
use super::report::{Change, Differs};

/// Words of `global_defs` about all of them.
const WORDS: [&str; 4] = [
    "lvs_sync_daemon",
    "lvs_timeouts",
    "lvs_flush",
    "lvs_flush_on_stop",
];

/// Those of the new file in its order, then those that go.
pub(super) fn servers(old: &Side, new: &Side) -> Vec<Change> {
    let (before, after) = (&old.lowered.plan.balance, &new.lowered.plan.balance);
    let named =
        |balance: &Balance| -> Vec<String> { balance.servers.iter().map(|one| one.name.clone()).collect() };
    let (was, is) = (named(before), named(after));
    let known: BTreeSet<&String> = is.iter().collect();
    let all = is.iter().chain(was.iter().filter(|name| !known.contains(name)));
    all.map(|name| {
        let (one, other) = (before.server(name), after.server(name));
        let touched = one != other || checks(before, one) != checks(after, other);
        let settings = match (one, other) {
            (Some(_), Some(_)) => differences(&blocks(old, name), &blocks(new, name), name),
            _ => Vec::new(),
        };
        plain_change(name, what(one.is_some(), other.is_some(), touched), settings)
    })
    .collect()
}

/// What is about all of them, where it differs.
pub(super) fn balancing(old: &Side, new: &Side) -> Option<Change> {
    let (before, after) = (&old.lowered.plan.balance, &new.lowered.plan.balance);
    let mut told = differing(&old.effective.global, &new.effective.global);
    told.retain(|differs| WORDS.contains(&differs.keyword.as_str()));
    let differs = before.sync != after.sync
        || before.timeouts != after.timeouts
        || before.flush_at_start != after.flush_at_start
        || before.at_stop != after.at_stop;
    differs.then(|| plain_change("all virtual servers", what(true, true, true), told))
}

fn checks<'a>(balance: &'a Balance, server: Option<&VirtualServer>) -> Vec<&'a ServerCheck> {
    let reals = server.into_iter().flat_map(|one| &one.servers);
    let follows = reals.flat_map(|real| &real.follows);
    follows.filter_map(|one| balance.check(&one.check)).collect()
}

/// The block of a virtual server, and those behind it: its real servers and their checks.
fn blocks<'a>(side: &'a Side, name: &str) -> Vec<&'a Section> {
    let all = side.effective.virtual_servers.iter();
    let is_it =
        |section: &&Section| section.block == "virtual_server" && section.name.as_deref() == Some(name);
    let mut from = all.skip_while(|section| !is_it(section));
    let first = from.next();
    let rest = from.take_while(|section| section.block != "virtual_server");
    first.into_iter().chain(rest).collect()
}

/// Each block is compared with that of the same kind and name; of several, in their order.
fn differences(old: &[&Section], new: &[&Section], name: &str) -> Vec<Differs> {
    let mut left: Vec<&Section> = old.to_vec();
    let mut out = Vec::new();
    for section in new {
        let same = left
            .iter()
            .position(|other| other.block == section.block && other.name == section.name);
        let whose = whose(section, name);
        match same.map(|at| left.remove(at)) {
            Some(before) => out.extend(
                differing(before, section)
                    .into_iter()
                    .map(|differs| of(&whose, differs)),
            ),
            None => out.push(whole(&whose, "+")),
        }
    }
    out.extend(left.into_iter().map(|section| whole(&whose(section, name), "-")));
    out
}

/// `real_server 10.0.0.2:80`, `TCP_CHECK of 10.0.0.2:80`; nothing of the virtual server itself.
fn whose(section: &Section, name: &str) -> String {
    let own = section
        .name
        .as_deref()
        .and_then(|full| full.strip_prefix(name))
        .unwrap_or_default();
    match section.block {
        "virtual_server" => String::new(),
        "real_server" => format!("real_server{own}"),
        check => format!("{check} of{own}"),
    }
}

fn of(whose: &str, differs: Differs) -> Differs {
    if whose.is_empty() {
        return differs;
    }
    Differs {
        name: format!("{whose}: {}", differs.name),
        shown: format!("{whose}: {}", differs.shown),
        ..differs
    }
}

fn whole(whose: &str, sign: &str) -> Differs {
    Differs {
        keyword: whose.to_owned(),
        name: whose.to_owned(),
        old: None,
        new: None,
        shown: format!("{sign} {whose}"),
    }
}
