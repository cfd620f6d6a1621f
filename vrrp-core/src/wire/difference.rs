//! A peer that is there and not understood: what exactly differs.
//!
//! Most mistakes in a configuration end as two Active routers, because a rejected packet counts as silence. The packet
//! is still evidence that a peer lives, and says what has to be changed.

use core::fmt;
use core::net::IpAddr;

use super::checksum::{self, ChecksumForm};
use super::local::Local;
use super::packet::{AUTH_OCTETS, Message};
use super::receive::{Received, covered, judge};
use super::signature::SignatureFault;
use super::{Reject, Warning, auth};
use crate::config::Version;
use crate::id::Family;
use crate::time::{Interval, WallClock};

/// What a peer with our VRID does otherwise; `Display` continues the sentence "peer 192.0.2.2 …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Difference {
    /// Another protocol version.
    Version {
        /// 0 to 15.
        theirs: u8,
        /// Ours.
        ours: Version,
    },
    /// Another advertisement interval.
    Interval {
        /// `None`: 0.
        theirs: Option<Interval>,
        /// Ours.
        ours: Interval,
    },
    /// Another authentication type in version 2.
    AuthType {
        /// 0 to 255.
        theirs: u8,
        /// 0 or 1.
        ours: u8,
    },
    /// Another password; neither is told.
    AuthData,
    /// Other addresses.
    AddressList {
        /// How many the peer has.
        theirs: u8,
        /// How many this router has.
        ours: usize,
    },
    /// The checksum is right in a form that this router does not accept, or in none.
    Checksum {
        /// The form the peer uses; `None`: the message is damaged.
        theirs: Option<ChecksumForm>,
    },
    /// The peer is not on the link, or sends another TTL or Hop Limit.
    HopLimit {
        /// `None`: the socket did not tell.
        theirs: Option<u8>,
    },
    /// Multicast meets unicast, or the peer sends to another address of ours.
    Destination {
        /// `None`: the socket did not tell.
        theirs: Option<IpAddr>,
        /// `None`: this router has no address yet.
        ours: Option<IpAddr>,
    },
    /// A unicast source that is not among the peers.
    NotListed,
    /// The peer signs otherwise, or not at all (`auth_hmac`).
    Signature(SignatureFault),
    /// Octets behind the message; 28 are probably keepalived's `auth_hmac` (PRJ-RX-04, SEC-09).
    Surplus {
        /// At least 1.
        octets: usize,
    },
}

/// What differs between the sender of `received` and `local`, the router it is for; `None` where they agree, where the
/// packet is not of this VRID, or where it is too damaged to tell.
///
/// Also for packets that are believed with a warning: an interval and an address list may differ then.
#[must_use]
pub fn difference(received: &Received<'_>, local: &Local<'_>) -> Option<Difference> {
    let reject = match judge(received, Some(local)) {
        Ok(heard) if heard.warnings.contains(Warning::AddressListMismatch) => Reject::AddressListMismatch,
        Ok(heard) if heard.warnings.contains(Warning::IntervalMismatch) => Reject::IntervalMismatch,
        Ok(_) => return None,
        Err(reject) => reject,
    };
    explain(received, local, reject, None)
}

