//! Real processes: their ends, their groups, their output, what they inherit.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use healthcheck::{Command, End, Limits, OUTPUT_BYTES_MAX, Unusable, close_inherited_on_exec, run};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use support::{Folder, LONG, alive, end, limits, numbers, read_numbers, sh, until};

async fn output_of(command: &Command) -> String {
    let finished = run(command, Limits::of(LONG)).await;
    assert_eq!(finished.end, End::Exited(0), "{}", finished.output);
    finished.output
}

#[tokio::test]
async fn exit_codes_are_kept_and_only_0_is_success() {
    for (code, success) in [(0, true), (1, false), (3, false), (255, false)] {
        let finished = run(&sh(&format!("exit {code}")), Limits::of(LONG)).await;
        assert_eq!(finished.end, End::Exited(code));
        assert_eq!(finished.end.is_success(), success);
        assert_eq!(finished.end.to_string(), format!("exit {code}"));
    }
}

#[tokio::test]
async fn an_end_by_signal_is_told_by_its_name() {
    let finished = run(&sh("kill -9 $$"), Limits::of(LONG)).await;
    assert_eq!(finished.end, End::Signalled(9));
    assert!(!finished.end.is_success());
    assert_eq!(finished.end.to_string(), "killed by signal 9 (SIGKILL)");
}

#[tokio::test]
async fn the_arguments_are_no_shell_words() {
    let text = output_of(&Command::new(["echo", "$HOME; exit 1", "*", "a  b"])).await;
    assert_eq!(text, "$HOME; exit 1 * a  b\n");
}

#[tokio::test]
async fn output_and_error_come_in_order() {
    assert_eq!(
        output_of(&sh("echo one; echo two >&2; echo three")).await,
        "one\ntwo\nthree\n"
    );
}

#[tokio::test]
async fn at_the_limit_the_whole_group_dies() {
    let script = "sleep 1000 & echo $!; (sleep 1001; true) & echo $!; echo $$; wait";
    let mut finished = run(&sh(script), limits(1000, 20_000)).await;
    assert_eq!(finished.end, End::TimedOut(Duration::from_millis(1000)));
    let pids = numbers(&finished.output);
    assert_eq!(pids.len(), 3, "{}", finished.output);
    let told = Instant::now();
    finished.remains.gone().await;
    assert!(
        told.elapsed() < Duration::from_secs(15),
        "TERM was enough, the grace was not waited out"
    );
    assert!(!finished.remains.is_dying());
    for pid in pids {
        assert!(!alive(pid), "{pid}");
    }
}

#[tokio::test]
async fn who_ignores_term_is_killed_after_the_grace() {
    let mut finished = run(
        &sh("trap '' TERM; echo $$; sleep 1000 & echo $!; wait"),
        limits(1000, 500),
    )
    .await;
    let told = Instant::now();
    assert_eq!(finished.end, End::TimedOut(Duration::from_millis(1000)));
    assert!(finished.remains.is_dying());
    let pids = numbers(&finished.output);
    assert_eq!(pids.len(), 2, "{}", finished.output);
    assert!(
        pids.iter().all(|pid| alive(*pid)),
        "the result does not wait for the grace"
    );
    finished.remains.gone().await;
    assert!(
        told.elapsed() >= Duration::from_millis(490),
        "{:?}",
        told.elapsed()
    );
    until("the group is gone", || !pids.iter().any(|pid| alive(*pid))).await;
}

#[tokio::test]
async fn a_grandchild_that_ignores_term_dies_though_its_leader_has_gone() {
    let script = "(trap '' TERM; exec sleep 1000) & echo $!; wait";
    let mut finished = run(&sh(script), limits(1000, 400)).await;
    let pids = numbers(&finished.output);
    assert_eq!(pids.len(), 1, "{}", finished.output);
    finished.remains.gone().await;
    until("the grandchild is gone", || !alive(pids[0])).await;
}

#[tokio::test]
async fn what_is_dropped_is_killed_at_once() {
    let folder = Folder::new();
    let pids = folder.file("pids");
    let script = format!(
        "trap '' TERM; sleep 1000 & echo $$ $! >{0}.new; mv {0}.new {0}; wait",
        pids.display()
    );
    let command = sh(&script);
    {
        let running = run(&command, Limits::of(LONG));
        tokio::pin!(running);
        tokio::select! {
            _ = &mut running => panic!("it should run on"),
            () = until("it has begun", || pids.exists()) => {}
        }
    }
    let pids = read_numbers(&pids);
    assert_eq!(pids.len(), 2);
    until("both are gone", || !pids.iter().any(|pid| alive(*pid))).await;
    until("none is left as a zombie", || {
        !fs::exists(format!("/proc/{}", pids[0])).unwrap()
    })
    .await;
}

#[tokio::test]
async fn what_is_dropped_while_it_dies_is_killed_at_once() {
    let finished = run(&sh("trap '' TERM; echo $$; sleep 1000"), limits(1000, 600_000)).await;
    let pid = numbers(&finished.output)[0];
    assert!(alive(pid));
    drop(finished);
    until("it is gone", || !alive(pid)).await;
}

