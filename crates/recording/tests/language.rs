//! The language of recordings, as docs/recording.md describes it: written by hand, read, and written again the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]

use std::sync::Arc;

use vrrp_core::wire::{ChecksumForm, Warning, Warnings};
use vrrp_core::{
    AuthHmac, Authentication, Family, Health, Heard, HmacKey, Input, Instant, InterfaceId, Interval, Link,
    Outbox, Path, Peer, Priority, Profile, Router, Settings, Tracker, TrackerId, Version, Vrid, Weight,
};
use vrrp_recording::{Entry, Event, Line, Replay, Stimulus, Transcript};

/// One line of each kind of input, as the page lists them, with what it means where a mistake would be easy.
const INPUTS: [(&str, Option<Input>); 19] = [
    ("start", Some(Input::Start)),
    ("stop", Some(Input::Stop)),
    ("tick", Some(Input::Tick)),
    ("link up primary=192.0.2.1", None),
    (
        "link down primary=-",
        Some(Input::Link(Link {
            up: false,
            primary: None,
        })),
    ),
    ("track 3 up", Some(Input::Track(TrackerId(3), Health::Up))),
    (
        "track 3 -20",
        Some(Input::Track(TrackerId(3), Health::Value(-20))),
    ),
    ("track 0 down", None),
    ("track 65535 unknown", None),
    ("order resign", None),
    ("order compete", None),
    ("failed send", None),
    ("failed send-gone", None),
    ("failed hold", None),
    ("recovered", Some(Input::Recovered)),
    ("successor-answers", Some(Input::SuccessorAnswers)),
    (
        "heard source=192.0.2.2 priority=0 version=2 interval_cs=100 checksum=- warnings=-",
        None,
    ),
    (
        "heard source=fe80::2 priority=255 version=3 interval_cs=4095 checksum=pseudo warnings=interval-mismatch,hmac-clock",
        None,
    ),
    (
        "heard source=192.0.2.2 priority=150 version=3 interval_cs=1 checksum=plain warnings=address-list-order",
        None,
    ),
];

#[test]
fn every_input_is_read_and_written_the_same() {
    for (words, meant) in INPUTS {
        let text = format!("1.000000002 VI_1 {words}");
        let line = Line::read(&text).unwrap().unwrap();
        assert_eq!(line.at, Instant::from_nanos(1_000_000_002));
        let Entry::Step {
            name,
            stimulus: Stimulus::Input(input),
            decided: None,
        } = &line.entry
        else {
            panic!("{line:?}");
        };
        assert_eq!(name, "VI_1");
        if let Some(meant) = meant {
            assert_eq!(*input, meant);
        }
        assert_eq!(line.to_string(), text);
    }
    let heard = Line::read(&format!("0.000000000 x {}", INPUTS[17].0))
        .unwrap()
        .unwrap();
    let meant = Heard {
        source: "fe80::2".parse().unwrap(),
        priority: 255,
        version: Version::V3,
        interval: Interval::from_centiseconds(4095).unwrap(),
        checksum: Some(ChecksumForm::Pseudo),
        warnings: Warnings::NONE
            .with(Warning::IntervalMismatch)
            .with(Warning::HmacClock),
    };
    let Entry::Step { stimulus, .. } = heard.entry else {
        panic!()
    };
    assert_eq!(stimulus, Stimulus::Input(Input::Heard(meant)));
}

