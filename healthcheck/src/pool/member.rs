//! Healths of its checks -> what one member is worth. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrrp_core::Health;

use super::config::Member;
use super::wanted::Because;

/// Where an operator wants a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Placement {
    /// Where its checks say.
    #[default]
    Judged,
    /// In, whatever they say.
    In,
    /// Weight 0: what is connected stays connected; it does not count for the quorum.
    Drained,
    /// Out, whatever they say.
    Out,
}

/// What is known of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub(super) health: Health,
    pub(super) degraded: bool,
}

/// What a member is worth by its checks and by the operator, before the quorum has its say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worth {
    /// `None`: not in.
    pub(super) weight: Option<u32>,
    /// Counts for the quorum.
    pub(super) lives: bool,
    pub(super) because: Because,
}

impl Worth {
    /// What it counts for the quorum.
    pub(super) fn living(&self) -> u64 {
        self.weight.filter(|_| self.lives).map_or(0, u64::from)
    }
}

/// What has been said of a member beside its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) placement: Placement,
    /// Instead of the configured one.
    pub(super) weight: Option<u32>,
}

pub(super) fn worth(member: &Member, word: Word, known: &BTreeMap<Arc<str>, Known>) -> Worth {
    let own = word.weight.unwrap_or(member.weight);
    match word.placement {
        Placement::Judged => judged(member, own, known),
        Placement::In => Worth {
            weight: Some(own),
            lives: true,
            because: Because::PlacedIn,
        },
        Placement::Drained => Worth {
            weight: Some(0),
            lives: false,
            because: Because::Drained,
        },
        Placement::Out => Worth {
            weight: None,
            lives: false,
            because: Because::PlacedOut,
        },
    }
}

fn judged(member: &Member, own: u32, known: &BTreeMap<Arc<str>, Known>) -> Worth {
    let failed = |because| Worth {
        weight: member.inhibit.then_some(0),
        lives: false,
        because,
    };
    let mut sum = i64::from(own);
    let mut degraded = None;
    for follows in &member.checks {
        let found = known.get(&follows.check).copied().unwrap_or_default();
        match found.health {
            Health::Unknown if member.alpha || follows.alpha => {
                return failed(Because::Unchecked(Arc::clone(&follows.check)));
            }
            // In until a check has failed: a pool whose keeper restarts must not go empty.
            Health::Unknown => {}
            health if follows.weight.bars(health) => {
                return failed(Because::Failed(Arc::clone(&follows.check)));
            }
            health => sum += i64::from(follows.weight.contribution(health)),
        }
        if found.degraded {
            degraded = Some(&follows.check);
        }
    }
    let Ok(weight) = u32::try_from(sum.min(i64::from(u32::MAX))) else {
        return failed(Because::WeightBelowZero);
    };
    let (weight, because) = match degraded {
        Some(check) => (
            member.degraded_weight.map_or(weight, |most| weight.min(most)),
            Because::Degraded(Arc::clone(check)),
        ),
        None => (weight, Because::Well),
    };
    Worth {
        weight: Some(weight),
        lives: true,
        because,
    }
}
