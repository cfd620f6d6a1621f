//! A host on the LAN that uses the virtual address: the outage is measured where the user feels it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{Instant, InterfaceId};

use crate::clock;
use crate::frame::{Frame, Port, Target};

/// A client of the world, in the order of adding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub usize);

/// A client as it is built.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Short; begins each of its lines.
    pub name: String,
    /// The virtual address it asks.
    pub target: IpAddr,
    /// Time between two requests; an outage is known to this precision.
    pub every: Duration,
    /// A request that is answered later was not answered.
    pub patience: Duration,
    /// A neighbour that has not answered for so long is looked up again. Linux: 5 s of doubt, then 3 tries.
    pub forgets_after: Duration,
    /// When it begins.
    pub begins: Duration,
    /// The LAN it is on: that of this interface of the nodes.
    pub segment: InterfaceId,
}

impl ClientSettings {
    /// A request each millisecond from `begins` on.
    #[must_use]
    pub fn new(name: &str, target: IpAddr, begins: Duration) -> Self {
        Self {
            name: name.to_owned(),
            target,
            every: Duration::from_millis(1),
            patience: Duration::from_millis(50),
            forgets_after: Duration::from_secs(8),
            begins,
            segment: crate::INTERFACE,
        }
    }
}

/// A time without answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The first request that was not answered.
    pub from: Instant,
    /// The next one that was; `None`: none yet.
    pub until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    number: u64,
    at: Instant,
    answered_by: Option<Port>,
}

/// A client in the world.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) settings: ClientSettings,
    neighbour: Option<Port>,
    heard_at: Instant,
    parked: Option<u64>,
    next_number: u64,
    open: VecDeque<Asked>,
    answering: Option<Port>,
    outages: Vec<Outage>,
    last_lost_at: Instant,
    answered: u64,
}

/// What became known about requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learned {
    /// Another station than before answers, since this request.
    Answers(Instant, Port),
    /// An outage is over.
    Over(Outage, Instant),
}

impl Client {
    pub(crate) fn new(settings: ClientSettings) -> Self {
        Self {
            heard_at: clock::at(settings.begins),
            settings,
            neighbour: None,
            parked: None,
            next_number: 0,
            open: VecDeque::new(),
            answering: None,
            outages: Vec::new(),
            last_lost_at: Instant::default(),
            answered: 0,
        }
    }

    /// Its settings.
    #[must_use]
    pub const fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Every time without answers, an open one at the end.
    #[must_use]
    pub fn outages(&self) -> &[Outage] {
        &self.outages
    }

    /// Requests that were answered in time.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.answered
    }

    /// The longest time without answers that is over, and zero without any.
    #[must_use]
    pub fn longest_outage(&self) -> Duration {
        let lasted = |outage: &Outage| outage.until.map(|until| until.since(outage.from));
        self.outages.iter().filter_map(lasted).max().unwrap_or_default()
    }

    /// How long an outage has lasted as far as is known: what was asked since may still be answered.
    #[must_use]
    pub fn lasted(&self, outage: &Outage) -> Duration {
        outage.until.unwrap_or(self.last_lost_at).since(outage.from)
    }

    /// Sends the next request, or asks where the address is.
    pub(crate) fn ask(&mut self, now: Instant) -> (Frame, Target) {
        let number = self.next_number;
        self.next_number += 1;
        self.open.push_back(Asked {
            number,
            at: now,
            answered_by: None,
        });
        if now.since(self.heard_at) >= self.settings.forgets_after {
            self.neighbour = None;
            self.heard_at = now;
        }
        match self.neighbour {
            Some(station) => (self.request(number), Target::One(station)),
            None => {
                self.parked = Some(number);
                let address = self.settings.target;
                (Frame::WhoHas { address }, Target::Everyone)
            }
        }
    }

    fn request(&self, number: u64) -> Frame {
        Frame::Request {
            address: self.settings.target,
            number,
        }
    }

    /// A frame arrived; perhaps the parked request can go now.
    pub(crate) fn hears(&mut self, now: Instant, from: Port, frame: &Frame) -> Option<(Frame, Target)> {
        match frame {
            Frame::Announcement { address, station } | Frame::IsAt { address, station }
                if *address == self.settings.target =>
            {
                // As RFC 826 has it: whoever speaks last is believed.
                self.neighbour = Some(*station);
                let number = self.parked.take()?;
                Some((self.request(number), Target::One(*station)))
            }
            Frame::Reply { number } => {
                self.heard_at = now;
                if let Some(asked) = self.open.iter_mut().find(|asked| asked.number == *number) {
                    asked.answered_by = Some(from);
                }
                None
            }
            Frame::Advert(_)
            | Frame::Announcement { .. }
            | Frame::WhoHas { .. }
            | Frame::IsAt { .. }
            | Frame::Request { .. } => None,
        }
    }

    /// Judges the requests whose outcome is known, in their order.
    pub(crate) fn learn(&mut self, now: Instant) -> Vec<Learned> {
        let mut learned = Vec::new();
        while let Some(asked) = self.open.front().copied() {
            if asked.answered_by.is_none() && now.since(asked.at) < self.settings.patience {
                break;
            }
            self.open.pop_front();
            if asked.answered_by.is_none() {
                self.last_lost_at = asked.at;
            }
            let last = self.outages.last_mut().filter(|outage| outage.until.is_none());
            match (asked.answered_by, last) {
                (None, None) => self.outages.push(Outage {
                    from: asked.at,
                    until: None,
                }),
                (None, Some(_)) => {}
                (Some(_), Some(outage)) => {
                    outage.until = Some(asked.at);
                    learned.push(Learned::Over(*outage, asked.at));
                }
                (Some(_), None) => {}
            }
            if let Some(station) = asked.answered_by {
                self.answered += 1;
                if self.answering != Some(station) {
                    self.answering = Some(station);
                    learned.push(Learned::Answers(asked.at, station));
                }
            }
        }
        learned
    }
}
