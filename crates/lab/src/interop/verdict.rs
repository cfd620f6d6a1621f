//! What happens to a group, and what it may cost.
//!
//! Every bound is the protocol's, from the configuration by hand, and [`ALLOWANCE_MS`] with twice the client's own longest
//! pause for a machine that does other things at the same time.

use super::Speaker;
use super::group::{Group, outage_ms};
use super::mode::PRIORITIES;
use crate::frame::Seen;
use crate::probe::Probe;
use crate::{LabError, Stamp, wait};
use std::fmt;

/// What scheduling may add on a machine on which other cases run: the daemons, the echo and `ip` wait for a processor too,
/// which the client's own pauses do not tell. Far below the Skew_Time of version 2 at 1 s.
pub(super) const ALLOWANCE_MS: f64 = 250.0;

/// The same for a single timer of ours, which no other program is part of: without X-20 the successor would be later.
const TIMER_ALLOWANCE_MS: f64 = 120.0;

/// The priority that `lb01` falls to while it is Active.
const FALLEN: u8 = 50;

/// Sooner than any timer.
const AT_ONCE: std::time::Duration = std::time::Duration::from_millis(25);

/// One thing that happened, and what it cost.
#[derive(Clone, Debug)]
pub struct Line {
    /// What happened.
    pub event: &'static str,
    /// Who served before and who serves now.
    pub served: [Speaker; 2],
    /// What the client noticed.
    pub outage_ms: f64,
    /// Least and most that the rules allow, the allowance included.
    pub bounds_ms: [f64; 2],
    /// The longest pause of the client itself.
    pub own_stall_ms: f64,
    /// What else was seen.
    pub remark: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, to] = self.served.map(Speaker::name);
        write!(
            f,
            "  {:<15} {from:>10} -> {to:<10} outage {:7.1} ms (allowed {:.0} to {:.0})",
            self.event, self.outage_ms, self.bounds_ms[0], self.bounds_ms[1]
        )?;
        if self.remark.is_empty() {
            return Ok(());
        }
        write!(f, ", {}", self.remark)
    }
}

/// The client's instruments while something happens.
struct Watched {
    event: &'static str,
    probe: Probe,
    since: Stamp,
    from: usize,
}

impl Watched {
    fn start(group: &Group, event: &'static str, from: usize) -> Result<Self, LabError> {
        let probe = group.probe()?;
        group.wait_for_answer(&probe, from)?;
        Ok(Self {
            event,
            probe,
            since: Stamp::now(),
            from,
        })
    }

    /// Wait until `to` serves alone, then compare what the client noticed with the bounds, given without allowance.
    fn finish(self, group: &Group, to: usize, bounds_ms: [f64; 2]) -> Result<Line, LabError> {
        group.wait_for_answer(&self.probe, to)?;
        group.wait_for_holder(to)?;
        group.sole_active(to)?;
        let replies = self.probe.finish();
        let (outage_ms, stall_ms) = outage_ms(&replies, self.since);
        let line = Line {
            event: self.event,
            served: [self.from, to].map(|side| group.sides[side].speaker),
            outage_ms,
            bounds_ms: [
                bounds_ms[0],
                bounds_ms[1] + late_ms(group, to) + ALLOWANCE_MS + 2.0 * stall_ms,
            ],
            own_stall_ms: stall_ms,
            remark: String::new(),
        };
        let last = replies.replies.last().map(|reply| reply.node);
        if last != Some(group.sides[to].node().number()) {
            return Err(group.explain(&format!("{line}\nbut the last answer came from node {last:?}")));
        }
        if outage_ms < line.bounds_ms[0] || outage_ms > line.bounds_ms[1] {
            return Err(LabError::OutOfBounds(
                group.explain(&line.to_string()).to_string(),
            ));
        }
        Ok(line)
    }
}

/// FRR 8.4.4 announces an IPv6 address, and finds only later an address to send its first advertisements from: meanwhile
/// both answer, and the client may be with the one that then yields.
fn late_ms(group: &Group, to: usize) -> f64 {
    let mode = group.case.mode;
    let is_late = group.sides[to].speaker == Speaker::Frr && mode.is_six();
    if is_late { 6.0 * ms(mode.interval()) } else { 0.0 }
}

