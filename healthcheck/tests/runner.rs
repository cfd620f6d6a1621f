//! The runner in virtual time, with probes whose answers and delays the test writes down.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Change, Check, Health, Judge, Mode, Outcome, Probe, Rules, Runner, Verdict};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// What each run does; the last line goes on for ever.
#[derive(Clone)]
enum Line {
    Say(Verdict, Duration),
    Panic,
}

const fn say(verdict: Verdict) -> Line {
    Line::Say(verdict, Duration::ZERO)
}

#[derive(Clone, Default)]
struct Log {
    starts: Arc<Mutex<Vec<Duration>>>,
    going: Arc<AtomicU32>,
}

impl Log {
    fn starts(&self) -> Vec<Duration> {
        self.starts.lock().unwrap().clone()
    }
}

struct Scripted {
    lines: Vec<Line>,
    began: Instant,
    log: Log,
}

impl Scripted {
    fn new(lines: &[Line], log: &Log) -> Box<Self> {
        Box::new(Self {
            lines: lines.to_vec(),
            began: Instant::now(),
            log: log.clone(),
        })
    }
}

struct Going(Arc<AtomicU32>);

impl Drop for Going {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Probe for Scripted {
    fn name(&self) -> String {
        "a script of the test".to_owned()
    }

    fn limit(&self) -> Duration {
        10 * SECOND
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            assert_eq!(self.log.going.fetch_add(1, Ordering::SeqCst), 0, "runs overlap");
            let _going = Going(Arc::clone(&self.log.going));
            let run = {
                let mut starts = self.log.starts.lock().unwrap();
                starts.push(self.began.elapsed());
                starts.len() - 1
            };
            match self.lines[run.min(self.lines.len() - 1)] {
                Line::Say(verdict, delay) => {
                    sleep(delay).await;
                    match verdict {
                        Verdict::Pass => Outcome::pass(format!("run {run}"), delay),
                        Verdict::Degraded => Outcome::degraded(format!("run {run}"), delay),
                        Verdict::Fail | Verdict::Unable => Outcome::fail(format!("run {run}"), delay),
                    }
                }
                // Without the hook, whose backtrace in a long log looks like a failure.
                Line::Panic => std::panic::resume_unwind(Box::new("as the test wants")),
            }
        }
        .boxed()
    }
}

fn runner() -> (Runner, UnboundedReceiver<Change>) {
    let (sender, receiver) = unbounded_channel();
    let runner = Runner::new(move |change| {
        let _ = sender.send(change);
    });
    (runner, receiver)
}

fn check(probe: Box<dyn Probe>, rules: Rules) -> Check {
    Check {
        name: "c".into(),
        probe,
        judge: Judge::new(rules),
        interval: SECOND,
    }
}

