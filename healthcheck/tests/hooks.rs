//! Hooks with real scripts: order, limits, results, loss, the end.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use healthcheck::{Command, Drained, End, HookEnd, HookLimits, HookQueue, NotifyState, notify_arguments};
use tokio::sync::Semaphore;

use support::{Folder, LONG, alive, limits, numbers, read_numbers, sh, until};

async fn finish(queue: &HookQueue) {
    assert_eq!(queue.drain(LONG).await, Drained { abandoned: 0 });
}

#[tokio::test]
async fn slow_and_fast_hooks_run_in_the_order_of_the_changes() {
    let folder = Folder::new();
    let log = folder.file("log");
    let queue = HookQueue::new(HookLimits {
        results_max: 20,
        ..HookLimits::default()
    });
    for index in 0..12 {
        // The even ones are slow: unordered, the odd ones would overtake them.
        let pause = if index % 2 == 0 { "0.1" } else { "0" };
        let script = format!(
            "echo begin {index} >>{0}; sleep {pause}; echo end {index} >>{0}",
            log.display()
        );
        assert!(queue.push(sh(&script), format!("notify {index}")));
    }
    finish(&queue).await;
    let expected: String = (0..12)
        .map(|index| format!("begin {index}\nend {index}\n"))
        .collect();
    assert_eq!(fs::read_to_string(&log).unwrap(), expected);
    let labels: Vec<_> = queue.results().into_iter().map(|result| result.label).collect();
    assert_eq!(
        labels,
        (0..12).map(|index| format!("notify {index}")).collect::<Vec<_>>()
    );
    let status = queue.status();
    assert_eq!(
        (status.done, status.failed, status.dropped, status.waiting),
        (12, 0, 0, 0)
    );
    assert_eq!(status.running, None);
}

#[tokio::test]
async fn results_tell_code_time_and_output() {
    let before = SystemTime::now();
    let queue = HookQueue::new(HookLimits::default());
    queue.push(sh("echo moving; echo failed >&2; exit 7"), "notify_master");
    queue.push(Command::new(["/no/such/hook"]), "notify_backup");
    finish(&queue).await;
    let [first, second] = queue.results().try_into().unwrap();
    assert_eq!(
        (first.label.as_str(), first.end.clone()),
        ("notify_master", HookEnd::Ran(End::Exited(7)))
    );
    assert_eq!(first.output, "moving\nfailed\n");
    assert!(first.command.starts_with("/bin/sh -c echo moving"));
    assert!(first.at >= before && first.at <= SystemTime::now() && first.took > Duration::ZERO);
    assert!(!second.end.is_success() && second.end.to_string().contains("'/no/such/hook' does not exist"));
    assert_eq!((queue.status().done, queue.status().failed), (2, 2));
}

