//! From a draft to octets: sealed once per advertisement, encoded once per destination (PRJ-HMAC-01).

use core::net::IpAddr;

use crate::action::Draft;
use crate::config::{Config, Version};
use crate::id::Path;
use crate::wire::{Advertisement, ChecksumForm, Trailer};

/// One advertisement, complete but for its destination.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    pub(crate) config: &'a Config,
    pub(crate) draft: Draft,
    pub(crate) source: Option<IpAddr>,
    pub(crate) form: ChecksumForm,
    pub(crate) signature: Signature,
}

/// What goes behind the message: one tag for all destinations (HM-09).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signature {
    pub(crate) trailer: Option<Trailer>,
    /// It is to be signed and cannot be: better nothing than something unsigned.
    pub(crate) missing: bool,
}

impl<'a> Sealed<'a> {
    /// The address to send from; `None` while the interface has none.
    #[must_use]
    pub const fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// 0 to 255.
    #[must_use]
    pub const fn priority(&self) -> u8 {
        self.draft.priority
    }

    /// Where it goes: the group, or each peer.
    pub fn destinations(&self) -> impl Iterator<Item = IpAddr> + use<'a> {
        let (group, peers) = match &self.config.path {
            Path::Multicast { group } => (Some(*group), [].as_slice()),
            Path::Unicast { peers, .. } => (None, peers.as_ref()),
        };
        group.into_iter().chain(peers.iter().map(|peer| peer.address))
    }

    /// Octets of the VRRP message, with the trailer of a signed one.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let trailer = self.signature.trailer.map_or(0, |_| Trailer::OCTETS);
        self.advertisement()
            .encoded_len(self.config.family)
            .saturating_add(trailer)
    }

    /// Writes the VRRP message for one destination (the checksum may cover it) and returns its length.
    ///
    /// `None`: the buffer is too small, there is no source, the destination is of the other family, or it is to be
    /// signed and [`seal`](crate::VirtualRouter::seal) was not told the time of day.
    pub fn encode(&self, destination: IpAddr, buffer: &mut [u8]) -> Option<usize> {
        if self.signature.missing {
            return None;
        }
        let source = self.source?;
        let octets = self.advertisement().encode(source, destination, buffer)?;
        match &self.signature.trailer {
            Some(trailer) => Advertisement::append(trailer, octets, source, destination, buffer),
            None => Some(octets),
        }
    }

    pub(crate) fn advertisement(&self) -> Advertisement<'a> {
        Advertisement {
            version: self.draft.version,
            vrid: self.config.vrid,
            priority: self.draft.priority,
            interval: self.config.interval,
            addresses: &self.config.settings().addresses,
            authentication: match self.draft.version {
                Version::V2 => self.config.authentication,
                Version::V3 => crate::config::Authentication::None,
            },
            form: self.form,
        }
    }
}
