//! Neighbor Advertisements (RFC 4861 section 4.4) as RFC 9568 section 6.4 announces an address.

use std::net::Ipv6Addr;

use pnet_base::MacAddr;
use pnet_packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet_packet::icmpv6::ndp::{MutableNeighborAdvertPacket, NdpOption, NdpOptionTypes};
use pnet_packet::icmpv6::{Icmpv6Packet, Icmpv6Types, checksum};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv6::MutableIpv6Packet;

use super::Frame;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

const ETHERNET_OCTETS: usize = 14;
const IPV6_OCTETS: usize = 40;
/// 24 fixed and 8 of the target link-layer address option.
const ADVERT_OCTETS: usize = 32;
const ICMP_AT: usize = ETHERNET_OCTETS + IPV6_OCTETS;

const ROUTER: u8 = 0x80;
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;

/// Everything that a Neighbor Advertisement says.
struct Advert {
    to: ([u8; 6], Ipv6Addr),
    from: ([u8; 6], Ipv6Addr),
    flags: u8,
    target: Ipv6Addr,
    target_mac: [u8; 6],
}

impl Advert {
    fn encode(&self) -> Option<Vec<u8>> {
        let mut octets = vec![0; ICMP_AT + ADVERT_OCTETS];
        let mut ethernet = MutableEthernetPacket::new(octets.get_mut(..ETHERNET_OCTETS)?)?;
        ethernet.set_destination(MacAddr::from(self.to.0));
        ethernet.set_source(MacAddr::from(self.from.0));
        ethernet.set_ethertype(EtherTypes::Ipv6);

        let mut ip = MutableIpv6Packet::new(octets.get_mut(ETHERNET_OCTETS..ICMP_AT)?)?;
        ip.set_version(6);
        ip.set_payload_length(u16::try_from(ADVERT_OCTETS).ok()?);
        ip.set_next_header(IpNextHeaderProtocols::Icmpv6);
        ip.set_hop_limit(255);
        ip.set_source(self.from.1);
        ip.set_destination(self.to.1);

        let mut advert = MutableNeighborAdvertPacket::new(octets.get_mut(ICMP_AT..)?)?;
        advert.set_icmpv6_type(Icmpv6Types::NeighborAdvert);
        advert.set_flags(self.flags);
        advert.set_target_addr(self.target);
        advert.set_options(&[NdpOption {
            option_type: NdpOptionTypes::TargetLLAddr,
            length: 1,
            data: self.target_mac.to_vec(),
        }]);
        let sum = checksum(
            &Icmpv6Packet::new(octets.get(ICMP_AT..)?)?,
            &self.from.1,
            &self.to.1,
        );
        octets
            .get_mut(ICMP_AT + 2..ICMP_AT + 4)?
            .copy_from_slice(&sum.to_be_bytes());
        Some(octets)
    }
}

/// Unsolicited, to all nodes: R set, S clear, O set (V3-6.4.1-05, NET-ND-02, NET-ND-04).
pub(super) fn announcement(address: Ipv6Addr, source: Ipv6Addr, mac: [u8; 6]) -> Option<Frame> {
    let advert = Advert {
        to: (ALL_NODES_MAC, ALL_NODES),
        from: (mac, source),
        flags: (ROUTER | OVERRIDE) & !SOLICITED,
        target: address,
        target_mac: mac,
    };
    Some(Frame {
        octets: advert.encode()?,
        ethertype: EtherTypes::Ipv6.0,
        destination: ALL_NODES_MAC,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIRTUAL: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e];
    const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xfe);
    const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xfe);

    #[rustfmt::skip]
    const TO_ALL_NODES: [u8; 54] = [
        0x33, 0x33, 0, 0, 0, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e, 0x86, 0xdd,
        0x60, 0, 0, 0, 0, 32, 58, 255,
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
        0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ];

    /// Golden F04; V3-6.4.1-05, NET-ND-02.
    #[test]
    fn golden_f04_unsolicited_advertisement_for_the_link_local_address() {
        let frame = announcement(LINK_LOCAL, LINK_LOCAL, VIRTUAL).unwrap();
        let mut expected = TO_ALL_NODES.to_vec();
        #[rustfmt::skip]
        expected.extend([
            136, 0, 0x77, 0x63, 0xa0, 0, 0, 0,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
            2, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e,
        ]);
        assert_eq!(frame.octets, expected);
        assert_eq!(
            (frame.ethertype, frame.destination),
            (0x86dd, [0x33, 0x33, 0, 0, 0, 1])
        );
    }

    /// Golden F05: another address, from the router's link-local one; V3-6.4.1-05, NET-ND-03.
    #[test]
    fn golden_f05_unsolicited_advertisement_for_a_global_address() {
        let frame = announcement(GLOBAL, LINK_LOCAL, VIRTUAL).unwrap();
        let mut expected = TO_ALL_NODES.to_vec();
        #[rustfmt::skip]
        expected.extend([
            136, 0, 0x48, 0x2b, 0xa0, 0, 0, 0,
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
            2, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e,
        ]);
        assert_eq!(frame.octets, expected);
    }

    /// Golden F06: the solicited one that the kernel of an Active gives; V3-6.4.3-04, NET-ND-01.
    #[test]
    fn golden_f06_solicited_advertisement() {
        let asker = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x10);
        let advert = Advert {
            to: ([0x02, 0, 0, 0, 0, 0x10], asker),
            from: (VIRTUAL, LINK_LOCAL),
            flags: ROUTER | SOLICITED | OVERRIDE,
            target: LINK_LOCAL,
            target_mac: VIRTUAL,
        };
        #[rustfmt::skip]
        let expected = vec![
            0x02, 0, 0, 0, 0, 0x10, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e, 0x86, 0xdd,
            0x60, 0, 0, 0, 0, 32, 58, 255,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
            136, 0, 0x37, 0xd6, 0xe0, 0, 0, 0,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
            2, 1, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x3e,
        ];
        assert_eq!(advert.encode().unwrap(), expected);
    }
}
