//! `vrrpctl simulate` and `vrrpctl replay`, as an operator runs them.

mod folder;

use std::path::Path;
use std::process::{Command, Output};

use folder::Folder;
fn vrrpctl(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = vrrpctl(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(arguments: &[&str]) -> String {
    let output = vrrpctl(arguments);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{arguments:?}: {}",
        text(&output.stdout)
    );
    text(&output.stderr)
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    path.display().to_string()
}

fn tutorials() -> [String; 2] {
    ["lb01", "lb02"].map(|name| format!("{name}={}", example(&format!("{name}.conf"))))
}

/// RFC 3768 section 6.1: Master_Down_Interval of priority 100 is 3 x 1 s + 156/256 s = 3609.375 ms. The last advertisement
/// left 586 ms before the power did: 3.414 s, 4.414 s ... 9.414 s, and the outage is what is left of it.
#[test]
fn the_tutorials_pair_loses_its_active() {
    let [one, two] = tutorials();
    let story = said(&["simulate", "power-cut", "--node", &one, "--node", &two]);
    for words in [
        "lb01 VI_1: VRID 55, IPv4, version 2, priority 150",
        "one network: eth1 of lb01, eth2 of lb02",
        "10.000 s ! lb01                      power cut",
        "13.023 s   lb02                      VI_1: Backup -> Active: nobody was heard for 3609.375 ms",
        "3023.457 ms after \"lb01: power cut\"",
        "192.168.190.23: without an answer 3024.0 ms at the longest",
        "lb02 takes over 3609.4 ms after the last advertisement",
        "VI_1: Active -> Backup: lb01 advertises priority 150",
    ] {
        assert!(story.contains(words), "{words}\n{story}");
    }
    assert!(!story.contains("123456"), "the password");
}

/// PRJ-STOP-01: a planned stop costs nobody anything; a goodbye is answered after Skew_Time, 156/256 s.
#[test]
fn every_situation_of_the_library_can_be_simulated_with_the_tutorials_pair() {
    let [one, two] = tutorials();
    let listed = said(&["simulate", "--list"]);
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() >= 10, "{listed}");
    for name in names {
        let arguments = ["simulate", name, "--node", &one, "--node", &two];
        if name == "failed-check" {
            assert!(refused(&arguments).contains("lb01 has no check"));
            continue;
        }
        let story = said(&arguments);
        if ["planned-stop", "switchover", "crash", "return", "backup-down"].contains(&name) {
            assert!(
                story.contains("192.168.190.23: without an answer 0.0 ms"),
                "{name}: {story}"
            );
        }
        if name == "planned-stop" {
            assert!(
                story.contains("609.395 ms after \"lb01: planned stop\""),
                "{story}"
            );
        }
    }
}

fn conf(priority: u8, more: &str) -> String {
    format!(
        "vrrp_script chk_web {{\n    script \"/bin/true\"\n    interval 2\n    fall 3\n    rise 2\n    weight -60\n}}\n\
         vrrp_instance gw4 {{\n    interface eth0\n    version 3\n    state BACKUP\n    virtual_router_id 10\n    priority {priority}\n\
         advert_int 0.5\n    virtual_ipaddress {{\n        192.0.2.10/24\n    }}\n    track_script {{\n        chk_web\n    }}\n{more}}}\n\
         vrrp_instance gw6 {{\n    interface eth1\n    state BACKUP\n    virtual_router_id 10\n    priority {priority}\n\
         advert_int 1\n    virtual_ipaddress {{\n        fe80::10/64\n        2001:db8::10/64\n    }}\n}}\n"
    )
}

/// Two instances in both families on two networks; the check is known to have failed after 3 runs 2 s apart and moves the
/// priority from 150 to 90, below 100. The Backup is told at once and takes over a Skew_Time later: 0.5 s x 156/256.
#[test]
fn a_named_check_fails() {
    let folder = Folder::new();
    let (one, two) = (
        folder.file("a.conf", conf(150, "")),
        folder.file("b.conf", conf(100, "")),
    );
    let nodes = [format!("a={one}"), format!("b={two}")];
    let scenario = folder.file(
        "web.toml",
        "about = 'the web server of a dies'\n[[event]]\nat_ms = 10000\nwhat = 'check-down'\nnode = 'a'\ncheck = 'chk_web'\n",
    );
    let story = said(&["simulate", &scenario, "--node", &nodes[0], "--node", &nodes[1]]);
    for words in [
        "one network: eth0 of a, eth0 of b",
        "one network: eth1 of a, eth1 of b",
        "check chk_web is up at first; a failure is known after 6000 ms at most, a success after 4000 ms",
        "16.000 s ! a                       check chk_web is now known to be down",
        "gw4: priority 150 -> 90",
        "gw4: Backup -> Active: the Active has a lower priority",
        "192.0.2.10: without an answer 0.0 ms",
        "2001:db8::10: without an answer 0.0 ms",
    ] {
        assert!(story.contains(words), "{words}\n{story}");
    }
    assert!(!story.contains("gw6: Backup -> Active: the Active"), "{story}");
}

