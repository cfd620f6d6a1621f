//! What the kernel tells of routes and rules that go, as far as that can concern ours.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use rtnetlink::packet_core::{NetlinkBuffer, NlasIterator};

use super::Entry;
use super::route::Route;
use crate::netlink::open_groups;

/// `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV4_RULE`, `RTMGRP_IPV6_ROUTE`, and `RTNLGRP_IPV6_RULE` (19).
const GROUPS: u32 = 0x40 | 0x80 | 0x400 | (1 << 18);
/// Of rtmsg and fib_rule_hdr alike.
const HEADER_OCTETS: usize = 12;
/// `RTA_DST` of linux/rtnetlink.h.
const RTA_DST: u16 = 1;
/// `RTA_TABLE`.
const RTA_TABLE: u16 = 15;
/// `FRA_PRIORITY` of linux/fib_rules.h.
const FRA_PRIORITY: u16 = 6;

/// A socket that hears of every route and rule. Opened only where some are to be held: there may be very many.
pub(crate) fn open() -> io::Result<OwnedFd> {
    open_groups(GROUPS)
}

/// Something went, or was put in the place of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Route {
        to: IpAddr,
        prefix: u8,
        table: u32,
        /// Who had made it; `None`: another one is in its place.
        by: Option<u8>,
    },
    Rule {
        ipv6: bool,
        preference: u32,
    },
    /// Events were lost: it may have been anything.
    Anything,
}

impl Gone {
    /// Whether it may have been this one.
    pub(crate) fn may_be(&self, entry: &Entry) -> bool {
        match (self, entry) {
            (Self::Anything, _) => true,
            (
                Self::Route {
                    to, prefix, table, ..
                },
                Entry::Route(route),
            ) => {
                let is = |route: &Route| (route.destination, route.prefix, route.in_table());
                is(route) == (*to, *prefix, *table)
            }
            (Self::Rule { ipv6, preference }, Entry::Rule(rule)) => {
                (rule.ipv6, rule.preference) == (*ipv6, *preference)
            }
            (Self::Route { .. }, Entry::Rule(_)) | (Self::Rule { .. }, Entry::Route(_)) => false,
        }
    }
}

impl Gone {
    /// Whether it was one that bears the mark of this entry.
    pub(crate) fn bears_mark(&self, entry: &Entry, tag: u8) -> bool {
        match self {
            Self::Route { by, .. } => *by == Some(entry.own_mark().unwrap_or(tag)),
            Self::Rule { .. } => true,
            Self::Anything => false,
        }
    }
}

/// Calls `take` for everything that went by this datagram.
pub(crate) fn each_gone(datagram: &[u8], mut take: impl FnMut(Gone)) {
    let mut rest = datagram;
    while let Ok(frame) = NetlinkBuffer::new_checked(rest) {
        let octets = usize::try_from(frame.length()).unwrap_or(usize::MAX);
        if let Some(gone) = read(&frame) {
            take(gone);
        }
        let aligned = octets.saturating_add(3) & !3;
        rest = rest.get(aligned..).unwrap_or_default();
    }
}

fn read(frame: &NetlinkBuffer<&[u8]>) -> Option<Gone> {
    let payload = frame.payload();
    let replaces = i32::from(frame.flags()) & libc::NLM_F_REPLACE != 0;
    match frame.message_type() {
        libc::RTM_DELROUTE => read_route(payload, true),
        libc::RTM_NEWROUTE if replaces => read_route(payload, false),
        libc::RTM_DELRULE => read_rule(payload),
        kind if i32::from(kind) == libc::NLMSG_OVERRUN => Some(Gone::Anything),
        _ => None,
    }
}

fn read_route(payload: &[u8], went: bool) -> Option<Gone> {
    let (header, attributes) = payload.split_at_checked(HEADER_OCTETS)?;
    let [family, prefix, _, _, short, protocol, ..] = *header else {
        return None;
    };
    let mut to = unspecified(family)?;
    let mut table = u32::from(short);
    for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
        match attribute.kind() {
            RTA_DST => to = read_ip(attribute.value())?,
            RTA_TABLE => table = u32::from_ne_bytes(*attribute.value().first_chunk::<4>()?),
            _ => {}
        }
    }
    Some(Gone::Route {
        to,
        prefix,
        table,
        by: went.then_some(protocol),
    })
}

fn read_rule(payload: &[u8]) -> Option<Gone> {
    let (header, attributes) = payload.split_at_checked(HEADER_OCTETS)?;
    let ipv6 = unspecified(*header.first()?)?.is_ipv6();
    let mut preference = 0;
    for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
        if attribute.kind() == FRA_PRIORITY {
            preference = u32::from_ne_bytes(*attribute.value().first_chunk::<4>()?);
        }
    }
    Some(Gone::Rule { ipv6, preference })
}

fn unspecified(family: u8) -> Option<IpAddr> {
    match i32::from(family) {
        libc::AF_INET => Some(Ipv4Addr::UNSPECIFIED.into()),
        libc::AF_INET6 => Some(Ipv6Addr::UNSPECIFIED.into()),
        _ => None,
    }
}

fn read_ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some(IpAddr::V4(octets.into()));
    }
    let octets = <[u8; 16]>::try_from(value).ok()?;
    Some(IpAddr::V6(octets.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand after linux/netlink.h and linux/rtnetlink.h: 203.0.113.0/24 in table 7 goes.
    #[test]
    fn a_route_that_goes_is_read_and_known_again() {
        let mut octets = vec![0; 16 + 12 + 8 + 8];
        octets[0..4].copy_from_slice(&44u32.to_ne_bytes());
        octets[4..6].copy_from_slice(&25u16.to_ne_bytes());
        octets[16..24].copy_from_slice(&[2, 24, 0, 0, 252, 112, 0, 1]);
        octets[28..30].copy_from_slice(&8u16.to_ne_bytes());
        octets[30..32].copy_from_slice(&1u16.to_ne_bytes());
        octets[32..36].copy_from_slice(&[203, 0, 113, 0]);
        octets[36..38].copy_from_slice(&8u16.to_ne_bytes());
        octets[38..40].copy_from_slice(&15u16.to_ne_bytes());
        octets[40..44].copy_from_slice(&7u32.to_ne_bytes());
        let mut found = Vec::new();
        each_gone(&octets, |gone| found.push(gone));
        let to: IpAddr = "203.0.113.0".parse().unwrap();
        assert_eq!(
            found,
            [Gone::Route {
                to,
                prefix: 24,
                table: 7,
                by: Some(112),
            }]
        );
        let mut route = Route::to(to, 24).on("eth1");
        assert!(!found[0].may_be(&Entry::route(&route)), "of another table");
        route.table = Some(7);
        assert!(found[0].may_be(&Entry::route(&route)));
        octets.truncate(40);
        each_gone(&octets, |gone| panic!("{gone:?} of what is cut off"));
    }
}
