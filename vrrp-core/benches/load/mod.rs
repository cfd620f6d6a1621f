//! The work that is measured, by time in `handle.rs` and by instructions in `count.rs`.

use std::net::{IpAddr, Ipv4Addr};

use vrrp_core::wire::Received;
use vrrp_core::{
    Config, Draft, Family, Heard, Input, Instant, InterfaceId, Link, Outbox, Priority, Profile, Router,
    Settings, Version, VirtualRouter, Vrid,
};

const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const SECOND_NANOS: u64 = 1_000_000_000;
/// VRIDs of one interface.
const PER_INTERFACE: u16 = 255;

fn config(number: u16, priority: u8) -> Config {
    let vrid = u8::try_from(number % PER_INTERFACE).unwrap().saturating_add(1);
    let interface = InterfaceId(u64::from(number / PER_INTERFACE));
    let mut settings = Settings::new(
        Profile::Default,
        Family::Ipv4,
        Vrid::new(vrid).unwrap(),
        interface,
    );
    settings.priority = Priority::new(priority).unwrap();
    // Advertisements and nothing else.
    settings.announcements.later_rounds = 0;
    settings.addresses = vec![IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))];
    settings.build().unwrap()
}

fn link(primary: IpAddr) -> Input {
    Input::Link(Link {
        up: true,
        primary: Some(primary),
    })
}

/// An advertisement with priority 200 for the router of this number.
fn message(number: u16) -> Vec<u8> {
    let mut sender = VirtualRouter::new(config(number, 200));
    let _actions = sender.handle(Instant::from_nanos(0), link(OTHER));
    let draft = Draft {
        priority: 200,
        version: Version::V3,
    };
    let mut octets = vec![0; 12];
    sender
        .seal(draft, None)
        .encode(Family::Ipv4.group(), &mut octets)
        .unwrap();
    octets
}

fn received(number: u16, octets: &[u8]) -> Received<'_> {
    Received {
        interface: Some(InterfaceId(u64::from(number / PER_INTERFACE))),
        source: OTHER,
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: octets,
    }
}

/// One router, and what it hears.
pub struct One {
    router: VirtualRouter,
    now: Instant,
    octets: Vec<u8>,
}

impl One {
    pub fn backup() -> Self {
        let mut router = VirtualRouter::new(config(0, 100));
        let now = Instant::from_nanos(SECOND_NANOS);
        let _actions = router.handle(now, link(OWN));
        let _actions = router.handle(now, Input::Start);
        Self {
            router,
            now,
            octets: message(0),
        }
    }

    pub fn active() -> Self {
        let mut one = Self::backup();
        one.tick();
        one
    }

    /// An advertisement arrives: judged and handled.
    pub fn receive(&mut self) -> usize {
        self.now = self.now.plus_nanos(1000);
        let received = received(0, &self.octets);
        self.router.receive(self.now, &received).unwrap().len()
    }

    /// The same without the wire.
    pub fn hear(&mut self) -> usize {
        self.now = self.now.plus_nanos(1000);
        let heard = Heard {
            source: OTHER,
            priority: 200,
            version: Version::V3,
            interval: self.router.config().interval,
            checksum: None,
            warnings: vrrp_core::wire::Warnings::NONE,
        };
        self.router.handle(self.now, Input::Heard(heard)).len()
    }

    /// The next deadline is reached.
    pub fn tick(&mut self) -> usize {
        self.now = self.router.deadline().map_or(self.now, |deadline| deadline.at);
        self.router.handle(self.now, Input::Tick).len()
    }
}

/// Many routers behind one `Router`.
pub struct Many {
    node: Router,
    out: Outbox,
    now: Instant,
    messages: Vec<Vec<u8>>,
    next: usize,
}

impl Many {
    /// All Backup.
    pub fn backup(count: u16) -> Self {
        let mut node = Router::new();
        let mut out = Outbox::new();
        let now = Instant::from_nanos(SECOND_NANOS);
        for number in 0..count {
            let id = node.add(config(number, 100)).unwrap();
            node.handle(now, id, link(OWN), &mut out);
            node.handle(now, id, Input::Start, &mut out);
        }
        let _actions = out.drain().count();
        Self {
            node,
            out,
            now,
            messages: (0..count).map(message).collect(),
            next: 0,
        }
    }

    /// All Active.
    pub fn active(count: u16) -> Self {
        let mut many = Self::backup(count);
        many.tick();
        many
    }

    /// An advertisement arrives, for each router in turn; with it the question for the next deadline, as in a loop.
    pub fn receive(&mut self) -> usize {
        self.now = self.now.plus_nanos(1000);
        let octets = self.messages.get(self.next).unwrap();
        let number = u16::try_from(self.next).unwrap();
        let result = self
            .node
            .receive(self.now, &received(number, octets), &mut self.out);
        assert!(result.is_ok());
        let next = self.next.saturating_add(1);
        self.next = if next < self.messages.len() { next } else { 0 };
        self.out
            .drain()
            .count()
            .saturating_add(usize::from(self.node.deadline().is_some()))
    }

    /// The next deadline is reached, by all of them at once.
    pub fn tick(&mut self) -> usize {
        self.now = self.node.deadline().map_or(self.now, |(_, deadline)| deadline.at);
        self.node.tick(self.now, &mut self.out);
        self.out.drain().count()
    }
}
