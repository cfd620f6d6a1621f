//! A route as an application asks for it.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The table `main`.
pub(crate) const TABLE_MAIN: u32 = 254;
/// The table `local`.
const TABLE_LOCAL: u32 = 255;
/// `RTAX_*` of linux/rtnetlink.h end before this.
const METRICS_MAX: u16 = 18;

/// What becomes of packets that it matches (`ip route add TYPE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum RouteKind {
    /// Sent on.
    #[default]
    Unicast,
    /// Delivered to this node.
    Local,
    /// Sent as a broadcast.
    Broadcast,
    /// Multicast.
    Multicast,
    /// The next rule decides.
    Throw,
    /// Answered with "unreachable".
    Unreachable,
    /// Answered with "prohibited".
    Prohibit,
    /// Dropped.
    Blackhole,
}

/// Where a route stands beside others to the same destination with the same metric (IPv4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Placement {
    /// In front of them (`ip route prepend`), as keepalived does.
    #[default]
    Prepend,
    /// Behind them (`ip route append`).
    Append,
    /// There may be no other (`ip route add`).
    Alone,
}

/// One way on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Hop {
    /// The next router (`via`); `None`: the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The interface (`dev`); `None`: that on which the gateway is found.
    pub device: Option<String>,
    /// Share of the traffic among several, 1 to 256; 0 is taken for 1.
    pub weight: u16,
    /// The gateway is on the link though no address says so (`onlink`).
    pub onlink: bool,
    /// Realms, source in the upper 16 bits (`realms`, IPv4).
    pub realms: Option<u32>,
}

/// A number that is tuned for one route (`RTAX_*` of linux/rtnetlink.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Metric {
    /// Which: 2 `mtu`, 3 `window`, 4 `rtt`, 5 `rttvar`, 6 `ssthresh`, 7 `cwnd`, 8 `advmss`, 9 `reordering`, 10 `hoplimit`,
    /// 11 `initcwnd`, 12 `features`, 13 `rto_min`, 14 `initrwnd`, 15 `quickack`, 17 `fastopen_no_cookie`.
    pub kind: u16,
    /// As the kernel counts: `rtt` in eighths and `rttvar` in quarters of a millisecond, `rto_min` in milliseconds.
    pub value: u32,
    /// The kernel does not change it (`lock`).
    pub locked: bool,
}

/// A route that is there while a service is Active, or always (keepalived `virtual_routes`, `static_routes`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    /// The destination's address; of all zeroes with a prefix length of 0 for `default`.
    pub destination: IpAddr,
    /// The destination's prefix length.
    pub prefix: u8,
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Ways on; several share the traffic; none for kinds that send nothing on.
    pub hops: Vec<Hop>,
    /// The source that this node prefers (`src`). It must be there: an address of the service is.
    pub source: Option<IpAddr>,
    /// Packets from here only (`from`, IPv6).
    pub from: Option<(IpAddr, u8)>,
    /// The table; `None`: `main` (254), or `local` (255) for kinds that belong there.
    pub table: Option<u32>,
    /// Preference, the lowest first (`metric`); `None`: the kernel's, 0 in IPv4 and 1024 in IPv6.
    pub metric: Option<u32>,
    /// Scope as in `/etc/iproute2/rt_scopes` (IPv4); `None`: by what it does.
    pub scope: Option<u8>,
    /// Who made it, as in `/etc/iproute2/rt_protos`; `None`: [`Options::route_tag`](crate::Options::route_tag). A route that
    /// bears another mark is known to be ours only while it stands in the journal.
    pub protocol: Option<u8>,
    /// Type of service (IPv4).
    pub tos: u8,
    /// Tuned numbers, each kind once.
    pub metrics: Vec<Metric>,
    /// Congestion control, and whether it is fixed (`congctl`).
    pub congestion: Option<(String, bool)>,
    /// Router preference of RFC 4191 as the kernel has it: 0 medium, 1 high, 3 low (`pref`, IPv6).
    pub preference: Option<u8>,
    /// Seconds after which the kernel removes it (`expires`, IPv6). It is made again at the next audit.
    pub expires_s: Option<u32>,
    /// Whether the TTL goes into MPLS labels (`ttl-propagate`).
    pub ttl_propagate: Option<bool>,
    /// Where it stands among others.
    pub placement: Placement,
    /// Losing it to others is repaired, but never counted against the router (`no_track`).
    pub no_track: bool,
}

