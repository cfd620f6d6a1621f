//! A reload of a file that says the same is nothing at all, whatever the file says; and what a reload does leads from any
//! file to any other.

mod persistence;

use keepalived_conf::{MemoryFiles, Parsed, parse};
use persistence::persistence;
use proptest::prelude::*;
use vrrp_plan::{
    Allowed, Check, Difference, EverythingPresent, FileTrack, Group, Host, Instance, Lowered, Mail, Node,
    Plan, ProcessTrack, Webhook, difference, faults, judge, losses, lower, restarts,
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
        "track_file {\n load weight 2\n }",
        "track_process {\n worker\n }",
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

fn instance(name: &str, at: usize, (vrid, priority, v3, interval, hosts, more): &Parts) -> String {
    let addresses: String = hosts
        .iter()
        .map(|host| format!("  10.0.{at}.{host}/24\n"))
        .collect();
    let version = if *v3 { 3 } else { 2 };
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n priority {priority}\n version {version}\n \
         advert_int {interval}\n virtual_ipaddress {{\n{addresses} }}\n {}\n}}\n",
        more.join("\n ")
    )
}

fn file(instances: &[Parts], strict: bool) -> String {
    file_with_names(instances, strict, &["VI_0", "VI_1", "VI_2", "VI_3"])
}

