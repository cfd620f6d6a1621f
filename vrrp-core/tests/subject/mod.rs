//! The router under test, a clock that only tests turn, and action lists written as the conformance rows write them:
//! `Send(100); Own; Announce(1); RaStart; State(Active, NoResponse)`.
#![allow(dead_code, reason = "every test program uses another part of it")]

use std::net::IpAddr;

use vrrp_core::wire::{ChecksumForm, Warnings};
use vrrp_core::{
    Action, Actions, Config, Deadline, Failure, Family, Health, Heard, Input, Instant, InterfaceId, Interval,
    Link, Order, Priority, Profile, Report, Settings, State, StateName, TrackerId, Transition, Version,
    VirtualRouter, Vrid,
};

/// Own primary addresses; the others are above and below it in every octet order.
pub(crate) const OWN: &str = "192.0.2.10";
pub(crate) const HIGHER: &str = "192.0.2.20";
pub(crate) const LOWER: &str = "192.0.2.9";
pub(crate) const OWN_6: &str = "fe80::10";
pub(crate) const HIGHER_6: &str = "fe80::20";
pub(crate) const LOWER_6: &str = "fe80::9";

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn priority(value: u8) -> Priority {
    Priority::new(value).unwrap()
}

pub(crate) fn cs(value: u16) -> Interval {
    Interval::from_centiseconds(value).unwrap()
}

/// VRID 7, one address, priority and interval as given.
pub(crate) fn settings(profile: Profile, family: Family, value: u8, interval_cs: u16) -> Settings {
    let mut settings = Settings::new(profile, family, Vrid::new(7).unwrap(), InterfaceId(1));
    settings.priority = priority(value);
    settings.interval = cs(interval_cs);
    settings.addresses = vec![match family {
        Family::Ipv4 => ip("198.51.100.1"),
        Family::Ipv6 => ip("fe80::7:1"),
    }];
    settings
}

/// Version 3 in IPv4, profile `rfc`: nothing but what the RFC says.
pub(crate) fn rfc(value: u8, interval_cs: u16) -> Settings {
    settings(Profile::Rfc, Family::Ipv4, value, interval_cs)
}

/// Version 3 in IPv6, profile `rfc`.
pub(crate) fn rfc_6(value: u8, interval_cs: u16) -> Settings {
    settings(Profile::Rfc, Family::Ipv6, value, interval_cs)
}

/// Version 3 in IPv4, profile `default`.
pub(crate) fn default(value: u8, interval_cs: u16) -> Settings {
    settings(Profile::Default, Family::Ipv4, value, interval_cs)
}

/// Version 2, profile `rfc`.
pub(crate) fn rfc_2(value: u8, seconds: u8) -> Settings {
    let mut settings = rfc(value, u16::from(seconds) * 100);
    settings.version = Version::V2;
    settings
}

/// Version 2, profile `default`.
pub(crate) fn default_2(value: u8, seconds: u8) -> Settings {
    let mut settings = default(value, u16::from(seconds) * 100);
    settings.version = Version::V2;
    settings
}

/// The one protocol timer, in nanoseconds from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Armed {
    Nothing,
    Down(u64),
    Adver(u64),
}

pub(crate) struct Subject {
    pub(crate) router: VirtualRouter,
    pub(crate) now: Instant,
    family: Family,
    version: Version,
}

impl Subject {
    /// In Initialize, an hour after the machine was switched on; the link is up, Startup has not come.
    pub(crate) fn new(settings: Settings) -> Self {
        let mut subject = Self::unplugged(settings);
        assert_eq!(subject.link(true), "");
        subject
    }

    /// In Initialize, nothing known of the link.
    pub(crate) fn unplugged(settings: Settings) -> Self {
        let (family, version) = (settings.family, settings.version);
        Self {
            router: VirtualRouter::new(settings.build().unwrap()),
            now: Instant::from_nanos(3600 * SECOND),
            family,
            version,
        }
    }

    /// In Backup, just now.
    pub(crate) fn backup(settings: Settings) -> Self {
        let mut subject = Self::new(settings);
        assert_eq!(subject.start(), "State(Backup, Started)");
        subject
    }

    /// In Active, just now, through Active_Down_Timer, or at once for an owner.
    pub(crate) fn active(settings: Settings) -> Self {
        let owner = settings.priority.is_owner();
        let mut subject = Self::new(settings);
        subject.start();
        if !owner {
            subject.wait_for_the_timer();
            subject.tick();
        }
        assert_eq!(subject.state(), StateName::Active);
        subject
    }

    pub(crate) fn own(&self) -> IpAddr {
        ip(if self.family == Family::Ipv4 { OWN } else { OWN_6 })
    }

