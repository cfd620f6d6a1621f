//! `vrrpctl maintenance`: nothing here while another router is alive, and never nobody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use node::steering::{
    Keeper, adverts_pass, has_address, outcomes, pair, plug, priority, problem, router, settled, until_log,
};
use node::{Node, instance};
use vrrp_control::{Answer, Ask, MaintenanceSet, Outcome, ProblemKind, Shift, State};

const ADDRESS: &str = "192.0.2.100";

fn set(node: &Node, on: bool) -> MaintenanceSet {
    match node.ask(Ask::Maintenance { on }) {
        Answer::Maintenance(set) => set,
        other => panic!("{other:?}"),
    }
}

fn second(priority: u8) -> String {
    instance("VI_2", 52, "192.0.2.102/24", "").replace("priority 150", &format!("priority {priority}"))
}

/// It outlives a reload that brings more; another priority waits for its end.
#[test]
fn everything_is_given_away_and_stays_away_until_it_is_over() {
    let Some((one, two, _keeper)) = pair(&router(150), &(router(100) + &second(100))) else {
        return;
    };
    one.until_state("VI_1", "MASTER");
    two.until_state("VI_1", "BACKUP");
    let given = set(&one, true);
    assert!(given.on && !given.before && given.problem.is_none(), "{given:?}");
    assert_eq!(outcomes(&given.instances), [("VI_1", Outcome::HandedOver)]);
    assert!(has_address(&two, ADDRESS) && !has_address(&one, ADDRESS));
    let status = one.until_state("VI_1", "BACKUP");
    assert!(status.daemon.maintenance.is_some());
    let shown = &status.instances[0].priority;
    assert_eq!((shown.effective, shown.base), (1, 150));
    let named: Vec<_> = shown
        .moves
        .iter()
        .map(|one| (one.name.as_str(), one.adds))
        .collect();
    assert_eq!(named, [("maintenance", -149)]);
    until_log(&one, "MAINTENANCE, as user ");

    let waits = one.priority("VI_1", Shift::By(10), None);
    assert!(
        waits
            .message
            .contains("not before the maintenance of this node is over")
    );
    // Once more: nothing was handed over before by anything else.
    let again = set(&one, true);
    assert_eq!(outcomes(&again.instances), [("VI_1", Outcome::StoodBack)]);
    let said = &again.instances[0].message;
    let why = "; in maintenance it competes with priority 1, until `vrrpctl maintenance off`";
    assert!(said.contains(why) && !said.contains("--undo"), "{said}");
    let refused = one.no_switchover(None, true);
    assert_eq!(refused.kind, ProblemKind::NotPossible);
    assert!(
        refused.message.contains("`vrrpctl maintenance off`"),
        "{refused:?}"
    );
    one.priority("VI_1", Shift::Off, None);

    // What a reload brings would win the election.
    assert!(one.reload(&(router(150) + &second(200))).applied);
    one.until("the new one hears the other node", |status| {
        status.instances[1]
            .active
            .as_ref()
            .is_some_and(|active| !active.own)
    });
    adverts_pass(&two, 10);
    let status = one.status();
    assert!(
        status.instances.iter().all(|one| one.state == State::Backup),
        "{status:#?}"
    );
    assert_eq!(status.instances[1].priority.effective, 1);
}

/// It outlives a new start, and ends for everything.
#[test]
fn a_new_start_is_in_maintenance_until_that_is_over() {
    let both = router(150) + &second(200);
    let Some((mut one, two, _keeper)) = pair(&both, &(router(100) + &second(100))) else {
        return;
    };
    let keeper = Keeper(one.keeper());
    settled(&one, &two);
    let given = set(&one, true);
    let both_given = [("VI_1", Outcome::HandedOver), ("VI_2", Outcome::HandedOver)];
    assert_eq!(outcomes(&given.instances), both_given);
    one.signal("-TERM");
    assert_eq!(one.wait(), 0);
    assert!(one.folder.join("control.sock.maintenance").exists());
    let one = one.once_more(&keeper.0, &both);
    let status = one.until("it stands back again", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.state == State::Backup && one.active.is_some())
    });
    let maintenance = status.daemon.maintenance.unwrap();
    assert!(maintenance.asked.uid != u32::MAX, "{maintenance:?}");
    assert!(
        one.log().contains("in an earlier life of this daemon"),
        "{}",
        one.log()
    );
    adverts_pass(&two, 20);
    let status = one.status();
    assert!(
        status.instances.iter().all(|one| one.state == State::Backup),
        "{status:#?}"
    );

    let over = set(&one, false);
    assert!(!over.on && over.before, "{over:?}");
    let both = [("VI_1", Outcome::Competes), ("VI_2", Outcome::Competes)];
    assert_eq!(outcomes(&over.instances), both);
    settled(&one, &two);
    assert_eq!(one.instance("VI_1").priority.effective, 150);
    assert!(!one.folder.join("control.sock.maintenance").exists());
    let again = set(&one, false);
    assert!(!again.before && again.instances.is_empty(), "{again:?}");
}

