//! Why settings cannot become a [`Config`](super::Config).

use core::fmt;
use core::net::IpAddr;

use super::Version;
use crate::id::Family;
use crate::time::Interval;

/// Settings that contradict each other or the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// Version 2 does not exist in IPv6 (PRJ-V6-02).
    Version2InIpv6,
    /// Version 3 carries 1 to 4095 cs, version 2 whole seconds 1 to 255 (V3-6.1-05).
    Interval {
        /// The version.
        version: Version,
        /// What was asked.
        interval: Interval,
    },
    /// A password with version 3 or in the `rfc` profile (SEC-07).
    Authentication,
    /// A key of `auth_hmac` with id 0 (1 to 255).
    HmacKeyId,
    /// A key of `auth_hmac` that is not of 32 to 64 octets (HM-11).
    HmacKeyLength {
        /// Its id.
        id: u8,
        /// Octets found.
        found: usize,
    },
    /// Two keys of `auth_hmac` with one id (HM-11).
    HmacKeyTwice {
        /// The id.
        id: u8,
    },
    /// The active key of `auth_hmac` is not among the keys, or there is none (HM-11).
    HmacActiveKey {
        /// The id asked for; 0: none was.
        id: u8,
    },
    /// `auth_hmac` beside a password of version 2.
    HmacWithPassword,
    /// `v2_interop` needs version 3 and IPv4 (part 6).
    Interop,
    /// No advertised address (V3-6.1-03).
    NoAddress,
    /// More than the count octet can say (PRJ-MAX-01).
    TooManyAddresses {
        /// How many.
        found: usize,
    },
    /// An advertised address, peer or source of the other family (PRJ-ADDR-01).
    AddressFamily {
        /// The address.
        address: IpAddr,
        /// The router's family.
        family: Family,
    },
    /// The same address twice.
    AddressTwice {
        /// The address.
        address: IpAddr,
    },
    /// `rfc`: the first IPv6 address must be link-local (V3-5.2.9-02).
    FirstNotLinkLocal {
        /// The address.
        address: IpAddr,
    },
    /// Multicast, or unicast without a source address, needs an interface.
    NoInterface,
    /// The group is not a multicast address of the router's family.
    Group {
        /// The group.
        group: IpAddr,
    },
    /// Unicast is not in the RFC.
    UnicastInRfc,
    /// Unicast without a peer: never turned into multicast silently.
    NoPeer,
    /// A peer whose smallest believed TTL or Hop Limit is above the largest: it would never be heard.
    HopLimits {
        /// The peer.
        peer: IpAddr,
    },
    /// A peer that no packet can come from.
    PeerAddress {
        /// The peer.
        peer: IpAddr,
    },
    /// an owner always preempts.
    OwnerWithoutPreempt,
    /// X-02 needs preemption.
    PreemptDelayWithoutPreempt,
    /// At least one announcement on becoming Active (V3-6.4.1-04).
    NoAnnouncement,
    /// 1 to 100.
    DownAdverts {
        /// What was asked.
        found: u8,
    },
    /// X-13 needs `nopreempt`.
    StepBackWithPreempt,
    /// A number outside the range that its field documents.
    OutOfRange {
        /// Its name in [`Settings`](super::Settings).
        setting: &'static str,
    },
    /// More than 65 535 tracked objects.
    TooManyTrackers,
    /// A setting that the `rfc` profile does not have.
    BeyondRfc {
        /// Its name in [`Settings`](super::Settings).
        setting: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version2InIpv6 => f.write_str("VRRP version 2 does not exist in IPv6; use version 3"),
            Self::Interval {
                version: Version::V2,
                interval,
            } => {
                write!(
                    f,
                    "version 2 sends whole seconds from 1 to 255, not {interval}; use version 3"
                )
            }
            Self::Interval {
                version: Version::V3,
                interval,
            } => {
                write!(f, "version 3 sends 0.01 to 40.95 s, not {interval}")
            }
            Self::Authentication => f.write_str("a password belongs to version 2 outside the rfc profile"),
            Self::HmacKeyId => f.write_str("key ids of auth_hmac are 1 to 255, not 0"),
            Self::HmacKeyLength { id, found } => {
                write!(
                    f,
                    "key {id} of auth_hmac has {found} octets; 32 to 64 are possible"
                )
            }
            Self::HmacKeyTwice { id } => write!(f, "auth_hmac has two keys with id {id}"),
            Self::HmacActiveKey { id: 0 } => f.write_str("auth_hmac has no active key"),
            Self::HmacActiveKey { id } => write!(f, "the active key {id} of auth_hmac is not among its keys"),
            Self::HmacWithPassword => f.write_str(
                "auth_hmac and a password of version 2 exclude each other; take the password away",
            ),
            Self::Interop => f.write_str("v2_interop needs version 3 and IPv4"),
            Self::NoAddress => f.write_str("no virtual address to advertise"),
            Self::TooManyAddresses { found } => write!(f, "{found} advertised addresses; at most 255 fit"),
            Self::AddressFamily { address, family } => {
                write!(
                    f,
                    "{address} is not {family} as the router is; hold it without advertising it"
                )
            }
            Self::AddressTwice { address } => write!(f, "{address} is listed twice"),
            Self::FirstNotLinkLocal { address } => {
                write!(f, "the first IPv6 address must be link-local, not {address}")
            }
            Self::NoInterface => {
                f.write_str("no interface; only unicast with a source address can do without")
            }
            Self::Group { group } => write!(f, "{group} is not a multicast group of the router's family"),
            Self::UnicastInRfc => f.write_str("unicast peers are not in the RFC"),
            Self::NoPeer => f.write_str("unicast without a peer"),
            Self::HopLimits { peer } => {
                write!(
                    f,
                    "peer {peer} could never be heard: its smallest hop limit is above its largest"
                )
            }
            Self::PeerAddress { peer } => write!(f, "{peer} is no unicast peer: no packet can come from it"),
            Self::OwnerWithoutPreempt => f.write_str("priority 255 always preempts"),
            Self::PreemptDelayWithoutPreempt => f.write_str("a preempt delay needs preemption"),
            Self::NoAnnouncement => f.write_str("at least one announcement is sent on becoming Active"),
            Self::DownAdverts { found } => write!(f, "{found} missed advertisements; 1 to 100 are possible"),
            Self::StepBackWithPreempt => f.write_str("stepping back after a stall needs nopreempt"),
            Self::OutOfRange { setting } => write!(f, "{setting} is out of range"),
            Self::TooManyTrackers => f.write_str("more than 65535 tracked objects"),
            Self::BeyondRfc { setting } => write!(f, "{setting} goes beyond the RFC; use another profile"),
        }
    }
}

impl core::error::Error for ConfigError {}
