//! The deciding value: inputs in, actions out.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrrp_core::Health;

use super::config::{Follows, LastResort, Member, PoolConfig, PoolError};
use super::member::{Known, Placement, Word, Worth, worth};
use super::wanted::{Because, Place, Snapshot, Standing};

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
    /// A member's own weight is another than the configured one: an operator's word, or a check that says how much its
    /// server can bear (keepalived `misc_dynamic`). It outlives a reload.
    Weigh {
        /// Which; one that is not there changes nothing.
        member: &'a str,
        /// Its share while it is well; `None`: as configured.
        weight: Option<u32>,
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
    /// Where a member stands, and who follows a check: an input must not cost a look at every member.
    index: BTreeMap<Arc<str>, usize>,
    followers: BTreeMap<Arc<str>, Vec<usize>>,
    started: bool,
    quorum: bool,
    had_quorum: bool,
    known: BTreeMap<Arc<str>, Known>,
    words: BTreeMap<Arc<str>, Word>,
    /// Of each member, as `known` and `words` have it.
    worths: Vec<Worth>,
    living_weight: u64,
    /// What the sink has been told.
    told: BTreeMap<Arc<str>, u32>,
}

/// Whose places an input may have changed.
enum Touched {
    All,
    Members(Vec<usize>),
}

impl Pool {
    /// Nothing is in yet.
    ///
    /// # Errors
    /// No member, or one twice.
    pub fn new(config: PoolConfig) -> Result<Self, PoolError> {
        let mut pool = Self {
            config: config.checked()?,
            index: BTreeMap::new(),
            followers: BTreeMap::new(),
            started: false,
            quorum: false,
            had_quorum: false,
            known: BTreeMap::new(),
            words: BTreeMap::new(),
            worths: Vec::new(),
            living_weight: 0,
            told: BTreeMap::new(),
        };
        pool.learn(|_| None);
        Ok(pool)
    }

    /// To be said before [`PoolInput::Start`]: whoever has done this before had the quorum, and it goes on where enough live to keep
    /// it, though too few to gain it anew. It is told as gained all the same.
    pub const fn had_quorum(&mut self) {
        self.had_quorum = true;
    }

    /// Takes an input; what is to be done, at most one action for each server and one for the quorum.
    pub fn handle(&mut self, input: PoolInput<'_>) -> Vec<PoolAction> {
        let (touched, restate) = match input {
            PoolInput::Start => {
                self.started = true;
                (Touched::All, false)
            }
            PoolInput::Check {
                name,
                health,
                degraded,
            } => {
                let now = Known { health, degraded };
                match self.known.get_mut(name) {
                    Some(known) if *known != now => *known = now,
                    Some(_) | None => return Vec::new(),
                }
                let followers = self.followers.get(name).cloned();
                (Touched::Members(followers.unwrap_or_default()), false)
            }
            PoolInput::Place { member, placement } => {
                (self.say(member, |word| word.placement = placement), false)
            }
            PoolInput::Weigh { member, weight } => (self.say(member, |word| word.weight = weight), false),
            PoolInput::Restate => (Touched::All, true),
        };
        self.settle(touched, restate, Vec::new())
    }

    fn say(&mut self, member: &str, change: impl FnOnce(&mut Word)) -> Touched {
        let Some((name, index)) = self.index.get_key_value(member) else {
            return Touched::Members(Vec::new());
        };
        change(self.words.entry(Arc::clone(name)).or_default());
        Touched::Members(vec![*index])
    }

    /// Goes on with another configuration (a reload): a check or member that keeps its name keeps what is known of it.
    ///
    /// # Errors
    /// No member, or one twice; then nothing has changed.
    pub fn reconfigure(&mut self, config: PoolConfig) -> Result<Vec<PoolAction>, PoolError> {
        self.reconfigure_knowing(config, |_| None)
    }

    /// As [`Self::reconfigure`], with what is known of checks that are new to this pool and not to others: health, and whether
    /// with a warning.
    ///
    /// # Errors
    /// No member, or one twice; then nothing has changed.
    pub fn reconfigure_knowing(
        &mut self,
        config: PoolConfig,
        known: impl Fn(&str) -> Option<(Health, bool)>,
    ) -> Result<Vec<PoolAction>, PoolError> {
        self.config = config.checked()?;
        self.learn(known);
        let last = self.config.last_resort_name().cloned();
        let index = &self.index;
        let is_gone = |name: &Arc<str>| !index.contains_key(name) && last.as_ref() != Some(name);
        let gone = self.told.keys().filter(|name| is_gone(name)).cloned().collect();
        Ok(self.settle(Touched::All, false, gone))
    }

