//! Sync groups of a driver across its end and its successor.

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{Options, Service};

use crate::adverts::service;
use crate::lab::{LIMIT, Node, isolated, switch, wait_for};

fn services(group: Option<&str>) -> Vec<Service> {
    let mut first = service(51).address("192.0.2.254/24").unwrap();
    let mut second = service(52).address("192.0.2.253/24").unwrap();
    second.name = "VI_2".into();
    for one in [&mut first, &mut second] {
        one.group = group.map(str::to_owned);
    }
    vec![first, second]
}

/// Whoever goes on is in its group, and in none where that has gone; nobody notices either.
#[test]
fn x_08_a_group_goes_on_after_a_handover() {
    isolated("groups::x_08_a_group_goes_on_after_a_handover", || {
        switch();
        let one = Node::new(1);
        let mut running = one.start(services(Some("g")));
        wait_for("both are Active", LIMIT, || {
            let states = [running.service("VI_1").state, running.service("VI_2").state];
            (states == [StateName::Active; 2]).then_some(())
        });
        for group in [Some("g"), Some("other"), None] {
            let before = [running.service("VI_1"), running.service("VI_2")];
            let handover = running.handover();
            running = one.start_with(services(group), Options::default(), Some(handover));
            let after = [running.service("VI_1"), running.service("VI_2")];
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(
                    (after.state, after.since_nanos),
                    (before.state, before.since_nanos)
                );
                assert_eq!(after.group.as_deref(), group);
            }
            assert_eq!(running.states(), []);
            assert!(one.has("192.0.2.254") && one.has("192.0.2.253"));
        }
        proves!("X-08", Refuses);
    });
}
