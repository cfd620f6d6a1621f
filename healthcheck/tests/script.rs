//! The script probe: verdicts with reasons, the special forms, no overlap.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use healthcheck::{Outcome, Probe, ScriptProbe, ScriptSpec, Verdict};
use support::{Folder, LONG, alive, limits, read_numbers, until};

fn sh(script: &str) -> ScriptSpec {
    ScriptSpec::new(["/bin/sh", "-c", script], LONG).unwrap()
}

async fn once(spec: ScriptSpec) -> Outcome {
    ScriptProbe::new(spec).probe().await
}

#[tokio::test]
async fn exit_0_passes_and_all_else_fails_with_its_reason() {
    let outcome = once(sh("echo fine")).await;
    assert_eq!(
        (outcome.verdict, outcome.reason.as_str(), outcome.output.as_str()),
        (Verdict::Pass, "exit 0", "fine\n")
    );
    let outcome = once(sh("echo nginx is down >&2; exit 2")).await;
    assert_eq!(
        (outcome.verdict, outcome.reason.as_str()),
        (Verdict::Fail, "exit 2")
    );
    assert_eq!(outcome.output, "nginx is down\n");
    let outcome = once(sh("kill -TERM $$")).await;
    assert_eq!(
        (outcome.verdict, outcome.reason.as_str()),
        (Verdict::Fail, "killed by signal 15 (SIGTERM)")
    );
}

/// keepalived removes such a check and serves without it.
#[tokio::test]
async fn a_script_that_is_missing_fails_until_it_is_there() {
    let folder = Folder::new();
    let path = folder.file("check.sh");
    let spec = ScriptSpec::new([&path], LONG).unwrap();
    assert!(spec.check().is_err());
    let probe = ScriptProbe::new(spec);
    let outcome = probe.probe().await;
    assert!(
        !outcome.passed() && outcome.reason.contains("does not exist"),
        "{outcome:?}"
    );
    folder.script("check.sh", "#!/bin/sh\nexit 0\n");
    assert!(probe.spec().check().is_ok());
    assert!(probe.probe().await.passed());
}

#[tokio::test]
async fn a_hang_fails_at_the_timeout_and_the_next_run_waits_for_its_end() {
    let folder = Folder::new();
    let (pids, overlaps) = (folder.file("pids"), folder.file("overlaps"));
    let script = format!(
        "for p in $(cat {pids}); do kill -0 $p && echo $p >>{overlaps}; done; echo $$ >>{pids}; trap '' TERM; \
         while :; do sleep 0.1; done",
        pids = pids.display(),
        overlaps = overlaps.display()
    );
    let mut spec = sh(&script);
    spec.limits = limits(1000, 500);
    let probe = ScriptProbe::new(spec);
    for _ in 0..3 {
        let outcome = probe.probe().await;
        assert_eq!(outcome.verdict, Verdict::Fail);
        assert!(outcome.reason.starts_with("no end within 1s"), "{outcome:?}");
        assert!(outcome.took < Duration::from_secs(10));
    }
    let pids = read_numbers(&pids);
    assert_eq!(pids.len(), 3);
    assert!(!overlaps.exists(), "{:?}", fs::read_to_string(&overlaps));
    drop(probe);
    until("the last one is gone with its probe", || {
        !pids.iter().any(|pid| alive(*pid))
    })
    .await;
}

#[tokio::test]
async fn dev_tcp_needs_no_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let probe = ScriptProbe::new(ScriptSpec::new([format!("</dev/tcp/127.0.0.1/{port}")], LONG).unwrap());
    assert_eq!(probe.name(), format!("TCP connect to 127.0.0.1:{port}"));
    assert!(probe.probe().await.passed());
    drop(listener);
    let outcome = probe.probe().await;
    assert!(
        !outcome.passed() && outcome.reason.contains("refused"),
        "{outcome:?}"
    );
    assert!(ScriptSpec::new(["</dev/tcp/127.0.0.1"], LONG).is_err());
}

#[tokio::test]
async fn a_path_passes_while_it_can_be_opened() {
    let folder = Folder::new();
    let path = folder.file("up");
    let probe = ScriptProbe::new(ScriptSpec::new([format!("<{}", path.display())], LONG).unwrap());
    assert!(probe.name().starts_with(&format!("open {} as ", path.display())));
    let outcome = probe.probe().await;
    assert!(
        !outcome.passed() && outcome.reason.contains("No such file"),
        "{outcome:?}"
    );
    fs::write(&path, "").unwrap();
    assert!(probe.probe().await.passed());
}

#[tokio::test]
async fn a_named_pipe_without_a_writer_holds_nothing_up() {
    let folder = Folder::new();
    let path = folder.file("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert!(
        once(ScriptSpec::new([format!("<{}", path.display())], LONG).unwrap())
            .await
            .passed()
    );
}

#[test]
fn equal_lines_make_equal_specs() {
    assert_eq!(sh("a"), sh("a"));
    assert_ne!(sh("a"), sh("b"));
    assert_ne!(sh("a"), sh("a").secure(true));
    let mut slower = sh("a");
    slower.limits.time *= 2;
    assert_ne!(sh("a"), slower);
}