    /// Makes what follows from the configuration; what is known of what is still there is kept.
    fn learn(&mut self, elsewhere: impl Fn(&str) -> Option<(Health, bool)>) {
        let members = || self.config.members.iter().enumerate();
        self.index = members()
            .map(|(at, member)| (Arc::clone(&member.name), at))
            .collect();
        self.followers.clear();
        let mut known = BTreeMap::new();
        for (at, member) in members() {
            for Follows { check, .. } in &member.checks {
                let is = || {
                    let before = self.known.get(check).copied();
                    let elsewhere = || elsewhere(check).map(|(health, degraded)| Known { health, degraded });
                    before.or_else(elsewhere).unwrap_or_default()
                };
                known.entry(Arc::clone(check)).or_insert_with(is);
                let followers = self.followers.entry(Arc::clone(check)).or_default();
                if followers.last() != Some(&at) {
                    followers.push(at);
                }
            }
        }
        self.known = known;
        let index = &self.index;
        self.words.retain(|name, _| index.contains_key(name));
        self.worths = members().map(|(_, member)| self.worth(member)).collect();
        self.living_weight = self.worths.iter().map(Worth::living).sum();
    }

    fn worth(&self, member: &Member) -> Worth {
        let word = self.words.get(&member.name).copied().unwrap_or_default();
        worth(member, word, &self.known)
    }

    /// What a member is by its checks and by the operator, whatever the quorum makes of it.
    #[must_use]
    pub fn standing(&self, member: &str) -> Option<Standing> {
        let worth = self.worths.get(*self.index.get(member)?)?;
        Some(Standing {
            lives: worth.lives,
            because: worth.because.clone(),
        })
    }

    /// What is wanted of a member or of the last resort.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Place> {
        match self.index.get(name) {
            Some(index) => self.place_of(*index),
            None => self.last_place().filter(|place| &*place.name == name),
        }
    }

    /// What is wanted as things stand.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            places: self.places(),
            quorum: self.quorum,
            living_weight: self.living_weight,
        }
    }

    /// Whether enough members live.
    #[must_use]
    pub const fn has_quorum(&self) -> bool {
        self.quorum
    }

    /// The weight of the living members.
    #[must_use]
    pub const fn living_weight(&self) -> u64 {
        self.living_weight
    }

    /// The configuration, its numbers cut to what makes sense.
    #[must_use]
    pub const fn config(&self) -> &PoolConfig {
        &self.config
    }

    fn settle(&mut self, touched: Touched, restate: bool, gone: Vec<Arc<str>>) -> Vec<PoolAction> {
        self.weigh_anew(&touched);
        if !self.started {
            return Vec::new();
        }
        let had = self.quorum;
        self.quorum = if had || std::mem::take(&mut self.had_quorum) {
            self.living_weight >= self.config.lost_below()
        } else {
            self.living_weight >= self.config.gained_at()
        };
        let everybody = had != self.quorum && self.config.last_resort != LastResort::Nothing;
        let places = match touched {
            Touched::Members(members) if !everybody => {
                members.into_iter().filter_map(|at| self.place_of(at)).collect()
            }
            Touched::All | Touched::Members(_) => self.places(),
        };
        let mut actions = self.difference(&places, restate);
        for Place { name, weight, .. } in places {
            match weight {
                Some(weight) => self.told.insert(name, weight),
                None => self.told.remove(&name),
            };
        }
        for member in gone {
            self.told.remove(&member);
            actions.push(PoolAction::Remove { member });
        }
        match (had, self.quorum) {
            (false, true) => actions.push(PoolAction::QuorumGained),
            (true, false) => actions.push(PoolAction::QuorumLost),
            (true, true) | (false, false) => {}
        }
        actions
    }

    fn weigh_anew(&mut self, touched: &Touched) {
        // All: at the start and after a reload they have been weighed as they were learnt of.
        let Touched::Members(members) = touched else {
            return;
        };
        for at in members {
            let Some(member) = self.config.members.get(*at) else {
                continue;
            };
            let now = self.worth(member);
            if let Some(before) = self.worths.get_mut(*at) {
                self.living_weight = self.living_weight - before.living() + now.living();
                *before = now;
            }
        }
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
        let members = (0..self.config.members.len()).filter_map(|at| self.place_of(at));
        members.chain(self.last_place()).collect()
    }

    fn place_of(&self, at: usize) -> Option<Place> {
        let (member, worth) = (self.config.members.get(at)?, self.worths.get(at)?);
        let lost = !self.quorum;
        let placed_off = matches!(worth.because, Because::Drained | Because::PlacedOut);
        let (weight, because) = match &self.config.last_resort {
            LastResort::Server { .. } if lost && worth.lives => {
                (member.inhibit.then_some(0), Because::QuorumLost)
            }
            LastResort::Everyone if lost && !placed_off => (Some(member.weight), Because::LastResort),
            LastResort::Server { .. } | LastResort::Everyone | LastResort::Nothing => {
                (worth.weight, worth.because.clone())
            }
        };
        Some(Place {
            name: Arc::clone(&member.name),
            weight,
            because,
        })
    }

    fn last_place(&self) -> Option<Place> {
        let LastResort::Server {
            name,
            weight,
            inhibit,
        } = &self.config.last_resort
        else {
            return None;
        };
        let (weight, because) = if self.quorum {
            (inhibit.then_some(0), Because::NotNeeded)
        } else {
            (Some(*weight), Because::LastResort)
        };
        Some(Place {
            name: Arc::clone(name),
            weight,
            because,
        })
    }
}
