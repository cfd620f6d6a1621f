//! What an application asks for: one virtual router, its interface and its addresses.

mod error;

use std::net::IpAddr;

use vrrp_core::{Config, Family, Interval, Path, Peer, Priority, Profile, Settings, TrackerId, Vrid};

use crate::accept::AcceptMode;
use crate::address::HeldAddress;
use crate::advertise::RouterAdvertisements;
use crate::announce::AnnounceElsewhere;
use crate::routing::{Route, Rule};
use crate::vmac::{self, VirtualMac};

pub use error::ServiceError;

/// One virtual router as an application asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Names it in events, status and calls; unique.
    pub name: String,
    /// What the protocol needs. Its `interface` is filled in by the driver from [`Service::interface`].
    pub settings: Settings,
    /// Services of one group are Active together or not at all (keepalived `vrrp_sync_group`): two interfaces of a gateway,
    /// IPv4 and IPv6 of one service.
    pub group: Option<String>,
    /// Where advertisements leave and arrive; `None` only with unicast peers and a local address.
    pub interface: Option<String>,
    /// How each address is to be made, advertised and held-only alike, in any order. One that `settings` lists and this does
    /// not is made as `/32` or `/128`.
    pub addresses: Vec<HeldAddress>,
    /// A link that is down bars the router (keepalived without `dont_track_primary`).
    pub track_primary: bool,
    /// Interfaces whose state is the health of a tracker of `settings.trackers` (keepalived `track_interface`).
    pub track_interfaces: Vec<(String, TrackerId)>,
    /// Send from this address, not from the interface's primary one (keepalived `mcast_src_ip`, `unicast_src_ip`).
    /// While it is not on this node the router is barred.
    pub source: Option<IpAddr>,
    /// TTL or Hop Limit of advertisements to unicast peers, 1 to 255 (keepalived `unicast_ttl`); by default 255, the only
    /// one that proves to a peer that nothing was routed. To the group it is always 255 (V3-5.1.1.3-01, V3-5.1.2.3-01).
    pub unicast_hop_limit: u8,
    /// Hold the addresses on a device of their own with the virtual MAC (keepalived `use_vmac`); `None`: on the interface,
    /// with its physical MAC (PRJ-MAC-01). [`Profile::Rfc`] wants one.
    pub virtual_mac: Option<VirtualMac>,
    /// While Active, announce addresses again where no advertisement is sent (keepalived `garp_extra_if`); `None`: only
    /// with the others.
    pub announce_elsewhere: Option<AnnounceElsewhere>,
    /// IPv6: while Active, tell hosts that this is their router, from the first link-local address of the service. `None`:
    /// another program does, or nobody. While it does, `net.ipv6.conf.INTERFACE.forwarding` is 1, for the Router flag in
    /// what the kernel answers; Linux forgets default routes that it has learned itself then, unless `accept_ra` is 2.
    pub router_advertisements: Option<RouterAdvertisements>,
    /// Routes that are there while it is Active (keepalived `virtual_routes`).
    pub routes: Vec<Route>,
    /// Rules that are there while it is Active (keepalived `virtual_rules`).
    pub rules: Vec<Rule>,
    /// Groups of [`Statics`](crate::Statics) whose presence is the health of a tracker of `settings.trackers`.
    pub track_statics: Vec<(String, TrackerId)>,
}

impl Service {
    /// Whether what it says is signed (PRJ-HMAC-01).
    pub(crate) const fn signs(&self) -> bool {
        #[cfg(feature = "hmac")]
        let signs = self.settings.auth_hmac.is_some();
        #[cfg(not(feature = "hmac"))]
        let signs = false;
        signs
    }

