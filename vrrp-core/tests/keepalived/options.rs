//! options, each on and off.

use vrrp_conformance::proves;
use vrrp_core::{ConfigError, InterfaceId, Profile, Settings, Standing, StateName};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default, ip};

fn with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = default(100, 100);
    change(&mut settings);
    settings
}

/// X-10 `lower_prio_no_advert`: discards without answer; still announces and reports.
#[test]
fn x_10_obeys_no_answer_to_a_weaker_active() {
    let mut router = Subject::active(with(|s| s.answer_lower = false));
    assert_eq!(router.hear(50), "Announce(1); Reasserted(192.0.2.20, 50)");
    let mut router = Subject::active(default(100, 100));
    assert_eq!(
        router.hear(50),
        "Send(100); Announce(1); Reasserted(192.0.2.20, 50)"
    );
    proves!("X-10", Obeys);
}

/// X-11 `higher_prio_send_advert`: one more advertisement before yielding.
#[test]
fn x_11_obeys_one_more_before_yielding() {
    let yields = "Disown; State(Backup, HigherHeard { source: 192.0.2.20, priority: 200 })";
    let mut router = Subject::active(default(100, 100));
    assert_eq!(
        router.hear(200),
        format!("Send(100); {yields}"),
        "on in `default`"
    );
    let mut router = Subject::active(with(|s| s.advert_before_yield = false));
    assert_eq!(router.hear(200), yields);
    proves!("X-11", Obeys);
}

/// X-12 `down_timer_adverts`: instead of the 3.
#[test]
fn x_12_obeys_the_factor_of_the_down_timer() {
    let router = Subject::backup(with(|s| s.down_adverts = 5));
    assert_eq!(router.armed(), Armed::Down(5_609_375_000));
    let mut router = Subject::backup(with(|s| s.down_adverts = 1));
    router.hear_from(router.higher(), 200, cs(200));
    // 1 * 2 s + 156/256 of 2 s.
    assert_eq!(router.armed(), Armed::Down(3_218_750_000));
    for found in [0, 101] {
        assert_eq!(
            with(|s| s.down_adverts = found).build(),
            Err(ConfigError::DownAdverts { found })
        );
    }
    proves!("X-12", Obeys);
}

fn stepping_back() -> Settings {
    with(|s| {
        s.preempt = false;
        s.step_back_when_stalled = true;
    })
}

/// X-13 `timer_expired_backup`: late by more than Active_Down_Interval: back to Backup, as T-A-04 without `Learn`.
#[test]
fn x_13_obeys_a_stalled_active_steps_back() {
    let mut router = Subject::active(stepping_back());
    router.wait(SECOND + 3_609_375_000 + 1);
    assert_eq!(router.tick(), "Disown; State(Backup, Stalled)");
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("X-13", Obeys);
}

/// not a nanosecond less, and not without the option.
#[test]
fn x_13_refuses_to_step_back_for_less() {
    let mut router = Subject::active(stepping_back());
    router.wait(SECOND + 3_609_375_000);
    assert_eq!(
        router.tick(),
        "Late { late_nanos: 3609375000 }; Send(100); Announce(1)"
    );
    let mut router = Subject::active(default(100, 100));
    router.wait(60 * SECOND);
    router.tick();
    assert_eq!(router.state(), StateName::Active);
    assert_eq!(
        with(|s| s.step_back_when_stalled = true).build(),
        Err(ConfigError::StepBackWithPreempt)
    );
    proves!("X-13", Refuses);
}

/// X-18, PRJ-ADDR-01: held addresses of either family beside the advertised ones; never in the packet.
#[test]
fn x_18_obeys_excluded_addresses_are_not_advertised() {
    let settings = with(|s| s.held_only = vec![ip("203.0.113.1"), ip("2001:db8::1")]);
    assert_eq!(settings.clone().build().unwrap().message_octets(), 12);
    let mut router = Subject::active(settings);
    let draft = vrrp_core::Draft {
        priority: 100,
        version: vrrp_core::Version::V3,
    };
    assert_eq!(router.router.seal(draft, None).encoded_len(), 12);
    proves!("X-18", "PRJ-ADDR-01", Obeys);
}

