//! What a pool is made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use vrrp_core::Weight;

/// A check that a member follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// Its name in the [`Runner`](crate::Runner). Many members may follow one check: it is run once.
    pub check: Arc<str>,
    /// A gate takes the member out while the check is down; anything else is added to the member's weight (keepalived's
    /// `FILE_CHECK` with `weight`, `MISC_CHECK` with `misc_dynamic`).
    pub weight: Weight,
    /// The member is out until this check has given a result, whatever it does about the others (keepalived `alpha` in a
    /// checker).
    pub alpha: bool,
}

/// A server of the pool (keepalived `real_server`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Unique in the pool; what a sink is told: `192.0.2.10:80`.
    pub name: Arc<str>,
    /// Its share while it is well; 0: nothing new.
    pub weight: u32,
    /// All must be well.
    pub checks: Vec<Follows>,
    /// Failed, it stays with weight 0 (keepalived `inhibit_on_failure`): what is connected stays connected.
    pub inhibit: bool,
    /// Out until each of its checks has given a result (keepalived `alpha` in a real server); otherwise, but for [`Follows::alpha`], in
    /// until one has failed.
    pub alpha: bool,
    /// At most this weight while one of its checks is degraded.
    pub degraded_weight: Option<u32>,
}

impl Member {
    /// Weight 1, no checks.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            weight: 1,
            checks: Vec::new(),
            inhibit: false,
            alpha: false,
            degraded_weight: None,
        }
    }

    /// With this weight.
    #[must_use]
    pub const fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Out while this check is down.
    #[must_use]
    pub fn gated_by(self, check: impl Into<Arc<str>>) -> Self {
        self.follows(check, Weight::from_keepalived(0, false))
    }

    /// With one more check.
    #[must_use]
    pub fn follows(mut self, check: impl Into<Arc<str>>, weight: Weight) -> Self {
        self.checks.push(Follows {
            check: check.into(),
            weight,
            alpha: false,
        });
        self
    }

    /// With one more check, and out until that has given a result.
    #[must_use]
    pub fn awaits(mut self, check: impl Into<Arc<str>>, weight: Weight) -> Self {
        self.checks.push(Follows {
            check: check.into(),
            weight,
            alpha: true,
        });
        self
    }

    /// Weight 0 instead of removal.
    #[must_use]
    pub const fn inhibit(mut self) -> Self {
        self.inhibit = true;
        self
    }

    /// Out until checked.
    #[must_use]
    pub const fn alpha(mut self) -> Self {
        self.alpha = true;
        self
    }

    /// At most this weight while degraded.
    #[must_use]
    pub const fn degraded_weight(mut self, weight: u32) -> Self {
        self.degraded_weight = Some(weight);
        self
    }
}

/// What serves while the quorum is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LastResort {
    /// The members that are left, if any (keepalived without `sorry_server`).
    #[default]
    Nothing,
    /// This server instead of all members (keepalived `sorry_server`). It takes their place without a moment in which
    /// nobody serves: it comes before they go, and goes after they have come.
    Server {
        /// What a sink is told.
        name: Arc<str>,
        /// Its weight while it serves.
        weight: u32,
        /// While it does not serve it stays with weight 0 (keepalived `sorry_server_inhibit`).
        inhibit: bool,
    },
    /// Every member with its whole weight, well or not: when all checks fail it is more likely the check that is broken.
    Everyone,
}

/// A pool as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// At least one, or a last resort that is a server.
    pub members: Vec<Member>,
    /// The weight of living members that is needed; 1 or more, cut to the sum of all weights.
    pub quorum: u32,
    /// Dead band on both sides of the quorum; cut to quorum - 1. The quorum is lost below quorum - hysteresis, and gained at
    /// quorum + hysteresis or at the sum of all weights, whichever is less (keepalived never gains one that it can not
    /// reach).
    pub hysteresis: u32,
    /// What serves without a quorum.
    pub last_resort: LastResort,
}

impl PoolConfig {
    /// Quorum 1, no hysteresis, no last resort: keepalived's defaults.
    #[must_use]
    pub fn new(members: impl IntoIterator<Item = Member>) -> Self {
        Self {
            members: members.into_iter().collect(),
            quorum: 1,
            hysteresis: 0,
            last_resort: LastResort::Nothing,
        }
    }

    /// With this quorum and dead band.
    #[must_use]
    pub const fn quorum(mut self, quorum: u32, hysteresis: u32) -> Self {
        self.quorum = quorum;
        self.hysteresis = hysteresis;
        self
    }

    /// With this last resort.
    #[must_use]
    pub fn last_resort(mut self, last_resort: LastResort) -> Self {
        self.last_resort = last_resort;
        self
    }

    /// Cut to what makes sense.
    pub(super) fn checked(mut self) -> Result<Self, PoolError> {
        let last = self.last_resort_name();
        if self.members.is_empty() && last.is_none() {
            return Err(PoolError::Empty);
        }
        let mut names = BTreeSet::new();
        for name in self.members.iter().map(|member| &member.name).chain(last) {
            if !names.insert(name) {
                return Err(PoolError::Twice(Arc::clone(name)));
            }
        }
        let most = u32::try_from(self.weight_sum()).unwrap_or(u32::MAX);
        self.quorum = self.quorum.min(most).max(1);
        self.hysteresis = self.hysteresis.min(self.quorum - 1);
        Ok(self)
    }

    pub(super) const fn last_resort_name(&self) -> Option<&Arc<str>> {
        match &self.last_resort {
            LastResort::Server { name, .. } => Some(name),
            LastResort::Nothing | LastResort::Everyone => None,
        }
    }

    pub(super) fn weight_sum(&self) -> u64 {
        self.members.iter().map(|member| u64::from(member.weight)).sum()
    }

    /// The living weight at which the quorum is gained.
    pub(super) fn gained_at(&self) -> u64 {
        let wished = u64::from(self.quorum) + u64::from(self.hysteresis);
        wished.min(self.weight_sum()).max(1)
    }

    /// The living weight below which it is lost; 1 at least.
    pub(super) fn lost_below(&self) -> u64 {
        u64::from(self.quorum.saturating_sub(self.hysteresis)).max(1)
    }
}

/// A pool that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// No members, and nobody to serve instead.
    #[error("the pool has no member; give it at least one server")]
    Empty,
    /// A name twice.
    #[error("'{0}' is in the pool twice; a server is named once, and the last resort is no member")]
    Twice(Arc<str>),
}
