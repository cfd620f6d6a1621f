//! Timeouts and daemons of synchronisation.

use vrrp_core::Instant;
use vrrp_director::{AUDIT_EVERY, Keeper, KernelEvent, Settings};
use vrrp_ipvs::{Name, SyncDaemon, SyncRole, Table, Timeouts};
use vrrp_plan::balance::AtStop;

use crate::model::Model;

const fn timeouts(tcp_seconds: u32, tcp_fin_seconds: u32, udp_seconds: u32) -> Timeouts {
    Timeouts {
        tcp_seconds,
        tcp_fin_seconds,
        udp_seconds,
    }
}

fn daemon(role: SyncRole, sync_id: u8) -> SyncDaemon {
    SyncDaemon::new(role, Name::new("eth0").unwrap(), sync_id)
}

fn begin() -> (Keeper<Model>, Model) {
    let kernel = Model::default();
    (
        Keeper::new(Instant::default(), kernel.clone(), Table::new()),
        kernel,
    )
}

fn set(keeper: &mut Keeper<Model>, settings: Settings) -> Vec<KernelEvent> {
    keeper.turn(Instant::default(), &[], Some(settings))
}

fn with_timeouts(timeouts: Timeouts) -> Settings {
    Settings {
        timeouts: Some(timeouts),
        daemons: Vec::new(),
    }
}

fn with_daemons(daemons: Vec<SyncDaemon>) -> Settings {
    Settings {
        timeouts: None,
        daemons,
    }
}

#[test]
fn timeouts_are_set_and_what_was_before_is_put_back() {
    let (mut keeper, kernel) = begin();
    let now = |kernel: &Model| kernel.inside().timeouts;
    set(&mut keeper, with_timeouts(timeouts(100, 0, 30)));
    assert_eq!(now(&kernel), Some(timeouts(100, 120, 30)));
    // A reload that leaves open what was set: as it was before both.
    set(&mut keeper, with_timeouts(timeouts(0, 60, 0)));
    assert_eq!(now(&kernel), Some(timeouts(900, 60, 300)));
    set(&mut keeper, Settings::default());
    assert_eq!(now(&kernel), Some(timeouts(900, 120, 300)));
    set(&mut keeper, with_timeouts(timeouts(5, 5, 5)));
    keeper.stop(AtStop::TakeOut).unwrap();
    assert_eq!(now(&kernel), Some(timeouts(900, 120, 300)));
}

/// Whoever was here before has set them, and died: what was before that one is told, inherited, and put back.
#[test]
fn timeouts_of_a_dead_process_are_not_taken_for_those_of_the_machine() {
    let (mut keeper, kernel) = begin();
    let wish = with_timeouts(timeouts(5, 5, 5));
    let before = timeouts(900, 120, 300);
    let machines = Some(before);
    let told = set(&mut keeper, wish.clone());
    assert_eq!(told, [KernelEvent::Timeouts { before: machines }]);
    assert_eq!(keeper.status().timeouts_before, machines);
    let heir = || {
        let mut heir = Keeper::new(Instant::default(), kernel.clone(), Table::new());
        heir.inherit_timeouts(before);
        assert_eq!(heir.status().timeouts_before, machines, "it may die at once, too");
        heir
    };
    let mut next = heir();
    assert_eq!(set(&mut next, wish.clone()), [], "it was known");
    next.stop(AtStop::TakeOut).unwrap();
    assert_eq!(kernel.inside().timeouts, machines);
    // Its file asks for none any more.
    set(&mut keeper, Settings::default());
    set(&mut keeper, wish);
    let mut next = heir();
    let told = next.turn(next.deadline(), &[], None);
    assert_eq!(told, [KernelEvent::Timeouts { before: None }]);
    assert_eq!(kernel.inside().timeouts, machines);
    assert_eq!(next.turn(next.deadline(), &[], None), []);
}

