//! From services to an engine that is ready to start: every socket open, every configuration checked.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use vrrp_core::{Input, InstanceId, Instant, Outbox, Router, VirtualRouter, Witness};

use super::OpenError;
use super::advertise::Advertisers;
use super::channels::{Channels, Key};
use super::ears::Ears;
use super::elsewhere::Elsewheres;
use super::engine::{Ending, Engine};
use super::groups::Groups;
use super::instance::Instance;
use super::virtual_macs::VirtualMacs;
use crate::accept::Filter;
use crate::address::HeldAddress;
use crate::address::linux::{Addresses, Line, News};
use crate::announce::Announcer;
use crate::announce::queue::{Gaps, Queue};
use crate::clock;
use crate::devices::Devices;
use crate::event::Event;
use crate::handover::{Handover, Saved, SavedSocket};
use crate::journal::Journal;
use crate::netlink::{self, DATAGRAM_OCTETS, Requests};
use crate::options::{Options, Pace, kernel_keeps_tags};
use crate::routing::{Entry, Routing, Statics};
use crate::service::{Service, ServiceError};
use crate::socket::{Buffers, Channel};
use crate::status::{LoopLag, PacketWait};
use crate::sysctl::Sysctls;
use crate::vmac::check_shared_virtual_macs;
use crate::watch::Table;

/// Longer than any advertisement: 255 IPv6 addresses and what surrounds them.
const MESSAGE_OCTETS: usize = 8192;

impl Engine {
    pub(super) fn open(
        services: Vec<Service>,
        options: Options,
        handover: Option<Handover>,
        events: broadcast::Sender<Event>,
    ) -> Result<Self, OpenError> {
        check_names(&services)?;
        let link_events = netlink::open_events().map_err(|error| socket("the link watch", error))?;
        let mut requests = Requests::open().map_err(|error| socket("the address socket", error))?;
        may_change_addresses(&mut requests)?;
        let tag = options.tag.filter(|_| kernel_keeps_tags());
        let (journal, left) = open_journal(&options).unzip();
        let (routing_journal, routes_left) = open_routing_journal(&options).unzip();
        let mut devices = Devices::default();
        let announcements = announcements(&options, &mut devices);
        let announcer = Announcer::open().map_err(|error| socket("the announcement socket", error))?;
        let now = clock::now();
        let mut engine = Self {
            router: Router::new(),
            outbox: Outbox::new(),
            work: VecDeque::new(),
            instances: BTreeMap::new(),
            groups: Groups::default(),
            devices,
            device_states: Vec::new(),
            table: Table::default(),
            addresses: Addresses::new(requests, tag, journal),
            routing: Routing::new(options.route_tag, routing_journal),
            route_events: None,
            released: Vec::new(),
            statics: Statics::default(),
            static_places: Vec::new(),
            sysctls: Sysctls::open(options.journal.as_deref()),
            sysctls_stale: true,
            filter: Filter::new(&options.filter_table),
            filter_stale: true,
            virtual_macs: VirtualMacs::open(options.journal.as_deref()),
            channels: Channels::default(),
            ears: Ears::default(),
            advertisers: Advertisers::default(),
            announcer,
            identification: 0,
            announcements,
            elsewhere: Elsewheres::default(),
            link_events,
            netlink_buffer: vec![0; DATAGRAM_OCTETS],
            buffers: Buffers::new(),
            message: vec![0; MESSAGE_OCTETS],
            events,
            audit_every: options.audit_every,
            audit_at: now.plus_nanos(nanos(options.audit_every)),
            overruns: 0,
            foreign_told: HashSet::new(),
            lag: LoopLag::default(),
            packet_wait: PacketWait::default(),
            told_at: now,
            unread: false,
            asked: super::asked::Asked::default(),
            ending: Ending::Open,
            heartbeat: None,
            next_witnesses: Vec::new(),
            wills: None,
            // Until it has started there is nothing to undo.
            over: true,
        };
        let resync = engine.addresses.resync(&mut engine.table);
        engine.routing.adopt(routes_left.unwrap_or_default());
        let _everything = resync.map_err(|error| socket("the list of links and addresses", error))?;
        engine.fill(services, handover, left.unwrap_or_default(), now)?;
        Ok(engine)
    }

