//! The IP header in front of a VRRP message, for sockets that hand it over: raw IPv4 and packet sockets.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Reject;
use super::checksum::{PROTOCOL, Sum};
use crate::id::Family;

/// What the IP header of a VRRP packet says; steps 1 to 3 of the receive order are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPacket<'a> {
    /// Source.
    pub source: IpAddr,
    /// Destination, of the same family.
    pub destination: IpAddr,
    /// TTL or Hop Limit.
    pub hop_limit: u8,
    /// What Total Length or Payload Length covers after the header; link padding is left out (PRJ-RX-03).
    pub payload: &'a [u8],
}

impl<'a> IpPacket<'a> {
    /// Reads a packet from the first octet of its IP header; a packet socket sees it before the kernel has checked
    /// it, so everything is checked here (PRJ-RX-02). IPv4 options are skipped; IPv6 extension headers are not VRRP.
    ///
    /// # Errors
    /// [`Reject::IpMalformed`], [`Reject::IpNotVrrp`] or [`Reject::IpFragment`], in this order.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Reject> {
        match octets.first().map(|octet| octet >> 4) {
            Some(4) => Self::parse_ipv4(octets),
            Some(6) => Self::parse_ipv6(octets),
            Some(_) | None => Err(Reject::IpMalformed),
        }
    }

    /// The packet's family.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(&self.source)
    }

    fn parse_ipv4(octets: &'a [u8]) -> Result<Self, Reject> {
        let (fixed, _) = octets.split_first_chunk::<20>().ok_or(Reject::IpMalformed)?;
        let [
            first,
            _,
            length_0,
            length_1,
            _,
            _,
            fragment_0,
            fragment_1,
            hop_limit,
            protocol,
            _,
            _,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ] = *fixed;
        let header_octets = usize::from(first & 0x0f).saturating_mul(4);
        let total_octets = usize::from(u16::from_be_bytes([length_0, length_1]));
        let header = octets.get(..header_octets).ok_or(Reject::IpMalformed)?;
        let payload = octets
            .get(header_octets..total_octets)
            .ok_or(Reject::IpMalformed)?;
        if header.len() < fixed.len() || !Sum::of(header).is_right() {
            return Err(Reject::IpMalformed);
        }
        if protocol != PROTOCOL {
            return Err(Reject::IpNotVrrp);
        }
        let more_fragments_or_offset = u16::from_be_bytes([fragment_0, fragment_1]) & 0x3fff;
        if more_fragments_or_offset != 0 {
            return Err(Reject::IpFragment);
        }
        Ok(Self {
            source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
            destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
            hop_limit,
            payload,
        })
    }

    fn parse_ipv6(octets: &'a [u8]) -> Result<Self, Reject> {
        let (fixed, rest) = octets.split_first_chunk::<8>().ok_or(Reject::IpMalformed)?;
        let (source, rest) = rest.split_first_chunk::<16>().ok_or(Reject::IpMalformed)?;
        let (destination, rest) = rest.split_first_chunk::<16>().ok_or(Reject::IpMalformed)?;
        let [_, _, _, _, length_0, length_1, next_header, hop_limit] = *fixed;
        let payload_octets = usize::from(u16::from_be_bytes([length_0, length_1]));
        let payload = rest.get(..payload_octets).ok_or(Reject::IpMalformed)?;
        // A fragment has Next Header 44 here, so step 3 has nothing left to find.
        if next_header != PROTOCOL {
            return Err(Reject::IpNotVrrp);
        }
        Ok(Self {
            source: IpAddr::V6(Ipv6Addr::from(*source)),
            destination: IpAddr::V6(Ipv6Addr::from(*destination)),
            hop_limit,
            payload,
        })
    }
}
