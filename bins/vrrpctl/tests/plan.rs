//! `vrrpctl plan`, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::{Value, json};

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn plan(old: &str, new: &str, more: &[&str]) -> Output {
    let folder = Folder::new();
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .arg("plan")
        .args([folder.file("old.conf", old), folder.file("new.conf", new)])
        .args(more)
        .output()
        .unwrap()
}

fn told(old: &str, new: &str) -> Value {
    let output = plan(old, new, &["--json", "--assume-present"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn instance(name: &str, vrid: u8, priority: u8, addresses: &str) -> String {
    format!(
        "vrrp_instance {name} {{
    interface eth0
    virtual_router_id {vrid}
    priority {priority}
    authentication {{
        auth_type PASS
        auth_pass hidden1
    }}
    virtual_ipaddress {{
{addresses}
    }}
}}
"
    )
}

const ONE: &str = "192.0.2.1/24";
const TWO: &str = "192.0.2.2/24";
const BOTH: &str = "192.0.2.1/24\n192.0.2.2/24";

#[test]
fn the_same_file_moved_by_a_line_changes_nothing() {
    let old = instance("A", 1, 100, ONE);
    let output = plan(&old, &format!("# more\n\n{old}"), &["--assume-present"]);
    assert!(output.status.success());
    let said = text(&output.stdout);
    assert!(
        said.starts_with("Nothing would change: the files say the same\n"),
        "{said}"
    );
    let told = told(&old, &format!("\n{old}"));
    assert_eq!(told["changes"], false);
    assert_eq!(told["instances"][0]["what"], "unchanged");
    assert_eq!(told["instances"][0]["settings"], json!([]));
}

#[test]
fn another_priority_is_taken_in_place_and_interrupts_nothing() {
    let told = told(&instance("A", 1, 100, ONE), &instance("A", 1, 90, ONE));
    let one = &told["instances"][0];
    assert_eq!(one["what"], "changed");
    assert_eq!(
        one["settings"],
        json!([{"name": "priority", "old": 100, "new": 90}])
    );
    assert_eq!(one["interrupts"], json!([]));
}

#[test]
fn another_number_or_interface_begins_anew_and_says_why() {
    let old = instance("A", 1, 100, ONE);
    for (new, word) in [
        (instance("A", 2, 100, ONE), "virtual_router_id"),
        (old.replace("interface eth0", "interface eth1"), "interface"),
        (old.replace("priority 100", "priority 255"), "priority 255"),
        (old.replace("priority 100", "priority 100\n version 3"), "version"),
    ] {
        let told = told(&old, &new);
        let one = &told["instances"][0];
        assert_eq!(one["what"], "restarted", "{word}");
        assert_eq!(one["because"], json!([word]));
        // An owner is Active at once.
        let interrupts = usize::from(word != "priority 255");
        assert_eq!(one["interrupts"].as_array().unwrap().len(), interrupts, "{word}");
    }
}

#[test]
fn an_address_that_moves_is_named_with_both_instances_and_is_not_gone() {
    let old = instance("A", 1, 100, BOTH) + &instance("B", 2, 100, "192.0.2.3/24");
    let new = instance("A", 1, 100, ONE) + &instance("B", 2, 100, "192.0.2.3/24\n192.0.2.2/24");
    let told = told(&old, &new);
    assert_eq!(
        told["moves"],
        json!([{"address": "192.0.2.2", "from": "A", "to": "B", "stays": true}])
    );
    assert_eq!(told["instances"][0]["interrupts"], json!([]));
}

/// To an instance that begins with it, or that has it in another form.
#[test]
fn an_address_that_has_to_be_made_anew_is_away_while_it_moves() {
    let old = instance("A", 1, 100, BOTH) + &instance("B", 2, 100, "192.0.2.3/24");
    let new = |vrid, address| {
        instance("A", 1, 100, ONE) + &instance("B", vrid, 100, &format!("192.0.2.3/24\n{address}"))
    };
    for new in [
        new(3, "192.0.2.2/24"),
        new(2, "192.0.2.2/28"),
        new(2, "192.0.2.2/24 dev eth9"),
    ] {
        let told = told(&old, &new);
        assert_eq!(told["moves"][0]["stays"], false, "{new}");
        assert_eq!(
            told["instances"][0]["interrupts"],
            json!(["away while it moves: 192.0.2.2"])
        );
    }
    let explicit = told(&old, &new(2, "192.0.2.2/24 dev eth0"));
    assert_eq!(explicit["moves"][0]["stays"], true);
}

#[test]
fn what_comes_and_what_goes() {
    let told = told(
        &(instance("A", 1, 100, ONE) + &instance("B", 2, 100, TWO)),
        &(instance("C", 3, 100, "192.0.2.3/24") + &instance("A", 1, 100, ONE)),
    );
    let all = told["instances"].as_array().unwrap();
    let what: Vec<_> = all
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["what"].as_str().unwrap()))
        .collect();
    assert_eq!(what, [("C", "added"), ("A", "unchanged"), ("B", "removed")]);
    assert_eq!(
        told["instances"][2]["interrupts"],
        json!(["no longer held: 192.0.2.2"])
    );
}

