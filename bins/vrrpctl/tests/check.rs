//! `vrrpctl check` as a command.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::Value;

const GOOD: &str = "vrrp_instance web {\n  interface eth7\n  virtual_router_id 51\n  virtual_ipaddress {\n    192.0.2.1/24\n  }\n}\n";

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .arg("check")
        .args(arguments)
        .output()
        .unwrap()
}

fn json(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = check(&[arguments, &["--json"]].concat());
    (
        serde_json::from_slice(&output.stdout).unwrap(),
        output.status.code(),
    )
}

#[test]
fn what_is_assumed_is_not_looked_for() {
    let folder = Folder::new();
    let file = folder.file("k.conf", GOOD);
    let (answer, code) = json(&["--assume-present", &file]);
    assert_eq!((answer["verdict"].as_str(), code), (Some("clean"), Some(0)));
    // No test machine has an interface of this name.
    let absent = folder.file("absent.conf", GOOD.replace("eth7", "no-such-if0"));
    let (answer, code) = json(&[&absent]);
    assert_eq!((answer["verdict"].as_str(), code), (Some("fatal"), Some(4)));
    let found = &answer["files"][0]["diagnostics"][0];
    assert_eq!(found["code"], "interface-absent");
    assert_eq!(
        (found["line"].as_u64(), found["column"].as_u64()),
        (Some(2), Some(13))
    );
    assert_eq!(found["keepalived"], "stops");
    assert_eq!(found["instance"], "web");
    assert_eq!(found["file"], absent.as_str());
}

#[test]
fn this_machine_s_interface_user_and_program_are_found() {
    let folder = Folder::new();
    let script = "global_defs {\n script_user root\n enable_script_security\n}\nvrrp_script s {\n script \"/bin/sh -c true\"\n}\n";
    let file = folder.file("k.conf", format!("{script}{}", GOOD.replace("eth7", "lo")));
    let (answer, code) = json(&[&file]);
    assert_eq!(code, Some(0), "{answer:#}");
    let file = folder.file("none.conf", script.replace("/bin/sh", "/nonexistent/sh"));
    let (answer, code) = json(&[&file]);
    assert_eq!(code, Some(5), "{answer:#}");
    assert_eq!(answer["files"][0]["diagnostics"][0]["code"], "script-absent");
    let file = folder.file(
        "user.conf",
        script.replace("script_user root", "script_user no-such-user-here"),
    );
    assert_eq!(json(&[&file]).1, Some(5));
}

