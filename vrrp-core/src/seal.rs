//! From a draft to octets: sealed once per advertisement, encoded once per destination (PRJ-HMAC-01).

use core::net::IpAddr;

use crate::action::Draft;
use crate::config::{Config, Version};
use crate::id::Path;
use crate::wire::{Advertisement, ChecksumForm};

/// One advertisement, complete but for its destination.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    pub(crate) config: &'a Config,
    pub(crate) draft: Draft,
    pub(crate) source: Option<IpAddr>,
    pub(crate) form: ChecksumForm,
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

    /// Octets of the VRRP message.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.advertisement().encoded_len(self.config.family)
    }

    /// Writes the VRRP message for one destination (the checksum may cover it) and returns its length.
    ///
    /// `None`: the buffer is too small, there is no source, or the destination is of the other family.
    pub fn encode(&self, destination: IpAddr, buffer: &mut [u8]) -> Option<usize> {
        self.advertisement().encode(self.source?, destination, buffer)
    }

    fn advertisement(&self) -> Advertisement<'a> {
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
