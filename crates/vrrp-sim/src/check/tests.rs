//! Each check sees what it is for, and nothing where all is well: histories by hand, and clocks that no quartz has.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::{
    Cause, Interval, Order, Priority, Report, Settings, StateName, Transition, Version, wire::Received,
};

use super::*;
use crate::fault::{Fault, NodeId};
use crate::frame::Datagram;
use crate::timeline::What;
use crate::world::Pretended;
use crate::{INTERFACE, lan};
use vrrp_core::InstanceId;

const OWN: InstanceId = InstanceId(0);

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn router(priority: u8) -> Settings {
    lan::settings(Priority::new(priority).unwrap(), Interval::DEFAULT)
}

/// These routers after ten seconds: the best is Active.
fn group(routers: Vec<Settings>) -> (World, Vec<NodeId>) {
    let (mut world, ids) = lan::lan(1, routers).unwrap();
    world.run_until(ms(10_000)).unwrap();
    (world, ids)
}

fn advert(version: u8, priority: u8, interval_cs: u16) -> Arc<Datagram> {
    let [high, low] = interval_cs.to_be_bytes();
    let message = match version {
        2 => vec![
            0x21,
            7,
            priority,
            1,
            0,
            u8::try_from(interval_cs / 100).unwrap(),
            0,
            0,
        ],
        _ => vec![0x31, 7, priority, 1, high, low, 0, 0],
    };
    Arc::new(Datagram {
        source: lan::primary(vrrp_core::Family::Ipv4, 9),
        destination: IpAddr::from([224, 0, 0, 18]),
        hop_limit: 255,
        message,
    })
}

fn says(id: NodeId, adverts: &[Arc<Datagram>]) -> Pretended {
    Pretended {
        left: adverts.iter().map(|one| (id, OWN, Arc::clone(one))).collect(),
        ..Pretended::default()
    }
}

fn hears(id: NodeId, advert: Arc<Datagram>) -> Pretended {
    Pretended {
        heard: vec![(id, advert)],
        ..Pretended::default()
    }
}

fn reports(id: NodeId, report: Report) -> Pretended {
    let what = What::Report {
        router: OWN,
        vrid: 7,
        report,
    };
    Pretended {
        latest: vec![(Some(id), what)],
        ..Pretended::default()
    }
}

fn transition(from: StateName, to: StateName, cause: Cause, holding: bool) -> Report {
    Report::Transition(Transition {
        from,
        to,
        cause,
        holding,
    })
}

/// The first finding of a check that sees these events after one another.
fn seen(check: &mut impl Check, world: &mut World, events: Vec<(u64, Pretended)>) -> Option<String> {
    events.into_iter().find_map(|(after_ms, event)| {
        world.pretend(ms(after_ms), event);
        check.look(world)
    })
}

/// PRJ-TIME-05: a late one and the next on its phase are two; three at once are the missed ones.
#[test]
fn prj_time_05_a_burst_of_missed_advertisements_is_seen() {
    for (pauses_ms, found) in [
        (vec![1000, 900, 100, 1000], false),
        (vec![1000, 5000, 0], false),
        (vec![1000, 5000, 0, 0], true),
        (vec![1000, 900, 100, 500], true),
    ] {
        let (mut world, ids) = group(vec![router(200)]);
        let events = pauses_ms
            .iter()
            .map(|pause| (*pause, says(ids[0], &[advert(3, 200, 100)])));
        let wrong = seen(&mut NoBurst::default(), &mut world, events.collect());
        assert_eq!(wrong.is_some(), found, "{pauses_ms:?}: {wrong:?}");
    }
}

/// PRJ-FSM-01: three answers in an interval, or six where two windows meet, and not one for each packet.
#[test]
fn prj_fsm_01_answers_without_a_limit_are_seen() {
    for (answers, found) in [(8, false), (9, true)] {
        let (mut world, ids) = group(vec![router(200)]);
        let events = (0..answers).map(|_| {
            let mut event = says(ids[0], &[advert(3, 200, 100)]);
            event.heard = vec![(ids[0], advert(3, 1, 100))];
            (10, event)
        });
        let wrong = seen(&mut NoBurst::default(), &mut world, events.collect());
        assert_eq!(wrong.is_some(), found, "{answers}: {wrong:?}");
    }
}