    /// A version 3 router for IPv4 with the defaults of [`Profile::Default`]: priority 100, an advertisement a second.
    ///
    /// # Errors
    /// [`ServiceError::Vrid`] for 0.
    ///
    /// # Examples
    /// ```
    /// use vrrp_net::Service;
    ///
    /// let service = Service::new("VI_1", "eth1", 51)?.address("192.0.2.10/24")?.priority(150)?;
    /// assert_eq!(service.settings.addresses, ["192.0.2.10".parse::<std::net::IpAddr>()?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(name: &str, interface: &str, vrid: u8) -> Result<Self, ServiceError> {
        Self::in_family(name, interface, vrid, Family::Ipv4)
    }

    /// As [`Service::new`], for IPv6. The first address should be link-local (RFC 9568 section 5.2.9).
    ///
    /// # Errors
    /// [`ServiceError::Vrid`] for 0.
    pub fn new_ipv6(name: &str, interface: &str, vrid: u8) -> Result<Self, ServiceError> {
        Self::in_family(name, interface, vrid, Family::Ipv6)
    }

    fn in_family(name: &str, interface: &str, vrid: u8, family: Family) -> Result<Self, ServiceError> {
        let vrid = Vrid::new(vrid).ok_or(ServiceError::Vrid)?;
        let settings = Settings::new(Profile::Default, family, vrid, vrrp_core::InterfaceId(0));
        Ok(Self::of(name, Some(interface), settings))
    }

    /// From settings that are complete: every address as `/32` or `/128` on the interface, the link tracked.
    #[must_use]
    pub fn of(name: &str, interface: Option<&str>, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            group: None,
            interface: interface.map(str::to_owned),
            addresses: Vec::new(),
            track_primary: true,
            track_interfaces: Vec::new(),
            source: None,
            unicast_hop_limit: 255,
            virtual_mac: None,
            announce_elsewhere: None,
            router_advertisements: None,
            routes: Vec::new(),
            rules: Vec::new(),
            track_statics: Vec::new(),
        }
    }

    /// Holds the addresses on a device of their own with the virtual MAC.
    #[must_use]
    pub fn virtual_mac(mut self, virtual_mac: VirtualMac) -> Self {
        self.virtual_mac = Some(virtual_mac);
        self
    }

    /// Name of the device that [`Service::virtual_mac`] asks for; `None`: none is asked for.
    #[must_use]
    pub fn virtual_mac_device(&self) -> Option<String> {
        let virtual_mac = self.virtual_mac.as_ref()?;
        Some(virtual_mac.device_of(&self.settings))
    }

    /// The virtual MAC of this router, whether a device with it is asked for or not.
    #[must_use]
    pub fn virtual_mac_address(&self) -> [u8; 6] {
        vmac::mac_of(self.virtual_mac.as_ref(), &self.settings)
    }

    /// Adds a virtual address, `192.0.2.10/24` or `192.0.2.10`. One of the other family is held and announced, but not
    /// advertised (PRJ-ADDR-01).
    ///
    /// # Errors
    /// [`ServiceError::Address`] for anything else.
    pub fn address(self, text: &str) -> Result<Self, ServiceError> {
        Ok(self.held_address(text.parse()?))
    }

    /// As [`Service::address`], with everything that can be said about it.
    #[must_use]
    pub fn held_address(mut self, held: HeldAddress) -> Self {
        if Family::of(&held.address) == self.settings.family {
            self.settings.addresses.push(held.address);
        } else {
            self.settings.held_only.push(held.address);
        }
        self.addresses.push(held);
        self
    }

    /// Base priority, 1 to 255; 255 is for the owner of the addresses.
    ///
    /// # Errors
    /// [`ServiceError::Priority`] for 0.
    pub fn priority(mut self, priority: u8) -> Result<Self, ServiceError> {
        self.settings.priority = Priority::new(priority).ok_or(ServiceError::Priority)?;
        Ok(self)
    }

    /// Time between advertisements in centiseconds, 1 to 4095.
    ///
    /// # Errors
    /// [`ServiceError::Interval`] for 0 and more than the protocol can say.
    pub fn interval_centiseconds(mut self, centiseconds: u16) -> Result<Self, ServiceError> {
        self.settings.interval =
            Interval::from_centiseconds(centiseconds).ok_or(ServiceError::Interval { centiseconds })?;
        Ok(self)
    }

    /// Talk to these peers only, from the interface's primary address, and not by multicast. Only what comes from the same
    /// link is believed (TTL 255); whoever wants less asks for it in [`Settings::path`](vrrp_core::Settings::path) (SEC-10).
    #[must_use]
    pub fn unicast(mut self, peers: &[IpAddr]) -> Self {
        let peer = |address: &IpAddr| Peer {
            address: *address,
            hop_limit_min: 255,
            hop_limit_max: 255,
        };
        self.settings.path = Path::Unicast {
            local: None,
            peers: peers.iter().map(peer).collect(),
        };
        self
    }

    /// In the sync group of this name.
    ///
    /// # Examples
    /// ```
    /// use vrrp_net::Service;
    ///
    /// let services = [
    ///     Service::new("proxy_4", "eth0", 51)?.address("192.0.2.10/24")?.group("proxy"),
    ///     Service::new_ipv6("proxy_6", "eth0", 51)?.address("fe80::51/64")?.group("proxy"),
    /// ];
    /// # let _ = services;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn group(mut self, name: &str) -> Self {
        self.group = Some(name.to_owned());
        self
    }

    /// Whether a better Backup takes over from a worse Active (Preempt_Mode).
    #[must_use]
    pub const fn preempt(mut self, preempt: bool) -> Self {
        self.settings.preempt = preempt;
        self
    }

    /// Whether what arrives for the addresses is served: Accept_Mode of the settings, always for an owner.
    ///
    /// # Examples
    /// ```
    /// use vrrp_net::{AcceptMode, Service};
    ///
    /// let mut service = Service::new("VI_1", "eth1", 51)?.address("192.0.2.10/24")?;
    /// assert_eq!(service.accept_mode(), AcceptMode::Serves);
    /// // The addresses belong to a router, which forwards and serves nothing itself (RFC 9568 section 6.1).
    /// service.settings.accept = false;
    /// assert_eq!(service.accept_mode(), AcceptMode::Drops);
    /// assert_eq!(service.priority(255)?.accept_mode(), AcceptMode::Owner);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn accept_mode(&self) -> AcceptMode {
        if self.settings.priority.is_owner() {
            AcceptMode::Owner
        } else if self.settings.accept {
            AcceptMode::Serves
        } else {
            AcceptMode::Drops
        }
    }

    /// How an address of the settings is to be made.
    pub(crate) fn held(&self, address: IpAddr) -> HeldAddress {
        let known = self.addresses.iter().find(|held| held.address == address);
        known.cloned().unwrap_or_else(|| HeldAddress::host(address))
    }

    /// Every address to hold, as it is to be made.
    pub(crate) fn all_held(&self) -> Vec<HeldAddress> {
        let addresses = self.settings.addresses.iter().chain(&self.settings.held_only);
        let mut held: Vec<HeldAddress> = addresses.map(|address| self.held(*address)).collect();
        for held in &mut held {
            let virtual_mac =
                held.virtual_mac.is_some() || (held.device.is_none() && self.virtual_mac.is_some());
            if virtual_mac && held.route_metric.is_none() && !held.noprefixroute && !held.is_host() {
                held.route_metric = Some(vmac::ROUTE_METRIC);
            }
        }
        held
    }

    /// The local address of its unicast path.
    pub(crate) const fn unicast_local(&self) -> Option<IpAddr> {
        match &self.settings.path {
            Path::Unicast { local, .. } => *local,
            Path::Multicast { .. } => None,
        }
    }

    /// Checks it, with the interface's number in place.
    pub(crate) fn config(&self, interface: Option<vrrp_core::InterfaceId>) -> Result<Config, ServiceError> {
        self.check()?;
        let mut settings = self.settings.clone();
        settings.interface = interface;
        settings.build().map_err(|error| ServiceError::Config {
            service: self.name.clone(),
            error,
        })
    }

    /// Whether everything beside the protocol's settings is possible; [`Driver::open`](crate::Driver::open) and
    /// [`Handle::apply`](crate::Handle::apply) ask by themselves.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(&self) -> Result<(), ServiceError> {
        for held in self.all_held() {
            let prefix_max = if held.address.is_ipv4() { 32 } else { 128 };
            if held.prefix > prefix_max {
                return Err(ServiceError::Prefix {
                    service: self.name.clone(),
                    address: held.address,
                    prefix: held.prefix,
                });
            }
            // IFNAMSIZ with its terminating zero; the kernel would refuse it in the moment of the take-over.
            if let Some(label) = held.label.filter(|label| label.is_empty() || label.len() > 15) {
                return Err(ServiceError::Label {
                    service: self.name.clone(),
                    label,
                });
            }
            if held.device.is_none() && self.interface.is_none() {
                return Err(ServiceError::NoDevice {
                    service: self.name.clone(),
                    address: held.address,
                });
            }
        }
        if self.unicast_hop_limit == 0 {
            return Err(ServiceError::HopLimit {
                service: self.name.clone(),
            });
        }
        if self
            .announce_elsewhere
            .as_ref()
            .is_some_and(|plan| plan.every.is_zero())
        {
            return Err(ServiceError::AnnounceElsewhere {
                service: self.name.clone(),
            });
        }
        self.check_virtual_macs()?;
        if let Some(reason) = self.fault_of_advertisements() {
            return Err(ServiceError::RouterAdvertisements {
                service: self.name.clone(),
                reason,
            });
        }
        if let Some(reason) = self.fault_of_routing() {
            return Err(ServiceError::Routing {
                service: self.name.clone(),
                reason,
            });
        }
        for (interface, tracker) in self.track_interfaces.iter().chain(&self.track_statics) {
            if usize::from(tracker.0) >= self.settings.trackers.len() {
                return Err(ServiceError::NoTracker {
                    service: self.name.clone(),
                    interface: interface.clone(),
                    tracker: tracker.0,
                });
            }
        }
        Ok(())
    }
}

impl Service {
    fn fault_of_advertisements(&self) -> Option<String> {
        let plan = self.router_advertisements.as_ref()?;
        let link_local = |held: &HeldAddress| match held.address {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => address.is_unicast_link_local(),
        };
        if !self.all_held().iter().any(link_local) {
            return Some("no link-local address among its addresses, to advertise from; add one of fe80::/10, the same on every node".to_owned());
        }
        plan.fault()
    }
}
