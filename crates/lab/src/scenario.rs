//! What can happen to a pair, and what the client noticed of it.

use crate::conf::Script;
use crate::http::{Browser, Requests, Style};
use crate::pair::{Pair, VRID};
use crate::probe::{Probe, Replies};
use crate::topology::Node;
use crate::{LabError, Stamp, wait};
use std::time::Duration;

/// An event in the life of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// The better node loses power: its port closes and its daemon dies at once.
    PowerCut,
    /// It comes back and takes over again.
    Return,
    /// Its cable is pulled.
    LinkDown,
    /// Its daemon is asked to stop.
    PlannedStop,
    /// Its health check fails.
    FailedCheck,
    /// With `nopreempt` it comes back and must leave the address where it is.
    NoPreempt,
    /// Its daemon is killed, its kernel keeps the address.
    DaemonKilled,
}

/// What was measured.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Measured {
    /// From the last answer before to the first answer after.
    pub outage_ms: f64,
    /// The longest pause of the client itself: a shorter outage cannot be told from it.
    pub own_stall_ms: f64,
    /// Time from the old Active's last advertisement to the successor's first, beyond three intervals and the skew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advert_excess_ms: Option<f64>,
    /// Time from the old Active's last advertisement to the successor's first answer, beyond the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_excess_ms: Option<f64>,
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
    /// From the event to the successor's first advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takeover_ms: Option<f64>,
    /// From the restart to the removal of an address that a killed daemon left behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leftover_gone_ms: Option<f64>,
    /// Pages asked for and failed, over a new connection each.
    pub fresh: Pages,
    /// Pages asked for and failed, over a kept connection.
    pub kept: Pages,
}

/// Pages asked for and failed.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Pages {
    /// Asked for.
    pub asked: u32,
    /// Not there within 50 ms.
    pub failed: u32,
    /// Longest time from one page to the next.
    pub longest_without_ms: f64,
}

/// The client's instruments while something happens.
#[derive(Debug)]
struct Instruments {
    probe: Probe,
    fresh: Browser,
    kept: Browser,
    since: Stamp,
}

impl From<Requests> for Pages {
    fn from(r: Requests) -> Self {
        Self {
            asked: r.asked,
            failed: r.failed,
            longest_without_ms: r.longest_without.as_secs_f64() * 1e3,
        }
    }
}

impl Scenario {
    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 7] = [
        Self::PowerCut,
        Self::Return,
        Self::LinkDown,
        Self::PlannedStop,
        Self::FailedCheck,
        Self::NoPreempt,
        Self::DaemonKilled,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::PowerCut => "power cut",
            Self::Return => "preempt on return",
            Self::LinkDown => "link down",
            Self::PlannedStop => "planned stop",
            Self::FailedCheck => "failed check",
            Self::NoPreempt => "nopreempt",
            Self::DaemonKilled => "daemon killed",
        }
    }

    /// Let it happen to a pair whose better node is Active, and bring the pair back to where it was.
    ///
    /// # Errors
    /// When what has to happen does not.
    pub fn run(self, pair: &mut Pair) -> Result<Measured, LabError> {
        match self {
            Self::PowerCut => power_cut(pair),
            Self::Return => come_back(pair),
            Self::LinkDown => link_down(pair),
            Self::PlannedStop => planned_stop(pair),
            Self::FailedCheck => failed_check(pair),
            Self::NoPreempt => no_preempt(pair),
            Self::DaemonKilled => daemon_killed(pair),
        }
    }
}

/// The file whose presence the health check asks for.
pub const HEALTHY: &str = "healthy";

impl Instruments {
    fn start(pair: &Pair, active: &Node) -> Result<Self, LabError> {
        let client = pair.client.node();
        let address = pair.address();
        let probe = pair.probe()?;
        let fresh = Browser::start(client, address, Style::Fresh)?;
        let kept = Browser::start(client, address, Style::Kept)?;
        probe.wait_for(active, Duration::from_secs(5))?;
        // The kept connection must exist before it can break.
        std::thread::sleep(Duration::from_millis(100));
        Ok(Self {
            probe,
            fresh,
            kept,
            since: Stamp::now(),
        })
    }

