//! The world: virtual time, everything that will happen, and everything that is.

mod faults;
mod traffic;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::{InstanceId, Instant, InterfaceId};
use vrrp_recording::Transcript;

use crate::check::Check;
use crate::client::{Client, ClientId, ClientSettings};
use crate::clock;
use crate::fabric::Fabric;
use crate::fault::{Fault, NodeId};
use crate::frame::{Datagram, Frame, Port, Target};
use crate::kernel::Job;
use crate::node::{Effects, Node, NodeSettings, Waking};
use crate::random::Random;
use crate::timeline::{Line, Timeline, What};

/// More events than this in one instant, and time does not go on: somebody asks again and again to be woken at once, which
/// in a daemon is a busy loop. 200 nodes that all speak at once are 40,000.
const AT_ONCE_MAX: u32 = 200_000;

/// What will happen.
#[derive(Debug, Clone)]
enum Event {
    Fault(Fault),
    Arrives { from: Port, to: Port, frame: Frame },
    Wakes(NodeId),
    Kernel(NodeId),
    Leftovers(NodeId),
    Asks(ClientId),
}

#[derive(Debug, Clone, Copy)]
enum Station {
    Node(NodeId, InterfaceId),
    Client(ClientId),
}

/// What an event led to.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Pretended {
    pub(crate) latest: Vec<(Option<NodeId>, What)>,
    pub(crate) left: Vec<(NodeId, InstanceId, Arc<Datagram>)>,
    pub(crate) heard: Vec<(NodeId, Arc<Datagram>)>,
}

/// An invariant was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Name of the check.
    pub check: &'static str,
    /// When it was seen.
    pub at: Instant,
    /// What is wrong.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} s: {}: {}", self.at, self.check, self.found)
    }
}

impl std::error::Error for Violation {}

/// Nodes and clients on one switch. Everything that happens has a time and a number; the same calls with the same seed
/// give the same world, octet for octet.
#[derive(Debug)]
pub struct World {
    now: Instant,
    sequence: u64,
    events: BTreeMap<(Instant, u64), Event>,
    nodes: Vec<(Port, Node)>,
    /// When each node is to wake: a wake-up that is no longer wanted finds another time here.
    wakes: Vec<Option<Instant>>,
    clients: Vec<(Port, Client)>,
    stations: Vec<Station>,
    fabric: Fabric,
    random: Random,
    checks: Vec<Box<dyn Check>>,
    timeline: Timeline,
    disturbed_at: Instant,
    /// What the latest event led to.
    latest: Vec<(Option<NodeId>, What)>,
    touched: Vec<NodeId>,
    left: Vec<(NodeId, InstanceId, Arc<Datagram>)>,
    heard: Vec<(NodeId, Arc<Datagram>)>,
}

impl World {
    /// An empty LAN. The seed decides losses, jitter and [`Waking::Anywhere`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            now: Instant::from_nanos(0),
            sequence: 0,
            events: BTreeMap::new(),
            nodes: Vec::new(),
            wakes: Vec::new(),
            clients: Vec::new(),
            stations: Vec::new(),
            fabric: Fabric::new(seed),
            random: Random::new(!seed),
            checks: Vec::new(),
            timeline: Timeline::default(),
            disturbed_at: Instant::from_nanos(0),
            latest: Vec::new(),
            touched: Vec::new(),
            left: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Adds a node; its program is not started.
    pub fn add_node(&mut self, settings: NodeSettings) -> NodeId {
        let id = NodeId(self.nodes.len());
        let mut first = None;
        for interface in settings.interfaces() {
            let port = self.fabric.attach(interface);
            self.stations.push(Station::Node(id, interface));
            first = first.or(Some(port));
        }
        let port = first.unwrap_or(Port(usize::MAX));
        self.nodes.push((port, Node::new(settings)));
        self.wakes.push(None);
        id
    }

    /// Records what the routers of a node are told and decide, from its next start on.
    ///
    /// # Panics
    /// For the id of another world.
    pub fn record(&mut self, id: NodeId) -> Arc<Transcript> {
        let settings = &mut self.nodes[id.0].1.settings;
        let transcript = Arc::new(Transcript::new(&format!("simulated node={}", settings.name)));
        settings.witness = Some(transcript.clone());
        transcript
    }

