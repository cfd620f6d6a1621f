//! From configurations and a situation to a world.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_core::{Health, StateName, TrackerId};
use vrrp_plan::Tracked;
use vrrp_sim::scenario::{Happening, Happens, Situation};
use vrrp_sim::{ClientSettings, Fault, NodeId, NodeSettings, World};

use super::network::Networks;
use super::{Node, conf};

/// Who is Active is asked after so long, when everything has settled.
const SETTLED: Duration = Duration::from_secs(9);
/// A client asks as often as this.
const ASKS_EVERY: Duration = Duration::from_millis(1);

/// The nodes on their networks, a client for each address, nothing happening but their start.
pub(super) fn quiet(
    nodes: &[Node],
    networks: &Networks,
    seed: u64,
    situation: &Situation,
) -> Result<World, String> {
    let mut world = World::new(seed);
    world.fabric_mut().set_usual(situation.network);
    for (number, node) in nodes.iter().enumerate() {
        let mut routers = Vec::new();
        for instance in &node.instances {
            let mut settings = conf::settings(instance);
            settings.interface = Some(networks.of(number, instance));
            let config = settings.build();
            let config = config.map_err(|error| format!("{}: {}: {error}", instance.place, instance.name))?;
            routers.push(config);
        }
        let sources: Vec<_> = networks.sources(number).collect();
        let Some((_, primary)) = sources.first().copied() else {
            return Err(format!("{}: there is no interface to send from", node.file));
        };
        let mut built = NodeSettings::new(&node.name, primary, routers);
        // Whatever is said of the first interface is said again, by its number.
        built.others = sources;
        built.names = node
            .instances
            .iter()
            .map(|instance| instance.name.clone())
            .collect();
        built.groups = groups(node);
        built.hears_announcements = true;
        let id = world.add_node(built);
        world.at(Duration::ZERO, Fault::Start(id));
    }
    let begins = begins(nodes);
    for (number, node) in nodes.iter().enumerate() {
        for instance in &node.instances {
            let segment = networks.of(number, instance);
            let settings = &instance.service.settings;
            for address in settings.addresses.iter().chain(&settings.held_only) {
                let known = world.clients().any(|client| {
                    client.settings().target == *address && client.settings().segment == segment
                });
                if !known {
                    let mut client = ClientSettings::new(&format!("client of {address}"), *address, begins);
                    client.segment = segment;
                    client.every = ASKS_EVERY;
                    world.add_client(client);
                }
            }
        }
    }
    Ok(world)
}

/// Numbers of the members of each sync group.
fn groups(node: &Node) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, instance) in node.instances.iter().enumerate() {
        if let Some(group) = &instance.service.group {
            groups.entry(group).or_default().push(number);
        }
    }
    groups.into_values().collect()
}

/// Clients begin when somebody must be Active: the longest wait of all, and what the files let it be longer.
fn begins(nodes: &[Node]) -> Duration {
    let instances = nodes.iter().flat_map(|node| &node.instances);
    let longest = instances.map(|instance| {
        let s = &instance.service.settings;
        Duration::from_nanos(s.start_delay_nanos)
            + Duration::from_nanos(s.interval.nanos()) * u32::from(s.down_adverts + 1)
    });
    longest.max().unwrap_or_default()
}

/// The node that is Active with the first address once all have started, and the one that follows it in rank.
fn roles(
    nodes: &[Node],
    networks: &Networks,
    situation: &Situation,
) -> Result<(usize, Option<usize>), String> {
    let mut world = quiet(nodes, networks, 1, situation)?;
    world.fabric_mut().set_usual(vrrp_sim::Way::default());
    let settled = SETTLED.max(begins(nodes) * 2);
    world
        .run_until(settled)
        .map_err(|violation| violation.to_string())?;
    let is_active = |id: &NodeId| {
        let mut routers = world.node(*id).routers();
        routers.any(|router| router.state_name() == StateName::Active)
    };
    let ids: Vec<NodeId> = world.nodes().map(|(id, _)| id).collect();
    let active = ids.iter().position(is_active);
    let active = active.ok_or_else(|| format!("nobody is Active {} s after the start", settled.as_secs()))?;
    let rank = |number: &usize| {
        let instances = nodes.get(*number).and_then(|node| node.instances.first());
        instances.map(|instance| instance.service.settings.priority)
    };
    let next = (0..nodes.len())
        .filter(|number| *number != active)
        .max_by_key(rank);
    Ok((active, next))
}

/// Everything that happens, in the world's own terms.
pub(super) fn faults(
    nodes: &[Node],
    networks: &Networks,
    situation: &Situation,
) -> Result<Vec<(Duration, Fault)>, String> {
    let words = format!("{situation:?}");
    let roles = if words.contains("\"@") {
        Some(roles(nodes, networks, situation)?)
    } else {
        None
    };
    let cast = Cast {
        nodes,
        networks,
        roles,
    };
    let mut all = Vec::new();
    for happening in &situation.events {
        let faults = cast.faults(happening);
        let faults = faults.map_err(|found| format!("{}:{}: {found}", situation.name, happening.line))?;
        all.extend(
            faults
                .into_iter()
                .map(|(after, fault)| (happening.at + after, fault)),
        );
    }
    Ok(all)
}

struct Cast<'a> {
    nodes: &'a [Node],
    networks: &'a Networks,
    roles: Option<(usize, Option<usize>)>,
}

type Faults = Vec<(Duration, Fault)>;

