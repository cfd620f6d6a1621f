//! What passes, for who asks.

use std::time::Duration;

use vrrp_core::Instant;
use vrrp_ipvs::{DestinationStatus, Error, Service, ServiceKey, Statistics, Table};

use super::Kernel;

/// Counters of our services at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    /// When they were read.
    pub at: Instant,
    /// Those of ours that are there, in the order of their keys.
    pub services: Vec<ServiceCounters>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCounters {
    /// Which.
    pub service: Service,
    /// What has passed.
    pub statistics: Statistics,
    /// Its destinations, in the order of their keys.
    pub destinations: Vec<DestinationStatus>,
}

/// What passed in one second, from two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// New connections.
    pub connections_per_second: u64,
    /// Packets from clients.
    pub packets_in_per_second: u64,
    /// Packets to clients.
    pub packets_out_per_second: u64,
    /// Octets from clients.
    pub octets_in_per_second: u64,
    /// Octets to clients.
    pub octets_out_per_second: u64,
}

impl Rates {
    /// What passed between two readings of the same counters. A counter that is smaller than before began anew.
    #[must_use]
    pub fn between(before: &Statistics, now: &Statistics, took: Duration) -> Self {
        let rate = |before: u64, now: u64| {
            let passed = u128::from(now.checked_sub(before).unwrap_or(now)) * 1_000_000_000;
            let rate = passed.checked_div(took.as_nanos()).unwrap_or(0);
            u64::try_from(rate).unwrap_or(u64::MAX)
        };
        Self {
            connections_per_second: rate(before.connections, now.connections),
            packets_in_per_second: rate(before.packets_in, now.packets_in),
            packets_out_per_second: rate(before.packets_out, now.packets_out),
            octets_in_per_second: rate(before.octets_in, now.octets_in),
            octets_out_per_second: rate(before.octets_out, now.octets_out),
        }
    }
}

impl Counters {
    /// The counters of a service.
    #[must_use]
    pub fn service(&self, key: &ServiceKey) -> Option<&ServiceCounters> {
        let found = self
            .services
            .binary_search_by_key(key, |counters| counters.service.key);
        self.services.get(found.ok()?)
    }
}

pub(super) fn read(kernel: &mut impl Kernel, at: Instant, wanted: &Table) -> Result<Counters, Error> {
    let mut services = Vec::new();
    for (service, statistics) in kernel.services()? {
        if wanted.get(&service.key).is_none() {
            continue;
        }
        let mut destinations = kernel.destinations(&service.key)?;
        destinations.sort_by_key(|status| status.destination.key);
        services.push(ServiceCounters {
            service,
            statistics,
            destinations,
        });
    }
    services.sort_by_key(|counters| counters.service.key);
    Ok(Counters { at, services })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_passed_in_a_second_and_a_counter_may_begin_anew() {
        let counted = |connections, octets_in| Statistics {
            connections,
            octets_in,
            ..Statistics::default()
        };
        let two = Duration::from_secs(2);
        let rates = Rates::between(&counted(10, 1_000), &counted(30, 0), two);
        assert_eq!(
            (rates.connections_per_second, rates.octets_in_per_second),
            (10, 0)
        );
        let rates = Rates::between(
            &counted(10, 1_000),
            &counted(4, 1_001),
            Duration::from_millis(500),
        );
        assert_eq!((rates.connections_per_second, rates.octets_in_per_second), (8, 2));
        assert_eq!(
            Rates::between(&counted(1, 1), &counted(2, 2), Duration::ZERO),
            Rates::default()
        );
    }
}
