//! The virtual MAC against a real kernel: what leaves by which MAC, what a Backup takes, what is left afterwards.

mod life;
mod reload;
mod takeover;
mod wire;

use vrrp_net::{Service, VirtualMac};

use crate::adverts::service;
use crate::answers::{arp_reply, refused, solicited};
use crate::lab::{Advert, Capture, Frame, LIMIT, Node, wait_for};

pub(super) const VIP: &str = "192.0.2.254";
pub(super) const VIP6: &str = "2001:db8::fe";
/// Of VRID 51.
pub(super) const FOUR: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, 51];
/// Of VRID 66, IPv6.
pub(super) const SIX: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x02, 66];

pub(super) const fn physical(number: u8) -> [u8; 6] {
    [2, 0, 0, 0, 0, number]
}

/// VRID 51 with one address.
pub(super) fn four(priority: u8) -> Service {
    let service = service(51).address("192.0.2.254/24").unwrap();
    service
        .priority(priority)
        .unwrap()
        .virtual_mac(VirtualMac::default())
}

/// VRID 66 with a link-local address and another.
pub(super) fn six(priority: u8) -> Service {
    let service = Service::new_ipv6("VI_6", "eth1", 66).unwrap();
    let service = service.interval_centiseconds(10).unwrap();
    let service = service.address("fe80::66/64").unwrap();
    let service = service.address("2001:db8::fe/64").unwrap();
    service
        .priority(priority)
        .unwrap()
        .virtual_mac(VirtualMac::default())
}

/// Advertisements with their source MACs.
pub(super) fn adverts(wire: &Capture) -> Vec<([u8; 6], Advert)> {
    let frames = wire.frames();
    let both = frames
        .iter()
        .filter_map(|frame| Some((frame.source(), Advert::parse(frame)?)));
    both.collect()
}

/// How many advertisements came from this MAC.
pub(super) fn count(wire: &Capture, mac: [u8; 6]) -> usize {
    adverts(wire).iter().filter(|(from, _)| *from == mac).count()
}

pub(super) fn wait_adverts(wire: &Capture, mac: [u8; 6], wanted: usize) {
    wait_for("advertisements", LIMIT, || {
        (count(wire, mac) >= wanted).then_some(())
    });
}

/// Every MAC that was said to be that of the addresses, in ARP of any kind and in Neighbor Advertisements.
pub(super) fn said(wires: &[&Capture]) -> Vec<[u8; 6]> {
    let frames: Vec<Frame> = wires.iter().flat_map(|wire| wire.frames()).collect();
    let mut macs: Vec<[u8; 6]> = frames.iter().filter_map(claims).collect();
    macs.sort_unstable();
    macs.dedup();
    macs
}

fn claims(frame: &Frame) -> Option<[u8; 6]> {
    let arp = frame.payload();
    // Request or reply: whoever hears it believes the sender's pair.
    if frame.ethertype() == 0x0806 && arp[14..18] == [192, 0, 2, 254] {
        return Some(arp[8..14].try_into().unwrap());
    }
    let (target, _, mac) = frame.neighbor_advertisement()?;
    ["2001:db8::fe", "fe80::66"]
        .contains(&target.to_string().as_str())
        .then_some(mac)
}

/// The source MACs of the frames in which the kernel has answered for the addresses.
pub(super) fn answering(wires: &[&Capture]) -> Vec<[u8; 6]> {
    let frames = wires.iter().flat_map(|wire| wire.frames());
    let answers = frames.filter(|frame| {
        arp_reply(frame, [192, 0, 2, 254])
            .or_else(|| solicited(frame, VIP6))
            .is_some()
    });
    let mut macs: Vec<[u8; 6]> = answers.map(|frame| frame.source()).collect();
    macs.sort_unstable();
    macs.dedup();
    macs
}

/// Asks anew until somebody answers.
pub(super) fn ask(client: &Node, address: &str) {
    client.ip("neigh flush dev eth1");
    wait_for("an answer", LIMIT, || refused(client, address).then_some(()));
}

/// The MAC that the client has for an address.
pub(super) fn neighbor(client: &Node, address: &str) -> Option<String> {
    let text = client.ip(&format!("neigh show {address} dev eth1"));
    let mut words = text.split_whitespace().skip_while(|word| *word != "lladdr");
    words.nth(1).map(str::to_owned)
}

/// A setting of an interface.
pub(super) fn setting(node: &Node, path: &str) -> String {
    let path = format!("/proc/sys/net/{path}");
    node.run(move || std::fs::read_to_string(path).unwrap().trim().to_owned())
}

pub(super) fn set(node: &Node, path: &str, value: &str) {
    let (path, value) = (format!("/proc/sys/net/{path}"), value.to_owned());
    node.run(move || std::fs::write(path, value).unwrap());
}

/// Whether the node has a link of this name.
pub(super) fn has_link(node: &Node, name: &str) -> bool {
    node.ip("-o link show").contains(&format!(": {name}@"))
}

/// Whether it is administratively up.
pub(super) fn is_up(node: &Node, name: &str) -> bool {
    let text = node.ip("-o link show");
    let mut lines = text.lines();
    lines.any(|line| line.contains(&format!(": {name}@")) && line.contains(",UP"))
}

pub(super) fn wait_up(node: &Node, name: &str, up: bool) {
    wait_for(&format!("{name} up: {up}"), LIMIT, || {
        (has_link(node, name) && is_up(node, name) == up).then_some(())
    });
}

/// A Router Advertisement (RFC 4861 section 4.2) of 2001:db8:5::/64, for addresses to be made of it.
pub(super) fn advertise_prefix(router: &Node) {
    router.run(|| {
        let icmp = Some(socket2::Protocol::ICMPV6);
        let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::RAW, icmp).unwrap();
        let index = nix::net::if_::if_nametoindex("eth1").unwrap();
        socket.set_multicast_if_v6(index).unwrap();
        socket.set_multicast_hops_v6(255).unwrap();
        #[rustfmt::skip]
        let mut message = vec![
            // Type, code, checksum (by the kernel), hop limit, flags, router lifetime, reachable and retransmission time.
            134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
            // Prefix information: length in units of 8, prefix length, L and A, lifetimes, reserved.
            3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0,
        ];
        let prefix: std::net::Ipv6Addr = "2001:db8:5::".parse().unwrap();
        message.extend_from_slice(&prefix.octets());
        let everyone: std::net::SocketAddr = format!("[ff02::1%{index}]:0").parse().unwrap();
        socket.send_to(&message, &everyone.into()).unwrap();
    });
}
