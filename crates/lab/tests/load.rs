//! Failover under load: what the pair of `examples/nginx-pair` loses, reason by reason, and what its hook saves.
//!
//! The limits are those of the protocol and of the example's check, with as much again for a machine that does other things;
//! `vrrp-lab bench load` measures.

use std::time::Duration;

use vrrp_lab::balanced::{Course, Event, Farewell, Street};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Load, Loss};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

/// 50 new connections a second, and 10 kept ones that ask five times a second.
const LOAD: Load = Load {
    fresh_every: Some(Duration::from_millis(20)),
    kept: 10,
    kept_every: Duration::from_millis(200),
    patience: Duration::from_secs(2),
};
const NEW_A_SECOND: u32 = 50;
const KEPT: u32 = 10;

fn inside(name: &str, body: fn() -> Outcome) {
    for program in [Daemon::Vrrpd.program(), find("nginx"), find("nsenter")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, body);
}

fn live(street: &mut Street, event: Event) -> Result<Course, LabError> {
    let course = street.live_through(event, LOAD)?;
    println!(
        "{}: of {} new lost {}, of {} kept lost {}",
        event.name(),
        course.fresh.asked,
        course.fresh.words(),
        course.kept.asked,
        course.kept.words()
    );
    assert_eq!(course.moved, event.moves(), "{course:?}");
    assert!(course.fresh.asked > NEW_A_SECOND, "no load: {course:?}");
    Ok(course)
}

/// One event until it costs nothing: a request that is on its way in the very moment may be lost, so it has five tries.
fn costs_nothing(street: &mut Street, event: Event) -> Outcome {
    let mut tries = Vec::new();
    for _ in 0..5 {
        let course = live(street, event)?;
        if course.fresh.lost_in_all() + course.kept.lost_in_all() == 0 {
            return Ok(());
        }
        tries.push(course);
    }
    panic!("{tries:?}");
}

/// Every kept connection breaks when the address moves: its other end is on the other node. The example's hook lets the clients
/// go before, and nothing is lost. Run on the other node it does the same for a return.
#[test]
fn a_planned_stop_by_the_example_loses_nothing() {
    inside("a_planned_stop_by_the_example_loses_nothing", || {
        let mut street = Street::start()?;
        let bare = live(&mut street, Event::Stop(Farewell::Nothing))?;
        assert_eq!(bare.fresh.lost_by(Loss::Refused), 0, "{bare:?}");
        assert!(
            bare.kept.lost_in_all() >= KEPT / 2,
            "what is there to save? {bare:?}"
        );
        costs_nothing(&mut street, Event::Stop(Farewell::Example))?;
        costs_nothing(&mut street, Event::Return { drained: true })
    });
}

#[test]
fn failures_under_load_lose_no_more_than_they_must() {
    inside("failures_under_load_lose_no_more_than_they_must", || {
        let mut street = Street::start()?;

        // Two failed checks 1 s apart, at most 1 s to tell, and the skew of 0.6 s; then everything is answered again.
        let killed = live(&mut street, Event::NginxKilled)?;
        let others = killed.fresh.lost_in_all() - killed.fresh.lost_by(Loss::Refused);
        assert!(
            killed.fresh.lost_by(Loss::Refused) <= 8 * NEW_A_SECOND,
            "{killed:?}"
        );
        assert!(others <= NEW_A_SECOND / 5, "{killed:?}");
        assert!(
            killed.outage_ms.is_finite() && killed.fresh.lost_in_all() > 0,
            "{killed:?}"
        );

        // Nobody answers for 3.6 s: no refusal, and no kept connection is lost twice.
        let gone = live(&mut street, Event::MachineGone)?;
        assert_eq!(gone.fresh.lost_by(Loss::Refused), 0, "{gone:?}");
        assert!(gone.fresh.lost_in_all() <= 8 * NEW_A_SECOND, "{gone:?}");
        assert!(gone.kept.lost_in_all() <= 3 * KEPT, "{gone:?}");

        // `max_fails`: nginx asks the other web server within the same request.
        let web = live(&mut street, Event::WebKilled)?;
        assert!(web.fresh.lost_in_all() + web.kept.lost_in_all() <= 2, "{web:?}");
        Ok(())
    });
}
