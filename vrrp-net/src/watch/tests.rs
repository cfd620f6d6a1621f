use vrrp_conformance::proves;

use super::*;

fn link(index: u32, name: &str, running: bool) -> Message {
    Message::NewLink(LinkInfo {
        index,
        name: name.into(),
        running,
        mac: Some([2, 0, 0, 0, 0, 1]),
        ..LinkInfo::default()
    })
}

fn address(index: u32, text: &str, flags: u32, scope: u8) -> Message {
    let (address, prefix) = text.split_once('/').unwrap();
    Message::NewAddress(AddressInfo {
        index,
        address: address.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
        scope,
        flags,
        tag: None,
        message: Box::default(),
    })
}

fn gone(index: u32, text: &str) -> Message {
    match address(index, text, 0, 0) {
        Message::NewAddress(info) => Message::DelAddress(info),
        other => other,
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const SECONDARY: u32 = 0x01;
const TENTATIVE: u32 = 0x40;

/// PRJ-IP-02, V3-5.1.1.1-01: first, not secondary, widest scope, never a virtual one.
#[test]
fn prj_ip_02_primary_is_the_first_real_global_address() {
    let mut table = Table::default();
    table.apply(link(3, "eth1", true));
    table.apply(address(3, "169.254.7.7/16", 0, 253));
    table.apply(address(3, "192.0.2.254/24", 0, 0));
    table.apply(address(3, "192.0.2.9/24", SECONDARY, 0));
    table.apply(address(3, "198.51.100.2/24", 0, 0));
    table.apply(address(3, "198.51.100.1/25", 0, 0));
    let virtual_one = |address: IpAddr| address == ip("192.0.2.254");
    let primary = |table: &Table, current| table.primary(3, Family::Ipv4, virtual_one, current);
    assert_eq!(primary(&table, None), Some(ip("198.51.100.2")));
    assert_eq!(
        primary(&table, Some(ip("198.51.100.1"))),
        Some(ip("198.51.100.1")),
        "one of the same kind stays"
    );
    assert_eq!(
        primary(&table, Some(ip("169.254.7.7"))),
        Some(ip("198.51.100.2")),
        "a better kind wins"
    );
    table.apply(gone(3, "198.51.100.2/24"));
    table.apply(gone(3, "198.51.100.1/25"));
    assert_eq!(primary(&table, None), Some(ip("169.254.7.7")));
    table.apply(gone(3, "169.254.7.7/16"));
    assert_eq!(
        primary(&table, None),
        Some(ip("192.0.2.9")),
        "secondary only to the virtual one"
    );
    table.apply(gone(3, "192.0.2.9/24"));
    assert_eq!(primary(&table, None), None);
    proves!("PRJ-IP-02", Obeys);
    proves!("V3-5.1.1.1-01", "V3-7.2-03", Refuses);
}

/// V3-5.1.2.1-01: IPv6 sends from the link-local address, and not while it is tentative.
#[test]
fn v3_5_1_2_1_01_primary_in_ipv6_is_link_local() {
    let mut table = Table::default();
    table.apply(link(3, "eth1", true));
    table.apply(address(3, "2001:db8::5/64", 0, 0));
    table.apply(address(3, "fe80::5/64", TENTATIVE, 253));
    assert_eq!(table.primary(3, Family::Ipv6, |_| false, None), None);
    table.apply(address(3, "fe80::5/64", 0, 253));
    assert_eq!(
        table.primary(3, Family::Ipv6, |_| false, None),
        Some(ip("fe80::5"))
    );
    proves!("V3-5.1.2.1-01", Obeys);
    proves!("V3-5.1.2.1-01", Refuses);
}

#[test]
fn a_link_is_found_by_its_name_of_the_moment() {
    let mut table = Table::default();
    table.apply(link(3, "eth1", true));
    assert_eq!(table.apply(link(3, "eth1", true)), None, "nothing new");
    assert_eq!(table.apply(link(3, "wan0", true)), Some(Seen::Link { index: 3 }));
    assert_eq!((table.index_of("eth1"), table.index_of("wan0")), (None, Some(3)));
    // Recreated under the old index's name before the old one is told to be gone.
    table.apply(link(9, "wan0", true));
    table.apply(Message::DelLink { index: 3 });
    assert_eq!(table.index_of("wan0"), Some(9));
}

fn dump(table: &mut Table, links: Vec<Message>, addresses: Vec<Message>) -> Vec<Seen> {
    let mut resync = table.resync();
    // Disturbed once in the middle, as the kernel may be.
    resync.begin();
    if let Some(first) = links.first() {
        resync.take(first.clone());
    }
    resync.begin();
    links.into_iter().for_each(|link| resync.take(link));
    resync.end_links();
    resync.begin();
    addresses.into_iter().for_each(|address| resync.take(address));
    resync.end_addresses();
    let mut seen = resync.end();
    seen.sort_by_key(|seen| format!("{seen:?}"));
    seen
}

/// A dump gives the same news as the events that were lost.
#[test]
fn a_dump_tells_what_lost_events_would_have_told() {
    let mut table = Table::default();
    table.apply(link(3, "eth1", true));
    table.apply(link(4, "eth2", true));
    table.apply(address(3, "192.0.2.1/24", 0, 0));
    table.apply(address(3, "192.0.2.254/32", 0, 0));
    let links = || vec![link(3, "eth1", false), link(5, "eth2", true)];
    let addresses = || {
        vec![
            address(3, "192.0.2.1/24", 0, 0),
            address(5, "198.51.100.1/24", 0, 0),
        ]
    };
    let mut expected = [
        Seen::Link { index: 3 },
        Seen::Link { index: 4 },
        Seen::Link { index: 5 },
        Seen::Address {
            index: 5,
            address: ip("198.51.100.1"),
        },
        Seen::AddressGone {
            index: 3,
            address: ip("192.0.2.254"),
        },
    ];
    expected.sort_by_key(|seen| format!("{seen:?}"));
    assert_eq!(dump(&mut table, links(), addresses()), expected);
    assert_eq!(table.index_of("eth2"), Some(5));
    assert_eq!(
        dump(&mut table, links(), addresses()),
        [],
        "nothing new the second time"
    );
    assert!(!table.has(Some(3), ip("192.0.2.254")) && table.has(Some(5), ip("198.51.100.1")));
}
