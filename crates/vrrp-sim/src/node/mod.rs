//! One node: the real `Router`, the program around it, its kernel, its link.

mod execute;
mod local;
mod settings;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::wire::Received;
use vrrp_core::{Config, Input, InstanceId, InterfaceId, Link, Outbox, Router, VirtualRouter};

use crate::frame::{Datagram, Frame, Target};
use crate::kernel::{Job, Kernel};
use crate::program::{Program, Told, Waiting, addresses};
use crate::timeline::What;
use crate::{Instant, clock};

pub use settings::{NodeSettings, Waking};

/// The usual interface of a node.
pub const INTERFACE: InterfaceId = InterfaceId(1);

/// A node in the world.
#[derive(Debug)]
pub struct Node {
    pub(crate) settings: NodeSettings,
    program: Option<Program>,
    waiting: VecDeque<Waiting>,
    kernel: Kernel,
    powered: bool,
    /// Interfaces whose link is cut.
    cut: BTreeSet<InterfaceId>,
    /// Sending fails until then.
    mute_until: Instant,
    /// The kernel refuses addresses until then.
    refuses_until: Instant,
    overflowed: u64,
    outbox: Outbox,
    buffer: Vec<u8>,
}

/// What a step of a node gives to the world.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) frames: Vec<(InterfaceId, Frame, Target)>,
    /// Advertisements among them.
    pub(crate) left: Vec<(InstanceId, Arc<Datagram>)>,
    /// Advertisements that were read and accepted.
    pub(crate) heard: Vec<Arc<Datagram>>,
    pub(crate) lines: Vec<What>,
}

impl Node {
    pub(crate) fn new(settings: NodeSettings) -> Self {
        Self {
            settings,
            program: None,
            waiting: VecDeque::new(),
            kernel: Kernel::default(),
            powered: true,
            cut: BTreeSet::new(),
            mute_until: Instant::default(),
            refuses_until: Instant::default(),
            overflowed: 0,
            outbox: Outbox::new(),
            buffer: vec![0; 65_535],
        }
    }

    /// Its settings; the routers are those of the last start or reconfiguration.
    #[must_use]
    pub const fn settings(&self) -> &NodeSettings {
        &self.settings
    }

    /// What its kernel holds.
    #[must_use]
    pub const fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Whether it has power.
    #[must_use]
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// Whether all its links have a carrier.
    #[must_use]
    pub fn link_up(&self) -> bool {
        self.cut.is_empty()
    }

    /// Whether one of its links has a carrier.
    #[must_use]
    pub fn is_up(&self, interface: InterfaceId) -> bool {
        !self.cut.contains(&interface)
    }

    /// The interface that a virtual address is on.
    #[must_use]
    pub fn interface_of(&self, address: &IpAddr) -> InterfaceId {
        let routers = self.settings.routers.iter();
        let mut with_it = routers.filter(|config| addresses(config).contains(address));
        with_it.find_map(|config| config.interface).unwrap_or(INTERFACE)
    }

    /// The groups of its routers, while the program runs: the states of the members.
    pub fn groups(&self) -> impl Iterator<Item = Vec<&VirtualRouter>> {
        self.program.iter().flat_map(|program| {
            program.router.groups().map(|group| {
                let members = program.router.members(group).iter();
                members.filter_map(|id| program.router.get(*id)).collect()
            })
        })
    }

