//! What a pair must survive, whatever daemon runs on it: the same tests with keepalived prove the lab itself.

use std::time::Duration;
use vrrp_conformance::proves;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::pair::{ADDRESS_6, Options, Pair, VRID};
use vrrp_lab::private;
use vrrp_lab::scenario::{Measured, Scenario, add_check};
use vrrp_lab::skip::skip;
use vrrp_lab::{LabError, Stamp};

type Outcome = Result<(), LabError>;

/// Every test once with each daemon, in a namespace of its own. Those with keepalived prove the lab, not a requirement.
macro_rules! with_each_daemon {
    ($($test:ident),* $(,)?) => {
        mod keepalived { $(
            #[test]
            fn $test() {
                super::inside(concat!("keepalived::", stringify!($test)), super::Daemon::Keepalived, super::$test);
            }
        )* }
        mod vrrpd { $(
            #[test]
            fn $test() {
                super::inside(concat!("vrrpd::", stringify!($test)), super::Daemon::Vrrpd, super::$test);
            }
        )* }
    };
}

with_each_daemon!(
    power_cut,
    power_cut_version_2,
    power_cut_ipv6,
    preempt_on_return,
    link_down,
    link_flaps_leave_no_address_behind,
    planned_stop,
    failed_check,
    nopreempt,
    leftovers_of_a_killed_daemon,
);

fn inside(name: &str, daemon: Daemon, body: fn(Daemon) -> Outcome) {
    if let Err(missing) = daemon.program() {
        skip(name, &missing.to_string());
        return;
    }
    if name == "keepalived::failed_check" && private::one_user_only() {
        skip(
            name,
            "keepalived changes groups before it runs a script, which one mapped user cannot do",
        );
        return;
    }
    private::test(name, || body(daemon));
}

fn settled(options: &Options) -> Result<Pair, LabError> {
    let mut pair = Pair::new(options)?;
    pair.settle()?;
    Ok(pair)
}

/// What a machine that does other things at the same time adds: the client's own longest pause tells.
fn slack_ms(measured: &Measured) -> f64 {
    100.0 + 2.0 * measured.own_stall_ms
}

/// V3-6.4.2: the backup waits three intervals and its skew after the last advertisement, never less.
fn cut_and_compare(options: &Options) -> Outcome {
    let mut pair = settled(options)?;
    let measured = Scenario::PowerCut.run(&mut pair)?;
    let excess_ms = measured.advert_excess_ms.expect("both nodes were heard");
    // A capture's time stamps differ by what the two nodes' queues differ.
    assert!(
        excess_ms > -1.0,
        "the backup took over {excess_ms} ms early: {measured:?}"
    );
    assert!(
        excess_ms < 100.0 + slack_ms(&measured),
        "the backup took over {excess_ms} ms late: {measured:?}"
    );
    let most_ms = options.active_down().as_secs_f64() * 1e3 + 100.0 + slack_ms(&measured);
    assert!(measured.outage_ms < most_ms, "{measured:?}");
    Ok(())
}

fn power_cut(daemon: Daemon) -> Outcome {
    cut_and_compare(&Options::new(daemon, 100))?;
    if daemon == Daemon::Vrrpd {
        proves!("T-B-02", "V3-6.1-14", Obeys);
    }
    Ok(())
}

fn power_cut_version_2(daemon: Daemon) -> Outcome {
    let mut options = Options::new(daemon, 1000);
    options.version = 2;
    cut_and_compare(&options)?;
    if daemon == Daemon::Vrrpd {
        proves!("V2-6.1-02", "V2-6.4.2-01", Obeys);
    }
    Ok(())
}

fn power_cut_ipv6(daemon: Daemon) -> Outcome {
    let mut options = Options::new(daemon, 100);
    options.address = ADDRESS_6;
    cut_and_compare(&options)?;
    if daemon == Daemon::Vrrpd {
        proves!("T-B-02", "V3-6.1-14", Obeys);
    }
    Ok(())
}

