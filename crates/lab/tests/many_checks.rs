//! The benchmarks of health checks, small and without their clocks: every part of them works, for every daemon.

use std::time::Duration;

use vrrp_lab::checked::{Checks, Site};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::nginx::rivals::{Cause, Rival, Way};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::topology::Lab;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

fn inside(name: &str, daemon: Daemon, body: fn() -> Outcome) {
    for program in [daemon.program(), find("nginx")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    if daemon == Daemon::Keepalived && private::one_user_only() {
        skip(
            name,
            "keepalived changes groups before it runs a script, which one mapped user cannot do",
        );
        return;
    }
    private::test(name, body);
}

/// The check fails once for each cause in each pair of this daemon: the other node serves, and says so before it does.
fn every_way(daemon: Daemon) -> Outcome {
    let lab = Lab::new()?;
    let ways = Way::all().into_iter().filter(|way| way.daemon == daemon);
    let rivals: Result<Vec<Rival>, LabError> = ways
        .enumerate()
        .map(|(number, way)| Rival::start(&lab, number, way))
        .collect();
    let mut rivals = rivals?;
    assert!(rivals.len() >= 2);
    // Most of it is waiting: all at the same time.
    std::thread::scope(|scope| {
        let each: Vec<_> = rivals
            .iter_mut()
            .map(|rival| scope.spawn(move || fails_for_each_cause(rival)))
            .collect();
        each.into_iter()
            .try_for_each(|one| one.join().expect("what one pair did stands above"))
    })
}

/// Once in so many times it must show.
const TRIES: usize = 3;

fn fails_for_each_cause(rival: &mut Rival) -> Outcome {
    let way = rival.way();
    for cause in Cause::ALL {
        let mut failure = rival.fail(cause, 0.5)?;
        for _ in 1..TRIES {
            // A machine that is busy loses some of its own.
            if (cause, way.daemon) != (Cause::Unwell, Daemon::Vrrpd) || failure.fresh.lost_in_all() <= 10 {
                break;
            }
            println!("{way:?}, {}, tried again: {failure:?}", cause.name());
            failure = rival.fail(cause, 0.5)?;
        }
        println!("{way:?}, {}: {failure:?}", cause.name());
        let said_ms = failure.said_ms.expect("the better node told that it is worse");
        assert!(
            said_ms <= failure.took_ms && failure.took_ms <= failure.page_ms,
            "{failure:?}"
        );
        let (lost, outage_ms) = (failure.fresh.lost_in_all(), failure.outage_ms);
        match (cause, way.daemon) {
            (Cause::Killed, _) => assert!(outage_ms.is_finite() && lost > 0, "{failure:?}"),
            // The address stays until the other node speaks: what is on its way in that moment may be lost.
            (Cause::Unwell, Daemon::Vrrpd) => assert!(lost <= 10, "{failure:?}"),
            // It takes the address away at once where the check bars: 0.6 s of 250 requests a second.
            (Cause::Unwell, Daemon::Keepalived) if way.weight == 0 => assert!(lost > 10, "{failure:?}"),
            (Cause::Unwell, Daemon::Keepalived) => (),
        }
    }
    Ok(())
}

#[test]
fn a_check_of_nginx_fails_in_pairs_of_vrrpd() {
    inside("a_check_of_nginx_fails_in_pairs_of_vrrpd", Daemon::Vrrpd, || {
        every_way(Daemon::Vrrpd)
    });
}

#[test]
fn a_check_of_nginx_fails_in_pairs_of_keepalived() {
    inside(
        "a_check_of_nginx_fails_in_pairs_of_keepalived",
        Daemon::Keepalived,
        || every_way(Daemon::Keepalived),
    );
}

const INTERVAL_MS: u32 = 100;

/// 1 s checks over 2.5 s: each has run twice, and three times at most.
#[test]
fn a_hundred_checks_run_once_a_second() {
    inside("a_hundred_checks_run_once_a_second", Daemon::Vrrpd, || {
        let lab = Lab::new()?;
        let site = Site::new(&lab, 0)?;
        for checks in [Checks::BuiltIn(100), Checks::Scripts(100)] {
            let live = site.start(Daemon::Vrrpd, checks, INTERVAL_MS)?;
            let stretch = live.measure(&site, INTERVAL_MS, Duration::from_millis(2500))?;
            println!("{checks:?}: {stretch:?}");
            let ran = stretch.checks_run.expect("vrrpd tells");
            assert!((150..=350).contains(&ran), "{stretch:?}");
            assert!(
                stretch.adverts > 5 && stretch.daemon_cpu_percent > 0.0,
                "{stretch:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn scripts_of_keepalived_are_counted_too() {
    inside(
        "scripts_of_keepalived_are_counted_too",
        Daemon::Keepalived,
        || {
            let lab = Lab::new()?;
            let site = Site::new(&lab, 0)?;
            let cost = |checks: Checks| {
                let live = site.start(Daemon::Keepalived, checks, INTERVAL_MS)?;
                live.measure(&site, INTERVAL_MS, Duration::from_millis(2500))
            };
            let (without, with) = (cost(Checks::None)?, cost(Checks::Scripts(100))?);
            println!("{without:?}\n{with:?}");
            assert!(
                with.daemon_cpu_percent > 3.0 * without.daemon_cpu_percent,
                "{without:?} {with:?}"
            );
            Ok(())
        },
    );
}
