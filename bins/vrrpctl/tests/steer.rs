//! What an operator is told of a switchover, a maintenance, a priority and a reload, and the exit codes.

use std::process::Command;

mod daemon;

use daemon::ANSWER;

struct Said {
    code: i32,
    out: String,
    err: String,
    request: String,
}

/// Against a socket that answers as the daemon does.
fn said(arguments: &[&str], answer: &str) -> Said {
    let (output, request) = daemon::asked(arguments, answer);
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        request,
    }
}

fn moved(instance: &str, outcome: &str) -> String {
    format!(
        "{{\"instance\":\"{instance}\",\"outcome\":\"{outcome}\",\"to\":null,\"took_ms\":7,\"message\":\"{instance}: {outcome}, in words\"}}"
    )
}

fn reply(answer: &str) -> String {
    format!("{{\"version\":1,\"answer\":{answer}}}")
}

#[test]
fn a_switchover_is_done_or_the_exit_code_says_that_it_is_not() {
    let answer = reply(&format!("{{\"switchover\":[{}]}}", moved("VI_1", "handed-over")));
    let done = said(&["switchover", "VI_1", "--drain"], &answer);
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "VI_1: handed-over, in words\n")
    );
    assert_eq!(
        done.request,
        "{\"version\":1,\"ask\":{\"switchover\":{\"instance\":\"VI_1\",\"undo\":false,\"drain\":true}}}\n"
    );
    let both = [moved("VI_1", "handed-over"), moved("VI_2", "rolled-back")].join(",");
    let half = said(&["switchover"], &reply(&format!("{{\"switchover\":[{both}]}}")));
    assert_eq!(half.code, 1);
    assert_eq!(half.out, "VI_1: handed-over, in words\n");
    assert_eq!(half.err, "vrrpctl: VI_2: rolled-back, in words\n");
    let json = said(
        &["switchover", "--json"],
        &reply(&format!("{{\"switchover\":[{both}]}}")),
    );
    let parsed: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (json.code, parsed[1]["outcome"].as_str()),
        (1, Some("rolled-back"))
    );
    let undone = said(&["switchover", "--undo"], &answer);
    assert!(undone.request.contains("\"undo\":true"), "{}", undone.request);
}

#[test]
fn a_maintenance_says_what_it_means_and_what_is_left() {
    let set = |on, before, problem: &str, moved: &str| {
        reply(&format!(
            "{{\"maintenance\":{{\"on\":{on},\"before\":{before},\"problem\":{problem},\"instances\":[{moved}]}}}}"
        ))
    };
    let given = said(
        &["maintenance", "on"],
        &set(true, false, "null", &moved("VI_1", "handed-over")),
    );
    assert_eq!(given.code, 0, "{}", given.err);
    assert!(
        given.out.starts_with("this node is in maintenance: "),
        "{}",
        given.out
    );
    assert!(
        given.out.ends_with("VI_1: handed-over, in words\n"),
        "{}",
        given.out
    );
    assert_eq!(
        given.request,
        "{\"version\":1,\"ask\":{\"maintenance\":{\"on\":true}}}\n"
    );
    let left = said(
        &["maintenance", "on"],
        &set(true, true, "\"no room\"", &moved("VI_1", "rolled-back")),
    );
    assert_eq!(left.code, 1);
    assert!(
        left.err.contains("vrrpctl: no room\n") && left.err.contains("rolled-back, in words"),
        "{}",
        left.err
    );
    let off = said(&["maintenance", "off"], &set(false, false, "null", ""));
    assert_eq!(
        (off.code, off.out.as_str()),
        (0, "this node was not in maintenance\n")
    );
}

#[test]
fn a_priority_and_a_reload_are_answered_in_the_words_of_the_daemon() {
    let answer = reply(
        "{\"priority\":{\"instance\":\"VI_1\",\"file\":100,\"before\":100,\"base\":80,\"for_ms\":600000,\"message\":\"VI_1: 100 -> 80\"}}",
    );
    let moved = said(&["priority", "VI_1", "-20", "for", "10m"], &answer);
    assert_eq!((moved.code, moved.out.as_str()), (0, "VI_1: 100 -> 80\n"));
    assert_eq!(
        moved.request,
        "{\"version\":1,\"ask\":{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":-20},\"for_ms\":600000}}}\n"
    );
    let reload = |applied| {
        reply(&format!(
            "{{\"reload\":{{\"at_unix_ms\":1,\"applied\":{applied},\"message\":\"line one\\nline\\u001b[2J two\"}}}}"
        ))
    };
    let done = said(&["reload"], &reload(true));
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "reloaded: line one\nline?[2J two\n")
    );
    let partly = reply(
        "{\"reload\":{\"at_unix_ms\":1,\"applied\":true,\"message\":\"new: a; but b\",\"incomplete\":\"b\"}}",
    );
    let partly_done = said(&["reload"], &partly);
    assert_eq!(
        (partly_done.code, partly_done.out.as_str()),
        (4, "reloaded: new: a; but b\n")
    );
    assert_eq!(said(&["reload", "--json"], &partly).code, 4);
    let refused = said(&["reload"], &reload(false));
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .err
            .starts_with("vrrpctl: not reloaded, nothing has changed: line one\n"),
        "{}",
        refused.err
    );
    let json = said(&["reload", "--json"], &reload(false));
    assert_eq!(json.code, 1);
    assert!(
        serde_json::from_str::<serde_json::Value>(&json.out).is_ok(),
        "{}",
        json.out
    );
}

