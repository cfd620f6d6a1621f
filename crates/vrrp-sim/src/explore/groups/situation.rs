//! What is, between two events, and what may happen next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use vrrp_core::{InstanceId, Instant, Router, StateName, VirtualRouter};

use super::{GroupBudget, LANS};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Choice {
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
pub(super) struct Packet {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) octets: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) at: Instant,
    pub(super) to: usize,
    pub(super) lan: usize,
    pub(super) packet: Arc<Packet>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) router: Option<Arc<Router>>,
    pub(super) stopping: bool,
    pub(super) resigned: bool,
    pub(super) cut: [bool; LANS],
    pub(super) answers: [bool; LANS],
}

impl Node {
    pub(super) fn members(&self) -> impl Iterator<Item = (InstanceId, &VirtualRouter)> {
        self.router.iter().flat_map(|router| router.iter())
    }

    pub(super) fn is_well(&self) -> bool {
        self.router.is_some() && !self.stopping && self.cut == [false; LANS]
    }
}

#[derive(Debug, Clone)]
pub(super) struct Situation {
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    pub(super) flights: Vec<Flight>,
    pub(super) parted: [bool; LANS],
    pub(super) left: GroupBudget,
}

impl Situation {
    pub(super) fn fingerprint(&self) -> u64 {
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
    pub(super) fn is_settled(&self) -> bool {
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

    pub(super) fn states(&self) -> String {
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

    pub(super) fn next_deadline(&self) -> Option<(Instant, usize)> {
        let nodes = self.nodes.iter().enumerate();
        let deadlines = nodes.filter_map(|(number, node)| {
            let (_, deadline) = node.router.as_ref()?.deadline()?;
            Some((deadline.at.max(self.now), number))
        });
        deadlines.min()
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
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
