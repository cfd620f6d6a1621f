//! What keepalived's signals make a running daemon write.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use node::{LIMIT, Node, instance, vrrpd};
use serde_json::Value;

/// The signal of the JSON dump, as the daemon itself tells.
fn json_signal() -> String {
    let output = vrrpd().args(["--signum", "JSON"]).output().unwrap();
    format!("-{}", node::text(&output.stdout).trim())
}

/// What is in a file once it is there and `so`.
fn read(path: &Path, so: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + LIMIT;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if so(&text) {
            return text;
        }
        assert!(Instant::now() < end, "{}: {text}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config() -> String {
    let check = "vrrp_script chk {\n    script \"/bin/true a/b\"\n    interval 0.1\n    weight 5\n}\n";
    let more = "    nopreempt\n    track_script {\n        chk\n    }\n    virtual_ipaddress_excluded {\n        192.0.2.150\n    }\n";
    let first = instance("VI_1", 51, "192.0.2.100/24 label eth1:vip", more);
    let silent =
        "    version 2\n    authentication {\n        auth_type PASS\n        auth_pass sesame\n    }\n";
    let second = instance("VI_2", 52, "192.0.2.101/24", "").replace("    version 3\n", silent);
    format!(
        "{check}{first}{}",
        second.replace("advert_int 0.1", "advert_int 1")
    )
}

fn json_of(node: &Node, path: &Path) {
    node.signal(&json_signal());
    let text = read(path, |text| text.ends_with('\n'));
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let data = &all[0]["data"];
    // By hand, from what keepalived 2.4.3 and 2.2.7 write of such an instance.
    let expected = [
        ("iname", Value::from("VI_1")),
        ("state", 2.into()),
        ("wantstate", 2.into()),
        ("vrid", 51.into()),
        ("base_priority", 150.into()),
        ("effective_priority", 155.into()),
        ("master_priority", 0.into()),
        ("vipset", true.into()),
        ("adver_int", 0.1.into()),
        ("master_adver_int", 0.1.into()),
        ("accept", 1.into()),
        ("nopreempt", true.into()),
        ("version", 3.into()),
        ("ifp_ifname", "eth1".into()),
        ("vmac_ifname", "".into()),
        ("garp_delay", 5.into()),
        ("auth_type", 0.into()),
        (
            "vips",
            Value::from(vec!["192.0.2.100/24 dev eth1 scope global label eth1:vip set"]),
        ),
        (
            "evips",
            Value::from(vec!["192.0.2.150 dev eth1 scope global set"]),
        ),
        ("track_script", Value::from(vec!["'/bin/true' 'a/b'"])),
    ];
    for (field, value) in expected {
        assert_eq!(data[field], value, "{field}");
    }
    assert_eq!(all[0]["stats"]["become_master"], 1);
    assert_eq!(all[1]["data"]["auth_type"], 1);
    let since = data["last_transition"].as_f64().unwrap();
    let known = node.instance("VI_1").since_unix_ms;
    assert!((since * 1000.0 - known as f64).abs() < 1.0, "{since} {known}");
    assert!(text.contains(r"'\/bin\/true' 'a\/b'"), "{text}");
}

fn texts_of(node: &Node) {
    let path = |name: &str| node.folder.join(name);
    node.signal("-USR2");
    let stats = read(&path("keepalived.stats"), |text| {
        text.contains("VRRP Instance: VI_2")
    });
    assert!(
        stats.starts_with("VRRP Instance: VI_1\n  Advertisements:\n    Received: 0\n    Sent: "),
        "{stats}"
    );
    node.signal("-USR1");
    let state = read(&path("keepalived.data"), |text| {
        text.contains("VRRP Script = chk")
    });
    for line in [
        " VRRP Instance = VI_1",
        "   State = MASTER",
        "   Virtual Router ID = 51",
        "   Effective priority = 155",
        "   Advert interval = 100 milli-sec",
        "   Virtual IP (1):",
        "     192.0.2.100/24 dev eth1 scope global label eth1:vip set",
        "   Authentication type = SIMPLE_PASSWORD",
        "   Command = '/bin/true' 'a/b'",
        "   Status = GOOD",
        "     VI_1, weight 5",
    ] {
        assert!(
            state.lines().any(|found| found == line),
            "{line} is not in\n{state}"
        );
    }
}

#[test]
fn the_signals_of_keepalived_write_its_files_into_a_folder_of_ours() {
    let Some(node) = Node::start(&config(), &[]) else {
        return;
    };
    node.until("Active with its check", |status| {
        status.instances[0].keepalived_state.to_string() == "MASTER"
            && status.instances[0].priority.effective == 155
    });
    let path = |name: &str| node.folder.join(name);
    json_of(&node, &path("keepalived.json"));
    texts_of(&node);
    for name in ["keepalived.json", "keepalived.stats", "keepalived.data"] {
        let dumped = std::fs::read_to_string(path(name)).unwrap();
        assert!(!dumped.contains("sesame"), "{name} tells the password: {dumped}");
        assert_eq!(
            std::fs::metadata(path(name)).unwrap().mode() & 0o777,
            0o640,
            "{name}"
        );
    }
    assert!(!node.log().contains("sesame"));
}

#[test]
fn the_second_layout_has_processes_and_a_reload_changes_it() {
    let process = "vrrp_track_process web {\n    process nothing-runs-so\n    weight 5\n}\n";
    let more = "    track_process {\n        web\n    }\n";
    let config = |globals: &str| {
        format!(
            "global_defs {{\n    router_id x\n{globals}}}\n{process}{}",
            instance("VI_1", 51, "192.0.2.100/24", more)
        )
    };
    let dumps = node::folder();
    let Some(node) = Node::start(
        &config("    json_version 2\n"),
        &["--dump-dir", dumps.to_str().unwrap()],
    ) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let path = dumps.join("keepalived.json");
    node.signal(&json_signal());
    let text = read(&path, |text| text.ends_with('\n'));
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["vrrp"][0]["data"]["iname"], "VI_1");
    let expected = serde_json::json!([{
        "process": "web", "param_match": "none", "min_processes": 1, "current_processes": 0,
        "have_quorum": false, "weight": 5, "terminate_delay": 0, "fork_delay": 0, "fork_delay_timer_running": false,
        "terminate_delay_timer_running": false, "full_command": false
    }]);
    assert_eq!(all["track_process"], expected);
    assert_eq!(all["vrrp"][0]["data"]["track_process"][0], "web");

    assert!(node.reload(&config("")).applied);
    node.signal(&json_signal());
    read(&path, |text| text.starts_with("[{"));
}

/// Many signals at once, and a folder that is none of ours: the routers go on.
#[test]
fn where_nothing_can_be_written_the_log_says_why() {
    let shared = node::folder();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
    std::fs::set_permissions(&*shared, mode).unwrap();
    let config = instance("VI_1", 51, "192.0.2.100/24", "");
    let Some(mut node) = Node::start(&config, &["--dump-dir", shared.to_str().unwrap()]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    for _ in 0..50 {
        node.signal("-USR2");
    }
    let end = Instant::now() + LIMIT;
    while !node
        .log()
        .contains("keepalived.stats: not written: everybody may write to its folder")
    {
        assert!(Instant::now() < end, "{}", node.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(std::fs::read_dir(&*shared).unwrap().next().is_none());
    node.until_state("VI_1", "MASTER");
    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
}
