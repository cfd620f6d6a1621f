//! What an operator asks of a pair that serves, and what a client notices of it.

use crate::pair::Pair;
use crate::probe::Replies;
use crate::{LabError, Stamp};
use std::collections::HashSet;
use std::time::Duration;

/// Something that an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steering {
    /// Nothing: what the client and the machine do by themselves.
    Nothing,
    /// `vrrpctl switchover`.
    Switchover,
    /// `vrrpctl maintenance on`.
    Maintenance,
    /// `vrrpctl switchover` with nobody else on the wire: rolled back.
    RollBack,
}

/// What was measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Steered {
    /// The longest time without an answer.
    pub outage_ms: f64,
    /// Questions that were never answered.
    pub lost: usize,
    /// Questions in all.
    pub asked: usize,
    /// The longest pause of the client itself.
    pub own_stall_ms: f64,
    /// From the order to the outcome, by the answer to it.
    pub took_ms: Option<u64>,
    /// How long both kernels held the address, as is meant.
    pub two_holders_ms: f64,
}

/// After the answer, so that what breaks late is seen.
const AFTER: Duration = Duration::from_millis(300);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_millis(100);

impl Steering {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Switchover, Self::Maintenance, Self::RollBack];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Switchover => "switchover",
            Self::Maintenance => "maintenance on",
            Self::RollBack => "roll-back, alone",
        }
    }

    /// Words for vrrpctl, and for the way back.
    const fn words(self) -> Option<[&'static [&'static str]; 2]> {
        match self {
            Self::Nothing => None,
            Self::Switchover | Self::RollBack => Some([&["switchover"], &["switchover", "--undo"]]),
            Self::Maintenance => Some([&["maintenance", "on"], &["maintenance", "off"]]),
        }
    }

    /// Let it happen to a pair of our daemons whose better node is Active, and bring the pair back to where it was.
    ///
    /// # Errors
    /// When what has to happen does not.
    pub fn run(self, pair: &mut Pair) -> Result<Steered, LabError> {
        if self == Self::RollBack {
            pair.other.running()?.stop()?;
            pair.other.wait_for_end(Duration::from_secs(10))?;
        }
        let probe = pair.probe()?;
        probe.wait_for(&pair.better.node, Duration::from_secs(5))?;
        let since = Stamp::now();
        let mut took_ms = None;
        if let Some([there, _]) = self.words() {
            let answer = pair.better.running()?.steer(there)?;
            let moved = answer.pointer("/instances/0").or_else(|| answer.get(0));
            let outcome = moved.and_then(|one| one["outcome"].as_str());
            let wanted = if self == Self::RollBack {
                "rolled-back"
            } else {
                "handed-over"
            };
            if outcome != Some(wanted) {
                return Err(pair.explain(&format!("{}: {answer}", self.name())));
            }
            took_ms = moved.and_then(|one| one["took_ms"].as_u64());
        } else {
            std::thread::sleep(pair.options.interval());
        }
        let holder = match self {
            Self::Switchover | Self::Maintenance => &pair.other.node,
            Self::Nothing | Self::RollBack => &pair.better.node,
        };
        probe.wait_for(holder, Duration::from_secs(5))?;
        std::thread::sleep(AFTER);
        let replies = probe.finish();
        let until = Stamp::now();
        let measured = Steered {
            took_ms,
            two_holders_ms: two_holders_ms(pair, since, until),
            ..noticed(&replies, since)
        };
        match (self, self.words()) {
            (Self::Switchover | Self::Maintenance, Some([_, back])) => {
                pair.better.running()?.steer(back)?;
                pair.wait_for_better()?;
            }
            _ => pair.settle()?,
        }
        Ok(measured)
    }
}

fn noticed(replies: &Replies, since: Stamp) -> Steered {
    let answered: HashSet<u64> = replies.replies.iter().map(|reply| reply.number).collect();
    let end = replies.sent.last().copied().unwrap_or(since);
    let meant = |at: &Stamp| *at >= since && end - *at >= PATIENCE;
    let asked: Vec<u64> = (0_u64..)
        .zip(&replies.sent)
        .filter(|(_, at)| meant(at))
        .map(|(number, _)| number)
        .collect();
    Steered {
        outage_ms: replies
            .longest_silence(since)
            .map_or(f64::NAN, |silence| silence.length().as_secs_f64() * 1e3),
        lost: asked.iter().filter(|number| !answered.contains(number)).count(),
        asked: asked.len(),
        own_stall_ms: replies.own_stall.as_secs_f64() * 1e3,
        took_ms: None,
        two_holders_ms: 0.0,
    }
}

fn two_holders_ms(pair: &Pair, since: Stamp, until: Stamp) -> f64 {
    let changes = pair.holders.changes(pair.address(), since);
    let better = pair.better.node.number();
    crate::holders::two_holders(&changes, &[better], since, until).as_secs_f64() * 1e3
}
