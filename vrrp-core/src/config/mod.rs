//! What a virtual router is asked to be. A [`Config`] cannot hold a contradiction: only [`Settings::build`] makes one.

#[cfg(feature = "hmac")]
mod auth_hmac;
mod check;
mod error;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

#[cfg(feature = "hmac")]
pub use auth_hmac::{AntiReplay, AuthHmac, HmacKey, HmacMode};
pub use error::ConfigError;

use crate::id::{Family, InterfaceId, Path, RouterKey, Vrid};
use crate::priority::Priority;
use crate::time::Interval;
use crate::tracking::Tracker;

/// Protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Version {
    /// RFC 3768, IPv4 only, whole seconds.
    V2,
    /// RFC 9568.
    V3,
}

impl Version {
    /// 2 or 3, as on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// Which table of defaults and checks holds (conformance part 0.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Profile {
    /// Interoperates with keepalived and FRR as they ship.
    #[default]
    Default,
    /// RFC 9568 with its verified errata for version 3, RFC 3768 for version 2, nothing beyond.
    Rfc,
    /// What an imported keepalived.conf means.
    Keepalived,
}

/// Authentication of version 2 (RFC 2338 section 5.3.6; RFC 3768 has none).
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Authentication {
    /// Type 0.
    #[default]
    None,
    /// Type 1: 8 octets, shorter passwords zero filled on the right (A-5.3.10-01). Clear text: guards against
    /// mistakes only, and is never printed (SEC-08).
    Password([u8; 8]),
}

impl Authentication {
    /// A type 1 password of 1 to 8 octets; `None` for any other length (A-5.3.10-01: longer is an error).
    #[must_use]
    pub fn password(text: &[u8]) -> Option<Self> {
        let mut octets = [0; 8];
        let place = octets.get_mut(..text.len())?;
        place.copy_from_slice(text);
        (!text.is_empty()).then_some(Self::Password(octets))
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password(_) => "Password(redacted)",
        })
    }
}

/// Which checksum a version 3 router uses in IPv4 (PRJ-CK-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Ipv4Checksum {
    /// Without pseudo-header, as RFC 9568 says.
    Rfc9568,
    /// With the IPv4 pseudo-header, as keepalived and FRR do by default.
    PseudoHeader,
    /// Accept both, send what was accepted last, before that the pseudo-header form.
    Auto,
}

/// How often gratuitous ARP and unsolicited NA are sent (X-09, NET-ARP-05, NET-ND-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Announcements {
    /// Copies per address on becoming Active, at least 1 (keepalived `garp_master_repeat`).
    pub at_once: u8,
    /// Rounds after the first (keepalived: 1, or 0 with `garp_master_delay 0`).
    pub later_rounds: u8,
    /// Time between rounds in nanoseconds, at least 1 ms (keepalived `garp_master_delay`).
    pub later_after_nanos: u64,
    /// Copies per address in each later round.
    pub later_repeat: u8,
    /// Period of a refresh while Active in nanoseconds, at least 1 ms, 0 for none (keepalived `garp_master_refresh`).
    pub refresh_every_nanos: u64,
    /// Copies per address in a refresh.
    pub refresh_repeat: u8,
    /// Copies per address after an Active of lower rank was heard, 0 for none (keepalived `garp_lower_prio_repeat`).
    pub rival_repeat: u8,
    /// A second such round after this many nanoseconds, 0 for none (keepalived `garp_lower_prio_delay`).
    pub rival_again_nanos: u64,
    /// One more round, of `rival_repeat` and at least one copy, so long after taking over as Backup, in nanoseconds, at least
    /// 1 ms, 0 for none.
    ///
    /// Meant for a virtual MAC: what the one that yields sends while it lets go teaches switches its port again, and
    /// gratuitous ARP that was sent before does not help. 10 ms is what letting go takes, with room.
    pub settle_after_nanos: u64,
}

const SECOND_NANOS: u64 = 1_000_000_000;

impl Announcements {
    /// The table of part 0.1: one round in `rfc`; rounds at 0, 1 and 2 s in `default`; 5 and 5 after 5 s in `keepalived`.
    #[must_use]
    pub const fn of(profile: Profile) -> Self {
        let one_round = Self {
            at_once: 1,
            later_rounds: 0,
            later_after_nanos: SECOND_NANOS,
            later_repeat: 1,
            refresh_every_nanos: 0,
            refresh_repeat: 1,
            rival_repeat: 0,
            rival_again_nanos: 0,
            settle_after_nanos: 0,
        };
        match profile {
            Profile::Rfc => one_round,
            Profile::Default => Self {
                later_rounds: 2,
                rival_repeat: 1,
                ..one_round
            },
            Profile::Keepalived => Self {
                at_once: 5,
                later_rounds: 1,
                later_after_nanos: 5_000_000_000,
                later_repeat: 5,
                rival_repeat: 5,
                rival_again_nanos: 5_000_000_000,
                ..one_round
            },
        }
    }
}