#[test]
fn a_daemon_follows_its_role() {
    let (mut keeper, kernel) = begin();
    let (master, backup) = (daemon(SyncRole::Master, 5), daemon(SyncRole::Backup, 5));
    let sync = |role, runs| KernelEvent::Sync { role, runs };
    let told = set(&mut keeper, with_daemons(vec![backup.clone()]));
    assert_eq!(told, [sync(SyncRole::Backup, true)]);
    let told = set(&mut keeper, with_daemons(vec![master.clone()]));
    assert_eq!(
        told,
        [sync(SyncRole::Backup, false), sync(SyncRole::Master, true)]
    );
    assert_eq!(kernel.inside().daemons, std::slice::from_ref(&master));
    assert_eq!(kernel.commands(), ["start Backup", "stop Backup", "start Master"]);
    assert_eq!(
        set(&mut keeper, with_daemons(vec![master])),
        [],
        "the same is no news"
    );
    assert_eq!(kernel.commands(), [""; 0]);
    let other = daemon(SyncRole::Master, 6);
    set(&mut keeper, with_daemons(vec![other.clone()]));
    assert_eq!(kernel.inside().daemons, [other]);
    set(&mut keeper, with_daemons(Vec::new()));
    assert_eq!(kernel.inside().daemons, []);
}

#[test]
fn one_that_runs_already_is_taken_over_and_another_ones_is_left_alone() {
    let (mut keeper, kernel) = begin();
    let mut running = daemon(SyncRole::Master, 5);
    // What was left to the kernel it fills in.
    running.group = Some(std::net::IpAddr::from([224, 0, 0, 81]));
    let theirs = daemon(SyncRole::Backup, 9);
    kernel.inside().daemons = vec![running.clone(), theirs.clone()];
    assert_eq!(
        set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)])),
        []
    );
    assert_eq!(kernel.commands(), [""; 0]);
    keeper.stop(AtStop::TakeOut).unwrap();
    assert_eq!(kernel.inside().daemons, [theirs]);
}

/// The kernel refuses one beside a destination of another family.
#[test]
fn a_daemon_that_is_refused_is_told_and_tried_again() {
    let (mut keeper, kernel) = begin();
    kernel.inside().refuses_all = true;
    let told = set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)]));
    let [KernelEvent::Refused { asked, reason }] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(asked, "start a daemon of synchronisation");
    assert!(
        reason.contains("real server of another address family"),
        "{reason}"
    );
    kernel.inside().refuses_all = false;
    let due = keeper.deadline();
    assert!(due.since(Instant::default()) < AUDIT_EVERY);
    let told = keeper.turn(due, &[], None);
    let role = SyncRole::Master;
    assert_eq!(
        told,
        [KernelEvent::Sync { role, runs: true }, KernelEvent::Recovered]
    );
}

/// Linux answers nothing where the daemon had no time to begin (EINTR of its thread).
#[test]
fn a_daemon_that_is_stopped_without_an_answer_is_gone() {
    let (mut keeper, kernel) = begin();
    set(&mut keeper, with_daemons(vec![daemon(SyncRole::Backup, 5)]));
    kernel.inside().stops_silently = true;
    let told = set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)]));
    let sync = |role, runs| KernelEvent::Sync { role, runs };
    assert_eq!(
        told,
        [sync(SyncRole::Backup, false), sync(SyncRole::Master, true)]
    );
}

/// It ended by itself, or somebody has stopped it.
#[test]
fn a_daemon_that_is_gone_is_started_at_the_next_reading() {
    let (mut keeper, kernel) = begin();
    set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)]));
    kernel.inside().daemons.clear();
    keeper.turn(keeper.deadline(), &[], None);
    assert_eq!(kernel.inside().daemons.len(), 1);
}