    pub(crate) fn higher(&self) -> IpAddr {
        ip(if self.family == Family::Ipv4 {
            HIGHER
        } else {
            HIGHER_6
        })
    }

    pub(crate) fn lower(&self) -> IpAddr {
        ip(if self.family == Family::Ipv4 {
            LOWER
        } else {
            LOWER_6
        })
    }

    pub(crate) fn wait(&mut self, nanos: u64) -> &mut Self {
        self.now = self.now.plus_nanos(nanos);
        self
    }

    pub(crate) fn wait_for_the_timer(&mut self) -> &mut Self {
        match self.armed() {
            Armed::Down(nanos) | Armed::Adver(nanos) => self.wait(nanos),
            Armed::Nothing => panic!("no timer is armed"),
        }
    }

    pub(crate) fn does(&mut self, input: Input) -> String {
        words(&self.router.handle(self.now, input))
    }

    pub(crate) fn start(&mut self) -> String {
        self.does(Input::Start)
    }

    pub(crate) fn stop(&mut self) -> String {
        self.does(Input::Stop)
    }

    pub(crate) fn tick(&mut self) -> String {
        self.does(Input::Tick)
    }

    pub(crate) fn link(&mut self, up: bool) -> String {
        let primary = Some(self.own());
        self.does(Input::Link(Link { up, primary }))
    }

    pub(crate) fn health(&mut self, id: u16, health: Health) -> String {
        self.does(Input::Track(TrackerId(id), health))
    }

    pub(crate) fn order(&mut self, order: Order) -> String {
        self.does(Input::Order(order))
    }

    pub(crate) fn failed_to_send(&mut self) -> String {
        self.does(Input::Failed(Failure::Send { gone: false }))
    }

    /// An advertisement from the higher address, with our interval.
    pub(crate) fn hear(&mut self, value: u8) -> String {
        let interval = self.router.config().interval;
        self.hear_from(self.higher(), value, interval)
    }

    pub(crate) fn hear_from(&mut self, source: IpAddr, value: u8, interval: Interval) -> String {
        self.does(Input::Heard(self.heard(source, value, interval)))
    }

    pub(crate) fn heard(&self, source: IpAddr, value: u8, interval: Interval) -> Heard {
        Heard {
            source,
            priority: value,
            version: self.version,
            interval,
            checksum: None::<ChecksumForm>,
            warnings: Warnings::NONE,
        }
    }

    pub(crate) fn reconfigure(&mut self, settings: Settings) -> String {
        let config: Config = settings.build().unwrap();
        words(&self.router.reconfigure(self.now, config).unwrap())
    }

    pub(crate) fn state(&self) -> StateName {
        self.router.state_name()
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.router.deadline()
    }

    pub(crate) fn armed(&self) -> Armed {
        match self.router.state() {
            State::Initialize { .. } => Armed::Nothing,
            State::Backup { active_down_at, .. } => Armed::Down(active_down_at.nanos_since(self.now)),
            State::Active { advertise_at } => Armed::Adver(advertise_at.nanos_since(self.now)),
        }
    }

    /// Active_Adver_Interval.
    pub(crate) fn learned(&self) -> Option<Interval> {
        match self.router.state() {
            State::Backup { active_interval, .. } => Some(active_interval),
            State::Initialize { .. } | State::Active { .. } => None,
        }
    }
}

/// An action list in the words of the conformance table. A bounce is no part of any row of it: tests of a router that
/// yields need not wait until it is none.
pub(crate) fn words(actions: &Actions) -> String {
    let told = |action: &&Action| !matches!(action, Action::Report(Report::Bounced { .. }));
    actions
        .iter()
        .filter(told)
        .map(word)
        .collect::<Vec<_>>()
        .join("; ")
}

pub(crate) fn word(action: &Action) -> String {
    match action {
        Action::Send(draft) if draft.version == Version::V2 => format!("Send2({})", draft.priority),
        Action::Send(draft) => format!("Send({})", draft.priority),
        Action::HoldAddresses => "Own".to_owned(),
        Action::ReleaseAddresses => "Disown".to_owned(),
        Action::AnnounceAddresses { copies } => format!("Announce({copies})"),
        Action::RouterAdvertisements { on: true } => "RaStart".to_owned(),
        Action::RouterAdvertisements { on: false } => "RaStop".to_owned(),
        Action::Report(Report::Transition(Transition {
            to, cause, holding, ..
        })) => format!(
            "State({to}, {cause:?}{})",
            if *holding { ", holding" } else { "" }
        ),
        Action::Report(Report::Priority { from, to }) => format!("Priority({from} -> {to})"),
        Action::Report(Report::Reasserted { source, priority }) => {
            format!("Reasserted({source}, {priority})")
        }
        Action::Report(report) => format!("{report:?}"),
    }
}