impl Cast<'_> {
    /// Numbers of the nodes that a name means.
    fn who(&self, name: &str) -> Result<Vec<usize>, String> {
        let all = 0..self.nodes.len();
        let (active, backup) = self.roles.unwrap_or((0, None));
        let found = match name {
            "@active" => vec![active],
            "@backup" => backup.into_iter().collect(),
            "@others" => all.filter(|number| *number != active).collect(),
            name => all
                .filter(|number| self.nodes.get(*number).is_some_and(|node| node.name == name))
                .collect(),
        };
        if found.is_empty() {
            let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
            return Err(format!("there is no node {name}; there are {}", names.join(", ")));
        }
        Ok(found)
    }

    fn one(&self, name: &str) -> Result<usize, String> {
        match self.who(name)?.as_slice() {
            [one] => Ok(*one),
            _ => Err(format!("{name} is more than one node")),
        }
    }

    fn faults(&self, happening: &Happening) -> Result<Faults, String> {
        let node = |name: &str| self.one(name).map(NodeId);
        let fault = match &happening.what {
            Happens::Start(name) => Fault::Start(node(name)?),
            Happens::Stop(name) => Fault::Stop(node(name)?),
            Happens::PowerCut(name) => Fault::PowerCut(node(name)?),
            Happens::Kill(name) => Fault::Kill(node(name)?),
            Happens::Stall(name, lasts) => Fault::Stall(node(name)?, *lasts),
            Happens::SendFails(name, lasts) => Fault::SendFails(node(name)?, *lasts),
            Happens::AddressesFail(name, lasts) => Fault::AddressesFail(node(name)?, *lasts),
            Happens::Order(name, order) => Fault::Order(node(name)?, *order),
            Happens::Link { node, interface, up } => return self.link(node, interface.as_deref(), *up),
            Happens::Check { node, check, health } => return self.check(node, check.as_deref(), *health),
            Happens::Partition(sides) => {
                let mut members = Vec::new();
                for (side, names) in (0_u8..).zip(sides) {
                    for name in names {
                        members.extend(self.who(name)?.into_iter().map(|number| (NodeId(number), side)));
                    }
                }
                Fault::Partition(members)
            }
            Happens::Heal => Fault::Heal,
            Happens::Way(from, to, way) => Fault::Way(node(from)?, node(to)?, *way),
            Happens::Ways(way) => Fault::Ways(*way),
        };
        Ok(vec![(Duration::ZERO, fault)])
    }

    fn link(&self, name: &str, interface: Option<&str>, up: bool) -> Result<Faults, String> {
        let number = self.one(name)?;
        let id = NodeId(number);
        let fault = if up {
            Fault::LinkUp(id)
        } else {
            Fault::LinkDown(id)
        };
        let mut faults = Vec::new();
        match interface {
            None => faults.push((Duration::ZERO, fault)),
            Some(interface) => match self.networks.named(number, interface) {
                Some(network) => faults.push((Duration::ZERO, Fault::On(network, Box::new(fault)))),
                None if self.follow(number, interface).next().is_none() => {
                    let names: Vec<&str> = self.networks.names(number).collect();
                    return Err(format!(
                        "{name} has no interface {interface}; simulated are {}",
                        names.join(", ")
                    ));
                }
                None => {}
            },
        }
        let health = if up { Health::Up } else { Health::Down };
        for name in interface.map_or_else(|| self.networks.names(number).collect(), |name| vec![name]) {
            faults.extend(
                self.follow(number, name)
                    .map(|(index, tracker)| (Duration::ZERO, Fault::HealthOf(id, index, tracker, health))),
            );
        }
        Ok(faults)
    }

    /// Trackers that follow an interface.
    fn follow<'b>(
        &'b self,
        number: usize,
        interface: &'b str,
    ) -> impl Iterator<Item = (usize, TrackerId)> + 'b {
        let instances = self
            .nodes
            .get(number)
            .map_or([].as_slice(), |node| node.instances.as_slice());
        instances.iter().enumerate().flat_map(move |(index, instance)| {
            let ids = (0_u16..).map(TrackerId).zip(&instance.tracked);
            ids.filter(move |(_, tracked)| matches!(tracked, Tracked::Interface(name) if name == interface))
                .map(move |(id, _)| (index, id))
        })
    }

    fn check(&self, name: &str, check: Option<&str>, health: Health) -> Result<Faults, String> {
        let number = self.one(name)?;
        let Some(node) = self.nodes.get(number) else {
            return Err(format!("there is no node {name}"));
        };
        let chosen: Vec<_> = node
            .checks
            .iter()
            .enumerate()
            .filter(|(place, known)| {
                check.is_none_or(|check| known.name == check || place.to_string() == check)
            })
            .collect();
        if chosen.is_empty() {
            let names: Vec<&str> = node.checks.iter().map(|check| check.name.as_str()).collect();
            let known = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            let wanted = check.map_or_else(|| "no check".to_owned(), |check| format!("no check {check}"));
            return Err(format!(
                "{} has {wanted} (a vrrp_script that a vrrp_instance tracks); it has {known}",
                node.name
            ));
        }
        let mut faults = Vec::new();
        for (_, check) in chosen {
            let after = conf::known_after(check, health == Health::Down);
            for (index, instance) in node.instances.iter().enumerate() {
                for tracker in instance.following(&Tracked::Check(check.name.clone())) {
                    faults.push((after, Fault::HealthOf(NodeId(number), index, tracker, health)));
                }
            }
        }
        Ok(faults)
    }
}