    fn fill(
        &mut self,
        services: Vec<Service>,
        handover: Option<Handover>,
        mut left: Vec<Line>,
        now: Instant,
    ) -> Result<(), OpenError> {
        let mut saved = None;
        if let Some(handover) = handover {
            for (socket, fd) in handover.sockets {
                self.adopt_socket(&socket, fd);
            }
            left.extend(handover.saved.held.iter().cloned());
            self.sysctls.adopt(handover.saved.sysctls.clone());
            self.virtual_macs.adopt(handover.saved.virtual_macs.clone());
            self.routing.adopt(handover.saved.routing.clone());
            let mut earlier = handover.saved;
            if let (Some(filter), Some(owner)) = (earlier.filter.take(), handover.filter_owner) {
                self.filter.adopt(filter, owner);
            }
            saved = Some(earlier);
        }
        for service in services {
            let _id = self.admit(service, saved.as_mut(), now)?;
        }
        self.fit_groups(now);
        for id in self.ids() {
            let name = self
                .instances
                .get(&id)
                .map_or_else(String::new, |i| i.service.name.clone());
            if let Err(error) = self.provide_channel(id)
                && error.raw_os_error() != Some(libc::ENODEV)
            {
                return Err(socket(&format!("the VRRP socket of service {name}"), error));
            }
        }
        self.fit_channels();
        self.fit_filter()?;
        self.addresses.adopt(&left, &mut self.devices);
        self.addresses.forget_the_absent(&self.table, &self.devices);
        Ok(())
    }

    /// What an earlier life held and nobody asks for now. Only what it has written down: a mark alone may be that of
    /// another program on this node.
    fn remove_strays(&mut self, now: Instant) {
        let mut strays = self.addresses.known_places();
        strays.retain(|place| self.addresses.spec(*place).is_none());
        for place in &strays {
            self.addresses
                .configure(*place, Some(HeldAddress::host(place.address)));
        }
        let news = self.addresses.settle(&strays, &mut self.table, &self.devices);
        for item in &news {
            if let News::Removed(place) = item {
                self.tell_leftover(now, *place);
            }
        }
        let _made = self.tell_news(now, news);
        for place in strays {
            self.addresses.configure(place, None);
        }
    }

    fn adopt_socket(&mut self, saved: &SavedSocket, fd: std::os::fd::OwnedFd) {
        let key = match (&saved.device, saved.local) {
            (Some(device), _) => Key::Device(self.devices.id(device), saved.family),
            (None, Some(local)) => Key::Local(local),
            (None, None) => return,
        };
        let channel = Channel::of(saved.family, saved.index, saved.groups.clone());
        self.channels.insert(key, fd, channel);
    }

    /// Takes a service in; it does nothing yet.
    pub(super) fn admit(
        &mut self,
        service: Service,
        saved: Option<&mut Saved>,
        now: Instant,
    ) -> Result<InstanceId, ServiceError> {
        let instance = Instance::new(service, &mut self.devices, now);
        let config = self.config_now(None, &instance.service)?;
        let place = saved.as_ref().and_then(|saved| {
            saved
                .services
                .iter()
                .position(|saved| saved.name == instance.service.name && !saved.leaving)
        });
        let earlier = place.and_then(|place| saved.map(|saved| saved.services.swap_remove(place)));
        let earlier = match earlier {
            Some(earlier) => match earlier
                .before
                .as_ref()
                .map(|before| before.then(&instance.service))
            {
                // An older version did not say.
                None => Some((earlier, None)),
                Some(Some(then)) => {
                    let interface = instance.interface;
                    Some((earlier, then.config(interface).ok()))
                }
                Some(None) => None,
            },
            None => None,
        };
        let mut instance = instance;
        let router = match earlier {
            Some((earlier, then)) => {
                instance.since = earlier.since;
                instance.since_wall = earlier.since_wall;
                instance.why = earlier.why;
                // With the configuration of that time: the start applies the new one.
                VirtualRouter::restore(then.unwrap_or(config), earlier.snapshot)
            }
            None => VirtualRouter::new(config),
        };
        let name = instance.service.name.clone();
        let id = self
            .router
            .insert(router)
            .map_err(|in_use| ServiceError::KeyTwice {
                service: name,
                other: self
                    .instances
                    .get(&in_use.by)
                    .map_or_else(String::new, |i| i.service.name.clone()),
            })?;
        self.configure_places(&instance);
        self.filter_stale = true;
        self.router.introduce(id, &instance.service.name);
        let _none = self.instances.insert(id, Box::new(instance));
        Ok(id)
    }

    pub(super) fn set_witness(&mut self, now: Instant, witness: Option<Arc<dyn Witness>>) {
        self.router.set_witness(witness);
        for (id, instance) in &self.instances {
            self.router.introduce(*id, &instance.service.name);
        }
        self.router.introduce_groups(now);
    }

    /// A router that goes on has the configuration it had; one that is new has this one already.
    fn apply_to_restored(&mut self, now: Instant, id: InstanceId) {
        let Some(service) = self.instances.get(&id).map(|instance| instance.service.clone()) else {
            return;
        };
        let result = self
            .config_now(Some(id), &service)
            .map(|config| self.router.reconfigure(now, id, config, &mut self.outbox));
        if !matches!(result, Ok(Ok(()))) {
            tracing::error!(
                service = service.name,
                ?result,
                "a service goes on with its earlier configuration"
            );
        }
    }

