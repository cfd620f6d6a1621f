//! What a virtual router is asked to be. A [`Config`] cannot hold a contradiction: only [`Settings::build`] makes one.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

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
    /// Time between rounds in nanoseconds (keepalived `garp_master_delay`).
    pub later_after_nanos: u64,
    /// Copies per address in each later round.
    pub later_repeat: u8,
    /// Period of a refresh while Active in nanoseconds, 0 for none (keepalived `garp_master_refresh`).
    pub refresh_every_nanos: u64,
    /// Copies per address in a refresh.
    pub refresh_repeat: u8,
    /// Copies per address after an Active of lower rank was heard, 0 for none (keepalived `garp_lower_prio_repeat`).
    pub rival_repeat: u8,
    /// A second such round after this many nanoseconds, 0 for none (keepalived `garp_lower_prio_delay`).
    pub rival_again_nanos: u64,
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
    /// Before yielding send one more advertisement, so that the winner announces again.
    pub advert_before_yield: bool,
    /// Shorten the wait when the Active's own priority falls below ours.
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
            advert_before_yield: false,
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
        check_protocol(&self)?;
        check_addresses(&self)?;
        check_path(&self)?;
        check_choices(&self)?;
        Ok(Config {
            settings: Box::new(self),
        })
    }
}

fn check_protocol(s: &Settings) -> Result<(), ConfigError> {
    if s.version == Version::V2 && s.family == Family::Ipv6 {
        return Err(ConfigError::Version2InIpv6);
    }
    let fits = match s.version {
        Version::V2 => s.interval.fits_version_2(),
        Version::V3 => s.interval.fits_version_3(),
    };
    if !fits {
        return Err(ConfigError::Interval {
            version: s.version,
            interval: s.interval,
        });
    }
    if s.authentication != Authentication::None && (s.version == Version::V3 || s.profile == Profile::Rfc) {
        return Err(ConfigError::Authentication);
    }
    if s.v2_interop && (s.version == Version::V2 || s.family == Family::Ipv6) {
        return Err(ConfigError::Interop);
    }
    Ok(())
}

fn check_addresses(s: &Settings) -> Result<(), ConfigError> {
    if s.addresses.is_empty() && !s.allow_no_address {
        return Err(ConfigError::NoAddress);
    }
    if s.addresses.len() > 255 {
        return Err(ConfigError::TooManyAddresses {
            found: s.addresses.len(),
        });
    }
    for (index, address) in s.addresses.iter().enumerate() {
        if Family::of(address) != s.family {
            return Err(ConfigError::AddressFamily {
                address: *address,
                family: s.family,
            });
        }
        if s.addresses.iter().take(index).any(|earlier| earlier == address) {
            return Err(ConfigError::AddressTwice { address: *address });
        }
    }
    for (index, address) in s.held_only.iter().enumerate() {
        let earlier = s.addresses.iter().chain(s.held_only.iter().take(index));
        if earlier.into_iter().any(|earlier| earlier == address) {
            return Err(ConfigError::AddressTwice { address: *address });
        }
    }
    // V3-5.2.9-02: strict refuses what default accepts with a warning.
    if let (Profile::Rfc, Some(IpAddr::V6(first))) = (s.profile, s.addresses.first())
        && !first.is_unicast_link_local()
    {
        return Err(ConfigError::FirstNotLinkLocal {
            address: IpAddr::V6(*first),
        });
    }
    Ok(())
}

fn check_path(s: &Settings) -> Result<(), ConfigError> {
    match &s.path {
        Path::Multicast { group } => {
            if s.interface.is_none() {
                return Err(ConfigError::NoInterface);
            }
            if Family::of(group) != s.family || !group.is_multicast() {
                return Err(ConfigError::Group { group: *group });
            }
        }
        Path::Unicast { local, peers } => {
            if s.profile == Profile::Rfc {
                return Err(ConfigError::UnicastInRfc);
            }
            if peers.is_empty() {
                return Err(ConfigError::NoPeer);
            }
            if s.interface.is_none() && local.is_none() {
                return Err(ConfigError::NoInterface);
            }
            for (index, peer) in peers.iter().enumerate() {
                if peer.hop_limit_min > peer.hop_limit_max {
                    return Err(ConfigError::HopLimits { peer: peer.address });
                }
                if peers
                    .iter()
                    .take(index)
                    .any(|earlier| earlier.address == peer.address)
                {
                    return Err(ConfigError::AddressTwice {
                        address: peer.address,
                    });
                }
            }
            let addresses = peers.iter().map(|peer| &peer.address).chain(local.iter());
            for address in addresses {
                if Family::of(address) != s.family {
                    return Err(ConfigError::AddressFamily {
                        address: *address,
                        family: s.family,
                    });
                }
            }
        }
    }
    Ok(())
}

fn check_choices(s: &Settings) -> Result<(), ConfigError> {
    if !s.preempt && s.priority.is_owner() {
        return Err(ConfigError::OwnerWithoutPreempt);
    }
    if !s.preempt && s.preempt_delay_nanos != 0 {
        return Err(ConfigError::PreemptDelayWithoutPreempt);
    }
    if s.announcements.at_once == 0 {
        return Err(ConfigError::NoAnnouncement);
    }
    if s.down_adverts == 0 || s.down_adverts > 100 {
        return Err(ConfigError::DownAdverts {
            found: s.down_adverts,
        });
    }
    if s.step_back_when_stalled && s.preempt {
        return Err(ConfigError::StepBackWithPreempt);
    }
    if s.trackers.len() > usize::from(u16::MAX) {
        return Err(ConfigError::TooManyTrackers);
    }
    if s.profile == Profile::Rfc {
        let beyond = [
            (s.preempt_delay_nanos != 0, "preempt_delay"),
            (s.down_adverts != 3, "down_adverts"),
            (!s.answer_lower, "answer_lower"),
            (s.advert_before_yield, "advert_before_yield"),
            (s.hurry_after_fall, "hurry_after_fall"),
            (s.step_back_when_stalled, "step_back_when_stalled"),
            (s.hold, "hold"),
            (
                s.announcements != Announcements::of(Profile::Rfc),
                "announcements",
            ),
            (s.ipv4_checksum != Ipv4Checksum::Rfc9568, "ipv4_checksum"),
            (s.owner_ignores, "owner_ignores"),
            (s.allow_no_address, "allow_no_address"),
        ];
        if let Some((_, setting)) = beyond.into_iter().find(|(set, _)| *set) {
            return Err(ConfigError::BeyondRfc { setting });
        }
    }
    Ok(())
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
        addresses.saturating_add(fixed)
    }
}

impl core::ops::Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

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
    /// More than 65 535 tracked objects.
    TooManyTrackers,
    /// A setting that the `rfc` profile does not have.
    BeyondRfc {
        /// Its name in [`Settings`].
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
            Self::OwnerWithoutPreempt => f.write_str("priority 255 always preempts"),
            Self::PreemptDelayWithoutPreempt => f.write_str("a preempt delay needs preemption"),
            Self::NoAnnouncement => f.write_str("at least one announcement is sent on becoming Active"),
            Self::DownAdverts { found } => write!(f, "{found} missed advertisements; 1 to 100 are possible"),
            Self::StepBackWithPreempt => f.write_str("stepping back after a stall needs nopreempt"),
            Self::TooManyTrackers => f.write_str("more than 65535 tracked objects"),
            Self::BeyondRfc { setting } => write!(f, "{setting} goes beyond the RFC; use another profile"),
        }
    }
}

impl core::error::Error for ConfigError {}