fn seconds(seconds: &[f64]) -> Vec<Duration> {
    seconds.iter().map(|s| Duration::from_secs_f64(*s)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_run_is_at_once_and_then_one_every_interval() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    runner.add(check(
        Scripted::new(&[say(Verdict::Pass)], &log),
        Rules::new(3, 3),
    ));
    assert_eq!(runner.health("c"), Health::Unknown);
    let change = changes.recv().await.unwrap();
    assert_eq!(
        (&*change.name, change.before, change.health),
        ("c", Health::Unknown, Health::Up)
    );
    assert_eq!(change.outcome.reason, "run 0");
    sleep(SECOND * 7 / 2).await;
    assert_eq!(log.starts(), seconds(&[0.0, 1.0, 2.0, 3.0]));
    let status = runner.status("c").unwrap();
    assert_eq!((status.runs, status.failures, status.skipped), (4, 0, 0));
    assert_eq!(status.last.unwrap().1.reason, "run 3");
    assert!(changes.try_recv().is_err(), "no news is not told");
    assert_eq!(runner.statuses().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn rise_and_fall_decide_when_a_change_is_told() {
    let (mut runner, mut changes) = runner();
    let began = Instant::now();
    let (pass, fail) = (say(Verdict::Pass), say(Verdict::Fail));
    // Runs 0 to 6: pass (first: up), fail, fail, fail (third: down), pass, pass (second: up).
    let lines = [pass.clone(), fail.clone(), fail.clone(), fail, pass];
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::new(2, 3)));
    let mut told = Vec::new();
    for _ in 0..3 {
        let change = changes.recv().await.unwrap();
        told.push((began.elapsed(), change.health, change.outcome.reason));
    }
    let expected = [(0, Health::Up, 0), (3, Health::Down, 3), (5, Health::Up, 5)];
    let expected = expected.map(|(at, health, run)| (SECOND * at, health, format!("run {run}")));
    assert_eq!(told, expected);
    let status = runner.status("c").unwrap();
    assert_eq!((status.runs, status.failures), (6, 3));
    assert_eq!(status.since, (began + 5 * SECOND).into_std());
}

#[tokio::test(start_paused = true)]
async fn runs_that_fall_due_meanwhile_are_left_out_and_counted() {
    let (mut runner, _changes) = runner();
    let log = Log::default();
    let lines = [
        Line::Say(Verdict::Pass, Duration::from_millis(2500)),
        say(Verdict::Pass),
    ];
    runner.add(check(Scripted::new(&lines, &log), Rules::default()));
    sleep(SECOND).await;
    let status = runner.status("c").unwrap();
    assert_eq!((status.runs, status.running_since.is_some()), (0, true));
    sleep(SECOND * 7 / 2).await;
    assert_eq!(log.starts(), seconds(&[0.0, 3.0, 4.0]));
    let status = runner.status("c").unwrap();
    assert_eq!((status.runs, status.skipped, status.running_since), (3, 2, None));
}

/// keepalived's default timeout is the interval.
#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_until_the_next_is_due_is_run_every_time() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    let lines = [
        say(Verdict::Pass),
        Line::Say(Verdict::Fail, Duration::from_millis(1001)),
    ];
    runner.add(check(Scripted::new(&lines, &log), Rules::new(1, 3)));
    let began = Instant::now();
    assert_eq!(changes.recv().await.unwrap().health, Health::Up);
    assert_eq!(changes.recv().await.unwrap().health, Health::Down);
    let took = began.elapsed();
    assert!(
        took > 4 * SECOND && took < Duration::from_millis(4100),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_or_never_ends_is_a_fail_and_goes_on() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    let lines = [
        Line::Panic,
        Line::Say(Verdict::Pass, 1000 * SECOND),
        say(Verdict::Pass),
    ];
    runner.add(check(Scripted::new(&lines, &log), Rules::new(1, 1)));
    let change = changes.recv().await.unwrap();
    assert_eq!(change.health, Health::Down);
    assert!(
        change.outcome.reason.contains("panicked"),
        "{}",
        change.outcome.reason
    );
    let change = changes.recv().await.unwrap();
    assert_eq!(change.health, Health::Up);
    assert_eq!(change.outcome.reason, "run 2");
    // Run 1 began at 1 s, was given up at 11 s, and run 2 was due then.
    assert_eq!(log.starts(), seconds(&[0.0, 1.0, 11.0]));
    assert_eq!(runner.status("c").unwrap().failures, 2);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_replaced_keeps_its_health() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    runner.add(check(
        Scripted::new(&[say(Verdict::Pass)], &log),
        Rules::new(1, 1),
    ));
    changes.recv().await.unwrap();
    let since = runner.status("c").unwrap().since;
    sleep(SECOND / 2).await;
    runner.add(check(
        Scripted::new(&[say(Verdict::Fail)], &Log::default()),
        Rules::new(1, 3),
    ));
    let status = runner.status("c").unwrap();
    assert_eq!(
        (status.health(), status.since, status.runs),
        (Health::Up, since, 1)
    );
    let replaced = Instant::now();
    assert_eq!(changes.recv().await.unwrap().health, Health::Down);
    assert_eq!(
        replaced.elapsed(),
        2 * SECOND,
        "fall 3 of the new rules, its first run at once"
    );
    assert_eq!(log.starts().len(), 1, "the old one has ended");
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_or_stopped_runs_and_tells_no_more() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    let slow = [Line::Say(Verdict::Pass, SECOND / 2)];
    runner.add(check(Scripted::new(&slow, &log), Rules::default()));
    sleep(SECOND / 4).await;
    assert_eq!(log.going.load(Ordering::SeqCst), 1);
    assert!(runner.remove("c"));
    assert!(!runner.remove("c"));
    assert!(runner.status("c").is_none());
    assert_eq!(runner.health("c"), Health::Unknown);
    sleep(5 * SECOND).await;
    assert_eq!((log.going.load(Ordering::SeqCst), log.starts().len()), (0, 1));
    assert!(changes.try_recv().is_err());

    runner.add(check(Scripted::new(&slow, &log), Rules::default()));
    sleep(SECOND / 4).await;
    assert_eq!(log.going.load(Ordering::SeqCst), 1);
    runner.stop().await;
    assert_eq!(
        log.going.load(Ordering::SeqCst),
        0,
        "nothing runs when stop has returned"
    );
    assert!(changes.recv().await.is_none(), "and nobody is left to tell");
}

