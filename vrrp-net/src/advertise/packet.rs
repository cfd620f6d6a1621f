//! Router Advertisements (RFC 4861 section 4.2) and Solicitations (section 4.1).

use std::net::Ipv6Addr;
use std::time::Duration;

use pnet_base::MacAddr;
use pnet_packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet_packet::icmpv6::ndp::{MutableRouterAdvertPacket, NdpOption, NdpOptionType, NdpOptionTypes};
use pnet_packet::icmpv6::{Icmpv6Packet, Icmpv6Types, checksum};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv6::MutableIpv6Packet;

use super::{AdvertisedPrefix, RouterAdvertisements};
use crate::announce::Frame;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

const ETHERNET_OCTETS: usize = 14;
const ICMP_AT: usize = ETHERNET_OCTETS + 40;
/// Without options.
const ADVERT_OCTETS: usize = 16;

const MANAGED: u8 = 0x80;
const OTHER: u8 = 0x40;
const ON_LINK: u8 = 0x80;
const AUTONOMOUS: u8 = 0x40;

/// To all nodes, from the router's link-local address, which is found at this MAC (NET-RA-01).
pub(crate) fn advertisement(plan: &RouterAdvertisements, source: Ipv6Addr, mac: [u8; 6]) -> Option<Frame> {
    let options = options(plan, mac);
    let length: usize = options
        .iter()
        .map(|option| usize::from(option.length).saturating_mul(8))
        .sum();
    let length = ADVERT_OCTETS.saturating_add(length);
    let mut octets = vec![0; ICMP_AT.saturating_add(length)];
    let mut ethernet = MutableEthernetPacket::new(octets.get_mut(..ETHERNET_OCTETS)?)?;
    ethernet.set_destination(MacAddr::from(ALL_NODES_MAC));
    ethernet.set_source(MacAddr::from(mac));
    ethernet.set_ethertype(EtherTypes::Ipv6);

    let mut ip = MutableIpv6Packet::new(octets.get_mut(ETHERNET_OCTETS..ICMP_AT)?)?;
    ip.set_version(6);
    ip.set_payload_length(u16::try_from(length).ok()?);
    ip.set_next_header(IpNextHeaderProtocols::Icmpv6);
    ip.set_hop_limit(255);
    ip.set_source(source);
    ip.set_destination(ALL_NODES);

    let mut advert = MutableRouterAdvertPacket::new(octets.get_mut(ICMP_AT..)?)?;
    advert.set_icmpv6_type(Icmpv6Types::RouterAdvert);
    advert.set_hop_limit(plan.hop_limit);
    let managed = if plan.managed { MANAGED } else { 0 };
    let other = if plan.other { OTHER } else { 0 };
    advert.set_flags(managed | other);
    advert.set_lifetime(u16::try_from(plan.lifetime().as_secs()).ok()?);
    advert.set_options(&options);
    let sum = checksum(&Icmpv6Packet::new(octets.get(ICMP_AT..)?)?, &source, &ALL_NODES);
    octets
        .get_mut(ICMP_AT + 2..ICMP_AT + 4)?
        .copy_from_slice(&sum.to_be_bytes());
    Some(Frame {
        octets,
        ethertype: EtherTypes::Ipv6.0,
        destination: ALL_NODES_MAC,
    })
}

/// NET-RA-02: equal where routers tell hosts the same, whichever address and MAC they have (FNV-1a).
pub(crate) fn digest(plan: &RouterAdvertisements) -> u32 {
    let frame = advertisement(plan, Ipv6Addr::UNSPECIFIED, [0; 6]);
    let octets = frame.map_or_else(Vec::new, |frame| frame.octets);
    octets.iter().fold(0x811c_9dc5, |sum, octet| {
        (sum ^ u32::from(*octet)).wrapping_mul(0x0100_0193)
    })
}

fn options(plan: &RouterAdvertisements, mac: [u8; 6]) -> Vec<NdpOption> {
    let mut options = vec![option(NdpOptionTypes::SourceLLAddr, mac.to_vec())];
    if let Some(mtu) = plan.mtu {
        let mut data = vec![0, 0];
        data.extend(mtu.to_be_bytes());
        options.push(option(NdpOptionTypes::MTU, data));
    }
    options.extend(plan.prefixes.iter().map(prefix));
    options
}

fn prefix(one: &AdvertisedPrefix) -> NdpOption {
    let on_link = if one.on_link { ON_LINK } else { 0 };
    let autonomous = if one.autonomous { AUTONOMOUS } else { 0 };
    let mut data = vec![one.prefix.prefix_len(), on_link | autonomous];
    data.extend(seconds(one.valid).to_be_bytes());
    data.extend(seconds(one.preferred).to_be_bytes());
    data.extend([0; 4]);
    data.extend(one.prefix.network().octets());
    option(NdpOptionTypes::PrefixInformation, data)
}

