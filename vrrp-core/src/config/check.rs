//! What settings must not contradict: each other, the protocol, the profile.

use core::net::IpAddr;

use super::{Announcements, Authentication, ConfigError, Ipv4Checksum, Profile, Settings, Version};
use crate::id::{Family, Path};

/// A shorter period would keep the loop busy with nothing else.
const ANNOUNCE_NANOS_MIN: u64 = 1_000_000;
/// RFC 8347 preempt/hold-time: 65 535 s (YANG-01).
const PREEMPT_DELAY_NANOS_MAX: u64 = 65_535_000_000_000;

pub(super) fn all(s: &Settings) -> Result<(), ConfigError> {
    check_protocol(s)?;
    check_addresses(s)?;
    check_path(s)?;
    check_choices(s)?;
    check_ranges(s)?;
    check_rfc(s)
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
    #[cfg(feature = "hmac")]
    if let Some(auth_hmac) = &s.auth_hmac {
        auth_hmac.check()?;
        // keepalived drops the password with an error; here nothing is dropped silently.
        if s.authentication != Authentication::None {
            return Err(ConfigError::HmacWithPassword);
        }
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
                if peer.address.is_multicast() || peer.address.is_unspecified() {
                    return Err(ConfigError::PeerAddress { peer: peer.address });
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
    Ok(())
}

fn check_ranges(s: &Settings) -> Result<(), ConfigError> {
    let a = &s.announcements;
    let periods = [
        a.later_after_nanos,
        a.refresh_every_nanos,
        a.rival_again_nanos,
        a.settle_after_nanos,
    ];
    let out_of_range = [
        (
            s.preempt_delay_nanos > PREEMPT_DELAY_NANOS_MAX,
            "preempt_delay_nanos",
        ),
        (
            periods
                .into_iter()
                .any(|nanos| nanos != 0 && nanos < ANNOUNCE_NANOS_MIN),
            "announcements",
        ),
        (
            s.trackers.iter().any(|tracker| !tracker.weight.is_in_range()),
            "trackers",
        ),
    ];
    if let Some((_, setting)) = out_of_range.into_iter().find(|(wrong, _)| *wrong) {
        return Err(ConfigError::OutOfRange { setting });
    }
    if s.trackers.len() > usize::from(u16::MAX) {
        return Err(ConfigError::TooManyTrackers);
    }
    Ok(())
}

fn check_rfc(s: &Settings) -> Result<(), ConfigError> {
    if s.profile == Profile::Rfc {
        let beyond = [
            (s.preempt_delay_nanos != 0, "preempt_delay_nanos"),
            (s.down_adverts != 3, "down_adverts"),
            (!s.answer_lower, "answer_lower"),
            (s.advert_before_yield, "advert_before_yield"),
            (s.hurry_after_fall, "hurry_after_fall"),
            (s.step_back_when_stalled, "step_back_when_stalled"),
            #[cfg(feature = "hmac")]
            (s.auth_hmac.is_some(), "auth_hmac"),
            (s.hold, "hold"),
            (
                s.announcements != Announcements::of(Profile::Rfc),
                "announcements",
            ),
            (s.ipv4_checksum != Ipv4Checksum::Rfc9568, "ipv4_checksum"),
            (s.owner_ignores, "owner_ignores"),
            (s.allow_no_address, "allow_no_address"),
            (!s.held_only.is_empty(), "held_only"),
            (
                s.version == Version::V2 && s.accept && !s.priority.is_owner(),
                "accept",
            ),
        ];
        if let Some((_, setting)) = beyond.into_iter().find(|(set, _)| *set) {
            return Err(ConfigError::BeyondRfc { setting });
        }
    }
    Ok(())
}
