//! The same search for sync groups: two nodes with one member on each of two LANs, links that go down one by one, LANs
//! that fall apart, and everything that a small budget allows besides.

pub mod library;
mod situation;
mod step;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{
    Announcements, Config, ConfigError, Family, Instant, InterfaceId, Interval, Priority, Profile, Vrid,
};

use super::graph::{Graph, Record};
use super::{Broken, Explored};
use crate::explore::Coverage;
use crate::lan;
use situation::{Choice, Node, Situation};
use step::take;

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
