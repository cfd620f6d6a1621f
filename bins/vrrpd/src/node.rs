//! What the daemon shares between its loop, its reloads and its control socket.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use healthcheck::{Health, HookQueue, Runner};
use tokio::sync::mpsc;
use vrrp_control::{NotStarted, Reload};
use vrrp_net::{Handle, Service};
use vrrp_notices::Notices;
use vrrp_plan::ldirectord::Duties;
use vrrp_plan::{Fault, Plan, Tracked};

use crate::control::Permits;
use crate::journal::Journal;
use crate::load::{Loaded, Trap};
use crate::log::Log;
use crate::mark::Mark;
use crate::memory::Surplus;
use crate::modes::Modes;
use crate::notices;
use crate::notify::Notifier;
use crate::pushes::Pushes;
use crate::record::Recordings;
use crate::renames::Renames;
use crate::run::Asked;
use crate::servers::Servers;
use crate::steer::Steer;
use crate::tracks::Tracks;

/// Everything that runs. Locks are held for a moment and never across a wait.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) log: Log,
    pub(crate) runner: Mutex<Runner>,
    pub(crate) pushes: Mutex<Pushes>,
    pub(crate) modes: Mutex<Modes>,
    pub(crate) tracks: Mutex<Tracks>,
    pub(crate) notifier: Mutex<Notifier>,
    /// Mail and webhooks.
    pub(crate) notices: Arc<Notices>,
    pub(crate) state: Mutex<State>,
    pub(crate) renames: Renames,
    /// What has happened.
    pub(crate) journal: Arc<Journal>,
    /// Events of the router loop that were overtaken before they were read.
    pub(crate) events_lost: AtomicU64,
    /// What an operator changes while it runs.
    pub(crate) steer: Steer,
    /// Who may ask, and what.
    pub(crate) permits: Permits,
    /// Reloads that clients ask for.
    pub(crate) reloads: mpsc::UnboundedSender<Asked>,
    /// What the routers do is written down.
    pub(crate) recordings: Arc<Recordings>,
    /// Virtual servers.
    pub(crate) servers: Servers,
    /// What the last reload has left.
    pub(crate) surplus: Surplus,
    /// When the process began, by both clocks.
    pub(crate) began: (Instant, SystemTime),
    /// keepalived.conf and ldirectord.cf.
    pub(crate) paths: (Option<String>, Option<String>),
    pub(crate) net_namespace: Option<String>,
    pub(crate) realtime_priority: Option<u8>,
}

/// What changes with a reload.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) plan: Arc<Plan>,
    /// The errors of its file: on a reload they bar nothing.
    pub(crate) faults: Arc<[Fault]>,
    /// What the lint has found in it: on a reload it is not told again.
    pub(crate) traps: Arc<BTreeSet<Trap>>,
    /// The services as the driver has them: those of the plan, but for the first health of trackers.
    pub(crate) applied: Vec<Service>,
    pub(crate) warnings: Vec<String>,
    pub(crate) not_started: Vec<NotStarted>,
    /// Virtual servers of the file that are left out, as allowed.
    pub(crate) left_out: usize,
    /// What tells the files that are in force from others.
    pub(crate) mark: Mark,
    pub(crate) loaded_wall: SystemTime,
    pub(crate) last_reload: Option<Reload>,
    pub(crate) stopping: bool,
    /// What ldirectord.cf asks for beside virtual servers.
    pub(crate) duties: Duties,
}

impl State {
    /// Before any plan was taken.
    pub(crate) fn new(applied: Vec<Service>) -> Self {
        Self {
            plan: Arc::default(),
            faults: Arc::default(),
            traps: Arc::default(),
            applied,
            warnings: Vec::new(),
            not_started: Vec::new(),
            left_out: 0,
            mark: Mark::default(),
            loaded_wall: SystemTime::now(),
            last_reload: None,
            stopping: false,
            duties: Duties::default(),
        }
    }
}

impl Node {
    /// Makes `loaded` what is in force. Answers with the queues of instances that went, whose last scripts are still to
    /// run.
    pub(crate) fn take(&self, loaded: Loaded) -> Vec<HookQueue> {
        if let Some(in_force) = &self.steer.in_force {
            in_force.write(&loaded.files);
        }
        let plan = Arc::new(loaded.plan);
        let mut leaving =
            lock(&self.notifier).take(&plan, loaded.scripts, loaded.group_scripts, loaded.fifos);
        leaving.extend(self.servers.take(loaded.server_scripts));
        // Those who go were told the last by those who were told before.
        notices::aim(&self.notices, &plan, loaded.targets);
        let mut state = lock(&self.state);
        state.plan = plan;
        state.faults = loaded.faults.into();
        state.traps = loaded.traps.into();
        state.warnings = loaded.warnings;
        state.not_started = loaded.not_started;
        state.left_out = loaded.left_out;
        state.mark = loaded.mark;
        state.loaded_wall = SystemTime::now();
        state.duties = loaded.duties;
        leaving
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&lock(&self.state).plan)
    }

    /// What is known of a tracked object; the links of interfaces are the driver's.
    pub(crate) fn health(&self, object: &Tracked) -> Option<Health> {
        match object {
            Tracked::Check(name) => Some(lock(&self.runner).health(name)),
            Tracked::File(_) | Tracked::Process(_) => Some(lock(&self.tracks).health(object)),
            Tracked::Interface(_) | Tracked::Statics(_) => None,
        }
    }

    /// Tells the driver what is known of an object, for every instance that follows it.
    pub(crate) fn tell_health(&self, plan: &Plan, object: &Tracked) {
        let Some(health) = self.health(object) else {
            return;
        };
        for instance in &plan.instances {
            for tracker in instance.following(object) {
                // Gone: the loop of the daemon learns it from the thread's end.
                let _ = self.handle.set_health(&instance.name, tracker, health);
            }
        }
    }

    /// Tells the driver what is known of all that one instance tracks. Of a check without result nothing is: it stays what
    /// it was taken for.
    pub(crate) fn tell_healths_of(&self, instance: &vrrp_plan::Instance) {
        for (id, tracked) in (0_u16..).zip(&instance.tracked) {
            let waits = |health: &Health| *health == Health::Unknown && matches!(tracked, Tracked::Check(_));
            if let Some(health) = self.health(tracked).filter(|health| !waits(health)) {
                let _ = self
                    .handle
                    .set_health(&instance.name, vrrp_core::TrackerId(id), health);
            }
        }
    }
}

/// A lock whose holder panicked still guards plain data.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970; 0 before it.
pub(crate) fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, ms)
}

/// Milliseconds, at most what a `u64` holds.
pub(crate) fn ms(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
