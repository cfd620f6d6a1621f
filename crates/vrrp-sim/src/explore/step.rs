//! From one situation to the next: what may happen, and what it does.

use std::net::IpAddr;
use std::sync::Arc;

use vrrp_core::wire::Received;
use vrrp_core::{
    Action, Actions, Family, Health, Input, Instant, Link, Order, Report, StateName, TrackerId, VirtualRouter,
};

use super::Setup;
use super::coverage::Coverage;
use super::situation::{Away, Flight, Packet, Place, Situation};
use crate::node::INTERFACE;
use crate::{clock, lan};

/// What a switch and two stacks need.
const TRAVEL_NANOS: u64 = 20_000;
/// Ticks in a row that may be due at one instant.
const TICKS_MAX: u8 = 4;

/// One thing that can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The next event happens as it should.
    Go,
    /// The next packet is lost.
    Lose,
    /// The next packet comes later.
    Delay,
    /// A node that is off, stopping, failed or resigned is as it was meant to be.
    Return(u8),
    /// Its power is cut.
    Crash(u8),
    /// Its program is asked to stop.
    Stop(u8),
    /// Its program does not run for a while.
    Stall(u8),
    /// An operator moves the address away from it.
    Resign(u8),
    /// Its gate fails.
    Fail(u8),
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Arrives,
    Wakes(usize),
    Ticks(usize),
}

/// Everything that can happen in this situation.
pub(super) fn choices(setup: &Setup, situation: &Situation, out: &mut Vec<Choice>) {
    out.clear();
    let left = situation.left;
    if let Some((_, event)) = next_event(situation) {
        out.push(Choice::Go);
        if let (Event::Arrives, Some(flight)) = (event, situation.flights.first()) {
            out.extend((left.losses > 0).then_some(Choice::Lose));
            out.extend((left.delays > 0 && !flight.late).then_some(Choice::Delay));
        }
    }
    for (number, place) in (0_u8..).zip(&situation.places) {
        let runs = place.away.is_none() && place.stalled_until.is_none();
        if !runs || place.resigned || place.failed {
            let stalled = place.stalled_until.is_some();
            out.extend((!stalled).then_some(Choice::Return(number)));
        }
        if place.router.is_some() {
            out.extend((left.crashes > 0).then_some(Choice::Crash(number)));
        }
        if runs {
            out.extend((left.stops > 0).then_some(Choice::Stop(number)));
            out.extend((left.stalls > 0).then_some(Choice::Stall(number)));
            let active = place
                .router
                .as_ref()
                .is_some_and(|router| router.state_name() == StateName::Active);
            out.extend((left.switchovers > 0 && active && !place.resigned).then_some(Choice::Resign(number)));
            let gated = setup
                .routers
                .get(usize::from(number))
                .is_some_and(|config| !config.trackers.is_empty());
            out.extend((left.failures > 0 && gated && !place.failed).then_some(Choice::Fail(number)));
        }
    }
}

/// The earliest event; packets before ticks, as a driver has it (PRJ-TIME-04).
fn next_event(situation: &Situation) -> Option<(Instant, Event)> {
    let mut next = situation
        .flights
        .first()
        .map(|flight| (flight.at, Event::Arrives));
    for (number, place) in situation.places.iter().enumerate() {
        let Some(router) = &place.router else {
            continue;
        };
        let event = match (place.stalled_until, router.deadline()) {
            (Some(until), _) => (until, Event::Wakes(number)),
            (None, Some(deadline)) => (deadline.at.max(situation.now), Event::Ticks(number)),
            (None, None) => continue,
        };
        if next.is_none_or(|(at, _)| event.0 < at) {
            next = Some(event);
        }
    }
    next
}

