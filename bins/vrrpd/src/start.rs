//! From the arguments to a running daemon. What can be refused is refused before anything is begun.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use healthcheck::{HookLimits, Limits, Runner};
use tokio::sync::mpsc;
use tracing::{info, warn};
use vrrp_core::Path;
use vrrp_net::{Driver, OpenError, Options};
use vrrp_plan::{Instance, Plan};

use crate::arguments::Arguments;
use crate::control::{Socket, SocketError};
use crate::exit::Exit;
use crate::firewall::{self, Hears};
use crate::load::{self, LoadError, Loaded};
use crate::log::Log;
use crate::node::{Node, State};
use crate::notify::Notifier;
use crate::privileges::{self, Missing};
use crate::router::Scheduling;
use crate::run::{self, Ears};
use crate::{checks, router};

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Privileges(#[from] Missing),
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error("{0}. Nothing was started")]
    Open(#[from] OpenError),
    #[error("{0}. Nothing was started")]
    System(#[from] io::Error),
}

impl StartError {
    /// The exit code that goes with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Load(error) => error.exit(),
            Self::Privileges(_) | Self::Open(OpenError::Capability { .. }) => Exit::Permission,
            Self::Socket(SocketError::InUse { .. }) => Exit::SocketInUse,
            Self::Open(OpenError::Service(_)) => Exit::Configuration,
            Self::Socket(_) | Self::Open(_) | Self::System(_) => Exit::Failed,
        }
    }
}

/// Runs until it is stopped.
pub(crate) fn start(arguments: Arguments, log: &Log) -> Result<Exit, StartError> {
    let (started, started_wall) = (Instant::now(), SystemTime::now());
    let loaded = load::first(&arguments)?;
    privileges::check()?;
    let socket = (!arguments.no_control)
        .then(|| Socket::take(&arguments.control))
        .transpose()?;
    if let Err(error) = healthcheck::close_inherited_on_exec() {
        warn!("scripts may inherit descriptors that vrrpd was started with: {error}");
    }
    let services: Vec<_> = loaded
        .plan
        .instances
        .iter()
        .map(|instance| instance.service.clone())
        .collect();
    let driver = Driver::open(services.clone(), options(&loaded.plan))?;
    hello(&loaded.plan);
    let handle = driver.handle();
    let events = handle.events();
    let scheduling = Scheduling {
        realtime: arguments.realtime.or(loaded.plan.node.realtime_priority),
        nice: loaded.plan.node.nice,
    };
    // The runtime of everything slow: made before the router loop begins, so that nothing can fail after it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (ended, realtime_priority) = router::spawn(driver, scheduling)?;
    if loaded.plan.node.no_swap {
        lock_memory();
    }
    runtime.block_on(async {
        let (tell, changes) = mpsc::unbounded_channel();
        // The loop has ended when nobody listens any more.
        let runner = Runner::new(move |change| drop(tell.send(change)));
        let limits = HookLimits {
            run: Limits::of(Duration::from_secs(u64::from(arguments.notify_limit))),
            ..HookLimits::default()
        };
        let mut notifier = Notifier::new(limits);
        let Loaded {
            plan,
            scripts,
            warnings,
            not_started,
            ..
        } = loaded;
        drop(notifier.take(&plan, scripts));
        let node = Arc::new(Node {
            handle,
            log: log.clone(),
            runner: Mutex::new(runner),
            notifier: Mutex::new(notifier),
            config_file: arguments.file.display().to_string(),
            realtime_priority,
            started,
            started_wall,
            state: Mutex::new(State {
                plan: Arc::new(plan),
                applied: services,
                warnings,
                not_started,
                loaded_wall: started_wall,
                last_reload: None,
                stopping: false,
            }),
        });
        checks::begin(&node.runner, &node.plan().checks);
        let ears = Ears {
            events,
            changes,
            ended,
        };
        Ok(run::run(node, Arc::new(arguments), ears, socket).await?)
    })
}

fn options(plan: &Plan) -> Options {
    Options {
        arp_gap: plan.node.arp_gap,
        neighbor_gap: plan.node.neighbor_gap,
        ..Options::default()
    }
}

/// `vrrp_no_swap`: what is there now and what comes later; after the threads are there, so that their stacks are in.
fn lock_memory() {
    let all = rustix::mm::MlockAllFlags::CURRENT | rustix::mm::MlockAllFlags::FUTURE;
    if let Err(error) = rustix::mm::mlockall(all) {
        warn!(
            "vrrp_no_swap was refused ({error}): CAP_IPC_LOCK or LimitMEMLOCK=infinity in the systemd unit is needed. The process may be swapped out"
        );
    }
}

/// What an operator should know from the first moment on.
fn hello(plan: &Plan) {
    let names: Vec<&str> = plan
        .instances
        .iter()
        .map(|instance| instance.name.as_str())
        .collect();
    info!(
        "vrrpd {} as {}: {}",
        env!("CARGO_PKG_VERSION"),
        plan.node.router_id,
        names.join(", ")
    );
    let rules = firewall::rules(plan.instances.iter().flat_map(hears));
    for rule in rules {
        info!("a packet filter on this node has to let protocol 112 in: {rule}");
    }
    for instance in &plan.instances {
        if let Some(interface) = instance.service.interface.as_deref().filter(|name| !exists(name)) {
            warn!(
                instance = instance.name.as_str(),
                "{}: {}: interface {interface} does not exist; it is waited for, as with keepalived's dynamic_interfaces",
                instance.place,
                instance.name
            );
        }
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
