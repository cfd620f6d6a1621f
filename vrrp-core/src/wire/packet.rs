//! A checked view of a VRRP message: complete, but not yet believed.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Reject;
use super::trailer::Trailer;
use crate::config::Version;
use crate::id::Family;

/// Octets in front of the addresses, in both versions.
pub(super) const FIXED_OCTETS: usize = 8;
/// Octets of Authentication Data behind the addresses of version 2, present for type 0 too.
pub(super) const AUTH_OCTETS: usize = 8;
/// The type ADVERTISEMENT, the only one.
pub(super) const ADVERTISEMENT: u8 = 1;

/// A complete VRRP advertisement of a known version; every field can be read, none has been judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    version: Version,
    family: Family,
    fixed: &'a [u8; FIXED_OCTETS],
    addresses: &'a [u8],
    auth_data: Option<&'a [u8; AUTH_OCTETS]>,
}

impl<'a> Message<'a> {
    /// Steps 7 to 10 of the receive order, without the question which versions a router runs.
    ///
    /// # Errors
    /// [`Reject::LengthShort`], [`Reject::Version`] (not 2 or 3, or 2 in IPv6), [`Reject::Type`],
    /// [`Reject::LengthShort`] again, or [`Reject::LengthSurplus`] (PRJ-RX-04), in this order.
    pub fn parse(octets: &'a [u8], family: Family) -> Result<Self, Reject> {
        match Self::split(octets, family)? {
            (message, []) => Ok(message),
            (_, _) => Err(Reject::LengthSurplus),
        }
    }

    /// As [`parse`](Self::parse), but for a router with `auth_hmac`: a trailer of exactly 28 octets may follow, whatever
    /// is in it (HM-01).
    ///
    /// # Errors
    /// As [`parse`](Self::parse); any other surplus is [`Reject::LengthSurplus`] (HM-10).
    pub fn parse_with_trailer(octets: &'a [u8], family: Family) -> Result<(Self, Option<Trailer>), Reject> {
        let (message, surplus) = Self::split(octets, family)?;
        if surplus.is_empty() {
            return Ok((message, None));
        }
        let trailer = surplus.try_into().map_err(|_| Reject::LengthSurplus)?;
        Ok((message, Some(Trailer::from_octets(trailer))))
    }

    /// The message, and what follows it.
    fn split(octets: &'a [u8], family: Family) -> Result<(Self, &'a [u8]), Reject> {
        let (fixed, rest) = octets
            .split_first_chunk::<FIXED_OCTETS>()
            .ok_or(Reject::LengthShort)?;
        let [version_and_kind, _, _, count, ..] = *fixed;
        let version = match (version_and_kind >> 4, family) {
            (2, Family::Ipv4) => Version::V2,
            (3, _) => Version::V3,
            // PRJ-V6-02: version 2 does not exist in IPv6.
            (_, _) => return Err(Reject::Version),
        };
        if version_and_kind & 0x0f != ADVERTISEMENT {
            return Err(Reject::Type);
        }
        let addresses_octets = usize::from(count).saturating_mul(family.address_octets());
        let (addresses, rest) = rest
            .split_at_checked(addresses_octets)
            .ok_or(Reject::LengthShort)?;
        let (auth_data, surplus) = match version {
            Version::V3 => (None, rest),
            Version::V2 => {
                let (data, surplus) = rest
                    .split_first_chunk::<AUTH_OCTETS>()
                    .ok_or(Reject::LengthShort)?;
                (Some(data), surplus)
            }
        };
        let message = Self {
            version,
            family,
            fixed,
            addresses,
            auth_data,
        };
        Ok((message, surplus))
    }

    /// The VRID octet of anything that reaches so far, to find the router it is for.
    #[must_use]
    pub fn peek_vrid(octets: &[u8]) -> Option<u8> {
        octets.get(1).copied()
    }

    /// The version nibble of anything that is not empty, 0 to 15.
    #[must_use]
    pub fn peek_version(octets: &[u8]) -> Option<u8> {
        octets.first().map(|octet| octet >> 4)
    }

    /// Version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Type; always 1, ADVERTISEMENT.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        let [version_and_kind, ..] = *self.fixed;
        version_and_kind & 0x0f
    }

    /// Virtual Rtr ID, 0 to 255.
    #[must_use]
    pub const fn vrid(&self) -> u8 {
        let [_, vrid, ..] = *self.fixed;
        vrid
    }

    /// Priority, 0 to 255.
    #[must_use]
    pub const fn priority(&self) -> u8 {
        let [_, _, priority, ..] = *self.fixed;
        priority
    }

    /// How many addresses follow, 0 to 255.
    #[must_use]
    pub const fn count(&self) -> u8 {
        let [_, _, _, count, ..] = *self.fixed;
        count
    }

    /// The interval in centiseconds: version 3 the 12 bits as they are, 0 to 4095 (Reserve is ignored,
    /// V3-5.2.6-01); version 2 its seconds times 100, 0 to 25 500 (V3-8.4.2-04).
    #[must_use]
    pub fn interval_centiseconds(&self) -> u16 {
        let [_, _, _, _, high, low, ..] = *self.fixed;
        match self.version {
            Version::V3 => u16::from_be_bytes([high & 0x0f, low]),
            Version::V2 => u16::from(low).saturating_mul(100),
        }
    }

    /// Auth Type and Authentication Data of version 2; `None` in version 3.
    #[must_use]
    pub const fn authentication(&self) -> Option<(u8, &'a [u8; AUTH_OCTETS])> {
        let [_, _, _, _, kind, ..] = *self.fixed;
        match self.auth_data {
            Some(data) => Some((kind, data)),
            None => None,
        }
    }

    /// Checksum as received.
    #[must_use]
    pub const fn checksum(&self) -> u16 {
        let [_, _, _, _, _, _, high, low] = *self.fixed;
        u16::from_be_bytes([high, low])
    }

    /// The addresses in wire order, all of the family of the enclosing IP header.
    #[must_use]
    pub fn addresses(&self) -> Addresses<'a> {
        Addresses(match self.family {
            Family::Ipv4 => Octets::Ipv4(self.addresses.as_chunks().0.iter()),
            Family::Ipv6 => Octets::Ipv6(self.addresses.as_chunks().0.iter()),
        })
    }
}

/// The addresses of a [`Message`].
#[derive(Debug, Clone)]
pub struct Addresses<'a>(Octets<'a>);

#[derive(Debug, Clone)]
enum Octets<'a> {
    Ipv4(core::slice::Iter<'a, [u8; 4]>),
    Ipv6(core::slice::Iter<'a, [u8; 16]>),
}

impl Iterator for Addresses<'_> {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        match &mut self.0 {
            Octets::Ipv4(octets) => octets.next().map(|octets| IpAddr::V4(Ipv4Addr::from(*octets))),
            Octets::Ipv6(octets) => octets.next().map(|octets| IpAddr::V6(Ipv6Addr::from(*octets))),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Octets::Ipv4(octets) => octets.size_hint(),
            Octets::Ipv6(octets) => octets.size_hint(),
        }
    }
}

impl ExactSizeIterator for Addresses<'_> {}
