//! Named pipes, as keepalived 2.2.7 treats the same lines, and `notify_before_stop`, which it calls unknown.

use keepalived_conf::{Parsed, Severity, keywords};

use super::text::{file, found};

fn global(lines: &str) -> Parsed {
    file(&format!("global_defs {{\n{lines}\n}}\n"))
}

#[test]
fn a_pipe_has_a_path_a_user_and_a_program() {
    let parsed = global(
        "notify_fifo /run/all.fifo\nvrrp_notify_fifo /run/vrrp.fifo nobody nogroup\n\
         vrrp_notify_fifo_script \"/usr/bin/reader -v\" nobody\nfifo_write_vrrp_states_on_reload\nvrrp_notify_priority_changes",
    );
    assert_eq!(parsed.diagnostics, []);
    let fifos = &parsed.config.global.fifos;
    let all = &fifos.all.fifo.as_ref().unwrap().value;
    assert_eq!((all.path.as_str(), &all.user), ("/run/all.fifo", &None));
    assert!(fifos.all.script.is_none());
    let vrrp = &fifos.vrrp.fifo.as_ref().unwrap().value;
    let user = vrrp.user.as_ref().unwrap();
    assert_eq!(vrrp.path, "/run/vrrp.fifo");
    assert_eq!(
        (user.user.as_str(), user.group.as_deref()),
        ("nobody", Some("nogroup"))
    );
    let script = &fifos.vrrp.script.as_ref().unwrap().value;
    assert_eq!(script.argv, ["/usr/bin/reader", "-v"]);
    assert_eq!(script.user.as_ref().unwrap().user, "nobody");
    assert!(fifos.states_on_reload.value && fifos.priority_changes.value);
}

/// keepalived: `vrrp_notify_fifo already specified - ignoring …`.
#[test]
fn the_first_of_two_counts() {
    let parsed = global("vrrp_notify_fifo /run/a\nvrrp_notify_fifo /run/b");
    assert_eq!(found(&parsed, "set-again").severity, Severity::Error);
    let fifo = &parsed.config.global.fifos.vrrp.fifo.as_ref().unwrap().value;
    assert_eq!(fifo.path, "/run/a");
}

/// keepalived: `notify FIFO … has been specified for global and vrrp FIFO - ignoring vrrp FIFO`.
#[test]
fn one_path_for_both_is_one_pipe() {
    let parsed = global("notify_fifo /run/a\nvrrp_notify_fifo /run/a\nvrrp_notify_fifo_script /bin/cat");
    assert_eq!(found(&parsed, "same-fifo").severity, Severity::Warning);
    let fifos = &parsed.config.global.fifos;
    assert!(fifos.all.fifo.is_some() && fifos.vrrp.fifo.is_none() && fifos.vrrp.script.is_none());
}

#[test]
fn a_program_without_a_pipe_is_told() {
    let parsed = global("notify_fifo_script /bin/cat");
    assert!(
        found(&parsed, "fifo-script")
            .message
            .contains("without notify_fifo")
    );
    assert!(parsed.config.global.fifos.all.script.is_none());
}

/// Seen with keepalived 2.2.7, whose lines these three decide: the instance's own word, its group's, that of all.
#[test]
fn who_is_told_of_priorities() {
    let told = |global: &str, group: &str, own: &str| {
        let parsed = file(&format!(
            "global_defs {{\n{global}\n}}\nvrrp_sync_group G {{\ngroup {{\nA\n}}\n{group}\n}}\n\
             vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{own}\n}}\n"
        ));
        let notify = &parsed.config.instances.first().unwrap().notify;
        notify.priority_changes.is_some_and(|said| said.value)
    };
    let all = "vrrp_notify_priority_changes";
    let on = "notify_priority_changes";
    let off = "notify_priority_changes off";
    assert!(!told("", "", ""));
    assert!(told(all, "", "") && told("", on, "") && told("", "", on));
    assert!(!told(all, "", off) && !told("", on, off) && !told(all, off, ""));
    assert!(told(all, off, on));
}

#[test]
fn a_word_of_our_own_runs_before_a_stop() {
    let parsed = file(
        "vrrp_sync_group G {\ngroup {\nA\n}\nnotify_before_stop /bin/g\n}\n\
         vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n\
         notify_before_stop \"/usr/sbin/nginx -s quit\" root\n}\n",
    );
    let before = |notify: &keepalived_conf::Notify| notify.before_stop.as_ref().unwrap().value.argv.clone();
    let instance = parsed.config.instances.first().unwrap();
    assert_eq!(before(&instance.notify), ["/usr/sbin/nginx", "-s", "quit"]);
    assert_eq!(
        before(&parsed.config.sync_groups.first().unwrap().notify),
        ["/bin/g"]
    );
    let own = keywords().iter().filter(|word| word.name == "notify_before_stop");
    assert!(
        own.clone()
            .all(|word| word.known_to == keepalived_conf::KnownTo::Own)
    );
    assert_eq!(own.count(), 2);
}
