//! Any octets as what the kernel says of links and addresses, and as what a host says by ARP: nothing panics, and the
//! mirror stays consistent.

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn netlink(bytes: &[u8]) {
    vrrp_net::fuzzing::arp(bytes);
    vrrp_net::fuzzing::netlink(bytes);
    vrrp_net::fuzzing::netlink(&framed(bytes));
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
