//! What the daemon has started, when the daemon itself is killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use node::supervisor::kill_router;
use node::{LIMIT, Node, folder, instance, script};
use vrrp_control::{Ask, ask};

/// Waits until a script has written its number down.
fn number(path: &Path) -> u32 {
    let end = Instant::now() + LIMIT;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Some(number) = text.strip_suffix('\n') {
            return number.parse().unwrap();
        }
        assert!(Instant::now() < end, "{} was not started", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A zombie that its adopter has not reaped has ended.
fn lives(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default().to_owned();
    !stat.is_empty() && !behind.starts_with('Z')
}

struct Scripts {
    config: String,
    drain: PathBuf,
    notify: PathBuf,
    reader: PathBuf,
    finished: PathBuf,
    go_on: PathBuf,
}

/// Each writes its number down and goes on; the notify script to its end, when it may.
fn scripts(place: &Path) -> Scripts {
    let at = |name: &str| place.join(name);
    let hanging = |name: &str, number: &Path| {
        let body = format!(
            "echo $$ > {0}.new; mv {0}.new {0}; exec sleep 100",
            number.display()
        );
        script(place, name, &body)
    };
    let (drain, reader) = (at("drain"), at("reader"));
    let (notify, finished, go_on) = (at("notify"), at("finished"), at("go_on"));
    let body = format!(
        "echo $$ > {0}.new; mv {0}.new {0}; for wait in $(seq 2000); do [ -e {1} ] && echo > {2} && exit; sleep 0.02; done",
        notify.display(),
        go_on.display(),
        finished.display()
    );
    let notified = script(place, "notify.sh", &body);
    let own = format!(
        "    notify_master {notified}\n    notify_before_stop {}",
        hanging("drain.sh", &drain)
    );
    let config = format!(
        "global_defs {{\n    script_user root\n    vrrp_notify_fifo {}\n    vrrp_notify_fifo_script {}\n}}\n",
        at("fifo").display(),
        hanging("reader.sh", &reader)
    ) + &instance("VI_1", 51, "192.0.2.100/24", &own);
    Scripts {
        config,
        drain,
        notify,
        reader,
        finished,
        go_on,
    }
}

/// A notify script that is half way has its work to do; what nobody waits for any more ends.
#[test]
fn drains_and_readers_end_with_a_daemon_that_is_killed_and_notify_scripts_do_not() {
    for supervised in [false, true] {
        let place = folder();
        let scripts = scripts(&place);
        let arguments: &[&str] = if supervised { &["--supervised"] } else { &[] };
        let Some(node) = Node::start(&scripts.config, arguments) else {
            return;
        };
        node.until_state("VI_1", "MASTER");
        let socket = node.socket();
        let asking = std::thread::spawn(move || {
            let drain = Ask::Switchover {
                instance: None,
                undo: false,
                drain: true,
            };
            // The daemon dies over it.
            let _ = ask(&socket, drain);
        });
        let end = [&scripts.drain, &scripts.reader].map(|path| number(path));
        let notify = number(&scripts.notify);
        assert!(end.iter().all(|process| lives(*process)) && lives(notify));
        if supervised {
            kill_router(&node);
        } else {
            node.signal("-KILL");
        }
        until("they have ended", || !end.iter().any(|process| lives(*process)));
        assert!(lives(notify) && !scripts.finished.exists());
        std::fs::write(&scripts.go_on, "").unwrap();
        until("the notify script is through", || scripts.finished.exists());
        asking.join().unwrap();
    }
}
