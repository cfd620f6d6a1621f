//! `vrrpctl effective --ldirectord`: the same of the other language.

use std::collections::HashSet;

use keepalived_conf::{Came, DiskFiles, Entry, Setting, Unit, Value};
use ldirectord_conf::{Effective, MachineNames, Parsed, effective, parse};
use vrrp_plan::balance::{Balance, Follows};
use vrrp_plan::ldirectord::{Settings, lower};

use crate::print;

/// What a real server follows, by the names that `vrrpctl servers` has for it.
const CHECKS: &str = "checks";

pub(super) fn run(file: &str, json: bool) -> u8 {
    let mut parsed = parse(&DiskFiles, &MachineNames::read(), file);
    if let Some(refused) = super::refused(&parsed.diagnostics, &parsed.sources) {
        return refused;
    }
    let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
    take_out(&mut parsed, &lowered.balance);
    parsed.diagnostics.extend(lowered.faults);
    let mut effective = effective(&parsed);
    name_checks(&mut effective, &lowered.balance);
    if json {
        super::as_json(&effective)
    } else {
        print(&text(&effective))
    }
}

/// What reads well and cannot be carried out is not in force either.
fn take_out(parsed: &mut Parsed, balance: &Balance) {
    let places: HashSet<&str> = balance
        .servers
        .iter()
        .map(|server| server.place.0.as_str())
        .collect();
    for read in &mut parsed.config.virtuals {
        let place = parsed.sources.place(read.span);
        read.usable &= places.contains(format!("{}:{}", place.file, place.line).as_str());
    }
}

/// Behind the settings of each real server what looks at it. Both have the order of the file.
fn name_checks(effective: &mut Effective, balance: &Balance) {
    let reals = effective.virtual_servers.iter_mut();
    let reals = reals.filter(|section| section.block.starts_with("real"));
    let servers = balance.servers.iter().flat_map(|server| &server.servers);
    for (section, server) in reals.zip(servers) {
        let check = |follows: &Follows| Setting {
            keyword: CHECKS,
            unit: Unit::None,
            value: Value::Text(follows.check.clone()),
            came: Came::Implied {
                because: "the settings of its check",
            },
        };
        section.settings.push(Entry::Many {
            keyword: CHECKS,
            settings: server.follows.iter().map(check).collect(),
        });
    }
}

fn text(effective: &Effective) -> String {
    super::shown(
        std::iter::once(&effective.global).chain(&effective.virtual_servers),
        [("Not in force, by an error", &effective.dropped)],
    )
}
