//! `vrrpctl check --ldirectord` as a command.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/ldirectord.cf");
const EXAMPLE_OF_SQL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/ldirectord-sql.cf");

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["check", "--ldirectord"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_example_is_clean() {
    let output = check(&[EXAMPLE]);
    let said = text(&output);
    let last = ": clean: 1 of 1 virtual server carried out, with 2 real servers and 2 checks; found here: 0 errors, 0 warnings, 0 notes\n";
    assert!(said.ends_with(last), "{said}");
    assert_eq!(output.status.code(), Some(0));
    let output = check(&[EXAMPLE_OF_SQL]);
    let said = text(&output);
    let last = ": clean: 2 of 2 virtual servers carried out, with 4 real servers and 4 checks; found here: 0 errors, 0 warnings, 0 notes\n";
    assert!(said.ends_with(last), "{said}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_mistake_has_its_place_its_effect_and_its_cure() {
    let folder = Folder::new();
    let good = "virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n";
    let text_of = "virtual=192.0.2.1:1521\n\treal=192.0.2.10:1521 gate\n";
    let file = folder.file("l.cf", format!("chektimeout=3\n{text_of}{good}"));
    let output = check(&[&file]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(4), "{said}");
    for words in [
        "l.cf:1:1: error[unknown-directive]: there is no directive 'chektimeout'",
        "Help: write checktimeout",
        "l.cf:2:1: error[cannot-check]: a check of oracle is not supported",
        "this virtual server is not carried out",
        "fatal: 1 of 2 virtual servers carried out, with 1 real server and 1 check; found here: 2 errors, 0 warnings, 0 notes",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(!said.contains("keepalived"), "{said}");
}

#[test]
fn programs_get_the_same_and_the_gravest_of_all_files_counts() {
    let folder = Folder::new();
    let warned = folder.file("w.cf", "virtual=192.0.2.1:8080\n\treal=192.0.2.10:8080 gate\n");
    let output = check(&[EXAMPLE, &warned, "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (answer["verdict"].as_str(), output.status.code()),
        (Some("warns"), Some(5))
    );
    assert_eq!(answer["files"][0]["exit"], 0);
    assert_eq!(answer["files"][0]["checks"], 2);
    let found = &answer["files"][1]["diagnostics"][0];
    assert_eq!(
        (found["code"].as_str(), found["line"].as_u64()),
        (Some("unchecked"), Some(1))
    );
    assert_eq!(found["keepalived"], "not-asked");
    assert_eq!(found["instance"], "192.0.2.1:8080");
    let gone = check(&["/no/such/file.cf", "--json"]);
    assert_eq!(gone.status.code(), Some(4));
}
