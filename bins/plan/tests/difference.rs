//! Properties of the difference of two plans.

mod persistence;

use std::time::Duration;

use persistence::persistence;
use proptest::prelude::*;
use vrrp_core::{Family, InterfaceId, Priority, Profile, Settings, Tracker, Vrid, Weight};
use vrrp_net::{HeldAddress, Service};
use vrrp_plan::{
    Astray, Check, Command, Difference, FileTrack, Hooks, Instance, Kept, Node, Plan, Tracked, What, astray,
    difference, losses,
};

fn command(word: &str) -> Command {
    Command {
        words: vec![word.to_owned()],
        user: None,
        secure: false,
    }
}

fn check(name: &str, seconds: u64, line: u32) -> Check {
    Check {
        name: name.to_owned(),
        place: format!("a.conf:{line}"),
        what: What::Run(command("/bin/true")),
        interval: Duration::from_secs(seconds),
        timeout: Duration::from_secs(seconds),
        rise: 1,
        fall: 1,
        initially_down: false,
        mode: keepalived_conf::CheckMode::Normal,
    }
}

fn instance(name: &str, priority: u8, hosts: &[u8], checks: &[&str], hook: Option<&str>) -> Instance {
    // Each name is a router of its own.
    let vrid = Vrid::new(name.bytes().last().unwrap()).unwrap();
    let mut settings = Settings::new(Profile::Keepalived, Family::Ipv4, vrid, InterfaceId(0));
    settings.priority = Priority::new(priority).unwrap();
    let gate = Tracker {
        weight: Weight::Gate { reverse: false },
        initial: vrrp_core::Health::Unknown,
    };
    settings.trackers = vec![gate; checks.len()];
    let mut service = Service::of(name, Some("eth1"), settings);
    for host in hosts {
        service = service.held_address(HeldAddress::new([192, 0, 2, *host].into(), 24));
    }
    Instance {
        name: name.to_owned(),
        place: "a.conf:1".to_owned(),
        service,
        tracked: checks
            .iter()
            .map(|check| Tracked::Check((*check).to_owned()))
            .collect(),
        hooks: Hooks {
            any: hook.map(command),
            ..Hooks::default()
        },
    }
}

fn plan(instances: Vec<Instance>, checks: Vec<Check>) -> Plan {
    Plan {
        instances,
        checks,
        ..Plan::default()
    }
}

fn any_instance(name: &'static str) -> impl Strategy<Value = Option<Instance>> {
    let parts = (
        1..5_u8,
        prop::sample::subsequence(vec![1, 2, 3], 0..=3),
        prop::sample::subsequence(vec!["a", "b"], 0..=2),
        prop::option::of("/[xy]"),
    );
    prop::option::of(parts.prop_map(move |(priority, hosts, checks, hook)| {
        instance(name, priority, &hosts, &checks, hook.as_deref())
    }))
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let instances = (any_instance("VI_1"), any_instance("VI_2"), any_instance("VI_3"));
    let checks = (
        prop::option::of((1..3_u64, 1..9_u32)),
        prop::option::of((1..3_u64, 1..9_u32)),
    );
    (instances, checks).prop_map(|((one, two, three), (a, b))| {
        let checks = [("a", a), ("b", b)].into_iter().filter_map(|(name, parts)| {
            let (seconds, line) = parts?;
            Some(check(name, seconds, line))
        });
        plan(
            [one, two, three].into_iter().flatten().collect(),
            checks.collect(),
        )
    })
}