/// the next word was due after 1 s, and Active_Down_Interval is 3 s and 56/256 s.
#[test]
fn x_13_an_active_that_goes_on_after_a_stall_is_seen() {
    for (asked, away_ms, found) in [(true, 4200, false), (true, 4300, true), (false, 9000, false)] {
        let mut settings = router(200);
        (settings.preempt, settings.step_back_when_stalled) = (false, asked);
        let (mut world, ids) = group(vec![settings]);
        let word = || says(ids[0], &[advert(3, 200, 100)]);
        let events = vec![(0, word()), (away_ms, word())];
        let wrong = seen(&mut TheStalledStepBack::default(), &mut world, events);
        assert_eq!(wrong.is_some(), found, "{away_ms}: {wrong:?}");
    }
}

/// 200 and a check of weight -60 that has failed.
#[test]
fn x_04_a_priority_that_was_not_told_is_seen() {
    for (said, found) in [(140, false), (200, true), (1, true), (0, false)] {
        let mut settings = router(200);
        settings.trackers = vec![vrrp_core::Tracker {
            weight: vrrp_core::Weight::from_keepalived(-60, false),
            initial: vrrp_core::Health::Down,
        }];
        let (mut world, ids) = group(vec![settings]);
        let events = vec![(0, says(ids[0], &[advert(3, said, 100)]))];
        let wrong = seen(&mut ThePriorityIsAsTold, &mut world, events);
        assert_eq!(wrong.is_some(), found, "{said}: {wrong:?}");
    }
}

fn falls(id: NodeId, from: u8, to: u8) -> Pretended {
    let [from, to] = [from, to].map(|value| Priority::new(value).unwrap());
    reports(id, Report::Priority { from, to })
}

/// PRJ-CHG-02 and X-20: at once, but where falls are not hurried, and after two others in an interval, a rise after three.
#[test]
fn x_20_a_new_priority_that_is_not_said_is_seen() {
    for (hurry, to, says_it, others, found) in [
        (true, 140, false, 0, true),
        (true, 140, true, 0, false),
        (false, 140, false, 0, false),
        (true, 140, false, 1, true),
        (true, 140, false, 2, false),
        (true, 240, false, 2, true),
        (true, 240, false, 3, false),
    ] {
        let mut settings = router(200);
        settings.hurry_after_fall = hurry;
        let (mut world, ids) = group(vec![settings]);
        let other = || says(ids[0], &[advert(3, 200, 100)]);
        // Three that are more than an interval old count for nothing.
        let mut events: Vec<_> = (0..3).map(|_| (10, other())).collect();
        events.extend((0..others).map(|number| (if number == 0 { 1000 } else { 10 }, other())));
        let mut moves = falls(ids[0], 200, to);
        if says_it {
            moves.left = says(ids[0], &[advert(3, to, 100)]).left;
        }
        events.push((if others == 0 { 1001 } else { 10 }, moves));
        let wrong = seen(&mut ANewPriorityIsSaidAtOnce::default(), &mut world, events);
        assert_eq!(
            wrong.is_some(),
            found,
            "{hurry} {to} {says_it} {others}: {wrong:?}"
        );
    }
}

/// What cannot be sent is not missed, nor for an interval of 1 s afterwards; the later of two failures counts. A Backup says
/// nothing at all.
#[test]
fn x_20_who_cannot_say_a_new_priority_is_forgiven() {
    let fails = |id, lasts_ms| Pretended {
        latest: vec![(None, What::Fault(Fault::SendFails(id, ms(lasts_ms))))],
        ..Pretended::default()
    };
    for (node, after_ms, found) in [(0, 2990, false), (0, 3010, true), (1, 3010, false)] {
        let (mut world, ids) = group(vec![router(200), router(100)]);
        let id = ids[node];
        let events = vec![
            (0, fails(id, 2000)),
            (10, fails(id, 500)),
            (after_ms - 10, falls(id, 200, 140)),
        ];
        let wrong = seen(&mut ANewPriorityIsSaidAtOnce::default(), &mut world, events);
        assert_eq!(wrong.is_some(), found, "{node} {after_ms}: {wrong:?}");
    }
}