fn file_with_names(instances: &[Parts], strict: bool, names: &[&str]) -> String {
    let strict = if strict { "vrrp_strict" } else { "" };
    let script = "vrrp_script chk {\n script \"/bin/true x\"\n interval 2\n weight 3\n}\n";
    let all: String = instances
        .iter()
        .enumerate()
        .zip(names)
        .map(|((at, parts), name)| instance(name, at, parts))
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
        "vrrp_gna_interval 0.2",
        "vrrp_priority -5",
        "vrrp_no_swap",
        "nftables other",
        "vrrp_delay_after_boot 60",
        "vrrp_startup_delay 5",
        "dynamic_interfaces",
        "json_version 2",
        "vrrp_strict",
        "smtp_alert",
        "notification_email {\n o@example.com\n}\nsmtp_server 192.0.2.25\nsmtp_alert_vrrp",
        "smtp_server 192.0.2.26 587\nsmtp_tls required",
    ];
    let outside = vec![
        "vrrp_script chk {\n script \"/bin/true y\"\n interval 3\n}\n",
        "track_file load {\n file /run/load\n init_file 3\n}\n",
        "track_file load {\n file /run/load\n init_file 4 overwrite\n}\n",
        "track_file load {\n file /run/other\n}\n",
        "vrrp_track_process worker {\n process worker\n}\n",
        "vrrp_track_process worker {\n process worker\n quorum 2\n}\n",
        "static_ipaddress {\n 198.51.100.9/24 dev eth0\n}\n",
        "static_routes {\n 203.0.113.0/24 dev eth0\n}\n",
        "garp_group {\n garp_interval 0.5\n interface eth0\n}\n",
        "vrrp_webhook pager {\n url https://a.example.com/x\n}\n",
        "vrrp_webhook pager {\n url https://a.example.com/y\n}\n",
        "vrrp_webhook desk {\n url http://b.example.com/\n only {\n VI_0\n }\n}\n",
        "vrrp_sync_group G {\n group {\n VI_0\n VI_1\n }\n}\n",
        "vrrp_sync_group H {\n group {\n VI_2\n VI_1\n }\n notify /bin/true\n}\n",
    ];
    let parts = (
        prop::collection::vec(parts(), 1..5),
        prop::sample::subsequence(globals, 0..5),
        prop::sample::subsequence(outside, 0..5),
        any::<bool>(),
        Just(vec!["VI_0", "VI_1", "VI_2", "VI_3", "web", "db"]).prop_shuffle(),
    );
    parts.prop_map(|(instances, globals, outside, one_network, names)| {
        let text = file_with_names(&instances, false, &names).replace(
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
        node: node_after(old, new, difference),
        statics: if difference.statics { new } else { old }.statics.clone(),
        files: files_after(old, new, difference),
        processes: processes_after(old, difference),
        mail: if difference.mail { new } else { old }.mail.clone(),
        webhooks: webhooks_after(old, new, difference),
        ..Plan::default()
    };
    for before in old
        .instances
        .iter()
        .filter(|one| !listed(&difference.removed, &one.name))
    {
        let mut one = before.clone();
        if let Some((_, name)) = difference.renamed.iter().find(|(name, _)| *name == one.name) {
            name.clone_into(&mut one.name);
            name.clone_into(&mut one.service.name);
        }
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
    plan
}

/// The words that are taken over, and those that a start would take over.
fn node_after(old: &Plan, new: &Plan, difference: &Difference) -> Node {
    let (mut node, new) = (old.node.clone(), &new.node);
    let kept = difference.needs_restart.iter().map(|kept| kept.word);
    for word in difference.node.iter().copied().chain(kept) {
        match word {
            "router_id" => node.router_id.clone_from(&new.router_id),
            "vrrp_garp_interval" => node.arp_gap = new.arp_gap,
            "vrrp_gna_interval" => node.neighbor_gap = new.neighbor_gap,
            "garp_group" => node.paces.clone_from(&new.paces),
            "vrrp_delay_after_boot" => node.delay_after_boot = new.delay_after_boot,
            "dynamic_interfaces" => node.dynamic_interfaces = new.dynamic_interfaces,
            "json_version" => node.json_version = new.json_version,
            "vrrp_rt_priority" => node.realtime_priority = new.realtime_priority,
            "vrrp_priority" => node.nice = new.nice,
            "vrrp_no_swap" => node.no_swap = new.no_swap,
            "nftables" => node.filter_table.clone_from(&new.filter_table),
            "init_file" => {}
            other => panic!("{other} stands in no generated file"),
        }
    }
    node
}

fn processes_after(old: &Plan, difference: &Difference) -> Vec<ProcessTrack> {
    let stay = old.processes.iter().filter(|one| {
        let mut otherwise = difference.processes_added.iter();
        !difference.processes_removed.contains(&one.name) && !otherwise.any(|other| other.name == one.name)
    });
    stay.chain(&difference.processes_added).cloned().collect()
}

fn webhooks_after(old: &Plan, new: &Plan, difference: &Difference) -> Vec<Webhook> {
    let listed = |hook: &&Webhook| difference.webhooks.contains(&hook.name);
    let stay = old.webhooks.iter().filter(|hook| !listed(hook));
    stay.chain(new.webhooks.iter().filter(listed)).cloned().collect()
}

fn files_after(old: &Plan, new: &Plan, difference: &Difference) -> Vec<FileTrack> {
    let restarted = difference
        .needs_restart
        .iter()
        .any(|kept| kept.word == "init_file");
    let stay = old.files.iter().filter(|one| {
        let mut elsewhere = difference.files_added.iter();
        !difference.files_removed.contains(&one.name) && !elsewhere.any(|other| other.name == one.name)
    });
    let mut files: Vec<FileTrack> = stay.cloned().collect();
    for file in &mut files {
        let now = new.files.iter().find(|other| other.name == file.name);
        if let Some(now) = now.filter(|_| restarted) {
            file.init = now.init;
        }
    }
    files.extend(difference.files_added.iter().cloned());
    files
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
    plan.node.places.clear();
    plan.files
        .iter_mut()
        .for_each(|FileTrack { place, .. }| *place = nowhere());
    plan.processes
        .iter_mut()
        .for_each(|ProcessTrack { place, .. }| *place = nowhere());
    plan.mail
        .iter_mut()
        .for_each(|Mail { place, .. }| *place = nowhere());
    plan.webhooks
        .iter_mut()
        .for_each(|Webhook { place, .. }| *place = nowhere());
    plan.webhooks.sort_by(|one, other| one.name.cmp(&other.name));
    plan.files.sort_by(|one, other| one.name.cmp(&other.name));
    plan.processes.sort_by(|one, other| one.name.cmp(&other.name));
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
        // And back.
        let back = carried_out(&after, &old, &difference(&after, &old));
        prop_assert_eq!(wanted(&back), wanted(&old));
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