    pub(super) fn configure_places(&mut self, instance: &Instance) {
        for (place, held) in instance.places.iter().zip(instance.service.all_held()) {
            self.addresses.configure(*place, Some(held));
        }
    }

    pub(super) fn ids(&self) -> Vec<InstanceId> {
        self.instances.keys().copied().collect()
    }

    /// The beginning: every router learns of its link, then takes part; what an earlier life left behind is removed.
    pub(super) fn start(&mut self) {
        self.over = false;
        let now = clock::now();
        self.told_at = now;
        self.remove_strays(now);
        let found = self.found_at_start();
        for (id, instance) in &mut self.instances {
            // What a predecessor has left up stays up, and its addresses stay.
            instance.holds = self.router.get(*id).is_some_and(VirtualRouter::holds);
            for place in instance.places.iter().filter(|_| instance.holds) {
                self.addresses.keeper().hold(*id, *place);
            }
            for entry in instance.entries.iter().filter(|_| instance.holds) {
                self.routing.hold(*id, entry);
            }
        }
        self.make_statics(now);
        self.fit_route_events();
        self.refresh_devices(now);
        self.fit_sysctls();
        for id in self.ids() {
            // A restored router knows its state already, and its addresses are there.
            if self.router.get(id).is_some_and(VirtualRouter::holds) {
                self.work.push_back((id, super::engine::Work::Hold));
                if self.is_active(id) {
                    self.work.push_back((id, super::engine::Work::Advertise(true)));
                }
            }
            self.refresh_tracked(now, id);
            self.refresh_link(now, id);
            self.feed(now, id, Input::Start);
            self.apply_to_restored(now, id);
        }
        self.carry_out(now);
        while !self.work.is_empty() {
            self.work_window(now);
        }
        let strays = self.routing.strays();
        self.take_away(now, &strays);
        self.remove_leftovers(now, &found);
        self.fit_ears();
        self.fit_sysctls();
        self.addresses.write_journal(&self.devices);
        self.routing.write_journal();
    }
}

/// The journal, and what an earlier life has left in it.
type WithLeft = (Journal<Line>, Vec<Line>);

fn may_change_addresses(requests: &mut Requests) -> Result<(), OpenError> {
    match requests.may_change_addresses() {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::Capability {
            capability: "CAP_NET_ADMIN",
            purpose: "adding and removing addresses",
        }),
        Err(error) => Err(socket("the address socket", error)),
    }
}

fn open_routing_journal(options: &Options) -> Option<(Journal<Entry>, Vec<Entry>)> {
    let cost = "routes and rules that a crash leaves behind are not known";
    let directory = options.journal.as_deref()?;
    Some(Journal::open(directory, "held-routes.json", cost))
}

fn open_journal(options: &Options) -> Option<WithLeft> {
    let cost = "addresses that a crash leaves behind are not known";
    let directory = options.journal.as_deref()?;
    Some(Journal::open(directory, "held-addresses.json", cost))
}

pub(super) fn check_names(services: &[Service]) -> Result<(), ServiceError> {
    let mut names = HashSet::new();
    for service in services {
        if !names.insert(service.name.as_str()) {
            return Err(ServiceError::NameTwice {
                service: service.name.clone(),
            });
        }
    }
    check_shared_virtual_macs(services)
}

fn socket(what: &str, error: io::Error) -> OpenError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return OpenError::Capability {
            capability: "CAP_NET_RAW",
            purpose: "sending and hearing protocol 112",
        };
    }
    OpenError::Socket {
        what: what.to_owned(),
        error,
    }
}

/// The queue of announcements with the gaps that the node asks for.
fn announcements(options: &Options, devices: &mut Devices) -> Queue {
    let Options {
        arp_gap,
        neighbor_gap,
        paces,
        ..
    } = options;
    paced(*arp_gap, *neighbor_gap, paces, devices)
}

pub(super) fn paced(
    arp_gap: Duration,
    neighbor_gap: Duration,
    paces: &[Pace],
    devices: &mut Devices,
) -> Queue {
    let gaps = |arp, neighbor| Gaps {
        ipv4_nanos: nanos(arp),
        ipv6_nanos: nanos(neighbor),
    };
    let paces = paces.iter().map(|pace| {
        let interfaces = pace.interfaces.iter().map(|name| devices.id(name)).collect();
        (interfaces, gaps(pace.arp_gap, pace.neighbor_gap))
    });
    let paces = paces.collect();
    Queue::new(gaps(arp_gap, neighbor_gap), paces)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
