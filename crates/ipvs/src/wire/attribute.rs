//! Attributes as they are written, and as they are read.

use super::Malformed;
use super::uapi::{AF_INET, AF_INET6};
use crate::key::Family;
use crate::name::Name;
use netlink_packet_core::{NLA_F_NESTED, Nla, NlasIterator};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An attribute of a request. Numbers are in the machine's order but where `Be` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attribute<'a> {
    U8(u16, u8),
    U16(u16, u16),
    U16Be(u16, u16),
    U32(u16, u32),
    /// Flags and which of them are meant.
    Flags(u16, u32, u32),
    V4(u16, Ipv4Addr),
    /// `union nf_inet_addr`.
    Address(u16, [u8; 16]),
    /// With a zero octet at the end.
    Text(u16, &'a str),
    Nested(u16, Vec<Self>),
}

impl Nla for Attribute<'_> {
    fn value_len(&self) -> usize {
        match self {
            Self::U8(..) => 1,
            Self::U16(..) | Self::U16Be(..) => 2,
            Self::U32(..) | Self::V4(..) => 4,
            Self::Flags(..) => 8,
            Self::Address(..) => 16,
            Self::Text(_, text) => text.len().saturating_add(1),
            Self::Nested(_, inner) => netlink_packet_core::Emitable::buffer_len(&inner.as_slice()),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::U8(kind, _)
            | Self::U16(kind, _)
            | Self::U16Be(kind, _)
            | Self::U32(kind, _)
            | Self::Flags(kind, ..)
            | Self::V4(kind, _)
            | Self::Address(kind, _)
            | Self::Text(kind, _) => *kind,
            Self::Nested(kind, _) => kind | NLA_F_NESTED,
        }
    }

    /// The buffer is exactly `value_len` long.
    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Self::U8(_, value) => buffer.copy_from_slice(&[*value]),
            Self::U16(_, value) => buffer.copy_from_slice(&value.to_ne_bytes()),
            Self::U16Be(_, value) => buffer.copy_from_slice(&value.to_be_bytes()),
            Self::U32(_, value) => buffer.copy_from_slice(&value.to_ne_bytes()),
            Self::Flags(_, flags, mask) => {
                let (first, second) = buffer.split_at_mut(4);
                first.copy_from_slice(&flags.to_ne_bytes());
                second.copy_from_slice(&mask.to_ne_bytes());
            }
            Self::V4(_, address) => buffer.copy_from_slice(&address.octets()),
            Self::Address(_, octets) => buffer.copy_from_slice(octets),
            Self::Text(_, text) => {
                let (words, end) = buffer.split_at_mut(text.len());
                words.copy_from_slice(text.as_bytes());
                end.fill(0);
            }
            Self::Nested(_, inner) => netlink_packet_core::Emitable::emit(&inner.as_slice(), buffer),
        }
    }
}

/// `union nf_inet_addr`: IPv4 in the first four octets.
pub(super) const fn octets_of(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(address) => address.octets(),
    }
}

pub(super) const fn number_of(family: Family) -> u16 {
    match family {
        Family::V4 => AF_INET,
        Family::V6 => AF_INET6,
    }
}

/// What an attribute holds, read as what it must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    /// Of what, for the complaint.
    name: &'static str,
    octets: &'a [u8],
}

impl<'a> Value<'a> {
    fn exactly<const N: usize>(self) -> Result<[u8; N], Malformed> {
        <[u8; N]>::try_from(self.octets).map_err(|_| Malformed::Length {
            attribute: self.name,
            found: self.octets.len(),
            wanted: N,
        })
    }

    pub(super) fn u8(self) -> Result<u8, Malformed> {
        self.exactly::<1>().map(|[octet]| octet)
    }

    pub(super) fn u16(self) -> Result<u16, Malformed> {
        self.exactly().map(u16::from_ne_bytes)
    }

    pub(super) fn u16_be(self) -> Result<u16, Malformed> {
        self.exactly().map(u16::from_be_bytes)
    }

    pub(super) fn u32(self) -> Result<u32, Malformed> {
        self.exactly().map(u32::from_ne_bytes)
    }

    /// A counter: 32 bits in some kernels and 64 in others.
    pub(super) fn u32_or_u64(self) -> Result<u64, Malformed> {
        if self.octets.len() == 4 {
            return self.u32().map(u64::from);
        }
        self.exactly().map(u64::from_ne_bytes)
    }

    /// Flags and mask.
    pub(super) fn flags(self) -> Result<u32, Malformed> {
        self.exactly::<8>()
            .map(|[a, b, c, d, ..]| u32::from_ne_bytes([a, b, c, d]))
    }

    pub(super) fn family(self) -> Result<Family, Malformed> {
        match self.u16()? {
            AF_INET => Ok(Family::V4),
            AF_INET6 => Ok(Family::V6),
            other => Err(self.unknown(u32::from(other))),
        }
    }

    pub(super) fn v4(self) -> Result<Ipv4Addr, Malformed> {
        self.exactly::<4>().map(Ipv4Addr::from)
    }

    /// An address of this family in 16 octets.
    pub(super) fn address(self, family: Family) -> Result<IpAddr, Malformed> {
        let octets: [u8; 16] = self.exactly()?;
        let [a, b, c, d, ..] = octets;
        Ok(match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from(octets)),
        })
    }

    /// A name up to its zero octet.
    pub(super) fn name(self) -> Result<Name, Malformed> {
        let text = self.text();
        Name::new(&text).map_err(|_| Malformed::Name {
            attribute: self.name,
            found: text,
        })
    }

    /// Words up to their zero octet.
    pub(super) fn text(self) -> String {
        let text = self.octets.split(|octet| *octet == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// What this library has no meaning for.
    pub(super) const fn unknown(self, found: u32) -> Malformed {
        Malformed::Unknown {
            attribute: self.name,
            found,
        }
    }

    pub(super) const fn nested(self) -> Attributes<'a> {
        Attributes(self.octets)
    }
}

/// Attributes that were read. One that is unknown costs nothing; what stands behind one that is cut off is not there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes<'a>(pub(super) &'a [u8]);

impl<'a> Attributes<'a> {
    /// The last of this kind, as the kernel reads them too.
    pub(super) fn find(self, kind: u16, name: &'static str) -> Option<Value<'a>> {
        let (mut rest, mut found) = (self.0, None);
        // Step by step and not by the iterator's own buffer, whose values do not outlive it.
        while let Some((octets_kind, octets, behind)) = split_first(rest) {
            if octets_kind == kind {
                found = Some(Value { name, octets });
            }
            rest = behind;
        }
        found
    }

    pub(super) fn need(self, kind: u16, name: &'static str) -> Result<Value<'a>, Malformed> {
        self.find(kind, name)
            .ok_or(Malformed::Missing { attribute: name })
    }
}

/// Kind and value of the first attribute, and what follows.
fn split_first(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let attribute = NlasIterator::new(octets).next()?.ok()?;
    let length = usize::from(attribute.length());
    let value = octets.get(netlink_packet_core::NLA_HEADER_SIZE..length)?;
    let behind = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((attribute.kind(), value, behind))
}
