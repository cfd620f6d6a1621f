//! PRJ-STOP-01 to -03: a planned stop keeps the addresses until the successor has spoken.

use vrrp_conformance::proves;
use vrrp_core::{
    Bar, Family, Health, Input, Profile, Settings, Standing, StateName, Tracker, Version, Wake, Weight,
};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, default, default_2, rfc, settings};

/// 255/256 of 1 s and 100 ms.
const LATEST: u64 = 996_093_750 + 100 * MILLI;

fn gated(value: u8) -> Settings {
    let mut settings = default(value, 100);
    settings.trackers = vec![Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    }];
    settings
}

/// Active, and not since just now.
fn calm(settings: Settings) -> Subject {
    let mut router = Subject::active(settings);
    router.wait(10 * MILLI);
    router
}

fn stopping() -> Subject {
    let mut router = calm(default(100, 100));
    assert_eq!(router.stop(), "Send(0); State(Initialize, Stopped, holding)");
    router
}

fn hold_left(router: &Subject) -> u64 {
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.wakes, Wake::EndHold);
    assert_eq!(deadline.earliest, deadline.at);
    deadline.at.nanos_since(router.now)
}

/// PRJ-STOP-01: `Send(0)`, `RaStop`, `State(Initialize)` with a hold; no `Disown`.
#[test]
fn prj_stop_01_obeys_the_addresses_stay() {
    let router = stopping();
    assert!(router.router.holds());
    assert_eq!(router.state(), StateName::Initialize);
    assert_eq!(router.router.standing(), Standing::Barred(Bar::NotStarted));
    assert_eq!(router.armed(), Armed::Nothing);
    let mut six = Subject::active(settings(Profile::Default, Family::Ipv6, 100, 100));
    assert_eq!(six.stop(), "Send(0); RaStop; State(Initialize, Stopped, holding)");
    proves!("PRJ-STOP-01", Obeys);
}

/// PRJ-STOP-01: for a bar for health too.
#[test]
fn prj_stop_01_obeys_a_failed_check_holds() {
    let mut router = calm(gated(100));
    assert_eq!(
        router.health(0, Health::Down),
        "Send(0); State(Initialize, Barred(Tracker(TrackerId(0))), holding)"
    );
    assert_eq!(hold_left(&router), LATEST);
    proves!("PRJ-STOP-01", Obeys);
}

/// PRJ-STOP-01: never for link down, address failure or a lost source address; never in `rfc`.
#[test]
fn prj_stop_01_refuses_to_hold_what_cannot_answer() {
    let mut link = Subject::active(default(100, 100));
    assert!(link.link(false).contains("Disown"));
    let mut source = Subject::active(default(100, 100));
    let gone = vrrp_core::Link {
        up: true,
        primary: None,
    };
    assert!(source.does(Input::Link(gone)).contains("Disown"));
    let mut address = Subject::active(default(100, 100));
    assert!(
        address
            .does(Input::Failed(vrrp_core::Failure::Hold))
            .contains("Disown")
    );
    let mut strict = Subject::active(rfc(100, 100));
    assert!(strict.stop().contains("Disown"));
    for router in [link, source, address, strict] {
        assert!(!router.router.holds());
    }
    proves!("PRJ-STOP-01", Refuses);
}

/// PRJ-STOP-01: a Backup has nothing to hold.
#[test]
fn prj_stop_01_refuses_a_hold_in_backup() {
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(router.stop(), "State(Initialize, Stopped)");
    assert!(!router.router.holds());
    assert_eq!(router.deadline(), None);
    proves!("PRJ-STOP-01", Refuses);
}

/// PRJ-STOP-01: the link goes during a hold: the addresses cannot answer any more.
#[test]
fn prj_stop_01_obeys_a_hold_ends_with_its_link() {
    let mut router = stopping();
    assert_eq!(router.link(false), "Disown; HoldEnded { successor: None }");
    assert_eq!(router.deadline(), None);
    assert_eq!(router.link(true), "");
    proves!("PRJ-STOP-01", Obeys);
}

