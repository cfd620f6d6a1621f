//! Facts that are told beside what is done: a bounce (V3-2.5-01), an Active that has left version 2 (V3-8.4.2-06).

use vrrp_conformance::proves;
use vrrp_core::{Action, Heard, Input, Report, Settings, StateName, Version};

use crate::subject::{SECOND, Subject, cs, default, ip, rfc};

/// Active_Down_Interval at priority 100 and 1 s.
const DOWN: u64 = 3_609_375_000;

fn reports(router: &mut Subject, heard: Heard) -> Vec<Report> {
    let mut reports = Vec::new();
    for action in router.router.handle(router.now, Input::Heard(heard)) {
        if let Action::Report(report) = action {
            reports.push(report);
        }
    }
    reports
}

fn bounces(router: &mut Subject, heard: Heard) -> Vec<u64> {
    let mut bounces = Vec::new();
    for report in reports(router, heard) {
        if let Report::Bounced { active_nanos } = report {
            bounces.push(active_nanos);
        }
    }
    bounces
}

/// V3-2.5-01: took over from silence, and the one that was silent speaks again within one Active_Down_Interval.
#[test]
fn v3_2_5_01_obeys_a_bounce_is_told() {
    for settings in [rfc(100, 100), default(100, 100)] {
        let mut router = Subject::active(settings);
        router.wait(DOWN);
        let better = router.heard(router.higher(), 200, cs(100));
        assert_eq!(bounces(&mut router, better), [DOWN]);
        assert_eq!(router.state(), StateName::Backup);
        assert_eq!(router.router.counters().bounces, 1);
        // Once, not for every advertisement that follows.
        assert_eq!(bounces(&mut router, better), [0_u64; 0]);
        assert_eq!(router.router.counters().bounces, 1);
    }
    proves!("V3-2.5-01", Obeys);
}

/// V3-2.5-01: later than that it is a better router that has come.
#[test]
fn v3_2_5_01_refuses_to_call_every_change_a_bounce() {
    let mut router = Subject::active(default(100, 100));
    router.wait(DOWN + 1);
    let better = router.heard(router.higher(), 200, cs(100));
    assert_eq!(bounces(&mut router, better), [0_u64; 0]);
    // Nor is a start as owner, which was never a Backup, nor a second yield.
    let mut owner = Subject::active(default(255, 100));
    let other = owner.heard(owner.higher(), 255, cs(100));
    assert_eq!(bounces(&mut owner, other), [0_u64; 0]);
    assert_eq!(owner.state(), StateName::Backup);
    for router in [router, owner] {
        assert_eq!(router.router.counters().bounces, 0);
    }
    proves!("V3-2.5-01", Refuses);
}

/// V3-2.5-01: a planned stop and a return in between are no bounce.
#[test]
fn v3_2_5_01_refuses_a_bounce_across_a_stop() {
    let mut router = Subject::active(default(100, 100));
    router.stop();
    assert_eq!(
        router.start(),
        "Send(100); Own; Announce(1); State(Active, NobodyTookOver)"
    );
    let better = router.heard(router.higher(), 200, cs(100));
    assert_eq!(bounces(&mut router, better), [0_u64; 0]);
    proves!("V3-2.5-01", Refuses);
}

fn both() -> Settings {
    let mut settings = default(100, 100);
    settings.v2_interop = true;
    settings
}

/// Which of the advertisements, one a second, made the router say that their sender speaks version 3 only.
fn told_at(router: &mut Subject, heard: &[(&str, u8, Version)]) -> Vec<usize> {
    let mut told = Vec::new();
    for (number, (source, priority, version)) in heard.iter().enumerate() {
        router.wait(SECOND / 2);
        let heard = Heard {
            version: *version,
            ..router.heard(ip(source), *priority, cs(100))
        };
        for report in reports(router, heard) {
            if let Report::OnlyVersion3 { source: named } = report {
                assert_eq!(named, ip(source));
                told.push(number);
            }
        }
    }
    told
}

const A: &str = "192.0.2.20";
const B: &str = "192.0.2.21";

/// V3-8.4.2-06: three copies in a row that did not come, then once for this Active.
#[test]
fn v3_8_4_2_06_obeys_an_active_of_version_3_only_is_told_once() {
    let mut router = Subject::backup(both());
    assert_eq!(told_at(&mut router, &[(A, 200, Version::V3); 9]), [3]);
    // Another Active, another line; the first one back again is another Active than the second.
    assert_eq!(told_at(&mut router, &[(B, 201, Version::V3); 9]), [3]);
    assert_eq!(told_at(&mut router, &[(A, 200, Version::V3); 9]), [3]);
    proves!("V3-8.4.2-06", Obeys);
}

/// V3-8.4.2-06: not of one that sends both, though a copy is lost now and then, nor of a weaker one, nor of version 2.
#[test]
fn v3_8_4_2_06_refuses_to_tell_it_of_others() {
    let (v2, v3) = (Version::V2, Version::V3);
    let mut router = Subject::backup(both());
    let pairs = [
        (A, 200, v3),
        (A, 200, v2),
        (A, 200, v3),
        (A, 200, v3),
        (A, 200, v3),
        (A, 200, v2),
    ]
    .repeat(5);
    assert_eq!(told_at(&mut router, &pairs), [0_usize; 0]);
    let mut router = Subject::backup(both());
    assert_eq!(
        told_at(&mut router, &[(A, 50, v3); 6]),
        [0_usize; 0],
        "not the Active"
    );
    let mut router = Subject::backup(both());
    assert_eq!(told_at(&mut router, &[(A, 200, v2); 6]), [0_usize; 0]);
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(
        told_at(&mut router, &[(A, 200, v3); 6]),
        [0_usize; 0],
        "without the flag"
    );
    proves!("V3-8.4.2-06", Refuses);
}

/// V3-8.4.2-06: several that take turns, as whoever changes its address at will can, are told three times a minute at most.
#[test]
fn v3_8_4_2_06_refuses_a_flood_of_reports() {
    let turns = [[(A, 200, Version::V3); 4], [(B, 200, Version::V3); 4]].concat();
    let mut router = Subject::backup(both());
    // 80 advertisements, one every half second: 40 s.
    assert_eq!(told_at(&mut router, &turns.repeat(10)), [3, 7, 11]);
    router.wait(60 * SECOND);
    assert_eq!(
        told_at(&mut router, &[(B, 200, Version::V3); 9]),
        [0],
        "a minute later"
    );
    proves!("V3-8.4.2-06", Refuses);
}

/// V3-8.4.2-06, V3-2.5-01: neither is forgotten by a program that re-executes itself.
#[test]
fn v3_8_4_2_06_obeys_once_across_a_restore() {
    let mut router = Subject::backup(both());
    assert_eq!(told_at(&mut router, &[(A, 200, Version::V3); 4]), [3]);
    router.router =
        vrrp_core::VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    assert_eq!(told_at(&mut router, &[(A, 200, Version::V3); 9]), [0_usize; 0]);
    let mut router = Subject::active(default(100, 100));
    router.router =
        vrrp_core::VirtualRouter::restore(router.router.config().clone(), router.router.snapshot());
    let better = router.heard(router.higher(), 200, cs(100));
    assert_eq!(bounces(&mut router, better), [0]);
    proves!("V3-8.4.2-06", Obeys);
}
