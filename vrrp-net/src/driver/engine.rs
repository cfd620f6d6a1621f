//! Everything that a turn of the loop works on; no waiting in here.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};
use vrrp_core::{Deadline, InstanceId, Instant, Outbox, Report, Router, VirtualRouter, Wake, Witness};

use super::advertise::Advertisers;
use super::asked::Asked;
use super::channels::Channels;
use super::ears::Ears;
use super::elsewhere::Elsewheres;
use super::groups::Groups;
use super::heartbeat::Heartbeat;
use super::instance::Instance;
use super::links::DeviceState;
use super::virtual_macs::VirtualMacs;
use super::wills::Wills;
use crate::accept::Filter;
use crate::address::keeper::Place;
use crate::address::linux::Addresses;
use crate::announce::Announcer;
use crate::announce::queue::Queue;
use crate::devices::Devices;
use crate::event::Event;
use crate::handle::{Command, Handle, RequestError};
use crate::handover::{Ends, Handover, Saved, SavedService, SavedSettings};
use crate::routing::{Entry, Routing, Statics};
use crate::socket::Buffers;
use crate::status::{LoopLag, PacketWait};
use crate::sysctl::Sysctls;
use crate::watch::Table;

/// What is done after the advertisements have left, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    Hold,
    Release,
    Announce(u8),
    Advertise(bool),
    Report(Report),
}

/// How the loop ends.
#[derive(Debug, Default)]
pub(super) enum Ending {
    /// Not yet.
    #[default]
    Open,
    /// As soon as nothing is held.
    Stopping(Vec<oneshot::Sender<()>>),
    /// At the next quiet moment.
    HandingOver {
        asked_at: Instant,
        reply: oneshot::Sender<Result<Handover, RequestError>>,
    },
}

/// The state of the loop.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) router: Router,
    pub(super) outbox: Outbox,
    pub(super) work: VecDeque<(InstanceId, Work)>,
    /// Boxed: a map of large values in ascending order is half empty.
    pub(super) instances: BTreeMap<InstanceId, Box<Instance>>,
    pub(super) groups: Groups,
    pub(super) devices: Devices,
    pub(super) device_states: Vec<DeviceState>,
    pub(super) table: Table,
    pub(super) addresses: Addresses,
    pub(super) routing: Routing,
    /// `None`: there are no routes to hold.
    pub(super) route_events: Option<OwnedFd>,
    /// No longer asked for by a service, in the middle of a reload.
    pub(super) released: Vec<Entry>,
    pub(super) statics: Statics,
    pub(super) static_places: Vec<Place>,
    pub(super) sysctls: Sysctls,
    pub(super) filter: Filter,
    /// What is to be dropped may be otherwise by now.
    pub(super) filter_stale: bool,
    /// Which settings are needed may be otherwise by now.
    pub(super) sysctls_stale: bool,
    pub(super) virtual_macs: VirtualMacs,
    pub(super) channels: Channels,
    pub(super) ears: Ears,
    pub(super) advertisers: Advertisers,
    pub(super) announcer: Announcer,
    /// Of the next IPv4 header that is made here.
    pub(super) identification: u16,
    pub(super) announcements: Queue,
    pub(super) elsewhere: Elsewheres,
    pub(super) link_events: OwnedFd,
    pub(super) netlink_buffer: Vec<u8>,
    pub(super) buffers: Buffers,
    pub(super) message: Vec<u8>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) audit_every: Duration,
    pub(super) audit_at: Instant,
    pub(super) overruns: u64,
    /// Addresses that were told to be somebody else's, until they are ours.
    pub(super) foreign_told: HashSet<Place>,
    pub(super) lag: LoopLag,
    pub(super) packet_wait: PacketWait,
    /// The latest time that the core was told: no packet is dated before it.
    pub(super) told_at: Instant,
    /// A socket was not read to its end.
    pub(super) unread: bool,
    pub(super) asked: Asked,
    pub(super) ending: Ending,
    pub(super) heartbeat: Option<Heartbeat>,
    /// Who looks on from the next turn on, or that nobody does.
    pub(super) next_witnesses: Vec<Option<Arc<dyn Witness>>>,
    pub(super) wills: Option<Wills>,
    /// Everything is released, or handed over: nothing is left to do on dropping.
    pub(super) over: bool,
}

