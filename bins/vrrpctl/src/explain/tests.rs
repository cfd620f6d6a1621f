use vrrp_control::{
    Answer, Contribution, Group, Health, HeardRouter, KeepalivedState, Leaves, Next, Priority, Reply,
    TrackedKind,
};

use super::*;

/// The answer that the other tests of this program get; VI_1 is Backup there, 150 and one check of -2.
fn status() -> Status {
    let text = include_str!("../../tests/answer.json").replace('\n', " ");
    match Reply::from_line(text.as_bytes()).unwrap().answer {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

fn check(name: &str, weight: i16, health: Health, adds: i32) -> Contribution {
    Contribution {
        name: name.to_owned(),
        kind: TrackedKind::Script,
        health,
        value: None,
        weight,
        reverse: false,
        adds,
        bars: weight == 0 && health == Health::Down,
    }
}

/// VI_1 as `change` leaves it: Backup with 150, not held back, 192.0.2.2 Active with 130, nginx_alive failed for 4.2 s.
fn explained(change: impl FnOnce(&mut Instance, &mut Status)) -> Explanation {
    let mut status = status();
    status.checks[0].name = "nginx_alive".to_owned();
    status.checks[0].since_ms = 4_200;
    let mut instance = status.instances[0].clone();
    instance.held_back = false;
    instance.incompatible_peers.clear();
    instance.priority = priority(150, 150, vec![]);
    instance.heard.clear();
    instance.active = instance.active.map(|active| vrrp_control::ActiveRouter {
        address: "192.0.2.2".parse().ok(),
        priority: 130,
        ..active
    });
    change(&mut instance, &mut status);
    explain(&instance, &status)
}

fn priority(base: u8, effective: u8, contributions: Vec<Contribution>) -> Priority {
    Priority {
        effective,
        base,
        contributions,
        moves: Vec::new(),
    }
}

/// RFC 9568 section 6.1 for priority 150 at 1 s: 3 s and 106 / 256 s, 3.41 s.
fn leaves(is_owner: bool, preempt: bool) -> Leaves {
    Leaves {
        state: "backup".to_owned(),
        is_owner,
        priority: 150,
        effective_priority: 150,
        advertise_interval_centi_sec: 100,
        last_adv_source: None,
        primary_ip_address: None,
        virtual_mac_address: "00:00:5e:00:01:37".to_owned(),
        address_count: 1,
        preempt,
        accept_mode: false,
        up_unix_ms: None,
        master_down_interval: 341,
        skew_time: 414_062,
        last_event: "vrrp-event-startup".to_owned(),
        new_master_reason: "not-master".to_owned(),
    }
}

fn active(instance: &mut Instance, why: &str) {
    instance.state = State::Active;
    instance.keepalived_state = KeepalivedState::Master;
    instance.why = why.to_owned();
    instance.state_for_ms = 61_000;
    instance.active = None;
}

fn barred(instance: &mut Instance, code: &str, words: &str) {
    instance.state = State::Initialize;
    instance.keepalived_state = KeepalivedState::Fault;
    instance.barred = Some(words.to_owned());
    instance.barred_code = Some(code.to_owned());
    instance.state_for_ms = 7_000;
    instance.next = None;
}

fn sentence(change: impl FnOnce(&mut Instance, &mut Status)) -> String {
    explained(change).sentence
}

#[test]
fn a_backup_says_what_is_compared_and_what_is_missing() {
    let down = |weight, adds| check("nginx_alive", weight, Health::Down, adds);
    assert_eq!(
        sentence(|one, _| one.priority = priority(150, 120, vec![down(-30, -30)])),
        "VI_1 is not Active because nginx_alive has failed for 4.2 s: 150 - 30 = 120 < 130 of 192.0.2.2"
    );
    // A weight that is added while it is well: 120 + 20 would be more than 130.
    assert_eq!(
        sentence(|one, _| one.priority = priority(120, 120, vec![down(20, 0)])),
        "VI_1 is not Active because nginx_alive has failed for 4.2 s: 120 < 130 of 192.0.2.2"
    );
    let both = vec![down(-30, -30), check("other", 10, Health::Up, 10)];
    assert_eq!(
        sentence(|one, _| one.priority = priority(150, 130, both)),
        "VI_1 is not Active because 192.0.2.2 has the same priority 130 and was Active first: an equal one does not preempt"
    );
    // With the check it would be 125, and still less: the check is not why.
    assert_eq!(
        sentence(|one, _| one.priority = priority(125, 95, vec![down(-30, -30)])),
        "VI_1 is not Active because 192.0.2.2 has the higher priority: 125 - 30 = 95 < 130 of 192.0.2.2"
    );
    assert_eq!(
        sentence(|one, _| one.priority = priority(100, 100, vec![])),
        "VI_1 is not Active because 192.0.2.2 has the higher priority: 100 < 130 of 192.0.2.2"
    );
}

#[test]
fn a_better_backup_says_what_holds_it_back() {
    let higher = "though 150 > 130 of 192.0.2.2";
    assert_eq!(
        sentence(|one, _| one.preempt_in_ms = Some(12_000)),
        format!("VI_1 is not Active {higher}, because its preempt delay runs for another 12 s")
    );
    assert_eq!(
        sentence(|one, _| {
            one.leaves = Some(leaves(false, false));
        }),
        format!("VI_1 is not Active {higher}, because it does not preempt (nopreempt)")
    );
    let held = explained(|one, _| one.held_back = true);
    assert_eq!(
        held.sentence,
        format!("VI_1 is not Active {higher}: other members of its sync group are not ready for it")
    );
    assert!(
        held.because
            .iter()
            .any(|reason| reason.what == "sync group VG_1 moves as one, with VI_6")
    );
    assert_eq!(
        sentence(|_, _| {}),
        format!("VI_1 is not Active yet, {higher}: it takes over as soon as its timer runs out")
    );
    assert_eq!(
        sentence(|one, _| one.priority = priority(150, 1, vec![])),
        "VI_1 is not Active because an operator asked it to hand over: it competes with priority 1 < 130 of 192.0.2.2"
    );
    assert_eq!(
        sentence(|one, _| one.active = None),
        "VI_1 is not Active because it has just begun to listen: no Active router was heard yet"
    );
    assert_eq!(
        sentence(|one, _| one.active.as_mut().unwrap().priority = 0),
        "VI_1 is not Active yet: 192.0.2.2 has just said goodbye, and it takes over"
    );
    let then = explained(|one, _| one.leaves = Some(leaves(false, true))).then;
    assert_eq!(
        then[0],
        "it takes over 3.4 s after 192.0.2.2 falls silent, or at once, but for its skew time, after a goodbye"
    );
    assert_eq!(
        then.last().unwrap(),
        "next: take over in 2.9 s, unless something is heard before"
    );
}

#[test]
fn an_active_one_says_whom_it_ranks_above() {
    let alone = explained(|one, _| active(one, "no Active router was heard"));
    assert_eq!(
        alone.sentence,
        "VI_1 is Active for 1 min 1 s, because no Active router was heard: priority 150"
    );
    assert_eq!(
        alone.because[0].what,
        "no other router was ever heard: nobody would take over"
    );
    let other = |priority| HeardRouter {
        address: "192.0.2.2".parse().unwrap(),
        priority,
        version: 3,
        first_ago_ms: 90_000,
        last_ago_ms: 62_000,
        adverts: 28,
    };
    for (theirs, said) in [
        (
            100,
            "192.0.2.2 had priority 100, which is lower; last heard 1 min 2 s ago",
        ),
        (
            150,
            "192.0.2.2 had the same priority 150; last heard 1 min 2 s ago",
        ),
        (
            200,
            "192.0.2.2 had priority 200, which is higher; last heard 1 min 2 s ago",
        ),
        (0, "192.0.2.2 said goodbye; last heard 1 min 2 s ago"),
    ] {
        let explained = explained(|one, _| {
            active(one, "192.0.2.2 fell silent");
            one.heard = vec![other(theirs)];
        });
        assert_eq!(explained.because[0].what, said);
        assert_eq!(
            explained.then[0],
            "it yields to a router that sends a higher priority than 150, or 150 from a higher address"
        );
    }
}

#[test]
fn an_active_one_says_what_is_wrong_and_an_owner_that_it_is_one() {
    let owner = sentence(|one, _| {
        active(one, "it owns the addresses (priority 255)");
        one.leaves = Some(leaves(true, true));
    });
    assert!(
        owner.ends_with("it owns the addresses (priority 255), and nobody ranks above the owner"),
        "{owner}"
    );
    let missing = explained(|one, _| {
        active(one, "no Active router was heard");
        one.addresses[0].wanted = true;
    });
    assert!(
        missing
            .because
            .iter()
            .any(|reason| reason.what.ends_with("is MISSING in the kernel"))
    );
    let resigned = explained(|one, _| {
        active(one, "nobody took over while the addresses were held");
        one.priority = priority(150, 1, vec![]);
    });
    assert!(
        resigned.sentence.ends_with("priority 150, in effect 1"),
        "{}",
        resigned.sentence
    );
    assert!(
        resigned
            .because
            .iter()
            .any(|reason| reason.what.starts_with("an operator asked it to hand over"))
    );
}

#[test]
fn each_bar_has_its_reason_and_what_to_do() {
    for (code, words, cure) in [
        (
            "link-down",
            "interface eth1 is down or does not exist",
            "ip link set eth1 up",
        ),
        (
            "no-primary-address",
            "interface eth1 has no address to send from",
            "give eth1 an IPv4 address",
        ),
        (
            "no-virtual-address",
            "there is no address to advertise",
            "virtual_ipaddress",
        ),
        ("send-failed", "advertisements could not be sent", "packet filter"),
        ("hold-failed", "no address could be held", "vrrpctl events"),
        ("start-delay", "the start delay runs", "vrrp_startup_delay"),
    ] {
        let explained = explained(|one, _| barred(one, code, words));
        assert_eq!(explained.sentence, format!("VI_1 takes no part because {words}"));
        let reason = &explained.because[0];
        assert_eq!((reason.what.as_str(), reason.since_ms), (words, Some(7_000)));
        assert!(reason.cure.as_ref().unwrap().contains(cure), "{reason:?}");
    }
    let gate = explained(|one, _| {
        barred(one, "tracked", "check nginx_alive is not up");
        one.priority = priority(150, 150, vec![check("nginx_alive", 0, Health::Down, 0)]);
    });
    assert_eq!(
        gate.sentence,
        "VI_1 takes no part because check nginx_alive is not up"
    );
    assert_eq!(
        (gate.because.len(), gate.because[0].since_ms),
        (1, Some(4_200)),
        "{:?}",
        gate.because
    );
    assert_eq!(
        gate.because[0].what,
        "nginx_alive has failed (exit status 1 after 3 ms: no nginx)"
    );
    assert!(
        gate.because[0]
            .cure
            .as_ref()
            .unwrap()
            .contains("check-mode nginx_alive maintenance")
    );
}

#[test]
fn a_group_and_a_stop_are_told_with_what_answers_meanwhile() {
    let group = explained(|one, status| {
        barred(one, "group", "another member of its sync group is at fault");
        let groups = status.groups.drain(..);
        status.groups = groups
            .map(|group| Group {
                at_fault: vec!["VI_6".to_owned()],
                ..group
            })
            .collect();
    });
    assert_eq!(
        group.because[0].what,
        "sync group VG_1 moves as one, and at fault is VI_6"
    );
    assert_eq!(group.because[0].cure.as_deref(), Some("vrrpctl explain VI_6"));
    let held = explained(|one, status| {
        barred(one, "not-started", "it is stopped");
        one.holding = true;
        status.daemon.stopping = true;
    });
    assert_eq!(
        held.sentence,
        "VI_1 takes no part because vrrpd is stopping as asked; its addresses still answer here until the successor does"
    );
    assert!(held.then.is_empty());
    let gone = explained(|one, _| {
        barred(one, "not-started", "it is stopped");
        one.holding = true;
    });
    assert!(
        gone.sentence
            .contains("it is stopped; its addresses still answer here")
    );
}

#[test]
fn who_is_not_understood_and_who_does_not_run_are_told() {
    let told = explained(|one, status| {
        one.incompatible_peers
            .clone_from(&status.instances[0].incompatible_peers)
    });
    assert!(
        told.because[0]
            .what
            .starts_with("192.168.190.9 has the same VRID and is not understood")
    );
    let text = render(&told);
    assert!(text.contains("\n  what to do: set both nodes alike"), "{text}");
    let status = status();
    assert_eq!(
        nobody("VI_9", &status),
        "no instance VI_9 runs there; running: VI_1"
    );
    assert!(
        nobody("VI_2", &status)
            .contains("lb.conf:20: use_vmac: virtual MACs are not made yet; vrrpd --allow-missing use_vmac")
    );
}

/// The examples of the documentation are what is said.
#[test]
fn the_page_shows_what_is_said() {
    let failed = check("nginx_alive", -30, Health::Down, -30);
    let backup = explained(|one, _| {
        one.priority = priority(150, 120, vec![failed]);
        one.leaves = Some(leaves(false, true));
    });
    let alone = explained(|one, _| {
        active(one, "no Active router was heard");
        one.next = Some(Next {
            what: "advertise".to_owned(),
            in_ms: 300,
        });
    });
    let link = explained(|one, _| barred(one, "link-down", "interface eth1 is down or does not exist"));
    let page = include_str!("../../../../docs/explain.md");
    for explanation in [alone, link, backup] {
        let text = render(&explanation);
        assert!(page.contains(&text), "not on the page:\n{text}");
    }
}