/// Settings in which nothing is as it usually is.
fn unusual() -> Settings {
    let mut s = Settings::new(
        Profile::Keepalived,
        Family::Ipv4,
        Vrid::new(255).unwrap(),
        InterfaceId(7),
    );
    s.version = Version::V3;
    s.interface = None;
    s.path = Path::Unicast {
        local: Some("192.0.2.1".parse().unwrap()),
        peers: Box::new([Peer {
            address: "192.0.2.2".parse().unwrap(),
            hop_limit_min: 254,
            hop_limit_max: 255,
        }]),
    };
    s.priority = Priority::new(254).unwrap();
    s.interval = Interval::from_centiseconds(7).unwrap();
    s.preempt = !s.preempt;
    s.preempt_delay_nanos = 3;
    s.accept = !s.accept;
    s.addresses = vec!["198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap()];
    s.held_only = vec!["2001:db8::1".parse().unwrap()];
    s.allow_no_address = !s.allow_no_address;
    s.ipv4_checksum = vrrp_core::Ipv4Checksum::Rfc9568;
    s.v2_interop = !s.v2_interop;
    s.announcements.at_once = 2;
    s.announcements.later_rounds = 3;
    s.announcements.later_after_nanos = 4_000_000;
    s.announcements.later_repeat = 5;
    s.announcements.refresh_every_nanos = 6_000_000;
    s.announcements.refresh_repeat = 7;
    s.announcements.rival_repeat = 8;
    s.announcements.rival_again_nanos = 9_000_000;
    s.announcements.settle_after_nanos = 10_000_000;
    s.hold = !s.hold;
    s.down_adverts = 4;
    s.answer_lower = !s.answer_lower;
    s.advert_before_yield = !s.advert_before_yield;
    s.hurry_after_fall = !s.hurry_after_fall;
    s.step_back_when_stalled = !s.step_back_when_stalled;
    s.check_unicast_source = !s.check_unicast_source;
    s.owner_ignores = !s.owner_ignores;
    s.start_delay_nanos = 5;
    s.slack = !s.slack;
    s.trackers = vec![
        Tracker {
            weight: Weight::Gate { reverse: true },
            initial: Health::Down,
        },
        Tracker {
            weight: Weight::Adjust {
                value: -20,
                reverse: false,
            },
            initial: Health::Up,
        },
        Tracker {
            weight: Weight::Adjust {
                value: 20,
                reverse: true,
            },
            initial: Health::Unknown,
        },
    ];
    s
}

#[test]
fn all_that_the_core_was_asked_comes_back() {
    let usual = Settings::new(Profile::Rfc, Family::Ipv6, Vrid::new(1).unwrap(), InterfaceId(9));
    for settings in [unusual(), usual] {
        let line = Line {
            at: Instant::default(),
            entry: Entry::Router {
                name: "a b".to_owned(),
                settings: Box::new(settings),
                snapshot: None,
            },
        };
        assert_eq!(Line::read(&line.to_string()).unwrap(), Some(line));
    }
}

/// SEC-08, HM-13: that a router has secrets is recorded, the secrets are not.
#[test]
fn no_secret_is_written() {
    let mut with_password = unusual();
    with_password.version = Version::V2;
    with_password.authentication = Authentication::password(b"hunter22").unwrap();
    let mut signed = unusual();
    let key = HmacKey::new(3, b"thirty-two octets, from a secret").unwrap();
    signed.auth_hmac = Some(AuthHmac::new(vec![key], 3));
    for (settings, told) in [
        (with_password, "authentication=password"),
        (signed, "auth_hmac=enforce,time,active-key-3,key-3"),
    ] {
        let transcript = Arc::new(Transcript::new("secrets"));
        let mut router = Router::new();
        router.set_witness(Some(transcript.clone()));
        let mut settings = settings;
        settings.v2_interop = false;
        settings.preempt_delay_nanos = 0;
        settings.interval = Interval::DEFAULT;
        settings.held_only.clear();
        let id = router.add(settings.clone().build().unwrap()).unwrap();
        router.introduce(id, "VI_1");
        settings.priority = Priority::new(10).unwrap();
        let config = settings.build().unwrap();
        router
            .reconfigure(Instant::default(), id, config, &mut Outbox::new())
            .unwrap();
        let text = transcript.text();
        assert_eq!(text.matches(told).count(), 2, "{text}");
        for secret in ["hunter", "thirty", "104, 117", "68756e746572", "aHVudGVy"] {
            assert!(!text.contains(secret), "{text}");
        }
        for event in Replay::new(text.lines()) {
            if let Event::Decision(decision) = event.unwrap().event {
                assert!(decision.is_as_recorded(), "{decision:?}");
            }
        }
    }
}

const HEAD: &str = "vrrp-recording 1 at=0.000000000 by hand";
const ROUTER: &str = "0.000000000 VI_1 router profile=default family=ipv4 vrid=51 addresses=192.0.2.254";

/// The last line is wrong, in these words.
fn refused(lines: &[&str], words: &str) {
    let wrong = Replay::new(lines).find_map(Result::err);
    let wrong = wrong.unwrap_or_else(|| panic!("{lines:?} was read"));
    assert_eq!(wrong.line, lines.len(), "{wrong}");
    assert!(wrong.found.contains(words), "{wrong}");
}

/// What is wrong is named, with the line.
#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    refused(&["0.000000000 VI_1 tick"], "begins with");
    refused(&["vrrp-recording 2 x"], "version `2`");
    refused(&[HEAD, "0.000000000 VI_1 tick"], "no router VI_1");
    refused(&[HEAD, "0.0 VI_1 tick"], "no time");
    refused(&[HEAD, "99999999999.999999999 VI_1 tick"], "no time");
    refused(&[HEAD, "0.000000000 VI_1"], "a line has");
    let dance = "0.000000000 VI_1 dance";
    refused(&[HEAD, ROUTER, "", "# nothing", dance], "`dance` is not known");
    let (later, earlier) = ("1.000000000 VI_1 tick", "0.999999999 VI_1 tick");
    refused(&[HEAD, ROUTER, later, earlier], "time goes back");
    let sideways = "0.000000000 VI_1 link sideways primary=-";
    refused(&[HEAD, ROUTER, sideways], "is no input");
    refused(
        &[HEAD, ROUTER, "0.000000000 VI_1 gone | active"],
        "decides nothing",
    );
    let other = "0.000000000 VI_1 reconfigured profile=default family=ipv4 vrid=52 addresses=192.0.2.254";
    refused(&[HEAD, ROUTER, other], "another virtual router");
}

