//! What one side was seen to do where the RFCs leave a choice or implementations are known to differ: facts for the page on
//! interoperability, each read from the frames and none from a source.

use super::{Side, VRID};
use crate::Stamp;
use crate::frame::Seen;
use crate::tap::Frame;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// What was seen, in words; empty where there was nothing to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `version 3 in IPv4 with the pseudo-header`.
    pub checksums: BTreeSet<&'static str>,
    /// Hardware address of the sender: that of the card or the virtual one.
    pub senders: BTreeSet<&'static str>,
    /// Target hardware address of gratuitous ARP.
    pub arp_targets: BTreeSet<&'static str>,
    /// Flags of unsolicited neighbour advertisements.
    pub neighbour_flags: BTreeSet<&'static str>,
    /// Whether the first IPv6 address in the packet is link-local.
    pub first_addresses: BTreeSet<&'static str>,
    /// Announcements of one address when becoming Active: within a second of the first advertisement, least and most.
    pub announcements: Option<(usize, usize)>,
    /// Router Advertisements.
    pub router_adverts: usize,
}

impl Facts {
    /// Look at everything that this side has sent.
    pub fn of(side: &Side) -> Self {
        let frames = side.tap.frames(Stamp(0));
        let mut facts = Self::default();
        for frame in &frames {
            facts.look(&frame.octets);
        }
        facts.announcements = announcements(side, &frames);
        facts
    }

    fn look(&mut self, frame: &[u8]) {
        match (u16_at(frame, 12), frame.get(23), frame.get(20)) {
            (0x0806, ..) if is_gratuitous(frame) => {
                let target = frame.get(32..38).unwrap_or_default();
                self.arp_targets.insert(arp_target(target));
            }
            (0x0800, Some(112), _) => {
                self.senders.insert(sender(frame));
                self.checksums.insert(checksum(frame));
            }
            (0x86dd, _, Some(112)) => {
                self.senders.insert(sender(frame));
                let first = frame.get(62..64).unwrap_or_default();
                self.first_addresses.insert(if first == [0xfe, 0x80] {
                    "link-local first"
                } else {
                    "no link-local address first"
                });
            }
            (0x86dd, _, Some(58)) => match (frame.get(54), frame.get(58)) {
                (Some(136), Some(flags)) if flags & 0x40 == 0 => {
                    self.neighbour_flags.insert(match flags & 0xa0 {
                        0xa0 => "R O",
                        0x80 => "R",
                        0x20 => "O",
                        _ => "none",
                    });
                }
                (Some(134), _) => self.router_adverts += 1,
                _ => (),
            },
            _ => (),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("sent from", &self.senders),
            ("checksum", &self.checksums),
            ("address list", &self.first_addresses),
            ("gratuitous ARP target", &self.arp_targets),
            ("NA flags", &self.neighbour_flags),
        ];
        for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            let words: Vec<&str> = list.iter().copied().collect();
            write!(f, "{name}: {}; ", words.join(" and "))?;
        }
        if let Some((least, most)) = self.announcements {
            write!(f, "announcements when becoming Active: {least} to {most}; ")?;
        }
        write!(f, "Router Advertisements: {}", self.router_adverts)
    }
}

/// To everyone; a kernel that holds the same address answers such a question, and its answer names the address twice, too.
fn is_gratuitous(frame: &[u8]) -> bool {
    frame.starts_with(&[0xff; 6]) && frame.get(28..32) == frame.get(38..42)
}

fn sender(frame: &[u8]) -> &'static str {
    match frame.get(6..11) {
        Some([0, 0, 0x5e, 0, 1 | 2]) => "the virtual hardware address",
        _ => "the card's own",
    }
}

fn arp_target(target: &[u8]) -> &'static str {
    match target {
        [0xff, ..] => "all ones",
        [0, 0, 0x5e, ..] => "the virtual hardware address",
        [0, 0, 0, 0, 0, 0] => "zero",
        _ => "the card's own",
    }
}

/// Which of the two forms a version 3 advertisement in IPv4 has (RFC 9568 5.2.8 leaves the pseudo-header out).
fn checksum(frame: &[u8]) -> &'static str {
    let header = usize::from(frame.get(14).unwrap_or(&0) & 0x0f) * 4;
    let end = 14 + usize::from(u16_at(frame, 16));
    let vrrp = frame.get(14 + header..end).unwrap_or_default();
    if vrrp.first().is_none_or(|first| first >> 4 != 3) {
        return if sum(vrrp) == 0xffff { "version 2" } else { "wrong" };
    }
    let mut pseudo = frame.get(26..34).unwrap_or_default().to_vec();
    pseudo.extend([0, 112]);
    pseudo.extend(u16::try_from(vrrp.len()).unwrap_or(0).to_be_bytes());
    pseudo.extend(vrrp);
    match (sum(vrrp), sum(&pseudo)) {
        (0xffff, _) => "version 3 without pseudo-header",
        (_, 0xffff) => "version 3 with pseudo-header",
        _ => "wrong",
    }
}

