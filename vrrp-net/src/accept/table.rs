//! The table as the kernel is asked for it: one transaction, which it carries out as a whole or not at all. Pure.
//!
//! ```text
//! table inet NAME {
//!     flags owner
//!     set ipv4 { type ipv4_addr }
//!     set ipv6 { type ipv6_addr }
//!     set link_local { type ipv6_addr . ifname }
//!     chain input {
//!         type filter hook input priority -1; policy accept;
//!         meta nfproto ipv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
//!         meta nfproto ipv4 ip daddr @ipv4 counter drop
//!         meta nfproto ipv6 ip6 daddr @ipv6 counter drop
//!         meta nfproto ipv6 ip6 daddr . iifname @link_local counter drop
//!     }
//! }
//! ```

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_core::{DefaultNla, Emitable};

use super::Target;

/// `NLA_F_NESTED`.
const NESTED: u16 = 0x8000;
/// Elements in one message: their list is one attribute, which holds 64 KiB.
const ELEMENTS: usize = 512;
/// IFNAMSIZ.
const NAME_OCTETS: usize = 16;
/// Before the filters that administrators write, as keepalived's; a drop is final wherever it stands.
const PRIORITY: i32 = -1;
/// `NFT_TABLE_F_OWNER`: only this socket changes the table, and the kernel removes it with the socket.
const OWNER: u32 = 2;
/// What `nft list ruleset` shows beside the table.
const COMMENT: &str = "virtual addresses that this node holds and does not serve (no_accept, vrrp_strict)";

const CHAIN: &str = "input";
const NFPROTO_INET: u8 = 1;
const NF_INET_LOCAL_IN: u32 = 1;

// linux/netfilter/nf_tables.h; libc has the messages only.
const META_IIFNAME: u32 = 6;
const META_NFPROTO: u32 = 15;
const META_L4PROTO: u32 = 16;
const CMP_EQ: u32 = 0;
const CMP_LTE: u32 = 3;
const CMP_GTE: u32 = 5;
const BASE_NETWORK: u32 = 1;
const BASE_TRANSPORT: u32 = 2;
/// Sixteen octets from here on hold an IPv6 address.
const REGISTER: u32 = libc::NFT_REG32_00 as u32;
/// Right behind it.
const REGISTER_BEHIND: u32 = libc::NFT_REG32_04 as u32;

/// A kind of key that a set has, and what of a packet is looked up in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ipv4,
    Ipv6,
    /// The same link-local address is another one on another link.
    LinkLocal,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6, Self::LinkLocal];

    fn of(target: &Target) -> Self {
        match (target.address, &target.interface) {
            (IpAddr::V4(_), _) => Self::Ipv4,
            (IpAddr::V6(_), None) => Self::Ipv6,
            (IpAddr::V6(_), Some(_)) => Self::LinkLocal,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::LinkLocal => "link_local",
        }
    }

    /// Names the set within the transaction.
    const fn id(self) -> u32 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
            Self::LinkLocal => 3,
        }
    }

    /// By which `nft` knows how to print the keys: ipv4_addr 7, ipv6_addr 8, ifname 41, six bits each.
    const fn datatype(self) -> u32 {
        match self {
            Self::Ipv4 => 7,
            Self::Ipv6 => 8,
            Self::LinkLocal => (8 << 6) | 41,
        }
    }

    const fn key_octets(self) -> u32 {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
            Self::LinkLocal => 32,
        }
    }
}

/// One message of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) kind: u16,
    pub(super) flags: i32,
    /// Behind the netlink header.
    pub(super) payload: Vec<u8>,
}

