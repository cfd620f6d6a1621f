//! The same search for sync groups: two nodes with one member on each of two LANs, links that go down one by one, LANs
//! that fall apart, and everything that a small budget allows besides.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::wire::Received;
use vrrp_core::{
    Action, Announcements, Config, ConfigError, Family, GroupId, Input, InstanceId, Instant, InterfaceId,
    Interval, Link, Order, Outbox, Priority, Profile, Router, StateName, VirtualRouter, Vrid,
};

use super::graph::{Graph, Record};
use super::{Broken, Explored};
use crate::explore::Coverage;
use crate::lan;

/// Members of a node, each on a LAN of its own.
const LANS: usize = 2;
const TRAVEL_NANOS: u64 = 20_000;
/// Later than every window of the core.
const BEGINNING: Instant = Instant::from_nanos(1_000_000_000_000);

/// How many faults of each kind may happen, in every order and at every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GroupBudget {
    /// Advertisements lost on the way to one router.
    pub losses: u8,
    /// Links of one node to one LAN that go down; they may come up again at any time.
    pub cuts: u8,
    /// LANs on which the nodes do not hear each other, every carrier staying; each may heal at any time.
    pub partitions: u8,
    /// Power cuts; the node may return at any time.
    pub crashes: u8,
    /// Planned stops; the program may be started again at any time, also during the hold.
    pub stops: u8,
    /// Switchovers by an operator; they may be taken back at any time.
    pub switchovers: u8,
}

/// Nodes, and what may happen to them.
#[derive(Debug, Clone)]
pub struct GroupSetup {
    members: Vec<Vec<Config>>,
    budget: GroupBudget,
    /// Already running when the search begins.
    running: bool,
}

impl GroupSetup {
    /// `priorities[node][lan]`. On the second LAN the addresses of the nodes are ordered the other way round.
    ///
    /// # Errors
    /// Settings that contradict themselves.
    pub fn new(priorities: &[[u8; LANS]], running: bool, budget: GroupBudget) -> Result<Self, ConfigError> {
        let member = |(number, priority): (usize, &u8)| {
            let priority = Priority::new(*priority).unwrap_or(Priority::DEFAULT);
            let mut settings = lan::settings(priority, Interval::DEFAULT);
            // Repeats decide nothing and make every state many.
            settings.announcements = Announcements::of(Profile::Rfc);
            let number = u8::try_from(number).unwrap_or(0);
            settings.vrid = Vrid::new(7 + number).unwrap_or(settings.vrid);
            settings.interface = Some(InterfaceId(u64::from(number)));
            settings.build()
        };
        let node = |values: &[u8; LANS]| values.iter().enumerate().map(member).collect();
        Ok(Self {
            members: priorities.iter().map(node).collect::<Result<_, _>>()?,
            budget,
            running,
        })
    }
}

