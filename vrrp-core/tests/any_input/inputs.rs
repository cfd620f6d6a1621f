//! Every kind of input, and configurations that differ in everything the machine looks at.

use proptest::prelude::*;
use vrrp_core::wire::{ChecksumForm, Warnings};
use vrrp_core::{
    Failure, Family, Health, Heard, Input, Interval, Link, Order, Profile, Settings, Tracker, TrackerId,
    Version, Weight,
};

use crate::subject::{cs, ip, settings};

pub(crate) fn any_settings() -> impl Strategy<Value = Settings> {
    let shape = (0_u8..5, 0_u8..=255, any::<bool>(), 0_u8..4);
    let options = (
        any::<[bool; 7]>(),
        1_u8..=100,
        prop_oneof![Just(0_u64), 0..=65_535_000_000_000_u64],
    );
    let interval = prop_oneof![1_u16..=4095, Just(1), Just(4095), Just(100)];
    (shape, options, interval).prop_map(|((kind, value, six, trackers), (on, adverts, delay), interval)| {
        let profile = [Profile::Rfc, Profile::Default, Profile::Keepalived][usize::from(kind) % 3];
        let family = if six { Family::Ipv6 } else { Family::Ipv4 };
        let mut s = settings(profile, family, value.max(1), interval);
        if kind == 4 && !six {
            s.version = Version::V2;
        }
        if s.version == Version::V2 {
            s.interval = cs((interval % 255 + 1) * 100);
        }
        s.trackers = (0..trackers).map(tracker).collect();
        s.preempt = on[0] || s.priority.is_owner();
        s.v2_interop = on[1] && s.version == Version::V3 && !six;
        if profile != Profile::Rfc {
            s.advert_before_yield = on[2];
            s.answer_lower = on[3];
            s.step_back_when_stalled = on[4] && !s.preempt;
            s.hold = on[5];
            s.down_adverts = adverts;
            s.preempt_delay_nanos = if s.preempt { delay } else { 0 };
        }
        s.start_delay_nanos = if on[6] { delay } else { 0 };
        s
    })
}

fn tracker(number: u8) -> Tracker {
    let weight = match number {
        0 => Weight::Gate { reverse: false },
        1 => Weight::from_keepalived(-40, false),
        _ => Weight::from_keepalived(253, true),
    };
    Tracker {
        weight,
        initial: Health::Up,
    }
}

fn any_interval() -> impl Strategy<Value = Interval> {
    (1_u16..=25_500).prop_map(cs)
}

fn any_heard() -> impl Strategy<Value = Heard> {
    let source = prop_oneof![
        Just("192.0.2.9"),
        Just("192.0.2.10"),
        Just("192.0.2.20"),
        Just("fe80::9"),
        Just("fe80::10"),
        Just("fe80::20"),
        Just("255.255.255.255"),
    ];
    let form = prop_oneof![
        Just(None),
        Just(Some(ChecksumForm::Plain)),
        Just(Some(ChecksumForm::Pseudo))
    ];
    let version = prop_oneof![Just(Version::V2), Just(Version::V3)];
    let value = prop_oneof![any::<u8>(), Just(0), Just(255)];
    (source, value, version, any_interval(), form).prop_map(
        |(source, priority, version, interval, checksum)| Heard {
            source: ip(source),
            priority,
            version,
            interval,
            checksum,
            warnings: Warnings::NONE,
        },
    )
}

fn any_link() -> impl Strategy<Value = Link> {
    let primary = prop_oneof![
        Just(None),
        Just(Some("192.0.2.10")),
        Just(Some("192.0.2.30")),
        Just(Some("fe80::10"))
    ];
    (any::<bool>(), primary).prop_map(|(up, primary)| Link {
        up,
        primary: primary.map(ip),
    })
}

pub(crate) fn any_input() -> impl Strategy<Value = Input> {
    let health = prop_oneof![
        Just(Health::Unknown),
        Just(Health::Up),
        Just(Health::Down),
        any::<i32>().prop_map(Health::Value),
        (-300..300_i32).prop_map(Health::Value),
    ];
    prop_oneof![
        3 => Just(Input::Start),
        2 => Just(Input::Stop),
        8 => Just(Input::Tick),
        8 => any_heard().prop_map(Input::Heard),
        4 => any_link().prop_map(Input::Link),
        3 => (0_u16..4, health).prop_map(|(id, health)| Input::Track(TrackerId(id), health)),
        1 => Just(Input::Order(Order::Resign)),
        1 => Just(Input::Order(Order::Compete)),
        1 => any::<bool>().prop_map(|gone| Input::Failed(Failure::Send { gone })),
        1 => Just(Input::Failed(Failure::Hold)),
        1 => Just(Input::Recovered),
        1 => Just(Input::SuccessorAnswers),
    ]
}

/// One of every input, with every choice that the machine tells apart.
pub(crate) fn every_input(own: u8) -> Vec<Input> {
    let heard = |source: &str, priority: u8, version: Version| {
        Input::Heard(Heard {
            source: ip(source),
            priority,
            version,
            interval: cs(50),
            checksum: None,
            warnings: Warnings::NONE,
        })
    };
    let mut inputs = vec![
        Input::Start,
        Input::Stop,
        Input::Tick,
        Input::Order(Order::Resign),
        Input::Order(Order::Compete),
        Input::Failed(Failure::Send { gone: true }),
        Input::Failed(Failure::Send { gone: false }),
        Input::Failed(Failure::Hold),
        Input::Recovered,
        Input::SuccessorAnswers,
    ];
    for source in ["192.0.2.9", "192.0.2.10", "192.0.2.20"] {
        for priority in [0, own.saturating_sub(1).max(1), own, own.saturating_add(1)] {
            inputs.push(heard(source, priority, Version::V3));
            inputs.push(heard(source, priority, Version::V2));
        }
    }
    for up in [true, false] {
        for primary in [None, Some(ip("192.0.2.10")), Some(ip("192.0.2.30"))] {
            inputs.push(Input::Link(Link { up, primary }));
        }
    }
    let numbers = [-300, -1, 0, 7].map(Health::Value);
    for health in [Health::Unknown, Health::Up, Health::Down]
        .into_iter()
        .chain(numbers)
    {
        for id in 0..3 {
            inputs.push(Input::Track(TrackerId(id), health));
        }
    }
    inputs
}
