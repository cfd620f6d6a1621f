//! A node whose virtual routers form one group: member n is VRID n + 1 on interface n + 1.

use std::net::IpAddr;

use vrrp_core::wire::Warnings;
use vrrp_core::{
    Action, GroupId, Heard, Input, InstanceId, Instant, InterfaceId, Interval, Link, Outbox, Report, Router,
    Settings, State, StateName, Version, VirtualRouter, Vrid,
};

use crate::subject::{OWN, SECOND, default, ip};

pub(crate) struct Node {
    pub(crate) router: Router,
    pub(crate) ids: Vec<InstanceId>,
    pub(crate) group: GroupId,
    pub(crate) now: Instant,
    out: Outbox,
}

/// The settings of member `number`.
pub(crate) fn member(number: usize, mut settings: Settings) -> Settings {
    let number = u8::try_from(number).unwrap();
    settings.vrid = Vrid::new(number + 1).unwrap();
    settings.interface = Some(InterfaceId(u64::from(number) + 1));
    settings
}

pub(crate) fn heard(source: &str, priority: u8) -> Input {
    Input::Heard(Heard {
        source: ip(source),
        priority,
        version: Version::V3,
        interval: Interval::DEFAULT,
        checksum: None,
        warnings: Warnings::NONE,
    })
}

pub(crate) const HIGHER: &str = "192.0.2.20";

impl Node {
    /// Grouped, links up, an hour after the machine was switched on; not started.
    pub(crate) fn new(members: &[Settings]) -> Self {
        let mut node = Self::alone(members);
        let ids = node.ids.clone();
        node.group = node.router.group(node.now, &ids, &mut node.out);
        assert_eq!(node.said(), "");
        node
    }

    /// The same without a group.
    pub(crate) fn alone(members: &[Settings]) -> Self {
        let mut router = Router::new();
        let mut ids = Vec::new();
        for (number, settings) in members.iter().enumerate() {
            let config = member(number, settings.clone()).build().unwrap();
            ids.push(router.add(config).unwrap());
        }
        let mut node = Self {
            router,
            ids,
            group: GroupId(u32::MAX),
            now: Instant::from_nanos(3600 * SECOND),
            out: Outbox::new(),
        };
        for number in 0..members.len() {
            assert_eq!(node.link(number, true), "");
        }
        node
    }

    /// Grouped and started.
    pub(crate) fn started(members: &[Settings]) -> Self {
        let mut node = Self::new(members);
        node.start();
        node
    }

    /// Grouped and Active, just now: members of priority 100.
    pub(crate) fn active(members: usize) -> Self {
        let mut node = Self::started(&vec![default(100, 100); members]);
        node.wait(3_609_375_000);
        node.tick();
        assert_eq!(node.states(), "A".repeat(members));
        node
    }

    pub(crate) fn start(&mut self) -> String {
        self.each(Input::Start)
    }

    /// The same to every member, one after the other.
    pub(crate) fn each(&mut self, input: Input) -> String {
        for id in self.ids.clone() {
            self.router.handle(self.now, id, input, &mut self.out);
        }
        self.said()
    }

    pub(crate) fn wait(&mut self, nanos: u64) -> &mut Self {
        self.now = self.now.plus_nanos(nanos);
        self
    }

    pub(crate) fn does(&mut self, number: usize, input: Input) -> String {
        self.router
            .handle(self.now, self.ids[number], input, &mut self.out);
        self.said()
    }

    pub(crate) fn tick(&mut self) -> String {
        self.router.tick(self.now, &mut self.out);
        self.said()
    }

    pub(crate) fn hear(&mut self, number: usize, priority: u8) -> String {
        self.does(number, heard(HIGHER, priority))
    }

    pub(crate) fn link(&mut self, number: usize, up: bool) -> String {
        let primary: Option<IpAddr> = Some(ip(OWN));
        self.does(number, Input::Link(Link { up, primary }))
    }

    /// Other members, the present ones named by their number.
    pub(crate) fn regroup(&mut self, members: &[usize]) -> String {
        let ids = members.iter().map(|number| self.ids[*number]).collect::<Vec<_>>();
        self.router.regroup(self.now, self.group, &ids, &mut self.out);
        self.said()
    }

    pub(crate) fn reconfigure(&mut self, number: usize, settings: Settings) -> String {
        let config = member(number, settings).build().unwrap();
        self.router
            .reconfigure(self.now, self.ids[number], config, &mut self.out)
            .unwrap();
        self.said()
    }

    pub(crate) fn get(&self, number: usize) -> &VirtualRouter {
        self.router.get(self.ids[number]).unwrap()
    }

    /// One letter per member: I, B, A, or H for one that holds the addresses and is not Active.
    pub(crate) fn states(&self) -> String {
        let letter = |id: &InstanceId| {
            let router = self.router.get(*id).unwrap();
            match router.state_name() {
                StateName::Initialize if router.holds() => 'H',
                StateName::Initialize => 'I',
                StateName::Backup => 'B',
                StateName::Active => 'A',
            }
        };
        self.ids.iter().map(letter).collect()
    }

    /// Nanoseconds to Active_Down_Timer, or to the end of the hold.
    pub(crate) fn left(&self, number: usize) -> u64 {
        match self.get(number).state() {
            State::Backup { active_down_at, .. } => active_down_at.nanos_since(self.now),
            State::Initialize { hold: Some(hold) } => hold.ends_at.nanos_since(self.now),
            other => panic!("{other:?} waits for nothing"),
        }
    }

    pub(crate) fn group_state(&self) -> StateName {
        self.router.group_state(self.group).unwrap()
    }

    /// What was asked for since the last time: the number of the member, then what, reports of priorities left out.
    fn said(&mut self) -> String {
        let mut words = Vec::new();
        for (id, action) in self.out.drain() {
            let number = self.ids.iter().position(|other| *other == id).unwrap_or(99);
            let word = match action {
                Action::Report(Report::Priority { .. } | Report::Bounced { .. }) => continue,
                action => crate::subject::word(&action),
            };
            words.push(format!("{number} {word}"));
        }
        words.join("; ")
    }
}