    /// Go on for a little while, so that what breaks late is seen, and stop.
    fn finish(self, pair: &Pair) -> (Measured, Replies, Stamp) {
        std::thread::sleep(Duration::from_millis(300).min(pair.options.interval() * 5));
        let replies = self.probe.finish();
        let silence = replies.longest_silence(self.since);
        let measured = Measured {
            outage_ms: silence.map_or(f64::NAN, |s| s.length().as_secs_f64() * 1e3),
            own_stall_ms: replies.own_stall.as_secs_f64() * 1e3,
            fresh: self.fresh.finish().into(),
            kept: self.kept.finish().into(),
            ..Measured::default()
        };
        (measured, replies, self.since)
    }
}

/// Wait for the other node's answers, then compare with what the protocol needs.
fn takeover(pair: &Pair, instruments: Instruments) -> Result<Measured, LabError> {
    instruments
        .probe
        .wait_for(&pair.other.node, pair.options.patience())?;
    let (mut measured, replies, since) = instruments.finish(pair);
    let first = pair.watch.adverts(&pair.other.node, VRID, since).first().copied();
    let last = first.and_then(|first| {
        let all = pair.watch.adverts(&pair.better.node, VRID, Stamp(0));
        all.into_iter().rev().find(|s| s.at < first.at)
    });
    let needed_ms = pair.options.active_down().as_secs_f64() * 1e3;
    if let (Some(first), Some(last)) = (first, last) {
        measured.advert_excess_ms = Some(first.at.ms_since(last.at) - needed_ms);
        measured.takeover_ms = Some(first.at.ms_since(since));
        let answer = replies.first_of(pair.other.node.number(), since);
        measured.reply_excess_ms = answer.map(|r| r.at.ms_since(last.at) - needed_ms);
    }
    measured.two_holders_ms = two_holders_ms(pair, since);
    Ok(measured)
}

fn two_holders_ms(pair: &Pair, since: Stamp) -> f64 {
    let changes = pair.holders.changes(pair.address(), since);
    let better = pair.better.node.number();
    crate::holders::two_holders(&changes, &[better], since, Stamp::now()).as_secs_f64() * 1e3
}

fn power_cut(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = Instruments::start(pair, &pair.better.node)?;
    pair.better.cut_power()?;
    let mut measured = takeover(pair, instruments)?;
    // A machine without power holds nothing.
    measured.two_holders_ms = 0.0;
    pair.better.power_on()?;
    pair.wait_for_better()?;
    Ok(measured)
}

/// The instruments of a client that the other node serves, because the better one lost its power.
fn after_power_cut(pair: &mut Pair) -> Result<Instruments, LabError> {
    pair.better.cut_power()?;
    pair.wait_until_held(&pair.other)?;
    Instruments::start(pair, &pair.other.node)
}

/// The better node was away; what does its return cost?
fn come_back(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = after_power_cut(pair)?;
    pair.better.power_on()?;
    instruments
        .probe
        .wait_for(&pair.better.node, pair.options.patience())?;
    let (mut measured, _, since) = instruments.finish(pair);
    pair.wait_for_better()?;
    let changes = pair.holders.changes(pair.address(), since);
    // What the lab itself removed when it booted the machine does not count.
    let better = pair.better.node.number();
    let taken: Vec<_> = changes
        .into_iter()
        .filter(|c| c.held || c.node != better)
        .collect();
    let other = pair.other.node.number();
    let both = crate::holders::two_holders(&taken, &[other], since, Stamp::now());
    measured.two_holders_ms = both.as_secs_f64() * 1e3;
    Ok(measured)
}

fn link_down(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = Instruments::start(pair, &pair.better.node)?;
    pair.better.cable.unplug()?;
    let measured = takeover(pair, instruments)?;
    pair.better.cable.plug()?;
    pair.wait_for_better()?;
    Ok(measured)
}

fn planned_stop(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = Instruments::start(pair, &pair.better.node)?;
    pair.better.running()?.stop()?;
    let mut measured = takeover(pair, instruments)?;
    measured.advert_excess_ms = None;
    measured.reply_excess_ms = None;
    pair.better.wait_for_end(Duration::from_secs(10))?;
    if pair.better.node.holds(pair.options.address)? {
        return Err(LabError::Other(format!(
            "{} is still on lb01 after a planned stop",
            pair.options.address
        )));
    }
    pair.settle()?;
    Ok(measured)
}

