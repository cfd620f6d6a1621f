//! The receiving side's part in a judgement: to whom, from whom, in which version and form it listens.

use core::net::IpAddr;
use core::ops::RangeInclusive;

use super::checksum::{ChecksumForm, Verified};
use crate::config::{Config, Ipv4Checksum, Profile, Version};
use crate::id::{Family, Path};

/// The virtual router that a message is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Local<'a> {
    /// What it is asked to be.
    pub config: &'a Config,
    /// Its interface's primary address, [`Link::primary`](crate::Link::primary).
    pub primary: Option<IpAddr>,
}

impl Local<'_> {
    /// The address unicast peers send to.
    fn unicast_address(&self) -> Option<IpAddr> {
        match &self.config.path {
            Path::Multicast { .. } => None,
            Path::Unicast { local, .. } => local.or(self.primary),
        }
    }

    /// PRJ-RX-07.
    pub(super) fn is_own(&self, source: IpAddr) -> bool {
        self.primary == Some(source) || self.unicast_address() == Some(source)
    }

    /// What advertisements for this router are sent to (PRJ-RX-01).
    pub(super) fn destination(&self) -> Option<IpAddr> {
        match &self.config.path {
            Path::Multicast { group } => Some(*group),
            Path::Unicast { .. } => self.unicast_address(),
        }
    }

    /// The hop limits believed from `source`, and whether it may send at all (X-14, PRJ-RX-01).
    pub(super) fn sender(&self, source: IpAddr) -> Sender {
        match &self.config.path {
            Path::Multicast { .. } => Sender::Multicast,
            Path::Unicast { peers, .. } => match peers.iter().find(|peer| peer.address == source) {
                Some(peer) => Sender::Peer(peer.hop_limit_min..=peer.hop_limit_max),
                // HM-12: no digest for anybody else.
                None if self.config.check_unicast_source || self.config.is_authenticated() => Sender::Refused,
                None => Sender::Unlisted,
            },
        }
    }

    /// Whether a unicast `source` is refused because nobody listed it.
    pub(super) fn refuses(&self, source: IpAddr) -> bool {
        matches!(self.sender(source), Sender::Refused)
    }

    /// Whether advertisements of `version` are listened to (V3-8.4.2-01).
    pub(super) fn runs(&self, version: u8) -> bool {
        version == self.config.version.number() || (version == Version::V2.number() && self.config.v2_interop)
    }

    /// Whether the checksum is right in a form that is accepted (PRJ-CK-01).
    pub(super) fn believes(&self, version: Version, family: Family, verified: Verified) -> bool {
        match (version, family) {
            (Version::V2, _) => verified.plain,
            (Version::V3, Family::Ipv6) => verified.pseudo,
            (Version::V3, Family::Ipv4) => match self.config.ipv4_checksum {
                Ipv4Checksum::Rfc9568 => verified.holds(ChecksumForm::Plain),
                Ipv4Checksum::PseudoHeader => verified.holds(ChecksumForm::Pseudo),
                Ipv4Checksum::Auto => verified.plain || verified.pseudo,
            },
        }
    }

    pub(super) fn is_rfc(&self) -> bool {
        self.config.profile == Profile::Rfc
    }
}

/// What a router makes of a source address.
pub(super) enum Sender {
    /// Anybody on the link.
    Multicast,
    /// A listed unicast peer, with the hop limits believed from it.
    Peer(RangeInclusive<u8>),
    /// keepalived without `check_unicast_src`.
    Unlisted,
    /// Not listed.
    Refused,
}

impl Sender {
    pub(super) fn hop_limits(&self) -> RangeInclusive<u8> {
        match self {
            Self::Multicast | Self::Refused => 255..=255,
            Self::Peer(range) => range.clone(),
            Self::Unlisted => 0..=255,
        }
    }
}