    /// Whether its program runs, stalled or not.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.program.is_some()
    }

    /// Whether its program runs and is not stalled.
    #[must_use]
    pub fn is_awake(&self, now: Instant) -> bool {
        let stalled = |program: &Program| program.stalled_until.is_some_and(|until| now < until);
        self.program.as_ref().is_some_and(|program| !stalled(program))
    }

    /// Whether the program has read everything that arrived.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the program was told of a reason that forbids this router to take part; kept apart from the core.
    #[must_use]
    pub fn is_barred(&self, config: &Config) -> bool {
        self.program
            .as_ref()
            .is_none_or(|program| program.told.bars(config))
    }

    /// The priority that this router is to compete with, by what its program was told: 1 after a switchover until it is
    /// taken back or the router is Active (PRJ-STOP-04), else [`priority_of_its_own`](Self::priority_of_its_own).
    #[must_use]
    pub fn priority_told(&self, config: &Config) -> u8 {
        if self.resigned_told(config) {
            1
        } else {
            self.priority_of_its_own(config)
        }
    }

    /// Base priority and tracked objects, by what its program was told; kept apart from the core.
    #[must_use]
    pub fn priority_of_its_own(&self, config: &Config) -> u8 {
        let program = self.program.as_ref();
        program.map_or_else(|| config.priority.get(), |program| program.told.priority(config))
    }

    /// Whether a switchover away from this router is in effect, by what its program was told.
    #[must_use]
    pub fn resigned_told(&self, config: &Config) -> bool {
        let program = self.program.as_ref();
        program.is_some_and(|program| program.told.resigned(config))
    }

    /// Its virtual routers with their numbers, while the program runs.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &VirtualRouter)> {
        self.program.iter().flat_map(|program| program.router.iter())
    }

    /// Its virtual routers, while the program runs.
    pub fn routers(&self) -> impl Iterator<Item = &VirtualRouter> {
        self.program
            .iter()
            .flat_map(|program| program.router.iter().map(|(_, router)| router))
    }

    /// The addresses that its routers want held now.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<IpAddr> {
        self.wants().collect()
    }

    /// The same, perhaps with repeats.
    pub(crate) fn wants(&self) -> impl Iterator<Item = IpAddr> {
        self.routers()
            .filter(|router| router.holds())
            .flat_map(|router| addresses(router.config()))
    }

    pub(crate) fn power_cut(&mut self) {
        self.kill();
        self.powered = false;
        self.kernel = Kernel::default();
    }

    pub(crate) fn kill(&mut self) {
        self.program = None;
        self.waiting.clear();
        self.kernel.forget_jobs();
    }

    pub(crate) fn start(&mut self, now: Instant) {
        if self.program.is_some() {
            // Asked to end and asked to stay again: PRJ-STOP-03.
            self.input(Input::Start);
            return;
        }
        self.powered = true;
        let mut router = Router::new();
        // Two routers with one key are refused by the core; the second is then simply not there.
        router.set_witness(self.settings.witness.clone());
        let mut ids = Vec::new();
        for (number, config) in self.settings.routers.iter().enumerate() {
            if let Ok(id) = router.add(config.clone()) {
                router.introduce(id, &self.settings.name_of(number));
                ids.push(id);
            }
        }
        for members in &self.settings.groups {
            let members = members.iter().filter_map(|number| ids.get(*number).copied());
            let local = local::local_time(now, self.settings.drift_ppm);
            router.group(local, &members.collect::<Vec<_>>(), &mut self.outbox);
        }
        self.program = Some(Program {
            router,
            ids,
            stalled_until: None,
            told: Told::default(),
            announced: BTreeSet::new(),
            defended_at: BTreeMap::new(),
        });
        for interface in self.settings.interfaces() {
            self.wait(Waiting::Link(interface, self.is_up(interface)));
        }
        self.input(Input::Start);
        self.stall(now, Duration::ZERO);
    }

    pub(crate) fn stall(&mut self, now: Instant, lasts: Duration) {
        if let Some(program) = &mut self.program {
            let until = clock::after(now, lasts);
            program.stalled_until = program.stalled_until.max(Some(until));
        }
    }

    pub(crate) fn set_link(&mut self, interface: InterfaceId, up: bool) {
        if up {
            self.cut.remove(&interface);
        } else {
            self.cut.insert(interface);
        }
        self.wait(Waiting::Link(interface, up));
    }

    /// For every router of the node.
    pub(crate) fn input(&mut self, input: Input) {
        self.wait(Waiting::Input(input));
    }

    /// For one router of the node.
    pub(crate) fn input_of(&mut self, index: usize, input: Input) {
        self.wait(Waiting::InputOf(index, input));
    }

    pub(crate) fn configure(&mut self, index: usize, config: Box<Config>) {
        self.wait(Waiting::Configure(index, config));
    }

    pub(crate) fn remove_leftovers(&mut self) {
        self.wait(Waiting::RemoveLeftovers);
    }

    pub(crate) fn arrived(&mut self, interface: InterfaceId, datagram: Arc<Datagram>) {
        let packets = self
            .waiting
            .iter()
            .filter(|waiting| matches!(waiting, Waiting::Packet(..)));
        if packets.count() < self.settings.socket_packets_max {
            self.wait(Waiting::Packet(interface, datagram));
        } else {
            self.overflowed += 1;
        }
    }

    /// Packets that found its socket full.
    #[must_use]
    pub const fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Whether what it sends leaves.
    #[must_use]
    pub fn is_mute(&self, now: Instant) -> bool {
        now < self.mute_until
    }

    /// Nothing that it sends leaves for a while.
    pub(crate) fn mute(&mut self, now: Instant, lasts: Duration) {
        self.mute_until = self.mute_until.max(clock::after(now, lasts));
    }

    /// Its kernel takes no address for a while.
    pub(crate) fn refuse_addresses(&mut self, now: Instant, lasts: Duration) {
        self.refuses_until = self.refuses_until.max(clock::after(now, lasts));
    }

    pub(crate) fn announced(&mut self, address: IpAddr) {
        if self.settings.hears_announcements {
            self.wait(Waiting::Announced(address));
        }
    }

    fn wait(&mut self, waiting: Waiting) {
        // Without a program there is no socket.
        if self.program.is_some() {
            self.waiting.push_back(waiting);
        }
    }

    /// When the program wants to run next, with the earliest time that does.
    pub(crate) fn wants_to_run(&self) -> Option<(Instant, Instant)> {
        let program = self.program.as_ref()?;
        let stalled = program.stalled_until.unwrap_or_default();
        let deadline = program.router.deadline().map(|(_, deadline)| deadline);
        let of_world = |at| local::world_time(at, self.settings.drift_ppm);
        let (earliest, at) = deadline
            .map(|deadline| (of_world(deadline.earliest), of_world(deadline.at)))
            .unzip();
        let now_and_then = if self.waiting.is_empty() {
            None
        } else {
            Some(stalled)
        };
        let earliest = [earliest, now_and_then].into_iter().flatten().min()?;
        let at = [at, now_and_then].into_iter().flatten().min()?;
        Some((earliest.max(stalled), at.max(stalled)))
    }

    /// The program runs: what has arrived first, then what is due (PRJ-TIME-04).
    pub(crate) fn run(&mut self, now: Instant, tick: bool) -> Effects {
        let mut effects = Effects::default();
        if !self.is_awake(now) {
            return effects;
        }
        while let Some(waiting) = self.waiting.pop_front() {
            self.take(now, waiting, &mut effects);
            self.execute(now, &mut effects);
        }
        if let (true, Some(program)) = (tick, &mut self.program) {
            let local = local::local_time(now, self.settings.drift_ppm);
            program.router.tick(local, &mut self.outbox);
            self.execute(now, &mut effects);
        }
        effects
    }

    /// The program ends by itself when it was asked to and has nothing left to do.
    pub(crate) fn exits(&mut self) -> bool {
        let finished = self.kernel.is_idle() && self.has_finished();
        if finished {
            self.kill();
        }
        finished
    }

    fn has_finished(&self) -> bool {
        self.program.as_ref().is_some_and(|program| {
            program.told.stopping
                && program
                    .router
                    .iter()
                    .all(|(_, router)| !router.holds() && router.deadline().is_none())
        })
    }

    fn take(&mut self, now: Instant, waiting: Waiting, effects: &mut Effects) {
        let local = local::local_time(now, self.settings.drift_ppm);
        let Some(program) = &mut self.program else {
            return;
        };
        let (router, out) = (&mut program.router, &mut self.outbox);
        match waiting {
            Waiting::Packet(interface, datagram) => {
                let received = Received {
                    interface: Some(interface),
                    source: datagram.source,
                    destination: Some(datagram.destination),
                    hop_limit: Some(datagram.hop_limit),
                    message: &datagram.message,
                };
                match router.receive(local, &received, out) {
                    Ok(_) => effects.heard.push(datagram),
                    Err(rejected) => effects.lines.push(What::Rejected {
                        source: rejected.source,
                        reject: rejected.reject,
                    }),
                }
            }
            Waiting::Link(interface, up) => {
                if up {
                    program.told.up.insert(interface);
                } else {
                    program.told.up.remove(&interface);
                }
                for id in &program.ids {
                    let Some(config) = router.get(*id).map(VirtualRouter::config) else {
                        continue;
                    };
                    if config.interface == Some(interface) {
                        let primary = self.settings.primary_for(config);
                        router.handle(local, *id, Input::Link(Link { up, primary }), out);
                    }
                }
            }
            Waiting::Input(input) => {
                for id in &program.ids {
                    if let Some(router) = router.get(*id) {
                        program.told.hear(router.config(), &input);
                    }
                    router.handle(local, *id, input, out);
                }
            }
            Waiting::InputOf(index, input) => {
                if let Some(id) = program.ids.get(index) {
                    if let Some(router) = router.get(*id) {
                        program.told.hear(router.config(), &input);
                    }
                    router.handle(local, *id, input, out);
                }
            }
            Waiting::Announced(address) => {
                for id in program.answered_by_another(address) {
                    program
                        .router
                        .handle(local, id, Input::SuccessorAnswers, &mut self.outbox);
                }
                if program.may_defend(local, address) {
                    self.kernel.ask(now, Job::Announce(address), Duration::ZERO);
                }
            }
            Waiting::Configure(index, config) => self.reconfigure(now, index, *config),
            Waiting::RemoveLeftovers => self.drop_leftovers(now),
        }
    }

    fn drop_leftovers(&mut self, now: Instant) {
        let wanted = self.wanted();
        let takes = self.settings.address_takes;
        let left = self.kernel.present().difference(&wanted);
        for address in left.copied().collect::<Vec<_>>() {
            self.kernel.ask(now, Job::Remove(address), takes);
        }
    }

    /// As a reload does: the addresses that are no longer configured are removed, the router is told.
    fn reconfigure(&mut self, now: Instant, index: usize, config: Config) {
        let local = local::local_time(now, self.settings.drift_ppm);
        let Some(program) = &mut self.program else {
            return;
        };
        let Some(id) = program.ids.get(index).copied() else {
            return;
        };
        let told = program
            .router
            .reconfigure(local, id, config.clone(), &mut self.outbox);
        if let (Ok(()), Some(old)) = (told, self.settings.routers.get_mut(index)) {
            let gone = addresses(old)
                .into_iter()
                .filter(|old| !addresses(&config).contains(old));
            for address in gone {
                self.kernel
                    .ask(now, Job::Remove(address), self.settings.address_takes);
            }
            *old = config;
        }
    }

    #[cfg(test)]
    pub(crate) fn forget_order(&mut self) {
        if let Some(program) = &mut self.program {
            for (_, router) in program.router.iter() {
                program.told.is_active(router.config());
            }
        }
    }

    pub(crate) fn kernel_mut(&mut self) -> &mut Kernel {
        &mut self.kernel
    }
}
