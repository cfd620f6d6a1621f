//! The usual LAN: some nodes with one virtual router, and a client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use vrrp_core::{ConfigError, Family, InterfaceId, Interval, Priority, Profile, Settings, Vrid};

use crate::client::ClientSettings;
use crate::fault::{Fault, NodeId};
use crate::node::{INTERFACE, NodeSettings};
use crate::world::World;

/// The virtual address of [`settings`].
pub const VIRTUAL: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

/// The virtual address of [`settings_in`] for IPv6.
pub const VIRTUAL_6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0x7, 0x1));

/// The primary address of the node with this number: for node 0 192.0.2.1 or fe80::1.
#[must_use]
pub const fn primary(family: Family, number: u8) -> IpAddr {
    let host = number.saturating_add(1);
    match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, host as u16)),
    }
}

/// VRID 7 in IPv4 with the address [`VIRTUAL`], in the `default` profile.
#[must_use]
pub fn settings(priority: Priority, interval: Interval) -> Settings {
    settings_in(Family::Ipv4, priority, interval)
}

/// VRID 7 with one address of the family, in the `default` profile.
#[must_use]
pub fn settings_in(family: Family, priority: Priority, interval: Interval) -> Settings {
    let vrid = Vrid::new(7).unwrap_or_else(|| unreachable!("7 is not 0"));
    let mut settings = Settings::new(Profile::Default, family, vrid, INTERFACE);
    settings.priority = priority;
    settings.interval = interval;
    settings.addresses = vec![match family {
        Family::Ipv4 => VIRTUAL,
        Family::Ipv6 => VIRTUAL_6,
    }];
    settings
}

/// Nodes `a`, `b`, `c` … with these settings, all started at the beginning.
///
/// # Errors
/// The first settings that contradict themselves.
pub fn lan(seed: u64, routers: Vec<Settings>) -> Result<(World, Vec<NodeId>), ConfigError> {
    let mut world = World::new(seed);
    let mut ids = Vec::new();
    for (number, settings) in (0..).zip(routers) {
        let id = world.add_node(node(number, settings)?);
        world.at(Duration::ZERO, Fault::Start(id));
        ids.push(id);
    }
    Ok((world, ids))
}

/// The node with this number, `a` for 0, and one router; not started.
///
/// # Errors
/// Settings that contradict themselves.
pub fn node(number: u8, settings: Settings) -> Result<NodeSettings, ConfigError> {
    let name = char::from(b'a'.saturating_add(number)).to_string();
    let primary = primary(settings.family, number);
    Ok(NodeSettings::new(&name, primary, vec![settings.build()?]))
}

/// A client that asks [`VIRTUAL`] every millisecond from `begins` on.
#[must_use]
pub fn client(begins: Duration) -> ClientSettings {
    ClientSettings::new("client", VIRTUAL, begins)
}

/// The LAN of a gateway's first member.
pub const OUTSIDE: InterfaceId = INTERFACE;
/// The LAN of its second member.
pub const INSIDE: InterfaceId = InterfaceId(2);
/// The virtual address on [`INSIDE`].
pub const VIRTUAL_INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// A gateway's member on its first LAN (0), as [`settings`], or on its second: VRID 8 with [`VIRTUAL_INSIDE`].
#[must_use]
pub fn member_settings(lan: u8, priority: Priority, interval: Interval) -> Settings {
    let mut member = settings(priority, interval);
    if lan > 0 {
        member.vrid = Vrid::new(8).unwrap_or(member.vrid);
        member.interface = Some(INSIDE);
        member.addresses = vec![VIRTUAL_INSIDE];
    }
    member
}

/// The node with this number and a sync group of two members, one on each LAN. Its addresses are ordered the other way round
/// on the second: of equal priorities another node wins there.
///
/// # Errors
/// Settings that contradict themselves.
pub fn gateway(number: u8, members: [Settings; 2]) -> Result<NodeSettings, ConfigError> {
    let [outside, inside] = members;
    let mut node = node(number, outside)?;
    node.routers.push(inside.build()?);
    let host = 100_u8.saturating_sub(number);
    node.others = vec![(INSIDE, IpAddr::V4(Ipv4Addr::new(192, 0, 3, host)))];
    node.groups = vec![vec![0, 1]];
    Ok(node)
}
