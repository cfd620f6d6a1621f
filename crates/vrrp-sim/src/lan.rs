//! The usual LAN: some nodes with one virtual router, and a client.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use vrrp_core::{Config, ConfigError, Family, Interval, Priority, Profile, Settings, Vrid};

use crate::client::ClientSettings;
use crate::fault::{Fault, NodeId};
use crate::node::{INTERFACE, NodeSettings};
use crate::world::World;

/// The virtual address of [`settings`].
pub const VIRTUAL: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

/// The primary address of the node with this number: 192.0.2.1 for node 0.
#[must_use]
pub const fn primary(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, number.saturating_add(1)))
}

/// VRID 7 in IPv4 with the address [`VIRTUAL`], in the `default` profile.
#[must_use]
pub fn settings(priority: Priority, interval: Interval) -> Settings {
    let vrid = Vrid::new(7).unwrap_or_else(|| unreachable!("7 is not 0"));
    let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, INTERFACE);
    settings.priority = priority;
    settings.interval = interval;
    settings.addresses = vec![VIRTUAL];
    settings
}

/// Nodes `a`, `b`, `c` … with these settings, all started at the beginning.
///
/// # Errors
/// The first settings that contradict themselves.
pub fn lan(seed: u64, routers: Vec<Settings>) -> Result<(World, Vec<NodeId>), ConfigError> {
    let configs = routers
        .into_iter()
        .map(Settings::build)
        .collect::<Result<Vec<Config>, _>>()?;
    let mut world = World::new(seed);
    let mut ids = Vec::new();
    for (number, config) in (0..).zip(configs) {
        let name = char::from(b'a'.saturating_add(number)).to_string();
        let id = world.add_node(NodeSettings::new(&name, primary(number), vec![config]));
        world.at(Duration::ZERO, Fault::Start(id));
        ids.push(id);
    }
    Ok((world, ids))
}

/// A client that asks [`VIRTUAL`] every millisecond from `begins` on.
#[must_use]
pub fn client(begins: Duration) -> ClientSettings {
    ClientSettings::new("client", VIRTUAL, begins)
}