proptest! {
    #![proptest_config(persistence())]

    #[test]
    fn equal_plans_differ_in_nothing(plan in any_plan()) {
        prop_assert!(difference(&plan, &plan.clone()).is_empty());
        prop_assert!(losses(&plan, &plan.clone()).is_empty());
    }

    #[test]
    fn every_instance_is_in_exactly_one_heap(old in any_plan(), new in any_plan()) {
        let found = difference(&old, &new);
        let of = |plan: &Plan, name: &str| plan.instances.iter().find(|instance| instance.name == name).cloned();
        for name in ["VI_1", "VI_2", "VI_3"] {
            let listed = |list: &[String]| list.iter().any(|other| other == name);
            let (before, after) = (of(&old, name), of(&new, name));
            prop_assert_eq!(listed(&found.added), before.is_none() && after.is_some());
            prop_assert_eq!(listed(&found.removed), before.is_some() && after.is_none());
            let both = before.zip(after);
            let other_service = both.as_ref().is_some_and(|(before, after)| before.service != after.service);
            prop_assert_eq!(listed(&found.changed), other_service);
            let other_hooks = both.as_ref().is_some_and(|(before, after)| before.hooks != after.hooks);
            prop_assert_eq!(listed(&found.hooks), other_hooks);
        }
    }

    #[test]
    fn nothing_to_lose_means_every_address_is_still_asked_for(old in any_plan(), new in any_plan()) {
        let addresses = |plan: &Plan| -> Vec<std::net::IpAddr> {
            let services = plan.instances.iter().flat_map(|instance| &instance.service.addresses);
            services.map(|held| held.address).collect()
        };
        let kept = addresses(&old).iter().all(|address| addresses(&new).contains(address));
        let names_kept = old.instances.iter().all(|one| new.instances.iter().any(|other| other.name == one.name));
        prop_assert_eq!(losses(&old, &new).is_empty(), kept && names_kept);
    }
}

#[test]
fn a_check_that_only_moved_in_the_file_is_not_touched() {
    let old = plan(vec![], vec![check("a", 1, 4)]);
    let new = plan(vec![], vec![check("a", 1, 90)]);
    assert!(difference(&old, &new).is_empty());
    let slower = plan(vec![], vec![check("a", 2, 4)]);
    assert_eq!(difference(&old, &slower).checks_changed, [check("a", 2, 4)]);
}

#[test]
fn another_check_of_the_same_weight_is_followed_without_touching_the_service() {
    let old = plan(vec![instance("VI_1", 100, &[1], &["a"], None)], vec![]);
    let new = plan(vec![instance("VI_1", 100, &[1], &["b"], None)], vec![]);
    let found = difference(&old, &new);
    assert_eq!(found.follow_others, ["VI_1"]);
    assert!(!found.touches_services(), "{found:?}");
}

#[test]
fn an_address_that_moves_to_another_instance_is_not_lost() {
    let both = |first: &[u8], second: &[u8]| {
        plan(
            vec![
                instance("VI_1", 100, first, &[], None),
                instance("VI_2", 100, second, &[], None),
            ],
            vec![],
        )
    };
    assert!(losses(&both(&[1, 2], &[3]), &both(&[1], &[2, 3])).is_empty());
    let lost = losses(&both(&[1, 2], &[3]), &both(&[1], &[3]));
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].address, Some([192, 0, 2, 2].into()));
}

#[test]
fn a_setting_that_cannot_change_while_running_is_named() {
    let mut new = Plan::default();
    new.node.realtime_priority = Some(50);
    new.node.nice = Some(-5);
    let place = ("vrrp_rt_priority", "new.conf:3".to_owned());
    new.node.places = [place].into();
    let found = difference(&Plan::default(), &new);
    let kept = |word, place: Option<&str>| Kept {
        word,
        place: place.map(str::to_owned),
    };
    let expected = [
        kept("vrrp_rt_priority", Some("new.conf:3")),
        kept("vrrp_priority", None),
    ];
    assert_eq!(found.needs_restart, expected);
}