/// V3-8.4.2-03 and PRJ-IOP-01: version 3 first, and 2.5 s are 2 s in version 2; V3-8.4.2-02 for everybody else.
#[test]
fn v3_8_4_2_03_a_copy_that_is_missing_or_wrong_is_seen() {
    let three = || advert(3, 200, 250);
    for (both, words, found) in [
        (true, vec![three(), advert(2, 200, 200)], false),
        (true, vec![three()], true),
        (true, vec![three(), three()], true),
        (true, vec![advert(2, 200, 200), three()], true),
        (true, vec![three(), advert(2, 200, 300)], true),
        (true, vec![three(), advert(2, 0, 200)], true),
        (false, vec![three()], false),
        (false, vec![three(), advert(2, 200, 200)], true),
    ] {
        let mut settings = router(200);
        settings.v2_interop = both;
        let (mut world, ids) = group(vec![settings]);
        let wrong = seen(
            &mut EachVersionIsSaid,
            &mut world,
            vec![(0, says(ids[0], &words))],
        );
        assert_eq!(wrong.is_some(), found, "{words:?}: {wrong:?}");
    }
}

/// T-I-01.
#[test]
fn t_i_01_an_owner_that_waits_is_seen() {
    for (priority, to, found) in [
        (255, StateName::Backup, true),
        (255, StateName::Active, false),
        (254, StateName::Backup, false),
    ] {
        let (mut world, ids) = group(vec![router(priority)]);
        let change = transition(StateName::Initialize, to, Cause::Started, false);
        let events = vec![(0, reports(ids[0], change))];
        let wrong = seen(&mut TheOwnerIsActiveAtOnce, &mut world, events);
        assert_eq!(wrong.is_some(), found, "{priority}: {wrong:?}");
    }
}

fn resigns(id: NodeId) -> (u64, Pretended) {
    let change = transition(StateName::Active, StateName::Initialize, Cause::Resigned, true);
    (0, reports(id, change))
}

/// PRJ-STOP-03 and PRJ-STOP-04: back again only where nobody else is there.
#[test]
fn prj_stop_04_a_roll_back_beside_a_successor_is_seen() {
    for (successor, priority, found) in [(false, 200, false), (true, 200, true), (true, 255, false)] {
        let (mut world, ids) = group(vec![router(priority)]);
        let back = transition(
            StateName::Initialize,
            StateName::Active,
            Cause::NobodyTookOver,
            false,
        );
        let mut events = vec![resigns(ids[0])];
        events.extend(successor.then(|| (600, hears(ids[0], advert(3, 100, 100)))));
        events.push((20, reports(ids[0], back)));
        let wrong = seen(&mut HoldsAsPlanned::default(), &mut world, events);
        assert_eq!(wrong.is_some(), found, "{successor} {priority}: {wrong:?}");
    }
}

/// PRJ-STOP-02: 50 ms after the successor, and 255/256 s and 100 ms without one.
#[test]
fn prj_stop_02_a_hold_that_ends_early_is_seen() {
    for (successor_ms, ends_after_ms, found) in [
        (None, 1090, true),
        (None, 1097, false),
        (Some(500), 549, true),
        (Some(500), 550, false),
    ] {
        let mut settings = router(200);
        settings.trackers = vec![vrrp_core::Tracker {
            weight: vrrp_core::Weight::Gate { reverse: false },
            initial: vrrp_core::Health::Unknown,
        }];
        let (mut world, ids) = group(vec![settings]);
        let mut events = vec![resigns(ids[0])];
        let heard_ms = successor_ms.unwrap_or(0);
        events.extend(successor_ms.map(|at| (at, hears(ids[0], advert(3, 100, 100)))));
        events.push((
            ends_after_ms - heard_ms,
            reports(ids[0], Report::HoldEnded { successor: None }),
        ));
        let wrong = seen(&mut HoldsAsPlanned::default(), &mut world, events);
        assert_eq!(wrong.is_some(), found, "{ends_after_ms}: {wrong:?}");
    }
}

/// PRJ-STOP-03: a hold that goes on though nothing asks for it, and one that an operator has asked for.
#[test]
fn prj_stop_03_a_hold_without_a_reason_is_seen() {
    for asked in [true, false] {
        let (mut world, ids) = group(vec![router(200)]);
        world.at(ms(10_000), Fault::Order(ids[0], Order::Resign));
        world.run_until(ms(10_100)).unwrap();
        let mut check = HoldsAsPlanned::default();
        assert_eq!(seen(&mut check, &mut world, vec![resigns(ids[0])]), None);
        if !asked {
            // Told, and the core does not know of it.
            world.forget_order(ids[0]);
        }
        let wrong = seen(
            &mut check,
            &mut world,
            vec![(1, hears(ids[0], advert(3, 0, 100)))],
        );
        assert_eq!(wrong.is_some(), !asked, "{wrong:?}");
    }
}

