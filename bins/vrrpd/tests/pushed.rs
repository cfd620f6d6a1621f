//! What applications say of themselves, and checks that an operator takes out of the decision.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use node::{Node, instance, is_root, script, text};
use vrrp_control::{
    Answer, Ask, Check, CheckMode, Health, LINE_OCTETS_MAX, ProblemKind, Status, Verdict, push_socket,
};

fn config(push: &str, more: &str) -> String {
    format!("vrrp_check app {{\n    interval 0.1\n    fall 2\n    {push}\n{more}}}\n")
        + &instance(
            "VI_1",
            51,
            "192.0.2.100/24",
            "    track_script {\n        app weight -60\n    }\n",
        )
}

fn ask(path: &Path, ask: Ask) -> Answer {
    vrrp_control::ask(path, ask).unwrap()
}

fn say(node: &Node, result: Verdict, text: &str) -> Answer {
    let (check, text) = ("app".to_owned(), text.to_owned());
    ask(&node.socket(), Ask::Push { check, result, text })
}

fn set(node: &Node, check: &str, mode: CheckMode) -> Answer {
    let check = check.to_owned();
    ask(&node.socket(), Ask::CheckMode { check, mode })
}

fn problem(answer: Answer) -> ProblemKind {
    match answer {
        Answer::Error(problem) => problem.kind,
        other => panic!("{other:?}"),
    }
}

fn priority(status: &Status) -> u8 {
    status.instances[0].priority.effective
}

fn reason(check: &Check) -> &str {
    &check.last.as_ref().unwrap().result
}

