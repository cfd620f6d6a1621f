//! Who wins, who may take over, and who is first: the rules of the election, judged by what was sent and by settings.
//! All three are for worlds of one virtual router per node in which no frame is lost.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{Cause, Instant, Interval, StateName, Transition, Version};

use super::Check;
use super::history::{ARRIVES, History, are_together, has_another_priority, taking_part};
use crate::clock;
use crate::fault::NodeId;
use crate::world::World;

/// Who steps back before another is the worse of the two: by priority, and of equals by the lower address (T-A-04, T-A-05).
#[derive(Debug, Default)]
pub struct TheBetterStays(History);

impl Check for TheBetterStays {
    fn name(&self) -> &'static str {
        "the better stays"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        for (id, transition) in self.0.take(world) {
            let (StateName::Active, Cause::HigherHeard { source, priority }) =
                (transition.from, transition.cause)
            else {
                continue;
            };
            let node = world.node(id);
            let Some(router) = node.routers().next() else {
                continue;
            };
            // A node that wakes hears the rival first, and then of its checks.
            if has_another_priority(world, id) {
                continue;
            }
            let own: (u8, IpAddr) = (node.priority_told(router.config()), node.settings().primary);
            if own >= (priority, source) {
                return Some(format!(
                    "{} with {} at {} steps back before {priority} at {source}",
                    node.settings().name,
                    own.0,
                    own.1
                ));
            }
        }
        None
    }
}

/// Nobody takes over from an Active that it has to follow and that has just been heard (T-B-04, T-B-05): one of at least its
/// own priority, or any where it does not preempt.
#[derive(Debug)]
pub struct TheActiveIsLeftAlone {
    silence: Duration,
    history: History,
}

impl TheActiveIsLeftAlone {
    /// `fastest`: the shortest interval of the world; three of them are the least that a Backup waits for.
    #[must_use]
    pub const fn at(fastest: Interval) -> Self {
        Self {
            silence: Duration::from_nanos(fastest.nanos() * 3),
            history: History::new(),
        }
    }

    fn judge(
        silence: Duration,
        history: &History,
        world: &World,
        id: NodeId,
        transition: &Transition,
    ) -> Option<String> {
        if !takes_over(transition) || transition.cause == Cause::PriorityZero {
            return None;
        }
        let now = world.now();
        let router = taking_part(world, id)?;
        let own = world.node(id).priority_told(router.config());
        let follows = |priority| priority >= own || !(router.config().preempt || own == 255);
        let (other, said) = world.nodes().find_map(|(other, _)| {
            let said = history.said(other)?;
            let active = taking_part(world, other)?.state_name() == StateName::Active;
            // On its way, and before the receiver's next turn.
            let arrived = now > clock::after(said.at, ARRIVES);
            let lately = now < clock::after(said.at, silence);
            let calm = history.is_calm(said.at, None);
            let heard = arrived && lately && calm && are_together(world, id, other);
            (other != id && active && heard && follows(said.priority)).then_some((other, said))
        })?;
        let name = |id| &world.node(id).settings().name;
        Some(format!(
            "{} takes over from {}, which has said {} at {} s",
            name(id),
            name(other),
            said.priority,
            said.at
        ))
    }
}

fn takes_over(transition: &Transition) -> bool {
    (transition.from, transition.to) == (StateName::Backup, StateName::Active)
}

impl Check for TheActiveIsLeftAlone {
    fn name(&self) -> &'static str {
        "a living Active is left alone"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let silence = self.silence;
        self.history.judge_each(world, |history, id, transition| {
            Self::judge(silence, history, world, id, transition)
        })
    }
}

/// Of Backups that have followed one Active to its end the best is first (V3-6.1-13). For worlds of one interval and version.
#[derive(Debug)]
pub struct TheBestIsFirst {
    interval: Duration,
    history: History,
}

impl TheBestIsFirst {
    /// `interval`: everybody's.
    #[must_use]
    pub const fn at(interval: Interval) -> Self {
        Self {
            interval: Duration::from_nanos(interval.nanos()),
            history: History::new(),
        }
    }

    fn judge(
        interval: Duration,
        history: &History,
        world: &World,
        id: NodeId,
        transition: &Transition,
    ) -> Option<String> {
        let after_silence = matches!(transition.cause, Cause::NoResponse | Cause::PriorityZero);
        if !takes_over(transition) || !after_silence {
            return None;
        }
        let (active, last) = history.last_word(id)?;
        // What was said just now is on its way, and is not what the take-over follows on.
        if !last.goodbye && world.now() <= clock::after(last.at, ARRIVES) {
            return None;
        }
        // Both have accepted one of its advertisements at least, and nothing but its end has happened since.
        let since = before(last.at, interval + interval / 4)?;
        if !are_together(world, id, active)
            || last.is_doubtful()
            || last.goodbye != (transition.cause == Cause::PriorityZero)
            || !history.is_calm(since, Some(active))
        {
            return None;
        }
        let follows = |other: NodeId| {
            let router = taking_part(world, other)?;
            let config = router.config();
            let own = world.node(other).priority_told(config);
            let follows = last.priority >= own || !config.preempt;
            let in_time = history.is_since(other, StateName::Backup, since);
            (follows && in_time && own != 255).then_some(own)
        };
        let own = follows(id)?;
        // V2-6.1-02: whatever the interval.
        let skew_base = match taking_part(world, id)?.config().version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => interval,
        };
        let better = world.nodes().find_map(|(other, node)| {
            let rival = other != id && other != active && are_together(world, id, other);
            let is_backup = node.routers().next()?.state_name() == StateName::Backup;
            let priority = follows(other).filter(|_| rival && is_backup)?;
            let ahead = skew_base * u32::from(priority.checked_sub(own)?) / 256;
            (ahead > ARRIVES * 2 + interval / 250).then_some((other, priority))
        });
        let (other, priority) = better?;
        let name = |id| &world.node(id).settings().name;
        Some(format!(
            "{} with {own} is before {} with {priority}, though both have heard {} at {} s",
            name(id),
            name(other),
            name(active),
            last.at
        ))
    }
}

fn before(at: Instant, by: Duration) -> Option<Instant> {
    let nanos = at.as_nanos().checked_sub(clock::nanos(by))?;
    Some(Instant::from_nanos(nanos))
}

impl Check for TheBestIsFirst {
    fn name(&self) -> &'static str {
        "the best is first"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        let interval = self.interval;
        self.history.judge_each(world, |history, id, transition| {
            Self::judge(interval, history, world, id, transition)
        })
    }
}
