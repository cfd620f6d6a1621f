//! `notify_before_stop`: what runs while the addresses are still here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use node::steering::{adverts_pass, moved, outcomes, until_log};
use node::{Folder, LIMIT, Node, folder, instance, script};
use vrrp_control::{Answer, Ask, Outcome, State, ask_within};

struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn config(priority: u8, script: &str) -> String {
    let own = format!("    notify_before_stop {script}");
    let text = instance("VI_1", 51, "192.0.2.100/24", &own);
    text.replace("priority 150", &format!("priority {priority}"))
}

/// The better one, which is MASTER, the other one, and a process that keeps the first one's network.
fn pair(first: &str, second: &str, arguments: &[&str]) -> Option<(Node, Node, Keeper)> {
    let one = Node::alone_with(first, arguments)?;
    one.until_state("VI_1", "FAULT");
    let two = one.beside(second);
    two.until_state("VI_1", "FAULT");
    let keeper = Keeper(one.keeper());
    let far = two.pid().to_string();
    let cable = "ip link add eth1 type veth peer name eth1 netns";
    let words: Vec<&str> = cable.split(' ').chain([far.as_str()]).collect();
    one.inside(&words);
    for (node, address) in [(&one, "192.0.2.1/24"), (&two, "192.0.2.2/24")] {
        node.inside(&["ip", "address", "add", address, "dev", "eth1"]);
        node.inside(&["ip", "link", "set", "eth1", "up"]);
    }
    one.until_state("VI_1", "MASTER");
    two.until("it hears the first", |status| {
        status.instances[0]
            .active
            .as_ref()
            .is_some_and(|active| active.priority == 150)
    });
    Some((one, two, keeper))
}

/// Writes down what it sees, and ends when it may.
fn patient(place: &Folder) -> String {
    let body = format!(
        "ip -o address show dev eth1 > {0}/part; mv {0}/part {0}/seen; until [ -e {0}/go ]; do sleep 0.05; done",
        place.display()
    );
    script(place, "patient", &body)
}

fn until_exists(path: &Path, node: &Node) -> String {
    let end = Instant::now() + LIMIT;
    while !path.exists() {
        assert!(
            Instant::now() < end,
            "never: {}; log:\n{}",
            path.display(),
            node.log()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::read_to_string(path).unwrap()
}

/// For the member and for its group, and on the node that is MASTER only.
#[test]
fn it_runs_while_the_address_is_here_and_the_other_node_waits() {
    let (place, other) = (folder(), folder());
    let of_group = script(
        &place,
        "group",
        &format!("echo group > {}/group", place.display()),
    );
    let group = format!(
        "vrrp_sync_group G {{\n    group {{\n        VI_1\n    }}\n    notify_before_stop {of_group}\n}}\n"
    );
    let first = format!("{group}{}", config(150, &patient(&place)));
    let Some((mut one, mut two, _keeper)) = pair(&first, &config(100, &patient(&other)), &[]) else {
        return;
    };
    one.signal("-TERM");
    let seen = until_exists(&place.join("seen"), &one);
    assert!(seen.contains("192.0.2.100/24"), "{seen}");
    until_exists(&place.join("group"), &one);
    // Five intervals and more: nobody has taken over, and nobody was told to.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(700) {
        assert_eq!(two.instance("VI_1").state, State::Backup);
        assert_eq!(one.instance("VI_1").state, State::Active);
    }
    let status = one.status();
    assert!(status.daemon.stopping);
    assert_eq!(
        status.instances[0].hook_running.as_deref(),
        Some("notify_before_stop")
    );
    let hook = status.groups[0].hooks.first().unwrap();
    assert_eq!(hook.label, "notify_before_stop");
    std::fs::write(place.join("go"), "").unwrap();
    assert_eq!(one.wait(), 0);
    two.until_state("VI_1", "MASTER");
    assert_eq!(two.instance("VI_1").why, "192.0.2.1 said goodbye (priority 0)");
    let log = one.log();
    let order = [
        "notify_before_stop of G, VI_1 runs first",
        "handing over",
        "192.0.2.2 has taken over",
    ];
    let places: Vec<_> = order.iter().map(|line| log.find(line)).collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{places:?}:\n{log}"
    );
    assert!(!other.join("seen").exists(), "it was never MASTER at a stop");
    std::fs::write(other.join("go"), "").unwrap();
    two.signal("-TERM");
    assert_eq!(two.wait(), 0);
    assert!(other.join("seen").exists(), "now it was");
}