#[tokio::test]
async fn the_last_4_kb_are_kept() {
    let finished = run(
        &sh("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"),
        Limits::of(LONG),
    )
    .await;
    assert_eq!(finished.end, End::Exited(0));
    assert_eq!(finished.output.len(), OUTPUT_BYTES_MAX);
    assert!(
        finished.output.ends_with("line 19998\nline 19999\n"),
        "{}",
        finished.output
    );
}

#[tokio::test]
async fn who_prints_for_ever_is_bounded_in_time_and_memory() {
    let mut finished = run(&Command::new(["yes", "flood"]), limits(500, 2000)).await;
    assert_eq!(finished.end, End::TimedOut(Duration::from_millis(500)));
    assert!(finished.took < Duration::from_secs(10), "{:?}", finished.took);
    assert_eq!(finished.output.len(), OUTPUT_BYTES_MAX);
    finished.remains.gone().await;
}

#[tokio::test]
async fn who_starts_a_service_is_done_and_the_service_lives() {
    let folder = Folder::new();
    let (go, wrote) = (folder.file("go"), folder.file("wrote"));
    let script = format!(
        "(while [ ! -e {} ]; do sleep 0.01; done; echo a word >&2 && touch {}; exec sleep 1000) & echo $!",
        go.display(),
        wrote.display()
    );
    let finished = run(&sh(&script), Limits::of(LONG)).await;
    assert_eq!(finished.end, End::Exited(0));
    let service = numbers(&finished.output)[0];
    assert!(alive(service));
    fs::write(&go, "").unwrap();
    until("the service has said a word and lived", || wrote.exists()).await;
    assert!(alive(service));
    end(service);
}

#[tokio::test]
async fn the_environment_is_clean() {
    let text = output_of(&Command::new(["env"])).await;
    let names: BTreeSet<_> = text.lines().filter_map(|line| line.split('=').next()).collect();
    let allowed = BTreeSet::from(["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"]);
    assert!(names.is_subset(&allowed), "{names:?}");
    assert!(
        text.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"),
        "{text}"
    );
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
        "there was something to clean"
    );
}

#[tokio::test]
async fn input_is_empty_and_the_folder_is_the_root() {
    assert_eq!(
        output_of(&Command::new(["readlink", "/proc/self/fd/0"])).await,
        "/dev/null\n"
    );
    assert_eq!(
        output_of(&Command::new(["readlink", "/proc/self/cwd"])).await,
        "/\n"
    );
}

#[tokio::test]
async fn no_descriptor_is_inherited() {
    // 3 is the folder that ls reads.
    let list = Command::new(["ls", "/proc/self/fd"]);
    let _socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    // The one way to a descriptor without close-on-exec that needs no unsafe code.
    let leaked = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).unwrap();
    let number = leaked.as_raw_fd();
    let seen = numbers(&output_of(&list).await);
    assert!(
        seen.contains(&number),
        "one without close-on-exec is inherited, so this test can see it: {seen:?}"
    );
    close_inherited_on_exec().unwrap();
    assert_eq!(numbers(&output_of(&list).await), [0, 1, 2, 3]);
    drop(leaked);
}

#[tokio::test]
async fn what_cannot_be_run_is_told() {
    let folder = Folder::new();
    let missing = folder.file("missing");
    let plain = folder.file("plain");
    fs::write(&plain, "#!/bin/sh\n").unwrap();
    let orphan = folder.script("orphan", "#!/no/such/interpreter\n");
    let cases: [(Command, &str); 7] = [
        (Command::new([&missing]), "does not exist"),
        (Command::new([&plain]), "chmod +x"),
        (Command::new([folder.path()]), "it is a folder"),
        (Command::new([&orphan]), "#!/bin/sh"),
        (Command::new(["./check.sh"]), "write the path from / on"),
        (Command::new(["no-such-command-anywhere"]), "in no folder of"),
        (Command::new(<[&str; 0]>::default()), "the command is empty"),
    ];
    for (command, words) in cases {
        let finished = run(&command, Limits::of(LONG)).await;
        assert!(
            matches!(finished.end, End::Unusable(_)),
            "{command}: {}",
            finished.end
        );
        assert!(
            finished.end.to_string().contains(words),
            "{command}: {}",
            finished.end
        );
    }
}

#[tokio::test]
async fn a_nul_in_an_argument_is_an_error_and_no_panic() {
    let finished = run(&Command::new(["echo", "a\0b"]), Limits::of(LONG)).await;
    assert!(
        matches!(finished.end, End::Unusable(Unusable::NotStarted { .. })),
        "{}",
        finished.end
    );
}

#[tokio::test]
async fn a_hundred_at_once_leave_no_descriptor_behind() {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    output_of(&sh("true")).await;
    let before = open();
    let command = sh("echo x");
    for _ in 0..4 {
        let runs = (0..25).map(|_| run(&command, Limits::of(LONG)));
        for finished in futures::future::join_all(runs).await {
            assert_eq!((finished.end, finished.output.as_str()), (End::Exited(0), "x\n"));
        }
    }
    // Other tests of this binary come and go; a leak here would be a hundred.
    until("descriptors are back", || open() < before + 50).await;
}
