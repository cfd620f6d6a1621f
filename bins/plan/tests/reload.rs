//! A reload of a file that says the same is nothing at all, whatever the file says; and what a reload does leads from any
//! file to any other.

mod persistence;

use keepalived_conf::{MemoryFiles, Parsed, parse};
use persistence::persistence;
use proptest::prelude::*;
use vrrp_plan::{
    Allowed, Check, Difference, EverythingPresent, Group, Host, Instance, Lowered, Plan, difference, faults,
    judge, losses, lower, restarts,
};

/// One instance: number, priority, version 3, interval in seconds, hosts of its network, lines more.
type Parts = (u8, u8, bool, u8, Vec<u8>, Vec<&'static str>);

fn parts() -> impl Strategy<Value = Parts> {
    let more = vec![
        "nopreempt",
        "state MASTER",
        "garp_master_delay 3",
        "no_accept",
        "track_script {\n chk\n }",
        "track_interface {\n eth1 weight 5\n }",
        "notify /bin/true",
        "dont_track_primary",
        "no_such_word",
        "use_vmac",
        "authentication {\n auth_type PASS\n auth_pass secret\n }",
        "unicast_peer {\n 198.51.100.7\n }",
        "virtual_routes {\n 192.0.2.0/24 dev eth0\n }",
    ];
    let count = more.len();
    (
        0..4_u8,
        any::<u8>(),
        any::<bool>(),
        1..5_u8,
        prop::sample::subsequence((1..9).collect::<Vec<u8>>(), 0..4),
        prop::sample::subsequence(more, 0..count),
    )
}

fn instance(at: usize, (vrid, priority, v3, interval, hosts, more): &Parts) -> String {
    let addresses: String = hosts
        .iter()
        .map(|host| format!("  10.0.{at}.{host}/24\n"))
        .collect();
    let version = if *v3 { 3 } else { 2 };
    format!(
        "vrrp_instance VI_{at} {{\n interface eth0\n virtual_router_id {vrid}\n priority {priority}\n version {version}\n \
         advert_int {interval}\n virtual_ipaddress {{\n{addresses} }}\n {}\n}}\n",
        more.join("\n ")
    )
}

fn file(instances: &[Parts], strict: bool) -> String {
    let strict = if strict { "vrrp_strict" } else { "" };
    let script = "vrrp_script chk {\n script \"/bin/true x\"\n interval 2\n weight 3\n}\n";
    let all: String = instances
        .iter()
        .enumerate()
        .map(|(at, parts)| instance(at, parts))
        .collect();
    format!("global_defs {{\n {strict}\n}}\n{script}{all}")
}

fn read(text: &str) -> (Parsed, Lowered) {
    let parsed = parse(&MemoryFiles::new([("k.conf", text.to_owned())]), "k.conf");
    let lowered = lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    );
    (parsed, lowered)
}

/// A file whose addresses may be those of another one's other instance, with what stands outside instances.
fn any_file() -> impl Strategy<Value = String> {
    let globals = vec![
        "router_id lb01",
        "router_id lb02",
        "vrrp_rt_priority 50",
        "vrrp_garp_interval 0.1",
        "vrrp_strict",
    ];
    let outside = vec![
        "vrrp_script chk {\n script \"/bin/true y\"\n interval 3\n}\n",
        "vrrp_sync_group G {\n group {\n VI_0\n VI_1\n }\n}\n",
        "vrrp_sync_group H {\n group {\n VI_2\n VI_1\n }\n notify /bin/true\n}\n",
    ];
    let parts = (
        prop::collection::vec(parts(), 1..5),
        prop::sample::subsequence(globals, 0..3),
        prop::sample::subsequence(outside, 0..3),
        any::<bool>(),
    );
    parts.prop_map(|(instances, globals, outside, one_network)| {
        let text = file(&instances, false).replace(
            "global_defs {\n",
            &format!("global_defs {{\n{}\n", globals.join("\n")),
        );
        let text = outside.join("") + &text;
        if one_network {
            let network = |text: String, at: usize| text.replace(&format!(" 10.0.{at}."), " 10.0.0.");
            (1..4).fold(text, network)
        } else {
            text
        }
    })
}