fn preempt_on_return(daemon: Daemon) -> Outcome {
    let mut pair = settled(&Options::new(daemon, 100))?;
    let measured = Scenario::Return.run(&mut pair)?;
    assert!(
        measured.outage_ms < slack_ms(&measured),
        "preemption is no outage: {measured:?}"
    );
    if daemon == Daemon::Vrrpd {
        proves!("T-B-07", "V3-6.1-09", Obeys);
    }
    Ok(())
}

fn link_down(daemon: Daemon) -> Outcome {
    let mut pair = settled(&Options::new(daemon, 100))?;
    Scenario::LinkDown.run(&mut pair)?;
    if daemon == Daemon::Vrrpd {
        proves!("X-06", Obeys);
    }
    Ok(())
}

/// The commonest bug of this field: an address left on a backup after its link flapped.
fn link_flaps_leave_no_address_behind(daemon: Daemon) -> Outcome {
    let pair = settled(&Options::new(daemon, 100))?;
    for flap in 0..6u32 {
        let (victim, heir) = if flap % 2 == 0 {
            (&pair.better, &pair.other)
        } else {
            (&pair.other, &pair.better)
        };
        victim.cable.unplug()?;
        // Once the heir has taken over, once before it could.
        if flap % 3 == 0 {
            pair.wait_until_held(heir)?;
        }
        victim.cable.plug()?;
        pair.wait_for_better()?;
    }
    let since = Stamp::now();
    std::thread::sleep(Duration::from_secs(1));
    let strangers = pair.watch.adverts(&pair.other.node, VRID, since);
    assert!(strangers.is_empty(), "the backup still advertises: {strangers:?}");
    pair.wait_for_better()?;
    if daemon == Daemon::Vrrpd {
        proves!("X-06", "PRJ-STOP-01", Obeys);
    }
    Ok(())
}

/// PRJ-STOP-01: a planned stop of vrrpd costs nothing; keepalived's costs a whole skew, which is 609 ms here.
fn planned_stop(daemon: Daemon) -> Outcome {
    let mut options = Options::new(daemon, 1000);
    options.version = 2;
    let mut pair = settled(&options)?;
    let measured = Scenario::PlannedStop.run(&mut pair)?;
    match daemon {
        Daemon::Vrrpd => assert!(measured.outage_ms < slack_ms(&measured), "{measured:?}"),
        Daemon::Keepalived => {
            assert!(
                (500.0..700.0 + slack_ms(&measured)).contains(&measured.outage_ms),
                "the lab measures wrongly: {measured:?}"
            );
        }
    }
    if daemon == Daemon::Vrrpd {
        proves!("PRJ-STOP-01", Obeys);
    }
    Ok(())
}

fn failed_check(daemon: Daemon) -> Outcome {
    let mut pair = Pair::new(&Options::new(daemon, 100))?;
    add_check(&mut pair)?;
    pair.settle()?;
    Scenario::FailedCheck.run(&mut pair)?;
    if daemon == Daemon::Vrrpd {
        proves!("X-05", Obeys);
    }
    Ok(())
}

fn nopreempt(daemon: Daemon) -> Outcome {
    let mut options = Options::new(daemon, 100);
    options.nopreempt = true;
    let mut pair = Pair::new(&options)?;
    pair.better.start()?;
    pair.wait_until_held(&pair.better)?;
    pair.settle()?;
    let measured = Scenario::NoPreempt.run(&mut pair)?;
    assert!(measured.outage_ms < slack_ms(&measured), "{measured:?}");
    if daemon == Daemon::Vrrpd {
        proves!("X-01", "T-B-04", Obeys);
    }
    Ok(())
}

/// PRJ-ADDR-02: what a killed daemon left behind is gone within a second of its restart.
fn leftovers_of_a_killed_daemon(daemon: Daemon) -> Outcome {
    let mut pair = settled(&Options::new(daemon, 1000))?;
    let measured = Scenario::DaemonKilled.run(&mut pair)?;
    let gone_ms = measured
        .leftover_gone_ms
        .expect("the leftover stayed until the node was Active again");
    assert!(gone_ms < 1000.0, "{measured:?}");
    if daemon == Daemon::Vrrpd {
        proves!("PRJ-ADDR-02", Obeys);
    }
    Ok(())
}