#[tokio::test(start_paused = true)]
async fn a_check_can_be_followed() {
    let (mut runner, _changes) = runner();
    let lines = [say(Verdict::Fail), say(Verdict::Pass)];
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::default()));
    let mut watched = runner.watch("c").unwrap();
    let status = watched
        .wait_for(|status| status.health() == Health::Up)
        .await
        .unwrap()
        .clone();
    assert_eq!((status.runs, status.failures), (2, 1));
    assert_eq!(&*status.probe, "a script of the test");
    runner.remove("c");
    // The end of the check is the end of the watch.
    while watched.changed().await.is_ok() {}
}

#[tokio::test(start_paused = true)]
async fn a_failing_check_is_looked_at_again_soon() {
    let (mut runner, mut changes) = runner();
    let log = Log::default();
    let (pass, fail) = (say(Verdict::Pass), say(Verdict::Fail));
    let lines = [pass.clone(), fail.clone(), fail.clone(), fail.clone(), fail, pass];
    let began = Instant::now();
    let rules = Rules::retrying(2, SECOND / 10);
    runner.add(check(Scripted::new(&lines, &log), rules));
    assert_eq!(changes.recv().await.unwrap().health, Health::Up);
    assert_eq!(changes.recv().await.unwrap().health, Health::Down);
    assert_eq!(began.elapsed(), SECOND + SECOND / 5);
    assert_eq!(changes.recv().await.unwrap().health, Health::Up);
    assert_eq!(log.starts(), seconds(&[0.0, 1.0, 1.1, 1.2, 2.0, 3.0]));
    assert_eq!(runner.status("c").unwrap().skipped, 0);
}

#[tokio::test(start_paused = true)]
async fn a_warning_is_told_and_its_end_too() {
    let (mut runner, mut changes) = runner();
    let lines = [
        say(Verdict::Pass),
        say(Verdict::Degraded),
        say(Verdict::Degraded),
        say(Verdict::Pass),
    ];
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::default()));
    let mut told = Vec::new();
    for _ in 0..3 {
        let change = changes.recv().await.unwrap();
        told.push((change.before, change.health, change.degraded));
    }
    let (unknown, up) = (Health::Unknown, Health::Up);
    assert_eq!(told, [(unknown, up, false), (up, up, true), (up, up, false)]);
    assert_eq!(
        runner.status("c").unwrap().failures,
        0,
        "a warning is not a failure"
    );
}

#[tokio::test(start_paused = true)]
async fn an_operator_decides_over_the_check_and_a_reload_keeps_it() {
    let (mut runner, mut changes) = runner();
    let lines = [say(Verdict::Pass)];
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::default()));
    changes.recv().await.unwrap();
    assert!(runner.set_mode("c", Mode::Maintenance(Health::Down)));
    assert!(!runner.set_mode("another", Mode::DryRun));
    let change = changes.try_recv().unwrap();
    assert_eq!((change.before, change.health), (Health::Up, Health::Down));
    assert!(change.outcome.reason.contains("maintenance"), "{change:?}");
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::default()));
    sleep(3 * SECOND).await;
    let status = runner.status("c").unwrap();
    assert_eq!(
        (status.health(), status.judge.judged()),
        (Health::Down, Health::Up)
    );
    assert!(changes.try_recv().is_err());
    runner.set_mode("c", Mode::Live);
    assert_eq!(changes.try_recv().unwrap().health, Health::Up);
}

