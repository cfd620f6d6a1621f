//! Processes that are started and killed.

#![cfg(feature = "watch")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use healthcheck::{Change, Health, Parameters, Pattern, ProcessSpec, ProcessWatch, Quorum, Source};

/// Long enough for any machine; no test waits for it unless it fails.
const LONG: Duration = Duration::from_secs(20);

/// A sleeper that no other test has: the seconds are its name.
struct Sleeper(Child);

impl Sleeper {
    fn start(seconds: &str) -> Self {
        Self(Command::new("sleep").arg(seconds).spawn().unwrap())
    }

    fn end(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        // Ended already: nothing more to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spec(seconds: &str, quorum: Quorum) -> ProcessSpec {
    ProcessSpec {
        name: "p".into(),
        pattern: Pattern::Command {
            program: "sleep".into(),
            parameters: vec![seconds.into()],
            compare: Some(Parameters::Exact),
        },
        quorum,
    }
}

type Watch = fn(Box<dyn Fn(Change) + Send + Sync>) -> std::io::Result<ProcessWatch>;

/// By the kernel's events where it tells them here, and by scans.
const BOTH: [(&str, Watch); 2] = [("events", ProcessWatch::new), ("scans", ProcessWatch::scanning)];

fn watch(way: Watch) -> (ProcessWatch, Receiver<Change>) {
    let (tell, told) = channel();
    let watch = way(Box::new(move |change| drop(tell.send(change)))).unwrap();
    (watch, told)
}

fn next(told: &Receiver<Change>) -> Health {
    told.recv_timeout(LONG).unwrap().health
}

#[test]
fn starts_and_ends_are_seen() {
    for (number, (name, way)) in BOTH.into_iter().enumerate() {
        let seconds = format!("4100.{number}");
        let (mut processes, told) = watch(way);
        if name == "events" && processes.source() != &Source::Events {
            println!("SKIP events of processes: {}", processes.source());
            continue;
        }
        let two = Quorum {
            at_least: 2,
            ..Quorum::default()
        };
        let first = Sleeper::start(&seconds);
        assert_eq!(processes.add(spec(&seconds, two)), Health::Down, "{name}");
        assert_eq!(next(&told), Health::Down);
        let second = Sleeper::start(&seconds);
        assert_eq!(next(&told), Health::Up, "{name}");
        assert_eq!(processes.status("p").unwrap().count, 2);
        let killed = Instant::now();
        first.end();
        assert_eq!(next(&told), Health::Down, "{name}");
        // Not at the next scan: at once, by its descriptor. Half a scan is long on any machine that is not overrun.
        println!("{name}: the end was seen after {:?}", killed.elapsed());
        drop(second);
    }
}

/// keepalived's `terminate_delay`: a restart within it is nothing.
#[test]
fn a_restart_within_the_delay_is_nothing() {
    let seconds = "4200.5";
    let (mut processes, told) = watch(ProcessWatch::scanning);
    let patient = Quorum {
        terminate_delay: LONG,
        ..Quorum::default()
    };
    let first = Sleeper::start(seconds);
    assert_eq!(processes.add(spec(seconds, patient)), Health::Up);
    assert_eq!(next(&told), Health::Up);
    first.end();
    let end = Instant::now() + LONG / 2;
    while processes.status("p").unwrap().changes_at.is_none() {
        assert!(Instant::now() < end, "the end was not seen");
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = Sleeper::start(seconds);
    while processes.status("p").unwrap().changes_at.is_some() {
        assert!(Instant::now() < end, "the restart was not seen");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(told.try_recv().is_err());
    // Another quorum keeps the health until the count says otherwise, and nothing is told.
    let impatient = Quorum::default();
    assert_eq!(processes.add(spec(seconds, impatient)), Health::Up);
    assert!(told.try_recv().is_err());
    second.end();
    assert_eq!(next(&told), Health::Down);
    assert!(processes.remove("p"));
    assert_eq!(processes.health("p"), Health::Unknown);
}

/// A zombie is no process that runs, though it has its name still.
#[test]
fn a_zombie_does_not_count() {
    let seconds = "4300.5";
    let (mut processes, told) = watch(ProcessWatch::scanning);
    let mut child = Sleeper::start(seconds);
    processes.add(ProcessSpec {
        pattern: Pattern::Command {
            program: "sleep".into(),
            parameters: vec!["4300".into()],
            compare: Some(Parameters::Initial),
        },
        ..spec(seconds, Quorum::default())
    });
    assert_eq!(next(&told), Health::Up);
    child.0.kill().unwrap();
    // Not waited for.
    assert_eq!(next(&told), Health::Down);
}
