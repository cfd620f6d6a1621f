//! Octet by octet as linux/netfilter/nf_tables.h has it; that the kernel takes it, the namespace tests show.

use super::*;

fn target(address: &str) -> Target {
    Target::new(address.parse().unwrap(), "eth1")
}

fn kinds(steps: &[Step]) -> Vec<u16> {
    steps.iter().map(|step| step.kind).collect()
}

/// Subsystem 10, and the message: table 0, table away 2, chain 3, rule 6, set 9, elements 12.
const fn nft(message: u16) -> u16 {
    0x0a00 | message
}

#[test]
fn one_transaction_from_nothing_to_a_table() {
    let wanted = BTreeSet::from(["192.0.2.254", "2001:db8::fe", "fe80::fe"].map(target));
    let steps = transaction("vrrpd", false, &wanted);
    let mut expected = vec![0x10, nft(0), nft(3)];
    expected.extend([nft(9), nft(12)].repeat(3));
    expected.extend([nft(6); 4]);
    expected.push(0x11);
    assert_eq!(kinds(&steps), expected);
    // Version 0 and resource 10 in network order; the table is exclusively ours.
    assert_eq!(steps[0].payload, [0, 0, 0, 10]);
    assert_eq!(steps[1].flags, 0x4 | 0x200 | 0x400);
    #[rustfmt::skip]
    let table = [
        1, 0, 0, 0,
        10, 0, 1, 0, b'v', b'r', b'r', b'p', b'd', 0, 0, 0,
        // Flags: owner.
        8, 0, 2, 0, 0, 0, 0, 2,
    ];
    assert_eq!(steps[1].payload[..table.len()], table);
}

#[test]
fn an_element_is_an_address() {
    let steps = transaction("t", false, &BTreeSet::from([target("192.0.2.254")]));
    #[rustfmt::skip]
    let expected = [
        1, 0, 0, 0,
        6, 0, 1, 0, b't', 0, 0, 0,
        9, 0, 2, 0, b'i', b'p', b'v', b'4', 0, 0, 0, 0,
        // The list, an element, its key, the value.
        20, 0, 3, 0x80, 16, 0, 1, 0x80, 12, 0, 1, 0x80, 8, 0, 1, 0, 192, 0, 2, 254,
        8, 0, 4, 0, 0, 0, 0, 1,
    ];
    assert_eq!(steps[4].payload, expected);
    // No IPv6, no rule about it.
    assert_eq!(
        kinds(&steps),
        [0x10, nft(0), nft(3), nft(9), nft(12), nft(6), 0x11]
    );
}

/// The same address on two links is two; anything that can be reached by another link is one.
#[test]
fn a_link_local_address_is_one_on_its_link() {
    let mut key = vec![0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe];
    key.extend(*b"eth1\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(super::key(&target("fe80::fe")), key);
    assert_eq!(
        Target::new("fe80::fe".parse().unwrap(), "eth2")
            .interface
            .as_deref(),
        Some("eth2")
    );
    assert_eq!(target("2001:db8::fe").interface, None);
    assert_eq!(target("169.254.1.1").interface, None);
}

#[test]
fn a_table_that_is_there_is_replaced_and_the_last_one_only_removed() {
    let steps = transaction("t", true, &BTreeSet::from([target("192.0.2.254")]));
    assert_eq!(kinds(&steps)[..3], [0x10, nft(2), nft(0)]);
    let steps = transaction("t", true, &BTreeSet::new());
    assert_eq!(kinds(&steps), [0x10, nft(2), 0x11]);
}

/// The list of elements is one attribute, whose length has 16 bits.
#[test]
fn thousands_of_addresses_fit() {
    let addresses = (0..3000_u32).map(|number| Target {
        address: IpAddr::from((0xfe80_u128 << 112 | u128::from(number)).to_be_bytes()),
        interface: Some("fifteen-octets0".to_owned()),
    });
    let steps = transaction("t", false, &addresses.collect());
    let elements: Vec<_> = steps.iter().filter(|step| step.kind == nft(12)).collect();
    assert_eq!(elements.len(), 6, "512 each");
    assert!(elements.iter().all(|step| step.payload.len() < 65_536));
}
