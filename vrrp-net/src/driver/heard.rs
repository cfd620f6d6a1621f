//! The routers that a service has ever believed: for whoever asks, who else is there.

use std::collections::BTreeMap;
use std::net::IpAddr;

use vrrp_core::Instant;
use vrrp_core::wire::Received;

use crate::status::HeardRouter;

/// So many are remembered; then the one that was silent for longest is forgotten.
const HEARD_MAX: usize = 16;

/// By their address.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeMap<IpAddr, HeardRouter>);

impl Heard {
    /// An advertisement that was believed.
    pub(super) fn note(&mut self, now: Instant, received: &Received<'_>) {
        // Version and type, VRID, priority: the first octets in both versions.
        let &[version_and_type, _vrid, priority, ..] = received.message else {
            return;
        };
        if !self.0.contains_key(&received.source) {
            self.make_room();
        }
        let at_nanos = now.as_nanos();
        let one = self.0.entry(received.source).or_insert(HeardRouter {
            source: received.source,
            priority,
            version: 0,
            first_nanos: at_nanos,
            last_nanos: at_nanos,
            adverts: 0,
        });
        one.priority = priority;
        one.version = version_and_type >> 4;
        one.last_nanos = at_nanos;
        one.adverts = one.adverts.saturating_add(1);
    }

    fn make_room(&mut self) {
        if self.0.len() < HEARD_MAX {
            return;
        }
        let oldest = self.0.values().min_by_key(|one| one.last_nanos);
        if let Some(oldest) = oldest.map(|one| one.source) {
            let _forgotten = self.0.remove(&oldest);
        }
    }

    /// All of them, by address.
    pub(super) fn all(&self) -> Vec<HeardRouter> {
        self.0.values().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(heard: &mut Heard, at: u64, last_octet: u8, message: &[u8]) {
        let received = Received {
            interface: None,
            source: IpAddr::from([192, 0, 2, last_octet]),
            destination: None,
            hop_limit: None,
            message,
        };
        heard.note(Instant::from_nanos(at), &received);
    }

    /// RFC 9568 section 5.1: version 3, type 1 is 0x31; VRID 51, priority 100. RFC 3768: version 2 is 0x21.
    #[test]
    fn what_is_told_is_the_last_and_the_count() {
        let mut heard = Heard::default();
        hear(&mut heard, 5, 2, &[0x31, 51, 100, 1, 0, 100, 0, 0]);
        hear(&mut heard, 9, 2, &[0x21, 51, 0, 1, 0, 1, 0, 0]);
        hear(&mut heard, 10, 3, &[0x31, 51]);
        let one = HeardRouter {
            source: IpAddr::from([192, 0, 2, 2]),
            priority: 0,
            version: 2,
            first_nanos: 5,
            last_nanos: 9,
            adverts: 2,
        };
        assert_eq!(heard.all(), [one]);
    }

    /// Whoever sends from ever other addresses makes nobody remember more.
    #[test]
    fn sec_11_the_table_is_bounded_and_keeps_those_that_still_speak() {
        let mut heard = Heard::default();
        for number in 0..200_u8 {
            hear(&mut heard, u64::from(number) * 2, number, &[0x31, 51, 100]);
            hear(&mut heard, u64::from(number) * 2 + 1, 250, &[0x31, 51, 200]);
        }
        let all = heard.all();
        assert_eq!(all.len(), HEARD_MAX);
        let kept = all
            .iter()
            .find(|one| one.source == IpAddr::from([192, 0, 2, 250]));
        assert_eq!(kept.map(|one| (one.first_nanos, one.adverts)), Some((1, 200)));
    }
}
