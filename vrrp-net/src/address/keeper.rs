//! Which address has to be added, removed or left alone. Pure.
//!
//! Not deltas but levels: a place is looked at whenever anything about it may have changed, and what follows depends only
//! on what is wanted now and what is there now (PRJ-ADDR-02).

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use vrrp_core::{InstanceId, Instant, InterfaceId};

const WINDOW_NANOS: u64 = 60_000_000_000;
/// So many losses within the window, and the router gives up for a while.
pub(crate) const LOSSES_MAX: usize = 5;

/// One address on one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) device: InterfaceId,
    pub(crate) address: IpAddr,
}

/// What is at a place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Present {
    /// The interface does not exist.
    NoDevice,
    Absent,
    /// We made it, in this life or an earlier one.
    Ours,
    /// Somebody else did.
    Foreign,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Leave,
    Add,
    Remove,
    /// Leave it, whether wanted or not, and say so: this node also answers while Backup.
    LeaveForeign,
}

/// Who wants what.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    wanted: BTreeMap<Place, Vec<InstanceId>>,
    losses: BTreeMap<Place, VecDeque<Instant>>,
}

impl Keeper {
    /// `by` wants the address to be present.
    pub(crate) fn hold(&mut self, by: InstanceId, place: Place) {
        let holders = self.wanted.entry(place).or_default();
        if !holders.contains(&by) {
            holders.push(by);
        }
    }

    /// `by` wants it no longer; others may.
    pub(crate) fn release(&mut self, by: InstanceId, place: Place) {
        if let Some(holders) = self.wanted.get_mut(&place) {
            holders.retain(|holder| *holder != by);
            if holders.is_empty() {
                let _nobody = self.wanted.remove(&place);
            }
        }
    }

    /// Who wants an address.
    pub(crate) fn holders(&self, place: Place) -> &[InstanceId] {
        self.wanted.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Everything that is wanted.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.wanted.keys()
    }

    /// Whether anybody wants it.
    pub(crate) fn wants(&self, place: Place) -> bool {
        self.wanted.contains_key(&place)
    }

    /// What follows from what is there.
    pub(crate) fn step(&self, place: Place, present: Present) -> Step {
        match (self.wants(place), present) {
            (true, Present::Absent) => Step::Add,
            (false, Present::Ours) => Step::Remove,
            (_, Present::Foreign) => Step::LeaveForeign,
            (_, Present::NoDevice) | (true, Present::Ours) | (false, Present::Absent) => Step::Leave,
        }
    }

    /// Others took a wanted address away: how often within a minute, this time included.
    pub(crate) fn lost(&mut self, now: Instant, place: Place) -> usize {
        let times = self.losses.entry(place).or_default();
        while times
            .front()
            .is_some_and(|at| now.nanos_since(*at) >= WINDOW_NANOS)
        {
            let _old = times.pop_front();
        }
        times.push_back(now);
        times.len()
    }

    /// A new start for an address whose router has given up once.
    pub(crate) fn forget_losses(&mut self, place: Place) {
        let _times = self.losses.remove(&place);
    }
}

#[cfg(test)]
mod tests;
