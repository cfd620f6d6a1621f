//! A Backup takes over Active_Down_Interval after the last advertisement that it had to follow: no earlier, no later.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{Config, Instant, Report, StateName, Version};

use super::Check;
use super::advert::Advert;
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::timeline::What;
use crate::world::World;

/// Judges by what a Backup has read and by the priority it was told to have, at the time of its take-over: three intervals
/// of the Active that it follows and its own Skew_Time (V3-6.1-13, V3-6.1-14), at the priority it has now (PRJ-CHG-01),
/// whatever strangers of lower priority say, and whatever the version 2 copies of an Active say of which version 3
/// is heard (V3-8.4.2-05). For worlds of one virtual router per node without a preempt delay, losses or not.
///
/// What a goodbye or a fall of the Active's own priority shortens is not judged until the next advertisement.
#[derive(Debug, Default)]
pub struct TakesOverInTime {
    backups: BTreeMap<NodeId, Backup>,
}

const LATE: &str = "has not taken over in time";

#[derive(Debug, Default)]
struct Backup {
    follows: Option<Followed>,
    /// The priority it was told to have, 0 before any, and since when.
    priority: u8,
    changed_at: Instant,
    stalled_until: Instant,
    /// Priorities may change more than once when it wakes.
    orders_wait: bool,
    /// Whom it has followed since it was started: a lower priority of theirs may be a fall.
    accepted: BTreeSet<IpAddr>,
    /// From whom it has read version 3, and when last.
    version_3: BTreeMap<IpAddr, Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Followed {
    at: Instant,
    interval: Duration,
    /// Who and in which version, for the words.
    source: IpAddr,
    version: u8,
}

impl Backup {
    fn read(&mut self, config: &Config, now: Instant, advert: &Advert) {
        let follows = advert.priority >= self.priority || !(config.preempt || self.priority == 255);
        if advert.priority == 0 {
            self.follows = None;
            return;
        }
        if advert.version == 3 {
            self.version_3.insert(advert.source, now);
        } else if config.v2_interop
            && let Some(certain) = self.is_copy(config, now, advert.source)
        {
            // Of two that both speak, the other one's copy may be taken for its only word.
            self.follows = self
                .follows
                .filter(|followed| certain && followed.source == advert.source);
            return;
        }
        if follows {
            self.accepted.insert(advert.source);
            let interval = match config.version {
                Version::V2 => Duration::from_nanos(config.interval.nanos()),
                Version::V3 => advert.interval,
            };
            self.follows = Some(Followed {
                at: now,
                interval,
                source: advert.source,
                version: advert.version,
            });
        } else if self.accepted.contains(&advert.source) {
            self.follows = None;
        }
    }

    /// A version 2 copy of an Active whose version 3 one was read within Active_Down_Interval; false where that depends on whose
    /// clock it is.
    fn is_copy(&self, config: &Config, now: Instant, source: IpAddr) -> Option<bool> {
        let age = now.since(*self.version_3.get(&source)?);
        let interval = self.follows.map(|followed| followed.interval);
        let interval = interval.unwrap_or(Duration::from_nanos(config.interval.nanos()));
        let wait = self.active_down(config, interval);
        (age <= wait + doubt(wait)).then(|| age <= wait.saturating_sub(doubt(wait)))
    }

    fn active_down(&self, config: &Config, interval: Duration) -> Duration {
        let base = match config.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => interval,
        };
        interval * u32::from(config.down_adverts) + base * (256 - u32::from(self.priority)) / 256
    }

    /// When it is to take over, the earliest and the latest time, as far as clocks agree.
    fn due(&self, config: &Config) -> Option<(Instant, Instant)> {
        let followed = self.follows?;
        let wait = self.active_down(config, followed.interval);
        let doubt = doubt(wait);
        let earliest = clock::after(followed.at, wait.saturating_sub(doubt));
        let latest = clock::after(followed.at, wait + doubt);
        let begins = self.changed_at.max(self.stalled_until);
        let earliest = earliest.max(followed.at);
        Some((
            earliest,
            latest.max(clock::after(begins, Duration::from_micros(10))),
        ))
    }

    fn words(&self) -> String {
        self.follows.map_or_else(String::new, |followed| {
            format!(
                "{} was heard in version {} at {} s, its interval is {:?} and the own priority {}",
                followed.source, followed.version, followed.at, followed.interval, self.priority
            )
        })
    }
}

/// Quartzes differ by 200 millionths in these worlds.
fn doubt(wait: Duration) -> Duration {
    wait / 2000 + Duration::from_micros(10)
}

impl TakesOverInTime {
    fn note_faults(&mut self, world: &World) {
        let now = world.now();
        for (_, what) in world.latest() {
            let What::Fault(fault) = what else { continue };
            let Some(backup) = fault.node().map(|id| self.backups.entry(id).or_default()) else {
                continue;
            };
            match fault {
                Fault::Stall(_, lasts) => {
                    backup.stalled_until = backup.stalled_until.max(clock::after(now, *lasts));
                }
                Fault::PowerCut(_) | Fault::Kill(_) => *backup = Backup::default(),
                Fault::Reconfigure(..) => backup.follows = None,
                _ => backup.orders_wait |= now < backup.stalled_until,
            }
        }
    }

    fn judge(&mut self, world: &World, id: NodeId) -> Option<String> {
        let now = world.now();
        let node = world.node(id);
        let backup = self.backups.entry(id).or_default();
        let Some(router) = node.routers().next() else {
            *backup = Backup::default();
            return None;
        };
        if !node.is_awake(now) || !node.is_idle() {
            return None;
        }
        let config = router.config();
        let priority = node.priority_told(config);
        let changed = priority != backup.priority && backup.priority > 0;
        if changed || backup.priority == 0 {
            (backup.priority, backup.changed_at) = (priority, now);
        }
        let mut entered = world.latest().iter().filter_map(|(who, what)| match what {
            What::Report {
                report: Report::Transition(transition),
                ..
            } if *who == Some(id) => Some(*transition),
            _ => None,
        });
        let entered = entered.next();
        let mut wrong = None;
        if let Some(transition) = entered {
            if (transition.from, transition.to) == (StateName::Backup, StateName::Active)
                && let Some((earliest, latest)) = backup.due(config)
            {
                wrong = match () {
                    () if now > latest => Some(LATE),
                    () if now < earliest && !changed => Some("takes over too early"),
                    () => None,
                };
            }
        } else if router.state_name() == StateName::Backup
            && let Some((_, latest)) = backup.due(config)
            && now > latest
        {
            wrong = Some(LATE);
        }
        let name = &node.settings().name;
        let found = wrong.map(|wrong| format!("{name} {wrong}: {}", backup.words()));
        let read = world.heard().iter().filter(|(reader, _)| *reader == id);
        let read = read.filter_map(|(_, datagram)| Advert::of(datagram));
        let read = read.filter(|advert| advert.vrid == config.vrid.get());
        for advert in read {
            backup.read(config, now, &advert);
        }
        let is_backup = router.state_name() == StateName::Backup;
        // Which came first within one turn cannot be seen from outside.
        let several = changed && !world.heard().is_empty();
        if entered.is_some() || !is_backup || several || backup.orders_wait {
            backup.follows = None;
            backup.orders_wait = false;
        }
        found
    }
}

impl Check for TakesOverInTime {
    fn name(&self) -> &'static str {
        "a Backup takes over in time"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        self.note_faults(world);
        let mut touched = world.touched().to_vec();
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().find_map(|id| self.judge(world, id))
    }
}
