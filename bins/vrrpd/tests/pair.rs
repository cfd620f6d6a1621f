//! Two daemons on the pair of `examples/`, each in a namespace of its own, with a cable between them.
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

use node::replay::replayed;
use node::{LIMIT, Node};
use vrrp_conformance::proves;
use vrrp_control::{Answer, Ask, Since, State};

/// Whatever its length: the tutorials give it another one on each node.
const ADDRESS: &str = " 192.168.190.23/";

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Both, waiting for their interfaces, and then with a cable between them.
fn pair() -> Option<(Node, Node)> {
    pair_with([&[], &[]])
}

/// As [`pair`], with arguments of each daemon.
fn pair_with(arguments: [&[&str]; 2]) -> Option<(Node, Node)> {
    let one = Node::alone_with(&example("lb01.conf"), arguments[0])?;
    one.until_state("VI_1", "FAULT");
    let two = one.beside_with(&example("lb02.conf"), arguments[1]);
    two.until_state("VI_1", "FAULT");
    one.inside(&[
        "ip",
        "link",
        "add",
        "eth1",
        "type",
        "veth",
        "peer",
        "name",
        "eth2",
        "netns",
        &two.pid().to_string(),
    ]);
    one.inside(&["ip", "address", "add", "192.168.190.1/24", "dev", "eth1"]);
    two.inside(&["ip", "address", "add", "192.168.190.2/24", "dev", "eth2"]);
    two.inside(&["ip", "link", "set", "eth2", "up"]);
    one.inside(&["ip", "link", "set", "eth1", "up"]);
    Some((one, two))
}

fn has_address(node: &Node) -> bool {
    node.inside(&["ip", "-o", "address"]).contains(ADDRESS)
}

struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The journal names who has gone, and with which priority it said so.
fn takes_over(node: &Node) {
    let Ok(Answer::Events(events)) = vrrp_control::ask(&node.socket(), Ask::Events(Since::default())) else {
        panic!("no events");
    };
    let taken = events
        .events
        .iter()
        .rfind(|event| event.to == Some(State::Active))
        .unwrap();
    assert_eq!(taken.code, "priority-zero");
    assert_eq!(
        taken.peer.map(|peer| peer.to_string()).as_deref(),
        Some("192.168.190.1")
    );
    assert_eq!(taken.text, "192.168.190.1 said goodbye (priority 0)");
    assert!(taken.priority.is_some_and(|priority| priority < 150), "{taken:?}");
}

#[test]
fn the_address_is_with_the_better_node_and_a_planned_stop_never_leaves_it_nowhere() {
    let Some((mut one, two)) = pair() else { return };
    // With the namespace of lb01 the cable would go as well.
    let _keeper = Keeper(one.keeper());
    one.until_state("VI_1", "MASTER");
    two.until("lb02 hears lb01", |status| {
        status.instances[0]
            .active
            .as_ref()
            .is_some_and(|active| active.priority == 150)
    });
    assert!(has_address(&one) && !has_address(&two));
    let label = one.inside(&["ip", "-o", "-4", "address", "show", "dev", "eth1"]);
    assert!(label.contains("eth1:1"), "{label}");

    // T-A-01 with PRJ-STOP-01: the address is somewhere at every moment.
    one.signal("-TERM");
    let mut held_by_both = 0;
    let end = Instant::now() + LIMIT;
    while two.instance("VI_1").state != State::Active {
        assert!(Instant::now() < end, "lb02 never takes over:\n{}", two.log());
        // The second look is the later one: whoever has it then must have had it, or have it still.
        let (first, second) = (has_address(&one), has_address(&two));
        held_by_both += u32::from(first && second);
        assert!(first || second || has_address(&two), "nobody has the address");
    }
    assert_eq!(one.wait(), 0);
    assert_eq!(
        two.instance("VI_1").why,
        "192.168.190.1 said goodbye (priority 0)"
    );
    assert!(has_address(&two), "after {held_by_both} moments with both");
    let heard = &two.instance("VI_1").heard;
    assert_eq!((heard.len(), heard[0].priority), (1, 0), "{heard:?}");
    assert_eq!(
        (heard[0].address.to_string().as_str(), heard[0].version),
        ("192.168.190.1", 2)
    );
    assert!(
        heard[0].adverts > 1 && heard[0].first_ago_ms >= heard[0].last_ago_ms,
        "{heard:?}"
    );
    takes_over(&two);
    let log = one.log();
    assert!(
        log.contains("192.168.190.2 has taken over; the addresses are given up"),
        "{log}"
    );
    proves!("PRJ-STOP-01", Obeys);
}

