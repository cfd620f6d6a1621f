//! What a choice does, with a perfect executor that holds the core to its promises.

use std::sync::Arc;

use vrrp_core::wire::Received;
use vrrp_core::{
    Action, Draft, Family, GroupId, Input, InstanceId, Instant, InterfaceId, Link, Order, Outbox, Report,
    Router, StateName,
};

use super::situation::{Choice, Flight, Node, Packet, Situation};
use super::{GroupSetup, LANS, TRAVEL_NANOS, primary};
use crate::explore::Coverage;

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
            Action::Report(Report::Transition(transition)) => {
                self.coverage.transition(&transition);
            }
            Action::AnnounceAddresses { .. } | Action::RouterAdvertisements { .. } | Action::Report(_) => {}
        }
    }

    fn send(&mut self, node: usize, lan: usize, id: InstanceId, draft: Draft) {
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

pub(super) fn take(
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
