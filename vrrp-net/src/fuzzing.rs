//! For the fuzz targets of this project alone, and no part of the interface: what hosts and the kernel send, as octets.

use vrrp_core::Family;

use crate::announce::ear;
use crate::netlink::{Sink as _, each_message};
use crate::watch::Table;

/// One datagram of netlink as events, then as a dump: the mirror is consistent afterwards, and has what the dump had.
///
/// # Panics
/// When it is not.
pub fn netlink(octets: &[u8]) {
    let mut table = Table::default();
    each_message(octets, |message| {
        let _seen = table.apply(message);
    });
    table.check();
    for index in 0..4 {
        for family in [Family::Ipv4, Family::Ipv6] {
            let primary = table.primary(index, family, |_| false, None);
            assert!(primary.is_none_or(|address| table.has(Some(index), address)));
        }
    }
    let mut dump = table.resync();
    dump.begin();
    each_message(octets, |message| dump.take(message));
    dump.end_links();
    dump.end_addresses();
    let _seen = dump.end();
    table.check();
    let mut nothing = table.resync();
    nothing.begin();
    nothing.end_links();
    nothing.end_addresses();
    let _gone = nothing.end();
    table.check();
    assert!(table.is_empty(), "what no dump has is gone");
}

/// One frame that claims to be ARP: whoever it is from, it is read or not.
pub fn arp(octets: &[u8]) {
    if let Some(claim) = ear::read(octets) {
        assert!(!claim.address.is_unspecified(), "a probe claims nothing");
    }
}
