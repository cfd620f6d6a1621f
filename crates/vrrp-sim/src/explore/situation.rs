//! What is, between two events.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use vrrp_core::{Instant, Priority, StateName, VirtualRouter};

use super::{Budget, Setup};

/// A packet; everything but who hears it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Packet {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) octets: Vec<u8>,
}

/// A packet on its way to one node.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) at: Instant,
    pub(super) to: usize,
    pub(super) packet: Arc<Packet>,
    /// It has been delayed once: that is enough.
    pub(super) late: bool,
}

/// What a node is away for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Away {
    /// Not started yet, or its power was cut.
    Off,
    /// Asked to stop; the program may still be in its hold.
    Stopping,
}

/// One node. The router is shared between situations until one of them changes it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) router: Option<Arc<VirtualRouter>>,
    pub(super) away: Option<Away>,
    /// What its kernel answers for: one address stands for all.
    pub(super) answers: bool,
    pub(super) stalled_until: Option<Instant>,
    pub(super) socket: Vec<Arc<Packet>>,
    pub(super) resigned: bool,
    pub(super) failed: bool,
    /// Was Backup when the latest goodbye was sent, and has been since: owes the client an answer.
    pub(super) heir: bool,
    /// Has heard another while its addresses only answered still.
    pub(super) succeeded: bool,
}

/// The whole group between two events.
#[derive(Debug, Clone)]
pub(super) struct Situation {
    pub(super) now: Instant,
    pub(super) places: Vec<Place>,
    /// In the order of arrival.
    pub(super) flights: Vec<Flight>,
    pub(super) left: Budget,
    /// Nothing unplanned has happened so far.
    pub(super) all_planned: bool,
}

/// Later than every window of the core, so that nothing begins before the beginning.
const BEGINNING: Instant = Instant::from_nanos(1_000_000_000_000);

impl Situation {
    /// Nobody has been started.
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            now: BEGINNING,
            places: vec![Place::off(); setup.routers.len()],
            flights: Vec::new(),
            left: setup.budget,
            all_planned: true,
        }
    }

    /// Two situations with the same future, as far as 64 bits tell: among 10 million, a collision has a chance of three
    /// in a million.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for place in &self.places {
            place.router.is_some().hash(&mut hasher);
            if let Some(router) = &place.router {
                router.fingerprint(self.now, &mut hasher);
            }
            let stalled = place.stalled_until.map(|at| at.nanos_since(self.now));
            (place.away, place.answers, stalled, &place.socket).hash(&mut hasher);
            (place.resigned, place.failed, place.heir, place.succeeded).hash(&mut hasher);
        }
        for flight in &self.flights {
            (
                flight.at.nanos_since(self.now),
                flight.to,
                flight.late,
                &flight.packet,
            )
                .hash(&mut hasher);
        }
        (self.left, self.all_planned).hash(&mut hasher);
        hasher.finish()
    }

    /// Whoever could take part and runs: exactly one is Active, no other is better, and nobody else answers.
    pub(super) fn is_settled(&self) -> bool {
        let mut best = None;
        let mut active = None;
        for place in &self.places {
            let Some(router) = place.router.as_ref() else {
                continue;
            };
            if place.stalled_until.is_some() {
                return false;
            }
            match router.state_name() {
                StateName::Active if active.is_some() => return false,
                StateName::Active => active = Some(place.priority(router)),
                StateName::Initialize if place.answers => return false,
                StateName::Backup | StateName::Initialize => {}
            }
            if router.state_name() != StateName::Initialize && router.config().preempt {
                best = best.max(Some(place.priority(router)));
            }
        }
        let nobody = self.places.iter().all(|place| !place.takes_part());
        nobody || (active.is_some() && best <= active)
    }

    pub(super) fn somebody_answers(&self) -> bool {
        self.places.iter().any(|place| place.answers)
    }

    /// One line: each node with what it is.
    pub(super) fn states(&self) -> String {
        let mut text = String::new();
        for (place, name) in self.places.iter().zip('a'..) {
            let state = match &place.router {
                None => "off".to_owned(),
                Some(router) if place.answers && router.state_name() == StateName::Initialize => {
                    "hold".to_owned()
                }
                Some(router) => router.state_name().to_string(),
            };
            let stalled = if place.stalled_until.is_some() {
                " (stalled)"
            } else {
                ""
            };
            let _infallible = write!(text, " {name}: {state}{stalled}");
        }
        text
    }
}

impl Place {
    /// Without power, or not started yet.
    pub(super) const fn off() -> Self {
        Self {
            router: None,
            away: Some(Away::Off),
            answers: false,
            stalled_until: None,
            socket: Vec::new(),
            resigned: false,
            failed: false,
            heir: false,
            succeeded: false,
        }
    }

    /// What it is to compete with: gates move no priority, and only a switchover does that was not taken back.
    fn priority(&self, router: &VirtualRouter) -> Priority {
        if self.resigned {
            router.priority()
        } else {
            router.config().priority
        }
    }

    pub(super) fn takes_part(&self) -> bool {
        let state = self.router.as_ref().map(|router| router.state_name());
        matches!(state, Some(StateName::Active | StateName::Backup))
    }
}
