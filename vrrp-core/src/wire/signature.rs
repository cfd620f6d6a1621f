//! A peer that signs otherwise: what exactly differs.

use core::fmt;

use super::Reject;
use super::trailer::Trailer;
use crate::time::WallClock;

/// Why the signature of a peer is not believed; `Display` continues the sentence "peer 192.0.2.2 …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum SignatureFault {
    /// It does not sign, and this router believes nothing unsigned.
    Missing,
    /// It signs in a way that this router does not know.
    Kind {
        /// Extension type, 0 to 255; 1 means that reserved bits are set.
        theirs: u8,
    },
    /// It signs with a key that this router does not have.
    Key {
        /// Its id, 0 to 255.
        id: u8,
    },
    /// Same key id, and the tag is not right: another key, a tampered packet, or keepalived before 2.4.2.
    Tag {
        /// Id of the key.
        id: u8,
    },
    /// The clocks differ by more than the window.
    Clock {
        /// How many seconds the peer's is ahead, negative where it is behind; `None`: ours was not given.
        ahead_seconds: Option<i32>,
    },
}

impl SignatureFault {
    /// What `reject`, which was one for the sake of `trailer`, says about the peer.
    pub(super) fn of(reject: Reject, trailer: &Trailer, wall: Option<WallClock>) -> Self {
        let id = trailer.key_id;
        if reject == Reject::HmacMalformed {
            Self::Kind { theirs: trailer.kind }
        } else if reject == Reject::HmacUnknownKey {
            Self::Key { id }
        } else if reject == Reject::HmacMismatch {
            Self::Tag { id }
        } else {
            let theirs = trailer.seconds();
            let ahead = |wall: WallClock| theirs.wrapping_sub(wall.seconds_modulo()).cast_signed();
            Self::Clock {
                ahead_seconds: wall.map(ahead),
            }
        }
    }
}

impl fmt::Display for SignatureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => {
                f.write_str("does not sign its advertisements, and this router believes signed ones only")
            }
            Self::Kind { theirs } => write!(f, "signs in an unknown way, with a trailer of type {theirs}"),
            Self::Key { id } => write!(f, "signs with key {id}, which this router does not have"),
            Self::Tag { id } => {
                write!(
                    f,
                    "signs with another key {id} than this router's, or as keepalived before 2.4.2 did"
                )
            }
            Self::Clock {
                ahead_seconds: Some(ahead),
            } if *ahead < 0 => {
                let behind = ahead.unsigned_abs();
                write!(f, "signs with a clock that is {behind} s behind this router's")
            }
            Self::Clock {
                ahead_seconds: Some(ahead),
            } => {
                write!(f, "signs with a clock that is {ahead} s ahead of this router's")
            }
            Self::Clock { ahead_seconds: None } => {
                f.write_str("signs with the time of day, which this router was not told")
            }
        }
    }
}