/// What happens, in words.
pub(super) fn words(situation: &Situation, choice: Choice) -> String {
    let name = |number: u8| char::from(b'a'.saturating_add(number));
    match choice {
        Choice::Go => match next_event(situation) {
            Some((_, Event::Arrives)) => words_of_packet(situation, "heard"),
            Some((_, Event::Wakes(number))) => format!("{} wakes", name(u8::try_from(number).unwrap_or(0))),
            Some((_, Event::Ticks(number))) => {
                format!("{}: a deadline", name(u8::try_from(number).unwrap_or(0)))
            }
            None => "nothing".to_owned(),
        },
        Choice::Lose => words_of_packet(situation, "lost"),
        Choice::Delay => words_of_packet(situation, "delayed"),
        Choice::Return(number) => format!("{} is started, or well again", name(number)),
        Choice::Crash(number) => format!("{}: power cut", name(number)),
        Choice::Stop(number) => format!("{}: planned stop", name(number)),
        Choice::Stall(number) => format!("{}: stalled", name(number)),
        Choice::Resign(number) => format!("{}: switchover", name(number)),
        Choice::Fail(number) => format!("{}: its check fails", name(number)),
    }
}

fn words_of_packet(situation: &Situation, fate: &str) -> String {
    situation.flights.first().map_or_else(String::new, |flight| {
        let to = char::from(b'a'.saturating_add(u8::try_from(flight.to).unwrap_or(0)));
        // The third octet of either version is the priority.
        let priority = flight.packet.octets.get(2).copied().unwrap_or_default();
        format!("priority {priority} from {} {fate} by {to}", flight.packet.source)
    })
}

/// What follows from a choice, or which invariant it breaks.
pub(super) fn take(
    setup: &Setup,
    before: &Situation,
    choice: Choice,
    coverage: &mut Coverage,
) -> Result<Situation, String> {
    let mut step = Step {
        setup,
        coverage,
        situation: before.clone(),
    };
    step.happen(choice)?;
    let after = step.situation;
    let owes =
        setup.serves_through_changes && after.places.iter().any(|place| place.heir && place.takes_part());
    if after.all_planned && before.somebody_answers() && !after.somebody_answers() && owes {
        return Err("nobody answers, though nothing but planned changes happened".to_owned());
    }
    Ok(after)
}

struct Step<'a> {
    setup: &'a Setup,
    coverage: &'a mut Coverage,
    situation: Situation,
}