/// Startup is delayed, once.
#[test]
fn x_19_obeys_a_start_delay() {
    let mut router = Subject::new(with(|s| s.start_delay_nanos = 30 * SECOND));
    assert_eq!(router.start(), "");
    assert_eq!(
        router.router.standing(),
        Standing::Barred(vrrp_core::Bar::StartDelay)
    );
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.wakes, vrrp_core::Wake::Start);
    assert_eq!(deadline.at.nanos_since(router.now), 30 * SECOND);
    assert_eq!(router.wait(30 * SECOND - 1).tick(), "");
    assert_eq!(router.wait(1).tick(), "State(Backup, Started)");
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    router.link(false);
    assert_eq!(router.link(true), "State(Backup, Started)", "no second delay");
    proves!("X-19", Obeys);
}

/// a stop during the delay forgets it.
#[test]
fn x_19_refuses_to_start_after_a_stop() {
    let mut router = Subject::new(with(|s| s.start_delay_nanos = 30 * SECOND));
    router.start();
    router.stop();
    assert_eq!(router.deadline(), None);
    assert_eq!(router.wait(60 * SECOND).tick(), "");
    proves!("X-19", Refuses);
}

/// off by default: an option that nobody set does nothing.
#[test]
fn options_are_off_by_default() {
    let settings = default(100, 100);
    assert!(settings.answer_lower);
    assert!(!settings.step_back_when_stalled && !settings.owner_ignores);
    for profile in [Profile::Keepalived, Profile::Rfc] {
        let settings = Settings::new(profile, settings.family, settings.vrid, InterfaceId(1));
        assert!(!settings.advert_before_yield, "{profile:?}");
    }
    assert_eq!((settings.down_adverts, settings.start_delay_nanos), (3, 0));
    assert_eq!(settings.preempt_delay_nanos, 0);
    proves!("X-10", "X-11", "X-12", "X-13", "X-19", Refuses);
}

/// packets come before ticks, so a stalled Active that hears its successor steps back before it would answer.
#[test]
fn x_13_obeys_a_stalled_active_does_not_answer_its_successor() {
    let mut router = Subject::active(stepping_back());
    router.wait(SECOND + 3_609_375_000 + 1);
    assert_eq!(router.hear(50), "Disown; State(Backup, Stalled)");
    // The advertisement is then heard as a Backup hears it: T-B-04, a full wait.
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    assert_eq!(router.router.last_active().unwrap().priority, 50);
    proves!("X-13", Obeys);
}

/// what is not answered does not use up the answers to a goodbye (T-A-03).
#[test]
fn x_10_obeys_silence_leaves_the_answer_to_a_goodbye() {
    let mut router = Subject::active(with(|s| s.answer_lower = false));
    for _ in 0..10 {
        router.hear(50);
    }
    assert_eq!(router.hear(0), "Send(100)");
    proves!("X-10", Obeys);
}

/// announcements and reports are limited all the same: three reports an interval, one round a second.
#[test]
fn x_10_obeys_a_limit_on_announcements() {
    let mut router = Subject::active(with(|s| s.answer_lower = false));
    router.wait(500 * MILLI);
    let answers = (0..10).map(|_| router.hear(50)).collect::<Vec<_>>();
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.contains("Reasserted"))
            .count(),
        3
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.contains("Announce"))
            .count(),
        1
    );
    router.wait(SECOND);
    assert!(router.hear(50).contains("Announce"));
    proves!("X-10", Obeys);
}

/// X-19 is for the start of the node: taking back a stop waits for nothing.
#[test]
fn x_19_refuses_to_delay_a_later_start() {
    let mut router = Subject::new(with(|s| s.start_delay_nanos = 30 * SECOND));
    router.start();
    router.wait(30 * SECOND).tick();
    router.stop();
    assert_eq!(router.start(), "State(Backup, Started)");
    proves!("X-19", Refuses);
}
