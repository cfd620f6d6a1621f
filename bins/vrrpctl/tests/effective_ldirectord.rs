//! `vrrpctl effective --ldirectord`, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::{Value, json};

const FILE: &str = "negotiatetimeout=4
maintenancedir=/run/maintenance
virtual=192.0.2.1:3306
	real=192.0.2.10:3306 masq 2
	login=me
	passwd=hidden1
	request=\"SELECT 1\"
virtual=192.0.2.1:1521
	real=192.0.2.10:1521 masq
	login=me
	request=\"SELECT 1\"
virtual=192.0.2.1:80
	real=192.0.2.10:80 masq
	request=index.html
virtual=192.0.2.1:81
	real=192.0.2.10:81 masq
	checktype=on
";

fn effective(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["effective", "--ldirectord"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn file() -> (Folder, String) {
    let folder = Folder::new();
    let file = folder.file("l.cf", FILE);
    (folder, file)
}

#[test]
fn each_value_stands_with_the_line_the_other_word_or_the_default_it_came_from() {
    let (_folder, file) = file();
    let output = effective(&[&file]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let rows: Vec<String> = said
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for row in [
        format!("virtual 192.0.2.1:3306 ({file}:3)"),
        format!("negotiatetimeout 4 s {file}:1 (negotiatetimeout)"),
        format!("passwd set, 7 octets {file}:6"),
        "service mysql by the virtual port".to_owned(),
        format!("real 192.0.2.1:3306 192.0.2.10:3306 ({file}:4)"),
        format!("weight 2 {file}:4"),
        format!("request SELECT 1 {file}:7 (request)"),
        // As it is asked, and whatever else decides.
        "checks maintenance 192.0.2.10:80 by the settings of its check".to_owned(),
        "checks http 192.0.2.10:80 /index.html by the settings of its check".to_owned(),
        "checks mysql 192.0.2.10:3306 by the settings of its check".to_owned(),
    ] {
        assert!(rows.contains(&row), "{row} is not in {said}");
    }
    assert!(!said.contains("hidden1"), "{said}");
}

#[test]
fn what_cannot_be_carried_out_is_not_in_force() {
    let (_folder, file) = file();
    let said = text(&effective(&[&file]).stdout);
    let left = format!(
        "\nNot in force, by an error:\n  192.0.2.1:1521 ({file}:11): a check of oracle is not supported: its protocol is not published\n"
    );
    assert!(said.ends_with(&left), "{said}");
    assert!(!said.contains("virtual 192.0.2.1:1521"), "{said}");
}

#[test]
fn json_has_the_form_of_the_other_language() {
    let (_folder, file) = file();
    let output = effective(&[&file, "--json"]);
    assert!(!text(&output.stdout).contains("hidden1"));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["format"], &said["files"]), (&json!(1), &json!([file])));
    let servers = &said["virtual_servers"];
    let names: Vec<_> = servers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str())
        .collect();
    let wanted = [
        "192.0.2.1:3306",
        "192.0.2.1:3306 192.0.2.10:3306",
        "192.0.2.1:80",
        "192.0.2.1:80 192.0.2.10:80",
        "192.0.2.1:81",
        "192.0.2.1:81 192.0.2.10:81",
    ];
    assert_eq!(names, wanted.map(Some));
    let settings = &servers[0]["settings"];
    assert_eq!(
        (&servers[0]["block"], &servers[0]["line"]),
        (&json!("virtual"), &json!(3))
    );
    assert_eq!(
        settings["negotiatetimeout_s"],
        json!({"value": 4, "from": "inherited", "keyword": "negotiatetimeout", "file": file, "line": 1})
    );
    assert_eq!(settings["passwd"]["value"], json!({"set": true, "octets": 7}));
    assert_eq!(settings["receive"]["value"], Value::Null);
    assert_eq!(
        said["global"]["settings"]["checkinterval_s"],
        json!({"value": 10, "from": "default"})
    );
    let checks = |at: usize| servers[at]["settings"]["checks"].as_array().unwrap().len();
    // In maintenance it is out, whatever its checktype says.
    assert_eq!((checks(1), checks(5)), (2, 1));
    assert_eq!(said["dropped"][0]["name"], "192.0.2.1:1521");
}

#[test]
fn a_file_that_is_not_there_has_nothing_in_force() {
    let output = effective(&["/nowhere/l.cf"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("nothing would be in force: "),
        "{output:?}"
    );
    let output = effective(&["-i", "x", "/nowhere/l.cf"]);
    assert_eq!(output.status.code(), Some(2), "there are no @ID lines in it");
}
