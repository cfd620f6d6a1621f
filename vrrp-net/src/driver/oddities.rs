//! Advertisements that are believed although something about them is odd: told, but not each of them (V3-7.1-10,
//! V3-7.1-11, PRJ-LOG-01).

use std::collections::BTreeMap;
use std::net::IpAddr;

use vrrp_core::wire::{Difference, Local, Received, Warning, Warnings, difference, judge};
use vrrp_core::{Counters, Family, InstanceId, Instant, Path, VirtualRouter};

/// The first of each kind at once, then one line in so long.
const PAUSE_NANOS: u64 = 60_000_000_000;

/// What was said of one virtual router.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    said: BTreeMap<Warning, Said>,
    /// What the core had counted at the last look.
    counted: u64,
}

#[derive(Debug)]
struct Said {
    at: Instant,
    unsaid: u64,
}

/// One advertisement that is worth a line, perhaps.
#[derive(Debug)]
pub(super) struct Odd {
    pub(super) id: InstanceId,
    pub(super) source: IpAddr,
    pub(super) warnings: Warnings,
    /// Where the address lists differ.
    pub(super) lists: Option<Difference>,
    /// Where the intervals differ.
    pub(super) intervals: Option<Difference>,
}

impl Odd {
    /// What differs, where that can be said of this warning.
    pub(super) const fn difference(&self, warning: Warning) -> Option<Difference> {
        match warning {
            Warning::AddressListMismatch => self.lists,
            Warning::IntervalMismatch => self.intervals,
            _ => None,
        }
    }
}

impl Oddities {
    /// What is odd about a packet that `router` has just believed. Judged a second time only where the core has counted
    /// something, or where the source itself says so.
    pub(super) fn examine(
        &mut self,
        id: InstanceId,
        router: &VirtualRouter,
        packet: &Received<'_>,
    ) -> Option<Odd> {
        let counted = odd_ones(router.counters());
        let before = std::mem::replace(&mut self.counted, counted);
        if counted == before && !is_odd_source(router, packet.source) {
            return None;
        }
        let local = Local {
            config: router.config(),
            primary: router.link().primary,
        };
        let heard = judge(packet, Some(&local)).ok()?;
        let lists =
            || difference(packet, &local).filter(|found| matches!(found, Difference::AddressList { .. }));
        let intervals = Difference::Interval {
            theirs: Some(heard.interval),
            ours: router.config().interval,
        };
        let has = |warning| heard.warnings.contains(warning);
        (!heard.warnings.is_empty()).then(|| Odd {
            id,
            source: packet.source,
            warnings: heard.warnings,
            lists: lists().filter(|_| has(Warning::AddressListMismatch)),
            intervals: has(Warning::IntervalMismatch).then_some(intervals),
        })
    }

    /// Whether a line may be said now: the number of those alike that had none since the last one.
    pub(super) fn allow(&mut self, now: Instant, warning: Warning) -> Option<u64> {
        let Some(said) = self.said.get_mut(&warning) else {
            let _first = self.said.insert(warning, Said { at: now, unsaid: 0 });
            return Some(0);
        };
        if now.nanos_since(said.at) < PAUSE_NANOS {
            said.unsaid = said.unsaid.saturating_add(1);
            return None;
        }
        said.at = now;
        Some(std::mem::take(&mut said.unsaid))
    }
}

const fn odd_ones(counters: &Counters) -> u64 {
    counters
        .interval_warnings
        .wrapping_add(counters.address_list_warnings)
        .wrapping_add(counters.address_list_order)
        .wrapping_add(counters.owner_conflicts)
}

/// These two the core does not count.
fn is_odd_source(router: &VirtualRouter, source: IpAddr) -> bool {
    let config = router.config();
    let unlisted = match &config.path {
        Path::Unicast { peers, .. } => peers.iter().all(|peer| peer.address != source),
        Path::Multicast { .. } => false,
    };
    let routed = match source {
        IpAddr::V6(source) => config.family == Family::Ipv6 && !source.is_unicast_link_local(),
        IpAddr::V4(_) => false,
    };
    unlisted || routed
}

/// What it means, and what to do.
pub(super) const fn advice(warning: Warning) -> &'static str {
    match warning {
        Warning::SourceNotLinkLocal => {
            "its source is not link-local, as RFC 9568 section 5.1.2.1 demands; give the sender a link-local one"
        }
        Warning::FirstAddressNotLinkLocal => {
            "its first address is not link-local, as RFC 9568 section 5.2.9 demands; list one first on all nodes"
        }
        Warning::OwnerConflict => {
            "this router owns the addresses (priority 255), and another one is Active for them; only one may be"
        }
        Warning::IntervalMismatch => "its interval is another; set the same one on all nodes",
        Warning::AddressListMismatch => "its addresses are others; list the same ones on all nodes",
        Warning::AddressListOrder => "its addresses are in another order; list them alike on all nodes",
        Warning::PeerNotListed => {
            "it is not among the unicast peers; list it, or have unlisted senders refused (check_unicast_source)"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRJ-LOG-01: 50 a second for 130 s give lines at 0, 60 and 120 s, each kind for itself.
    #[test]
    fn prj_log_01_a_flood_of_odd_ones_gives_one_line_a_minute() {
        let mut oddities = Oddities::default();
        let mut lines = Vec::new();
        for number in 0..6_500_u64 {
            let now = Instant::from_nanos(number * 20_000_000);
            if let Some(unsaid) = oddities.allow(now, Warning::IntervalMismatch) {
                lines.push((number, unsaid));
            }
        }
        assert_eq!(lines, [(0, 0), (3_000, 2_999), (6_000, 2_999)]);
        let other = oddities.allow(Instant::from_nanos(1), Warning::PeerNotListed);
        assert_eq!(other, Some(0));
    }
}