#[tokio::test(start_paused = true)]
async fn a_warning_survives_what_an_operator_does() {
    let (up, down) = (Health::Up, Health::Down);
    // Degraded, then cured during a dry run.
    let (mut runner, mut changes) = runner();
    let lines = [say(Verdict::Degraded), say(Verdict::Pass)];
    runner.add(check(Scripted::new(&lines, &Log::default()), Rules::default()));
    assert!(changes.recv().await.unwrap().degraded);
    runner.set_mode("c", Mode::DryRun);
    let change = changes.try_recv().unwrap();
    assert_eq!((change.before, change.health, change.degraded), (up, up, false));
    sleep(3 * SECOND).await;
    runner.set_mode("c", Mode::Live);
    assert!(changes.try_recv().is_err(), "as it was told");
    // Degraded all the time, with a maintenance between.
    let lines = [say(Verdict::Degraded)];
    let mut check = check(Scripted::new(&lines, &Log::default()), Rules::default());
    check.name = "d".into();
    runner.add(check);
    assert!(changes.recv().await.unwrap().degraded);
    runner.set_mode("d", Mode::Maintenance(down));
    let change = changes.try_recv().unwrap();
    assert_eq!((change.health, change.degraded), (down, false));
    runner.set_mode("d", Mode::Live);
    let change = changes.try_recv().unwrap();
    assert_eq!((change.health, change.degraded), (up, true), "{change:?}");
    sleep(3 * SECOND).await;
    assert!(changes.try_recv().is_err(), "told already");
}

/// The second run comes early so that the runs are spread; nobody has missed it.
#[tokio::test(start_paused = true)]
async fn a_slow_healthy_check_has_missed_nothing_at_its_start() {
    let (mut runner, _changes) = runner();
    let lines = [Line::Say(Verdict::Pass, SECOND * 4 / 5)];
    let logs: Vec<Log> = (0..20)
        .map(|number| {
            let log = Log::default();
            let mut check = check(Scripted::new(&lines, &log), Rules::default());
            check.name = format!("c{number}").into();
            runner.add(check);
            log
        })
        .collect();
    sleep(5 * SECOND).await;
    for (status, log) in runner.statuses().into_iter().zip(logs) {
        assert_eq!(status.skipped, 0, "{}", status.name);
        assert!(log.starts().len() >= 5, "{:?}", log.starts());
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_without_sense_do_not_end_a_check() {
    let (mut runner, mut changes) = runner();
    let lines = [say(Verdict::Pass), say(Verdict::Fail)];
    for interval in [Duration::ZERO, Duration::MAX] {
        let rules = Rules::retrying(1, Duration::MAX).warmup(Duration::ZERO);
        let mut check = check(Scripted::new(&lines, &Log::default()), rules);
        check.name = format!("{interval:?}").into();
        check.interval = interval;
        runner.add(check);
        let change = timeout(60 * SECOND, changes.recv()).await.unwrap().unwrap();
        assert_eq!(change.health, Health::Up);
    }
    sleep(SECOND).await;
    let next = runner.statuses().into_iter().filter_map(|status| status.next);
    assert!(next.clone().count() == 2 && next.into_iter().all(|at| at > Instant::now().into_std()));
}

#[test]
fn an_operators_change_is_told_within_the_runtime_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sender, told) = std::sync::mpsc::channel();
    let mut runner = Runner::on(runtime.handle().clone(), move |change: Change| {
        let within = tokio::runtime::Handle::try_current().is_ok();
        let _ = sender.send((change.health, within));
    });
    runner.add(check(
        Scripted::new(&[say(Verdict::Pass)], &Log::default()),
        Rules::default(),
    ));
    assert_eq!(told.recv().unwrap(), (Health::Up, true));
    runner.set_mode("c", Mode::Maintenance(Health::Down));
    assert_eq!(told.recv().unwrap(), (Health::Down, true));
}
