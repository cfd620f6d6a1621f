//! A supervised daemon that loses a process loses no client.

use vrrp_lab::crash::{Death, Measured, settled};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::pair::Options;
use vrrp_lab::skip::skip;
use vrrp_lab::starved::Starved;
use vrrp_lab::{LabError, private};

fn inside(name: &str, body: fn() -> Result<(), LabError>) {
    if let Err(missing) = Daemon::Vrrpd.program() {
        skip(name, &missing.to_string());
        return;
    }
    private::test(name, body);
}

fn happens(death: Death) -> Result<Measured, LabError> {
    let mut pair = settled(&Options::new(Daemon::Vrrpd, 200))?;
    let measured = death.run(&mut pair)?;
    // 255/256 of 0.2 s and 0.1 s are the longest hold; without a supervisor it would be for ever. A loaded machine is late.
    let gone_ms = measured.gone_ms.unwrap_or_default();
    assert!(gone_ms < 1000.0, "{}: {measured:?}", death.name());
    // Of a router that is not asked to go the other one would wait 3.6 intervals, 720 ms.
    assert!(measured.outage_ms < 100.0, "{}: {measured:?}", death.name());
    assert!(measured.two_holders_ms < 500.0, "{}: {measured:?}", death.name());
    Ok(measured)
}

#[test]
fn a_router_that_is_killed_hands_over() {
    inside("a_router_that_is_killed_hands_over", || {
        happens(Death::Killed).map(drop)
    });
}

#[test]
fn a_router_without_memory_hands_over() {
    inside("a_router_without_memory_hands_over", || {
        if let Err(why) = Starved::group("empty") {
            skip("router_without_memory", &why.to_string());
            return Ok(());
        }
        happens(Death::Starved).map(drop)
    });
}

#[test]
fn a_router_that_aborts_hands_over() {
    inside("a_router_that_aborts_hands_over", || {
        happens(Death::Aborted).map(drop)
    });
}

#[test]
fn a_router_without_its_supervisor_goes_on() {
    inside("a_router_without_its_supervisor_goes_on", || {
        happens(Death::Supervisor).map(drop)
    });
}

#[test]
fn what_nobody_takes_over_goes_on_where_it_is() {
    inside("what_nobody_takes_over_goes_on_where_it_is", || {
        happens(Death::Alone).map(drop)
    });
}