impl Route {
    /// A route to a prefix, with no way on yet.
    ///
    /// # Examples
    /// ```
    /// use vrrp_net::{Route, Service};
    ///
    /// let uplink = Route::to("203.0.113.0".parse()?, 24).via("192.0.2.254".parse()?).on("eth1");
    /// assert_eq!(uplink.to_string(), "203.0.113.0/24 via 192.0.2.254 dev eth1");
    /// let service = Service::new("VI_1", "eth1", 51)?.address("192.0.2.10/24")?.route(uplink);
    /// assert!(service.check().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn to(destination: IpAddr, prefix: u8) -> Self {
        Self {
            destination,
            prefix,
            kind: RouteKind::Unicast,
            hops: Vec::new(),
            source: None,
            from: None,
            table: None,
            metric: None,
            scope: None,
            protocol: None,
            tos: 0,
            metrics: Vec::new(),
            congestion: None,
            preference: None,
            expires_s: None,
            ttl_propagate: None,
            placement: Placement::Prepend,
            no_track: false,
        }
    }

    /// Through this router.
    #[must_use]
    pub fn via(mut self, gateway: IpAddr) -> Self {
        self.only_hop().gateway = Some(gateway);
        self
    }

    /// On this interface.
    #[must_use]
    pub fn on(mut self, device: &str) -> Self {
        self.only_hop().device = Some(device.to_owned());
        self
    }

    fn only_hop(&mut self) -> &mut Hop {
        if self.hops.is_empty() {
            self.hops.push(Hop::default());
        }
        // Just filled.
        let last = self.hops.len().saturating_sub(1);
        &mut self.hops[last]
    }

    pub(crate) const fn in_table(&self) -> u32 {
        match (self.table, self.kind) {
            (Some(table), _) => table,
            (None, RouteKind::Local | RouteKind::Broadcast) => TABLE_LOCAL,
            (None, _) => TABLE_MAIN,
        }
    }

    /// What the kernel would refuse in the moment of the take-over; `None`: nothing that is known beforehand.
    pub(crate) fn fault(&self) -> Option<String> {
        let ipv4 = self.destination.is_ipv4();
        let most = if ipv4 { 32 } else { 128 };
        let mixed = |address: &IpAddr| address.is_ipv4() != ipv4;
        if self.prefix > most {
            return Some(format!("a prefix length of {}", self.prefix));
        }
        if host_bits(self.destination, self.prefix) {
            return Some("its destination has bits set behind its prefix".to_owned());
        }
        if self
            .source
            .iter()
            .chain(self.from.iter().map(|(address, _)| address))
            .any(mixed)
        {
            return Some("addresses of both families".to_owned());
        }
        if let Some((from, prefix)) = self.from
            && (ipv4 || prefix > 128 || host_bits(from, prefix))
        {
            return Some("a source prefix (from) that the kernel does not take".to_owned());
        }
        let sends_on = matches!(
            self.kind,
            RouteKind::Unicast | RouteKind::Local | RouteKind::Broadcast | RouteKind::Multicast
        );
        if sends_on && self.hops.is_empty() {
            return Some("neither a gateway (via) nor an interface (dev)".to_owned());
        }
        for hop in &self.hops {
            if hop.gateway.is_none() && hop.device.is_none() {
                return Some("a hop with neither a gateway (via) nor an interface (dev)".to_owned());
            }
            if !ipv4 && hop.gateway.is_some_and(|gateway| gateway.is_ipv4()) {
                return Some("an IPv4 gateway of an IPv6 route".to_owned());
            }
            if hop.weight > 256 {
                return Some(format!("a weight of {}, above 256", hop.weight));
            }
        }
        let unknown = |metric: &&Metric| !(2..METRICS_MAX).contains(&metric.kind) || metric.kind == 16;
        self.metrics
            .iter()
            .find(unknown)
            .map(|metric| format!("a metric of kind {}", metric.kind))
    }

    /// Interfaces that it names.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &str> {
        self.hops.iter().filter_map(|hop| hop.device.as_deref())
    }
}

fn host_bits(address: IpAddr, prefix: u8) -> bool {
    ipnet::IpNet::new(address, prefix).is_ok_and(|net| net.addr() != net.network())
}

/// `0.0.0.0/0` as `default`.
pub(super) fn prefix_words(address: IpAddr, prefix: u8) -> String {
    if prefix == 0 && address.is_unspecified() {
        let family = if address.is_ipv4() { "" } else { "inet6 " };
        return format!("{family}default");
    }
    format!("{address}/{prefix}")
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::Throw => "throw",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Blackhole => "blackhole",
        })
    }
}

/// As it would be written behind `ip route add`; tuned numbers are left out.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != RouteKind::Unicast {
            write!(f, "{} ", self.kind)?;
        }
        f.write_str(&prefix_words(self.destination, self.prefix))?;
        if let Some((from, prefix)) = self.from {
            write!(f, " from {}", prefix_words(from, prefix))?;
        }
        for hop in &self.hops {
            if self.hops.len() > 1 {
                f.write_str(" nexthop")?;
            }
            if let Some(gateway) = hop.gateway {
                write!(f, " via {gateway}")?;
            }
            if let Some(device) = &hop.device {
                write!(f, " dev {device}")?;
            }
            if self.hops.len() > 1 {
                write!(f, " weight {}", hop.weight.max(1))?;
            }
            if hop.onlink {
                f.write_str(" onlink")?;
            }
        }
        if let Some(source) = self.source {
            write!(f, " src {source}")?;
        }
        if let Some(table) = self.table {
            write!(f, " table {table}")?;
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        if self.tos != 0 {
            write!(f, " tos {:#04x}", self.tos)?;
        }
        Ok(())
    }
}
