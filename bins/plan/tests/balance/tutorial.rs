//! The director of the tutorials: as it should be, and as it is copied, which keepalived takes too.

use keepalived_conf::{MemoryFiles, parse};
use vrrp_core::Weight;
use vrrp_ipvs::{Forwarding, ServiceKey};
use vrrp_plan::Asks;
use vrrp_plan::balance::{AtStop, Look};

use super::{lowered, s};

fn file(path: &std::path::Path) -> Option<vrrp_plan::Plan> {
    let bytes = std::fs::read(path).ok()?;
    let parsed = parse(
        &MemoryFiles::new([("lvs-director.conf", bytes)]),
        "lvs-director.conf",
    );
    Some(lowered(&parsed).plan)
}

fn example() -> vrrp_plan::Plan {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/lvs-director.conf");
    file(path.as_ref()).expect("the example is part of the project")
}

#[test]
fn two_real_servers_by_direct_routing() {
    let balance = example().balance;
    let [web] = &balance.servers[..] else {
        panic!("{balance:#?}")
    };
    assert_eq!(web.name, "TCP 172.25.44.144:80");
    assert_eq!(web.place.0, "lvs-director.conf:31");
    let [service] = &web.services[..] else { panic!() };
    assert_eq!(service.key, ServiceKey::tcp("172.25.44.144:80".parse().unwrap()));
    assert_eq!(service.scheduler.as_str(), "rr");
    assert_eq!((service.one_packet, &service.persistence), (false, &None));
    assert_eq!((web.quorum, web.hysteresis, web.sorry.is_none()), (1, 0, true));
    let names: Vec<_> = web.servers.iter().map(|real| real.name.as_str()).collect();
    assert_eq!(names, ["172.25.44.44:80", "172.25.44.55:80"]);
    for real in &web.servers {
        assert_eq!(real.destination.forwarding, Forwarding::Direct);
        assert_eq!(real.destination.weight, 1);
        assert!(real.follows.iter().all(|one| !one.alpha) && !real.inhibit && real.mail);
        let [follows] = &real.follows[..] else { panic!() };
        assert_eq!(follows.weight, Weight::Gate { reverse: false });
        let check = balance.check(&follows.check).unwrap();
        assert_eq!(
            check.name,
            format!("TCP 172.25.44.144:80 {} TCP_CHECK", real.name)
        );
        assert_eq!((check.interval, check.timeout), (s(6), s(3)));
        assert_eq!((check.retries, check.retry_after, check.warmup), (3, s(3), s(6)));
        let Look::Ask(question) = &check.look else {
            panic!()
        };
        assert_eq!(
            (question.ip.to_string() + ":80", question.port),
            (real.name.clone(), 80)
        );
        assert_eq!(question.asks, Asks::Tcp);
    }
    assert_eq!(
        (balance.sync, balance.flush_at_start, balance.at_stop),
        (None, false, AtStop::TakeOut)
    );
    assert_eq!(example().instances.len(), 1);
}

/// What keepalived 2.2.7 makes of the copied file, mistakes included, once its blanks are blanks (pasted ones, U+00A0, are letters for it): `nb_get_retry` is no word of `TCP_CHECK`, so that one
/// more try is made and not three; digits in front of a comment without a blank count; two braces are missing.
#[test]
fn the_copied_file_is_understood_as_keepalived_understands_it() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("SHARED").unwrap_or_else(|_| beside.to_owned());
    for name in ["as-pasted-lvs-director.conf", "lvs-director.conf"] {
        let path = std::path::Path::new(&shared).join("cases").join(name);
        let Some(plan) = file(&path) else {
            println!("SKIP vrrp_plan_tutorial: nothing at {}", path.display());
            return;
        };
        let [web] = &plan.balance.servers[..] else {
            panic!("{plan:#?}")
        };
        assert_eq!(web.name, "TCP 172.25.44.22:80");
        let destinations: Vec<_> = web.servers.iter().map(|real| real.destination).collect();
        let shown: Vec<_> = destinations
            .iter()
            .map(|one| (one.key.to_string(), one.weight))
            .collect();
        assert_eq!(
            shown,
            [
                ("172.25.44.44:80".to_owned(), 1),
                ("172.25.44.55:80".to_owned(), 1)
            ]
        );
        assert_eq!(plan.balance.checks.len(), 2);
        for check in plan.balance.checks.iter() {
            assert_eq!((check.interval, check.timeout), (s(6), s(3)));
            assert_eq!((check.retries, check.retry_after), (1, s(3)));
        }
    }
}
