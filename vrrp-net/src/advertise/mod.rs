//! Router Advertisements (RFC 4861 section 6) of a virtual router in IPv6: its Active tells hosts that it is their router,
//! under the link-local address that moves with the role (RFC 9568 sections 6.4.3 and 8.2.3).

pub(crate) mod ear;
pub(crate) mod packet;
pub(crate) mod schedule;

use std::time::Duration;

use ipnet::Ipv6Net;

/// What hosts are told; the same on every router of a group (NET-RA-02).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use vrrp_net::{AdvertisedPrefix, RouterAdvertisements, Service};
///
/// let mut service = Service::new_ipv6("LAN", "eth1", 51)?.address("fe80::1/64")?.address("2001:db8::1/64")?;
/// service.router_advertisements = Some(RouterAdvertisements {
///     interval_max: Duration::from_secs(30),
///     prefixes: vec![AdvertisedPrefix::new("2001:db8::/64".parse()?)],
///     ..RouterAdvertisements::default()
/// });
/// assert_eq!(service.router_advertisements.unwrap().lifetime(), Duration::from_secs(90));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterAdvertisements {
    /// MaxRtrAdvInterval, 4 to 1800 s; 600 s. The least time between two is a third of it, 3 s at least.
    pub interval_max: Duration,
    /// AdvDefaultLifetime in whole seconds: 0 (no default router), or `interval_max` to 9000 s. `None`: three times
    /// `interval_max`.
    pub lifetime: Option<Duration>,
    /// AdvCurHopLimit; 64. 0: not said.
    pub hop_limit: u8,
    /// AdvManagedFlag: addresses come from DHCPv6.
    pub managed: bool,
    /// AdvOtherConfigFlag: other things come from DHCPv6.
    pub other: bool,
    /// AdvLinkMTU, 1280 and more; `None`: not said.
    pub mtu: Option<u32>,
    /// AdvPrefixList.
    pub prefixes: Vec<AdvertisedPrefix>,
}

impl Default for RouterAdvertisements {
    fn default() -> Self {
        Self {
            interval_max: Duration::from_secs(600),
            lifetime: None,
            hop_limit: 64,
            managed: false,
            other: false,
            mtu: None,
            prefixes: Vec::new(),
        }
    }
}

/// One prefix that hosts are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvertisedPrefix {
    /// The prefix; not link-local.
    pub prefix: Ipv6Net,
    /// AdvOnLinkFlag: addresses of it are on this link; true.
    pub on_link: bool,
    /// AdvAutonomousFlag: hosts make addresses of it; true.
    pub autonomous: bool,
    /// AdvValidLifetime in whole seconds; 30 days. `Duration::MAX`: for ever.
    pub valid: Duration,
    /// AdvPreferredLifetime in whole seconds, at most `valid`; 7 days.
    pub preferred: Duration,
}

impl AdvertisedPrefix {
    /// With the lifetimes and flags that RFC 4861 section 6.2.1 has as defaults.
    #[must_use]
    pub const fn new(prefix: Ipv6Net) -> Self {
        Self {
            prefix,
            on_link: true,
            autonomous: true,
            valid: Duration::from_secs(2_592_000),
            preferred: Duration::from_secs(604_800),
        }
    }
}

/// RFC 4861 section 6.2.1.
const INTERVAL_SECONDS: std::ops::RangeInclusive<u64> = 4..=1800;
const LIFETIME_MAX: Duration = Duration::from_secs(9000);
/// MinRtrAdvInterval is never less.
const INTERVAL_LEAST: Duration = Duration::from_secs(3);
/// The least MTU of IPv6.
const MTU_MIN: u32 = 1280;

impl RouterAdvertisements {
    /// For how long hosts use the router by one advertisement.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.lifetime
            .unwrap_or_else(|| self.interval_max.saturating_mul(3).min(LIFETIME_MAX))
    }

    /// MinRtrAdvInterval: a third, 3 s at least, and at most three quarters.
    pub(crate) fn interval_min(&self) -> Duration {
        let most = self.interval_max.saturating_mul(3) / 4;
        (self.interval_max / 3).max(INTERVAL_LEAST).min(most)
    }

    /// What is wrong about it, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let seconds = self.interval_max.as_secs();
        if !INTERVAL_SECONDS.contains(&seconds) || self.interval_max > Duration::from_secs(1800) {
            return Some(format!("an interval of {:?}; use 4 to 1800 s", self.interval_max));
        }
        let lifetime = self.lifetime();
        if !lifetime.is_zero() && !(self.interval_max..=LIFETIME_MAX).contains(&lifetime) {
            return Some(format!(
                "a lifetime of {lifetime:?}; use 0, or the interval ({:?}) to 9000 s",
                self.interval_max
            ));
        }
        if let Some(mtu) = self.mtu.filter(|mtu| *mtu < MTU_MIN) {
            return Some(format!("an MTU of {mtu}; IPv6 needs 1280"));
        }
        self.prefixes.iter().find_map(|one| {
            let link_local = one.prefix.network().is_unicast_link_local();
            match (link_local, one.preferred > one.valid) {
                (true, _) => Some(format!("the prefix {}, which every link has", one.prefix)),
                (false, true) => Some(format!(
                    "the prefix {}, preferred for longer ({:?}) than it is valid ({:?})",
                    one.prefix, one.preferred, one.valid
                )),
                (false, false) => None,
            }
        })
    }
}
