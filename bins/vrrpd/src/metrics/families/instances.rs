//! Virtual routers and sync groups.

use vrrp_control::{Instance, State, TrackedKind};

use super::{Each, Facts, Family, Value, seconds_of_ms};

/// Every state, each with 0 or 1: so that a query needs no other.
const STATES: [(State, &str); 3] = [
    (State::Initialize, "initialize"),
    (State::Backup, "backup"),
    (State::Active, "active"),
];

const BY_NAME: &[&str] = &["name"];

/// One number for each instance.
fn each_one(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&Instance) -> Value) {
    for instance in facts.status.iter().flat_map(|status| &status.instances) {
        each(&[&instance.name], of(instance));
    }
}

const fn word(kind: TrackedKind) -> &'static str {
    match kind {
        TrackedKind::Script => "check",
        TrackedKind::Interface => "interface",
        TrackedKind::Statics => "statics",
        TrackedKind::File => "file",
        TrackedKind::Process => "process",
        _ => "other",
    }
}

fn contributions(facts: &Facts<'_>, each: Each<'_>) {
    for instance in facts.status.iter().flat_map(|status| &status.instances) {
        for one in &instance.priority.contributions {
            each(&[&instance.name, word(one.kind), &one.name], one.adds.into());
        }
    }
}

fn infos(facts: &Facts<'_>, each: Each<'_>) {
    for instance in facts.status.iter().flat_map(|status| &status.instances) {
        let version = instance.protocol_version.to_string();
        each(
            &[
                &instance.name,
                &instance.vrid.to_string(),
                &instance.family,
                instance.interface.as_deref().unwrap_or(""),
                &version,
                instance.group.as_deref().unwrap_or(""),
            ],
            1_u64.into(),
        );
    }
}

fn states(facts: &Facts<'_>, each: Each<'_>) {
    for instance in facts.status.iter().flat_map(|status| &status.instances) {
        let vrid = instance.vrid.to_string();
        for (state, word) in STATES {
            each(
                &[&instance.name, &vrid, &instance.family, word],
                (instance.state == state).into(),
            );
        }
    }
}

fn groups(facts: &Facts<'_>, each: Each<'_>) {
    for group in facts.status.iter().flat_map(|status| &status.groups) {
        for (state, word) in STATES {
            each(&[&group.name, word], (group.state == state).into());
        }
    }
}

fn rejected(facts: &Facts<'_>, each: Each<'_>) {
    for instance in facts.status.iter().flat_map(|status| &status.instances) {
        for (reason, count) in &instance.rejected {
            each(&[&instance.name, reason], (*count).into());
        }
    }
}

pub(super) const FAMILIES: &[Family] = &[
    Family::info(
        "vrrpd_instance",
        &["name", "vrid", "family", "interface", "version", "group"],
        "A virtual router, and what it is.",
        infos,
    ),
    Family::gauge(
        "vrrpd_instance_state",
        &["name", "vrid", "family", "state"],
        "1 for the state that it is in, 0 for the others: initialize, backup, active (RFC 9568 section 6.3).",
        states,
    ),
    Family::gauge(
        "vrrpd_instance_barred",
        BY_NAME,
        "1 while something keeps it from taking part (FAULT of keepalived).",
        |facts, each| each_one(facts, each, |instance| instance.barred.is_some().into()),
    ),
    Family::gauge(
        "vrrpd_instance_held_back",
        BY_NAME,
        "1 while it would be Active, and other members of its sync group hold it back.",
        |facts, each| each_one(facts, each, |instance| instance.held_back.into()),
    ),
    Family::gauge(
        "vrrpd_instance_holding",
        BY_NAME,
        "1 while its addresses still answer after a planned stop, until the successor does.",
        |facts, each| each_one(facts, each, |instance| instance.holding.into()),
    ),
    Family::gauge(
        "vrrpd_instance_priority",
        BY_NAME,
        "The priority that it competes with, 1 to 255.",
        |facts, each| each_one(facts, each, |instance| instance.priority.effective.into()),
    ),
    Family::gauge(
        "vrrpd_instance_base_priority",
        BY_NAME,
        "The same as configured.",
        |facts, each| each_one(facts, each, |instance| instance.priority.base.into()),
    ),
    Family::gauge(
        "vrrpd_instance_priority_contribution",
        &["name", "kind", "tracked"],
        "What a tracked object adds to the priority at the moment: a check, interface, file, process, or static entries.",
        contributions,
    ),
    Family::gauge(
        "vrrpd_instance_addresses_wanted",
        BY_NAME,
        "Addresses that it should hold now.",
        |facts, each| {
            each_one(facts, each, |instance| {
                instance.addresses.iter().filter(|one| one.wanted).count().into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_instance_addresses_held",
        BY_NAME,
        "Those of them that the kernel has.",
        |facts, each| {
            each_one(facts, each, |instance| {
                let held = instance.addresses.iter().filter(|one| one.wanted && one.present);
                held.count().into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_instance_addresses_stray",
        BY_NAME,
        "Addresses that the kernel has though it should not hold them now, whoever made them.",
        |facts, each| {
            each_one(facts, each, |instance| {
                let stray = instance.addresses.iter().filter(|one| !one.wanted && one.present);
                stray.count().into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_instance_routes_wanted",
        BY_NAME,
        "Routes and rules that should be there now.",
        |facts, each| {
            each_one(facts, each, |instance| {
                instance.routing.iter().filter(|one| one.wanted).count().into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_instance_routes_held",
        BY_NAME,
        "Those of them that are there.",
        |facts, each| {
            each_one(facts, each, |instance| {
                let held = instance.routing.iter().filter(|one| one.wanted && one.present);
                held.count().into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_instance_last_transition_timestamp",
        BY_NAME,
        "When its state was entered, since 1970.",
        |facts, each| each_one(facts, each, |instance| seconds_of_ms(instance.since_unix_ms)),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_instance_advert_interval",
        BY_NAME,
        "Advertisement_Interval.",
        |facts, each| each_one(facts, each, |instance| seconds_of_ms(instance.interval_ms)),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_instance_incompatible_peers",
        BY_NAME,
        "Routers with its VRID that it cannot understand: the usual cause of two Active routers.",
        |facts, each| each_one(facts, each, |instance| instance.incompatible_peers.len().into()),
    ),
    Family::gauge(
        "vrrpd_instance_scripts_waiting",
        BY_NAME,
        "Notify scripts that wait for the one before.",
        |facts, each| each_one(facts, each, |instance| instance.hooks_waiting.into()),
    ),
    Family::counter(
        "vrrpd_instance_rejected_packets",
        &["name", "reason"],
        "Packets that named it and were discarded, by reason; reasons that never occurred are left out.",
        rejected,
    ),
    Family::gauge(
        "vrrpd_group_state",
        &["group", "state"],
        "The same as vrrpd_instance_state, of a sync group as one service.",
        groups,
    ),
];