/// The log is written beside everything else.
fn until_log(node: &Node, line: &str) -> String {
    let end = Instant::now() + node::LIMIT;
    loop {
        let log = node.log();
        if log.contains(line) {
            return log;
        }
        assert!(Instant::now() < end, "no {line:?} in {log}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How long nothing was heard, as a reason says it.
fn silence_s(reason: &str) -> f64 {
    let rest = reason.strip_prefix("nothing heard for ").unwrap();
    rest.split_once('s').unwrap().0.parse().unwrap()
}

/// A pass, a warning, a failure, a silence: each is in the status with its reason, and in the priority.
#[test]
fn an_application_says_how_it_is_and_its_silence_counts_too() {
    let Some(node) = Node::start(&config("PUSH {\n        ttl 6\n    }", ""), &[]) else {
        return;
    };
    // Nothing said so far decides nothing until the ttl is over.
    node.until("it runs", |_| true);
    assert_eq!(node.status().checks[0].kind, "PUSH");
    let said = say(&node, Verdict::Pass, "42 jobs done");
    assert!(
        matches!(
            said,
            Answer::Pushed {
                counts_for_ms: 6000,
                ..
            }
        ),
        "{said:?}"
    );
    let status = node.until("up", |status| status.checks[0].health == Health::Up);
    assert_eq!(reason(&status.checks[0]), "42 jobs done");
    assert_eq!((status.checks[0].failures, priority(&status)), (0, 150));

    say(&node, Verdict::Degraded, "the queue grows\nby 7 a second");
    let status = node.until("degraded", |status| status.checks[0].degraded);
    let check = &status.checks[0];
    assert_eq!(
        (check.health, check.verdict),
        (Health::Up, Some(Verdict::Degraded))
    );
    assert_eq!(reason(check), "the queue grows");
    assert_eq!(
        check.last.as_ref().unwrap().output,
        "the queue grows\nby 7 a second"
    );
    assert_eq!(priority(&status), 150, "a warning moves nothing");

    say(&node, Verdict::Fail, "out of disk");
    let status = node.until("down", |status| priority(status) == 90);
    assert_eq!(reason(&status.checks[0]), "out of disk");
    assert_eq!(status.checks[0].verdict, Some(Verdict::Fail));

    let spoke = Instant::now();
    say(&node, Verdict::Pass, "");
    node.until("up again", |status| priority(status) == 150);
    let status = node.until("silent", |status| priority(status) == 90);
    assert!(spoke.elapsed() >= Duration::from_secs(6), "{:?}", spoke.elapsed());
    let reason = reason(&status.checks[0]);
    assert!(
        silence_s(reason) >= 6.0 && reason.ends_with("s, 6s allowed"),
        "{reason}"
    );
}

/// Whoever says nothing at all has failed when the ttl is over, and no earlier.
#[test]
fn an_application_that_never_speaks_has_failed_after_its_ttl() {
    let Some(node) = Node::start(&config("PUSH {\n        ttl 1\n    }", ""), &[]) else {
        return;
    };
    let status = node.until("a result", |status| status.checks[0].runs > 0);
    let reason = reason(&status.checks[0]);
    assert!(
        silence_s(reason) >= 1.0 && reason.ends_with("never so far"),
        "{reason}"
    );
    let status = node.until("down", |status| priority(status) == 90);
    assert_eq!(status.checks[0].skipped, 0, "waiting for a word is no lateness");
    let log = until_log(&node, "check app is down");
    assert!(!log.contains("longer than its interval"), "{log}");
}

/// Whatever the interval: who says that it has failed is not left in front of its clients.
#[test]
fn what_is_said_is_judged_at_once() {
    let file = config("PUSH {\n        ttl 3600\n    }", "").replace("interval 0.1", "interval 900");
    let file = file.replace("fall 2", "fall 1");
    let Some(node) = Node::start(&file, &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    say(&node, Verdict::Pass, "");
    node.until("up", |status| status.checks[0].health == Health::Up);
    say(&node, Verdict::Fail, "out of disk");
    node.until("down", |status| priority(status) == 90);
}

/// A flood of words, and words of any length: the last one counts, and the router loop is in time.
#[test]
fn a_flood_of_words_does_no_harm() {
    let Some(node) = Node::start(&config("PUSH {\n        ttl 30\n    }", ""), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    say(&node, Verdict::Pass, "");
    node.until_state("VI_1", "MASTER");
    let before = node.status();
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
    let long = "x".repeat(LINE_OCTETS_MAX / 2);
    for round in 0..2000 {
        let result = if round % 2 == 0 { "fail" } else { "pass" };
        let line = format!(
            "{{\"version\":1,\"ask\":{{\"push\":{{\"check\":\"app\",\"result\":\"{result}\",\"text\":\"{long}{round}\"}}}}}}\n"
        );
        stream.write_all(line.as_bytes()).unwrap();
        let reply = replies.next().unwrap().unwrap();
        assert!(reply.contains("pushed"), "{reply}");
    }
    let status = node.until("the last one counts", |status| {
        let last = status.checks[0].last.as_ref().unwrap();
        last.output.ends_with("1999") && priority(status) == 150
    });
    let last = status.checks[0].last.as_ref().unwrap();
    assert!(last.output.len() <= 4096 && last.result.len() <= 500);
    let sent = |status: &Status| status.instances[0].counters["advertisement-sent"];
    assert!(sent(&status) > sent(&before));
    let too_long = "y".repeat(LINE_OCTETS_MAX);
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    let _ = stream.write_all(too_long.as_bytes());
    let reply = BufReader::new(stream).lines().next().unwrap().unwrap();
    assert!(reply.contains("malformed") && reply.contains("octets"), "{reply}");
}

/// A program that says at a socket that the application is well, and prints the answer.
fn speaker(node: &Node) -> String {
    script(
        &node.folder,
        "say",
        "line='{\"version\":1,\"ask\":{\"push\":{\"check\":\"app\",\"result\":\"pass\",\"text\":\"well\"}}}'\n\
         exec perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new(Peer=>$ARGV[0]) or die \"denied: $!\"; print $s \"$ARGV[1]\\n\"; print scalar <$s>' \"$1\" \"$line\"",
    )
}

fn as_user(speaker: &str, user: &str, path: &Path) -> String {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", speaker]);
    let output = command.arg(path).output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

/// Which words may be said, by whom, and what becomes of the socket for it when a reload takes the user away.
#[test]
fn another_user_may_speak_where_the_check_names_it_and_at_its_own_socket() {
    if !is_root() {
        eprintln!("SKIP another_user_may_speak: only root can be somebody else");
        return;
    }
    let named = config("PUSH {\n        ttl 30\n        user nobody\n    }", "");
    let Some(node) = Node::start(&named, &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    let door = push_socket(&node.socket());
    let end = Instant::now() + node::LIMIT;
    while !door.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let speaker = speaker(&node);
    let as_user = |user: &str, path: &Path| as_user(&speaker, user, path);
    let nobody = as_user("65534", &door);
    assert!(nobody.contains("\"pushed\""), "{nobody}");
    node.until("heard", |status| status.checks[0].health == Health::Up);
    let stranger = as_user("65533", &door);
    assert!(
        stranger.contains("not-allowed") && stranger.contains("user 65533"),
        "{stranger}"
    );
    // Many of those who may not, and say nothing, keep nobody out who may.
    let idle = format!(
        "exec setpriv --reuid 65533 --regid 65533 --clear-groups perl -MIO::Socket::UNIX -e '\
         push @s, IO::Socket::UNIX->new(Peer=>\"{}\") for 1..200; print \"there\\n\"; $|=1; print \"\\n\"; sleep 60'",
        door.display()
    );
    let mut crowd = Command::new("sh")
        .args(["-c", &idle])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(crowd.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let asked = Instant::now();
    let nobody = as_user("65534", &door);
    assert!(
        nobody.contains("\"pushed\"") && asked.elapsed() < Duration::from_secs(5),
        "{nobody}"
    );
    crowd.kill().unwrap();
    crowd.wait().unwrap();
    one_application_takes_no_place_of_another(&door, &speaker);
    let shut = as_user("65534", &node.socket());
    assert!(
        shut.contains("denied"),
        "the control socket is not for it: {shut}"
    );

    let closed = node.reload(&config("PUSH {\n        ttl 30\n    }", ""));
    assert!(closed.applied, "{}", closed.message);
    let end = Instant::now() + node::LIMIT;
    while door.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!door.exists());
    let status = node.status();
    assert_eq!(
        status.checks[0].health,
        Health::Up,
        "what was said counts through a reload"
    );
}

/// One that may speak, keeps many connections open and says a word on each again and again; root stands for another.
fn one_application_takes_no_place_of_another(door: &Path, speaker: &str) {
    let idle = format!(
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups perl -MIO::Socket::UNIX -e '\
         $SIG{{PIPE}}=\"IGNORE\"; push @s, IO::Socket::UNIX->new(Peer=>\"{}\") for 1..16; $|=1; print \"there\\n\"; \
         while (1) {{ for (@s) {{ syswrite $_, \"x\\n\" }} select undef, undef, undef, 1 }}'",
        door.display()
    );
    let mut greedy = Command::new("sh")
        .args(["-c", &idle])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(greedy.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "there\n");
    let mut another = Command::new(speaker)
        .arg(door)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + node::LIMIT;
    while another.try_wait().unwrap().is_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = another.kill();
    let heard = text(&another.wait_with_output().unwrap().stdout);
    greedy.kill().unwrap();
    greedy.wait().unwrap();
    assert!(heard.contains("\"pushed\""), "{heard}");
}

#[test]
fn what_cannot_be_pushed_is_refused_with_a_reason() {
    let file = config("TCP_CHECK {\n        connect_port 9\n    }", "");
    let Some(node) = Node::start(&file, &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    assert_eq!(problem(say(&node, Verdict::Pass, "")), ProblemKind::NoSuchCheck);
    assert_eq!(
        problem(set(&node, "web", CheckMode::DryRun)),
        ProblemKind::NoSuchCheck
    );
}

/// A check in maintenance moves nothing, through a reload, and cannot be overlooked; who did it is in the log.
#[test]
fn maintenance_outlives_a_reload_and_is_shown() {
    let file = |interval: &str| {
        config("TCP_CHECK {\n        connect_port 9\n    }", "").replace("interval 0.1", interval)
    };
    let Some(node) = Node::start(&file("interval 0.1"), &[]) else {
        return;
    };
    node.until("down", |status| priority(status) == 90);
    let answer = set(&node, "app", CheckMode::Maintenance);
    assert!(
        matches!(
            answer,
            Answer::CheckMode {
                before: CheckMode::Normal,
                mode: CheckMode::Maintenance,
                ..
            }
        ),
        "{answer:?}"
    );
    let status = node.until("counts as up", |status| priority(status) == 150);
    let check = &status.checks[0];
    assert_eq!(
        (check.mode, check.health, check.judged),
        (CheckMode::Maintenance, Health::Up, Some(Health::Down))
    );
    let uid = check.mode_set.unwrap().uid;
    until_log(&node, &format!("check app: normal -> maintenance, by user {uid}"));

    let reload = node.reload(&file("interval 0.2"));
    assert!(
        reload.applied && reload.message.contains("checks changed: app"),
        "{}",
        reload.message
    );
    let runs = node.status().checks[0].runs;
    let status = node.until("it runs on", |status| status.checks[0].runs > runs + 2);
    assert_eq!(
        (status.checks[0].mode, priority(&status)),
        (CheckMode::Maintenance, 150)
    );

    set(&node, "app", CheckMode::MaintenanceDown);
    let status = node.until("counts as down", |status| priority(status) == 90);
    assert_eq!(status.checks[0].mode, CheckMode::MaintenanceDown);
    set(&node, "app", CheckMode::DryRun);
    node.until("counts as up", |status| priority(status) == 150);
    set(&node, "app", CheckMode::Normal);
    let status = node.until("what it finds counts", |status| priority(status) == 90);
    assert_eq!(status.checks[0].mode_set, None);
}

/// `mode` in the file, of a script too, from the first moment on; an operator's word stands above it until a new start.
#[test]
fn the_file_may_put_a_check_into_a_dry_run() {
    let file = |mode: &str| {
        format!(
            "vrrp_script app {{\n    script /bin/false\n    interval 0.1\n    mode {mode}\n}}\n{}",
            instance(
                "VI_1",
                51,
                "192.0.2.100/24",
                "    track_script {\n        app\n    }\n"
            )
        )
    };
    let Some(node) = Node::start(&file("dry-run"), &[]) else {
        return;
    };
    let status = node.until_state("VI_1", "MASTER");
    let check = &status.checks[0];
    assert_eq!(
        (check.mode, check.health, check.judged, check.mode_set),
        (CheckMode::DryRun, Health::Up, Some(Health::Down), None)
    );
    let would = "check app: a dry run: unknown -> down (exit 1), which counts for nothing";
    let log = until_log(&node, would);
    assert_eq!(log.matches(would).count(), 1, "{log}");
    let reload = node.reload(&file("normal"));
    assert!(reload.applied, "{}", reload.message);
    node.until_state("VI_1", "FAULT");
}