#[tokio::test]
async fn only_the_last_results_are_kept() {
    let queue = HookQueue::new(HookLimits {
        results_max: 3,
        ..HookLimits::default()
    });
    for index in 0..5 {
        queue.push(sh("true"), index.to_string());
    }
    finish(&queue).await;
    let labels: Vec<_> = queue.results().into_iter().map(|result| result.label).collect();
    assert_eq!(labels, ["2", "3", "4"]);
    assert_eq!(queue.status().done, 5);
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_its_group_before_the_next_begins() {
    let folder = Folder::new();
    let (pids, seen) = (folder.file("pids"), folder.file("seen"));
    let queue = HookQueue::new(HookLimits {
        run: limits(1000, 400),
        ..HookLimits::default()
    });
    queue.push(
        sh(&format!(
            "trap '' TERM; sleep 1000 & echo $$ $! >{}; wait",
            pids.display()
        )),
        "hangs",
    );
    let look = format!(
        "for p in $(cat {}); do grep -s State /proc/$p/status; done >{}",
        pids.display(),
        seen.display()
    );
    queue.push(sh(&format!("{look}; true")), "next");
    finish(&queue).await;
    let ends: Vec<_> = queue.results().into_iter().map(|result| result.end).collect();
    assert_eq!(
        ends,
        [
            HookEnd::Ran(End::TimedOut(Duration::from_millis(1000))),
            HookEnd::Ran(End::Exited(0)),
        ]
    );
    assert_eq!(read_numbers(&pids).len(), 2);
    // The sleep is nobody's child any more; it may still be a zombie, but it does not run.
    let seen = fs::read_to_string(&seen).unwrap();
    assert!(seen.lines().all(|line| line.contains("zombie")), "{seen}");
}

#[tokio::test]
async fn when_too_many_wait_the_oldest_is_given_up_and_the_order_kept() {
    let folder = Folder::new();
    let (go, log) = (folder.file("go"), folder.file("log"));
    let queue = HookQueue::new(HookLimits {
        waiting_max: 2,
        ..HookLimits::default()
    });
    let gate = format!("while [ ! -e {} ]; do sleep 0.01; done", go.display());
    queue.push(sh(&gate), "gate");
    until("the gate runs", || {
        queue.status().running.is_some_and(|(label, _)| label == "gate")
    })
    .await;
    let kept: Vec<_> = (1..=5)
        .map(|n| queue.push(sh(&format!("echo {n} >>{}", log.display())), n.to_string()))
        .collect();
    assert_eq!(kept, [true, true, false, false, false]);
    let status = queue.status();
    assert_eq!((status.waiting, status.dropped), (2, 3));
    fs::write(&go, "").unwrap();
    finish(&queue).await;
    assert_eq!(read_numbers(&log), [4, 5]);
    let results: Vec<_> = queue
        .results()
        .into_iter()
        .map(|result| (result.label, result.end))
        .collect();
    let dropped: Vec<_> = results
        .iter()
        .filter(|(_, end)| *end == HookEnd::Dropped)
        .collect();
    assert_eq!(
        dropped
            .iter()
            .map(|(label, _)| label.as_str())
            .collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    assert_eq!(queue.status().done, 3);
}

#[tokio::test]
async fn a_drain_ends_at_its_limit_and_kills_what_runs() {
    let folder = Folder::new();
    let pids = folder.file("pids");
    let queue = HookQueue::new(HookLimits::default());
    let hang = format!(
        "trap '' TERM; sleep 1000 & echo $$ $! >{0}.new; mv {0}.new {0}; wait",
        pids.display()
    );
    queue.push(sh(&hang), "hangs");
    queue.push(sh("true"), "waits");
    until("it has begun", || pids.exists()).await;
    let draining = Instant::now();
    assert_eq!(
        queue.drain(Duration::from_millis(200)).await,
        Drained { abandoned: 2 }
    );
    assert!(draining.elapsed() < Duration::from_secs(10));
    let pids = read_numbers(&pids);
    until("all are gone", || !pids.iter().any(|pid| alive(*pid))).await;
    let ends: Vec<_> = queue
        .results()
        .into_iter()
        .map(|result| (result.label, result.end))
        .collect();
    assert_eq!(
        ends,
        [
            ("hangs".to_owned(), HookEnd::Abandoned),
            ("waits".to_owned(), HookEnd::Abandoned)
        ]
    );

    assert!(!queue.push(sh("true"), "late"), "a closed queue takes nothing");
    assert_eq!(queue.status().dropped, 3);
    assert_eq!(queue.drain(LONG).await, Drained { abandoned: 0 });
}

#[tokio::test]
async fn a_dropped_queue_kills_what_runs() {
    let folder = Folder::new();
    let pids = folder.file("pids");
    let queue = HookQueue::new(HookLimits::default());
    queue.push(
        sh(&format!(
            "echo $$ >{0}.new; mv {0}.new {0}; sleep 1000",
            pids.display()
        )),
        "hangs",
    );
    until("it has begun", || pids.exists()).await;
    drop(queue);
    let pids = read_numbers(&pids);
    until("it is gone", || !alive(pids[0])).await;
}

#[tokio::test]
async fn notify_gets_keepaliveds_four_arguments() {
    let queue = HookQueue::new(HookLimits::default());
    for (state, word) in [
        (NotifyState::Master, "MASTER"),
        (NotifyState::Backup, "BACKUP"),
        (NotifyState::Fault, "FAULT"),
        (NotifyState::Stop, "STOP"),
    ] {
        let script = sh(r#"for w in "$@"; do echo "<$w>"; done"#)
            .arg("hook")
            .arg("own argument");
        queue.push(
            notify_arguments("VI 1", state, 150)
                .into_iter()
                .fold(script, Command::arg),
            word,
        );
    }
    finish(&queue).await;
    for result in queue.results() {
        let expected = format!("<own argument>\n<INSTANCE>\n<VI 1>\n<{}>\n<150>\n", result.label);
        assert_eq!(result.output, expected);
    }
}

/// The router loop is on a thread of its own, outside any runtime.
#[tokio::test]
async fn a_push_needs_no_runtime_and_never_waits() {
    let queue = HookQueue::new(HookLimits::default());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for index in 0..10 {
                assert!(queue.push(sh(&format!("echo {index}")), "notify"));
            }
        });
    });
    finish(&queue).await;
    let outputs: Vec<_> = queue
        .results()
        .iter()
        .flat_map(|result| numbers(&result.output))
        .collect();
    assert_eq!(outputs, (0..10).collect::<Vec<_>>());
}

/// Each would meet what another has made.
#[tokio::test]
async fn queues_that_share_run_no_more_at_a_time_than_there_are_turns() {
    let folder = Folder::new();
    let there = folder.file("there");
    let turns = Arc::new(Semaphore::new(1));
    let queues: Vec<HookQueue> = (0..4)
        .map(|_| HookQueue::sharing(HookLimits::default(), Arc::clone(&turns)))
        .collect();
    let script = format!("mkdir {0} && sleep 0.05 && rmdir {0}", there.display());
    for _ in 0..3 {
        for queue in &queues {
            queue.push(sh(&script), "notify_down");
        }
    }
    for queue in &queues {
        finish(queue).await;
        assert_eq!((queue.status().done, queue.status().failed), (3, 0));
    }
}
