//! The program as an operator sees it, against a socket that answers as the daemon does.

use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Output;

mod daemon;

use daemon::{ANSWER, vrrpctl};

/// A path for a socket, in a folder that goes with the test.
struct Place {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Place {
    type Target = std::path::Path;

    fn deref(&self) -> &std::path::Path {
        &self.path
    }
}

fn place(name: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place {
        path: folder.path().join(name),
        _folder: folder,
    }
}

/// Answers one client with `answer` while `arguments` run.
fn asked(arguments: &[&str], answer: &str) -> Output {
    let (output, request) = daemon::asked(arguments, answer);
    assert_eq!(request, "{\"version\":1,\"ask\":\"status\"}\n");
    output
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// Several daemons may run on one host, each in a network of its own.
#[test]
fn the_first_line_names_the_network_where_it_has_a_name() {
    let first = |answer: &str| {
        let output = asked(&["status"], answer);
        text(&output.stdout).lines().next().unwrap().to_owned()
    };
    let own = first(ANSWER);
    assert!(!own.contains("in network"), "{own}");
    let named = ANSWER.replace("\"net_namespace\":null", "\"net_namespace\":\"red\"");
    assert_eq!(first(&named), own + ", in network red");
}

/// The names of the file are anybody's who writes it, and a script may say thousands of letters.
#[test]
fn a_table_obeys_nobody_and_stays_readable() {
    let mut answer: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
    let check = &mut answer["answer"]["status"]["checks"][0];
    check["tracked_by"] = serde_json::json!(["VI\u{1b}[31m"]);
    check["last"]["result"] = "exit 1".into();
    check["last"]["output"] = ("begin ".to_owned() + &"ü".repeat(5000)).into();
    let answer = answer.to_string();
    let output = asked(&["status"], &answer);
    let text = text(&output.stdout);
    assert!(!text.contains('\u{1b}') && text.contains("VI?[31m"), "{text}");
    let line = text.lines().find(|line| line.contains("begin")).unwrap();
    assert!(line.trim_end().ends_with("ü…"), "{line}");
    assert!(line.chars().filter(|one| *one == 'ü').count() < 200, "{line}");
    let json = asked(&["status", "--json"], &answer);
    assert!(self::text(&json.stdout).contains(&"ü".repeat(5000)));
}

#[test]
fn the_table_names_state_priority_active_and_cause() {
    let output = asked(&["status"], ANSWER);
    let text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let line = text.lines().find(|line| line.starts_with("VI_1")).unwrap();
    for word in [
        "55",
        "eth1",
        "BACKUP",
        "148 = 150 -2 (chk_nginx)",
        "192.168.190.2 (149)",
        "192.168.190.2 was heard",
    ] {
        assert!(line.contains(word), "{word} is missing in: {line}");
    }
    let group = text.lines().find(|line| line.starts_with("VG_1")).unwrap();
    assert!(
        group.contains("BACKUP") && group.contains("VI_1 and VI_6"),
        "{group}"
    );
    assert!(!text.contains('\u{1b}'), "no colours outside a terminal: {text}");
    assert!(
        text.contains("! VI_1: 192.168.190.9 sends version 3, this router version 2"),
        "{text}"
    );
    assert!(
        text.contains("! VI_2 does not run: lb.conf:20: use_vmac"),
        "{text}"
    );
    assert!(text.contains("--allow-missing use_vmac"), "{text}");
    assert!(
        text.contains("the last reload changed nothing: lb.conf:7"),
        "{text}"
    );
    assert!(
        text.contains("! 1 findings in the configuration: vrrpd -t -f /etc/keepalived/keepalived.conf"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line == line.trim_end()),
        "blanks at the end of a line"
    );
}

/// X-08: who keeps the others out is named, and so is a group's script that failed.
#[test]
fn x_08_a_group_at_fault_is_in_the_table() {
    let hook = r#"{"label":"notify FAULT","command":"/etc/notify.sh GROUP VG_1 FAULT 0","run":{"ended_unix_ms":1763700000100,"took_ms":12,"succeeded":false,"result":"exit status 3","output":""}}"#;
    let fault = ANSWER.replace(
        r#""at_fault":[],"hooks":[]"#,
        &format!(r#""at_fault":["VI_6"],"hooks":[{hook}]"#),
    );
    assert_ne!(fault, ANSWER);
    let output = asked(&["status"], &fault);
    let table = text(&output.stdout);
    let group = table.lines().find(|line| line.starts_with("VG_1")).unwrap();
    assert!(group.ends_with("VI_6"), "{group}");
    assert!(
        table.contains("! VG_1: notify FAULT failed: exit status 3"),
        "{table}"
    );
}

/// A notify script that fails is seen without asking for its instance; one that worked again since is not.
#[test]
fn a_failing_notify_script_is_in_the_table() {
    let worked = r#"{"label":"notify BACKUP","command":"/etc/notify.sh INSTANCE VI_1 BACKUP 148","run":{"ended_unix_ms":1763700000100,"took_ms":12,"succeeded":true,"result":"exit status 0","output":""}}"#;
    assert!(ANSWER.contains(worked));
    let failed = worked
        .replace("true", "false")
        .replace("exit status 0", "exit status 3")
        .replace(r#""output":"""#, r#""output":"no route\n""#);
    let line = "! VI_1: notify BACKUP failed: exit status 3 after 12 ms: no route (/etc/notify.sh INSTANCE VI_1 BACKUP 148)";
    let output = asked(&["status"], &ANSWER.replace(worked, &failed));
    let table = text(&output.stdout);
    assert!(table.contains(line), "{table}");
    for (hooks, shown) in [
        (format!("{failed},{worked}"), false),
        (format!("{worked},{failed}"), true),
    ] {
        let output = asked(&["status"], &ANSWER.replace(worked, &hooks));
        let table = text(&output.stdout);
        assert_eq!(table.contains("! VI_1: notify"), shown, "{table}");
    }
}

/// A route that the kernel refuses stands among the problems, with its reason; so does a static entry that is not there.
#[test]
fn routes_and_static_entries_are_in_the_tables() {
    let output = asked(&["status"], ANSWER);
    let table = text(&output.stdout);
    assert!(table.contains("192.168.190.77/24  eth1    held"), "{table}");
    assert!(
        table.contains("rule from 192.168.190.23/32 table 7 priority 100  held"),
        "{table}"
    );
    let refused = ANSWER
        .replace(
            r#""kind":"route","wanted":false,"present":false,"foreign":false,"problem":null"#,
            r#""kind":"route","wanted":true,"present":false,"foreign":false,"problem":"Network is unreachable (os error 101)""#,
        )
        .replace(r#""kind":"rule","wanted":true,"present":true"#, r#""kind":"rule","wanted":true,"present":false"#);
    let output = asked(&["status"], &refused);
    let table = text(&output.stdout);
    for line in [
        "! VI_1: route 10.1.0.0/16 via 192.168.190.1 dev eth1 MISSING: Network is unreachable (os error 101)",
        "! static: rule from 192.168.190.23/32 table 7 priority 100 MISSING",
    ] {
        assert!(table.contains(line), "{table}");
    }
    let output = asked(&["status", "VI_1"], &refused);
    let detail = text(&output.stdout);
    assert!(detail.contains("MISSING: Network is unreachable"), "{detail}");
}

#[test]
fn named_pipes_show_who_reads_and_what_waits() {
    let table = text(&asked(&["status"], ANSWER).stdout);
    let line = table
        .lines()
        .find(|line| line.contains("/run/vrrp.fifo"))
        .unwrap();
    for part in ["now", "12 read, 0 wait", "runs: /usr/local/bin/follow"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!table.contains("! vrrp_notify_fifo"), "{table}");
    let lost = ANSWER.replace(
        r#""lines_lost":0,"problem":null"#,
        r#""lines_lost":3,"problem":"no folder""#,
    );
    let table = text(&asked(&["status"], &lost).stdout);
    assert!(table.contains("12 read, 0 wait, 3 lost"), "{table}");
    assert!(table.contains("! vrrp_notify_fifo: no folder"), "{table}");
}

#[test]
fn json_is_the_answer_of_the_daemon() {
    let output = asked(&["status", "--json"], ANSWER);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let sent: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
    assert_eq!(printed, sent["answer"]["status"]);
}

#[test]
fn one_instance_in_detail() {
    let output = asked(&["status", "VI_1"], ANSWER);
    let text = text(&output.stdout);
    for word in [
        "VG_1; it would be Active now, and other members hold it back",
        "BACKUP (Backup)",
        "advertisement-rcvd",
        "chk_nginx",
        "exit status 1",
        "take over in 2.9 s",
        "eth1:1",
        "00:00:5e:00:01:37 on vrrp.55, down",
        "dropped, ARP and neighbour discovery excepted",
        "192.168.190.2  149       2        300 ms ago  1 min 1 s ago  61",
        "told 12 times that it is their router for 30 min 0 s; digest 00c0ffee",
    ] {
        assert!(text.contains(word), "{word} is missing in: {text}");
    }
}

#[test]
fn an_unknown_instance_is_told_with_the_known_ones() {
    let output = asked(&["status", "VI_7"], ANSWER);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("no instance VI_7 runs there; running: VI_1"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_refusal_is_told() {
    let refusal =
        r#"{"version":1,"answer":{"error":{"kind":"unavailable","message":"the daemon is stopping"}}}"#;
    let output = asked(&["status"], refusal);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the daemon is stopping"));
}

#[test]
fn no_daemon_says_what_was_found_and_what_to_do() {
    let absent = place("absent.sock");
    let output = vrrpctl(&["status"], &absent);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.contains("absent.sock does not exist") && said.contains("Start vrrpd"),
        "{said}"
    );

    let stale = place("stale.sock");
    drop(UnixListener::bind(&*stale).unwrap());
    let output = vrrpctl(&["status"], &stale);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("nobody answers there"));
}

#[test]
fn files_and_processes_are_told_by_name() {
    let all = text(&asked(&["status"], ANSWER).stdout);
    let one = text(&asked(&["status", "VI_1"], ANSWER).stdout);
    for (table, line) in [
        (&all, "load  -1     1 min 1 s  VI_1        /run/load: reads -1"),
        (
            &all,
            "web      up      5 s  VI_1        processes named nginx: 2 run, 1 needed; down in 400 ms",
        ),
        (
            &one,
            "load       file       up      bars when 0     +0    /run/load: reads -1",
        ),
        (
            &one,
            "web        process    up      bars when down  +0    processes named nginx: 2 run",
        ),
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
}

/// A warning, and a check that an operator has taken out of the decision, are seen at first sight.
#[test]
fn what_is_degraded_or_in_maintenance_cannot_be_overlooked() {
    let usual = r#""degraded":false,"verdict":"fail","since_ms":61000,"since_unix_ms":1763700000000,"mode":"normal","mode_set":null,"judged":"down""#;
    assert!(ANSWER.contains(usual));
    let with = |health: &str, said: &str| {
        let down = r#""name":"chk_nginx","command":"/etc/check.sh","health":"down""#;
        let checked = ANSWER.replace(down, &down.replace("down", health));
        let output = asked(&["status"], &checked.replace(usual, said));
        let table = text(&output.stdout);
        let line = table.lines().find(|line| line.starts_with("chk_nginx")).unwrap();
        (line.to_owned(), table)
    };
    let (line, table) = with(
        "up",
        r#""degraded":true,"verdict":"degraded","since_ms":61000,"mode":"normal","judged":"up""#,
    );
    assert!(line.contains("up (degraded)"), "{line}");
    assert!(
        table.contains("! check chk_nginx is degraded: exit status 1"),
        "{table}"
    );
    let (line, table) = with(
        "up",
        r#""mode":"maintenance","mode_set":{"uid":1000,"at_unix_ms":1763700000000,"ago_ms":7200000},"judged":"down""#,
    );
    assert!(line.contains("up (MAINTENANCE)"), "{line}");
    assert!(
        table.contains(
            "! check chk_nginx is in MAINTENANCE for 2 h 0 min, by user 1000: it counts as up whatever it finds; it would be \
             down (vrrpctl check-mode chk_nginx normal ends it)"
        ),
        "{table}"
    );
    let (line, table) = with("up", r#""mode":"dry-run","judged":"up""#);
    assert!(line.contains("up (DRY-RUN)"), "{line}");
    assert!(table.contains("is in DRY-RUN as the file says"), "{table}");
    // A daemon of an earlier version.
    let (line, table) = with("down", r#""later":true"#);
    assert!(line.contains(" down ") && !table.contains("is in"), "{table}");
}

/// What an application says goes out as the line of the documentation; a refusal is told, with its exit code.
#[test]
fn push_and_check_mode_ask_and_tell() {
    let told = |arguments: &[&str], answer: &str| {
        let line = format!("{{\"version\":1,\"answer\":{answer}}}");
        let (output, asked) = daemon::asked(arguments, &line);
        (asked, output)
    };
    let (asked, output) = told(
        &["push", "app", "pass", "42 jobs done"],
        r#"{"pushed":{"check":"app","counts_for_ms":5000}}"#,
    );
    assert_eq!(
        asked,
        "{\"version\":1,\"ask\":{\"push\":{\"check\":\"app\",\"result\":\"pass\",\"text\":\"42 jobs done\"}}}\n"
    );
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "")
    );
    let (_, output) = told(
        &["push", "app", "fail"],
        r#"{"error":{"kind":"not-allowed","message":"user 33 may not"}}"#,
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("user 33 may not"));
    let (asked, output) = told(
        &["check-mode", "app", "maintenance-down"],
        r#"{"check-mode":{"check":"app","mode":"maintenance-down","before":"normal"}}"#,
    );
    assert!(
        asked.contains(r#"{"check-mode":{"check":"app","mode":"maintenance-down"}}"#),
        "{asked}"
    );
    assert_eq!(
        text(&output.stdout),
        "app: normal -> maintenance-down: it counts as down whatever it finds\n"
    );
}

#[test]
fn a_tracked_check_is_told_by_its_checker() {
    let said = "\"kind\":\"script\",\n\"degraded\"";
    assert!(ANSWER.contains(said));
    for (kind, shown) in [
        ("\"kind\":\"script\",", "script"),
        // Of a daemon that does not say it yet.
        ("", "script"),
        ("\"kind\":\"HTTP_GET\",", "HTTP_GET"),
    ] {
        let answer = ANSWER.replace(said, &format!("{kind}\"degraded\""));
        let table = text(&asked(&["status", "VI_1"], &answer).stdout);
        let line = table.lines().find(|line| line.starts_with("chk_nginx")).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(shown), "{table}");
    }
}

/// What a full disk or a stalled reader has cost is something to look at; what has cost nothing is not.
#[test]
fn lines_that_are_missing_somewhere_are_told() {
    let said = |answer: &str| text(&asked(&["status"], answer).stdout);
    assert!(!said(ANSWER).contains("missing in") && !said(ANSWER).contains("were dropped"));
    let answer = ANSWER
        .replace("\"log_lines_dropped\":0", "\"log_lines_dropped\":3")
        .replace(
            "\"followers_dropped\":0,\"file\":null}",
            "\"followers_dropped\":0,\"file\":{\"path\":\"/var/events\",\"written\":9,\"dropped\":4,\"well\":true}}",
        )
        .replace(
            "\"recording\":null",
            "\"recording\":{\"path\":\"/var/recording\",\"dropped\":5,\"well\":false}",
        );
    let said = said(&answer);
    for part in [
        "3 log lines were dropped",
        "4 events are missing in /var/events: it is written again",
        "5 lines of the recording are missing in /var/recording: it cannot be written",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