/// Linux goes on saying that it runs.
#[test]
fn a_daemon_whose_interface_is_made_anew_is_started_anew() {
    let (mut keeper, kernel) = begin();
    let sync = |runs| KernelEvent::Sync {
        role: SyncRole::Master,
        runs,
    };
    set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)]));
    kernel.commands();
    kernel.inside().has_no_interface = true;
    let told = keeper.turn(keeper.deadline(), &[], None);
    let [stopped, KernelEvent::Refused { asked, reason }] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(*stopped, sync(false));
    assert_eq!(asked, "start a daemon of synchronisation");
    assert!(reason.contains("There is no eth0"), "{reason}");
    assert_eq!(keeper.status().daemons, []);
    kernel.inside().has_no_interface = false;
    let told = keeper.turn(keeper.deadline(), &[], None);
    assert_eq!(told, [sync(true), KernelEvent::Recovered]);
    kernel.commands();
    // Between two looks.
    kernel.inside().interface_number = 9;
    let told = keeper.turn(keeper.deadline(), &[], None);
    assert_eq!(told, [sync(false), sync(true)]);
    assert_eq!(kernel.commands(), ["stop Master", "start Master"]);
    assert_eq!(keeper.turn(keeper.deadline(), &[], None), []);
    assert_eq!(kernel.commands(), [""; 0]);
}

/// One that a process before has begun, too.
#[test]
fn a_daemon_that_was_found_is_known_by_its_interface_from_then_on() {
    let (mut keeper, kernel) = begin();
    kernel.inside().daemons = vec![daemon(SyncRole::Backup, 5)];
    set(&mut keeper, with_daemons(vec![daemon(SyncRole::Backup, 5)]));
    assert_eq!(kernel.commands(), [""; 0]);
    kernel.inside().interface_number = 2;
    keeper.turn(keeper.deadline(), &[], None);
    assert_eq!(kernel.commands(), ["stop Backup", "start Backup"]);
}

/// On an interface that is not there it is refused for long: the table, which is well, is not read every second for it.
#[test]
fn a_daemon_that_is_refused_is_tried_again_with_pauses_that_grow() {
    let (mut keeper, kernel) = begin();
    kernel.inside().refuses_all = true;
    set(&mut keeper, with_daemons(vec![daemon(SyncRole::Master, 5)]));
    kernel.commands();
    let (mut now, mut tried) = (Instant::default(), Instant::default());
    let mut pauses = Vec::new();
    while pauses.len() < 7 {
        now = keeper.deadline();
        keeper.turn(now, &[], None);
        if !kernel.commands().is_empty() {
            pauses.push(now.since(tried).as_secs());
            tried = now;
        }
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    kernel.inside().refuses_all = false;
    while kernel.commands().is_empty() {
        now = keeper.deadline();
        keeper.turn(now, &[], None);
    }
    assert_eq!(keeper.deadline().since(now), AUDIT_EVERY);
    kernel.inside().refuses_all = true;
    keeper.turn(now, &[], Some(with_daemons(vec![daemon(SyncRole::Backup, 5)])));
    assert_eq!(keeper.deadline().since(now).as_secs(), 1, "another trouble");
}

/// Killed as master: whoever takes its place is backup.
#[test]
fn a_daemon_that_was_left_in_the_other_role_is_ours() {
    let (mut keeper, kernel) = begin();
    let theirs = SyncDaemon::new(SyncRole::Master, Name::new("eth1").unwrap(), 5);
    kernel.inside().daemons = vec![daemon(SyncRole::Master, 5)];
    let backup = daemon(SyncRole::Backup, 5);
    set(&mut keeper, with_daemons(vec![backup.clone()]));
    assert_eq!(kernel.inside().daemons, std::slice::from_ref(&backup));
    // On another interface it is another's.
    kernel.inside().daemons = vec![theirs.clone(), backup.clone()];
    keeper.turn(keeper.deadline(), &[], None);
    assert_eq!(kernel.inside().daemons, [theirs, backup]);
}

#[test]
fn at_the_end_settings_are_put_back_also_where_a_service_cannot_be_taken_out() {
    let (mut keeper, kernel) = begin();
    let mut settings = with_timeouts(timeouts(5, 5, 5));
    settings.daemons = vec![daemon(SyncRole::Backup, 5)];
    set(&mut keeper, settings);
    kernel.inside().is_silent = true;
    assert!(keeper.stop(AtStop::TakeOut).is_err());
    assert_eq!(kernel.inside().daemons, []);
    assert_eq!(kernel.inside().timeouts, Some(timeouts(900, 120, 300)));
}
