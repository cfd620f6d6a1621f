//! What the wire shows, read with as little code as possible: the lab must not believe the daemons' own parser.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// A hardware address.
pub type Mac = [u8; 6];

/// The frames that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A VRRP advertisement.
    Advert {
        /// 2 or 3.
        version: u8,
        /// Virtual router.
        vrid: u8,
        /// 0 for "I stop".
        priority: u8,
        /// As the packet says it.
        interval: Duration,
        /// The sender.
        source: IpAddr,
    },
    /// An ARP request or reply whose sender and target address are the same.
    GratuitousArp(Ipv4Addr),
    /// A neighbour advertisement that nobody asked for.
    NeighbourAdvert(Ipv6Addr),
}

/// Source address and meaning of an Ethernet frame, `None` for everything else.
pub fn parse(frame: &[u8]) -> Option<(Mac, Seen)> {
    let mac: Mac = frame.get(6..12)?.try_into().ok()?;
    let payload = frame.get(14..)?;
    let seen = match u16_at(frame, 12)? {
        0x0806 => gratuitous(payload)?,
        0x0800 => {
            let header = usize::from(payload.first()? & 0x0f) * 4;
            let length = usize::from(u16_at(payload, 2)?);
            let source = IpAddr::V4(v4_at(payload, 12)?);
            (*payload.get(9)? == 112).then_some(())?;
            advert(payload.get(header..length)?, source)?
        }
        0x86dd => {
            let source = IpAddr::V6(v6_at(payload, 8)?);
            match payload.get(6)? {
                112 => advert(payload.get(40..)?, source)?,
                58 => unsolicited(payload.get(40..)?)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((mac, seen))
}

fn advert(vrrp: &[u8], source: IpAddr) -> Option<Seen> {
    let (first, vrid, priority) = (*vrrp.first()?, *vrrp.get(1)?, *vrrp.get(2)?);
    let version = first >> 4;
    (first & 0x0f == 1).then_some(())?;
    let interval = match version {
        2 => Duration::from_secs(u64::from(*vrrp.get(5)?)),
        3 => Duration::from_millis(u64::from(u16_at(vrrp, 4)? & 0x0fff) * 10),
        _ => return None,
    };
    Some(Seen::Advert {
        version,
        vrid,
        priority,
        interval,
        source,
    })
}

fn gratuitous(arp: &[u8]) -> Option<Seen> {
    let (sender, target) = (v4_at(arp, 14)?, v4_at(arp, 24)?);
    (sender == target).then_some(Seen::GratuitousArp(sender))
}

fn unsolicited(icmp: &[u8]) -> Option<Seen> {
    let solicited = icmp.get(4)? & 0x40 != 0;
    (*icmp.first()? == 136 && !solicited).then_some(())?;
    Some(Seen::NeighbourAdvert(v6_at(icmp, 8)?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn v4_at(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?.into())
}

fn v6_at(bytes: &[u8], at: usize) -> Option<Ipv6Addr> {
    Some(<[u8; 16]>::try_from(bytes.get(at..at + 16)?).ok()?.into())
}

#[cfg(test)]
mod tests {
    use super::{Seen, parse};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    /// A version 3 advertisement typed by hand from RFC 9568 section 5.1: VRID 51, priority 100, 1 s, one address.
    fn version_3() -> Vec<u8> {
        let mut frame = vec![0x01, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 1, 1, 0x08, 0x00];
        frame.extend([
            0x45, 0xc0, 0, 32, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 1, 224, 0, 0, 18,
        ]);
        frame.extend([0x31, 51, 100, 1, 0x00, 0x64, 0, 0, 192, 0, 2, 100]);
        frame
    }

    #[test]
    fn an_advertisement_is_read() {
        let (mac, seen) = parse(&version_3()).expect("a VRRP frame");
        assert_eq!(mac, [2, 0, 0, 0, 1, 1]);
        let source = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let interval = Duration::from_secs(1);
        assert_eq!(
            seen,
            Seen::Advert {
                version: 3,
                vrid: 51,
                priority: 100,
                interval,
                source
            }
        );
    }

    #[test]
    fn a_question_is_not_gratuitous() {
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 1, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([2, 0, 0, 0, 1, 1, 192, 0, 2, 100, 0, 0, 0, 0, 0, 0, 192, 0, 2, 100]);
        assert_eq!(
            parse(&frame).map(|f| f.1),
            Some(Seen::GratuitousArp(Ipv4Addr::new(192, 0, 2, 100)))
        );
        let last = frame.len() - 1;
        frame[last] = 101;
        assert_eq!(parse(&frame), None);
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        let frame = version_3();
        for length in 0..frame.len() - 4 {
            assert_eq!(parse(&frame[..length]), None, "{length} bytes");
        }
    }
}
