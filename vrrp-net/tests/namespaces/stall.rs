//! A process that sleeps over its deadlines: what it does when it wakes.

use std::time::Duration;

use nix::sys::signal::Signal;
use vrrp_conformance::proves;

use crate::lab::{Capture, LIMIT, Node, Program, isolated, switch, wait_for};

fn number_after(line: &str, what: &str) -> Duration {
    let number = line.split(what).nth(1).unwrap();
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap();
    Duration::from_nanos(number[..end].parse().unwrap())
}

/// PRJ-TIME-04, PRJ-TIME-08: a Backup with 255 routers that sleeps across every deadline takes nothing over: it reads what
/// has arrived before it acts.
#[test]
fn prj_time_08_a_stalled_backup_takes_nothing_over() {
    isolated("stall::prj_time_08_a_stalled_backup_takes_nothing_over", || {
        switch();
        let (one, two) = (Node::new(1), Node::new(2));
        let active = Program::router(&one, "eth1 1-255 150 50 10.0.1.1");
        wait_for("all Active", LIMIT, || {
            (active.count(r#""to":"Active""#) == 255).then_some(())
        });
        let backup = Program::router(&two, "eth1 1-255 100 50 10.0.1.1");
        wait_for("all Backup", LIMIT, || {
            (backup.count(r#""to":"Backup""#) == 255).then_some(())
        });
        let wire = Capture::on("port2");
        for _ in 0..2 {
            wire.forget();
            backup.freeze();
            // Active_Down_Interval is 1.8 s: five rounds of advertisements are enough to be past every deadline.
            wait_for("2.5 s worth of advertisements", LIMIT, || {
                (wire.count(1, 255) >= 5).then_some(())
            });
            backup.thaw();
            wire.forget();
            wait_for("two more rounds", LIMIT, || {
                (wire.count(1, 255) >= 2).then_some(())
            });
        }
        assert_eq!(backup.count(r#""to":"Active""#), 0);
        assert!(wire.adverts(2).is_empty(), "not one advertisement of its own");
        backup.signal(Signal::SIGUSR1);
        let status = backup.wait_line(r#""packet_wait""#);
        let wait = number_after(&status, r#""packet_wait":{"last_nanos":"#);
        let packet_wait = status.split(r#""packet_wait""#).nth(1).unwrap();
        let worst = number_after(packet_wait, r#""max_nanos":"#);
        assert!(
            worst > Duration::from_secs(1),
            "what waited while it slept is told: {worst:?}"
        );
        assert!(
            wait < worst,
            "the last one came to a loop that was awake: {wait:?}"
        );
        assert!(!two.has("10.0.1.1"));
        backup.stop();
        active.stop();
        proves!("PRJ-TIME-04", "PRJ-TIME-08", Obeys);
    });
}

/// PRJ-TIME-08: an Active that woke late reads before it sends. Here a better router has taken over meanwhile: no
/// advertisement of the old Active follows but the one with which it yields (X-11), and its addresses go.
#[test]
fn prj_time_08_a_stalled_active_that_was_replaced_listens_first() {
    isolated(
        "stall::prj_time_08_a_stalled_active_that_was_replaced_listens_first",
        || {
            switch();
            let (one, two) = (Node::new(1), Node::new(2));
            let active = Program::router(&one, "eth1 1-50 100 10 10.0.1.1");
            wait_for("all Active", LIMIT, || {
                (active.count(r#""to":"Active""#) == 50).then_some(())
            });
            active.freeze();
            let better = Program::router(&two, "eth1 1-50 150 10 10.0.1.1");
            wait_for("all taken over", LIMIT, || {
                (better.count(r#""to":"Active""#) == 50).then_some(())
            });
            let wire = Capture::on("port1");
            wait_for("a round of the new Active", LIMIT, || {
                (wire.count(2, 50) >= 2).then_some(())
            });
            wire.forget();
            active.thaw();
            wait_for("all Backup", LIMIT, || {
                (active.count(r#""to":"Backup""#) == 100).then_some(())
            });
            wait_for("addresses to go", LIMIT, || {
                (!one.has("10.0.1.1") && !one.has("10.0.1.50")).then_some(())
            });
            // Had it spoken before it listened, there would be another one.
            let words: Vec<usize> = (1..=50).map(|vrid| wire.count(1, vrid)).collect();
            assert_eq!(words, [1; 50], "of each VRID only the last word (X-11)");
            active.signal(Signal::SIGUSR1);
            let status = active.wait_line(r#""loop_lag""#);
            let worst = |of: &str| number_after(status.split(of).nth(1).unwrap(), r#""max_nanos":"#);
            // Stopped in the middle of a turn it is woken by what has come in, and no deadline is left that it missed.
            let lag = worst(r#""loop_lag""#).max(worst(r#""packet_wait""#));
            assert!(lag > Duration::from_millis(200), "the lag is told: {lag:?}");
            active.stop();
            better.stop();
            proves!("PRJ-TIME-08", Obeys);
        },
    );
}