/// Something of the node, and keepalived's word for it.
type Change = (fn(&mut Node), &'static str);

/// Every setting of the node: it is taken over, or told to be kept. Which ones there are, the compiler knows.
#[test]
fn no_setting_of_the_node_is_passed_over() {
    let changed = |change: fn(&mut Node)| {
        let mut new = Plan::default();
        change(&mut new.node);
        let Difference {
            node, needs_restart, ..
        } = difference(&Plan::default(), &new);
        let kept: Vec<&str> = needs_restart.iter().map(|kept| kept.word).collect();
        (node, kept)
    };
    let taken_over: [Change; 7] = [
        (|node| node.router_id = "lb09".to_owned(), "router_id"),
        (
            |node| node.arp_gap = Duration::from_millis(1),
            "vrrp_garp_interval",
        ),
        (
            |node| node.neighbor_gap = Duration::from_millis(2),
            "vrrp_gna_interval",
        ),
        (
            |node| {
                node.paces = vec![vrrp_net::Pace {
                    interfaces: vec!["eth1".to_owned()],
                    arp_gap: Duration::from_millis(1),
                    neighbor_gap: Duration::ZERO,
                }];
            },
            "garp_group",
        ),
        (
            |node| node.delay_after_boot = Duration::from_secs(90),
            "vrrp_delay_after_boot",
        ),
        (|node| node.dynamic_interfaces = true, "dynamic_interfaces"),
        (|node| node.json_version = 2, "json_version"),
    ];
    for (change, word) in taken_over {
        assert_eq!(changed(change), (vec![word], vec![]));
    }
    let kept: [Change; 4] = [
        (|node| node.realtime_priority = Some(50), "vrrp_rt_priority"),
        (|node| node.nice = Some(-5), "vrrp_priority"),
        (|node| node.no_swap = true, "vrrp_no_swap"),
        (|node| node.filter_table = "other".to_owned(), "nftables"),
    ];
    for (change, word) in kept {
        assert_eq!(changed(change), (vec![], vec![word]));
    }
}

/// What is written into a file at a start is not written over what it says since.
#[test]
fn another_first_number_of_a_file_counts_at_the_next_start() {
    let with = |path: &str, init, line: u8| Plan {
        files: vec![FileTrack {
            name: "load".to_owned(),
            place: format!("new.conf:{line}"),
            path: path.into(),
            init,
        }],
        ..Plan::default()
    };
    let old = with("/run/load", Some((5, false)), 3);
    let found = difference(&old, &with("/run/load", Some((7, true)), 4));
    let kept = Kept {
        word: "init_file",
        place: Some("new.conf:4".to_owned()),
    };
    assert_eq!((found.needs_restart, found.files_added), (vec![kept], vec![]));
    assert!(difference(&old, &with("/run/load", Some((5, false)), 9)).is_empty());
    let elsewhere = difference(&old, &with("/run/other", Some((7, true)), 4));
    assert_eq!(
        (elsewhere.needs_restart.len(), elsewhere.files_added.len()),
        (0, 1)
    );
}

/// What a process keeps, it keeps also when a later file agrees with the one between: told as long as it differs, and no
/// longer.
#[test]
fn what_is_kept_is_what_the_process_began_with() {
    let file = |init| FileTrack {
        name: "load".to_owned(),
        place: String::new(),
        path: "/run/load".into(),
        init: Some((init, false)),
    };
    let mut began = Plan::default();
    began.node.filter_table = "vrrpd".to_owned();
    began.files = vec![file(1)];
    let mut other = began.clone();
    other.node.realtime_priority = Some(50);
    other.node.nice = Some(-5);
    other.node.no_swap = true;
    other.node.filter_table = "other".to_owned();
    other.node.router_id = "lb09".to_owned();
    other.files = vec![file(2)];
    let runs = other.clone().taken_over(&began);
    let again = difference(&runs, &other);
    assert_eq!((again.needs_restart.len(), again.node.len()), (5, 0));
    let back = difference(&runs, &began);
    assert_eq!((back.needs_restart.len(), back.node), (0, vec!["router_id"]));
    // Of another path it is begun with what the new file says.
    let mut moved = other.clone();
    moved.files[0].path = "/run/other".into();
    assert_eq!(moved.taken_over(&began).files[0].init, Some((2, false)));
}

fn called(name: &str, of: &str) -> Instance {
    let mut instance = instance(of, 100, &[of.as_bytes()[0]], &[], None);
    name.clone_into(&mut instance.name);
    name.clone_into(&mut instance.service.name);
    instance
}

fn pairs(renamed: &[(String, String)]) -> Vec<(&str, &str)> {
    renamed
        .iter()
        .map(|(before, after)| (before.as_str(), after.as_str()))
        .collect()
}

/// PRJ-KEY-01: a router is what it is by its interface, family, VRID and path, and not by what it is called.
#[test]
fn prj_key_01_another_name_is_the_same_router() {
    let old = plan(vec![called("VI_1", "1"), called("VI_2", "2")], vec![]);
    let new = plan(vec![called("web", "1"), called("VI_2", "2")], vec![]);
    let found = difference(&old, &new);
    let expected = Difference {
        renamed: vec![("VI_1".to_owned(), "web".to_owned())],
        ..Difference::default()
    };
    assert_eq!(found, expected);
    assert!(found.touches_services() && losses(&old, &new).is_empty());
    assert_eq!((found.old_name("web"), found.old_name("VI_2")), ("VI_1", "VI_2"));

    let swapped = plan(vec![called("VI_2", "1"), called("VI_1", "2")], vec![]);
    let found = difference(&old, &swapped);
    assert_eq!(pairs(&found.renamed), [("VI_1", "VI_2"), ("VI_2", "VI_1")]);
    let rest = Difference {
        renamed: vec![],
        ..found
    };
    assert!(rest.is_empty() && losses(&old, &swapped).is_empty());
}

#[test]
fn another_name_and_other_settings_are_both_told_under_the_new_name() {
    let old = plan(vec![called("VI_1", "1")], vec![]);
    let mut web = called("web", "1");
    web.service.settings.priority = Priority::new(90).unwrap();
    web.hooks.any = Some(command("/x"));
    let found = difference(&old, &plan(vec![web], vec![]));
    assert_eq!(pairs(&found.renamed), [("VI_1", "web")]);
    assert_eq!(
        (found.changed, found.hooks),
        (vec!["web".to_owned()], vec!["web".to_owned()])
    );
    assert!(found.added.is_empty() && found.removed.is_empty());
}

/// `VI_1` was router 1 and is now what `VI_2` was; router 1 is gone.
#[test]
fn a_name_that_another_router_has_now_is_gone_and_there() {
    let old = plan(vec![called("VI_1", "1"), called("VI_2", "2")], vec![]);
    let new = plan(vec![called("VI_1", "2"), called("VI_3", "3")], vec![]);
    let found = difference(&old, &new);
    assert_eq!(pairs(&found.renamed), [("VI_2", "VI_1")]);
    assert_eq!(
        (found.added, found.removed),
        (vec!["VI_3".to_owned()], vec!["VI_1".to_owned()])
    );
    assert!(found.changed.is_empty());
    let lost = losses(&old, &new);
    let lost: Vec<_> = lost
        .iter()
        .map(|loss| (loss.instance.as_str(), loss.address))
        .collect();
    assert_eq!(lost, [("VI_1", None), ("VI_1", Some([192, 0, 2, b'1'].into()))]);
}

/// Another VRID under the same name is a restart as before, also beside one that is renamed.
#[test]
fn one_name_and_another_number_begins_anew_unless_the_name_is_taken() {
    let old = plan(vec![called("VI_1", "1")], vec![]);
    let found = difference(&old, &plan(vec![called("VI_1", "9")], vec![]));
    assert_eq!((found.changed, found.removed.len()), (vec!["VI_1".to_owned()], 0));
    // Router 1 goes on as `web`, so `VI_1` is a new one.
    let new = plan(vec![called("VI_1", "9"), called("web", "1")], vec![]);
    let found = difference(&old, &new);
    assert_eq!(pairs(&found.renamed), [("VI_1", "web")]);
    assert_eq!((found.added, found.changed.len()), (vec!["VI_1".to_owned()], 0));
}

fn on(mut instance: Instance, interface: &str) -> Instance {
    instance.service.interface = Some(interface.to_owned());
    instance
}

fn astray_names(old: Instance, new: Instance) -> Vec<String> {
    let exists = |name: &str| name == "eth1" || name == "eth2";
    let found = astray(&plan(vec![old], vec![]), &plan(vec![new], vec![]), exists);
    found
        .into_iter()
        .map(|Astray { interface, .. }| interface)
        .collect()
}

#[test]
fn what_runs_and_would_be_put_on_an_interface_that_is_not_there_is_astray() {
    let old = || instance("A", 100, &[1], &[], None);
    assert_eq!(astray_names(old(), on(old(), "eht1")), ["eht1"]);
    // Another name, the same address.
    let renamed = on(instance("B", 100, &[1], &[], None), "eht1");
    assert_eq!(astray_names(old(), renamed), ["eht1"]);
    // Only one address, by its `dev`.
    let mut moved = old();
    moved.service.addresses[0].device = Some("eht2".to_owned());
    assert_eq!(astray_names(old(), moved), ["eht2"]);
}

#[test]
fn what_is_waited_for_or_new_or_there_is_not_astray() {
    let old = || instance("A", 100, &[1], &[], None);
    assert!(astray_names(old(), on(old(), "eth2")).is_empty());
    assert!(astray_names(on(old(), "eth9"), on(old(), "eth9")).is_empty());
    // It does not run where it is: nothing would disappear.
    assert!(astray_names(on(old(), "eth9"), on(old(), "eth8")).is_empty());
    let other = on(instance("B", 100, &[2], &[], None), "eth9");
    assert!(astray_names(old(), other).is_empty());
}
