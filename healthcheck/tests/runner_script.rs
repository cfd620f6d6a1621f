//! Runner and scripts together: nothing is left behind.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::time::{Duration, Instant};

use healthcheck::{Check, Judge, Rules, Runner, ScriptProbe, ScriptSpec};
use support::{Folder, LONG, alive, read_numbers, until};

fn check(name: &str, script: &str) -> Check {
    let spec = ScriptSpec::new(["/bin/sh", "-c", script], LONG).unwrap();
    Check {
        name: name.into(),
        probe: Box::new(ScriptProbe::new(spec)),
        judge: Judge::new(Rules::default()),
        interval: Duration::from_secs(1),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_prompt_and_kills_what_runs() {
    let folder = Folder::new();
    let pids = folder.file("pids");
    let mut runner = Runner::new(|_| {});
    for index in 0..5 {
        let script = format!("trap '' TERM; sleep 1000 & echo $$ $! >>{}; wait", pids.display());
        runner.add(check(&format!("c{index}"), &script));
    }
    until("all have begun", || read_numbers(&pids).len() == 10).await;
    let stopping = Instant::now();
    runner.stop().await;
    assert!(
        stopping.elapsed() < Duration::from_secs(5),
        "{:?}",
        stopping.elapsed()
    );
    let pids = read_numbers(&pids);
    until("all are gone", || !pids.iter().any(|pid| alive(*pid))).await;
}

#[test]
fn the_end_of_the_runtime_leaves_nothing_behind() {
    let folder = Folder::new();
    let pids = folder.file("pids");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut runner = Runner::on(runtime.handle().clone(), |_| {});
    runner.add(check(
        "c",
        &format!("trap '' TERM; sleep 1000 & echo $$ $! >>{}; wait", pids.display()),
    ));
    runtime.block_on(until("it has begun", || read_numbers(&pids).len() == 2));
    drop(runtime);
    let pids = read_numbers(&pids);
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    waiting.block_on(until("both are gone", || !pids.iter().any(|pid| alive(*pid))));
}
