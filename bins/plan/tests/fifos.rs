//! Named pipes in the plan, and what a reload makes of them.

use keepalived_conf::MemoryFiles;
use vrrp_plan::{Host, Plan, difference, lower};

fn plan(global: &str, own: &str) -> Plan {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{own}\n}}\n"
    );
    let files = MemoryFiles::new([("k.conf", text.as_str())]);
    let parsed = keepalived_conf::parse(&files, "k.conf");
    let host = Host {
        keepalived_script: true,
        ..Host::default()
    };
    let allowed = std::iter::empty::<&str>().collect();
    lower(&parsed.config, &parsed.sources, &allowed, &host).plan
}

/// As keepalived 2.2.7: a pipe is made for whom scripts run as.
#[test]
fn a_pipe_belongs_to_its_user_else_script_user_else_keepalived_script() {
    let owner = |text: &str| {
        let plan = plan(text, "");
        let fifo = plan.node.fifos.first().unwrap();
        assert!(fifo.place.starts_with("k.conf:"), "{}", fifo.place);
        fifo.user.clone()
    };
    let user = |user: &str, group: Option<&str>| Some((user.to_owned(), group.map(str::to_owned)));
    assert_eq!(owner("notify_fifo /a"), user("keepalived_script", None));
    assert_eq!(owner("notify_fifo /a\nscript_user me us"), user("me", Some("us")));
    assert_eq!(owner("notify_fifo /a you\nscript_user me us"), user("you", None));
}

/// A script stands where its line is, and one that only moved is the same.
#[test]
fn a_script_has_a_place_of_its_own() {
    let of = |own: &str| plan("", own).instances.remove(0).hooks;
    let one = of("notify_master /bin/m\nnotify_deleted /bin/d");
    let two = of("\n\nnotify_master /bin/m\nnotify_deleted /bin/d");
    assert_eq!(one.place("notify_master"), "k.conf:10");
    assert_eq!(two.place("notify_master"), "k.conf:12");
    assert_eq!(two.place("notify_deleted"), "k.conf:13");
    assert_eq!(one, two);
    assert_ne!(one, of("notify_master /bin/m"));
}

#[test]
fn a_reload_names_what_of_a_pipe_changes() {
    let before = plan("\nvrrp_notify_fifo /a\nvrrp_notify_fifo_script /bin/cat", "");
    let words = |global: &str| difference(&before, &plan(global, "")).node;
    let moved = "vrrp_notify_fifo /a\n\n\nvrrp_notify_fifo_script /bin/cat";
    assert!(words(moved).is_empty(), "only its line");
    let script = "vrrp_notify_fifo_script";
    assert_eq!(
        words("vrrp_notify_fifo /b\nvrrp_notify_fifo_script /bin/cat"),
        ["vrrp_notify_fifo"]
    );
    assert_eq!(
        words("vrrp_notify_fifo /a you\nvrrp_notify_fifo_script /bin/cat"),
        ["vrrp_notify_fifo"]
    );
    assert_eq!(words("vrrp_notify_fifo /a"), [script]);
    assert_eq!(words(""), ["vrrp_notify_fifo", script]);
    assert_eq!(
        words(&format!(
            "{moved}\nnotify_fifo /c\nfifo_write_vrrp_states_on_reload"
        )),
        ["notify_fifo", "fifo_write_vrrp_states_on_reload"]
    );
    let told = difference(&before, &plan(moved, "notify_priority_changes"));
    assert_eq!(told.hooks, ["A"]);
    let told = difference(&before, &plan(moved, "notify_before_stop /bin/x"));
    assert_eq!(told.hooks, ["A"]);
}
