//! What was seen on the wire, octet by octet: no code of the crate under test reads it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

/// One frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) at: Instant,
    pub(crate) octets: Vec<u8>,
    /// It left by the interface; the others came in by it.
    pub(crate) outgoing: bool,
}

impl Frame {
    pub(crate) fn destination(&self) -> [u8; 6] {
        self.octets[0..6].try_into().unwrap()
    }

    pub(crate) fn source(&self) -> [u8; 6] {
        self.octets[6..12].try_into().unwrap()
    }

    pub(crate) fn ethertype(&self) -> u16 {
        u16::from_be_bytes([self.octets[12], self.octets[13]])
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.octets[14..]
    }

    /// The address that a gratuitous ARP request announces, and the hardware address it names.
    pub(crate) fn gratuitous_arp(&self) -> Option<(Ipv4Addr, [u8; 6])> {
        let arp = self.payload();
        let is_request = self.ethertype() == 0x0806 && arp[..8] == [0, 1, 8, 0, 6, 4, 0, 1];
        let ip = |at: usize| <[u8; 4]>::try_from(&arp[at..at + 4]).unwrap();
        (is_request && ip(14) == ip(24)).then(|| (Ipv4Addr::from(ip(14)), arp[8..14].try_into().unwrap()))
    }

    /// The target of a Neighbor Advertisement, its flags octet and its target link-layer address.
    pub(crate) fn neighbor_advertisement(&self) -> Option<(Ipv6Addr, u8, [u8; 6])> {
        let ip = self.payload();
        // A solicitation to the address itself is answered without the option.
        let is_na =
            self.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&136) && ip[4..6] == [0, 32];
        is_na.then(|| {
            let target = <[u8; 16]>::try_from(&ip[48..64]).unwrap();
            assert_eq!(ip[64..66], [2, 1], "target link-layer address option");
            (Ipv6Addr::from(target), ip[44], ip[66..72].try_into().unwrap())
        })
    }

    /// A Neighbor Solicitation from the unspecified address: duplicate address detection.
    pub(crate) fn is_duplicate_address_detection(&self) -> bool {
        let ip = self.payload();
        self.ethertype() == 0x86dd && ip[6] == 58 && ip.get(40) == Some(&135) && ip[8..24] == [0; 16]
    }
}

/// An advertisement and the headers it came in.
#[derive(Debug, Clone)]
pub(crate) struct Advert {
    pub(crate) at: Instant,
    pub(crate) to_mac: [u8; 6],
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) hop_limit: u8,
    pub(crate) traffic_class: u8,
    /// IPv4: the flags and fragment offset.
    pub(crate) fragment: u16,
    pub(crate) header_octets: usize,
    pub(crate) version: u8,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    pub(crate) message: Vec<u8>,
}

impl Advert {
    pub(crate) fn parse(frame: &Frame) -> Option<Self> {
        let ip = frame.payload();
        match frame.ethertype() {
            0x0800 if ip[9] == 112 => Some(Self::ipv4(frame, ip)),
            0x86dd if ip[6] == 112 => Some(Self::ipv6(frame, ip)),
            _ => None,
        }
    }

    fn ipv4(frame: &Frame, ip: &[u8]) -> Self {
        let address = |at: usize| IpAddr::from(<[u8; 4]>::try_from(&ip[at..at + 4]).unwrap());
        let header_octets = usize::from(ip[0] & 15) * 4;
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let message = ip[header_octets..total].to_vec();
        Self {
            at: frame.at,
            to_mac: frame.destination(),
            source: address(12),
            destination: address(16),
            hop_limit: ip[8],
            traffic_class: ip[1],
            fragment: u16::from_be_bytes([ip[6], ip[7]]),
            header_octets,
            version: message[0] >> 4,
            vrid: message[1],
            priority: message[2],
            message,
        }
    }

    fn ipv6(frame: &Frame, ip: &[u8]) -> Self {
        let address = |at: usize| IpAddr::from(<[u8; 16]>::try_from(&ip[at..at + 16]).unwrap());
        let length = usize::from(u16::from_be_bytes([ip[4], ip[5]]));
        let message = ip[40..40 + length].to_vec();
        Self {
            at: frame.at,
            to_mac: frame.destination(),
            source: address(8),
            destination: address(24),
            hop_limit: ip[7],
            traffic_class: (ip[0] << 4) | (ip[1] >> 4),
            fragment: 0,
            header_octets: 40,
            version: message[0] >> 4,
            vrid: message[1],
            priority: message[2],
            message,
        }
    }
}