/// Unicast: who sends from where follows from what the others list.
#[test]
fn unicast_peers_meet() {
    let folder = Folder::new();
    let conf = |priority: u8, peer: &str| {
        format!(
            "vrrp_instance VI_1 {{\n    interface eth0\n    version 3\n    state BACKUP\n    virtual_router_id 51\n\
             priority {priority}\n    advert_int 1\n    unicast_peer {{\n        {peer}\n    }}\n\
             virtual_ipaddress {{\n        192.0.2.10/24\n    }}\n    nopreempt\n}}\n"
        )
    };
    let one = format!("a={}", folder.file("a.conf", conf(150, "203.0.113.2")));
    let two = format!("b={}", folder.file("b.conf", conf(100, "203.0.113.1")));
    let recording = format!("b={}", folder.path("b.rec"));
    let story = said(&[
        "simulate",
        "power-cut",
        "--node",
        &one,
        "--node",
        &two,
        "--record",
        &recording,
    ]);
    assert!(!story.contains("assumed: a sends from"), "{story}");
    assert!(
        story.contains("13.023 s   b                     VI_1: Backup -> Active"),
        "{story}"
    );
    assert!(!story.contains("Active -> Backup"), "nopreempt: {story}");

    let recorded = folder.path("b.rec");
    let told = said(&["replay", &recorded]);
    assert!(told.contains("203.0.113.1 advertises priority 150"), "{told}");
    assert!(
        told.contains("time has passed: due was to take over at 13.0"),
        "{told}"
    );
    assert!(told.ends_with("as recorded, none different\n"), "{told}");
    let checked = said(&["replay", &recorded, "--check"]);
    assert_eq!(checked.lines().count(), 1, "{checked}");
    let changes = said(&["replay", &recorded, "--changes"]);
    assert!(changes.lines().count() < told.lines().count() / 3, "{changes}");

    // One word is another: the line is named, and what it says now.
    let original = std::fs::read_to_string(&recorded).unwrap();
    let at = original
        .lines()
        .position(|line| line.contains("transition=backup>active"))
        .unwrap()
        + 1;
    let altered = folder.file("altered.rec", original.replace("hold announce=", "announce="));
    let problem = refused(&["replay", &altered, "--check"]);
    assert!(
        problem.contains(&format!(
            "altered.rec:{at}: VI_1: time has passed: not as recorded"
        )),
        "{problem}"
    );
    assert!(text(&vrrpctl(&["replay", &altered]).stdout).contains("NOT AS RECORDED"));
    // A daemon that was killed in the middle of a line.
    let cut = folder.file(
        "cut.rec",
        original.trim_end().strip_suffix(|_: char| true).unwrap(),
    );
    assert!(said(&["replay", &cut, "--check"]).contains("1 lines were cut off"));
}

/// of a gateway with two links in one sync group the inner one dies: both addresses move.
#[test]
fn a_sync_group_moves_as_one() {
    let folder = Folder::new();
    let conf = |priority: u8| {
        let instance = |name: &str, interface: &str, vrid: u8, address: &str| {
            format!(
                "vrrp_instance {name} {{\n    interface {interface}\n    version 3\n    state BACKUP\n    virtual_router_id {vrid}\n\
                 priority {priority}\n    advert_int 1\n    virtual_ipaddress {{\n        {address}\n    }}\n}}\n"
            )
        };
        format!(
            "vrrp_sync_group gateway {{\n    group {{\n        outer\n        inner\n    }}\n}}\n{}{}",
            instance("outer", "eth0", 1, "192.0.2.1/24"),
            instance("inner", "eth1", 2, "10.0.0.1/24")
        )
    };
    let one = format!("a={}", folder.file("a.conf", conf(150)));
    let two = format!("b={}", folder.file("b.conf", conf(100)));
    let scenario = folder.file(
        "inner.toml",
        "about = 'the inner link dies'\n[[event]]\nat_ms = 10000\nwhat = 'link-down'\nnode = 'a'\ninterface = 'eth1'\n",
    );
    let story = said(&["simulate", &scenario, "--node", &one, "--node", &two]);
    let outer =
        "a outer: VRID 1, IPv4, version 3, priority 150, advertises every 1.00 s, in sync group gateway";
    assert!(story.contains(outer), "{story}");
    for name in ["outer", "inner"] {
        let moved = format!("{name}: Backup -> Active");
        assert_eq!(story.matches(&moved).count(), 2, "{name}\n{story}");
    }
    assert!(story.contains("192.0.2.1: without an answer 0.0 ms"), "{story}");
}

