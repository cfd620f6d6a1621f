//! Properties of the difference of two plans.

mod persistence;

use std::time::Duration;

use persistence::persistence;
use proptest::prelude::*;
use vrrp_core::{Family, InterfaceId, Priority, Profile, Settings, Tracker, Vrid, Weight};
use vrrp_net::{HeldAddress, Service};
use vrrp_plan::{Astray, Check, Command, Hooks, Instance, Plan, Tracked, astray, difference, losses};

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
        command: command("/bin/true"),
        interval: Duration::from_secs(seconds),
        timeout: Duration::from_secs(seconds),
        rise: 1,
        fall: 1,
        initially_down: false,
    }
}

fn instance(name: &str, priority: u8, hosts: &[u8], checks: &[&str], hook: Option<&str>) -> Instance {
    let vrid = Vrid::new(7).unwrap();
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
    new.node.arp_gap = Duration::from_millis(1);
    let found = difference(&Plan::default(), &new);
    assert_eq!(found.needs_restart, ["vrrp_rt_priority", "vrrp_garp_interval"]);
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