/// What was different about a packet that was judged already: a second judgement would cost a second digest (HM-05).
pub(crate) fn explain(
    received: &Received<'_>,
    local: &Local<'_>,
    reject: Reject,
    wall: Option<WallClock>,
) -> Option<Difference> {
    let octets = received.message;
    let family = Family::of(&received.source);
    let ours = local.config;
    if Message::peek_vrid(octets) != Some(ours.vrid.get()) || family != ours.family {
        return None;
    }
    let parsed = || match ours.is_authenticated() {
        true => Message::parse_with_trailer(octets, family).ok(),
        false => Message::parse(octets, family).map(|message| (message, None)).ok(),
    };
    let message = || parsed().map(|(message, _)| message);
    let trailer = || parsed()?.1;
    match reject {
        Reject::IpTtl => Some(Difference::HopLimit {
            theirs: received.hop_limit,
        }),
        Reject::DestinationNotGroup
            if local.refuses(received.source) && received.destination == local.destination() =>
        {
            Some(Difference::NotListed)
        }
        Reject::DestinationNotGroup => Some(Difference::Destination {
            theirs: received.destination,
            ours: local.destination(),
        }),
        Reject::SourceInvalid if local.refuses(received.source) => Some(Difference::NotListed),
        Reject::Version => Some(Difference::Version {
            theirs: Message::peek_version(octets)?,
            ours: ours.version,
        }),
        Reject::LengthSurplus => surplus(octets, family),
        Reject::Checksum => Some(Difference::Checksum {
            theirs: {
                let covered = covered(octets, family, trailer().is_some());
                checksum::verify(covered, received.source, received.destination?).only()
            },
        }),
        Reject::CountZero | Reject::AddressListMismatch => Some(Difference::AddressList {
            theirs: message()?.count(),
            ours: ours.addresses.len(),
        }),
        Reject::IntervalZero | Reject::IntervalMismatch => Some(Difference::Interval {
            theirs: Interval::from_centiseconds(message()?.interval_centiseconds()),
            ours: ours.interval,
        }),
        Reject::AuthTypeUnknown | Reject::AuthTypeMismatch => Some(Difference::AuthType {
            theirs: message()?.authentication()?.0,
            ours: auth::kind(&ours.authentication),
        }),
        Reject::AuthFailed => Some(Difference::AuthData),
        Reject::HmacMissing => Some(Difference::Signature(SignatureFault::Missing)),
        Reject::HmacMalformed | Reject::HmacUnknownKey | Reject::HmacMismatch | Reject::HmacStale => Some(
            Difference::Signature(SignatureFault::of(reject, &trailer()?, wall)),
        ),
        Reject::IpMalformed
        | Reject::HmacReplay
        | Reject::IpNotVrrp
        | Reject::IpFragment
        | Reject::SourceInvalid
        | Reject::SourceSelf
        | Reject::SourceNotLinkLocal
        | Reject::LengthShort
        | Reject::Type
        | Reject::VridUnknown
        | Reject::FirstAddressNotLinkLocal
        | Reject::OwnerConflict => None,
    }
}

/// How many octets follow the message.
fn surplus(octets: &[u8], family: Family) -> Option<Difference> {
    let [version_and_kind, _, _, count, ..] = octets.first_chunk::<8>()?;
    let auth_octets = if version_and_kind >> 4 == 2 {
        AUTH_OCTETS
    } else {
        0
    };
    let addresses = usize::from(*count).saturating_mul(family.address_octets());
    let message = addresses.saturating_add(8).saturating_add(auth_octets);
    Some(Difference::Surplus {
        octets: octets.len().checked_sub(message)?,
    })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { theirs, ours } => write!(f, "sends version {theirs}, this router version {ours}"),
            Self::Interval {
                theirs: Some(theirs),
                ours,
            } => {
                write!(f, "advertises every {theirs}, this router every {ours}")
            }
            Self::Interval { theirs: None, ours } => {
                write!(f, "advertises an interval of 0, this router every {ours}")
            }
            Self::AuthType { theirs, ours } => {
                write!(f, "sends authentication type {theirs}, this router type {ours}")
            }
            Self::AuthData => f.write_str("sends another password than this router"),
            Self::AddressList { theirs, ours } if usize::from(*theirs) == *ours => {
                write!(
                    f,
                    "advertises {theirs} addresses that are not all those of this router"
                )
            }
            Self::AddressList { theirs, ours } => {
                write!(f, "advertises {theirs} addresses, this router has {ours}")
            }
            Self::Checksum {
                theirs: Some(ChecksumForm::Plain),
            } => f.write_str("sends checksums without pseudo-header, this router expects one"),
            Self::Checksum {
                theirs: Some(ChecksumForm::Pseudo),
            } => f.write_str("sends checksums with a pseudo-header, this router expects none"),
            Self::Checksum { theirs: None } => f.write_str("sends wrong checksums"),
            Self::HopLimit { theirs: Some(theirs) } => {
                write!(
                    f,
                    "is heard with TTL or Hop Limit {theirs}, as if it were not on this link"
                )
            }
            Self::HopLimit { theirs: None } => f.write_str("is heard without a TTL or Hop Limit"),
            Self::Destination {
                theirs: Some(theirs),
                ours: Some(ours),
            } => {
                write!(f, "sends to {theirs}, this router listens to {ours}")
            }
            Self::Destination { theirs: None, .. } => f.write_str("is heard without a destination"),
            Self::Destination { ours: None, .. } => {
                f.write_str("sends to this router, which has no address to listen to")
            }
            Self::NotListed => f.write_str("is not among the unicast peers of this router"),
            Self::Signature(fault) => fault.fmt(f),
            Self::Surplus { octets: 28 } => {
                f.write_str("sends 28 octets behind the message, probably keepalived's auth_hmac")
            }
            Self::Surplus { octets } => write!(f, "sends {octets} octets behind the message"),
        }
    }
}