/// What a node that runs `old` runs when it has done what `difference` names, and nothing else, with what it names taken
/// from `new`.
fn carried_out(old: &Plan, new: &Plan, difference: &Difference) -> Plan {
    let listed = |list: &[String], name: &str| list.iter().any(|other| other == name);
    let Difference {
        checks_added,
        checks_changed,
        ..
    } = difference;
    let mut plan = Plan {
        node: old.node.clone(),
        ..Plan::default()
    };
    for before in old
        .instances
        .iter()
        .filter(|one| !listed(&difference.removed, &one.name))
    {
        let mut one = before.clone();
        if let Some(after) = new.instances.iter().find(|after| after.name == one.name) {
            if listed(&difference.changed, &one.name) {
                one.service = after.service.clone();
            }
            if listed(&difference.follow_others, &one.name) {
                one.tracked = after.tracked.clone();
            }
            if listed(&difference.hooks, &one.name) {
                one.hooks = after.hooks.clone();
            }
        }
        plan.instances.push(one);
    }
    let added = new
        .instances
        .iter()
        .filter(|one| listed(&difference.added, &one.name));
    plan.instances.extend(added.cloned());
    plan.groups.extend(
        old.groups
            .iter()
            .filter(|one| !listed(&difference.groups, &one.name))
            .cloned(),
    );
    plan.groups.extend(
        new.groups
            .iter()
            .filter(|one| listed(&difference.groups, &one.name))
            .cloned(),
    );
    let stays = |check: &&Check| {
        let changed = checks_changed.iter().any(|other| other.name == check.name);
        !changed && !listed(&difference.checks_removed, &check.name)
    };
    plan.checks = old
        .checks
        .iter()
        .filter(stays)
        .chain(checks_added)
        .chain(checks_changed)
        .cloned()
        .collect();
    if difference.node.contains(&"router_id") {
        plan.node.router_id.clone_from(&new.node.router_id);
    }
    for word in &difference.needs_restart {
        match *word {
            "vrrp_rt_priority" => plan.node.realtime_priority = new.node.realtime_priority,
            "vrrp_garp_interval" => plan.node.arp_gap = new.node.arp_gap,
            "vrrp_gna_interval" => plan.node.neighbor_gap = new.node.neighbor_gap,
            other => panic!("{other} stands in no generated file"),
        }
    }
    plan
}

/// Without the order of blocks and their lines, which decide nothing.
fn wanted(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let nowhere = String::new;
    plan.instances
        .iter_mut()
        .for_each(|Instance { place, .. }| *place = nowhere());
    plan.groups
        .iter_mut()
        .for_each(|Group { place, .. }| *place = nowhere());
    plan.checks
        .iter_mut()
        .for_each(|Check { place, .. }| *place = nowhere());
    plan.instances.sort_by(|one, other| one.name.cmp(&other.name));
    plan.groups.sort_by(|one, other| one.name.cmp(&other.name));
    plan.checks.sort_by(|one, other| one.name.cmp(&other.name));
    plan
}

proptest! {
    #![proptest_config(persistence())]

    /// Nothing that differs is left out: what is named, and only that, makes the one plan the other.
    #[test]
    fn what_a_reload_does_leads_from_any_file_to_any_other(old in any_file(), new in any_file()) {
        let ((_, old), (_, new)) = (read(&old), read(&new));
        let (old, new) = (old.plan, new.plan);
        let found = difference(&old, &new);
        let after = carried_out(&old, &new, &found);
        prop_assert_eq!(wanted(&after), wanted(&new));
        prop_assert!(difference(&after, &new).is_empty());
        prop_assert!(difference(&new, &new).is_empty());
        prop_assert_eq!(found.is_empty(), wanted(&old) == wanted(&new));
    }

    /// The second file has other lines and other comments, and the same errors, if any.
    #[test]
    fn a_file_that_says_the_same_asks_for_nothing(
        instances in prop::collection::vec(parts(), 1..5),
        strict in any::<bool>(),
        lines in 0..3_usize,
    ) {
        let text = file(&instances, strict);
        let (parsed, old) = read(&text);
        let (again, new) = read(&format!("{}# the same\n{text}", "\n".repeat(lines)));
        prop_assert!(difference(&old.plan, &new.plan).is_empty());
        prop_assert!(losses(&old.plan, &new.plan).is_empty());
        for (one, other) in old.plan.instances.iter().zip(&new.plan.instances) {
            prop_assert!(restarts(&one.service, &other.service).is_empty());
        }
        if !old.plan.instances.is_empty() {
            let (before, after) = (faults(&parsed, &old), faults(&again, &new));
            let judged = judge("k.conf", (&old.plan, &before), (&new.plan, &after), &EverythingPresent);
            prop_assert_eq!(judged, Ok(()));
        }
    }
}
