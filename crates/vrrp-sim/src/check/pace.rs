//! How often an Active speaks: once an interval, a few answers beside, and after a stall once, if it may go on at all.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{InstanceId, Instant, Report, StateName, VirtualRouter};

use super::Check;
use super::advert::Advert;
use crate::fault::NodeId;
use crate::timeline::What;
use crate::world::World;

/// Answers to others in one interval (PRJ-FSM-01).
pub(super) const ANSWERS_MAX: usize = 3;
/// Timers may be early by a hundredth of the interval (PRJ-SLACK-01), and quartzes differ.
const EARLY: u32 = 50;

/// Never a burst: of three advertisements of one router, with nothing heard and nothing entered between them, the first and
/// the last are an interval apart, though the second may be late (PRJ-TIME-05); and in no interval are there more than the
/// answers of two windows of PRJ-FSM-01 beside the periodic ones, whatever comes in.
#[derive(Debug, Default)]
pub struct NoBurst {
    spoken: BTreeMap<(NodeId, InstanceId), Spoken>,
}

#[derive(Debug, Default)]
struct Spoken {
    /// Of the last interval.
    at: Vec<Instant>,
    /// Since the node heard anything or the router changed its state.
    alone: usize,
}

impl NoBurst {
    /// `answers`: something was heard in the same turn.
    fn said(
        &mut self,
        key: (NodeId, InstanceId),
        now: Instant,
        interval: Duration,
        answers: bool,
    ) -> Option<&'static str> {
        let spoken = self.spoken.entry(key).or_default();
        let shortest = interval - interval / EARLY;
        spoken.at.retain(|at| now.since(*at) < shortest);
        spoken.at.push(now);
        spoken.alone = if answers { 1 } else { spoken.alone + 1 };
        spoken.alone = spoken.alone.min(spoken.at.len());
        if spoken.alone > 2 {
            return Some("catches up with advertisements that it has missed");
        }
        // Two periodic ones, of which the first is late, and the windows may meet in the middle.
        let many = spoken.at.len() > 2 + 2 * ANSWERS_MAX;
        many.then_some("answers more often than three times an interval")
    }
}

impl Check for NoBurst {
    fn name(&self) -> &'static str {
        "no burst of advertisements"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        for (id, what) in world.latest() {
            let Some(id) = *id else { continue };
            match what {
                // Each time it enters or leaves Active it speaks once more.
                What::Report {
                    router,
                    report: Report::Transition(_),
                    ..
                } => {
                    self.spoken.remove(&(id, *router));
                }
                What::Fault(_) => {
                    for (_, spoken) in self.spoken.range_mut(all_of(id)) {
                        spoken.alone = 0;
                    }
                }
                _ => {}
            }
        }
        for (id, _) in world.heard() {
            for (_, spoken) in self.spoken.range_mut(all_of(*id)) {
                spoken.alone = 0;
            }
        }
        let answers = |id| world.heard().iter().any(|(reader, _)| *reader == id);
        let now = world.now();
        world.left().iter().find_map(|(id, instance, datagram)| {
            let advert = Advert::of(datagram)?;
            let router = instance_of(world, *id, *instance)?;
            // Of a pair of copies the first one counts.
            let is_copy = router.config().v2_interop && advert.version == 2;
            if advert.priority == 0 || is_copy || router.state_name() != StateName::Active {
                return None;
            }
            let interval = Duration::from_nanos(router.config().interval.nanos());
            let wrong = self.said((*id, *instance), now, interval, answers(*id))?;
            Some(format!("{} {wrong}", world.node(*id).settings().name))
        })
    }
}

fn all_of(id: NodeId) -> std::ops::RangeInclusive<(NodeId, InstanceId)> {
    (id, InstanceId(0))..=(id, InstanceId(u32::MAX))
}

pub(super) fn instance_of(world: &World, id: NodeId, instance: InstanceId) -> Option<&VirtualRouter> {
    let mut all = world.node(id).instances();
    all.find(|(other, _)| *other == instance)
        .map(|(_, router)| router)
}

/// An Active that does not preempt and was away for longer than Active_Down_Interval steps back before it says anything:
/// another has probably taken over (X-13, where it is asked for by `step_back_when_stalled`).
#[derive(Debug, Default)]
pub struct TheStalledStepBack {
    spoke: BTreeMap<(NodeId, InstanceId), Instant>,
}

impl Check for TheStalledStepBack {
    fn name(&self) -> &'static str {
        "an Active that was away steps back"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let now = world.now();
        let changed = world.latest().iter().filter_map(|(id, what)| match what {
            What::Report {
                router,
                report: Report::Transition(_),
                ..
            } => Some(((*id)?, *router)),
            _ => None,
        });
        let changed: Vec<(NodeId, InstanceId)> = changed.collect();
        let mut found = None;
        for (id, instance, datagram) in world.left() {
            let key = (*id, *instance);
            let (Some(advert), Some(router)) = (Advert::of(datagram), instance_of(world, *id, *instance))
            else {
                continue;
            };
            let config = router.config();
            if !config.step_back_when_stalled || advert.priority == 0 {
                continue;
            }
            let node = world.node(*id);
            let interval = Duration::from_nanos(config.interval.nanos());
            // The next advertisement was due an interval after the last, and Active_Down_Interval counts from then.
            let silence = interval * (u32::from(config.down_adverts) + 1);
            let down = silence + skew(config.version, interval, node.priority_told(config));
            let last = self.spoke.insert(key, now).filter(|_| !changed.contains(&key));
            if let Some(last) = last
                && now.since(last) > down + down / 1000
            {
                let name = &node.settings().name;
                found = Some(format!(
                    "{name} has said nothing since {last} s, and goes on as if nothing had happened"
                ));
            }
        }
        for key in &changed {
            let router = instance_of(world, key.0, key.1);
            if router.is_none_or(|router| router.state_name() != StateName::Active) {
                self.spoke.remove(key);
            }
        }
        for id in world.touched() {
            if !world.node(*id).is_running() {
                self.spoke.retain(|(node, _), _| node != id);
            }
        }
        found
    }
}

pub(super) fn skew(version: vrrp_core::Version, interval: Duration, priority: u8) -> Duration {
    let base = match version {
        vrrp_core::Version::V2 => Duration::from_secs(1),
        vrrp_core::Version::V3 => interval,
    };
    base * (256 - u32::from(priority)) / 256
}