#[test]
fn one_that_hangs_delays_the_stop_by_its_limit_and_no_more() {
    let place = folder();
    let hangs = script(&place, "hangs", "sleep 1000");
    let (first, second) = (config(150, &hangs), config(100, &hangs));
    let Some((mut one, two, _keeper)) = pair(&first, &second, &["--notify-limit", "1"]) else {
        return;
    };
    let begin = Instant::now();
    one.signal("-TERM");
    assert_eq!(one.wait(), 0);
    let took = begin.elapsed();
    assert!(took >= Duration::from_secs(1) && took < LIMIT, "{took:?}");
    two.until_state("VI_1", "MASTER");
    assert!(one.log().contains("no end within 1s"), "{}", one.log());
}

#[test]
fn a_second_signal_skips_it_and_the_hand_over_is_a_planned_one() {
    let place = folder();
    let hangs = script(
        &place,
        "hangs",
        &format!("echo $$ > {}/pid; sleep 1000", place.display()),
    );
    let (first, second) = (config(150, &hangs), config(100, &hangs));
    let Some((mut one, two, _keeper)) = pair(&first, &second, &[]) else {
        return;
    };
    one.signal("-TERM");
    let pid = until_exists(&place.join("pid"), &one);
    one.signal("-TERM");
    assert_eq!(one.wait(), 0);
    two.until_state("VI_1", "MASTER");
    let log = one.log();
    assert!(
        log.contains("192.0.2.2 has taken over; the addresses are given up"),
        "{log}"
    );
    let process = format!("/proc/{}", pid.trim());
    let end = Instant::now() + LIMIT;
    while Path::new(&process).exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!Path::new(&process).exists(), "it is killed");
}