#[test]
fn a_crash_is_answered_by_the_other_node_and_its_leftover_goes_at_the_restart() {
    let Some((one, two)) = pair() else { return };
    let keeper = Keeper(one.keeper());
    one.until_state("VI_1", "MASTER");
    two.until("lb02 hears lb01", |status| {
        status.instances[0]
            .active
            .as_ref()
            .is_some_and(|active| active.priority == 150)
    });
    one.signal("-KILL");
    two.until_state("VI_1", "MASTER");
    assert_eq!(two.instance("VI_1").why, "192.168.190.1 fell silent");
    drop(one);

    let again = Node::again(&keeper.0, &example("lb01.conf"));
    let started = Instant::now();
    again.until("the leftover is gone", |status| {
        let one = &status.instances[0];
        one.state == State::Backup && !one.addresses[0].present
    });
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert!(has_address(&two));
    // It is the better one: it takes the address back.
    again.until_state("VI_1", "MASTER");
    two.until_state("VI_1", "BACKUP");
    assert_eq!(
        two.instance("VI_1").why,
        "192.168.190.1 was heard with priority 150"
    );
    assert!(has_address(&again) && !has_address(&two));
    proves!("PRJ-ADDR-02", Obeys);
}

/// A failover, a reload, a crash and a planned stop, recorded on both nodes: told to the core once more, every decision is
/// the same; and the password of the pair is in neither recording.
#[test]
fn a_recorded_failover_is_decided_the_same_once_more() {
    let folder = node::folder();
    let (first, second) = (folder.join("lb01.rec"), folder.join("lb02.rec"));
    let (first_name, second_name) = (first.display().to_string(), second.display().to_string());
    let arguments: [&[&str]; 2] = [&["--record", &first_name], &["--record", &second_name]];
    let Some((one, mut two)) = pair_with(arguments) else {
        return;
    };
    let keeper = Keeper(one.keeper());
    // With the other namespace its end of the cable would go, and the one that stays would record that too.
    let _cable = Keeper(two.keeper());
    one.until_state("VI_1", "MASTER");
    two.until("lb02 hears lb01", |status| status.instances[0].active.is_some());
    let reload = two.reload(&example("lb02.conf").replace("priority 100", "priority 120"));
    assert!(reload.applied, "{}", reload.message);
    one.signal("-KILL");
    two.until_state("VI_1", "MASTER");
    drop(one);
    let again = Node::again_with(&keeper.0, &example("lb01.conf"), arguments[0]);
    again.until_state("VI_1", "MASTER");
    two.until_state("VI_1", "BACKUP");
    two.signal("-TERM");
    assert_eq!(two.wait(), 0);

    let (decisions, changes, runs) = replayed(&second);
    assert!(decisions > 8, "{decisions}");
    let story = ["Backup>Active", "Active>Backup", "Backup>Initialize"];
    assert!(changes.ends_with(&story.map(str::to_owned)), "{changes:?}");
    assert_eq!(runs, 1);
    let text = std::fs::read_to_string(&second).unwrap();
    assert!(
        text.contains(" VI_1 reconfigured ") && text.contains("priority=120"),
        "{text}"
    );
    let (_, changes, runs) = replayed(&first);
    assert_eq!(
        (runs, changes.last().map(String::as_str)),
        (2, Some("Backup>Active"))
    );
    for file in [first, second] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("authentication=password"), "{text}");
        assert!(!text.contains("123456"), "{text}");
    }
}

/// What cannot be recorded keeps nobody from serving.
#[test]
fn a_recording_that_cannot_be_is_told_and_the_address_is_served() {
    let folder = node::folder();
    let file = folder.join("precious");
    std::fs::write(&file, "precious").unwrap();
    let name = file.display().to_string();
    let config = node::instance("VI_1", 51, "192.0.2.100/24", "");
    let Some(node) = Node::start(&config, &["--record", &name]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    assert!(
        node.log().contains("is no recording; it is left alone"),
        "{}",
        node.log()
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