/// The whole transaction: away with the table where there is one of ours, and a new one for what is wanted, if anything.
pub(super) fn transaction(name: &str, there: bool, wanted: &BTreeSet<Target>) -> Vec<Step> {
    let mut steps = vec![boundary(libc::NFNL_MSG_BATCH_BEGIN)];
    if there {
        steps.push(step(libc::NFT_MSG_DELTABLE, 0, &[text(1, name)]));
    }
    if !wanted.is_empty() {
        let exclusively = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        let table = [text(1, name), number(2, OWNER), value(6, comment())];
        steps.push(step(libc::NFT_MSG_NEWTABLE, exclusively, &table));
        steps.push(step(libc::NFT_MSG_NEWCHAIN, exclusively, &chain(name)));
        for kind in Kind::ALL {
            let keys: Vec<_> = wanted
                .iter()
                .filter(|target| Kind::of(target) == kind)
                .map(key)
                .collect();
            if !keys.is_empty() {
                steps.push(step(libc::NFT_MSG_NEWSET, exclusively, &set(name, kind)));
                for some in keys.chunks(ELEMENTS) {
                    let list = elements(name, kind, some);
                    steps.push(step(libc::NFT_MSG_NEWSETELEM, libc::NLM_F_CREATE, &list));
                }
            }
        }
        let appended = libc::NLM_F_CREATE | libc::NLM_F_APPEND;
        for expressions in rules(wanted) {
            let rule = [text(1, name), text(2, CHAIN), list(4, expressions)];
            steps.push(step(libc::NFT_MSG_NEWRULE, appended, &rule));
        }
    }
    steps.push(boundary(libc::NFNL_MSG_BATCH_END));
    steps
}

/// Whether this step makes the table.
pub(super) fn makes_the_table(step: &Step) -> bool {
    step.kind == message(libc::NFT_MSG_NEWTABLE)
}

fn chain(table: &str) -> [DefaultNla; 5] {
    let hook = [number(1, NF_INET_LOCAL_IN), number(2, PRIORITY as u32)];
    [
        text(1, table),
        text(3, CHAIN),
        nested(4, &hook),
        number(5, NF_ACCEPT),
        text(7, "filter"),
    ]
}

fn set(table: &str, kind: Kind) -> [DefaultNla; 6] {
    [
        text(1, table),
        text(2, kind.name()),
        number(3, 0),
        number(4, kind.datatype()),
        number(5, kind.key_octets()),
        number(10, kind.id()),
    ]
}

fn elements(table: &str, kind: Kind, keys: &[Vec<u8>]) -> [DefaultNla; 4] {
    let elements = keys
        .iter()
        .map(|key| nested(1, &[nested(1, &[value(1, key.clone())])]));
    [
        text(1, table),
        text(2, kind.name()),
        list(3, elements.collect()),
        number(4, kind.id()),
    ]
}

fn key(target: &Target) -> Vec<u8> {
    let mut key = match target.address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    if let Some(interface) = &target.interface {
        key.extend_from_slice(interface.as_bytes());
        // As the kernel compares it: zeroes to the end, the last of them always.
        key.resize(size_of::<Ipv6Addr>() + NAME_OCTETS, 0);
    }
    key
}

const NF_DROP: u32 = 0;
const NF_ACCEPT: u32 = 1;
const NFPROTO_IPV4: u8 = 2;
const NFPROTO_IPV6: u8 = 10;

fn rules(wanted: &BTreeSet<Target>) -> Vec<Vec<DefaultNla>> {
    let has = |kind| wanted.iter().any(|target| Kind::of(target) == kind);
    let mut rules = Vec::new();
    if has(Kind::Ipv6) || has(Kind::LinkLocal) {
        rules.push(neighbour_discovery());
    }
    for kind in Kind::ALL.into_iter().filter(|kind| has(*kind)) {
        rules.push(drops(kind));
    }
    rules
}

/// V3-6.1-11, V3-6.4.3-05: solicitations and advertisements of neighbours are never dropped.
fn neighbour_discovery() -> Vec<DefaultNla> {
    let mut rule = only(META_NFPROTO, NFPROTO_IPV6);
    rule.extend(only(META_L4PROTO, libc::IPPROTO_ICMPV6 as u8));
    rule.push(load(BASE_TRANSPORT, 0, 1));
    // 135 and 136.
    rule.push(compare(CMP_GTE, &[135]));
    rule.push(compare(CMP_LTE, &[136]));
    rule.push(verdict(NF_ACCEPT));
    rule
}