/// Before the instance goes; what stays does not run it.
#[test]
fn a_reload_that_takes_an_instance_away_runs_it() {
    let place = folder();
    let notes = |name: &str| {
        let body = format!("ip -o address show dev eth1 > {}/{name}", place.display());
        script(&place, &format!("note-{name}"), &body)
    };
    let stays = instance(
        "VI_1",
        51,
        "192.0.2.100/24",
        &format!("    notify_before_stop {}", notes("stays")),
    );
    let goes = instance(
        "VI_2",
        52,
        "192.0.2.101/24",
        &format!("    notify_before_stop {}", notes("goes")),
    );
    let Some(node) = Node::start(&format!("{stays}{goes}"), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    node.until_state("VI_2", "MASTER");
    assert!(node.reload(&stays).applied);
    let seen = std::fs::read_to_string(place.join("goes")).unwrap();
    assert!(seen.contains("192.0.2.101/24"), "{seen}");
    assert!(!place.join("stays").exists());
}

/// What the reload would begin would outlive the stop.
#[test]
fn a_stop_goes_before_a_reload_that_waits() {
    let place = folder();
    let stays = instance("VI_1", 51, "192.0.2.100/24", "");
    let own = format!("    notify_before_stop {}", patient(&place));
    let goes = instance("VI_2", 52, "192.0.2.101/24", &own);
    let new = instance("VI_3", 53, "192.0.2.102/24", "");
    let Some(mut node) = Node::start(&format!("{stays}{goes}"), &[]) else {
        return;
    };
    node.until_state("VI_2", "MASTER");
    node.configure(&format!("{stays}{new}"));
    node.signal("-HUP");
    until_exists(&place.join("seen"), &node);
    node.signal("-TERM");
    node.until("it stops", |status| status.daemon.stopping);
    std::fs::write(place.join("go"), "").unwrap();
    assert_eq!(node.wait(), 0);
    let log = node.log();
    assert!(
        log.contains("not reloaded, nothing has changed: vrrpd is stopping"),
        "{log}"
    );
    assert!(!log.contains("VI_3"), "{log}");
}

/// The third instance needs a socket that the kernel does not give.
#[test]
fn what_ran_for_a_reload_that_is_refused_is_told() {
    let place = folder();
    let notes = |name: &str| {
        let body = format!("echo >> {}/{name}", place.display());
        script(&place, &format!("note-{name}"), &body)
    };
    let stays = instance("VI_1", 51, "192.0.2.100/24", "");
    let own = format!(
        "    notify_before_stop {}\n    notify_stop {}",
        notes("before"),
        notes("stop")
    );
    let goes = instance("VI_2", 52, "192.0.2.101/24", &own);
    let new = instance("VI_3", 53, "198.51.100.3/24", "").replace("eth1", "eth2");
    let Some(node) = Node::start(&format!("{stays}{goes}"), &[]) else {
        return;
    };
    node.until_state("VI_2", "MASTER");
    node.inside(&[
        "ip", "link", "add", "eth2", "type", "veth", "peer", "name", "far2",
    ]);
    for end in ["eth2", "far2"] {
        node.inside(&["ip", "link", "set", end, "up"]);
    }
    let limit = "echo 0 > /proc/sys/net/ipv4/igmp_max_memberships";
    node.inside(&["sh", "-c", limit]);
    let reload = node.reload(&format!("{stays}{new}"));
    assert!(!reload.applied && reload.message.contains("VI_3"), "{reload:?}");
    assert!(place.join("before").exists(), "it has run");
    let log = node.log();
    assert!(
        log.contains("notify_before_stop of VI_2 has run, but the reload was refused: they stay as they are"),
        "{log}"
    );
    let two = node.instance("VI_2");
    assert_eq!(two.state, State::Active);
    assert_eq!(two.counters["master-transitions"], 1);
    assert!(!place.join("stop").exists(), "it has not stopped");
}

/// The script has the time that it has without the maintenance, and a reload in the middle takes nothing of it.
#[test]
fn a_maintenance_waits_for_a_drain_that_is_under_way() {
    let place = folder();
    let (first, second) = (config(150, &patient(&place)), config(100, "/bin/true"));
    let Some((one, two, _keeper)) = pair(&first, &second, &[]) else {
        return;
    };
    let asking = |ask: Ask| {
        let socket = one.socket();
        std::thread::spawn(move || ask_within(&socket, ask, LIMIT).unwrap())
    };
    let drain = asking(Ask::Switchover {
        instance: None,
        undo: false,
        drain: true,
    });
    until_exists(&place.join("seen"), &one);
    let maintenance = asking(Ask::Maintenance { on: true });
    until_log(&one, "the switchover that is under way is waited for");
    assert!(one.reload(&first).applied);
    adverts_pass(&one, 10);
    let shown = one.instance("VI_1");
    assert_eq!((shown.state, shown.priority.effective), (State::Active, 150));
    std::fs::write(place.join("go"), "").unwrap();
    let moved = moved(drain.join().unwrap());
    assert_eq!(outcomes(&moved), [("VI_1", Outcome::HandedOver)]);
    let Answer::Maintenance(set) = maintenance.join().unwrap() else {
        panic!("{}", one.log());
    };
    assert_eq!(outcomes(&set.instances), [("VI_1", Outcome::StoodBack)]);
    two.until_state("VI_1", "MASTER");
    one.until("priority 1", |status| status.instances[0].priority.effective == 1);
}