/// Everything that can be asked of one virtual router; [`Settings::build`] checks it as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which table of defaults and checks holds.
    pub profile: Profile,
    /// Protocol version; version 2 is IPv4 only.
    pub version: Version,
    /// VRID.
    pub vrid: Vrid,
    /// Family of the advertisements.
    pub family: Family,
    /// Where advertisements are sent and heard; `None` only with unicast peers.
    pub interface: Option<InterfaceId>,
    /// Multicast or unicast.
    pub path: Path,
    /// Base priority; 255 exactly for the address owner.
    pub priority: Priority,
    /// Advertisement_Interval.
    pub interval: Interval,
    /// Preempt_Mode.
    pub preempt: bool,
    /// How long a better Backup lets a worse Active go on, 0 to 65 535 s in nanoseconds (X-02, `preempt_delay`).
    pub preempt_delay_nanos: u64,
    /// Accept_Mode: answer traffic to the addresses though not their owner.
    pub accept: bool,
    /// Advertised addresses, of the router's family, in wire order.
    pub addresses: Vec<IpAddr>,
    /// Held and announced but not advertised, of either family (X-18, PRJ-ADDR-01).
    pub held_only: Vec<IpAddr>,
    /// An advertised list may be empty (keepalived `no_virtual_ipaddress`; an imported one with excluded only).
    pub allow_no_address: bool,
    /// Version 2 only.
    pub authentication: Authentication,
    /// Signed advertisements in either version (keepalived `auth_hmac`); not in `rfc`, and not beside a password.
    #[cfg(feature = "hmac")]
    pub auth_hmac: Option<AuthHmac>,
    /// Version 3 in IPv4 only.
    pub ipv4_checksum: Ipv4Checksum,
    /// Listen for and send version 2 as well (RFC 9568 section 8.4).
    pub v2_interop: bool,
    /// Announcement repeats.
    pub announcements: Announcements,
    /// Keep the addresses after a planned stop until the successor has spoken (PRJ-STOP).
    pub hold: bool,
    /// Active_Down_Interval in advertisements, 1 to 100, by the RFC 3.
    pub down_adverts: u8,
    /// Answer an Active of lower rank at once (T-A-06, T-A-07; off is X-10).
    pub answer_lower: bool,
    /// Before yielding send one more advertisement, so that the winner announces again (X-11, keepalived
    /// `higher_prio_send_advert`; on in `default`: a winner that is heard first would not learn that it had a rival).
    pub advert_before_yield: bool,
    /// Shorten the wait when the Active's own priority falls below ours, and as Active say a changed priority at once.
    pub hurry_after_fall: bool,
    /// Late by more than Active_Down_Interval while Active without preemption: step back.
    pub step_back_when_stalled: bool,
    /// Accept unicast advertisements of listed peers only (`check_unicast_src`; always in `default`).
    pub check_unicast_source: bool,
    /// An owner ignores advertisements (keepalived `owner_ignore_adverts`).
    pub owner_ignores: bool,
    /// Startup waits this long after the first `Input::Start`, in nanoseconds.
    pub start_delay_nanos: u64,
    /// Timers may share a wake-up (PRJ-SLACK-01).
    pub slack: bool,
    /// Tracked objects; their index is the [`TrackerId`](crate::TrackerId).
    pub trackers: Vec<Tracker>,
}

impl Settings {
    /// The defaults of `profile` for a multicast router on `interface`.
    #[must_use]
    pub fn new(profile: Profile, family: Family, vrid: Vrid, interface: InterfaceId) -> Self {
        let keepalived = matches!(profile, Profile::Keepalived);
        let rfc = matches!(profile, Profile::Rfc);
        Self {
            profile,
            version: if keepalived && family == Family::Ipv4 {
                Version::V2
            } else {
                Version::V3
            },
            vrid,
            family,
            interface: Some(interface),
            path: Path::multicast(family),
            priority: Priority::DEFAULT,
            interval: Interval::DEFAULT,
            preempt: true,
            preempt_delay_nanos: 0,
            accept: !rfc,
            addresses: Vec::new(),
            held_only: Vec::new(),
            allow_no_address: keepalived,
            authentication: Authentication::None,
            #[cfg(feature = "hmac")]
            auth_hmac: None,
            ipv4_checksum: if rfc {
                Ipv4Checksum::Rfc9568
            } else {
                Ipv4Checksum::Auto
            },
            v2_interop: false,
            announcements: Announcements::of(profile),
            hold: !rfc,
            down_adverts: 3,
            answer_lower: true,
            advert_before_yield: matches!(profile, Profile::Default),
            hurry_after_fall: !rfc,
            step_back_when_stalled: false,
            check_unicast_source: !keepalived,
            owner_ignores: false,
            start_delay_nanos: 0,
            slack: true,
            trackers: Vec::new(),
        }
    }

    /// Checks everything together.
    ///
    /// # Errors
    /// The first contradiction found; see [`ConfigError`].
    pub fn build(self) -> Result<Config, ConfigError> {
        check::all(&self)?;
        Ok(Config {
            settings: Box::new(self),
        })
    }
}

/// Checked [`Settings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    settings: Box<Settings>,
}

impl Config {
    /// What was asked, all of it consistent.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The router's key (PRJ-KEY-01).
    #[must_use]
    pub fn key(&self) -> RouterKey {
        RouterKey {
            interface: self.settings.interface,
            family: self.settings.family,
            vrid: self.settings.vrid,
            path: self.settings.path.clone(),
        }
    }

    /// Octets of one advertisement of this router, IP header not counted.
    #[must_use]
    pub fn message_octets(&self) -> usize {
        let s = &self.settings;
        let addresses = s.addresses.len().saturating_mul(s.family.address_octets());
        let fixed = match s.version {
            Version::V2 => 16,
            Version::V3 => 8,
        };
        let trailer = if self.signs() {
            crate::wire::Trailer::OCTETS
        } else {
            0
        };
        addresses.saturating_add(fixed).saturating_add(trailer)
    }

    /// Whether a trailer of `auth_hmac` is understood.
    pub(crate) fn is_authenticated(&self) -> bool {
        #[cfg(feature = "hmac")]
        return self.auth_hmac.is_some();
        #[cfg(not(feature = "hmac"))]
        false
    }

    fn signs(&self) -> bool {
        #[cfg(feature = "hmac")]
        return self.auth_hmac.as_ref().is_some_and(AuthHmac::signs);
        #[cfg(not(feature = "hmac"))]
        false
    }
}

impl core::ops::Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}