fn drops(kind: Kind) -> Vec<DefaultNla> {
    let (family, destination_at, octets) = match kind {
        Kind::Ipv4 => (NFPROTO_IPV4, 16, size_of::<Ipv4Addr>()),
        Kind::Ipv6 | Kind::LinkLocal => (NFPROTO_IPV6, 24, size_of::<Ipv6Addr>()),
    };
    let mut rule = only(META_NFPROTO, family);
    rule.push(load(BASE_NETWORK, destination_at, octets as u32));
    if kind == Kind::LinkLocal {
        rule.push(meta(META_IIFNAME, REGISTER_BEHIND));
    }
    let lookup = [text(1, kind.name()), number(2, REGISTER), number(4, kind.id())];
    rule.push(expression("lookup", &lookup));
    rule.push(expression("counter", &[]));
    rule.push(verdict(NF_DROP));
    rule
}

fn only(key: u32, octet: u8) -> Vec<DefaultNla> {
    vec![meta(key, REGISTER), compare(CMP_EQ, &[octet])]
}

fn meta(key: u32, register: u32) -> DefaultNla {
    expression("meta", &[number(2, key), number(1, register)])
}

fn load(base: u32, offset: u32, octets: u32) -> DefaultNla {
    let what = [
        number(1, REGISTER),
        number(2, base),
        number(3, offset),
        number(4, octets),
    ];
    expression("payload", &what)
}

fn compare(operation: u32, with: &[u8]) -> DefaultNla {
    let data = nested(3, &[value(1, with.to_vec())]);
    expression("cmp", &[number(1, REGISTER), number(2, operation), data])
}

fn verdict(code: u32) -> DefaultNla {
    let data = nested(2, &[nested(2, &[number(1, code)])]);
    expression("immediate", &[number(1, libc::NFT_REG_VERDICT as u32), data])
}

fn expression(name: &str, attributes: &[DefaultNla]) -> DefaultNla {
    nested(1, &[text(1, name), nested(2, attributes)])
}

/// As user space writes comments: kind 0, the length, the text with its zero.
fn comment() -> Vec<u8> {
    let mut octets = vec![0, COMMENT.len() as u8 + 1];
    octets.extend_from_slice(COMMENT.as_bytes());
    octets.push(0);
    octets
}

fn value(kind: u16, octets: Vec<u8>) -> DefaultNla {
    DefaultNla::new(kind, octets)
}

fn text(kind: u16, text: &str) -> DefaultNla {
    let mut octets = text.as_bytes().to_vec();
    octets.push(0);
    value(kind, octets)
}

/// Numbers stand in network order here.
fn number(kind: u16, number: u32) -> DefaultNla {
    value(kind, number.to_be_bytes().to_vec())
}

fn nested(kind: u16, attributes: &[DefaultNla]) -> DefaultNla {
    value(kind | NESTED, written(attributes))
}

fn list(kind: u16, elements: Vec<DefaultNla>) -> DefaultNla {
    nested(kind, &elements)
}

fn written(attributes: &[DefaultNla]) -> Vec<u8> {
    let mut octets = vec![0; attributes.buffer_len()];
    attributes.emit(&mut octets);
    octets
}

const fn message(kind: libc::c_int) -> u16 {
    ((libc::NFNL_SUBSYS_NFTABLES << 8) | kind) as u16
}

fn step(kind: libc::c_int, flags: i32, attributes: &[DefaultNla]) -> Step {
    // nfgenmsg: family, version, resource.
    let mut payload = vec![NFPROTO_INET, 0, 0, 0];
    payload.extend(written(attributes));
    Step {
        kind: message(kind),
        flags: flags | libc::NLM_F_ACK,
        payload,
    }
}

/// The beginning or the end, which says which subsystem the messages between are for.
fn boundary(kind: libc::c_int) -> Step {
    Step {
        kind: kind as u16,
        flags: 0,
        payload: vec![0, 0, 0, libc::NFNL_SUBSYS_NFTABLES as u8],
    }
}

#[cfg(test)]
mod tests;
