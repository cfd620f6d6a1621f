//! Alone in its process: what is cut off leaves nothing behind, of whatever kind: no process, no descriptor, no file, no
//! thread. Probes of services are in `descriptors.rs`.

#![cfg(all(feature = "script", feature = "watch"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use healthcheck::{
    Check, FileSpec, FileWatch, Judge, Pattern, Probe, ProcessSpec, ProcessWatch, Quorum, Rules, Runner,
    ScriptProbe, ScriptSpec, push,
};
use support::{Folder, LONG, until};
use tokio::time::timeout;

/// In the command line of whatever a script here starts.
const MARK: &str = "86399.17";

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Processes that a script here has started and that still run.
fn processes() -> usize {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let marked = all.filter(|one| {
        let line = fs::read(one.path().join("cmdline")).unwrap_or_default();
        let pid = one.file_name().to_string_lossy().parse();
        line.windows(MARK.len()).any(|part| part == MARK.as_bytes()) && pid.is_ok_and(support::alive)
    });
    marked.count()
}

fn scripts(folder: &Folder) -> Vec<ScriptProbe> {
    let pipe = folder.file("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let sh = |text: String| vec!["/bin/sh".to_owned(), "-c".to_owned(), text];
    let commands = [
        sh(format!("sleep {MARK}")),
        // A child, and a grandchild that outlives its parent, hold the output.
        sh(format!("sleep {MARK} & (sleep {MARK} & ) ; wait")),
        sh(format!("trap '' TERM; while :; do sleep {MARK}; done")),
        sh(format!("yes {MARK}")),
        vec!["/no/such/script".to_owned()],
        vec![format!("<{}", pipe.display())],
        vec!["</dev/tcp/192.0.2.1/9".to_owned()],
        vec!["</dev/udp/127.0.0.1/9".to_owned()],
    ];
    let spec = |command: &Vec<String>| ScriptSpec::new(command, Duration::from_millis(150)).unwrap();
    commands
        .iter()
        .map(|command| ScriptProbe::new(spec(command)))
        .collect()
}

#[tokio::test]
async fn whatever_is_cut_off_leaves_nothing_behind() {
    let folder = Folder::new();
    let probes = scripts(&folder);
    // What a runtime opens once.
    let _ = timeout(LONG, probes[0].probe()).await;
    until("the first one is gone", || processes() == 0).await;
    let before = (
        descriptors(),
        threads(),
        fs::read_dir(folder.path()).unwrap().count(),
    );
    for probe in &probes {
        for cut_ms in [0, 1, 10, 60, 160, 5000] {
            // At 5 s it has ended by itself, killed or not.
            let _ = timeout(Duration::from_millis(cut_ms), probe.probe()).await;
        }
        let name = probe.name();
        until(&format!("no process of {name}"), || processes() == 0).await;
    }
    runners(&folder).await;
    watches(&folder);
    for _ in 0..100 {
        let (handle, probe) = push(LONG);
        let probe = probe.patient();
        let _ = timeout(Duration::ZERO, probe.probe()).await;
        drop(handle);
    }
    let now = || {
        (
            descriptors(),
            threads(),
            fs::read_dir(folder.path()).unwrap().count(),
        )
    };
    until("as before", || {
        let now = now();
        // Threads that look names up and open files go by themselves later.
        now.0 <= before.0 && now.2 == before.2
    })
    .await;
    // The runtime keeps those for ten seconds, of which it may have several.
    assert!(now().1 <= before.1 + 8, "{:?} before, {:?} now", before, now());
}

/// A check that is taken away, or replaced, in the middle of a run.
async fn runners(folder: &Folder) {
    let mut runner = Runner::new(|_| {});
    for round in 0..20 {
        let text = format!("echo $$ >> {}; sleep {MARK}", folder.file("ran").display());
        let spec = ScriptSpec::new(["/bin/sh", "-c", &text], LONG).unwrap();
        runner.add(Check {
            name: "same".into(),
            probe: Box::new(ScriptProbe::new(spec)),
            judge: Judge::new(Rules::default()),
            interval: Duration::from_millis(10),
        });
        until("it runs", || {
            support::read_numbers(&folder.file("ran")).len() > round
        })
        .await;
    }
    assert!(runner.remove("same"));
    until("what was replaced is gone", || processes() == 0).await;
    runner.stop().await;
    fs::remove_file(folder.file("ran")).unwrap();
}

/// Watches that are made and dropped, with files and processes that come and go.
fn watches(folder: &Folder) {
    for round in 0..20 {
        let mut files = FileWatch::new(|_| {}).unwrap();
        let path: PathBuf = folder.file("number");
        fs::write(&path, round.to_string()).unwrap();
        files.add(FileSpec {
            name: "file".into(),
            path: path.clone(),
            init: None,
        });
        let mut processes = ProcessWatch::new(|_| {}).unwrap();
        processes.add(ProcessSpec {
            name: "process".into(),
            pattern: Pattern::Name("sh".to_owned()),
            quorum: Quorum {
                at_least: 1,
                at_most: None,
                fork_delay: Duration::ZERO,
                terminate_delay: Duration::from_secs(1),
            },
        });
        drop((files, processes));
        fs::remove_file(path).unwrap();
    }
}
