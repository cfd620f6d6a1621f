//! The fields of an advertisement to send, and their octets.

use core::net::IpAddr;

use super::auth;
use super::checksum::{self, ChecksumForm};
use super::packet::{ADVERTISEMENT, AUTH_OCTETS, FIXED_OCTETS};
use super::trailer::Trailer;
use crate::config::{Authentication, Version};
use crate::id::{Family, Vrid};
use crate::time::Interval;

/// One advertisement, before it is octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advertisement<'a> {
    /// Version; 2 in IPv4 only.
    pub version: Version,
    /// VRID.
    pub vrid: Vrid,
    /// 0 to 255; 0 says goodbye.
    pub priority: u8,
    /// Version 3 carries 1 to 4095 cs; version 2 whole seconds, `max(1, round down)` (PRJ-IOP-01).
    pub interval: Interval,
    /// At most 255, of one family, in wire order.
    pub addresses: &'a [IpAddr],
    /// Version 2 only; version 3 has none.
    pub authentication: Authentication,
    /// Version 3 in IPv4 only: version 2 is always plain (PRJ-IOP-03), IPv6 always with pseudo-header.
    pub form: ChecksumForm,
}

impl Advertisement<'_> {
    /// Octets of the message in `family`, IP header not counted.
    #[must_use]
    pub fn encoded_len(&self, family: Family) -> usize {
        let addresses = self.addresses.len().saturating_mul(family.address_octets());
        let auth_octets = match self.version {
            Version::V2 => AUTH_OCTETS,
            Version::V3 => 0,
        };
        addresses.saturating_add(FIXED_OCTETS).saturating_add(auth_octets)
    }

    /// Writes the message to the front of `buffer` and says how many octets it has. `source` and `destination` are
    /// those of the IP header that will enclose it: they are in the checksum.
    ///
    /// `None`, with `buffer` in an unknown state: it is too small, the families differ, version 2 meets IPv6, there
    /// are more than 255 addresses, or version 3 meets an interval above 4095 cs. No checked
    /// [`Config`](crate::Config) leads there, except by a `source` of the other family.
    #[must_use]
    pub fn encode(&self, source: IpAddr, destination: IpAddr, buffer: &mut [u8]) -> Option<usize> {
        let family = Family::of(&source);
        if Family::of(&destination) != family || (self.version == Version::V2 && family == Family::Ipv6) {
            return None;
        }
        let length = self.encoded_len(family);
        let message = buffer.get_mut(..length)?;
        let (fixed, rest) = message.split_first_chunk_mut::<FIXED_OCTETS>()?;
        *fixed = self.fixed()?;
        let rest = self.write_addresses(family, rest)?;
        if let Some((auth_data, _)) = rest.split_first_chunk_mut::<AUTH_OCTETS>() {
            *auth_data = self.auth_data();
        }
        let form = match (self.version, family) {
            (Version::V2, _) => ChecksumForm::Plain,
            (Version::V3, Family::Ipv4) => self.form,
            (Version::V3, Family::Ipv6) => ChecksumForm::Pseudo,
        };
        let sum = checksum::compute(message, form, source, destination);
        message.get_mut(6..8)?.copy_from_slice(&sum);
        Some(length)
    }

    /// The octets of the message in pieces, with a checksum of zero, as a tag sees them; `None` where
    /// [`encode`](Self::encode) is.
    #[cfg(feature = "hmac")]
    pub(crate) fn pieces(&self, add: &mut dyn FnMut(&[u8])) -> Option<()> {
        add(&self.fixed()?);
        for address in self.addresses {
            match address {
                IpAddr::V4(address) => add(&address.octets()),
                IpAddr::V6(address) => add(&address.octets()),
            }
        }
        if self.version == Version::V2 {
            add(&self.auth_data());
        }
        Some(())
    }

    /// Puts a trailer behind the message at the front of `buffer` and says how many octets both have (HM-03). `None`:
    /// the buffer is too small.
    pub(crate) fn append(
        trailer: &Trailer,
        octets: usize,
        source: IpAddr,
        destination: IpAddr,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let length = octets.checked_add(Trailer::OCTETS)?;
        let whole = buffer.get_mut(..length)?;
        whole.get_mut(octets..)?.copy_from_slice(&trailer.to_octets());
        if Family::of(&source) == Family::Ipv6 {
            whole.get_mut(6..8)?.fill(0);
            let sum = checksum::compute(whole, ChecksumForm::Pseudo, source, destination);
            whole.get_mut(6..8)?.copy_from_slice(&sum);
        }
        Some(length)
    }

    /// The first 8 octets, checksum zero.
    fn fixed(&self) -> Option<[u8; FIXED_OCTETS]> {
        let version_and_kind = self.version.number() << 4 | ADVERTISEMENT;
        let count = u8::try_from(self.addresses.len()).ok()?;
        let [high, low] = match self.version {
            Version::V2 => [
                auth::kind(&self.authentication),
                self.interval.version_2_seconds(),
            ],
            Version::V3 if self.interval.fits_version_3() => self.interval.centiseconds().to_be_bytes(),
            Version::V3 => return None,
        };
        Some([
            version_and_kind,
            self.vrid.get(),
            self.priority,
            count,
            high,
            low,
            0,
            0,
        ])
    }

    const fn auth_data(&self) -> [u8; AUTH_OCTETS] {
        match self.authentication {
            Authentication::None => [0; AUTH_OCTETS],
            Authentication::Password(password) => password,
        }
    }

    /// What is left of `place` behind the addresses.
    fn write_addresses<'b>(&self, family: Family, mut place: &'b mut [u8]) -> Option<&'b mut [u8]> {
        for address in self.addresses {
            if Family::of(address) != family {
                return None;
            }
            let (this, rest) = place.split_at_mut_checked(family.address_octets())?;
            match address {
                IpAddr::V4(address) => this.copy_from_slice(&address.octets()),
                IpAddr::V6(address) => this.copy_from_slice(&address.octets()),
            }
            place = rest;
        }
        Some(place)
    }
}