#[test]
fn text_tells_place_line_effect_cure_and_what_keepalived_does() {
    let folder = Folder::new();
    let file = folder.file(
        "k.conf",
        GOOD.replace("virtual_router_id 51\n", "virtual_router_id 51\n  priorty 150\n"),
    );
    let output = check(&["--assume-present", &file]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        &format!("{file}:4:3: error[unknown-keyword]"),
        "  priorty 150",
        "Help: did you mean priority?",
        "Note: keepalived reports it and goes on",
        "warns: keepalived reports something and runs (exit code 5",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn what_is_no_readable_file_ends_with_4_and_says_why() {
    let folder = Folder::new();
    let missing = folder.path("none.conf");
    for (path, why) in [(missing.as_str(), "no such file"), ("/", "it is a folder")] {
        let output = check(&[path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(why), "{text}");
        assert_eq!(output.status.code(), Some(4));
    }
}

/// Opening a pipe waits for somebody who writes: a reload would never end.
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.conf");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let includes = folder.file("k.conf", format!("include {pipe}\n{GOOD}"));
    for path in [pipe.as_str(), &includes, "/dev/zero"] {
        let output = Command::new("timeout")
            .args([
                "10",
                env!("CARGO_BIN_EXE_vrrpctl"),
                "check",
                "--assume-present",
                path,
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("it is a pipe or a device"), "{path}: {text}");
    }
    // What a shell hands over is one, too, and somebody writes it.
    let mut given = Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["check", "--assume-present", "/dev/stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut given.stdin.take().unwrap(), GOOD.as_bytes()).unwrap();
    assert_eq!(given.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn no_bytes_make_it_fail_otherwise() {
    let folder = Folder::new();
    let mut long = b"vrrp_instance ".to_vec();
    long.resize(1 << 20, b'x');
    for (name, bytes) in [
        ("nul", vec![0; 4096]),
        ("not-utf8", vec![0xff, 0xfe, b'{', b'\n', 0x80, b'}', b'"']),
        ("long", long),
        ("braces", vec![b'{'; 100_000]),
        ("quotes", b"\"\n'\"\n{\"".repeat(100)),
        ("empty", Vec::new()),
    ] {
        let file = folder.file(name, bytes);
        for form in [&["--assume-present", &file][..], &["--json", &file], &[&file]] {
            let output = check(form);
            assert!(
                matches!(output.status.code(), Some(0 | 4 | 5)),
                "{name}: {output:?}"
            );
            assert!(output.stderr.is_empty(), "{name}: {output:?}");
        }
    }
}

#[test]
fn of_several_files_the_gravest_counts_and_each_is_told() {
    let folder = Folder::new();
    let good = folder.file("good.conf", GOOD);
    let warns = folder.file("warns.conf", "global_defs {\n  no_such_word 1\n}\n");
    let fatal = folder.file("fatal.conf", "vrrp_instance a {\n  interface\n}\n");
    let script = folder.file("script.conf", "vrrp_script s {\n  script /bin/true\n}\n");
    for (files, code) in [
        (vec![&good, &warns], 5),
        (vec![&warns, &script], 6),
        (vec![&script, &fatal, &good], 4),
    ] {
        let mut arguments = vec!["--assume-present"];
        arguments.extend(files.iter().map(|file| file.as_str()));
        let (answer, exit) = json(&arguments);
        assert_eq!(exit, Some(code));
        assert_eq!(answer["exit"], code);
        assert_eq!(answer["files"].as_array().unwrap().len(), files.len());
    }
}

#[test]
fn lines_for_a_node_are_read_for_it() {
    let folder = Folder::new();
    let file = folder.file(
        "k.conf",
        format!("{GOOD}global_defs {{\n@lb01 no_such_word 1\n}}\n"),
    );
    assert_eq!(
        json(&["--assume-present", "--config-id", "lb01", &file]).1,
        Some(5)
    );
    assert_eq!(json(&["--assume-present", "-i", "lb02", &file]).1, Some(0));
}

/// Traps change neither verdict nor exit code; two files are held against each other.
#[test]
fn traps_of_one_file_and_of_two() {
    let folder = Folder::new();
    let one = folder.file(
        "lb01.conf",
        GOOD.replace(
            "eth7\n",
            "eth7\n  nopreempt\n  priority 150\n  higher_prio_send_advert\n",
        ),
    );
    let two = folder.file(
        "lb02.conf",
        GOOD.replace("eth7\n", "eth7\n  dont_track_primary\n  priority 100\n")
            .replace("virtual_router_id 51", "virtual_router_id 52"),
    );
    let (answer, code) = json(&["--assume-present", &one, &two]);
    assert_eq!((answer["verdict"].as_str(), code), (Some("clean"), Some(0)));
    assert_eq!(answer["files"][0]["diagnostics"], serde_json::json!([]));
    assert_eq!(answer["files"][1]["diagnostics"][0]["code"], "link-not-tracked");
    let found = &answer["together"][0];
    assert_eq!(found["code"], "router-id-differs");
    assert_eq!(
        (&found["file"], &found["line"]),
        (&Value::from(two.as_str()), &Value::from(5))
    );
    let label = &found["labels"][0];
    assert_eq!(
        (&label["file"], &label["line"]),
        (&Value::from(one.as_str()), &Value::from(6))
    );

    let output = check(&["--assume-present", &one, &two]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("warning[router-id-differs]"), "{text}");
    assert!(
        text.contains("virtual_router_id 51") && text.contains("virtual_router_id 52"),
        "{text}"
    );
    assert!(text.contains("together: 1 warning, 0 notes"), "{text}");
    let (answer, _) = json(&["--assume-present", &one]);
    assert_eq!(answer["together"], serde_json::json!([]));
}

/// The text of a script is read where this machine is asked, and not where all is assumed.
#[test]
fn a_script_that_stops_keepalived_is_read() {
    let folder = Folder::new();
    let script = folder.file("nginx_check.sh", "#!/bin/sh\npidof nginx || killall keepalived\n");
    let block = format!("vrrp_script chk {{\n  script \"{script}\"\n  interval 2\n}}\n");
    let file = folder.file(
        "k.conf",
        block + &GOOD.replace("eth7\n", "lo\n  track_script {\n    chk\n  }\n"),
    );
    let has = |answer: &Value| {
        let all = answer["files"][0]["diagnostics"].as_array().unwrap();
        all.iter().any(|found| found["code"] == "stops-keepalived")
    };
    assert!(has(&json(&[&file]).0));
    assert!(!has(&json(&["--assume-present", &file]).0));
}
