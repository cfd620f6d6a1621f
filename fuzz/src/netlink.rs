//! Any octets as what the kernel says of links and addresses and of its virtual servers, and as what a host says by ARP:
//! nothing panics, and the mirror stays consistent.

use vrrp_ipvs::wire;

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn netlink(bytes: &[u8]) {
    vrrp_net::fuzzing::arp(bytes);
    vrrp_net::fuzzing::netlink(bytes);
    let messages = framed(bytes);
    vrrp_net::fuzzing::netlink(&messages);
    for answer in wire::Answers::of(bytes).chain(wire::Answers::of(&messages)) {
        if let wire::Answer::Entry { payload, .. } = answer {
            virtual_server(payload);
        }
    }
    virtual_server(bytes);
}

/// Every way to read a payload, whatever it was the answer to.
fn virtual_server(payload: &[u8]) {
    let _ = wire::decode_family(payload);
    let _ = wire::decode_service(payload);
    let _ = wire::decode_destination(payload);
    let _ = wire::decode_daemon(payload);
    let _ = wire::decode_timeouts(payload);
    let _ = wire::decode_info(payload);
}

/// The same as messages of the kinds that mean something, one for each of the pieces that end with 0xff: a fuzzer seldom
/// gets lengths and kinds right by itself.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    for piece in bytes.split(|octet| *octet == 0xff) {
        let Some((kind, body)) = piece.split_first() else {
            continue;
        };
        // RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR.
        let kind = [16_u16, 17, 20, 21][usize::from(kind & 3)];
        let octets = u32::try_from(body.len() + 16).unwrap_or(u32::MAX);
        datagram.extend(octets.to_ne_bytes());
        datagram.extend(kind.to_ne_bytes());
        datagram.extend([0; 10]);
        datagram.extend(body);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
    }
    datagram
}
