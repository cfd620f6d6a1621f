//! Whether what a check finds counts: the file's word, and an operator's above it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use healthcheck::{Health, Mode};
use keepalived_conf::CheckMode;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use vrrp_control::{Answer, EventKind, Problem, ProblemKind};

use crate::control::Peer;
use crate::journal::draft;
use crate::node::{Node, lock, ms, unix_ms};
use crate::steer::Steer;
use crate::steer::bequest::both_clocks;

/// What operators have said, by the name of the check. It outlives a reload and the death of a supervised process; a check that
/// goes takes it along.
pub(crate) type Modes = BTreeMap<String, Said>;

/// An operator's word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) mode: CheckMode,
    pub(crate) uid: u32,
    pub(crate) at: (Instant, SystemTime),
}

/// As the next process of the same supervisor reads it.
#[derive(Serialize, Deserialize)]
struct HandedOn {
    mode: vrrp_control::CheckMode,
    uid: u32,
    /// By CLOCK_BOOTTIME, and by the wall clock.
    at_ms: u64,
    at_unix_ms: u64,
}

/// What was said to an earlier process of the same supervisor.
pub(crate) fn inherited(steer: &Steer) -> Modes {
    let (boot_ms, now) = both_clocks();
    let said = |handed: HandedOn| {
        let ago = Duration::from_millis(boot_ms.saturating_sub(handed.at_ms));
        let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(handed.at_unix_ms);
        Said {
            mode: asked(handed.mode),
            uid: handed.uid,
            at: (now.checked_sub(ago).unwrap_or(now), wall),
        }
    };
    let all: BTreeMap<String, HandedOn> = steer.check_modes.read();
    all.into_iter().map(|(name, one)| (name, said(one))).collect()
}

fn hand_on(node: &Node, modes: &Modes) {
    let (boot_ms, now) = both_clocks();
    let one = |said: &Said| HandedOn {
        mode: shown(said.mode),
        uid: said.uid,
        at_ms: boot_ms.saturating_sub(ms(now.saturating_duration_since(said.at.0))),
        at_unix_ms: unix_ms(said.at.1),
    };
    let all: BTreeMap<&String, HandedOn> = modes.iter().map(|(name, said)| (name, one(said))).collect();
    node.steer.check_modes.write(all);
}

/// The check has gone.
pub(crate) fn forget(node: &Node, name: &str) {
    let mut modes = lock(&node.modes);
    if modes.remove(name).is_some() {
        hand_on(node, &modes);
    }
}

/// What a check tells in a mode.
pub(crate) const fn told(mode: CheckMode) -> Mode {
    match mode {
        CheckMode::Normal => Mode::Live,
        CheckMode::DryRun => Mode::DryRun,
        CheckMode::Maintenance => Mode::Maintenance(Health::Up),
        CheckMode::MaintenanceDown => Mode::Maintenance(Health::Down),
    }
}

pub(crate) const fn shown(mode: CheckMode) -> vrrp_control::CheckMode {
    match mode {
        CheckMode::Normal => vrrp_control::CheckMode::Normal,
        CheckMode::DryRun => vrrp_control::CheckMode::DryRun,
        CheckMode::Maintenance => vrrp_control::CheckMode::Maintenance,
        CheckMode::MaintenanceDown => vrrp_control::CheckMode::MaintenanceDown,
    }
}

const fn asked(mode: vrrp_control::CheckMode) -> CheckMode {
    match mode {
        vrrp_control::CheckMode::Normal => CheckMode::Normal,
        vrrp_control::CheckMode::DryRun => CheckMode::DryRun,
        vrrp_control::CheckMode::Maintenance => CheckMode::Maintenance,
        vrrp_control::CheckMode::MaintenanceDown => CheckMode::MaintenanceDown,
    }
}

/// What holds for a check: an operator's word, else the file's.
pub(crate) fn in_force(modes: &Modes, check: &vrrp_plan::Check) -> CheckMode {
    modes.get(&check.name).map_or(check.mode, |said| said.mode)
}

/// An operator says whether a check counts.
pub(crate) fn say(node: &Node, peer: Peer, name: &str, mode: vrrp_control::CheckMode) -> Answer {
    let problem = |kind, message| Answer::Error(Problem { kind, message });
    let plan = node.plan();
    let Some(check) = plan.checks.iter().find(|check| check.name == name) else {
        let known: Vec<&str> = plan.checks.iter().map(|check| check.name.as_str()).collect();
        let known = match known.join(", ") {
            none if none.is_empty() => "none".to_owned(),
            known => known,
        };
        return problem(
            ProblemKind::NoSuchCheck,
            format!("no check {name:?} runs here; running: {known}"),
        );
    };
    let mode = asked(mode);
    let mut modes = lock(&node.modes);
    let before = in_force(&modes, check);
    if mode == check.mode {
        modes.remove(name);
    } else {
        let at = (Instant::now(), SystemTime::now());
        let uid = peer.uid;
        modes.insert(name.to_owned(), Said { mode, uid, at });
    }
    hand_on(node, &modes);
    drop(modes);
    tell(name, peer.uid, before, mode);
    let change = format!("{} -> {}", before.word(), mode.word());
    let event = vrrp_control::Event {
        object: Some(name.to_owned()),
        ..draft(EventKind::CheckMode, mode.word(), change)
    };
    node.journal.by(peer, event);
    lock(&node.runner).set_mode(name, told(mode));
    Answer::CheckMode {
        check: name.to_owned(),
        mode: shown(mode),
        before: shown(before),
    }
}

fn tell(name: &str, uid: u32, before: CheckMode, mode: CheckMode) {
    let (from, to) = (before.word(), mode.word());
    match mode {
        CheckMode::Normal => info!(
            event = "check-mode",
            code = to,
            "check {name}: {from} -> {to}, by user {uid}: what it finds counts"
        ),
        CheckMode::DryRun | CheckMode::Maintenance => warn!(
            event = "check-mode",
            code = to,
            "check {name}: {from} -> {to}, by user {uid}: it counts as up WHATEVER IT FINDS; `vrrpctl check-mode {name} normal` ends it"
        ),
        CheckMode::MaintenanceDown => warn!(
            event = "check-mode",
            code = to,
            "check {name}: {from} -> {to}, by user {uid}: it counts as down WHATEVER IT FINDS; `vrrpctl check-mode {name} normal` ends it"
        ),
    }
}