/// All ones is for ever.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// Two octets of header, and the length in eights.
fn option(option_type: NdpOptionType, data: Vec<u8>) -> NdpOption {
    let eights = data.len().saturating_add(2).div_ceil(8);
    NdpOption {
        option_type,
        length: u8::try_from(eights).unwrap_or(u8::MAX),
        data,
    }
}

/// Whether this is a Router Solicitation that may be believed (RFC 4861 section 6.1.1); the kernel has verified its checksum.
pub(crate) fn is_solicitation(message: &[u8], hop_limit: Option<u8>) -> bool {
    let [133, 0, _, _, _, _, _, _, options @ ..] = message else {
        return false;
    };
    if hop_limit != Some(255) {
        return false;
    }
    let mut rest = options;
    while let [_, eights, ..] = rest {
        let length = usize::from(*eights).saturating_mul(8);
        match rest.get(length..) {
            Some(next) if length > 0 => rest = next,
            Some(_) | None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from RFC 4861 sections 4.2 and 4.6.
    #[test]
    fn net_ra_01_an_advertisement_octet_by_octet() {
        let plan = RouterAdvertisements {
            interval_max: Duration::from_secs(30),
            managed: true,
            mtu: Some(1400),
            prefixes: vec![AdvertisedPrefix {
                autonomous: false,
                valid: Duration::MAX,
                ..AdvertisedPrefix::new("2001:db8::/64".parse().unwrap())
            }],
            ..RouterAdvertisements::default()
        };
        let source = "fe80::fe".parse().unwrap();
        let mac = [0x00, 0x00, 0x5e, 0x00, 0x02, 0x42];
        let mut octets = advertisement(&plan, source, mac).unwrap().octets;
        // The sum of pseudo-header and message, its own two octets included, is all ones.
        let mut words: Vec<u8> = octets[22..54].to_vec();
        words.extend([0, 0, 0, 64, 0, 0, 0, 58]);
        words.extend(&octets[54..]);
        let mut sum: u32 = words
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
            .sum();
        sum = (sum & 0xffff) + (sum >> 16);
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        octets[56..58].fill(0);
        #[rustfmt::skip]
        let expected = [
            0x33, 0x33, 0, 0, 0, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x42, 0x86, 0xdd,
            0x60, 0, 0, 0, 0, 64, 58, 255,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
            0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            // Hop limit 64, M, 90 s; reachable and retransmission time not said.
            134, 0, 0, 0, 64, 0x80, 0, 90, 0, 0, 0, 0, 0, 0, 0, 0,
            1, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x42,
            5, 1, 0, 0, 0, 0, 0x05, 0x78,
            // 64 bits, on link, for ever, preferred for seven days.
            3, 4, 64, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 9, 0x3a, 0x80, 0, 0, 0, 0,
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(octets, expected);
    }

    /// NET-RA-02: routers can be compared by eye.
    #[test]
    fn net_ra_02_the_digest_tells_whether_two_say_the_same() {
        let plan = RouterAdvertisements::default();
        assert_eq!(digest(&plan), digest(&plan.clone()));
        let other = RouterAdvertisements {
            other: true,
            ..RouterAdvertisements::default()
        };
        assert_ne!(digest(&plan), digest(&other));
        vrrp_conformance::proves!("NET-RA-02", Obeys);
        vrrp_conformance::proves!("NET-RA-02", Refuses);
    }

    #[test]
    fn solicitations_are_checked() {
        let bare = [133, 0, 1, 2, 0, 0, 0, 0];
        let with = |options: &[u8]| [&bare[..], options].concat();
        let address = [1, 1, 2, 0, 0, 0, 0, 9];
        assert!(is_solicitation(&bare, Some(255)) && is_solicitation(&with(&address), Some(255)));
        assert!(
            !is_solicitation(&bare, Some(254)) && !is_solicitation(&bare, None),
            "it was routed"
        );
        assert!(!is_solicitation(&bare[..7], Some(255)));
        assert!(
            !is_solicitation(&with(&[1, 0, 0, 0, 0, 0, 0, 0]), Some(255)),
            "an option of no length"
        );
        assert!(
            !is_solicitation(&with(&address[..5]), Some(255)),
            "one that is cut"
        );
        assert!(!is_solicitation(&with(&[1]), Some(255)));
        let mut other = bare;
        other[1] = 1;
        assert!(!is_solicitation(&other, Some(255)), "another code");
        other = [134, 0, 0, 0, 0, 0, 0, 0];
        assert!(!is_solicitation(&other, Some(255)));
    }
}