/// The address is never lost: where nobody else is it stays, and goes to the first that comes, whatever its priority.
#[test]
fn what_nobody_takes_stays_until_somebody_comes() {
    let Some(one) = Node::alone(&router(150)) else {
        return;
    };
    one.until("it answers", |_| true);
    let two = one.beside(&router(30));
    two.until("it answers", |_| true);
    plug(&one, &two);
    settled(&one, &two);
    // Nobody else, and the link is there.
    two.signal("-STOP");
    let kept = set(&one, true);
    assert_eq!(
        outcomes(&kept.instances),
        [("VI_1", Outcome::RolledBack)],
        "{kept:?}"
    );
    assert!(
        kept.instances[0]
            .message
            .ends_with("the next router that comes alive and preempts takes over"),
        "{kept:?}"
    );
    assert!(has_address(&one, ADDRESS));
    let status = one.until("with priority 1", |status| {
        status.instances[0].priority.effective == 1
    });
    assert_eq!(status.instances[0].state, State::Active);
    assert!(status.daemon.maintenance.is_some());
    let refused = problem(one.ask(priority("VI_1", Shift::To(255), None)));
    assert_eq!(refused.kind, ProblemKind::NotPossible);

    two.signal("-CONT");
    one.until_state("VI_1", "BACKUP");
    two.until_state("VI_1", "MASTER");
    adverts_pass(&two, 10);
    assert_eq!(one.instance("VI_1").state, State::Backup);
    // Alone again it serves, for nobody else does.
    let _second = Keeper(two.keeper());
    two.signal("-KILL");
    one.until_state("VI_1", "MASTER");
    until_log(&one, "VI_1: MASTER in maintenance: no other router is alive");
    assert_eq!(one.instance("VI_1").priority.effective, 1);
    set(&one, false);
    one.until("as before", |status| {
        status.instances[0].priority.effective == 150
    });
}

/// An owner takes its addresses at once, but for this.
#[test]
fn an_owner_that_starts_in_maintenance_does_not_take_its_addresses() {
    let Some((mut one, two, _keeper)) = pair(&router(255), &router(100)) else {
        return;
    };
    let keeper = Keeper(one.keeper());
    settled(&one, &two);
    let given = set(&one, true);
    assert_eq!(outcomes(&given.instances), [("VI_1", Outcome::HandedOver)]);
    one.signal("-TERM");
    assert_eq!(one.wait(), 0);
    let before = two.instance("VI_1").since_unix_ms;
    let one = one.once_more(&keeper.0, &router(255));
    one.until_state("VI_1", "BACKUP");
    adverts_pass(&two, 10);
    let other = two.instance("VI_1");
    assert_eq!((other.state, other.since_unix_ms), (State::Active, before));
    assert!(!one.log().contains("MASTER:"), "{}", one.log());
    set(&one, false);
    let _second = Keeper(two.keeper());
    two.signal("-KILL");
    one.until_state("VI_1", "MASTER");
}

/// What cannot be put down is done all the same, and said.
#[test]
fn without_a_place_to_put_it_down_it_ends_with_the_daemon() {
    let Some((one, two, _keeper)) = pair(&router(150), &router(100)) else {
        return;
    };
    settled(&one, &two);
    std::fs::create_dir(one.folder.join("control.sock.maintenance")).unwrap();
    std::fs::write(one.folder.join("control.sock.maintenance/file"), "").unwrap();
    let given = set(&one, true);
    assert!(given.problem.is_some(), "{given:?}");
    assert_eq!(outcomes(&given.instances), [("VI_1", Outcome::HandedOver)]);
    let status = one.until_state("VI_1", "BACKUP");
    assert!(status.daemon.maintenance.unwrap().problem.is_some());
    until_log(
        &one,
        "the maintenance could not be put down, and ends with this process",
    );
}
