//! The deciding value: inputs in, actions out.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrrp_core::Health;

use super::config::{LastResort, PoolConfig, PoolError};
use super::member::{Known, Placement, Worth, worth};
use super::wanted::{Because, Place, Snapshot};

/// What a pool is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolInput<'a> {
    /// Begin: members without a result are in, or out with `alpha`.
    Start,
    /// A check has this health; [`Change`](crate::Change) has it. A check that nobody follows changes nothing.
    Check {
        /// Its name.
        name: &'a str,
        /// Its health.
        health: Health,
        /// Up with a warning.
        degraded: bool,
    },
    /// An operator wants a member here.
    Place {
        /// Which; one that is not there changes nothing.
        member: &'a str,
        /// Where.
        placement: Placement,
    },
    /// Nobody knows what the sink holds: it failed, or has been started anew. Everything is said again.
    Restate,
}

/// What is to be done: the level that is wanted, not a step. Doing it twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolAction {
    /// The server is in, with this weight.
    Add {
        /// Which.
        member: Arc<str>,
        /// Its share; 0: nothing new.
        weight: u32,
    },
    /// The server that is in has another weight.
    Weight {
        /// Which.
        member: Arc<str>,
        /// Its share; 0: nothing new.
        weight: u32,
    },
    /// The server is out.
    Remove {
        /// Which.
        member: Arc<str>,
    },
    /// Enough members live again (keepalived `quorum_up`).
    QuorumGained,
    /// Too few live (keepalived `quorum_down`).
    QuorumLost,
}

/// Decides who of several servers serves. Pure: no clock, no I/O; cannot fail.
///
/// A server is in while all its checks let it; its weight is its own and what its checks add (below 0 counts as
/// failed). While too little weight lives the [`LastResort`] serves. The actions of one input come in an order in which
/// nobody is taken out before another is in: at no moment does nobody serve if somebody served before and somebody
/// serves after.
///
/// ```
/// use healthcheck::{Health, LastResort, Member, Pool, PoolAction, PoolConfig, PoolInput};
///
/// let members = [
///     Member::new("192.0.2.10:80").weight(2).gated_by("web1"),
///     Member::new("192.0.2.11:80").gated_by("web2"),
/// ];
/// let sorry = LastResort::Server { name: "127.0.0.1:8080".into(), weight: 1, inhibit: false };
/// let mut pool = Pool::new(PoolConfig::new(members).last_resort(sorry))?;
/// assert_eq!(pool.handle(PoolInput::Start).len(), 3); // both are in, and the quorum is there
///
/// let down = |name| PoolInput::Check { name, health: Health::Down, degraded: false };
/// assert_eq!(pool.handle(down("web1")), [PoolAction::Remove { member: "192.0.2.10:80".into() }]);
/// assert_eq!(
///     pool.handle(down("web2")),
///     [
///         PoolAction::Add { member: "127.0.0.1:8080".into(), weight: 1 }, // first this,
///         PoolAction::Remove { member: "192.0.2.11:80".into() },          // then that
///         PoolAction::QuorumLost,
///     ]
/// );
/// assert_eq!(pool.handle(down("web2")), []); // nothing new
/// # Ok::<(), healthcheck::PoolError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    config: PoolConfig,
    started: bool,
    quorum: bool,
    known: BTreeMap<Arc<str>, Known>,
    placements: BTreeMap<Arc<str>, Placement>,
    /// What the sink has been told.
    told: BTreeMap<Arc<str>, u32>,
}

impl Pool {
    /// Nothing is in yet.
    ///
    /// # Errors
    /// No member, or one twice.
    pub fn new(config: PoolConfig) -> Result<Self, PoolError> {
        let config = config.checked()?;
        Ok(Self {
            known: checks(&config),
            config,
            started: false,
            quorum: false,
            placements: BTreeMap::new(),
            told: BTreeMap::new(),
        })
    }

    /// Takes an input; what is to be done, at most one action for each server and one for the quorum.
    pub fn handle(&mut self, input: PoolInput<'_>) -> Vec<PoolAction> {
        let mut restate = false;
        match input {
            PoolInput::Start => self.started = true,
            PoolInput::Check {
                name,
                health,
                degraded,
            } => {
                if let Some(known) = self.known.get_mut(name) {
                    *known = Known { health, degraded };
                }
            }
            PoolInput::Place { member, placement } => {
                if let Some(member) = self.config.members.iter().find(|one| &*one.name == member) {
                    self.placements.insert(Arc::clone(&member.name), placement);
                }
            }
            PoolInput::Restate => restate = true,
        }
        self.settle(restate, Vec::new())
    }