impl Step<'_> {
    fn happen(&mut self, choice: Choice) -> Result<(), String> {
        let now = self.situation.now;
        if let Choice::Stop(number) | Choice::Resign(number) | Choice::Fail(number) = choice
            && !self.is_quiet(usize::from(number))
        {
            // One change at a time costs the client nothing; two within one flight of a packet may: what a rival said
            // before it heard of the first is then taken for the word of a successor.
            self.unplanned();
        }
        match choice {
            Choice::Go => self.go(),
            Choice::Lose => {
                self.situation.left.losses -= 1;
                self.unplanned();
                self.arrival();
                Ok(())
            }
            Choice::Delay => {
                self.situation.left.delays -= 1;
                self.unplanned();
                if let Some(flight) = self.arrival() {
                    let at = clock::after(flight.at, self.setup.delay);
                    self.depart(Flight {
                        at,
                        late: true,
                        ..flight
                    });
                }
                Ok(())
            }
            Choice::Return(number) => self.restore(usize::from(number)),
            Choice::Crash(number) => {
                self.situation.left.crashes -= 1;
                self.unplanned();
                self.turn_off(usize::from(number));
                Ok(())
            }
            Choice::Stop(number) => {
                self.situation.left.stops -= 1;
                self.place(number).away = Some(Away::Stopping);
                self.input(usize::from(number), Input::Stop)
            }
            Choice::Stall(number) => {
                self.situation.left.stalls -= 1;
                self.unplanned();
                self.place(number).stalled_until = Some(clock::after(now, self.setup.stall));
                Ok(())
            }
            Choice::Resign(number) => {
                self.situation.left.switchovers -= 1;
                self.place(number).resigned = true;
                self.input(usize::from(number), Input::Order(Order::Resign))
            }
            Choice::Fail(number) => {
                self.situation.left.failures -= 1;
                self.place(number).failed = true;
                self.input(usize::from(number), Input::Track(TrackerId(0), Health::Down))
            }
        }
    }

    /// The group has settled, and nothing is under way but what this node has sent.
    fn is_quiet(&self, number: usize) -> bool {
        let own = primary(self.setup, number);
        let mut others = self
            .situation
            .flights
            .iter()
            .filter(|flight| flight.packet.source != own);
        self.situation.is_settled() && others.next().is_none()
    }

    fn place(&mut self, number: u8) -> &mut Place {
        &mut self.situation.places[usize::from(number)]
    }

    fn unplanned(&mut self) {
        self.situation.all_planned = false;
    }

    fn go(&mut self) -> Result<(), String> {
        let Some((at, event)) = next_event(&self.situation) else {
            return Ok(());
        };
        self.situation.now = at;
        match event {
            Event::Arrives => match self.arrival() {
                Some(flight) if self.situation.places[flight.to].stalled_until.is_some() => {
                    self.situation.places[flight.to].socket.push(flight.packet);
                    Ok(())
                }
                Some(flight) => self.hear(flight.to, &flight.packet),
                None => Ok(()),
            },
            Event::Wakes(number) => {
                self.situation.places[number].stalled_until = None;
                let waiting = std::mem::take(&mut self.situation.places[number].socket);
                for packet in waiting {
                    self.hear(number, &packet)?;
                }
                self.tick(number)
            }
            Event::Ticks(number) => self.tick(number),
        }
    }

    /// Takes the next packet off the wire.
    fn arrival(&mut self) -> Option<Flight> {
        let some = !self.situation.flights.is_empty();
        some.then(|| self.situation.flights.remove(0))
    }

    fn depart(&mut self, flight: Flight) {
        let later = self
            .situation
            .flights
            .partition_point(|other| other.at <= flight.at);
        self.situation.flights.insert(later, flight);
    }

    fn turn_off(&mut self, number: usize) {
        self.situation.places[number] = Place::off();
        self.situation.flights.retain(|flight| flight.to != number);
    }

    fn restore(&mut self, number: usize) -> Result<(), String> {
        let place = &mut self.situation.places[number];
        match place.away.take() {
            Some(Away::Off) => {
                let router = VirtualRouter::new(self.setup.routers[number].clone());
                place.router = Some(Arc::new(router));
                let link = Link {
                    up: true,
                    primary: Some(primary(self.setup, number)),
                };
                self.input(number, Input::Link(link))?;
                self.input(number, Input::Start)
            }
            // Asked to stay during its hold (PRJ-STOP-03); without one it has ended already.
            Some(Away::Stopping) => self.input(number, Input::Start),
            None if place.failed => {
                place.failed = false;
                self.input(number, Input::Track(TrackerId(0), Health::Up))
            }
            None => {
                place.resigned = false;
                self.input(number, Input::Order(Order::Compete))
            }
        }
    }

    fn tick(&mut self, number: usize) -> Result<(), String> {
        for _ in 0..TICKS_MAX {
            self.input(number, Input::Tick)?;
            let router = self.situation.places[number].router.as_ref();
            let due = router.and_then(|router| router.deadline());
            if due.is_none_or(|deadline| deadline.at > self.situation.now) {
                return Ok(());
            }
        }
        Err(format!(
            "{TICKS_MAX} ticks at one instant do not satisfy a deadline"
        ))
    }

    fn input(&mut self, number: usize, input: Input) -> Result<(), String> {
        let now = self.situation.now;
        let Some(router) = &mut self.situation.places[number].router else {
            return Ok(());
        };
        let router = Arc::make_mut(router);
        let before = router.state_name();
        let actions = router.handle(now, input);
        self.coverage.input(before, &input);
        self.carry_out(number, before, actions)
    }

    fn hear(&mut self, number: usize, packet: &Packet) -> Result<(), String> {
        let now = self.situation.now;
        let Some(router) = &mut self.situation.places[number].router else {
            return Ok(());
        };
        let router = Arc::make_mut(router);
        let before = router.state_name();
        let received = Received {
            interface: Some(INTERFACE),
            source: packet.source,
            destination: Some(packet.destination),
            hop_limit: Some(255),
            message: &packet.octets,
        };
        let own = router.priority().get();
        let actions = router
            .receive(now, &received)
            .map_err(|reject| format!("a router of the group is not understood: {reject:?}"))?;
        let priority = packet.octets.get(2).copied().unwrap_or_default();
        self.coverage.heard(before, own, priority);
        let place = &mut self.situation.places[number];
        place.succeeded |= before == StateName::Initialize && place.answers && priority > 0;
        self.carry_out(number, before, actions)
    }

    /// Does what the core asks for, as a perfect executor, and holds the core to its promises.
    fn carry_out(&mut self, number: usize, before: StateName, actions: Actions) -> Result<(), String> {
        if actions.len() >= Actions::MAX {
            return Err(format!("a step asks for {} actions", actions.len()));
        }
        for action in actions {
            match action {
                Action::Send(draft) => {
                    let after = self.state(number);
                    let speaks = [before, after].contains(&StateName::Active);
                    if draft.priority > 0 && !speaks {
                        return Err(format!("a router in {after} sends priority {}", draft.priority));
                    }
                    if draft.priority == 0 && before != StateName::Active && after != StateName::Initialize {
                        return Err(format!("a router that was {before} says goodbye"));
                    }
                    self.send(number, draft);
                }
                Action::HoldAddresses => self.situation.places[number].answers = true,
                Action::ReleaseAddresses => self.situation.places[number].answers = false,
                Action::AnnounceAddresses { .. } if !self.situation.places[number].answers => {
                    return Err("an address is announced that is not held".to_owned());
                }
                Action::AnnounceAddresses { .. } | Action::RouterAdvertisements { .. } => {}
                Action::Report(Report::Transition(transition)) => {
                    self.coverage.transition(&transition);
                    let succeeded = std::mem::take(&mut self.situation.places[number].succeeded);
                    let owns = self.setup.routers[number].priority.get() == 255;
                    // PRJ-STOP-03: an owner that is started again is Active at once (T-I-01).
                    if succeeded && !owns && transition.to == StateName::Active {
                        return Err("the addresses are taken back from a successor".to_owned());
                    }
                }
                Action::Report(_) => {}
            }
        }
        self.settle_place(number)
    }

    fn state(&self, number: usize) -> StateName {
        let router = self.situation.places[number].router.as_ref();
        router.map_or(StateName::Initialize, |router| router.state_name())
    }

    fn settle_place(&mut self, number: usize) -> Result<(), String> {
        let place = &mut self.situation.places[number];
        let Some(router) = &place.router else {
            return Ok(());
        };
        if router.holds() != place.answers {
            return Err(format!(
                "{} and the addresses are{} there",
                router.state_name(),
                if place.answers { "" } else { " not" }
            ));
        }
        let only_holds = router.state_name() == StateName::Initialize && place.answers;
        let asked = place.away.is_some() || place.failed || place.resigned || place.succeeded;
        if only_holds && !asked {
            return Err("a router that may take part only holds its addresses".to_owned());
        }
        place.heir &= router.state_name() == StateName::Backup;
        let done = !router.holds() && router.deadline().is_none();
        if place.away == Some(Away::Stopping) && done {
            // The program has ended.
            self.turn_off(number);
        }
        Ok(())
    }

    fn send(&mut self, number: usize, draft: vrrp_core::Draft) {
        let Some(router) = &mut self.situation.places[number].router else {
            return;
        };
        let sealed = Arc::make_mut(router).seal(draft, None);
        let Some(source) = sealed.source() else {
            return;
        };
        let mut buffer = [0; 512];
        let mut packets = Vec::new();
        for destination in sealed.destinations() {
            if let Some(octets) = sealed.encode(destination, &mut buffer) {
                let octets = buffer.get(..octets).unwrap_or_default().to_vec();
                packets.push(Arc::new(Packet {
                    source,
                    destination,
                    octets,
                }));
            }
        }
        let at = self.situation.now.plus_nanos(TRAVEL_NANOS);
        for packet in packets {
            for to in 0..self.situation.places.len() {
                if to == number || self.situation.places[to].router.is_none() {
                    continue;
                }
                self.depart(Flight {
                    at,
                    to,
                    packet: Arc::clone(&packet),
                    late: false,
                });
            }
        }
        if draft.priority == 0 {
            for (to, place) in self.situation.places.iter_mut().enumerate() {
                place.heir = to != number && place.takes_part();
            }
        }
    }
}

fn primary(setup: &Setup, number: usize) -> IpAddr {
    let family = setup
        .routers
        .get(number)
        .map_or(Family::Ipv4, |config| config.family);
    lan::primary(family, u8::try_from(number).unwrap_or(u8::MAX))
}
