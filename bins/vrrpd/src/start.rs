//! From the arguments to a running daemon. What can be refused is refused before anything is begun.

use std::io;
use std::os::fd::OwnedFd;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures::FutureExt;
use healthcheck::{HookLimits, Limits, Runner};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tracing::{error, info, warn};
use vrrp_control::EventKind;
use vrrp_core::Path;
use vrrp_net::{Driver, Handover, OpenError, Options, Service, Testator};
use vrrp_plan::{Instance, Plan, Tracked};

use crate::arguments::Arguments;
use crate::background::Caller;
use crate::control::{self, NoSuchGroup, Permits, Socket, SocketError};
use crate::exit::Exit;
use crate::firewall::{self, Hears};
use crate::heir;
use crate::journal::{Journal, Paper, draft};
use crate::load::{LoadError, Loaded};
use crate::log::Log;
use crate::manner::Manner;
use crate::memory::Surplus;
use crate::metrics::{self, ListenError, Listeners};
use crate::node::{Node, State, lock};
use crate::notify::Notifier;
use crate::notify::fifo::Memory;
use crate::pid_file::{PidFileError, PidFiles};
use crate::privileges::{self, Missing};
use crate::record::Recordings;
use crate::renames::Renames;
use crate::router::{Ended, Scheduling};
use crate::run::{self, Ears, Signals};
use crate::servers::{self, NotBalanced, Servers};
use crate::start_delay::since_boot;
use crate::steer::{self, Steer};
use crate::supervisor::{self, Parent};
use crate::systemd::Systemd;
use crate::tracks::{News, Tracks};
use crate::{checks, kernel, ldirectord, modes, notices, router, start_delay, sys, tracks, words};

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Privileges(#[from] Missing),
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("{0}. Nothing was started")]
    PidFile(#[from] PidFileError),
    #[error(transparent)]
    Group(#[from] NoSuchGroup),
    #[error("{0}. Nothing was started")]
    Open(#[from] OpenError),
    #[error(transparent)]
    Servers(#[from] NotBalanced),
    #[error("{0}. Nothing was started")]
    System(#[from] io::Error),
}

impl StartError {
    /// The exit code that goes with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Load(error) => error.exit(),
            Self::Privileges(_) | Self::Open(OpenError::Capability { .. }) => Exit::Permission,
            Self::Socket(SocketError::InUse { .. }) | Self::PidFile(PidFileError::Runs { .. }) => {
                Exit::SocketInUse
            }
            Self::Servers(_) => Exit::Failed,
            Self::Open(OpenError::Service(_) | OpenError::Statics(_)) => Exit::Configuration,
            Self::Group(_) => Exit::Usage,
            Self::Socket(_) | Self::PidFile(_) | Self::Listen(_) | Self::Open(_) | Self::System(_) => {
                Exit::Failed
            }
        }
    }
}

/// Runs until it is stopped.
pub(crate) fn start(
    arguments: Arguments,
    manner: &Manner,
    caller: &Caller,
    log: &Log,
    mut parent: Option<Parent>,
) -> Result<Exit, StartError> {
    let began = (Instant::now(), SystemTime::now());
    let is_heir = parent.as_ref().and_then(Parent::in_force).is_some();
    let loaded = heir::first(&arguments, parent.as_ref())?;
    privileges::check()?;
    let permits = permits(&arguments)?;
    let (mut socket, pid_files, listeners) = claim(&arguments, &loaded.plan, manner, &permits)?;
    let steer = steered(socket.as_ref(), parent.as_mut());
    let notifier = notifier(&arguments, socket.as_ref());
    keep_from_scripts();
    let services = services(&loaded.plan, since_boot(), &steer);
    let (testator, parent) = parent.map(Parent::part).unzip();
    let (driver, recordings, systemd) = open(&arguments, &loaded.plan, services.clone(), testator)?;
    let runtime = slow_runtime()?;
    let exit = runtime.block_on(async {
        let signals = Signals::listen()?;
        let control = listen(&mut socket)?;
        hello(&loaded.plan);
        let handle = driver.handle();
        let events = handle.events();
        let (reloads, asked) = mpsc::unbounded_channel();
        let (tracks, runner, changes) = watchers();
        let (servers, heard) = Servers::new(hook_limits(&arguments));
        let probes = checks::probes(&loaded.plan.checks);
        // Whoever gets the addresses first finds them balanced.
        servers.begin(&loaded.plan, &steer, is_heir)?;
        let (ended, realtime_priority) =
            spawn(driver, scheduling(&arguments, &loaded.plan), &servers).await?;
        lock_memory(&loaded.plan);
        let node = Node {
            notices: Arc::new(notices::new(&arguments, &loaded.plan)),
            handle,
            log: log.clone(),
            runner: Mutex::new(runner),
            pushes: Mutex::default(),
            modes: Mutex::new(modes::inherited(&steer)),
            tracks: Mutex::new(tracks),
            notifier: Mutex::new(notifier),
            paths: arguments.paths(),
            net_namespace: net_namespace(&arguments, &loaded.plan),
            realtime_priority,
            began,
            state: Mutex::new(State::new(services)),
            renames: Renames::default(),
            journal: journal(&arguments),
            events_lost: AtomicU64::new(0),
            steer,
            permits,
            reloads,
            recordings: Arc::clone(&recordings),
            servers,
            surplus: Surplus::default(),
        };
        begin(&node, loaded, probes).await;
        caller.started();
        let ears = Ears {
            events,
            changes,
            asked,
            ended,
            signals,
            systemd,
            control,
            servers: heard,
        };
        live(Arc::new(node), arguments, ears, listeners, parent).await
    });
    // A reload that still reads a huge file, or a disk that does not answer, is not waited for.
    // With its tasks goes the control socket, and with that the folder of the journal.
    runtime.shutdown_background();
    drop(socket);
    drop(pid_files);
    recordings.finish();
    exit
}

/// The last thing that can fail: from here on there may be addresses to give up in order.
async fn spawn(driver: Driver, scheduling: Scheduling, servers: &Servers) -> io::Result<(Ended, Option<u8>)> {
    let spawned = router::spawn(driver, scheduling);
    if spawned.is_err() {
        servers.give_up().await;
    }
    spawned
}

/// Until the end.
async fn live(
    node: Arc<Node>,
    arguments: Arguments,
    ears: Ears,
    listeners: Listeners,
    parent: Option<OwnedFd>,
) -> Result<Exit, StartError> {
    tokio::spawn(servers::keep_present(Arc::downgrade(&node)));
    let arguments = Arc::new(arguments);
    if let Some(file) = arguments.ldirectord.clone() {
        let arguments = Arc::clone(&arguments);
        tokio::spawn(ldirectord::keep_watch(Arc::downgrade(&node), arguments, file));
    }
    let _places = metrics::start(listeners, &node);
    parent.map(|parent| outlive(parent, &node)).transpose()?;
    let run = run::run(Arc::clone(&node), arguments, ears);
    Ok(match AssertUnwindSafe(run).catch_unwind().await {
        Ok(exit) => exit,
        Err(_panic) => give_up(&node).await,
    })
}

type Opened = (Driver, Arc<Recordings>, Systemd);

/// Every socket, and whoever looks on at the driver.
fn open(
    arguments: &Arguments,
    plan: &Plan,
    services: Vec<Service>,
    testator: Option<Testator>,
) -> Result<Opened, StartError> {
    let options = options(arguments, plan);
    let mut driver = match Handover::from_env() {
        Ok(Some(handover)) => Driver::adopt(services, options, handover)?,
        Ok(None) => Driver::open(services, options)?,
        Err(error) => {
            warn!("{error}; everything begins anew");
            Driver::open(services, options)?
        }
    };
    if let Some(testator) = testator {
        driver.set_testator(testator)?;
        supervisor::abort_with_the_router();
    }
    driver.set_statics(plan.statics.clone())?;
    let recordings = Arc::<Recordings>::default();
    recordings.begin(arguments, &mut driver);
    let systemd = Systemd::from_env();
    systemd.listen_to(&mut driver);
    Ok((driver, recordings, systemd))
}

fn journal(arguments: &Arguments) -> Arc<Journal> {
    let path = arguments.events_file.as_deref();
    let paper = path.and_then(|path| Paper::open(path, arguments.events_limit));
    Arc::new(Journal::new(paper))
}

fn listen(socket: &mut Option<Socket>) -> io::Result<Option<(Socket, UnixListener)>> {
    let listener = socket.as_mut().map(Socket::listener).transpose()?.flatten();
    let listener = listener.map(UnixListener::from_std).transpose()?;
    Ok(socket.take().zip(listener))
}

type Claimed = (Option<Socket>, PidFiles, Listeners);

/// What one daemon has at a time.
fn claim(
    arguments: &Arguments,
    plan: &Plan,
    manner: &Manner,
    permits: &Permits,
) -> Result<Claimed, StartError> {
    let socket = (!arguments.no_control)
        .then(|| Socket::take(&arguments.control(plan), permits))
        .transpose()?;
    let in_network = net_namespace(arguments, plan);
    let pid_files = manner.pid_files.claim(in_network.as_deref())?;
    Ok((socket, pid_files, metrics::bind(&arguments.metrics)?))
}

/// Of everything slow.
fn slow_runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Whoever finds something out, and what they tell.
fn watchers() -> (Tracks, Runner, mpsc::UnboundedReceiver<News>) {
    let (tell, changes) = mpsc::unbounded_channel();
    let tracks = Tracks::new(tell.clone());
    let runner = Runner::new(move |change| {
        let object = Tracked::Check(change.name.to_string());
        // The loop has ended when nobody listens any more.
        drop(tell.send(News { object, change }));
    });
    (tracks, runner, changes)
}

fn keep_from_scripts() {
    if let Err(error) = healthcheck::close_inherited_on_exec() {
        warn!("scripts may inherit descriptors that vrrpd was started with: {error}");
    }
}

/// Its end is told in the status too.
fn outlive(parent: OwnedFd, node: &Arc<Node>) -> io::Result<()> {
    let node = Arc::clone(node);
    supervisor::outlive(parent, move |text| lock(&node.state).warnings.push(text))
}

async fn begin(node: &Node, mut loaded: Loaded, probes: checks::Probes) {
    node.journal.note(draft(
        EventKind::Start,
        "started",
        format!(
            "vrrpd {} started: {}",
            env!("CARGO_PKG_VERSION"),
            words::names(&loaded.plan)
        ),
    ));
    lock(&node.pushes).meet(std::mem::take(&mut loaded.speakers));
    lock(&node.notifier).tell_by(Arc::clone(&node.notices));
    node.take(loaded);
    steer::hold_to_what_was_said(node).await;
    checks::begin(node, &node.plan().checks, probes);
    tracks::begin(&node.tracks, &node.plan());
    sys::give_back_memory();
}

fn permits(arguments: &Arguments) -> Result<Permits, NoSuchGroup> {
    Permits::of_groups(
        arguments.control_group.as_deref(),
        arguments.control_admin_group.as_deref(),
    )
}

fn net_namespace(arguments: &Arguments, plan: &Plan) -> Option<String> {
    arguments.net_namespace(plan).map(|(_, name)| name.to_owned())
}

/// Everything beside the router loop has broken down: nobody would tell it any more that a service has failed.
async fn give_up(node: &Node) -> Exit {
    error!(
        "the daemon's loop panicked; this is a fault of the program. The addresses are handed over; start vrrpd again"
    );
    // Gone: it has stopped by itself.
    let _ = node.handle.stop().await;
    Exit::Failed
}

/// What the driver begins with: nobody takes part before the delays from boot and start are over.
fn services(plan: &Plan, up: Duration, steer: &Steer) -> Vec<Service> {
    let service = |instance: &Instance| {
        let mut service = instance.service.clone();
        start_delay::hold_back(&mut service, &plan.node, Duration::ZERO, up);
        service
    };
    let mut services: Vec<Service> = plan.instances.iter().map(service).collect();
    steer.dress_first(&mut services);
    services
}

/// What an operator has said before this process was there.
fn steered(socket: Option<&Socket>, mut parent: Option<&mut Parent>) -> Steer {
    let in_force = parent.as_mut().and_then(|parent| parent.take_in_force());
    let supervisor = parent.as_ref().and_then(|parent| parent.life());
    Steer::beside(socket.map(Socket::path), supervisor, in_force)
}

fn scheduling(arguments: &Arguments, plan: &Plan) -> Scheduling {
    Scheduling {
        realtime: arguments.realtime.or(plan.node.realtime_priority),
        nice: plan.node.nice,
    }
}

fn hook_limits(arguments: &Arguments) -> HookLimits {
    HookLimits {
        run: Limits::of(Duration::from_secs(u64::from(arguments.notify_limit))),
        ..HookLimits::default()
    }
}

fn notifier(arguments: &Arguments, socket: Option<&Socket>) -> Notifier {
    let mut notifier = Notifier::new(hook_limits(arguments));
    notifier.remember(Memory::beside(socket.map(Socket::path)));
    notifier
}

fn options(arguments: &Arguments, plan: &Plan) -> Options {
    let journal = (!arguments.no_control).then(|| control::journal_folder(&arguments.control(plan)));
    Options {
        journal,
        arp_gap: plan.node.arp_gap,
        neighbor_gap: plan.node.neighbor_gap,
        paces: plan.node.paces.clone(),
        filter_table: plan.node.filter_table.clone(),
        ..Options::default()
    }
}

/// `vrrp_no_swap`: what is there now and what comes later; after the threads are there, so that their stacks are in.
fn lock_memory(plan: &Plan) {
    if !plan.node.no_swap {
        return;
    }
    let all = rustix::mm::MlockAllFlags::CURRENT | rustix::mm::MlockAllFlags::FUTURE;
    if let Err(error) = rustix::mm::mlockall(all) {
        warn!(
            "vrrp_no_swap was refused ({error}): CAP_IPC_LOCK or LimitMEMLOCK=infinity in the systemd unit is needed. The process may be swapped out"
        );
    }
}

/// What an operator should know from the first moment on.
fn hello(plan: &Plan) {
    info!(
        "vrrpd {} as {}: {}",
        env!("CARGO_PKG_VERSION"),
        plan.node.router_id,
        words::names(plan)
    );
    let rules = firewall::rules(plan.instances.iter().flat_map(hears));
    for rule in rules {
        info!("a packet filter on this node has to let protocol 112 in: {rule}");
    }
    kernel::warn_of_settings(plan);
    plan.instances.iter().for_each(warn_of_absence);
}

/// Of an interface that does not exist.
pub(crate) fn warn_of_absence(instance: &Instance) {
    if let Some(interface) = instance.service.interface.as_deref().filter(|name| !exists(name)) {
        warn!(
            instance = instance.name.as_str(),
            "{}: {}: interface {interface} does not exist; it is waited for, as with keepalived's dynamic_interfaces",
            instance.place,
            instance.name
        );
    }
}

/// Whether there is such an interface now.
pub(crate) fn exists(interface: &str) -> bool {
    nix::net::if_::if_nametoindex(interface).is_ok()
}

fn hears(instance: &Instance) -> Vec<Hears> {
    match &instance.service.settings.path {
        Path::Multicast { group } => {
            let interface = instance.service.interface.clone().into_iter();
            interface
                .map(|interface| Hears::Group {
                    interface,
                    group: *group,
                })
                .collect()
        }
        Path::Unicast { peers, .. } => peers
            .iter()
            .map(|peer| Hears::Peer { source: peer.address })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 90 s from boot and 10 s from the start of the daemon: the longer rest counts.
    #[test]
    fn the_longer_of_two_delays_holds() {
        let text = "global_defs {\nvrrp_startup_delay 10\nvrrp_delay_after_boot 90\n}\n\
                    vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n";
        let files = keepalived_conf::MemoryFiles::new([("k.conf", text)]);
        let parsed = keepalived_conf::parse(&files, "k.conf");
        let allowed = std::iter::empty::<&str>().collect();
        let lowered = vrrp_plan::lower(
            &parsed.config,
            &parsed.sources,
            &allowed,
            &vrrp_plan::Host::default(),
        );
        let held = |up_s| {
            let services = services(
                &lowered.plan,
                Duration::from_secs(up_s),
                &Steer::beside(None, None, None),
            );
            Duration::from_nanos(services[0].settings.start_delay_nanos).as_secs()
        };
        assert_eq!([0, 30, 79, 81, 500].map(held), [90, 60, 11, 10, 10]);
        assert!(since_boot() > Duration::ZERO);
    }
}