    /// Goes on with another configuration (a reload): a check or member that keeps its name keeps what is known of it.
    ///
    /// # Errors
    /// No member, or one twice; then nothing has changed.
    pub fn reconfigure(&mut self, config: PoolConfig) -> Result<Vec<PoolAction>, PoolError> {
        let config = config.checked()?;
        let mut known = checks(&config);
        for (name, new) in &mut known {
            *new = self.known.get(name).copied().unwrap_or_default();
        }
        self.known = known;
        self.placements
            .retain(|name, _| config.members.iter().any(|member| member.name == *name));
        self.config = config;
        let places = self.places();
        let gone = self
            .told
            .keys()
            .filter(|name| !places.iter().any(|place| place.name == **name))
            .cloned()
            .collect();
        Ok(self.settle(false, gone))
    }

    /// What is wanted as things stand.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            places: self.places(),
            quorum: self.quorum,
            living_weight: self.living_weight(),
        }
    }

    /// The configuration, its numbers cut to what makes sense.
    #[must_use]
    pub const fn config(&self) -> &PoolConfig {
        &self.config
    }

    fn worths(&self) -> impl Iterator<Item = Worth> {
        self.config.members.iter().map(|member| {
            let placement = self.placements.get(&member.name).copied().unwrap_or_default();
            worth(member, placement, &self.known)
        })
    }

    fn living_weight(&self) -> u64 {
        self.worths()
            .filter(|worth| worth.lives)
            .filter_map(|worth| worth.weight)
            .map(u64::from)
            .sum()
    }

    fn settle(&mut self, restate: bool, gone: Vec<Arc<str>>) -> Vec<PoolAction> {
        if !self.started {
            return Vec::new();
        }
        let living = self.living_weight();
        let had = self.quorum;
        self.quorum = if had {
            living >= self.config.lost_below()
        } else {
            living >= self.config.gained_at()
        };
        let places = self.places();
        let mut actions = self.difference(&places, restate);
        actions.extend(gone.into_iter().map(|member| PoolAction::Remove { member }));
        self.told = places
            .into_iter()
            .filter_map(|place| Some((place.name, place.weight?)))
            .collect();
        match (had, self.quorum) {
            (false, true) => actions.push(PoolAction::QuorumGained),
            (true, false) => actions.push(PoolAction::QuorumLost),
            (true, true) | (false, false) => {}
        }
        actions
    }

    /// Who serves comes first, then who serves no more, then who goes.
    fn difference(&self, places: &[Place], restate: bool) -> Vec<PoolAction> {
        let (mut first, mut then, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for Place { name, weight, .. } in places {
            let member = Arc::clone(name);
            let told = self.told.get(name).copied();
            let action = match (told, *weight) {
                (_, Some(weight)) if restate => PoolAction::Add { member, weight },
                (_, None) if restate => PoolAction::Remove { member },
                (None, Some(weight)) => PoolAction::Add { member, weight },
                (Some(told), Some(weight)) if told != weight => PoolAction::Weight { member, weight },
                (Some(_), None) => PoolAction::Remove { member },
                (Some(_), Some(_)) | (None, None) => continue,
            };
            match weight {
                Some(1..) => first.push(action),
                Some(0) => then.push(action),
                None => last.push(action),
            }
        }
        first.append(&mut then);
        first.append(&mut last);
        first
    }

    fn places(&self) -> Vec<Place> {
        let lost = !self.quorum;
        let members = self.config.members.iter().zip(self.worths());
        let mut places: Vec<Place> = members
            .map(|(member, worth)| {
                let (weight, because) = match &self.config.last_resort {
                    LastResort::Server { .. } if lost && worth.lives => {
                        (member.inhibit.then_some(0), Because::QuorumLost)
                    }
                    LastResort::Everyone
                        if lost && !matches!(worth.because, Because::Drained | Because::PlacedOut) =>
                    {
                        (Some(member.weight), Because::LastResort)
                    }
                    LastResort::Server { .. } | LastResort::Everyone | LastResort::Nothing => {
                        (worth.weight, worth.because)
                    }
                };
                Place {
                    name: Arc::clone(&member.name),
                    weight,
                    because,
                }
            })
            .collect();
        if let LastResort::Server {
            name,
            weight,
            inhibit,
        } = &self.config.last_resort
        {
            let (weight, because) = if lost {
                (Some(*weight), Because::LastResort)
            } else {
                (inhibit.then_some(0), Because::NotNeeded)
            };
            places.push(Place {
                name: Arc::clone(name),
                weight,
                because,
            });
        }
        places
    }
}

/// Every check that is followed, nothing known.
fn checks(config: &PoolConfig) -> BTreeMap<Arc<str>, Known> {
    let follows = config.members.iter().flat_map(|member| &member.checks);
    follows
        .map(|follows| (Arc::clone(&follows.check), Known::default()))
        .collect()
}
