//! The firewall rules without which advertisements do not arrive, in the words of nft and of iptables.
//!
//! A packet filter that drops protocol 112 is the commonest reason for two Active routers, and nothing on the wire tells.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// How one instance hears its peers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hears {
    /// The group, on an interface.
    Group { interface: String, group: IpAddr },
    /// One peer.
    Peer { source: IpAddr },
}

/// One line of text per rule: how to let the packets in, each once however many instances need it.
pub(crate) fn rules(hears: impl IntoIterator<Item = Hears>) -> Vec<String> {
    let each: BTreeSet<Hears> = hears.into_iter().collect();
    each.iter().map(rule).collect()
}

fn rule(hears: &Hears) -> String {
    let (nft, plain) = match hears {
        Hears::Group { interface, group } => (
            format!("iifname \"{interface}\" {} daddr {group}", family(group)),
            format!("{} -I INPUT -i {interface} -d {group}", program(group)),
        ),
        Hears::Peer { source } => (
            format!("{} saddr {source}", family(source)),
            format!("{} -I INPUT -s {source}", program(source)),
        ),
    };
    let word = match hears {
        Hears::Group { group: address, .. } | Hears::Peer { source: address } => match address {
            IpAddr::V4(_) => "ip protocol 112",
            IpAddr::V6(_) => "meta l4proto 112",
        },
    };
    format!("nft: {nft} {word} accept   iptables: {plain} -p 112 -j ACCEPT")
}

fn family(address: &IpAddr) -> &'static str {
    if address.is_ipv4() { "ip" } else { "ip6" }
}

fn program(address: &IpAddr) -> &'static str {
    if address.is_ipv4() {
        "iptables"
    } else {
        "ip6tables"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_per_group_and_peer() {
        let eth1 = || Hears::Group {
            interface: "eth1".into(),
            group: "224.0.0.18".parse().unwrap(),
        };
        let peer = Hears::Peer {
            source: "2001:db8::2".parse().unwrap(),
        };
        assert_eq!(
            rules([eth1(), peer, eth1()]),
            [
                "nft: iifname \"eth1\" ip daddr 224.0.0.18 ip protocol 112 accept   iptables: iptables -I INPUT -i eth1 -d 224.0.0.18 -p 112 -j ACCEPT",
                "nft: ip6 saddr 2001:db8::2 meta l4proto 112 accept   iptables: ip6tables -I INPUT -s 2001:db8::2 -p 112 -j ACCEPT",
            ]
        );
    }
}
