//! A held address as the kernel wants to hear it.

use std::net::IpAddr;

use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope, CacheInfo,
};

use super::HeldAddress;

const FOREVER: u32 = u32::MAX;

/// The message that makes `held` on the link `index`, marked with `tag`.
///
/// Written out and not left to `AddressMessageBuilder`: that adds a broadcast address to every IPv4 prefix below /31,
/// which neither `ip address add` nor keepalived does.
pub(super) fn make(held: &HeldAddress, index: u32, tag: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match held.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = held.prefix;
    message.header.index = index;
    message.header.scope = AddressScope::from(held.scope.unwrap_or(0));

    let attributes = &mut message.attributes;
    attributes.push(AddressAttribute::Local(held.address));
    attributes.push(AddressAttribute::Address(held.peer.unwrap_or(held.address)));
    if let (Some(label), IpAddr::V4(_)) = (&held.label, held.address) {
        attributes.push(AddressAttribute::Label(label.clone()));
    }
    if let Some(broadcast) = held.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    // NOPREFIXROUTE does not fit the header's eight bits, and where this attribute is, the header's flags do not count.
    let mut flags = AddressFlags::Permanent;
    if !held.dad {
        // V3-8.2.2-07: another router may answer for the address at this moment.
        flags |= AddressFlags::Nodad;
    }
    if held.noprefixroute {
        flags |= AddressFlags::Noprefixroute;
    }
    attributes.push(AddressAttribute::Flags(flags));
    if let Some(metric) = held.route_metric {
        attributes.push(AddressAttribute::RoutePriority(metric));
    }
    if let Some(preferred) = preferred_lifetime(held) {
        let mut cache = CacheInfo::default();
        cache.ifa_preferred = preferred;
        cache.ifa_valid = FOREVER;
        attributes.push(AddressAttribute::CacheInfo(cache));
    }
    attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(tag)));
    message
}

fn preferred_lifetime(held: &HeldAddress) -> Option<u32> {
    let host_in_ipv6 = held.address.is_ipv6() && held.prefix == 128;
    held.preferred_lifetime.or(host_in_ipv6.then_some(0))
}
