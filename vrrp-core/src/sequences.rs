//! The sequence of signed advertisements: what was sent last, and what was heard last of whom (HM-06, HM-08, HM-15).
//! Pure.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::config::Config;
use crate::id::Path;
use crate::time::WallClock;

/// Senders remembered on a multicast link; keepalived has 4. Only who holds a key can use up places.
const SENDERS: usize = 8;

/// The highest sequence accepted of each sender, and the last one sent. All comparisons are serial (RFC 1982): the wrap
/// of the seconds in 2106 is no event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Sequences {
    sent: Option<u64>,
    /// Most recently heard first; never more than were reserved.
    marks: Vec<(IpAddr, u64)>,
    senders: usize,
}

impl Sequences {
    /// With place for every unicast peer, or for whoever speaks on a multicast link.
    pub(crate) fn of(config: &Config) -> Self {
        let mut empty = Self::default();
        empty.make_room(config);
        empty
    }

    /// Room for the senders of a router with keys, made beforehand: a packet does not allocate. What is known stays.
    pub(crate) fn make_room(&mut self, config: &Config) {
        if config.is_authenticated() {
            self.senders = match &config.path {
                Path::Multicast { .. } => SENDERS,
                Path::Unicast { peers, .. } => peers.len(),
            };
            let more = self.senders.saturating_sub(self.marks.len());
            self.marks.reserve_exact(more);
        }
    }

    /// What a predecessor knew, in the room made for it.
    pub(crate) fn restore(&mut self, before: Self) {
        self.sent = before.sent;
        self.marks.clear();
        self.marks.extend(before.marks.into_iter().take(self.senders));
    }

    /// Whether `sequence` is above the mark of `source`, which then moves. With the time of day a mark that is further
    /// than the window from it, in either direction, is forgotten: a sender that once ran ahead is not locked out.
    pub(crate) fn accept(
        &mut self,
        source: IpAddr,
        sequence: u64,
        now_and_window: Option<(u32, u32)>,
    ) -> bool {
        let place = self.marks.iter().position(|(sender, _)| *sender == source);
        let mark = place
            .and_then(|place| self.marks.get(place))
            .map(|(_, mark)| *mark)
            .filter(|mark| {
                now_and_window.is_none_or(|(now, window)| {
                    seconds_apart(seconds_of(*mark), now).unsigned_abs() <= window
                })
            });
        if mark.is_some_and(|mark| !is_newer(sequence, mark)) {
            return false;
        }
        match place {
            Some(place) => {
                let _old = self.marks.remove(place);
            }
            None if self.marks.len() >= self.senders => {
                let _oldest = self.marks.pop();
            }
            None => {}
        }
        self.marks.insert(0, (source, sequence));
        true
    }

    /// The sequence of the next advertisement: the clock, or one more than the last where the clock has not moved on.
    /// With a window a last one that is further ahead than that is given up: it was sent by a clock that was wrong.
    pub(crate) fn next(&mut self, wall: WallClock, window_seconds: Option<u32>) -> u64 {
        let clock = wall.sequence();
        let believable = self.sent.filter(|sent| {
            let ahead = seconds_apart(seconds_of(*sent), seconds_of(clock));
            window_seconds.is_none_or(|window| i64::from(ahead) <= i64::from(window))
        });
        let next = match believable {
            Some(sent) if !is_newer(clock, sent) => sent.wrapping_add(1),
            Some(_) | None => clock,
        };
        self.sent = Some(next);
        next
    }
}

const fn is_newer(sequence: u64, mark: u64) -> bool {
    sequence.wrapping_sub(mark).cast_signed() > 0
}

/// How many seconds `left` is ahead of `right`, modulo 2^32.
pub(crate) const fn seconds_apart(left: u32, right: u32) -> i32 {
    left.wrapping_sub(right).cast_signed()
}

const fn seconds_of(sequence: u64) -> u32 {
    let [s0, s1, s2, s3, ..] = sequence.to_be_bytes();
    u32::from_be_bytes([s0, s1, s2, s3])
}

impl WallClock {
    /// Seconds, then units of 1/65536 s rounded down, then a counter of 0.
    const fn sequence(self) -> u64 {
        let fraction = (self.nanos as u64).saturating_mul(65_536) / 1_000_000_000;
        (self.seconds << 32) | ((fraction & 0xffff) << 16)
    }
}
