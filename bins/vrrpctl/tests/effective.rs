//! `vrrpctl effective`, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::{Value, json};

fn effective(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .arg("effective")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

const MAIN: &str = "global_defs {
    router_id lb01
    vrrp_garp_master_delay 2
}
vrrp_script chk {
    script \"/usr/bin/pgrep nginx\"
    interval 2
    weight -20
}
include instance.conf
";

const INSTANCE: &str = "vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    state MASTER
    priority 150
    authentication {
        auth_type PASS
        auth_pass hidden1
    }
    virtual_ipaddress {
        192.0.2.10/24 label eth0:1
    }
    track_script {
        chk
    }
}
";

fn files() -> (Folder, String) {
    let folder = Folder::new();
    folder.file("instance.conf", INSTANCE);
    let main = MAIN.replace("instance.conf", &folder.file("instance.conf", INSTANCE));
    let file = folder.file("k.conf", &main);
    (folder, file)
}

#[test]
fn each_value_stands_with_the_line_the_include_or_the_default_it_came_from() {
    let (folder, file) = files();
    let output = effective(&[&file]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let row = |keyword: &str| {
        let mut words = said
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        words
            .find(|words| words.first() == Some(&keyword))
            .unwrap()
            .join(" ")
    };
    let included = folder.path("instance.conf");
    assert_eq!(row("router_id"), format!("router_id lb01 {file}:2"));
    assert_eq!(row("priority"), format!("priority 150 {included}:5"));
    assert_eq!(row("advert_int"), "advert_int 1 s default");
    assert_eq!(
        row("garp_master_delay"),
        format!("garp_master_delay 2 s {file}:3 (vrrp_garp_master_delay)")
    );
    assert_eq!(
        row("virtual_ipaddress"),
        format!("virtual_ipaddress 192.0.2.10/24 dev eth0 label eth0:1 {included}:11")
    );
    assert_eq!(
        row("track_script"),
        format!("track_script chk weight -20 weight_from {file}:8 (weight) {included}:14")
    );
    assert_eq!(row("timeout"), "timeout 2 s by interval");
}

#[test]
fn a_secret_is_counted_and_not_shown() {
    let (_folder, file) = files();
    for more in [&[][..], &["--json"]] {
        let output = effective(&[&[file.as_str()], more].concat());
        let said = text(&output.stdout);
        assert!(!said.contains("hidden1"), "{said}");
        assert!(
            said.contains("7 octets") || said.contains("\"octets\": 7"),
            "{said}"
        );
    }
}

#[test]
fn json_has_the_unit_in_the_name_and_the_place_beside_the_value() {
    let (folder, file) = files();
    let output = effective(&[&file, "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let included = folder.path("instance.conf");
    assert_eq!(said["format"], 1);
    assert_eq!(said["files"], json!([file, included]));
    let one = &said["instances"][0];
    assert_eq!(
        (&one["name"], &one["file"], &one["line"]),
        (&json!("VI_1"), &json!(included), &json!(1))
    );
    let settings = &one["settings"];
    assert_eq!(
        settings["advert_int_ms"],
        json!({"value": 1000, "from": "default"})
    );
    assert_eq!(
        settings["virtual_router_id"],
        json!({"value": 51, "from": "line", "file": included, "line": 3})
    );
    assert_eq!(
        settings["garp_master_delay_s"],
        json!({"value": 2, "from": "inherited", "keyword": "vrrp_garp_master_delay", "file": file, "line": 3})
    );
    assert_eq!(settings["mcast_src_ip"]["value"], Value::Null);
    assert_eq!(settings["track_script"][0]["value"]["weight"], -20);
    assert_eq!(said["scripts"][0]["settings"]["interval_us"]["value"], 2_000_000);
}

#[test]
fn what_an_error_drops_is_named_with_its_reason_and_a_fatal_file_has_nothing_in_force() {
    let folder = Folder::new();
    let dropped = folder.file(
        "dropped.conf",
        INSTANCE.replace("virtual_router_id 51", "virtual_router_id 510"),
    );
    let said = text(&effective(&[&dropped]).stdout);
    assert!(said.contains("Not in force, by an error:\n  VI_1 ("), "{said}");
    let output = effective(&["/nowhere/k.conf"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nothing would be in force: "));
}