fn ms(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A whole life: crash, return, fall and rise of the priority, stop, return, end.
///
/// # Errors
/// When something does not happen, costs more or less than the rules allow, or leaves something behind.
pub fn life(group: &mut Group) -> Result<Vec<Line>, LabError> {
    group.start()?;
    group.sole_active(0)?;
    let mut lines = vec![crash(group)?];
    lines.push(come_back(group, "return")?);
    lines.push(fall(group)?);
    lines.push(rise(group)?);
    lines.push(stop(group)?);
    lines.push(come_back(group, "return")?);
    end(group)?;
    Ok(lines)
}

/// Three intervals and the skew after the last advertisement, which was sent up to an interval before the power went.
fn crash(group: &mut Group) -> Result<Line, LabError> {
    let watched = Watched::start(group, "power cut", 0)?;
    group.sides[0].crash()?;
    let mode = group.case.mode;
    let most = ms(mode.active_down(1));
    // A late last advertisement makes the outage shorter by as much, and the client asks every millisecond.
    watched.finish(group, 1, [most - ms(mode.interval()) - 50.0, most])
}

/// Preemption: the better one announces, the other one yields.
fn come_back(group: &mut Group, event: &'static str) -> Result<Line, LabError> {
    let watched = Watched::start(group, event, 1)?;
    group.sides[0].boot(PRIORITIES[0])?;
    watched.finish(group, 0, [0.0, 0.0])
}

/// the successor of ours waits its Skew_Time; others may wait their whole Active_Down_Interval.
fn fall(group: &mut Group) -> Result<Line, LabError> {
    let watched = Watched::start(group, "priority falls", 0)?;
    let since = watched.since;
    group.sides[0].set_priority(FALLEN)?;
    let mut line = watched.finish(group, 1, [0.0, 0.0])?;
    let mode = group.case.mode;
    let lowered = |seen: &Seen| matches!(seen, Seen::Advert { priority, .. } if *priority == FALLEN);
    let first_lowered = group.adverts(0, since).into_iter().find(|s| lowered(&s.seen));
    let successor = group.adverts(1, since).into_iter().next();
    let (Some(first_lowered), Some(successor)) = (first_lowered, successor) else {
        return Err(group.explain("the fall of the priority was not seen on the wire"));
    };
    let shift_ms = successor.at.ms_since(first_lowered.at);
    line.remark = format!("successor {shift_ms:.1} ms after the first lowered advertisement");
    let skew = ms(mode.skew(1));
    let (least, most) = if group.sides[1].speaker == Speaker::Vrrpd {
        (skew - 2.0, skew + TIMER_ALLOWANCE_MS + 2.0 * line.own_stall_ms)
    } else {
        (0.0, ms(mode.active_down(1)) + line.bounds_ms[1])
    };
    if shift_ms < least || shift_ms > most {
        return Err(group.explain(&format!("{line}\nbut the rules say {least:.1} to {most:.1} ms")));
    }
    Ok(line)
}

fn rise(group: &mut Group) -> Result<Line, LabError> {
    let watched = Watched::start(group, "priority rises", 1)?;
    group.sides[0].set_priority(PRIORITIES[0])?;
    watched.finish(group, 0, [0.0, 0.0])
}

/// A planned stop of ours costs nothing (PRJ-STOP-01); priority 0 of others costs the successor's Skew_Time.
fn stop(group: &mut Group) -> Result<Line, LabError> {
    let watched = Watched::start(group, "planned stop", 0)?;
    let since = watched.since;
    group.sides[0].ask_to_stop()?;
    let ours = group.sides[0].speaker == Speaker::Vrrpd;
    let most = if ours { 0.0 } else { ms(group.case.mode.skew(1)) };
    let line = watched.finish(group, 1, [0.0, most])?;
    let said_goodbye = group
        .adverts(0, since)
        .iter()
        .any(|s| matches!(s.seen, Seen::Advert { priority: 0, .. }));
    if !said_goodbye {
        return Err(group.explain("the planned stop was not announced with priority 0"));
    }
    nothing_left(group, 0)?;
    Ok(line)
}

/// Both stop, the Backup first and silently.
fn end(group: &mut Group) -> Result<(), LabError> {
    let since = Stamp::now();
    group.sides[1].ask_to_stop()?;
    nothing_left(group, 1)?;
    let said = group.adverts(1, since);
    if !said.is_empty() {
        return Err(group.explain(&format!("a Backup that stops said {said:?}")));
    }
    group.sides[0].ask_to_stop()?;
    nothing_left(group, 0)
}

fn nothing_left(group: &mut Group, side: usize) -> Result<(), LabError> {
    group.sides[side].wait_for_end()?;
    match group.sides[side].left_behind()? {
        Some(what) => Err(group.explain(&format!("{what} is still on {}", group.name(side)))),
        None => Ok(()),
    }
}

/// Equal priorities: parted, both are Active; together again, the higher address wins.
///
/// # Errors
/// When it does not.
pub fn equals(group: &mut Group) -> Result<Line, LabError> {
    let equal = PRIORITIES[1];
    // The first to speak stays Active, whatever its address: a Backup compares none (T-B-06).
    group.sides[0].start(equal)?;
    group.wait_for_holder(0)?;
    group.sides[1].start(equal)?;
    std::thread::sleep(group.case.mode.active_down(1) * 3 / 2);
    group.sole_active(0)?;
    group.sides[1].cable.close()?;
    let parted = Stamp::now();
    group.wait("both parts with an Active", || {
        let active = |side: usize| {
            group.sides[side].holds().unwrap_or(false) && !group.adverts(side, parted).is_empty()
        };
        active(0) && active(1)
    })?;
    let watched = Watched::start(group, "parts meet", 0)?;
    let spoke = Stamp::now();
    group.wait("the winner's advertisement", || {
        !group.adverts(1, spoke).is_empty()
    })?;
    group.sides[1].cable.open()?;
    // What was sent while the port was still opening may have been lost.
    let since = Stamp::now();
    group.wait_for_holder(1)?;
    let line = together(group, watched, since)?;
    for side in [0, 1] {
        group.sides[side].ask_to_stop()?;
        nothing_left(group, side)?;
    }
    Ok(line)
}

/// What the winner did, and what it cost. Whoever yields before it has spoken leaves the winner without a reason to
/// announce anything, and so does a winner that does not look: then the client asks anew when its cache expires, which is
/// not VRRP's time.
fn together(group: &Group, watched: Watched, since: Stamp) -> Result<Line, LabError> {
    let at_once = answered_at_once(group, since);
    let heard_of = !group.adverts(0, since).is_empty();
    let ours = group.sides[1].speaker == Speaker::Vrrpd;
    let announced = wait::until("an announcement", group.case.mode.interval() * 2, || {
        let seen = group.sides[1].tap.sightings(since);
        seen.into_iter()
            .any(|s| !matches!(s.seen, Seen::Advert { .. }))
            .then_some(())
    });
    let told = announced.is_ok();
    if ours && heard_of && !(told && at_once) {
        let wanted = "T-A-06: the winner answers at once, and tells the clients";
        return Err(group.explain(&format!("{wanted}; it answered: {at_once}, told: {told}")));
    }
    if !told {
        group.client_forgets()?;
    }
    let most = if told {
        ms(group.case.mode.interval())
    } else {
        f64::INFINITY
    };
    let mut line = watched.finish(group, 1, [0.0, most])?;
    line.remark = match (heard_of, at_once) {
        (false, _) => "the lower one yielded before it spoke",
        (true, true) => "the winner answered at once",
        (true, false) => "the winner waited for its next interval",
    }
    .to_owned();
    if !told {
        line.remark += ", nothing was announced and the client had to forget what it knew";
    }
    Ok(line)
}

/// T-A-06: whether the winner's first advertisement came right behind the loser's, which is what ours does.
fn answered_at_once(group: &Group, since: Stamp) -> bool {
    let lower = group.adverts(0, since);
    let higher = group.adverts(1, since);
    let near = AT_ONCE.min(group.case.mode.interval() / 4);
    lower
        .iter()
        .any(|l| higher.iter().any(|h| h.at >= l.at && h.at - l.at < near))
}
