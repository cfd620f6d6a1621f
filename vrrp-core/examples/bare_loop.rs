//! A complete loop without any runtime, socket or clock: two routers on a wire that is a list.
//!
//! `cargo run --package vrrp-core --example bare_loop` prints a take-over and a planned stop.
//!
//! What a real program does otherwise: its clock is CLOCK_BOOTTIME, it sleeps until the deadline or until its socket is
//! readable, and it tells the core what did not work (`Input::Failed`).

use std::collections::VecDeque;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};

use vrrp_core::wire::Received;
use vrrp_core::{
    Action, Actions, Family, Input, Instant, InterfaceId, Interval, Link, Priority, Profile, Report,
    Settings, VirtualRouter, Vrid,
};

/// A packet under way: who sent it, and the VRRP message.
type Packet = (IpAddr, Vec<u8>);

struct Node {
    address: IpAddr,
    router: VirtualRouter,
    inbox: VecDeque<Packet>,
    holds_the_address: bool,
}

impl Node {
    fn new(host: u8, priority: u8, now: Instant, wire: &mut Vec<Packet>) -> Result<Self, Box<dyn Error>> {
        let vrid = Vrid::new(51).ok_or("a VRID is 1 to 255")?;
        let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, InterfaceId(1));
        settings.priority = Priority::new(priority).ok_or("a priority is 1 to 255")?;
        settings.interval = Interval::from_centiseconds(10).ok_or("an interval is 1 to 4095 cs")?;
        settings.addresses = vec![IpAddr::from([198, 51, 100, 1])];
        let mut node = Self {
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)),
            router: VirtualRouter::new(settings.build()?),
            inbox: VecDeque::new(),
            holds_the_address: false,
        };
        let link = Link {
            up: true,
            primary: Some(node.address),
        };
        node.tell(now, Input::Link(link), wire);
        node.tell(now, Input::Start, wire);
        Ok(node)
    }

    /// Something happened: hand it to the core, and do what it asks for, in order.
    fn tell(&mut self, now: Instant, input: Input, wire: &mut Vec<Packet>) {
        let actions = self.router.handle(now, input);
        self.execute(now, actions, wire);
    }

    /// Packets first, then the timer: an advertisement that waits must not be overtaken by the end of waiting for it.
    fn wake(&mut self, now: Instant, wire: &mut Vec<Packet>) {
        while let Some((source, message)) = self.inbox.pop_front() {
            let received = Received {
                interface: Some(InterfaceId(1)),
                source,
                destination: Some(Family::Ipv4.group()),
                hop_limit: Some(255),
                message: &message,
            };
            match self.router.receive(now, &received) {
                Ok(actions) => self.execute(now, actions, wire),
                Err(reject) => println!("{now} {}: discarded, {reject}", self.address),
            }
        }
        self.tell(now, Input::Tick, wire);
    }

    fn execute(&mut self, now: Instant, actions: Actions, wire: &mut Vec<Packet>) {
        for action in actions {
            match action {
                Action::Send(draft) => {
                    // Sealed once per advertisement, encoded once per destination.
                    let sealed = self.router.seal(draft, None);
                    let mut message = vec![0; sealed.encoded_len()];
                    for destination in sealed.destinations() {
                        if sealed.encode(destination, &mut message).is_some() {
                            wire.push((self.address, message.clone()));
                        }
                    }
                }
                Action::HoldAddresses => self.holds_the_address = true,
                Action::ReleaseAddresses => self.holds_the_address = false,
                Action::AnnounceAddresses { copies } => {
                    println!("{now} {}: {copies} gratuitous ARP per address", self.address);
                }
                Action::RouterAdvertisements { on } => println!("{now} {}: RA {on}", self.address),
                Action::Report(Report::Transition(change)) => {
                    println!(
                        "{now} {}: {} -> {}, {:?}",
                        self.address, change.from, change.to, change.cause
                    );
                }
                Action::Report(fact) => println!("{now} {}: {fact:?}", self.address),
            }
        }
    }
}

/// Every packet reaches everyone but its sender, at once.
fn deliver(nodes: &mut [Node], wire: &mut Vec<Packet>) {
    for (source, message) in wire.drain(..) {
        for node in nodes.iter_mut().filter(|node| node.address != source) {
            node.inbox.push_back((source, message.clone()));
        }
    }
}

/// Runs until `end` and returns who holds the address then.
fn run(nodes: &mut [Node], wire: &mut Vec<Packet>, mut now: Instant, end: Instant) -> Vec<IpAddr> {
    loop {
        deliver(nodes, wire);
        let readable = nodes.iter().any(|node| !node.inbox.is_empty());
        let deadlines = nodes.iter().filter_map(|node| node.router.deadline());
        // A program sleeps here: until its socket is readable, or until the deadline.
        now = match deadlines.map(|deadline| deadline.at).min() {
            _ if readable => now,
            Some(at) if at <= end => at.max(now),
            Some(_) | None => break,
        };
        for node in nodes.iter_mut() {
            node.wake(now, wire);
        }
    }
    let holding = nodes.iter().filter(|node| node.holds_the_address);
    holding.map(|node| node.address).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let (begin, middle, end) = (0, 1_000_000_000, 2_000_000_000);
    let [begin, middle, end] = [begin, middle, end].map(Instant::from_nanos);
    let mut wire = Vec::new();
    let mut nodes = [
        Node::new(1, 150, begin, &mut wire)?,
        Node::new(2, 100, begin, &mut wire)?,
    ];

    let holding = run(&mut nodes, &mut wire, begin, middle);
    println!("{middle} the address is at {holding:?}; a planned stop:");
    assert_eq!(holding, [IpAddr::from([192, 0, 2, 1])], "the better priority");

    let [first, _] = &mut nodes;
    first.tell(middle, Input::Stop, &mut wire);
    let holding = run(&mut nodes, &mut wire, middle, end);
    println!("{end} the address is at {holding:?}");
    assert_eq!(holding, [IpAddr::from([192, 0, 2, 2])], "the other one");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_address_moves() {
        super::main().unwrap();
    }
}