/// Give each node a check that asks for a file once a second; without it the priority falls by 60.
///
/// # Errors
/// When the file cannot be written.
pub fn add_check(pair: &mut Pair) -> Result<(), LabError> {
    for member in [&mut pair.better, &mut pair.other] {
        let file = member.node.folder().join(HEALTHY);
        std::fs::write(&file, "").map_err(LabError::io(file.display().to_string()))?;
        member.config.scripts.push(Script {
            name: "chk".to_owned(),
            command: format!("/usr/bin/test -e {}", file.display()),
            interval_s: 1,
            weight: -60,
            fall: 1,
            rise: 1,
        });
        for instance in &mut member.config.instances {
            instance.track_scripts.push("chk".to_owned());
        }
    }
    Ok(())
}

/// The pair must have been given a check by [`add_check`].
fn failed_check(pair: &mut Pair) -> Result<Measured, LabError> {
    let file = pair.better.node.folder().join(HEALTHY);
    let instruments = Instruments::start(pair, &pair.better.node)?;
    std::fs::remove_file(&file).map_err(LabError::io(file.display().to_string()))?;
    let mut measured = takeover(pair, instruments)?;
    measured.advert_excess_ms = None;
    measured.reply_excess_ms = None;
    std::fs::write(&file, "").map_err(LabError::io(file.display().to_string()))?;
    pair.wait_for_better()?;
    Ok(measured)
}

/// What the client saw of both routers around the better one's first advertisement, in ms after `since`.
fn adverts_around(pair: &Pair, since: Stamp) -> String {
    let better = pair.watch.adverts(&pair.better.node, VRID, since);
    let Some(first) = better.first() else {
        return "without an advertisement".to_owned();
    };
    let ms = |sighting: &crate::watch::Sighting| format!("{:.1}", sighting.at.ms_since(since));
    let other = pair.watch.adverts(&pair.other.node, VRID, since);
    let (before, after): (Vec<_>, Vec<_>) = other.iter().partition(|s| s.at < first.at);
    let before: Vec<_> = before.iter().rev().take(6).rev().map(&ms).collect();
    let after: Vec<_> = after.iter().take(3).map(&ms).collect();
    format!(
        "its first of {} advertisements at {}, the other's at {} before and {} after",
        better.len(),
        ms(first),
        before.join(" "),
        after.join(" ")
    )
}

/// The pair must have been made with `nopreempt`.
fn no_preempt(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = after_power_cut(pair)?;
    pair.better.power_on()?;
    // Long enough for a router that did not listen to take over twice.
    std::thread::sleep(pair.options.active_down() * 2 + Duration::from_millis(500));
    let (measured, replies, since) = instruments.finish(pair);
    if let Some(reply) = replies.first_of(pair.better.node.number(), since) {
        let after_ms = reply.at.ms_since(since);
        return Err(pair.explain(&format!(
            "lb01 took the address {after_ms:.1} ms after its return; {}",
            adverts_around(pair, since)
        )));
    }
    // The other one fails, and the pair is as it was.
    pair.other.cut_power()?;
    pair.wait_until_held(&pair.better)?;
    pair.other.power_on()?;
    pair.wait_for_better()?;
    Ok(measured)
}

fn daemon_killed(pair: &mut Pair) -> Result<Measured, LabError> {
    let instruments = Instruments::start(pair, &pair.better.node)?;
    pair.better.kill()?;
    let mut measured = takeover(pair, instruments)?;
    let restarted = Stamp::now();
    pair.better.start()?;
    let better = pair.better.node.number();
    let gone = wait::until("removal of the leftover", pair.options.patience(), || {
        let changes = pair.holders.changes(pair.address(), restarted);
        changes.into_iter().find(|c| c.node == better && !c.held)
    });
    measured.leftover_gone_ms = gone.ok().map(|change| change.at.ms_since(restarted));
    pair.wait_for_better()?;
    Ok(measured)
}