#[test]
fn a_script_that_runs_more_often_is_changed() {
    let with = |interval: u8| {
        let script = format!("vrrp_script chk {{\n script /bin/true\n interval {interval}\n}}\n");
        script
            + &instance("A", 1, 100, ONE).replace("priority 100", "priority 100\n track_script {\n chk\n }")
    };
    let told = told(&with(2), &with(5));
    assert_eq!(told["instances"][0]["what"], "unchanged");
    let script = &told["scripts"][0];
    assert_eq!(
        (&script["name"], &script["what"]),
        (&json!("chk"), &json!("changed"))
    );
    assert_eq!(
        script["settings"][0],
        json!({"name": "interval_us", "old": 2_000_000, "new": 5_000_000})
    );
}

#[test]
fn a_file_by_whose_error_something_would_disappear_changes_nothing() {
    let old = instance("A", 1, 100, ONE) + &instance("B", 2, 100, TWO);
    let new = old.replace("virtual_router_id 2", "virtual_router_id 999");
    let output = plan(&old, &new, &["--assume-present"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.starts_with("Nothing would change, because the file has errors, and B"),
        "{said}"
    );
    assert!(said.contains("would disappear"), "{said}");
}

#[test]
fn an_interface_that_this_machine_lacks_is_no_place_for_what_runs() {
    let old = instance("A", 1, 100, ONE).replace("eth0", "lo");
    let new = old.replace("interface lo", "interface no-such-one");
    let output = plan(&old, &new, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("interface no-such-one does not exist"), "{said}");
}

#[test]
fn another_password_is_told_and_not_shown() {
    let old = instance("A", 1, 100, ONE);
    let output = plan(&old, &old.replace("hidden1", "hidden2"), &["--assume-present"]);
    let said = text(&output.stdout);
    assert!(
        said.contains("auth_pass  another one of the same length"),
        "{said}"
    );
    assert!(!said.contains("hidden"), "{said}");
}

/// PRJ-KEY-01: the same router under another name, alone and with other changes; two that have each other's.
#[test]
fn an_instance_with_another_name_is_renamed_and_goes_on() {
    let old = instance("A", 1, 100, ONE) + &instance("B", 2, 100, TWO);
    let new = instance("web", 1, 100, ONE) + &instance("B", 2, 100, TWO);
    let output = plan(&old, &new, &["--assume-present"]);
    let said = text(&output.stdout);
    assert!(said.contains("  web  renamed, was A; unchanged\n"), "{said}");
    assert!(
        !said.contains("Nothing would change") && !said.contains("move"),
        "{said}"
    );
    let one = &told(&old, &new)["instances"][0];
    assert_eq!(
        (&one["name"], &one["renamed_from"], &one["what"]),
        (&json!("web"), &json!("A"), &json!("unchanged"))
    );
    assert_eq!((&one["interrupts"], &one["settings"]), (&json!([]), &json!([])));

    let swapped = told(&old, &(instance("B", 1, 90, ONE) + &instance("A", 2, 100, TWO)));
    let all = swapped["instances"].as_array().unwrap();
    let short: Vec<_> = all
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["renamed_from"].as_str(),
                one["what"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [("B", Some("A"), "changed"), ("A", Some("B"), "unchanged")]
    );
    assert_eq!(
        all[0]["settings"],
        json!([{"name": "priority", "old": 100, "new": 90}])
    );
    assert_eq!(swapped["moves"], json!([]));
}

/// `A` was router 1, which goes; its name is router 2's now.
#[test]
fn a_name_that_another_one_gets_stands_there_twice() {
    let old = instance("A", 1, 100, ONE) + &instance("B", 2, 100, TWO);
    let told = told(&old, &instance("A", 2, 100, TWO));
    let all = told["instances"].as_array().unwrap();
    let short: Vec<_> = all
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["renamed_from"].as_str(),
                one["what"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(short, [("A", Some("B"), "unchanged"), ("A", None, "removed")]);
    assert_eq!(all[1]["interrupts"], json!(["no longer held: 192.0.2.1"]));
}

/// What a running process keeps, with the place and both values.
#[test]
fn what_needs_a_new_start_is_told_with_its_place_and_values() {
    let with = |words: &str| format!("global_defs {{\n{words}\n}}\n{}", instance("A", 1, 100, ONE));
    let old = with("router_id x\nvrrp_rt_priority 50\nvrrp_no_swap");
    let new = with("router_id x\nvrrp_rt_priority 60\nnftables other");
    let output = plan(&old, &new, &["--assume-present"]);
    let said = text(&output.stdout);
    for part in [
        "new.conf:3: vrrp_rt_priority  50 -> 60: a running vrrpd keeps the old value until it is started anew\n",
        "new.conf:4: nftables",
        "\nvrrp_no_swap",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let told = told(&old, &new);
    assert_eq!(
        told["needs_restart"],
        json!(["vrrp_rt_priority", "vrrp_no_swap", "nftables"])
    );
    assert_eq!(
        told["kept"][0]["settings"],
        json!([{"name": "vrrp_rt_priority", "old": 50, "new": 60}])
    );
    // Gaps between announcements are taken over.
    let paced = self::told(
        &old,
        &with("router_id x\nvrrp_rt_priority 50\nvrrp_no_swap\nvrrp_garp_interval 0.1"),
    );
    assert_eq!(
        (&paced["node"], &paced["needs_restart"]),
        (&json!(["vrrp_garp_interval"]), &json!([]))
    );
}

/// What differs in a secret is said, and the secret is not.
#[test]
fn mail_and_webhooks_that_tell_otherwise_are_named() {
    let file = |to: &str, path: &str| {
        format!(
            "global_defs {{\nnotification_email {{\n{to}@example.com\n}}\nsmtp_server 192.0.2.25\nsmtp_alert\n}}\n\
             vrrp_webhook pager {{\nurl https://h.example.com/{path}\n}}\n{}",
            instance("A", 1, 100, ONE)
        )
    };
    let same = told(&file("a", "s3same"), &file("a", "s3same"));
    assert_eq!(
        (&same["changes"], &same["mail"], &same["webhooks"]),
        (&json!(false), &json!([]), &json!([]))
    );
    let (old, new) = (file("a", "s3same"), file("b", "0pen"));
    let differs = told(&old, &new);
    assert_eq!(differs["mail"][0]["what"], "changed");
    assert_eq!(differs["mail"][0]["settings"][0]["name"], "notification_email");
    assert_eq!(
        (&differs["webhooks"][0]["name"], &differs["webhooks"][0]["what"]),
        (&json!("pager"), &json!("changed"))
    );
    let shown = text(&plan(&old, &new, &["--assume-present"]).stdout);
    assert!(
        shown.contains("secret  another one") && shown.contains("b@example.com"),
        "{shown}"
    );
    assert!(!shown.contains("s3same") && !shown.contains("0pen"), "{shown}");
    let without = instance("A", 1, 100, ONE);
    let gone = told(&old, &without);
    assert_eq!(
        (&gone["mail"][0]["what"], &gone["webhooks"][0]["what"]),
        (&json!("removed"), &json!("removed"))
    );
}

#[test]
fn a_pipe_that_comes_or_goes_is_not_taken_over() {
    let one = instance("A", 1, 100, ONE);
    let fifo = |path: &str| {
        format!("global_defs {{\nvrrp_notify_fifo {path}\nvrrp_notify_fifo_script /bin/cat\n}}\n{one}")
    };
    for (old, new, what) in [
        (one.clone(), fifo("/run/a"), "added"),
        (fifo("/run/a"), one.clone(), "removed"),
    ] {
        let said = text(&plan(&old, &new, &["--assume-present"]).stdout);
        for word in ["vrrp_notify_fifo", "vrrp_notify_fifo_script"] {
            assert!(said.contains(&format!("{word}: {what}\n")), "{said}");
        }
    }
    let said = text(&plan(&fifo("/run/a"), &fifo("/run/b"), &["--assume-present"]).stdout);
    assert!(said.contains("vrrp_notify_fifo: taken over\n"), "{said}");
}

/// A virtual server with these lines, and a real server with those.
fn director(address: &str, lines: &str, real: &str) -> String {
    format!(
        "virtual_server {address} 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{lines}\nreal_server 10.0.0.2 80 {{\n{real}\nTCP_CHECK {{\n}}\n}}\n}}\n"
    )
}

#[test]
fn virtual_servers_that_differ_are_named_with_what_differs() {
    let global = "global_defs {\nlvs_timeouts tcp 100\n}\n";
    let old = director("192.0.2.1", "", "") + &director("192.0.2.2", "", "") + &director("192.0.2.3", "", "");
    let same = plan(&old, &format!("\n\n{old}"), &["--assume-present"]);
    assert!(
        text(&same.stdout).starts_with("Nothing would change"),
        "{}",
        text(&same.stdout)
    );
    let more = "lb_kind DR\nreal_server 10.0.0.9 80 {\n}";
    let new = global.to_owned()
        + &director("192.0.2.4", "", "")
        + &director("192.0.2.2", more, "weight 3")
        + &director("192.0.2.1", "", "").replace("TCP_CHECK {", "TCP_CHECK {\nretry 2");
    let output = plan(&old, &new, &["--assume-present"]);
    let said = text(&output.stdout);
    let expected = "\
Virtual servers
  TCP 192.0.2.4:80  added
  TCP 192.0.2.2:80  changed in place
      lb_kind  NAT -> DR
      + real_server 10.0.0.9:80
      real_server 10.0.0.2:80: weight  1 -> 3
      real_server 10.0.0.2:80: lvs_method  NAT -> DR
  TCP 192.0.2.1:80  changed in place
      TCP_CHECK of 10.0.0.2:80: retry  1 -> 2
  TCP 192.0.2.3:80  removed
  all virtual servers  changed in place
      lvs_timeouts  (the kernel's) -> tcp 100
";
    assert_eq!(said, expected);
    assert!(output.status.success());
    let told = told(&old, &new);
    let names: Vec<_> = told["virtual_servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["name"], &one["what"]))
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(
        told["virtual_servers"][2]["settings"][0]["name"],
        "TCP_CHECK of 10.0.0.2:80: retry"
    );
    assert_eq!(told["virtual_servers"][2]["settings"][0]["new"], 2);
}