/// PRJ-STOP-02: the latest end, in each version.
#[test]
fn prj_stop_02_obeys_the_latest_end() {
    let mut router = stopping();
    assert_eq!(hold_left(&router), LATEST);
    assert_eq!(router.wait(LATEST - 1).tick(), "");
    assert_eq!(router.wait(1).tick(), "Disown; HoldEnded { successor: None }");
    assert_eq!(router.deadline(), None);
    let mut quick = calm(default(100, 10));
    quick.stop();
    // 255/256 of 100 ms and 100 ms.
    assert_eq!(hold_left(&quick), 199_609_375);
    let mut two = calm(default_2(100, 3));
    assert_eq!(two.stop(), "Send2(0); State(Initialize, Stopped, holding)");
    assert_eq!(hold_left(&two), LATEST, "version 2: 1 s whatever the interval");
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: 50 ms after the first accepted advertisement above 0.
#[test]
fn prj_stop_02_obeys_the_successor_ends_it_50_ms_later() {
    let mut router = stopping();
    router.wait(600 * MILLI);
    assert_eq!(router.hear(50), "");
    assert_eq!(hold_left(&router), 50 * MILLI);
    router.wait(20 * MILLI);
    assert_eq!(router.hear_from(router.lower(), 40, cs(100)), "");
    assert_eq!(hold_left(&router), 30 * MILLI, "the first one counts");
    assert_eq!(
        router.wait(30 * MILLI).tick(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }"
    );
    assert!(!router.router.holds());
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: never later than the latest end.
#[test]
fn prj_stop_02_refuses_to_be_later_than_the_latest_end() {
    let mut router = stopping();
    router.wait(LATEST - 10 * MILLI);
    router.hear(50);
    assert_eq!(hold_left(&router), 10 * MILLI);
    proves!("PRJ-STOP-02", Refuses);
}

/// PRJ-STOP-02: another goodbye is no successor.
#[test]
fn prj_stop_02_refuses_a_goodbye_as_successor() {
    let mut router = stopping();
    router.wait(100 * MILLI);
    assert_eq!(router.hear(0), "");
    assert_eq!(hold_left(&router), LATEST - 100 * MILLI);
    proves!("PRJ-STOP-02", Refuses);
}

/// PRJ-STOP-02: an advertisement that left less than 5 ms before the goodbye may come after it, and who hears that would wait
/// for Active_Down_Interval, longer than the hold lasts: the goodbye is said once more, unless a successor has spoken.
#[test]
fn prj_stop_02_obeys_a_goodbye_that_may_overtake_is_said_twice() {
    let advertised = || {
        let mut router = calm(default(100, 100));
        assert!(router.wait_for_the_timer().tick().starts_with("Send(100)"));
        router
    };
    let mut router = advertised();
    router.wait(5 * MILLI - 1).stop();
    let deadline = router.deadline().unwrap();
    assert_eq!(deadline.wakes, Wake::ResendResignation);
    assert_eq!(deadline.at.nanos_since(router.now), 5 * MILLI);
    assert_eq!(router.wait(5 * MILLI).tick(), "Send(0)");
    assert_eq!(hold_left(&router), LATEST - 5 * MILLI, "and no third time");
    let mut late = advertised();
    late.wait(5 * MILLI).stop();
    assert_eq!(hold_left(&late), LATEST);
    let mut heard = advertised();
    heard.stop();
    heard.wait(MILLI).hear(50);
    assert_eq!(hold_left(&heard), 50 * MILLI);
    let mut strict = Subject::active(rfc(100, 100));
    strict.stop();
    assert_eq!(strict.deadline(), None, "T-A-01: one");
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: the same behind an advertisement that a weaker router was answered with, which no timer tells of.
#[test]
fn prj_stop_02_obeys_a_goodbye_behind_an_answer_is_said_twice() {
    let mut router = calm(default(100, 100));
    router.wait(300 * MILLI);
    assert!(router.hear(50).starts_with("Send(100)"));
    router.wait(5 * MILLI - 1).stop();
    assert_eq!(router.wait(5 * MILLI).tick(), "Send(0)");
    let mut late = calm(default(100, 100));
    late.wait(300 * MILLI).hear(50);
    late.wait(5 * MILLI).stop();
    assert_eq!(hold_left(&late), LATEST, "said once");
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: earlier when the successor answers for every address; a request that is on its way to the old holder is
/// still answered for 5 ms.
#[test]
fn prj_stop_02_obeys_an_answering_successor_ends_it_5_ms_later() {
    let mut router = stopping();
    router.hear(50);
    router.wait(MILLI);
    assert_eq!(router.does(Input::SuccessorAnswers), "");
    assert!(router.router.holds());
    assert_eq!(hold_left(&router), 5 * MILLI);
    assert_eq!(router.wait(5 * MILLI - 1).does(Input::SuccessorAnswers), "");
    assert_eq!(hold_left(&router), 1, "the first sign counts");
    assert_eq!(router.tick(), "");
    assert_eq!(
        router.wait(1).tick(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }"
    );
    let mut active = Subject::active(default(100, 100));
    assert_eq!(
        active.does(Input::SuccessorAnswers),
        "",
        "outside a hold it means nothing"
    );
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: never later than it would have been.
#[test]
fn prj_stop_02_refuses_to_be_prolonged_by_an_answer() {
    let mut router = stopping();
    router.hear(50);
    router.wait(48 * MILLI);
    router.does(Input::SuccessorAnswers);
    assert_eq!(hold_left(&router), 2 * MILLI);
    proves!("PRJ-STOP-02", Refuses);
}

/// PRJ-STOP-03: a successor that was seen and not heard is one all the same: no roll-back.
#[test]
fn prj_stop_03_refuses_a_roll_back_beside_an_answering_successor() {
    let mut router = stopping();
    router.does(Input::SuccessorAnswers);
    assert_eq!(
        router.start(),
        "Disown; HoldEnded { successor: None }; State(Backup, Started)"
    );
    proves!("PRJ-STOP-03", Refuses);
}

/// PRJ-STOP-02: where the latest end is above 5 s there is no hold, and this is said. 255/256 of 491 cs and 100 ms are
/// 4.99 s, of 492 cs 5.0008 s.
#[test]
fn prj_stop_02_obeys_no_hold_above_5_s() {
    let mut router = Subject::active(default(100, 491));
    assert_eq!(router.stop(), "Send(0); State(Initialize, Stopped, holding)");
    let mut slow = Subject::active(default(100, 492));
    assert_eq!(
        slow.stop(),
        "HoldTooLong; Send(0); Disown; State(Initialize, Stopped)"
    );
    let mut two = Subject::active(default_2(100, 255));
    assert_eq!(two.stop(), "Send2(0); State(Initialize, Stopped, holding)");
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-02: advertisements are heard and counted during a hold, against T-I-04.
#[test]
fn prj_stop_02_obeys_a_hold_hears() {
    let mut router = stopping();
    router.hear(50);
    assert_eq!(router.router.counters().advertisement_rcvd, 1);
    proves!("PRJ-STOP-02", Obeys);
}

/// PRJ-STOP-03: a Startup during a hold, no successor heard: Active again.
#[test]
fn prj_stop_03_obeys_a_startup_rolls_back() {
    let mut router = stopping();
    router.wait(300 * MILLI);
    assert_eq!(
        router.start(),
        "Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    assert_eq!(router.armed(), Armed::Adver(SECOND));
    proves!("PRJ-STOP-03", Obeys);
}

/// PRJ-STOP-03: a successor was heard: `Disown`, then Startup; never both.
#[test]
fn prj_stop_03_obeys_a_startup_after_the_successor_lets_go() {
    let mut router = stopping();
    router.wait(300 * MILLI);
    router.hear(50);
    assert_eq!(
        router.start(),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }; State(Backup, Started)"
    );
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("PRJ-STOP-03", Obeys);
}

/// PRJ-STOP-03: the last reason clears during a hold.
#[test]
fn prj_stop_03_obeys_a_recovered_check_rolls_back() {
    let mut router = Subject::active(gated(100));
    router.health(0, Health::Down);
    router.wait(200 * MILLI);
    assert_eq!(
        router.health(0, Health::Up),
        "Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    router.health(0, Health::Down);
    router.hear(50);
    assert_eq!(
        router.health(0, Health::Up),
        "Disown; HoldEnded { successor: Some(192.0.2.20) }; State(Backup, Started)"
    );
    proves!("PRJ-STOP-03", Obeys);
}

/// PRJ-STOP-03: one reason of two is not the last.
#[test]
fn prj_stop_03_refuses_to_roll_back_while_another_reason_stands() {
    let mut router = calm(gated(100));
    router.health(0, Health::Down);
    assert_eq!(router.stop(), "");
    assert_eq!(router.health(0, Health::Up), "");
    assert!(router.router.holds());
    assert_eq!(hold_left(&router), LATEST);
    proves!("PRJ-STOP-03", Refuses);
}

/// PRJ-STOP-04: a second stop request ends the hold at once.
#[test]
fn prj_stop_04_obeys_a_second_stop_lets_go() {
    let mut router = stopping();
    router.wait(10 * MILLI);
    assert_eq!(router.stop(), "Disown; HoldEnded { successor: None }");
    assert_eq!(router.stop(), "");
    proves!("PRJ-STOP-04", Obeys);
}

/// PRJ-STOP-04: a stop on top of a failed check is the first, not the second.
#[test]
fn prj_stop_04_refuses_to_count_a_check_as_a_request() {
    let mut router = Subject::active(gated(100));
    router.health(0, Health::Down);
    assert_eq!(router.stop(), "");
    assert!(router.router.holds());
    assert_eq!(router.stop(), "Disown; HoldEnded { successor: None }");
    proves!("PRJ-STOP-04", Refuses);
}

/// With `v2_interop` the goodbye is a pair (V3-8.4.2-03).
#[test]
fn v3_8_4_2_03_obeys_a_goodbye_in_both_versions() {
    let mut settings = default(100, 100);
    settings.v2_interop = true;
    let mut router = Subject::active(settings);
    assert_eq!(
        router.stop(),
        "Send(0); Send2(0); State(Initialize, Stopped, holding)"
    );
    assert_eq!(router.router.config().version, Version::V3);
    proves!("V3-8.4.2-03", Obeys);
}

/// PRJ-STOP-02 with `v2_interop`: a version 2 Backup waits for its own skew, which knows no interval below one second.
#[test]
fn prj_stop_02_obeys_a_version_2_successor_is_waited_for() {
    let mut settings = default(100, 10);
    settings.v2_interop = true;
    let mut router = calm(settings);
    router.stop();
    assert_eq!(hold_left(&router), LATEST);
    proves!("PRJ-STOP-02", Obeys);
}
