//! Which interfaces of which nodes are on one network, and what each node sends from: a keepalived.conf does not say.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_core::{Family, InterfaceId, Path};
use vrrp_plan::Instance;

use super::Node;

/// The networks of a simulation.
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// Of each interface of each node.
    of: BTreeMap<(usize, String), InterfaceId>,
    /// What each node sends from, by network and family.
    sources: BTreeMap<(usize, InterfaceId, Family), IpAddr>,
    /// What was assumed, in words.
    pub(super) assumed: Vec<String>,
}

impl Networks {
    pub(super) fn of(&self, node: usize, instance: &Instance) -> InterfaceId {
        let key = (node, port(instance));
        self.of.get(&key).copied().unwrap_or(InterfaceId(1))
    }

    pub(super) fn named(&self, node: usize, interface: &str) -> Option<InterfaceId> {
        self.of.get(&(node, interface.to_owned())).copied()
    }

    /// The interfaces of a node.
    pub(super) fn names(&self, node: usize) -> impl Iterator<Item = &str> {
        let own = self.of.keys().filter(move |(other, _)| *other == node);
        own.map(|(_, name)| name.as_str())
    }

    pub(super) fn sources(&self, node: usize) -> impl Iterator<Item = (InterfaceId, IpAddr)> {
        let own = self.sources.iter().filter(move |((other, ..), _)| *other == node);
        own.map(|((_, network, _), address)| (*network, *address))
    }

    /// Interfaces are on one network where instances of one VRID and family share an address on them, or at least have
    /// one name.
    pub(super) fn find(nodes: &[Node]) -> Self {
        let ports: Vec<(usize, String)> = nodes
            .iter()
            .enumerate()
            .flat_map(|(number, node)| {
                let names: BTreeSet<String> = node.instances.iter().map(port).collect();
                names.into_iter().map(move |name| (number, name))
            })
            .collect();
        let mut of: BTreeMap<(usize, String), InterfaceId> = BTreeMap::new();
        let mut next = 1;
        for (number, port) in &ports {
            let known = of.iter().find(|((other, name), network)| {
                let taken = of
                    .iter()
                    .any(|((node, _), used)| node == number && used == *network);
                other != number && !taken && meet((nodes, *other, name), (nodes, *number, port))
            });
            let network = known.map_or_else(
                || {
                    next += 1;
                    InterfaceId(next - 1)
                },
                |(_, network)| *network,
            );
            of.insert((*number, port.clone()), network);
        }
        let mut networks = Self {
            of,
            ..Self::default()
        };
        networks.tell_partners(nodes);
        for (number, node) in nodes.iter().enumerate() {
            for instance in &node.instances {
                networks.give_source(nodes, number, instance);
            }
        }
        networks
    }

    fn tell_partners(&mut self, nodes: &[Node]) {
        let mut named: BTreeMap<InterfaceId, Vec<String>> = BTreeMap::new();
        for ((number, port), network) in &self.of {
            let node = nodes.get(*number).map_or("", |node| node.name.as_str());
            named
                .entry(*network)
                .or_default()
                .push(format!("{port} of {node}"));
        }
        for ports in named.values() {
            self.assumed.push(if ports.len() > 1 {
                format!("one network: {}", ports.join(", "))
            } else {
                format!("a network with nobody else: {}", ports.join(""))
            });
        }
    }

    fn give_source(&mut self, nodes: &[Node], number: usize, instance: &Instance) {
        let network = self.of(number, instance);
        let family = instance.service.settings.family;
        let key = (number, network, family);
        let said = instance.service.source.or(local(instance));
        if let Some(said) = said {
            let _before = self.sources.insert(key, said);
            return;
        }
        if self.sources.contains_key(&key) {
            return;
        }
        let name = nodes.get(number).map_or("", |node| node.name.as_str());
        let source = match meant(nodes, number, instance) {
            Some(meant) => meant,
            None => {
                let source = invented(family, network, number);
                self.assumed.push(format!(
                    "{name} sends from {source} on {} (its file does not say; of equal priorities the higher address wins)",
                    port(instance)
                ));
                source
            }
        };
        let _before = self.sources.insert(key, source);
    }
}

/// What a node calls the interface; unicast may do without.
fn port(instance: &Instance) -> String {
    let name = instance.service.interface.clone();
    name.unwrap_or_else(|| "unicast".to_owned())
}

type Port<'a> = (&'a [Node], usize, &'a str);

fn on<'a>((nodes, number, name): Port<'a>) -> impl Iterator<Item = &'a Instance> {
    let instances = nodes
        .get(number)
        .map_or([].as_slice(), |node| node.instances.as_slice());
    instances.iter().filter(move |instance| port(instance) == name)
}

fn meet(one: Port<'_>, other: Port<'_>) -> bool {
    let partners = || {
        on(one)
            .flat_map(move |a| on(other).map(move |b| (a, b)))
            .filter(|(a, b)| {
                let (a, b) = (&a.service.settings, &b.service.settings);
                a.vrid == b.vrid && a.family == b.family
            })
    };
    let shares = |(a, b): (&Instance, &Instance)| {
        let a = a.service.settings.addresses.iter();
        a.into_iter()
            .any(|address| b.service.settings.addresses.contains(address))
    };
    partners().any(shares) || (one.2 == other.2 && partners().next().is_some())
}

const fn local(instance: &Instance) -> Option<IpAddr> {
    match &instance.service.settings.path {
        Path::Unicast { local, .. } => *local,
        Path::Multicast { .. } => None,
    }
}

/// The address that the other nodes list as a peer, and this one does not.
fn meant(nodes: &[Node], number: usize, instance: &Instance) -> Option<IpAddr> {
    let peers = |instance: &Instance| match &instance.service.settings.path {
        Path::Unicast { peers, .. } => peers.iter().map(|peer| peer.address).collect::<Vec<_>>(),
        Path::Multicast { .. } => Vec::new(),
    };
    let own = peers(instance);
    let others = nodes.iter().enumerate().filter(|(other, _)| *other != number);
    let alike = others.flat_map(|(_, node)| &node.instances).filter(|other| {
        let (a, b) = (&other.service.settings, &instance.service.settings);
        a.vrid == b.vrid && a.family == b.family
    });
    alike.flat_map(peers).find(|address| !own.contains(address))
}

fn invented(family: Family, network: InterfaceId, number: usize) -> IpAddr {
    let host = u16::try_from(number + 1).unwrap_or(u16::MAX);
    let network = u16::try_from(network.0).unwrap_or(u16::MAX);
    match family {
        Family::Ipv4 => {
            let [_, network] = network.to_be_bytes();
            let [_, host] = host.to_be_bytes();
            IpAddr::V4(Ipv4Addr::new(198, 18, network, host))
        }
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0x51, network, host)),
    }
}