    /// Adds a client.
    pub fn add_client(&mut self, settings: ClientSettings) -> ClientId {
        let id = ClientId(self.clients.len());
        let port = self.fabric.attach(settings.segment);
        self.stations.push(Station::Client(id));
        self.schedule(clock::at(settings.begins), Event::Asks(id));
        self.clients.push((port, Client::new(settings)));
        id
    }

    /// Adds an observer that sees the world after every event.
    pub fn add_check(&mut self, check: impl Check + 'static) {
        self.checks.push(Box::new(check));
    }

    /// Lets something happen at a time since the beginning; what lies in the past happens at once.
    pub fn at(&mut self, since_start: Duration, fault: Fault) {
        self.schedule(clock::at(since_start), Event::Fault(fault));
    }

    /// Virtual time goes on to `since_start`.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn run_until(&mut self, since_start: Duration) -> Result<(), Violation> {
        let end = clock::at(since_start);
        let mut at_once = 0_u32;
        while let Some(entry) = self.events.first_entry() {
            let (at, _) = *entry.key();
            if at > end {
                break;
            }
            let event = entry.remove();
            at_once = if at > self.now { 0 } else { at_once + 1 };
            self.now = at;
            if at_once > AT_ONCE_MAX {
                return Err(Violation {
                    check: "time goes on",
                    at,
                    found: format!("more than {AT_ONCE_MAX} events in one instant, the last: {event:?}"),
                });
            }
            self.forget_latest();
            // What passes between a client and a kernel changes neither.
            let dull = match &event {
                Event::Arrives { frame, .. } => {
                    !matches!(frame, Frame::Advert(_) | Frame::Announcement { .. })
                }
                _ => false,
            };
            self.happen(event);
            if !dull {
                self.look()?;
            }
        }
        self.now = self.now.max(end);
        self.forget_latest();
        self.touched = (0..self.nodes.len()).map(NodeId).collect();
        self.look()
    }

    /// Virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// When something last happened that the group may need time to answer.
    #[must_use]
    pub const fn disturbed_at(&self) -> Instant {
        self.disturbed_at
    }

    /// Every node.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes
            .iter()
            .enumerate()
            .map(|(index, (_, node))| (NodeId(index), node))
    }

    /// One node.
    ///
    /// # Panics
    /// For the id of another world.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0].1
    }

    /// The switch port of a node's [`INTERFACE`](crate::INTERFACE).
    ///
    /// # Panics
    /// For the id of another world.
    #[must_use]
    pub fn port(&self, id: NodeId) -> Port {
        self.nodes[id.0].0
    }

    /// The port of one interface of a node, on that interface's switch; `None` where it has no such interface.
    #[must_use]
    pub fn port_on(&self, id: NodeId, interface: InterfaceId) -> Option<Port> {
        let own =
            |station: &Station| matches!(station, Station::Node(node, on) if (*node, *on) == (id, interface));
        self.stations.iter().position(own).map(Port)
    }

    /// One client.
    ///
    /// # Panics
    /// For the id of another world.
    #[must_use]
    pub fn client(&self, id: ClientId) -> &Client {
        &self.clients[id.0].1
    }

    /// Every client.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().map(|(_, client)| client)
    }

    /// The switch.
    #[must_use]
    pub const fn fabric(&self) -> &Fabric {
        &self.fabric
    }

    /// The switch, to be changed before the world begins; later a [`Fault`] does it.
    pub const fn fabric_mut(&mut self) -> &mut Fabric {
        &mut self.fabric
    }

    /// What has happened.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The nodes that the latest event touched, perhaps more than once; at the end of a run all of them. No other node
    /// can be otherwise than before.
    #[must_use]
    pub fn touched(&self) -> &[NodeId] {
        &self.touched
    }

    /// What the latest event led to, in order, for checks.
    #[must_use]
    pub fn latest(&self) -> &[(Option<NodeId>, What)] {
        &self.latest
    }

    /// The advertisements that left in the latest event, in order, for checks: of which router, and what was in them.
    #[must_use]
    pub fn left(&self) -> &[(NodeId, InstanceId, Arc<Datagram>)] {
        &self.left
    }

    /// The advertisements that programs have read and accepted in the latest event, in order, for checks.
    #[must_use]
    pub fn heard(&self) -> &[(NodeId, Arc<Datagram>)] {
        &self.heard
    }

    fn forget_latest(&mut self) {
        self.latest.clear();
        self.touched.clear();
        self.left.clear();
        self.heard.clear();
    }

    /// As if the latest event had been this: a history by hand, for the tests of checks.
    #[cfg(test)]
    pub(crate) fn pretend(&mut self, after: Duration, event: Pretended) {
        self.now = clock::after(self.now, after);
        self.latest = event.latest;
        self.touched = self.latest.iter().filter_map(|(id, _)| *id).collect();
        self.left = event.left;
        self.heard = event.heard;
        self.touched.extend(self.left.iter().map(|(id, ..)| *id));
        self.touched.extend(self.heard.iter().map(|(id, _)| *id));
    }

    /// As if an order had been taken back that the core goes on with.
    #[cfg(test)]
    pub(crate) fn forget_order(&mut self, id: NodeId) {
        self.nodes[id.0].1.forget_order();
    }

    fn schedule(&mut self, at: Instant, event: Event) {
        self.sequence += 1;
        self.events.insert((at.max(self.now), self.sequence), event);
    }

    fn look(&mut self) -> Result<(), Violation> {
        let mut checks = std::mem::take(&mut self.checks);
        let found = checks.iter_mut().find_map(|check| {
            check.look(self).map(|found| Violation {
                check: check.name(),
                at: self.now,
                found,
            })
        });
        self.checks = checks;
        found.map_or(Ok(()), Err)
    }

    fn tell(&mut self, node: Option<NodeId>, what: What) {
        let who = node
            .map_or("lan", |id| &self.nodes[id.0].1.settings.name)
            .to_owned();
        self.latest.push((node, what.clone()));
        self.timeline.add(Line {
            at: self.now,
            who,
            what,
        });
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Fault(fault) => self.befall(fault),
            Event::Arrives { from, to, frame } => self.arrive(from, to, &frame),
            Event::Wakes(id) => {
                // A wake-up that was overtaken by another is void.
                if self.wakes[id.0] == Some(self.now) {
                    self.wakes[id.0] = None;
                    self.run(id, true);
                }
            }
            Event::Kernel(id) => self.kernel_works(id),
            Event::Leftovers(id) => {
                self.nodes[id.0].1.remove_leftovers();
                self.run(id, false);
            }
            Event::Asks(id) => self.ask(id),
        }
    }

    /// The program of a node runs, where it can, and says when it wants to run again.
    fn run(&mut self, id: NodeId, tick: bool) {
        let now = self.now;
        let effects = self.nodes[id.0].1.run(now, tick);
        self.spread(id, effects);
        self.kernel_works(id);
        let wants = self.node(id).wants_to_run().map(|(earliest, at)| {
            let earliest = earliest.max(now);
            let at = at.max(now);
            match self.node(id).settings.wakes {
                Waking::InTime => at,
                Waking::Early => earliest,
                Waking::Anywhere => earliest.plus_nanos(self.random.below(at.nanos_since(earliest) + 1)),
            }
        });
        if self.wakes[id.0] != wants {
            self.wakes[id.0] = wants;
            if let Some(at) = wants {
                self.schedule(at, Event::Wakes(id));
            }
        }
    }

    fn spread(&mut self, id: NodeId, effects: Effects) {
        for line in effects.lines {
            self.tell(Some(id), line);
        }
        let left = effects.left.into_iter();
        self.left
            .extend(left.map(|(instance, datagram)| (id, instance, datagram)));
        let heard = effects.heard.into_iter();
        self.heard.extend(heard.map(|datagram| (id, datagram)));
        for (interface, frame, target) in effects.frames {
            if let Some(port) = self.port_on(id, interface) {
                self.carry(port, frame, target);
            }
        }
    }

    fn kernel_works(&mut self, id: NodeId) {
        self.touched.push(id);
        while let Some(job) = self.nodes[id.0].1.kernel_mut().done(self.now) {
            match job {
                Job::Add(address) => self.tell(Some(id), What::Added(address)),
                Job::Remove(address) => self.tell(Some(id), What::Removed(address)),
                Job::Announce(address) => {
                    self.tell(Some(id), What::Announced(address));
                    let interface = self.node(id).interface_of(&address);
                    let Some(station) = self.port_on(id, interface) else {
                        continue;
                    };
                    let frame = Frame::Announcement { address, station };
                    self.carry(station, frame, Target::Everyone);
                }
            }
        }
        if let Some(at) = self.node(id).kernel().next_at() {
            self.schedule(at, Event::Kernel(id));
        }
        if self.nodes[id.0].1.exits() {
            self.tell(Some(id), What::Exited);
        }
    }
}
