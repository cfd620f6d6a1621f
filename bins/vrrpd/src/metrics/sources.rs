//! Who has how many connections: nobody takes the places of others, and all together have a bound.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use crate::node::lock;

/// Connections at a time.
pub(super) const ALL_MAX: usize = 64;
/// Those of one source.
pub(super) const OF_ONE_MAX: usize = 8;

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// An IPv4 address, or the first 64 bits of an IPv6 address: who has one of them has all.
    Network(u64),
    /// A process on this machine that may open the socket's file.
    Local,
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Network(u64::from(u32::from(address))),
            IpAddr::V6(address) => Self::Network((u128::from(address) >> 64) as u64),
        }
    }
}

/// The connections that there are.
#[derive(Debug, Default)]
pub(super) struct Sources {
    open: Mutex<HashMap<Source, usize>>,
}

/// A place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Seat {
    sources: Arc<Sources>,
    source: Source,
}

impl Sources {
    /// `None`: there is none left for it.
    pub(super) fn sit(self: &Arc<Self>, source: Source) -> Option<Seat> {
        let mut open = lock(&self.open);
        let all: usize = open.values().sum();
        let own = open.get(&source).copied().unwrap_or(0);
        if all >= ALL_MAX || own >= OF_ONE_MAX {
            return None;
        }
        open.insert(source, own + 1);
        Some(Seat {
            sources: Arc::clone(self),
            source,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = lock(&self.sources.open);
        let left = open.get(&self.source).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            open.remove(&self.source);
        } else {
            open.insert(self.source, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u64) -> Source {
        Source::Network(number)
    }

    #[test]
    fn one_source_takes_no_place_of_another_and_all_have_a_bound() {
        let sources = Arc::new(Sources::default());
        let greedy: Vec<Seat> = std::iter::from_fn(|| sources.sit(network(1))).take(100).collect();
        assert_eq!(greedy.len(), OF_ONE_MAX);
        let other = sources.sit(Source::Local);
        assert!(other.is_some());
        let many: Vec<Seat> = (2..1000)
            .filter_map(|number| sources.sit(network(number)))
            .collect();
        assert_eq!(many.len(), ALL_MAX - OF_ONE_MAX - 1);
        drop(greedy);
        assert!(sources.sit(network(5000)).is_some(), "places come back");
        drop((many, other));
        assert!(
            lock(&sources.open).is_empty(),
            "nothing is remembered of who has gone"
        );
    }

    #[test]
    fn a_whole_64_is_one_source_and_a_mapped_address_is_the_ipv4_one() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff::9"));
        assert_ne!(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_ne!(source("192.0.2.2"), source("192.0.2.1"));
    }
}