/// A setting that is not known could change every decision: nothing is guessed.
#[test]
fn settings_that_cannot_be_read_are_told() {
    let router = |fields: &str, words: &str| {
        let line = format!("0.000000000 VI_1 router {fields}");
        refused(&[HEAD, &line], words);
    };
    router("profile=default family=ipv4", "`vrid=` is missing");
    router("profile=default family=ipv4 vrid=0", "`vrid=0`");
    router(
        "profile=default family=ipv4 vrid=1 antigravity=yes",
        "`antigravity` is not known",
    );
    router(
        "profile=default family=ipv4 vrid=1 vrid=2",
        "`vrid` is there twice",
    );
    router("profile=default family=ipv4 vrid=1 word", "key=value");
    router(
        "profile=default family=ipv6 vrid=1 version=2 addresses=fe80::1",
        "",
    );
    router("profile=rfc family=ipv4 vrid=1 state={}", "`state=`");
}

/// A decision that differs by one word is found.
#[test]
fn a_decision_that_was_another_is_seen() {
    let text = [
        "vrrp-recording 1 at=0.000000000 by hand",
        "0.000000000 VI_1 router profile=default family=ipv4 vrid=51 addresses=192.0.2.254",
        "0.000000000 VI_1 link up primary=192.0.2.1 | initialize:not-started p=100 next=-",
        "0.000000000 VI_1 start | backup p=100 next=take-over@3.609375000 transition=initialize>backup:started",
        "3.609375000 VI_1 tick | backup p=100 next=take-over@7.000000000",
    ];
    let mut same = Vec::new();
    for replayed in Replay::new(text) {
        if let Event::Decision(decision) = replayed.unwrap().event {
            same.push(decision.is_as_recorded());
        }
    }
    // Three intervals and (256 - 100) / 256 of one: 3.609375 s, and then it is Active.
    assert_eq!(same, [true, true, false]);
}