fn primary(node: usize, lan: usize) -> IpAddr {
    let number = u8::try_from(node).unwrap_or(0);
    lan::primary(Family::Ipv4, if lan == 0 { number } else { 100 - number })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Choice {
    Go,
    Lose,
    Cut(usize, usize),
    Mend(usize, usize),
    Part(usize),
    Heal(usize),
    Crash(usize),
    Stop(usize),
    Return(usize),
    Resign(usize),
    Compete(usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Packet {
    source: IpAddr,
    destination: IpAddr,
    octets: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Flight {
    at: Instant,
    to: usize,
    lan: usize,
    packet: Arc<Packet>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    router: Option<Arc<Router>>,
    stopping: bool,
    resigned: bool,
    cut: [bool; LANS],
    answers: [bool; LANS],
}

impl Node {
    fn members(&self) -> impl Iterator<Item = (InstanceId, &VirtualRouter)> {
        self.router.iter().flat_map(|router| router.iter())
    }

    fn is_well(&self) -> bool {
        self.router.is_some() && !self.stopping && self.cut == [false; LANS]
    }
}

#[derive(Debug, Clone)]
struct Situation {
    now: Instant,
    nodes: Vec<Node>,
    flights: Vec<Flight>,
    parted: [bool; LANS],
    left: GroupBudget,
}

impl Situation {
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for node in &self.nodes {
            node.router.is_some().hash(&mut hasher);
            for (_, member) in node.members() {
                member.fingerprint(self.now, &mut hasher);
            }
            (node.stopping, node.resigned, node.cut, node.answers).hash(&mut hasher);
        }
        for flight in &self.flights {
            (
                flight.at.nanos_since(self.now),
                flight.to,
                flight.lan,
                &flight.packet,
            )
                .hash(&mut hasher);
        }
        (self.parted, self.left).hash(&mut hasher);
        hasher.finish()
    }

    /// Nobody holds what it is not Active for, and where all hear each other one node that could serve does.
    fn is_settled(&self) -> bool {
        let holding = |node: &Node| {
            let mut members = node.members();
            members.any(|(_, member)| member.holds() && member.state_name() != StateName::Active)
        };
        if self.nodes.iter().any(holding) {
            return false;
        }
        let active = self.nodes.iter().filter(|node| {
            let mut members = node.members();
            members.any(|(_, member)| member.state_name() == StateName::Active)
        });
        let active = active.count();
        let able = self.nodes.iter().filter(|node| node.is_well()).count();
        let apart = self.parted.iter().any(|parted| *parted);
        if apart {
            active <= able
        } else {
            active == able.min(1)
        }
    }

    fn states(&self) -> String {
        let letters = |node: &Node| -> String {
            let letter = |(_, member): (_, &VirtualRouter)| match member.state_name() {
                StateName::Initialize if member.holds() => 'H',
                StateName::Initialize => 'I',
                StateName::Backup if member.held_back() => 'W',
                StateName::Backup => 'B',
                StateName::Active => 'A',
            };
            node.members().map(letter).collect()
        };
        self.nodes.iter().map(letters).collect::<Vec<_>>().join(" ")
    }

    fn next_deadline(&self) -> Option<(Instant, usize)> {
        let nodes = self.nodes.iter().enumerate();
        let deadlines = nodes.filter_map(|(number, node)| {
            let (_, deadline) = node.router.as_ref()?.deadline()?;
            Some((deadline.at.max(self.now), number))
        });
        deadlines.min()
    }

    fn choices(&self) -> Vec<Choice> {
        let mut out = vec![Choice::Go];
        let left = self.left;
        let arrives = self.flights.first().map(|flight| flight.at);
        let due = self.next_deadline().map(|(at, _)| at);
        if arrives.is_some_and(|at| due.is_none_or(|due| at <= due)) && left.losses > 0 {
            out.push(Choice::Lose);
        }
        for lan in 0..LANS {
            if self.parted[lan] {
                out.push(Choice::Heal(lan));
            } else if left.partitions > 0 {
                out.push(Choice::Part(lan));
            }
        }
        for (number, node) in self.nodes.iter().enumerate() {
            for lan in 0..LANS {
                if node.cut[lan] {
                    out.push(Choice::Mend(number, lan));
                } else if left.cuts > 0 {
                    out.push(Choice::Cut(number, lan));
                }
            }
            if node.router.is_none() || node.stopping {
                out.push(Choice::Return(number));
                continue;
            }
            out.extend((left.crashes > 0).then_some(Choice::Crash(number)));
            out.extend((left.stops > 0).then_some(Choice::Stop(number)));
            if node.resigned {
                out.push(Choice::Compete(number));
            } else if left.switchovers > 0 {
                out.push(Choice::Resign(number));
            }
        }
        out
    }
}

struct Step<'a> {
    setup: &'a GroupSetup,
    coverage: &'a mut Coverage,
    situation: Situation,
    out: Outbox,
}

impl Step<'_> {
    fn happen(&mut self, choice: Choice) -> Result<(), String> {
        let left = &mut self.situation.left;
        match choice {
            Choice::Go => return self.go(),
            Choice::Lose => {
                left.losses -= 1;
                let _lost = self.situation.flights.remove(0);
            }
            Choice::Part(lan) => {
                left.partitions -= 1;
                self.situation.parted[lan] = true;
                self.situation.flights.retain(|flight| flight.lan != lan);
            }
            Choice::Heal(lan) => self.situation.parted[lan] = false,
            Choice::Cut(node, lan) => {
                left.cuts -= 1;
                self.situation.nodes[node].cut[lan] = true;
                self.situation
                    .flights
                    .retain(|flight| (flight.to, flight.lan) != (node, lan));
                return self.link(node, lan);
            }
            Choice::Mend(node, lan) => {
                self.situation.nodes[node].cut[lan] = false;
                return self.link(node, lan);
            }
            Choice::Crash(node) => {
                left.crashes -= 1;
                self.turn_off(node);
            }
            Choice::Stop(node) => {
                left.stops -= 1;
                self.situation.nodes[node].stopping = true;
                return self.each(node, Input::Stop);
            }
            Choice::Resign(node) => {
                left.switchovers -= 1;
                self.situation.nodes[node].resigned = true;
                return self.input(node, 0, Input::Order(Order::Resign));
            }
            Choice::Compete(node) => {
                self.situation.nodes[node].resigned = false;
                return self.input(node, 0, Input::Order(Order::Compete));
            }
            Choice::Return(node) => return self.start(node),
        }
        Ok(())
    }

    fn go(&mut self) -> Result<(), String> {
        let arrives = self.situation.flights.first().map(|flight| flight.at);
        let due = self.situation.next_deadline();
        match (arrives, due) {
            (Some(at), due) if due.is_none_or(|(due, _)| at <= due) => {
                let flight = self.situation.flights.remove(0);
                self.situation.now = at;
                self.hear(&flight)
            }
            (_, Some((at, node))) => {
                self.situation.now = at;
                self.with(node, |router, now, out| router.tick(now, out))
            }
            (_, None) => Ok(()),
        }
    }

    fn hear(&mut self, flight: &Flight) -> Result<(), String> {
        let packet = &flight.packet;
        let received = Received {
            interface: Some(InterfaceId(u64::try_from(flight.lan).unwrap_or(0))),
            source: packet.source,
            destination: Some(packet.destination),
            hop_limit: Some(255),
            message: &packet.octets,
        };
        self.with(flight.to, |router, now, out| {
            let _refused_is_counted = router.receive(now, &received, out);
        })
    }

    fn start(&mut self, node: usize) -> Result<(), String> {
        if self.situation.nodes[node].router.is_none() {
            let mut router = Router::new();
            let mut ids = Vec::new();
            for config in &self.setup.members[node] {
                ids.push(router.add(config.clone()).map_err(|error| error.to_string())?);
            }
            let _first: GroupId = router.group(self.situation.now, &ids, &mut self.out);
            self.situation.nodes[node].router = Some(Arc::new(router));
            for lan in 0..LANS {
                self.link(node, lan)?;
            }
        }
        self.situation.nodes[node].stopping = false;
        self.each(node, Input::Start)
    }

    fn turn_off(&mut self, node: usize) {
        let cut = self.situation.nodes[node].cut;
        self.situation.nodes[node] = Node {
            cut,
            ..Node::default()
        };
        self.situation.flights.retain(|flight| flight.to != node);
    }

    fn link(&mut self, node: usize, lan: usize) -> Result<(), String> {
        let link = Link {
            up: !self.situation.nodes[node].cut[lan],
            primary: Some(primary(node, lan)),
        };
        self.input(node, lan, Input::Link(link))
    }

    fn each(&mut self, node: usize, input: Input) -> Result<(), String> {
        (0..LANS).try_for_each(|lan| self.input(node, lan, input))
    }

    fn input(&mut self, node: usize, lan: usize, input: Input) -> Result<(), String> {
        self.with(node, |router, now, out| {
            let id = router.iter().nth(lan).map(|(id, _)| id);
            if let Some(id) = id {
                router.handle(now, id, input, out);
            }
        })
    }

    /// One call of the core, all that it asks for, and what must hold behind every call.
    fn with(
        &mut self,
        node: usize,
        call: impl FnOnce(&mut Router, Instant, &mut Outbox),
    ) -> Result<(), String> {
        let now = self.situation.now;
        let Some(router) = &mut self.situation.nodes[node].router else {
            return Ok(());
        };
        call(Arc::make_mut(router), now, &mut self.out);
        let actions = self.out.drain().collect::<Vec<_>>();
        for (id, action) in actions {
            self.carry_out(node, id, action);
        }
        self.check(node)
    }

    fn carry_out(&mut self, node: usize, id: InstanceId, action: Action) {
        let lan = usize::try_from(id.0).unwrap_or(0);
        match action {
            Action::Send(draft) => self.send(node, lan, id, draft),
            Action::HoldAddresses => self.situation.nodes[node].answers[lan] = true,
            Action::ReleaseAddresses => self.situation.nodes[node].answers[lan] = false,
            Action::Report(vrrp_core::Report::Transition(transition)) => {
                self.coverage.transition(&transition);
            }
            Action::AnnounceAddresses { .. } | Action::RouterAdvertisements { .. } | Action::Report(_) => {}
        }
    }

    fn send(&mut self, node: usize, lan: usize, id: InstanceId, draft: vrrp_core::Draft) {
        let situation = &mut self.situation;
        if situation.nodes[node].cut[lan] || situation.parted[lan] {
            return;
        }
        let Some(router) = &mut situation.nodes[node].router else {
            return;
        };
        let Some(sealed) = Arc::make_mut(router).seal(id, draft, None) else {
            return;
        };
        let mut buffer = [0; 64];
        let (Some(source), destination) = (sealed.source(), Family::Ipv4.group()) else {
            return;
        };
        let Some(octets) = sealed.encode(destination, &mut buffer) else {
            return;
        };
        let packet = Arc::new(Packet {
            source,
            destination,
            octets: buffer[..octets].to_vec(),
        });
        let at = situation.now.plus_nanos(TRAVEL_NANOS);
        for to in (0..situation.nodes.len()).filter(|to| *to != node) {
            let there = &situation.nodes[to];
            if there.router.is_some() && !there.cut[lan] {
                let packet = Arc::clone(&packet);
                situation.flights.push(Flight { at, to, lan, packet });
            }
        }
    }

    fn check(&mut self, number: usize) -> Result<(), String> {
        let node = &mut self.situation.nodes[number];
        let mut active = 0;
        for (lan, (_, member)) in node.members().enumerate() {
            active += usize::from(member.state_name() == StateName::Active);
            if member.holds() != node.answers[lan] {
                return Err(format!(
                    "node {number}: the addresses on LAN {lan} do not follow the state"
                ));
            }
        }
        if active != 0 && active != LANS {
            return Err(format!("node {number}: {active} of {LANS} members are Active"));
        }
        let quiet = node
            .members()
            .all(|(_, member)| !member.holds() && member.deadline().is_none());
        if node.stopping && quiet {
            self.turn_off(number);
        }
        Ok(())
    }
}

fn take(
    setup: &GroupSetup,
    before: &Situation,
    choice: Choice,
    coverage: &mut Coverage,
) -> Result<Situation, String> {
    let mut step = Step {
        setup,
        coverage,
        situation: before.clone(),
        out: Outbox::new(),
    };
    step.happen(choice)?;
    Ok(step.situation)
}

/// Visits every situation: in none of them are some members of a node Active and others not, nor do addresses and states
/// differ; and from each of them, when nothing more goes wrong, the nodes come to rest and stay so: one of those that can
/// serve both LANs serves both, where the LANs are whole.
///
/// # Errors
/// The first violation with the shortest way to it, or more than `states_max` states.
pub fn explore(setup: &GroupSetup, states_max: usize) -> Result<Explored, Broken> {
    let mut coverage = Coverage::default();
    let mut first = Situation {
        now: BEGINNING,
        nodes: vec![Node::default(); setup.members.len()],
        flights: Vec::new(),
        parted: [false; LANS],
        left: setup.budget,
    };
    let broken = |found: String| Broken {
        found,
        path: Vec::new(),
    };
    for node in 0..setup.members.len() {
        if setup.running {
            first = take(setup, &first, Choice::Return(node), &mut coverage).map_err(broken)?;
        }
    }
    let mut graph = Graph::<Choice>::default();
    let mut known: HashMap<u64, u32> = HashMap::from([(first.fingerprint(), 0)]);
    let mut steps = 0_u64;
    let start = first.clone();
    let mut frontier = VecDeque::from([(graph.add(Record::of(first.is_settled(), 0, Choice::Go)), first)]);
    while let Some((index, situation)) = frontier.pop_front() {
        for choice in situation.choices() {
            steps += 1;
            let next = take(setup, &situation, choice, &mut coverage).map_err(|found| Broken {
                found,
                path: path(setup, &start, &graph, index, Some(choice)),
            })?;
            let fresh = u32::try_from(graph.len()).unwrap_or(u32::MAX);
            let to = *known.entry(next.fingerprint()).or_insert(fresh);
            if choice == Choice::Go {
                graph.goes(index, to, next.now.since(situation.now));
            }
            if to == fresh {
                if graph.len() >= states_max {
                    return Err(broken(format!("more than {states_max} states")));
                }
                frontier.push_back((graph.add(Record::of(next.is_settled(), index, choice)), next));
            }
        }
    }
    let longest_convergence: Duration =
        graph
            .longest_convergence()
            .map(|(longest, _)| longest)
            .map_err(|from| Broken {
                found: "never comes to rest".to_owned(),
                path: path(setup, &start, &graph, from, None),
            })?;
    Ok(Explored {
        states: graph.len(),
        steps,
        longest_convergence,
        coverage,
    })
}

fn path(
    setup: &GroupSetup,
    start: &Situation,
    graph: &Graph<Choice>,
    to: u32,
    then: Option<Choice>,
) -> Vec<String> {
    let mut situation = start.clone();
    let mut lines = Vec::new();
    let mut ignored = Coverage::default();
    for choice in graph.way_to(to).into_iter().chain(then) {
        match take(setup, &situation, choice, &mut ignored) {
            Ok(next) => situation = next,
            Err(_) => break,
        }
        lines.push(format!(
            "{} s  {choice:<14?} {}",
            situation.now,
            situation.states()
        ));
    }
    lines
}