/// V3-6.1-14 and PRJ-CHG-01: 3 s and 156/256 s by the clock of the world; a node's own may be five per cent wrong here.
#[test]
fn v3_6_1_14_a_backup_that_is_early_or_late_is_seen() {
    for (drift_ppm, found) in [
        (0, ""),
        (200, ""),
        (50_000, "too early"),
        (-50_000, "not taken over in time"),
    ] {
        let mut world = World::new(1);
        for (number, priority) in [(0, 200), (1, 100)] {
            let mut node = lan::node(number, router(priority)).unwrap();
            node.drift_ppm = i32::from(number) * drift_ppm;
            let id = world.add_node(node);
            world.at(Duration::ZERO, Fault::Start(id));
        }
        world.at(ms(10_000), Fault::PowerCut(NodeId(0)));
        world.add_check(TakesOverInTime::default());
        let wrong = world.run_until(ms(20_000)).err().map(|violation| violation.found);
        let wrong = wrong.unwrap_or_default();
        assert_eq!(wrong.is_empty(), found.is_empty(), "{drift_ppm}: {wrong}");
        assert!(wrong.contains(found), "{drift_ppm}: {wrong}");
    }
}

/// V3-8.4.2-05: the copy says 1 s where the Active says 500 ms; a version 2 router alone is believed (V3-8.4.2-04).
#[test]
fn v3_8_4_2_05_who_follows_the_copy_is_late() {
    for (versions, after_ms, found) in [(&[3, 2][..], 2000, true), (&[2], 2000, false), (&[2], 4000, true)] {
        let mut settings = router(100);
        settings.interval = Interval::from_centiseconds(50).unwrap();
        settings.v2_interop = true;
        let (mut world, ids) = lan::lan(1, vec![settings]).unwrap();
        world.run_until(ms(100)).unwrap();
        let words = versions.iter().map(|version| {
            let interval_cs = if *version == 2 { 100 } else { 50 };
            (0, hears(ids[0], advert(*version, 200, interval_cs)))
        });
        let later = (after_ms, hears(NodeId(0), advert(3, 0, 50)));
        let events = words.chain([later]).collect();
        let mut check = TakesOverInTime::default();
        let wrong = seen(&mut check, &mut world, events);
        assert_eq!(wrong.is_some(), found, "{versions:?} {after_ms}: {wrong:?}");
    }
}

/// one interval and Skew_Time of the slowest member after a goodbye on one LAN; a clock of half the speed needs twice.
#[test]
fn x_08_a_group_that_waits_for_silence_after_a_goodbye_is_seen() {
    for (drift_ppm, found) in [(0, false), (-500_000, true)] {
        let mut world = World::new(1);
        for (number, priority) in [(0, 200), (1, 100)] {
            let members = [0, 1].map(|lan| {
                let priority = Priority::new(priority).unwrap();
                lan::member_settings(lan, priority, Interval::DEFAULT)
            });
            let mut node = lan::gateway(number, members).unwrap();
            node.drift_ppm = i32::from(number) * drift_ppm;
            let id = world.add_node(node);
            world.at(Duration::ZERO, Fault::Start(id));
        }
        world.add_check(AGoodbyeSpeaksForAll::default());
        let cut = Fault::On(lan::OUTSIDE, Box::new(Fault::LinkDown(NodeId(0))));
        world.at(ms(30_500), cut);
        let wrong = world.run_until(ms(60_000)).err();
        assert_eq!(wrong.is_some(), found, "{wrong:?}");
    }
}

/// The stranger of the drills is understood, in either version: a packet that is rejected would drill nobody.
#[test]
fn a_stranger_of_the_drills_is_heard() {
    for version in [Version::V2, Version::V3] {
        let mut settings = router(200);
        settings.version = version;
        let mut machine = vrrp_core::VirtualRouter::new(settings.build().unwrap());
        let stranger = crate::random_drill::stranger(200, version, Interval::DEFAULT);
        let received = Received {
            interface: Some(INTERFACE),
            source: stranger.source,
            destination: Some(stranger.destination),
            hop_limit: Some(stranger.hop_limit),
            message: &stranger.message,
        };
        let heard = machine.receive(vrrp_core::Instant::from_nanos(0), &received);
        assert!(heard.is_ok(), "{version}: {heard:?}");
    }
}