/// the weaker node's neighbours are told of the winner only where the loser speaks once more.
#[test]
fn a_merge_that_costs_clients_is_told_with_its_cure() {
    let folder = Folder::new();
    let with = |more: &str| {
        let nodes = ["lb01", "lb02"].map(|name| {
            let text = std::fs::read_to_string(example(&format!("{name}.conf"))).unwrap();
            let text = text.replace("vrrp_instance VI_1 {", &format!("vrrp_instance VI_1 {{\n{more}"));
            format!("{name}={}", folder.file(&format!("{name}.conf"), &text))
        });
        said(&["simulate", "merge", "--node", &nodes[0], "--node", &nodes[1]])
    };
    let without = with("");
    assert!(without.contains("had no answer for 8000.000 ms"), "{without}");
    assert!(
        without.contains("hint: ") && without.contains("higher_prio_send_advert"),
        "{without}"
    );
    let cured = with("    higher_prio_send_advert true\n");
    assert!(
        !cured.contains("8000.000 ms") && !cured.contains("hint: "),
        "{cured}"
    );
}

#[test]
fn pictures_and_json_are_made() {
    let folder = Folder::new();
    let [one, two] = tutorials();
    let picture = folder.path("x.svg");
    let json = said(&[
        "simulate",
        "power-cut",
        "--node",
        &one,
        "--node",
        &two,
        "--json",
        "--svg",
        &picture,
    ]);
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["addresses"][0]["longest_outage_ms"], 3024.0);
    assert_eq!(answer["addresses"][0]["theory"][1]["silent_ms"], 3609.375);
    assert_eq!(answer["nodes"][1]["instances"][0], "VI_1");
    let picture = std::fs::read_to_string(picture).unwrap();
    assert!(
        picture.starts_with("<svg ") && picture.ends_with("</svg>\n"),
        "{picture}"
    );
    assert_eq!(
        picture.matches("<text").count(),
        picture.matches("</text>").count()
    );
    assert!(
        picture.contains("3024 ms") && picture.contains("lb02 VI_1"),
        "{picture}"
    );
}

/// Bad files are named with their line, and nothing is made up.
#[test]
fn what_is_wrong_is_told_with_its_line() {
    let folder = Folder::new();
    let [one, two] = tutorials();
    let with = |scenario: &str| refused(&["simulate", scenario, "--node", &one, "--node", &two]);
    assert!(with("no-such").contains("no situation is called no-such; there are power-cut"));
    let scenario = folder.file(
        "x.toml",
        "about = 'x'\n\n[[event]]\nat_ms = 1\nwhat = 'stop'\nnode = 'lb03'\n",
    );
    assert!(with(&scenario).contains("x.toml:5: there is no node lb03; there are lb01, lb02"));
    let scenario = folder.file("y.toml", "about = 'x'\n[[event]]\nat_ms = 1\nwhat = 'dance'\n");
    assert!(with(&scenario).contains("y.toml:4: "));
    let scenario = folder.file("z.toml", "about = 'x'\n[[node]]\nname = 'a'\n");
    assert!(with(&scenario).contains("z.toml:2: the nodes of a simulation of configurations come from them"));
    let wrong = folder.file(
        "wrong.conf",
        "vrrp_instance A {\n    interface eth0\n    virtual_router_id 300\n}\n",
    );
    let wrong = format!("a={wrong}");
    let problem = refused(&["simulate", "power-cut", "--node", &wrong]);
    assert!(problem.contains("wrong.conf:3"), "{problem}");
    let missing = refused(&["simulate", "power-cut", "--node", "a=/nonexistent/a.conf"]);
    assert!(missing.contains("/nonexistent/a.conf"), "{missing}");
    assert_eq!(vrrpctl(&["simulate"]).status.code(), Some(2));
    assert_eq!(
        vrrpctl(&["simulate", "power-cut", "--node", "a"]).status.code(),
        Some(2)
    );
}

/// No recording: refused, whatever it is.
#[test]
fn what_is_no_recording_is_refused() {
    let folder = Folder::new();
    for (name, octets, words) in [
        ("empty", b"".to_vec(), "there is nothing in it"),
        ("text", b"hello\n".to_vec(), "text:1: "),
        ("zeros", vec![0; 100_000], "nothing in it"),
        ("long", vec![b'x'; 3 << 20], "no recording"),
        ("octets", b"\xff\xfe\n".to_vec(), "no text"),
    ] {
        let path = folder.path(name);
        std::fs::write(&path, octets).unwrap();
        let problem = refused(&["replay", &path]);
        assert!(problem.contains(words), "{name}: {problem}");
    }
    assert!(refused(&["replay", "/nonexistent"]).contains("/nonexistent"));
}