impl Engine {
    /// When the loop has to wake at the latest.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let core = self.router.deadline().map(|(_, deadline)| deadline.at);
        let times = [
            core,
            self.announcements.deadline(),
            self.elsewhere.deadline(),
            self.advertisers.deadline(),
            Some(self.audit_at),
            self.handover_at(),
            self.heartbeat.as_ref().map(Heartbeat::due_at),
            self.wills.as_ref().and_then(Wills::again_at),
        ];
        times.into_iter().flatten().min()
    }

    /// Whether the loop must not wait at all.
    pub(super) fn has_more_to_do(&self) -> bool {
        self.unread
            || self.virtual_macs.unfinished
            || self.ears.unread
            || self.advertisers.unread
            || !self.work.is_empty()
            || self.asked.is_busy()
            || !self.next_witnesses.is_empty()
    }

    /// Whether the loop has come to its end.
    pub(super) fn is_over(&self) -> bool {
        match &self.ending {
            Ending::Open => false,
            Ending::Stopping(_) => self.work.is_empty() && self.is_silent(),
            Ending::HandingOver { .. } => self.is_quiet(crate::clock::now()),
        }
    }

    /// Nothing is held, and no goodbye waits to be sent again.
    fn is_silent(&self) -> bool {
        self.router.iter().all(|(_, router)| has_let_go(router))
    }

    /// The end: answers whoever asked for it.
    pub(super) fn finish(mut self, handle: Handle, commands: mpsc::UnboundedReceiver<Command>) {
        match std::mem::take(&mut self.ending) {
            Ending::Open => {}
            Ending::Stopping(replies) => {
                self.over = true;
                self.remove_statics(crate::clock::now());
                self.leave_nothing();
                for reply in replies {
                    let _gone = reply.send(());
                }
            }
            Ending::HandingOver { reply, .. } => {
                self.over = true;
                let mut handover = self.hand_over();
                handover.ends = Some(Ends {
                    handle,
                    commands,
                    events: self.events.clone(),
                });
                let _gone = reply.send(Ok(handover));
            }
        }
    }

    fn hand_over(&mut self) -> Handover {
        let services = self.instances.iter().filter_map(|(id, instance)| {
            Some(SavedService {
                name: instance.service.name.clone(),
                snapshot: self.router.get(*id)?.snapshot(),
                since: instance.since,
                since_wall: instance.since_wall,
                why: instance.why,
                leaving: instance.leaving,
                before: Some(SavedSettings::of(&instance.service)),
            })
        });
        let services = services.collect();
        self.withdraw_wills();
        self.addresses.flush_journal();
        self.sysctls.flush_journal();
        self.routing.flush_journal();
        let (filter, filter_owner) = self.filter.give_out().unzip();
        let saved = Saved {
            services,
            held: self.addresses.lines(&self.devices),
            sysctls: self.sysctls.changed(),
            filter,
            virtual_macs: self.virtual_macs.hand_over(),
            routing: self.routing.made(),
        };
        let mut handover = Handover::new(saved, self.channels.give_out(&self.devices));
        handover.filter_owner = filter_owner;
        handover
    }
}

/// Nothing is held, no goodbye waits to be sent again. The pause after a failure may go on for a minute: nobody waits.
pub(super) fn has_let_go(router: &VirtualRouter) -> bool {
    let idle = |deadline: Deadline| matches!(deadline.wakes, Wake::RetryAfterFailure | Wake::Start);
    !router.holds() && router.deadline().is_none_or(idle)
}

/// A loop that is dropped without a stop leaves no address behind that nobody speaks for.
impl Drop for Engine {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let now = crate::clock::now();
        let ids: Vec<InstanceId> = self.instances.keys().copied().collect();
        for id in ids {
            for _ in 0..2 {
                self.feed(now, id, vrrp_core::Input::Stop);
            }
        }
        self.carry_out(now);
        while !self.work.is_empty() {
            self.work_window(now);
        }
        self.remove_statics(now);
        self.leave_nothing();
        self.addresses.write_journal(&self.devices);
    }
}
