//! What is still to be announced, one address after the other. Pure.

use std::collections::{BTreeMap, VecDeque};

use vrrp_core::{InstanceId, Instant};

use crate::address::keeper::Place;

/// One announcement to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) by: InstanceId,
    pub(crate) place: Place,
}

/// How far announcements for different addresses are apart, each family for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Gaps {
    pub(crate) ipv4_nanos: u64,
    pub(crate) ipv6_nanos: u64,
}

/// A lane: one interface and family. Lanes do not wait for each other.
type Lane = (u64, bool);

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    /// The earliest time of the next one.
    free_at: Instant,
}

/// The announcements that wait for their turn.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    lanes: BTreeMap<Lane, Waiting>,
    gaps: Gaps,
}

impl Queue {
    pub(crate) fn new(gaps: Gaps) -> Self {
        Self {
            lanes: BTreeMap::new(),
            gaps,
        }
    }

    /// `copies` rounds over all `places`: every address once, then every address again.
    pub(crate) fn push(&mut self, now: Instant, by: InstanceId, places: &[Place], copies: u8) {
        for _ in 0..copies {
            for place in places {
                let lane = (place.device.0, place.address.is_ipv6());
                let waiting = self.lanes.entry(lane).or_default();
                // A turn that passed long ago is no deadline that was missed.
                waiting.free_at = waiting.free_at.max(now);
                waiting.items.push_back(Item { by, place: *place });
            }
        }
    }

    /// No longer the one who answers: nothing of it may leave.
    pub(crate) fn cancel(&mut self, by: InstanceId) {
        for waiting in self.lanes.values_mut() {
            waiting.items.retain(|item| item.by != by);
        }
    }

    /// The next one whose turn it is.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Item> {
        for ((_, is_ipv6), waiting) in &mut self.lanes {
            if waiting.free_at > now {
                continue;
            }
            if let Some(item) = waiting.items.pop_front() {
                let gap = if *is_ipv6 {
                    self.gaps.ipv6_nanos
                } else {
                    self.gaps.ipv4_nanos
                };
                waiting.free_at = now.plus_nanos(gap);
                return Some(item);
            }
        }
        None
    }

    /// When the next turn is.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let waiting = self.lanes.values().filter(|waiting| !waiting.items.is_empty());
        waiting.map(|waiting| waiting.free_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use vrrp_core::InterfaceId;

    fn place(device: u64, address: &str) -> Place {
        Place {
            device: InterfaceId(device),
            address: address.parse::<IpAddr>().unwrap(),
        }
    }

    fn at(micros: u64) -> Instant {
        Instant::from_nanos(micros * 1000)
    }

    /// NET-ND-06: 1 ms between Neighbor Advertisements for different addresses; ARP does not wait.
    #[test]
    fn net_nd_06_neighbor_advertisements_are_a_millisecond_apart() {
        let mut queue = Queue::new(Gaps {
            ipv4_nanos: 0,
            ipv6_nanos: 1_000_000,
        });
        let by = InstanceId(0);
        let places = [
            place(0, "192.0.2.1"),
            place(0, "192.0.2.2"),
            place(0, "2001:db8::1"),
            place(0, "2001:db8::2"),
            place(1, "2001:db8::3"),
        ];
        queue.push(at(0), by, &places, 1);
        let mut sent = Vec::new();
        let mut now = at(0);
        while let Some(next) = queue.deadline() {
            now = now.max(next);
            while let Some(item) = queue.pop(now) {
                sent.push((now, item.place));
            }
        }
        let expected = [
            (at(0), places[0]),
            (at(0), places[1]),
            (at(0), places[2]),
            (at(0), places[4]),
            (at(1000), places[3]),
        ];
        assert_eq!(sent, expected);
    }

    /// NET-ARP-05: stopped by leaving Active. Copies go round all addresses, they are not a burst for one.
    #[test]
    fn net_arp_05_what_waits_is_dropped_on_leaving_active() {
        let mut queue = Queue::new(Gaps::default());
        let places = [place(0, "192.0.2.1"), place(0, "192.0.2.2")];
        queue.push(at(0), InstanceId(0), &places, 2);
        queue.push(at(0), InstanceId(1), &[place(0, "192.0.2.3")], 1);
        let order: Vec<IpAddr> = (0..2).map(|_| queue.pop(at(0)).unwrap().place.address).collect();
        assert_eq!(order, [places[0].address, places[1].address]);
        queue.cancel(InstanceId(0));
        assert_eq!(queue.pop(at(0)).unwrap().by, InstanceId(1));
        assert_eq!((queue.pop(at(0)), queue.deadline()), (None, None));
        queue.push(at(5_000_000), InstanceId(1), &[place(0, "192.0.2.3")], 1);
        assert_eq!(
            queue.deadline(),
            Some(at(5_000_000)),
            "due now, not five seconds ago"
        );
    }
}
