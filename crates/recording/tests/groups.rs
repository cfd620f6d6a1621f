//! Members of a sync group do things that nobody told them: a replay finds the same, in the same order.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may"
)]

use std::sync::Arc;

use proptest::prelude::*;
use vrrp_core::wire::Warnings;
use vrrp_core::{
    Failure, Family, Health, Heard, Input, InstanceId, Instant, InterfaceId, Interval, Link, Order, Outbox,
    Priority, Profile, Router, Settings, Tracker, TrackerId, Version, Vrid, Weight,
};
use vrrp_recording::{Event, Replay, Transcript};

fn settings(vrid: u8) -> Settings {
    let mut settings = Settings::new(
        Profile::Default,
        Family::Ipv4,
        Vrid::new(vrid).unwrap(),
        InterfaceId(2),
    );
    settings
        .addresses
        .push(format!("198.51.100.{vrid}").parse().unwrap());
    let weight = Weight::from_keepalived(0, false);
    settings.trackers = vec![Tracker {
        weight,
        initial: Health::Up,
    }];
    settings
}

/// What happens next, to whom, and after how long.
fn happenings() -> impl Strategy<Value = Vec<(u8, u8, u64)>> {
    prop::collection::vec((0_u8..20, 0_u8..3, 0_u64..2_000_000_000), 1..200)
}

fn heard(priority: u8) -> Input {
    Input::Heard(Heard {
        source: "192.0.2.9".parse().unwrap(),
        priority,
        version: Version::V3,
        interval: Interval::DEFAULT,
        checksum: None,
        warnings: Warnings::NONE,
    })
}

fn happen(router: &mut Router, ids: &[InstanceId], now: Instant, what: u8, whom: u8) {
    let mut out = Outbox::new();
    let id = ids[usize::from(whom)];
    let link = |up| {
        Input::Link(Link {
            up,
            primary: Some("192.0.2.1".parse().unwrap()),
        })
    };
    let input = match what {
        0..=7 => return router.tick(now, &mut out),
        8 => heard(0),
        9 => heard(90),
        10 => heard(200),
        11 => Input::Track(TrackerId(0), Health::Down),
        12 => Input::Track(TrackerId(0), Health::Up),
        13 => Input::Order(Order::Resign),
        14 => Input::Order(Order::Compete),
        15 => link(false),
        16 => link(true),
        17 => Input::Failed(Failure::Hold),
        18 => {
            let mut settings = settings(whom + 1);
            settings.priority = Priority::new(100 + what).unwrap();
            let config = settings.build().unwrap();
            return router.reconfigure(now, id, config, &mut out).unwrap();
        }
        _ => {
            let group = router.groups().next();
            return match group {
                Some(group) if whom == 0 => router.regroup(now, group, &ids[..2], &mut out),
                Some(group) if whom == 1 => router.regroup(now, group, ids, &mut out),
                _ => router.leave_group(now, id, &mut out),
            };
        }
    };
    router.handle(now, id, input, &mut out);
}

proptest! {
    #[test]
    fn whatever_happens_to_a_group_can_be_replayed(happenings in happenings()) {
        let transcript = Arc::new(Transcript::new("a group"));
        let mut router = Router::new();
        router.set_witness(Some(transcript.clone()));
        let mut ids = Vec::new();
        for vrid in 1..=3 {
            let id = router.add(settings(vrid).build().unwrap()).unwrap();
            router.introduce(id, &format!("VI_{vrid}"));
            ids.push(id);
        }
        let mut now = Instant::from_nanos(1_000);
        let mut out = Outbox::new();
        let _group = router.group(now, &ids, &mut out);
        for id in &ids {
            let link = Link { up: true, primary: Some("192.0.2.1".parse().unwrap()) };
            router.handle(now, *id, Input::Link(link), &mut out);
            router.handle(now, *id, Input::Start, &mut out);
        }
        for (what, whom, after) in happenings {
            now = now.plus_nanos(after);
            happen(&mut router, &ids, now, what, whom);
        }
        let text = transcript.text();
        let mut decisions = 0;
        for replayed in Replay::new(text.lines()) {
            let replayed = replayed.unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
            if let Event::Decision(decision) = replayed.event {
                prop_assert!(
                    decision.is_as_recorded(),
                    "line {}: happens {}, unrecorded {:?}\nnow {}\n{text}",
                    replayed.line, decision.happens, decision.unrecorded, decision.decided
                );
                decisions += 1;
            }
        }
        prop_assert!(decisions >= 6);
    }
}

/// What a group no longer orders, and what it orders and nobody recorded, is seen.
#[test]
fn an_order_that_was_not_given_is_seen() {
    let transcript = Arc::new(Transcript::new("a group"));
    let mut router = Router::new();
    router.set_witness(Some(transcript.clone()));
    let mut ids = Vec::new();
    for vrid in 1..=2 {
        let id = router.add(settings(vrid).build().unwrap()).unwrap();
        router.introduce(id, &format!("VI_{vrid}"));
        ids.push(id);
    }
    let mut out = Outbox::new();
    let _group = router.group(Instant::default(), &ids, &mut out);
    for id in &ids {
        let link = Link {
            up: true,
            primary: Some("192.0.2.1".parse().unwrap()),
        };
        router.handle(Instant::default(), *id, Input::Link(link), &mut out);
        router.handle(Instant::default(), *id, Input::Start, &mut out);
    }
    router.handle(
        Instant::default(),
        ids[0],
        Input::Track(TrackerId(0), Health::Down),
        &mut out,
    );
    let text = transcript.text();
    let (last, before) = text
        .lines()
        .collect::<Vec<_>>()
        .split_last()
        .map(|(l, b)| (*l, b.to_vec()))
        .unwrap();
    assert!(
        last.starts_with("0.000000000 VI_2 ordered | initialize:group "),
        "{text}"
    );
    let differs = |lines: &[&str]| {
        let decisions = Replay::new(lines).filter_map(|replayed| match replayed.unwrap().event {
            Event::Decision(decision) => Some(decision.is_as_recorded()),
            _ => None,
        });
        decisions.map(|same| !same).collect::<Vec<_>>()
    };
    let mut again = before.clone();
    again.extend([last, last]);
    assert_eq!(differs(&again).last(), Some(&true), "it is ordered once");
    let mut missing = before;
    missing.push("0.000000000 VI_1 track 0 down");
    assert_eq!(
        differs(&missing).last(),
        Some(&true),
        "an order is missing before it"
    );
}
