//! Any inputs in any order at any time: addresses follow the state, no step outgrows its list, no deadline is left behind.

use vrrp_core::wire::{ChecksumForm, Warnings};
use vrrp_core::{
    Action, Actions, Failure, Family, Health, Heard, Input, Instant, InterfaceId, Interval, Link, Order,
    Priority, Profile, Settings, StateName, Tracker, TrackerId, Version, VirtualRouter, Vrid, Weight,
};

/// Octets that run out: then all are 0.
struct Tape<'a>(&'a [u8]);

impl Tape<'_> {
    fn octet(&mut self) -> u8 {
        let (first, rest) = self
            .0
            .split_first()
            .map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }
}

fn settings(tape: &mut Tape<'_>) -> Settings {
    let (kind, options) = (tape.octet(), tape.octet());
    let profile = [Profile::Default, Profile::Rfc, Profile::Keepalived][usize::from(kind % 3)];
    let family = if kind & 64 == 0 {
        Family::Ipv4
    } else {
        Family::Ipv6
    };
    let vrid = Vrid::new(7).unwrap_or_else(|| unreachable!("7 is not 0"));
    let mut settings = Settings::new(profile, family, vrid, InterfaceId(2));
    settings.addresses = vec![match family {
        Family::Ipv4 => [192, 0, 2, 254].into(),
        Family::Ipv6 => "fe80::254".parse().unwrap_or_else(|_| unreachable!("an address")),
    }];
    settings.priority = Priority::new(tape.octet()).unwrap_or(Priority::DEFAULT);
    settings.interval = interval(tape);
    if kind & 128 != 0 {
        settings.version = Version::V2;
        settings.interval = Interval::DEFAULT;
    }
    settings.preempt = options & 1 != 0 || settings.priority.is_owner();
    settings.hold = options & 2 != 0;
    settings.v2_interop = options & 4 != 0;
    settings.advert_before_yield = options & 8 != 0;
    settings.answer_lower = options & 16 != 0;
    settings.step_back_when_stalled = options & 32 != 0;
    settings.slack = options & 64 != 0;
    settings.preempt_delay_nanos = u64::from(options & 128) * 50_000_000;
    settings.trackers = vec![
        Tracker {
            weight: Weight::Gate { reverse: false },
            initial: Health::Up,
        },
        Tracker {
            weight: Weight::from_keepalived(-60, false),
            initial: Health::Up,
        },
    ];
    settings
}

fn interval(tape: &mut Tape<'_>) -> Interval {
    let centiseconds = [1, 10, 100, 4095, 25_500][usize::from(tape.octet() % 5)];
    Interval::from_centiseconds(centiseconds).unwrap_or(Interval::DEFAULT)
}

fn input(tape: &mut Tape<'_>) -> Input {
    match tape.octet() % 16 {
        0 | 1 => Input::Start,
        2 => Input::Stop,
        3..=6 => Input::Tick,
        7..=9 => Input::Heard(heard(tape)),
        10 | 11 => {
            let what = tape.octet();
            let primary =
                [None, Some([192, 0, 2, 10].into()), Some([192, 0, 2, 30].into())][usize::from(what % 3)];
            Input::Link(Link {
                up: what & 128 != 0,
                primary,
            })
        }
        12 => {
            let what = tape.octet();
            let number = Health::Value(i32::from(what) * 4 - 500);
            let health = [Health::Up, Health::Down, Health::Unknown, number][usize::from(what % 4)];
            Input::Track(TrackerId(u16::from(what >> 6)), health)
        }
        13 => Input::Order(if tape.octet() & 1 == 0 {
            Order::Resign
        } else {
            Order::Compete
        }),
        14 => match tape.octet() % 3 {
            0 => Input::Failed(Failure::Hold),
            gone => Input::Failed(Failure::Send { gone: gone == 1 }),
        },
        _ => [Input::Recovered, Input::SuccessorAnswers][usize::from(tape.octet() & 1)],
    }
}

fn heard(tape: &mut Tape<'_>) -> Heard {
    let what = tape.octet();
    Heard {
        source: [192, 0, 2, [9, 10, 20, 255][usize::from(what % 4)]].into(),
        priority: tape.octet(),
        version: if what & 4 == 0 { Version::V3 } else { Version::V2 },
        interval: interval(tape),
        checksum: [None, Some(ChecksumForm::Plain), Some(ChecksumForm::Pseudo)][usize::from(what / 8 % 3)],
        warnings: Warnings::NONE,
    }
}

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn machine(bytes: &[u8]) {
    let mut tape = Tape(bytes);
    let Some(config) = settings(&mut tape).build().ok() else {
        return;
    };
    let mut router = VirtualRouter::new(config);
    let mut now = Instant::from_nanos(1_000_000_000);
    let mut present = false;
    while !tape.0.is_empty() {
        now = match (tape.octet() % 4, router.deadline()) {
            (0, Some(deadline)) => deadline.at.max(now),
            (1, _) => now.plus_nanos(u64::from(tape.octet()) * 40_000_000),
            _ => now,
        };
        let before = router.state_name();
        let actions = router.handle(now, input(&mut tape));
        assert!(actions.len() < Actions::MAX, "{} actions", actions.len());
        for action in actions {
            match action {
                Action::HoldAddresses => present = true,
                Action::ReleaseAddresses => present = false,
                Action::AnnounceAddresses { .. } => assert!(present, "announced without being held"),
                Action::Send(draft) => {
                    let speaks = before == StateName::Active || router.state_name() == StateName::Active;
                    assert!(
                        draft.priority == 0 || speaks,
                        "priority {} without being Active",
                        draft.priority
                    );
                }
                Action::RouterAdvertisements { .. } | Action::Report(_) => {}
            }
        }
        assert_eq!(router.holds(), present, "{:?}", router.state());
    }
    // Whatever was done to it, a few ticks later nothing is overdue.
    for _ in 0..4 {
        let _actions = router.handle(now, Input::Tick);
    }
    assert!(
        router.deadline().is_none_or(|deadline| deadline.at > now),
        "{:?}",
        router.deadline()
    );
}
