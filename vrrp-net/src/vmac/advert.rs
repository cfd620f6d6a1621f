//! An advertisement as a whole frame, for it leaves by an interface that does not have its source MAC (V3-6.4.3-11,
//! V3-7.2-02): with the interface's own address as source, so that two routers never send from the same one (PRJ-TX-01).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;
use pnet_packet::ethernet::{EtherType, EtherTypes, MutableEthernetPacket};
use pnet_packet::ip::IpNextHeaderProtocols::Vrrp;
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::ipv6::MutableIpv6Packet;

use crate::announce::Frame;

const ETHERNET_OCTETS: usize = 14;
const IPV4_OCTETS: usize = 20;
const IPV6_OCTETS: usize = 40;
/// The shortest frame that Ethernet carries, checksum not counted.
const FRAME_OCTETS: usize = 60;
/// V3-5.1.1.3-01, V3-5.1.2.3-01.
const HOP_LIMIT: u8 = 255;
/// PRJ-IP-01: CS6, without the two bits of ECN.
const DSCP: u8 = 48;

/// `message` from `mac` and `source` to `group`; `identification` of the IPv4 header. `None`: no group, or addresses of
/// two families.
pub(crate) fn frame(
    mac: [u8; 6],
    source: IpAddr,
    group: IpAddr,
    identification: u16,
    message: &[u8],
) -> Option<Frame> {
    let (destination, ethertype, header) = match (source, group) {
        (IpAddr::V4(source), IpAddr::V4(group)) if group.is_multicast() => {
            let header = ipv4_header(source, group, identification, message.len())?;
            (ipv4_group_mac(group), EtherTypes::Ipv4, header)
        }
        (IpAddr::V6(source), IpAddr::V6(group)) if group.is_multicast() => {
            let header = ipv6_header(source, group, message.len())?;
            (ipv6_group_mac(group), EtherTypes::Ipv6, header)
        }
        _ => return None,
    };
    let mut octets = ethernet_header(destination, mac, ethertype)?;
    octets.extend_from_slice(&header);
    octets.extend_from_slice(message);
    octets.resize(octets.len().max(FRAME_OCTETS), 0);
    Some(Frame {
        octets,
        ethertype: ethertype.0,
        destination,
    })
}

/// Octets of the frame that the MTU counts.
pub(crate) const fn packet_octets(source: IpAddr, message: &[u8]) -> usize {
    let header = match source {
        IpAddr::V4(_) => IPV4_OCTETS,
        IpAddr::V6(_) => IPV6_OCTETS,
    };
    header.saturating_add(message.len())
}

fn ethernet_header(to: [u8; 6], from: [u8; 6], ethertype: EtherType) -> Option<Vec<u8>> {
    let mut octets = vec![0; ETHERNET_OCTETS];
    let mut ethernet = MutableEthernetPacket::new(&mut octets)?;
    ethernet.set_destination(MacAddr::from(to));
    ethernet.set_source(MacAddr::from(from));
    ethernet.set_ethertype(ethertype);
    Some(octets)
}

fn ipv4_header(
    source: Ipv4Addr,
    group: Ipv4Addr,
    identification: u16,
    message_octets: usize,
) -> Option<Vec<u8>> {
    let mut octets = vec![0; IPV4_OCTETS];
    let mut ip = MutableIpv4Packet::new(&mut octets)?;
    ip.set_version(4);
    ip.set_header_length(5);
    ip.set_dscp(DSCP);
    ip.set_total_length(u16::try_from(IPV4_OCTETS.checked_add(message_octets)?).ok()?);
    // PRJ-IP-03: Don't Fragment is clear.
    ip.set_identification(identification);
    ip.set_ttl(HOP_LIMIT);
    ip.set_next_level_protocol(Vrrp);
    ip.set_source(source);
    ip.set_destination(group);
    ip.set_checksum(ipv4::checksum(&ip.to_immutable()));
    Some(octets)
}

fn ipv6_header(source: Ipv6Addr, group: Ipv6Addr, message_octets: usize) -> Option<Vec<u8>> {
    let mut octets = vec![0; IPV6_OCTETS];
    let mut ip = MutableIpv6Packet::new(&mut octets)?;
    ip.set_version(6);
    ip.set_traffic_class(DSCP << 2);
    ip.set_payload_length(u16::try_from(message_octets).ok()?);
    ip.set_next_header(Vrrp);
    ip.set_hop_limit(HOP_LIMIT);
    ip.set_source(source);
    ip.set_destination(group);
    Some(octets)
}

/// RFC 1112 section 6.4.
const fn ipv4_group_mac(group: Ipv4Addr) -> [u8; 6] {
    let [_, b, c, d] = group.octets();
    [0x01, 0x00, 0x5e, b & 0x7f, c, d]
}

/// RFC 2464 section 7.
const fn ipv6_group_mac(group: Ipv6Addr) -> [u8; 6] {
    let [.., a, b, c, d] = group.octets();
    [0x33, 0x33, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: [u8; 12] = [0x31, 51, 150, 1, 0, 100, 0, 0, 192, 0, 2, 254];

    /// Every octet by hand; the header's checksum: 45c0+0020+0007+0000+ff70+0000+c000+0201+e000+0012 = 2e76a, and
    /// e76a+2 = e76c, whose complement is 1893.
    #[test]
    fn an_ipv4_frame_octet_by_octet() {
        let mac = [0x00, 0x00, 0x5e, 0x00, 0x01, 0x33];
        let group = "224.0.0.18".parse().unwrap();
        let frame = frame(mac, "192.0.2.1".parse().unwrap(), group, 7, &MESSAGE).unwrap();
        #[rustfmt::skip]
        let mut expected = vec![
            0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0x08, 0x00,
            0x45, 0xc0, 0x00, 0x20, 0x00, 0x07, 0x00, 0x00, 0xff, 0x70, 0x18, 0x93,
            192, 0, 2, 1, 224, 0, 0, 18,
        ];
        expected.extend_from_slice(&MESSAGE);
        expected.resize(60, 0);
        assert_eq!(frame.octets, expected);
        assert_eq!(
            (frame.ethertype, frame.destination),
            (0x0800, [0x01, 0x00, 0x5e, 0, 0, 0x12])
        );
    }

    #[test]
    fn an_ipv6_frame_octet_by_octet() {
        let mac = [0x00, 0x00, 0x5e, 0x00, 0x02, 0x33];
        let group = "ff02::12".parse().unwrap();
        let frame = frame(mac, "fe80::1".parse().unwrap(), group, 0, &MESSAGE).unwrap();
        #[rustfmt::skip]
        let mut expected = vec![
            0x33, 0x33, 0x00, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0x86, 0xdd,
            0x6c, 0x00, 0x00, 0x00, 0x00, 0x0c, 112, 255,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12,
        ];
        expected.extend_from_slice(&MESSAGE);
        assert_eq!(frame.octets, expected);
    }

    /// Only what the group's own MAC can be told of: a unicast peer's has to be asked for.
    #[test]
    fn no_frame_to_one_peer_or_between_families() {
        let (four, six) = ("192.0.2.1".parse().unwrap(), "fe80::1".parse().unwrap());
        assert!(frame([0; 6], four, "192.0.2.2".parse().unwrap(), 0, &MESSAGE).is_none());
        assert!(frame([0; 6], six, "224.0.0.18".parse().unwrap(), 0, &MESSAGE).is_none());
        assert!(frame([0; 6], four, "224.0.0.18".parse().unwrap(), 0, &vec![0; 65_536]).is_none());
    }
}