#[test]
fn a_refusal_is_told_and_wrong_words_never_reach_the_daemon() {
    let refusal = reply("{\"error\":{\"kind\":\"not-allowed\",\"message\":\"user 7 may read here\"}}");
    let refused = said(&["maintenance", "off"], &refusal);
    assert_eq!(refused.code, 1);
    assert!(refused.err.ends_with("user 7 may read here\n"), "{}", refused.err);
    for wrong in [
        &["priority", "VI_1", "20"][..],
        &["priority", "VI_1", "+20", "until", "10m"],
        &["priority", "VI_1", "+20", "for"],
        &["maintenance"],
        &["switchover", "--undo", "--drain"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vrrpctl"));
        let output = command
            .args(wrong)
            .args(["--socket", "/nonexistent"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

/// Nobody has to look for it: what an operator has done stands where everybody looks.
#[test]
fn the_overview_and_the_detail_show_what_is_steered() {
    let mut answer: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
    let status = &mut answer["answer"]["status"];
    let now = status["daemon"]["started_unix_ms"].as_u64().unwrap()
        + status["daemon"]["uptime_ms"].as_u64().unwrap();
    let asked = serde_json::json!({"uid": 1000, "at_unix_ms": now - 61_000});
    let one = &mut status["instances"][0];
    // A script ran for 41 s before the order.
    one["handed_over"] = serde_json::json!({"asked": asked, "since_unix_ms": now - 20_000});
    one["priority"]["effective"] = 1.into();
    one["priority"]["moves"] = serde_json::json!([
        {"name": "operator", "adds": 20, "uid": 0, "ends_in_ms": 90_000},
        {"name": "switchover", "adds": -167, "uid": 1000}
    ]);
    let name = one["name"].as_str().unwrap().to_owned();
    let table = said(&["status"], &answer.to_string()).out;
    for part in [
        "BACKUP (stands back)".to_owned(),
        "1 = 150 -2 (chk_nginx) +20 (operator) -167 (switchover)".to_owned(),
        format!(
            "! {name}: competes with priority 1 for 20 s, by user 1000; that ends by `vrrpctl switchover {name} --undo`, or when its successor is lost"
        ),
        format!("! {name}: base priority moved +20 by user 0, for another 1 min 30 s"),
    ] {
        assert!(table.contains(&part), "{part}\n{table}");
    }
    let one = &mut answer["answer"]["status"]["instances"][0];
    one["priority"]["moves"][0]["adds"] = 0.into();
    answer["answer"]["status"]["daemon"]["maintenance"] = serde_json::json!({"asked": asked});
    let table = said(&["status"], &answer.to_string()).out;
    let second = table.lines().nth(1).unwrap();
    assert_eq!(
        second,
        "MAINTENANCE for 1 min 1 s, by user 1000: this node takes over only where no other router is alive; `vrrpctl maintenance off` ends it"
    );
    let line = format!(
        "! {name}: base priority moved by user 0, for another 1 min 30 s; that counts when the maintenance is over"
    );
    assert!(table.contains(&line), "{table}");
    let detail = said(&["status", &name], &answer.to_string()).out;
    assert!(
        detail.contains("MAINTENANCE for 1 min 1 s") && detail.contains("handed over"),
        "{detail}"
    );
}

#[test]
fn a_drain_that_is_under_way_is_told() {
    let mut answer: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
    let status = &mut answer["answer"]["status"];
    let now = status["daemon"]["started_unix_ms"].as_u64().unwrap()
        + status["daemon"]["uptime_ms"].as_u64().unwrap();
    let one = &mut status["instances"][0];
    let name = one["name"].as_str().unwrap().to_owned();
    one["state"] = "active".into();
    one["keepalived_state"] = "MASTER".into();
    one["hook_running"] = "notify_before_stop".into();
    one["handing_over"] = serde_json::json!({"uid": 1000, "at_unix_ms": now - 20_000});
    let line = format!(
        "being handed over for 20 s, by user 1000: notify_before_stop runs, and it is Active until that has ended; `vrrpctl switchover {name} --undo` ends it"
    );
    for arguments in [&["status"][..], &["status", &name], &["explain", &name]] {
        let shown = said(arguments, &answer.to_string()).out;
        assert!(shown.contains(&line), "{arguments:?}: {shown}");
    }
    let table = said(&["status"], &answer.to_string()).out;
    assert!(table.contains("MASTER (being handed over)"), "{table}");
}
