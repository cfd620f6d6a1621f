//! What is still to be announced, one address after the other. Pure.

use std::collections::{BTreeMap, VecDeque};

use vrrp_core::{InstanceId, Instant, InterfaceId};

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

impl Gaps {
    const fn of(self, is_ipv6: bool) -> u64 {
        if is_ipv6 { self.ipv6_nanos } else { self.ipv4_nanos }
    }
}

/// Who shares a turn: one interface, or those of one pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Road {
    Interface(u64),
    Pace(usize),
}

/// A lane: one road and family. Lanes do not wait for each other.
type Lane = (Road, bool);

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
    /// Of every interface that has none of its own.
    gaps: Gaps,
    paces: Vec<Gaps>,
    paced: BTreeMap<u64, usize>,
}

impl Queue {
    /// Each of `paces` is for some interfaces together; the first that names one counts.
    pub(crate) fn new(gaps: Gaps, paces: Vec<(Vec<InterfaceId>, Gaps)>) -> Self {
        let mut paced = BTreeMap::new();
        for (number, (interfaces, _)) in paces.iter().enumerate() {
            for interface in interfaces {
                let _first = paced.entry(interface.0).or_insert(number);
            }
        }
        Self {
            lanes: BTreeMap::new(),
            gaps,
            paces: paces.into_iter().map(|(_, gaps)| gaps).collect(),
            paced,
        }
    }

    fn road(&self, device: u64) -> Road {
        self.paced
            .get(&device)
            .map_or(Road::Interface(device), |pace| Road::Pace(*pace))
    }

    /// `copies` rounds over all `places`: every address once, then every address again.
    pub(crate) fn push(&mut self, now: Instant, by: InstanceId, places: &[Place], copies: u8) {
        for _ in 0..copies {
            for place in places {
                let lane = (self.road(place.device.0), place.address.is_ipv6());
                let waiting = self.lanes.entry(lane).or_default();
                // A turn that passed long ago is no deadline that was missed.
                waiting.free_at = waiting.free_at.max(now);
                waiting.items.push_back(Item { by, place: *place });
            }
        }
    }

    /// With the gaps of `other` from now on; what waits keeps its order and the time that it was promised.
    pub(crate) fn pace_like(&mut self, other: Self) {
        let lanes = std::mem::replace(self, other).lanes;
        for ((_, is_ipv6), waiting) in lanes {
            for item in waiting.items {
                let lane = (self.road(item.place.device.0), is_ipv6);
                let lane = self.lanes.entry(lane).or_default();
                lane.free_at = lane.free_at.max(waiting.free_at);
                lane.items.push_back(item);
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
        for ((road, is_ipv6), waiting) in &mut self.lanes {
            if waiting.free_at > now {
                continue;
            }
            if let Some(item) = waiting.items.pop_front() {
                let gaps = match road {
                    Road::Interface(_) => self.gaps,
                    Road::Pace(number) => self.paces.get(*number).copied().unwrap_or(self.gaps),
                };
                waiting.free_at = now.plus_nanos(gaps.of(*is_ipv6));
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

    fn place(device: u64, address: &str) -> Place {
        Place {
            device: InterfaceId(device),
            address: address.parse::<IpAddr>().unwrap(),
        }
    }

    fn at(micros: u64) -> Instant {
        Instant::from_nanos(micros * 1000)
    }

    /// Everything that leaves, each with its time.
    fn play(queue: &mut Queue) -> Vec<(Instant, Place)> {
        let mut sent = Vec::new();
        let mut now = at(0);
        while let Some(next) = queue.deadline() {
            now = now.max(next);
            while let Some(item) = queue.pop(now) {
                sent.push((now, item.place));
            }
        }
        sent
    }

    /// keepalived `garp_group`: two interfaces that share 2 ms, one that has 5 ms of its own, and the rest without a gap.
    #[test]
    fn interfaces_of_one_pace_wait_for_each_other() {
        let gap = |micros: u64| Gaps {
            ipv4_nanos: micros * 1000,
            ipv6_nanos: 0,
        };
        let device = |number| InterfaceId(number);
        // What stands in two has the first.
        let paces = vec![
            (vec![device(0), device(1)], gap(2000)),
            (vec![device(2), device(0)], gap(5000)),
        ];
        let mut queue = Queue::new(Gaps::default(), paces);
        let by = InstanceId(0);
        let places: Vec<Place> = (0..8).map(|n| place(n % 4, &format!("192.0.2.{n}"))).collect();
        queue.push(at(0), by, &places, 1);
        let mut sent = play(&mut queue);
        sent.sort_by_key(|(_, place)| place.address);
        let times: Vec<Instant> = sent.iter().map(|(time, _)| *time).collect();
        // 0 and 1 of each round share; then 2 alone; 3 is not paced.
        let expected = [0, 2000, 0, 0, 4000, 6000, 5000, 0].map(at);
        assert_eq!(times, expected);
    }

    /// Others than it was made with: what waits leaves, in its order, by the new ones.
    #[test]
    fn what_waits_leaves_at_another_pace() {
        let gap = |micros: u64| Gaps {
            ipv4_nanos: micros * 1000,
            ipv6_nanos: 0,
        };
        let mut queue = Queue::new(gap(1000), Vec::new());
        let by = InstanceId(0);
        let places: Vec<Place> = (0..6).map(|n| place(n % 2, &format!("192.0.2.{n}"))).collect();
        queue.push(at(0), by, &places, 1);
        assert_eq!(queue.pop(at(0)).map(|item| item.place), Some(places[0]));
        let both = vec![(vec![InterfaceId(0), InterfaceId(1)], gap(3000))];
        queue.pace_like(Queue::new(gap(7000), both));
        // The first of the two lanes was to wait until 1 ms; now they are one.
        let sent = play(&mut queue);
        let expected = [
            (at(1000), places[2]),
            (at(4000), places[4]),
            (at(7000), places[1]),
            (at(10_000), places[3]),
            (at(13_000), places[5]),
        ];
        assert_eq!(sent, expected);
    }

    /// NET-ND-06: 1 ms between Neighbor Advertisements for different addresses; ARP does not wait.
    #[test]
    fn net_nd_06_neighbor_advertisements_are_a_millisecond_apart() {
        let gaps = Gaps {
            ipv4_nanos: 0,
            ipv6_nanos: 1_000_000,
        };
        let mut queue = Queue::new(gaps, Vec::new());
        let by = InstanceId(0);
        let places = [
            place(0, "192.0.2.1"),
            place(0, "192.0.2.2"),
            place(0, "2001:db8::1"),
            place(0, "2001:db8::2"),
            place(1, "2001:db8::3"),
        ];
        queue.push(at(0), by, &places, 1);
        let sent = play(&mut queue);
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
        let mut queue = Queue::new(Gaps::default(), Vec::new());
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
