//! A planned stop or switchover holds the addresses for as long as it should, and takes nothing back from a successor.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Config, InstanceId, Instant, Report, StateName, Version};

use super::Check;
use super::advert::Advert;
use super::pace::instance_of;
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::timeline::What;
use crate::world::World;

/// After the first advertisement of a successor (PRJ-STOP-02).
const AFTER_SUCCESSOR: Duration = Duration::from_millis(50);
/// Beyond the longest Skew_Time (PRJ-STOP-02).
const MARGIN: Duration = Duration::from_millis(100);
/// Quartzes differ.
const DOUBT: u32 = 1000;

/// Three rules of a hold, for worlds without sync groups in which nobody listens to ARP:
///
/// - Who has heard a successor never becomes Active out of the hold: it lets go (PRJ-STOP-03, PRJ-STOP-04).
/// - It ends 50 ms after the successor was heard, or at its latest time, and earlier only for a second stop, a lost link or
///   a failing kernel (PRJ-STOP-01, PRJ-STOP-02).
/// - Without a successor, it is there for as long as something bars the router or a switchover goes on, and never without a
///   link (PRJ-STOP-01, PRJ-STOP-03).
#[derive(Debug, Default)]
pub struct HoldsAsPlanned {
    holds: BTreeMap<(NodeId, InstanceId), Held>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    since: Instant,
    successor_at: Option<Instant>,
    /// Something has happened that may end it at once.
    may_end: bool,
    /// In the same turn more was read than the order for it: which came first cannot be seen.
    unclear: bool,
}

impl Held {
    /// As the rows have it: 255/256 of the interval, in version 2, spoken alone or beside, of one second at least.
    fn ends_at(&self, config: &Config) -> Instant {
        let interval = Duration::from_nanos(config.interval.nanos());
        let base = match config.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 if config.v2_interop => interval.max(Duration::from_secs(1)),
            Version::V3 => interval,
        };
        let latest = clock::after(self.since, base * 255 / 256 + MARGIN);
        let successor = self.successor_at.map(|at| clock::after(at, AFTER_SUCCESSOR));
        successor.map_or(latest, |at| at.min(latest))
    }
}

impl HoldsAsPlanned {
    fn note_faults(&mut self, world: &World) {
        for (_, what) in world.latest() {
            let What::Fault(fault) = what else { continue };
            let ends = matches!(
                fault,
                Fault::Stop(_)
                    | Fault::LinkDown(_)
                    | Fault::AddressesFail(..)
                    | Fault::On(..)
                    | Fault::Reconfigure(..)
            );
            for ((id, _), held) in &mut self.holds {
                held.may_end |= ends && fault.node() == Some(*id);
            }
        }
    }

    fn note_successors(&mut self, world: &World) {
        for (id, datagram) in world.heard() {
            let Some(advert) = Advert::of(datagram).filter(|advert| advert.priority > 0) else {
                continue;
            };
            for ((holder, instance), held) in &mut self.holds {
                let router = instance_of(world, *holder, *instance);
                let is_its = router.is_some_and(|router| router.config().vrid.get() == advert.vrid);
                if holder == id && is_its && held.successor_at.is_none() {
                    held.successor_at = Some(world.now());
                }
            }
        }
    }

    /// What a report says of a hold.
    fn judge(&mut self, world: &World, key: (NodeId, InstanceId), report: &Report) -> Option<String> {
        let now = world.now();
        let node = world.node(key.0);
        let name = &node.settings().name;
        match report {
            Report::Transition(change) if change.holding => {
                let held = Held {
                    since: now,
                    successor_at: None,
                    may_end: false,
                    unclear: world.heard().iter().any(|(id, _)| *id == key.0),
                };
                self.holds.insert(key, held);
                None
            }
            Report::Transition(change) => {
                let held = self.holds.remove(&key)?;
                let config = instance_of(world, key.0, key.1)?.config();
                let takes_back = (change.from, change.to) == (StateName::Initialize, StateName::Active);
                // T-I-01: an owner that starts again is Active at once.
                let owns = config.priority.get() == 255;
                let successor = held
                    .successor_at
                    .filter(|_| takes_back && !owns && !held.unclear)?;
                Some(format!(
                    "{name} takes its addresses back, though it has heard a successor at {successor} s"
                ))
            }
            Report::HoldEnded { .. } => {
                let held = self.holds.get(&key).copied()?;
                let config = instance_of(world, key.0, key.1)?.config();
                let ends_at = held.ends_at(config);
                let lasted = ends_at.since(held.since);
                let early = clock::after(now, lasted / DOUBT) < ends_at;
                // Who may take part again lets go at once where somebody has taken over; who wakes from a stall reads the
                // order and what makes it void in one turn.
                let heard = held.successor_at.is_some() || world.heard().iter().any(|(id, _)| *id == key.0);
                let goes = heard && !node.is_barred(config);
                let at_once = held.since == now || config.interface.is_some_and(|own| !node.is_up(own));
                (early && !held.may_end && !held.unclear && !goes && !at_once)
                    .then(|| format!("{name} lets go {:?} too early", ends_at.since(now)))
            }
            _ => None,
        }
    }

    /// What is to be so between two events.
    fn judge_rest(&self, world: &World, key: (NodeId, InstanceId), held: &Held) -> Option<String> {
        let now = world.now();
        let node = world.node(key.0);
        let router = instance_of(world, key.0, key.1)?;
        if !router.holds() || router.state_name() != StateName::Initialize {
            return None;
        }
        if !node.is_awake(now) || !node.is_idle() || held.unclear {
            return None;
        }
        let config = router.config();
        let name = &node.settings().name;
        if !config.interface.is_none_or(|interface| node.is_up(interface)) {
            return Some(format!("{name} holds its addresses without a link"));
        }
        let free = !node.is_barred(config) && !node.resigned_told(config) && held.successor_at.is_none();
        free.then(|| format!("{name} may take part, nobody has taken over, and it only holds its addresses"))
    }
}

impl Check for HoldsAsPlanned {
    fn name(&self) -> &'static str {
        "holds as planned"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        self.note_faults(world);
        let mut found = None;
        for (id, what) in world.latest() {
            if let (Some(id), What::Report { router, report, .. }) = (id, what) {
                found = found.or(self.judge(world, (*id, *router), report));
            }
        }
        self.note_successors(world);
        self.holds.retain(|(id, _), _| world.node(*id).is_running());
        let touched = |id: &NodeId| world.touched().contains(id);
        found.or_else(|| {
            let mut holds = self.holds.iter().filter(|((id, _), _)| touched(id));
            holds.find_map(|(key, held)| self.judge_rest(world, *key, held))
        })
    }
}
