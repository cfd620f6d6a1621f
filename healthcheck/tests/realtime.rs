//! A router loop with real-time priority must not hand it to scripts.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use healthcheck::{End, Limits, run};
use support::{LONG, sh};

/// The policy of a script that is started from a thread which `chrt` has treated with `flags`.
fn policy_under(flags: &[&'static str]) -> Option<String> {
    let flags = flags.to_vec();
    let body = move || {
        let me = nix::unistd::gettid().to_string();
        let set = std::process::Command::new("chrt")
            .args(&flags)
            .args(["-p", "5", &me])
            .output();
        if !set.is_ok_and(|set| set.status.success()) {
            return None;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let finished = runtime.block_on(run(&sh("chrt -p $$"), Limits::of(LONG)));
        assert_eq!(finished.end, End::Exited(0), "{}", finished.output);
        Some(finished.output)
    };
    std::thread::spawn(body).join().unwrap()
}

#[test]
fn a_script_of_a_real_time_thread_is_an_ordinary_process() {
    let Some(inherited) = policy_under(&["-f"]) else {
        println!(
            "SKIP realtime_of_scripts: setting real-time priority needs CAP_SYS_NICE and the program chrt"
        );
        return;
    };
    assert!(
        inherited.contains("SCHED_FIFO"),
        "without reset-on-fork it would be inherited: {inherited}"
    );
    let reset = policy_under(&["-R", "-f"]).unwrap();
    assert!(reset.contains("SCHED_OTHER"), "{reset}");
}
