//! A node as it is built.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::{Config, Family, InterfaceId, Witness};

use super::INTERFACE;

/// A node as it is built.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Short; begins each of its lines.
    pub name: String,
    /// Address it sends from.
    pub primary: IpAddr,
    /// Addresses that it has beside: to send from on other interfaces, and in the other family.
    pub others: Vec<(InterfaceId, IpAddr)>,
    /// Its virtual routers, on [`INTERFACE`] or one of `others`.
    pub routers: Vec<Config>,
    /// What they are called, in the same order; by default by their VRID.
    pub names: Vec<String>,
    /// Sees every step of them.
    pub witness: Option<Arc<dyn Witness>>,
    /// Sync groups: numbers of routers.
    pub groups: Vec<Vec<usize>>,
    /// Time the kernel needs to add or remove one address.
    pub address_takes: Duration,
    /// When it wakes for a deadline.
    pub wakes: Waking,
    /// It listens to ARP and NA, ends a hold when the successor has announced every address (PRJ-STOP-02), and defends
    /// the addresses that it answers for as Active (NET-ARP-08).
    pub hears_announcements: bool,
    /// After a start: when leftovers of an earlier life are removed (PRJ-ADDR-02).
    pub leftovers_after: Duration,
    /// Its clock gains so many millionths; less than 0: it loses. A quartz is within 100.
    pub drift_ppm: i32,
    /// Packets that wait in its socket; more are lost (PRJ-TIME-08).
    pub socket_packets_max: usize,
}

impl NodeSettings {
    /// A node whose kernel is immediate and which wakes exactly in time.
    #[must_use]
    pub fn new(name: &str, primary: IpAddr, routers: Vec<Config>) -> Self {
        Self {
            name: name.to_owned(),
            primary,
            others: Vec::new(),
            routers,
            names: Vec::new(),
            witness: None,
            groups: Vec::new(),
            address_takes: Duration::ZERO,
            wakes: Waking::InTime,
            hears_announcements: false,
            leftovers_after: Duration::from_millis(100),
            drift_ppm: 0,
            socket_packets_max: 256,
        }
    }
}

impl NodeSettings {
    /// Its interfaces, [`INTERFACE`] first.
    #[must_use]
    pub fn interfaces(&self) -> Vec<InterfaceId> {
        let mut interfaces = vec![INTERFACE];
        for (interface, _) in &self.others {
            if !interfaces.contains(interface) {
                interfaces.push(*interface);
            }
        }
        interfaces
    }

    /// What a router is called, by its number.
    #[must_use]
    pub fn name_of(&self, number: usize) -> String {
        let named = self.names.get(number).cloned();
        let config = self.routers.get(number);
        named.unwrap_or_else(|| config.map_or_else(String::new, |config| format!("vrid-{}", config.vrid)))
    }

    /// Whether a packet to this address is taken in.
    pub(crate) fn is_reached(&self, destination: IpAddr) -> bool {
        let own = destination == self.primary || self.others.iter().any(|(_, other)| *other == destination);
        destination.is_multicast() || own
    }

    /// What a router sends from.
    pub(super) fn primary_for(&self, config: &Config) -> Option<IpAddr> {
        let own = [(INTERFACE, self.primary)];
        let mut all = own.iter().chain(&self.others);
        let fits = |(interface, address): &&(InterfaceId, IpAddr)| {
            config.interface == Some(*interface) && config.family == Family::of(address)
        };
        all.find(fits).map(|(_, address)| *address)
    }
}

/// When a program wakes for a deadline; all of them are what [`vrrp_core::Deadline`] allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waking {
    /// At the deadline.
    InTime,
    /// As early as the slack allows (PRJ-SLACK-01).
    Early,
    /// Anywhere between.
    Anywhere,
}
