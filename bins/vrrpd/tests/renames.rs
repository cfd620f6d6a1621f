//! SIGHUP with other names: an instance is the virtual router that it is, whatever it is called.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::{Folder, Node, folder, instance, script};
use vrrp_control::State;

const ONE: &str = "192.0.2.101/24";
const TWO: &str = "192.0.2.102/24";

/// Two checks that fail when a file is there, and a script that writes down what it is told.
fn scripts(place: &Folder) -> (String, String) {
    let told = place.join("told");
    let notify = script(place, "notify.sh", &format!("echo \"$*\" >> {}", told.display()));
    let check = |name: &str| {
        let path = place.join(name);
        let text = format!("[ ! -e {} ]", path.display());
        let file = script(place, &format!("check-{name}.sh"), &text);
        format!(
            "vrrp_script {name} {{\n    script \"{file}\"\n    interval 0.1\n    fall 1\n    rise 1\n    weight -40\n}}\n"
        )
    };
    (check("a") + &check("b"), notify)
}

fn told(place: &Folder) -> String {
    std::fs::read_to_string(place.join("told")).unwrap_or_default()
}

fn with(name: &str, vrid: u8, address: &str, check: &str, notify: &str) -> String {
    let more = format!("    notify {notify}\n    track_script {{\n        {check}\n    }}\n");
    instance(name, vrid, address, &more)
}

/// State, priority, first address, and since when.
fn seen(node: &Node, name: &str) -> (State, u8, String, u64) {
    let one = node.instance(name);
    let address = one.addresses[0].address.to_string();
    (one.state, one.priority.effective, address, one.since_unix_ms)
}

/// PRJ-KEY-01: another name, then each other's; what they track and what they run goes with them.
#[test]
fn prj_key_01_an_instance_that_is_renamed_goes_on() {
    let place = folder();
    let (checks, notify) = scripts(&place);
    let two = |one: &str, two: &str| {
        checks.clone() + &with(one, 51, ONE, "a", &notify) + &with(two, 52, TWO, "b", &notify)
    };
    let Some(node) = Node::start(&two("VI_1", "VI_2"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    node.until("scripts have run", |_| {
        told(&place).matches("MASTER").count() == 2
    });
    let (first, second) = (seen(&node, "VI_1"), seen(&node, "VI_2"));
    let before = told(&place);

    let reload = node.reload(&two("WEB", "VI_2"));
    assert!(
        reload.applied && reload.message == "renamed: VI_1 to WEB",
        "{reload:?}"
    );
    assert_eq!(
        (seen(&node, "WEB"), seen(&node, "VI_2")),
        (first.clone(), second.clone())
    );
    assert_eq!(node.status().instances.len(), 2);

    let reload = node.reload(&two("VI_2", "WEB"));
    assert!(
        reload.applied && reload.message.starts_with("renamed: ") && !reload.message.contains(';'),
        "{reload:?}"
    );
    assert_eq!(
        (seen(&node, "VI_2"), seen(&node, "WEB")),
        (first.clone(), second.clone())
    );
    assert_eq!(told(&place), before, "nobody is told what has not happened");
    for name in ["VI_2", "WEB"] {
        assert_eq!(node.instance(name).counters["master-transitions"], 1);
    }
    let log = node.log();
    assert!(log.contains("VI_2: this was WEB until now"), "{log}");

    // Each follows its own check still.
    std::fs::write(place.join("a"), "").unwrap();
    node.until("a counts for 51", |status| {
        status
            .instances
            .iter()
            .any(|one| one.name == "VI_2" && one.priority.effective == 110)
    });
    assert_eq!(seen(&node, "WEB").1, second.1);
    node.inside(&["ip", "link", "set", "eth1", "down"]);
    node.until("told under the new names", |_| {
        let told = told(&place);
        told.contains("INSTANCE VI_2 FAULT") && told.contains("INSTANCE WEB FAULT")
    });
    assert!(!told(&place).contains("VI_1 FAULT"), "{}", told(&place));
}

/// Another name, priority, address and script at once; the name that is free is another router's in the same reload.
#[test]
fn a_rename_beside_other_changes_is_both() {
    let place = folder();
    let (checks, notify) = scripts(&place);
    let config = checks.clone() + &with("VI_1", 51, ONE, "a", &notify);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until("the script has run", |_| told(&place).contains("VI_1 MASTER"));
    let before = seen(&node, "VI_1");
    let more = format!("{ONE}\n        192.0.2.111/24");
    let renamed = with("WEB", 51, &more, "b", &notify).replace("priority 150", "priority 149");
    let new = checks.clone() + &renamed + &with("VI_1", 53, TWO, "a", &notify);
    let reload = node.reload(&new);
    assert!(reload.applied, "{reload:?}");
    for part in [
        "renamed: VI_1 to WEB",
        "new: VI_1",
        "changed: WEB",
        "other checks tracked: WEB",
    ] {
        assert!(reload.message.contains(part), "{part}: {reload:?}");
    }
    let web = seen(&node, "WEB");
    assert_eq!((web.0, web.1, web.3), (before.0, 149, before.3));
    node.until("the address is there", |_| {
        node.inside(&["ip", "-o", "address"]).contains("192.0.2.111/24")
    });
    node.until_state("VI_1", "MASTER");
    node.until("the new one is told", |_| {
        told(&place).matches("VI_1 MASTER").count() == 2
    });
    // And away: the one that has the old name goes, the one that had it stays.
    let reload = node.reload(&(checks + &renamed));
    assert!(
        reload.applied && reload.message.contains("gone: VI_1"),
        "{reload:?}"
    );
    node.until("one is left", |status| status.instances.len() == 1);
    assert_eq!(seen(&node, "WEB").3, before.3);
}

/// A name that another router takes over: who had it is told that it goes, and who has it now is not.
#[test]
fn a_name_that_another_one_gets_is_told_as_gone() {
    let place = folder();
    let (checks, notify) = scripts(&place);
    let notify_deleted = |text: &str| text.replace("state BACKUP", "state BACKUP\n    notify_deleted");
    let config = checks.clone()
        + &notify_deleted(&with("VI_1", 51, ONE, "a", &notify))
        + &with("VI_2", 52, TWO, "b", &notify);
    let Some(node) = Node::start(&config, &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    let before = seen(&node, "VI_2");
    let reload = node.reload(&(checks + &with("VI_1", 52, TWO, "b", &notify)));
    assert!(reload.applied, "{reload:?}");
    assert!(
        reload.message.contains("renamed: VI_2 to VI_1") && reload.message.contains("gone: VI_1"),
        "{reload:?}"
    );
    node.until("one is told", |_| told(&place).contains("INSTANCE VI_1 DELETED"));
    node.until("one is left", |status| status.instances.len() == 1);
    assert_eq!(seen(&node, "VI_1"), before);
}
