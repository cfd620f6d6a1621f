//! A pair goes from one implementation to another and back, one node after the other, while a client keeps asking.

use super::group::{Group, outage_ms};
use super::mode::PRIORITIES;
use super::verdict::ALLOWANCE_MS;
use super::{Case, Mode, Speaker};
use crate::holders::{Holders, two_holders};
use crate::{LabError, Stamp};
use serde::Serialize;
use std::net::IpAddr;
use std::time::Duration;

/// One thing that the operator does, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// `keepalived stops on lb01`.
    pub what: String,
    /// Who serves afterwards.
    pub serves: String,
    /// From the last answer before to the first after.
    pub outage_ms: f64,
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
    /// The longest pause of the client itself: a shorter outage cannot be told from it.
    pub own_stall_ms: f64,
    /// Most that the step may cost by the protocol, without any allowance.
    pub outage_ms_max: f64,
    /// Most that both may hold the address, without any allowance.
    pub two_holders_ms_max: f64,
}

impl Step {
    /// Whether it cost no more than it may, on a machine that does other things at the same time.
    pub fn is_within_bounds(&self) -> bool {
        let slack = ALLOWANCE_MS + 2.0 * self.own_stall_ms;
        self.outage_ms <= self.outage_ms_max + slack && self.two_holders_ms <= self.two_holders_ms_max + slack
    }
}

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Its priority falls below the other's, by reload.
    Lower,
    Stop,
    Start(Speaker),
}

/// Below both of [`PRIORITIES`].
const LOWERED: u8 = 50;

/// PRJ-STOP-02: vrrpd answers for 50 ms more after its successor was heard.
const HOLD_MS: f64 = 50.0;

/// From `from` on both nodes to `to` on both, the Backup first, and back. `gently`: the Active gives way by a lower priority
/// before it is stopped.
///
/// # Errors
/// When a node does not do what it has to, or leaves something behind.
pub fn migrate(mode: &'static Mode, from: Speaker, to: Speaker, gently: bool) -> Result<Vec<Step>, LabError> {
    let mut group = Group::new(&Case {
        subject: to,
        peer: from,
        mode,
        subject_first: true,
    })?;
    for side in &mut group.sides {
        side.speaker = from;
    }
    let holders = Holders::start(&[group.sides[0].node(), group.sides[1].node()])?;
    group.start()?;
    let mut steps = Vec::new();
    for speaker in [to, from] {
        let start = Act::Start(speaker);
        let mut acts = vec![(1, Act::Stop, [0, 0]), (1, start, [0, 0])];
        acts.extend(if gently {
            vec![(0, Act::Lower, [0, 1]), (0, Act::Stop, [1, 1])]
        } else {
            vec![(0, Act::Stop, [0, 1])]
        });
        acts.push((0, start, [1, 0]));
        for (side, act, serves) in acts {
            steps.push(step(&mut group, &holders, side, act, serves)?);
        }
    }
    Ok(steps)
}

/// One step on one side; `serves`: who does before and afterwards.
fn step(
    group: &mut Group,
    holders: &Holders,
    side: usize,
    act: Act,
    [before, after]: [usize; 2],
) -> Result<Step, LabError> {
    let mode = group.case.mode;
    let probe = group.probe()?;
    group.wait_for_answer(&probe, before)?;
    let since = Stamp::now();
    let ran = group.sides[side].speaker;
    let what = carry_out(group, side, act)?;
    group.wait_for_answer(&probe, after)?;
    if act == Act::Stop {
        group.sides[side].wait_for_end()?;
        if let Some(left) = group.sides[side].left_behind()? {
            return Err(group.explain(&format!("{left} is still on {}", group.name(side))));
        }
    } else {
        // A Backup that starts has to have listened for as long as it would take to take over wrongly.
        std::thread::sleep(mode.active_down(1) + mode.interval());
    }
    group.wait_for_holder(after)?;
    group.sole_active(after)?;
    std::thread::sleep(Duration::from_millis(200));
    let replies = probe.finish();
    let (outage, own_stall_ms) = outage_ms(&replies, since);
    let address: IpAddr = mode
        .address
        .parse()
        .map_err(|_| LabError::Other(format!("{} is no address", mode.address)))?;
    let changes = holders.changes(address, since);
    let holding = [group.sides[before].node().number()];
    let both = two_holders(&changes, &holding, since, Stamp::now());
    let active_stops = act == Act::Stop && before != after;
    let ours = ran == Speaker::Vrrpd;
    let when = |condition: bool, ms: f64| if condition { ms } else { 0.0 };
    Ok(Step {
        what,
        serves: group.name(after),
        outage_ms: outage,
        two_holders_ms: both.as_secs_f64() * 1e3,
        own_stall_ms,
        outage_ms_max: when(active_stops && !ours, mode.skew(1).as_secs_f64() * 1e3),
        two_holders_ms_max: when(active_stops && ours, HOLD_MS),
    })
}

fn carry_out(group: &mut Group, side: usize, act: Act) -> Result<String, LabError> {
    let place = format!("on lb0{}", side + 1);
    let side_of = &mut group.sides[side];
    let ran = side_of.speaker.name();
    Ok(match act {
        Act::Lower => {
            side_of.set_priority(LOWERED)?;
            format!("{ran} {place} is given priority {LOWERED}")
        }
        Act::Stop => {
            side_of.ask_to_stop()?;
            format!("{ran} {place} stops")
        }
        Act::Start(speaker) => {
            side_of.speaker = speaker;
            side_of.start(PRIORITIES[side])?;
            format!("{} {place} starts", speaker.name())
        }
    })
}