/// RFC 1071.
fn sum(octets: &[u8]) -> u16 {
    let mut sum = octets.chunks(2).fold(0_u32, |sum, pair| {
        sum + u32::from(pair[0]) * 256 + u32::from(*pair.get(1).unwrap_or(&0))
    });
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

/// For every time this side became Active and stayed so for a second.
fn announcements(side: &Side, frames: &[Frame]) -> Option<(usize, usize)> {
    let adverts = side.tap.adverts(VRID, Stamp(0));
    // Some announce before they advertise.
    let near = |from: Stamp| {
        frames
            .iter()
            .filter(move |f| f.at + BEFORE >= from && f.at < from + SECOND)
    };
    let starts = adverts.iter().enumerate().filter(|(i, first)| {
        let silent = *i == 0 || first.at - adverts[i - 1].at > SILENCE;
        let stays = adverts
            .iter()
            .any(|a| a.at >= first.at + SECOND && a.at < first.at + SECOND * 2);
        silent && stays && !matches!(first.seen, Seen::Advert { priority: 0, .. })
    });
    let counts: Vec<usize> = starts
        .map(|(_, first)| near(first.at).filter(|f| announces(&f.octets)).count())
        .collect();
    Some((*counts.iter().min()?, *counts.iter().max()?))
}

const BEFORE: Duration = Duration::from_millis(300);

const SECOND: Duration = Duration::from_secs(1);

/// Longer than any interval of the cases.
const SILENCE: Duration = Duration::from_millis(1500);

/// A gratuitous ARP or an unsolicited NA for the address that the client asks for.
fn announces(frame: &[u8]) -> bool {
    match crate::frame::parse(frame) {
        Some((_, Seen::GratuitousArp(address))) => {
            is_gratuitous(frame) && address.octets() == [192, 0, 2, 100]
        }
        Some((_, Seen::NeighbourAdvert(address))) => !address.is_unicast_link_local(),
        _ => false,
    }
}

fn u16_at(frame: &[u8], at: usize) -> u16 {
    let pair = frame.get(at..at + 2).and_then(|pair| pair.try_into().ok());
    pair.map_or(0, u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::Facts;

    /// VRID 51, priority 100, 1 s, 192.0.2.100; sums reckoned by hand.
    ///
    /// Plain: 3133 + 6401 + 0064 + c000 + 0264 = 157fc -> 57fd, complement a802. With the pseudo-header further
    /// c000 + 0201 + e000 + 0012 + 0070 + 000c: 157fc + 1a28f = 2fa8b -> fa8d, complement 0572.
    fn frame(checksum: [u8; 2]) -> Vec<u8> {
        let mut frame = vec![0x01, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 1, 1, 0x08, 0x00];
        frame.extend([0x45, 0xc0, 0, 32, 0, 0, 0, 0, 255, 112, 0, 0]);
        frame.extend([192, 0, 2, 1, 224, 0, 0, 18]);
        frame.extend([
            0x31,
            51,
            100,
            1,
            0x00,
            0x64,
            checksum[0],
            checksum[1],
            192,
            0,
            2,
            100,
        ]);
        frame
    }

    #[test]
    fn both_checksum_forms_are_told_apart() {
        for (checksum, expected) in [
            ([0xa8, 0x02], "version 3 without pseudo-header"),
            ([0x05, 0x72], "version 3 with pseudo-header"),
            ([0x05, 0x73], "wrong"),
        ] {
            let mut facts = Facts::default();
            facts.look(&frame(checksum));
            assert_eq!(facts.checksums.into_iter().collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn a_gratuitous_arp_of_ones_is_told() {
        let mut arp = vec![0xff; 6];
        arp.extend([2, 0, 0, 0, 1, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
        arp.extend([2, 0, 0, 0, 1, 1, 192, 0, 2, 100]);
        arp.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192, 0, 2, 100]);
        let mut facts = Facts::default();
        facts.look(&arp);
        assert_eq!(facts.arp_targets.into_iter().collect::<Vec<_>>(), ["all ones"]);
        arp[..6].copy_from_slice(&[0, 0, 0x5e, 0, 1, 55]);
        let mut facts = Facts::default();
        facts.look(&arp);
        assert!(facts.arp_targets.is_empty(), "an answer to one");
    }
}
