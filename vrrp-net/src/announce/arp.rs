//! ARP (RFC 826) as RFC 9568 section 6.4 announces an address.

use std::net::Ipv4Addr;

use pnet_base::MacAddr;
use pnet_packet::Packet as _;
use pnet_packet::arp::{ArpHardwareTypes, ArpOperation, ArpOperations, MutableArpPacket};
use pnet_packet::ethernet::{EtherTypes, MutableEthernetPacket};

use super::Frame;

const BROADCAST: [u8; 6] = [0xff; 6];
const ETHERNET_OCTETS: usize = 14;
const ARP_OCTETS: usize = 28;
/// The shortest frame that Ethernet carries, checksum not counted; drivers pad, some switches' mirrors do not.
const FRAME_OCTETS: usize = 60;

/// Everything that an ARP frame says.
struct Arp {
    to: [u8; 6],
    from: [u8; 6],
    operation: ArpOperation,
    sender: ([u8; 6], Ipv4Addr),
    target: ([u8; 6], Ipv4Addr),
}

impl Arp {
    fn encode(&self) -> Option<Vec<u8>> {
        let mut octets = vec![0; FRAME_OCTETS];
        let mut ethernet = MutableEthernetPacket::new(octets.get_mut(..ETHERNET_OCTETS)?)?;
        ethernet.set_destination(MacAddr::from(self.to));
        ethernet.set_source(MacAddr::from(self.from));
        ethernet.set_ethertype(EtherTypes::Arp);
        let end = ETHERNET_OCTETS + ARP_OCTETS;
        let mut arp = MutableArpPacket::new(octets.get_mut(ETHERNET_OCTETS..end)?)?;
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(self.operation);
        arp.set_sender_hw_addr(MacAddr::from(self.sender.0));
        arp.set_sender_proto_addr(self.sender.1);
        arp.set_target_hw_addr(MacAddr::from(self.target.0));
        arp.set_target_proto_addr(self.target.1);
        debug_assert_eq!(arp.packet().len(), ARP_OCTETS);
        Some(octets)
    }
}

/// A broadcast request for `address` by itself; the target hardware address is the sender's, as RFC 9568 section 6.4.1
/// asks (NET-ARP-03). A request and not a reply (NET-ARP-04).
pub(super) fn announcement(address: Ipv4Addr, mac: [u8; 6]) -> Option<Frame> {
    let arp = Arp {
        to: BROADCAST,
        from: mac,
        operation: ArpOperations::Request,
        sender: (mac, address),
        target: (mac, address),
    };
    Some(Frame {
        octets: arp.encode()?,
        ethertype: EtherTypes::Arp.0,
        destination: BROADCAST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIRTUAL: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, 0x33];
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);

    fn padded(start: &[u8]) -> Vec<u8> {
        let mut octets = start.to_vec();
        octets.resize(60, 0);
        octets
    }

    /// Golden F01; V3-6.4.1-04, NET-ARP-01, NET-ARP-02, NET-ARP-03.
    #[test]
    fn golden_f01_gratuitous_arp_in_the_form_of_rfc_9568() {
        let frame = announcement(ADDRESS, VIRTUAL).unwrap();
        #[rustfmt::skip]
        let expected = padded(&[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0x08, 0x06,
            0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01,
            0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 192, 0, 2, 254,
            0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 192, 0, 2, 254,
        ]);
        assert_eq!(frame.octets, expected);
        assert_eq!((frame.ethertype, frame.destination), (0x0806, [0xff; 6]));
        vrrp_conformance::proves!("NET-ARP-01", "NET-ARP-02", Obeys);
    }

    /// Golden F02: what others send differs in the target hardware address only, to which nobody looks.
    #[test]
    fn golden_f02_the_form_of_others_differs_in_the_target_hardware_address() {
        let arp = Arp {
            to: BROADCAST,
            from: VIRTUAL,
            operation: ArpOperations::Request,
            sender: (VIRTUAL, ADDRESS),
            target: (BROADCAST, ADDRESS),
        };
        #[rustfmt::skip]
        let expected = padded(&[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0x08, 0x06,
            0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01,
            0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 192, 0, 2, 254,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192, 0, 2, 254,
        ]);
        assert_eq!(arp.encode().unwrap(), expected);
        let ours = announcement(ADDRESS, VIRTUAL).unwrap().octets;
        let differ: Vec<usize> = (0..60).filter(|place| ours[*place] != expected[*place]).collect();
        assert_eq!(differ, [32, 33, 34, 35, 36, 37]);
    }

    /// Golden F03: the reply that the kernel of an Active gives; V3-8.1.2-01.
    #[test]
    fn golden_f03_a_reply_names_the_virtual_mac() {
        let arp = Arp {
            to: [0x02, 0, 0, 0, 0, 0x10],
            from: [0x02, 0, 0, 0, 0, 0x02],
            operation: ArpOperations::Reply,
            sender: (VIRTUAL, ADDRESS),
            target: ([0x02, 0, 0, 0, 0, 0x10], Ipv4Addr::new(192, 0, 2, 10)),
        };
        #[rustfmt::skip]
        let expected = padded(&[
            0x02, 0x00, 0x00, 0x00, 0x00, 0x10, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x08, 0x06,
            0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x02,
            0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 192, 0, 2, 254,
            0x02, 0x00, 0x00, 0x00, 0x00, 0x10, 192, 0, 2, 10,
        ]);
        assert_eq!(arp.encode().unwrap(), expected);
    }
}
