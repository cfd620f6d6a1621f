//! What an operator changes while the daemon runs: who is handed over, whether the node is in maintenance, and base
//! priorities that were moved. All of it outlives a reload, and the death of a supervised process; the maintenance also a new start.

pub(crate) mod bequest;
mod drained;
mod kept;
pub(crate) mod maintenance;
mod noted;
pub(crate) mod priority;
mod put_down;
mod shown;
pub(crate) mod switchover;
mod units;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use futures::FutureExt;
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing::warn;
use vrrp_control::{Answer, AskedBy, Maintenance, Problem, ProblemKind};
use vrrp_core::{Priority, StateName};
use vrrp_net::Service;
use vrrp_plan::Plan;

use crate::node::{Node, lock, unix_ms};
use crate::renames;
use crate::supervisor::InForce;
use bequest::{Bequest, Handed, Heritage, both_clocks};
use kept::Kept;
use priority::Moved;
pub(crate) use put_down::{beside, ours, put_down};

/// An owner of its addresses that starts in maintenance would take them before it heard of that.
const OWNER_WAITS_NANOS: u64 = 100_000_000;

/// The router loop answers between two advertisements; longer than this, and it is stuck.
pub(crate) const LOOP_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// So much of an unknown name is said back.
const NAME_CHARS_MAX: usize = 100;

/// Events of the router loop are read so soon.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// What the operator has said, and who is at it.
#[derive(Debug)]
pub(crate) struct Steer {
    pub(crate) said: Mutex<Said>,
    /// From the moment on that a reload has looked at base priorities until they are in force.
    pub(crate) steady: tokio::sync::Mutex<()>,
    /// One at a time.
    maintaining: tokio::sync::Mutex<()>,
    /// Modes of checks, for the next process of this supervisor.
    pub(crate) check_modes: Bequest,
    /// Words about real servers, for the next process of this supervisor.
    pub(crate) server_words: Bequest,
    /// The configuration, for the next process of this supervisor.
    pub(crate) in_force: Option<InForce>,
    /// A move of a priority that ends by itself is there or has gone.
    moved: Notify,
    /// A switchover is over.
    handed: Notify,
}

/// By the names of instances, where it is about one.
#[derive(Debug)]
pub(crate) struct Said {
    kept: Kept,
    bequest: Bequest,
    maintenance: Option<Maintenance>,
    moves: BTreeMap<String, Moved>,
    /// Those that were handed over.
    handed: BTreeMap<String, Handed>,
    /// Those that are on their way.
    handing: BTreeMap<String, Handing>,
    /// Those that were until then: what the router loop tells of it may be read later than its answer.
    over: BTreeMap<String, Instant>,
    /// Of the next switchover.
    number: u64,
}

/// One instance of a switchover.
#[derive(Debug, Clone, Copy)]
struct Handing {
    number: u64,
    asked: AskedBy,
    since: Instant,
    undone: bool,
}

/// A switchover that was begun; dropped, it is over.
struct Begun<'a> {
    node: &'a Node,
    number: u64,
}

impl Steer {
    /// With the maintenance that an earlier life has put down beside its control socket, and all else that was said to an
    /// earlier process of the same supervisor.
    pub(crate) fn beside(
        control: Option<&Path>,
        supervisor: Option<&str>,
        in_force: Option<InForce>,
    ) -> Self {
        let kept = Kept::beside(control);
        let bequest = Bequest::of(control, supervisor, ".said");
        let heritage = bequest.read::<Heritage>();
        let maintenance = kept.read();
        Self {
            said: Mutex::new(Said {
                kept,
                bequest,
                maintenance,
                moves: heritage.moves(both_clocks()),
                handed: heritage.handed,
                handing: BTreeMap::new(),
                over: BTreeMap::new(),
                number: 0,
            }),
            steady: tokio::sync::Mutex::default(),
            maintaining: tokio::sync::Mutex::default(),
            check_modes: Bequest::of(control, supervisor, ".modes"),
            server_words: Bequest::of(control, supervisor, ".servers"),
            in_force,
            moved: Notify::new(),
            handed: Notify::new(),
        }
    }

    /// The services as an operator wants them, before anything runs.
    pub(crate) fn dress_first(&self, services: &mut [Service]) {
        let said = lock(&self.said);
        if let Some(maintenance) = &said.maintenance {
            warn!(
                event = "maintenance",
                code = "on",
                "MAINTENANCE, since user {} asked for it in an earlier life of this daemon: this node takes over only where no other router is alive; `vrrpctl maintenance off` ends it",
                maintenance.asked.uid
            );
        }
        for service in services {
            said.hold_back(service);
            let name = service.name.clone();
            said.dress(&name, service);
        }
    }
}

impl Said {
    /// The base priority of an instance with this one in the file. An owner's is never moved: that would be a new beginning.
    fn base(&self, name: &str, file: Priority) -> Priority {
        if file.is_owner() {
            file
        } else if self.maintenance.is_some() && !self.handing.contains_key(name) {
            Priority::LOWEST
        } else {
            // Of one that is being handed over as well: a fall of the priority would begin an election in the middle of it, or of
            // the script that goes before.
            self.moves.get(name).map_or(file, |moved| moved.base(file))
        }
    }

    /// Gives a service of the file the priority that holds, by the name that it has so far.
    pub(crate) fn dress(&self, name: &str, service: &mut Service) {
        service.settings.priority = self.base(name, service.settings.priority);
    }

    /// One that begins in maintenance hears of it before it could take anything.
    pub(crate) fn hold_back(&self, service: &mut Service) {
        let settings = &mut service.settings;
        let shall = self.maintenance.is_some() || self.handed.contains_key(&service.name);
        if shall && settings.priority.is_owner() {
            settings.start_delay_nanos = settings.start_delay_nanos.max(OWNER_WAITS_NANOS);
        }
    }

    /// A reload has given instances other names.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        // What is left was said of instances that go.
        drop(renames::rename(&mut self.moves, names));
        drop(renames::rename(&mut self.handed, names));
        drop(renames::rename(&mut self.handing, names));
        self.hand_on();
    }

    /// A switchover of it is on its way, or was a moment ago.
    pub(crate) fn is_handing(&self, name: &str) -> bool {
        let lately = |at: &Instant| at.elapsed() < TOLD_WITHIN;
        self.handing.contains_key(name) || self.over.get(name).is_some_and(lately)
    }

    fn retain(&mut self, plan: &Plan) {
        let is_there = |name: &str| plan.instances.iter().any(|one| one.name == name);
        self.moves.retain(|name, _| is_there(name));
        self.handed.retain(|name, _| is_there(name));
        self.hand_on();
    }

    /// To the next process, should this one die.
    fn hand_on(&self) {
        self.bequest
            .write(Heritage::of(&self.moves, &self.handed, both_clocks()));
    }
}

impl<'a> Begun<'a> {
    /// `Err`: one of them is on its way already.
    fn begin(node: &'a Node, names: &[String], asked: AskedBy) -> Result<Self, (String, Handing)> {
        let mut said = lock(&node.steer.said);
        let busy = names.iter().find_map(|name| {
            let handing = said.handing.get(name)?;
            Some((name.clone(), *handing))
        });
        if let Some(busy) = busy {
            return Err(busy);
        }
        said.number = said.number.wrapping_add(1);
        let handing = Handing {
            number: said.number,
            asked,
            since: Instant::now(),
            undone: false,
        };
        said.handing
            .extend(names.iter().map(|name| (name.clone(), handing)));
        let number = said.number;
        Ok(Self { node, number })
    }

    /// They compete with priority 1 since then. By the names that they have by now.
    fn handed_over(&self, since_unix_ms: u64) {
        let mut said = lock(&self.node.steer.said);
        let mine = said.handing.iter().filter(|(_, one)| one.number == self.number);
        let handed = |asked| Handed { asked, since_unix_ms };
        let mine: Vec<_> = mine
            .map(|(name, one)| (name.clone(), handed(one.asked)))
            .collect();
        said.handed.extend(mine);
        said.hand_on();
    }

    fn was_undone(&self) -> bool {
        let said = lock(&self.node.steer.said);
        let mut all = said.handing.values();
        all.any(|one| one.number == self.number && one.undone)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut guard = lock(&self.node.steer.said);
        let said = &mut *guard;
        said.over.retain(|_, at| at.elapsed() < TOLD_WITHIN);
        let mine = (said.handing.iter()).filter(|(_, one)| one.number == self.number);
        said.over
            .extend(mine.map(|(name, _)| (name.clone(), Instant::now())));
        said.handing.retain(|_, one| one.number != self.number);
        drop(guard);
        self.node.steer.handed.notify_waiters();
    }
}

/// An instance has entered a state.
pub(crate) fn heard(node: &Node, name: &str, state: StateName) {
    let mut said = lock(&node.steer.said);
    match state {
        StateName::Active => {
            if said.handed.remove(name).is_some() {
                said.hand_on();
            }
            if said.maintenance.is_some() && !said.is_handing(name) {
                drop(said);
                warn!(
                    instance = name,
                    "{name}: MASTER in maintenance: no other router is alive"
                );
            }
        }
        StateName::Backup if said.maintenance.is_some() => {
            drop(said);
            stand_back(node, name);
        }
        StateName::Backup | StateName::Initialize => {}
    }
}

/// A start or a reload is through: nobody competes who shall not. What is Active all the same, or in a hold that it has got from an
/// earlier process, was asked before, and goes to the first that comes.
pub(crate) async fn hold_to_what_was_said(node: &Node) {
    let (maintenance, handed) = {
        let mut said = lock(&node.steer.said);
        said.retain(&node.plan());
        (said.maintenance.is_some(), said.handed.clone())
    };
    if !maintenance && handed.is_empty() {
        return;
    }
    let Ok(status) = router_status(node).await else {
        return;
    };
    for service in &status.services {
        let shall = maintenance || handed.contains_key(&service.name);
        if shall && !service.resigned && !service.holding && service.state != StateName::Active {
            stand_back(node, &service.name);
        }
    }
}

/// Priority 1 for one that is not Active.
fn stand_back(node: &Node, name: &str) {
    // The first poll sends the order; nobody waits for the answer.
    let _unheard = node.handle.resign(name).now_or_never();
}

/// Brings the driver's base priorities in line with what was said.
async fn move_bases(node: &Node) {
    let _steady = node.steer.steady.lock().await;
    let plan = node.plan();
    let said = lock(&node.steer.said);
    for instance in &plan.instances {
        let file = instance.service.settings.priority;
        if !file.is_owner() {
            // Gone: the loop of the daemon learns it from the thread's end.
            let _ = node
                .handle
                .set_priority(&instance.name, said.base(&instance.name, file));
        }
    }
}

pub(crate) async fn router_status(node: &Node) -> Result<vrrp_net::Status, Problem> {
    let message = match timeout(LOOP_ANSWERS_WITHIN, node.handle.status()).await {
        Ok(Ok(status)) => return Ok(status),
        Ok(Err(gone)) => format!("{gone}; vrrpd is stopping"),
        Err(_late) => format!(
            "the router loop gave no answer within {} s",
            LOOP_ANSWERS_WITHIN.as_secs()
        ),
    };
    Err(Problem {
        kind: ProblemKind::Unavailable,
        message,
    })
}

/// Nothing is begun during a stop.
fn stopping(node: &Node) -> Option<Answer> {
    let is_stopping = lock(&node.state).stopping;
    is_stopping.then(|| {
        problem(
            ProblemKind::Unavailable,
            "vrrpd is stopping, and hands everything over by that; nothing else was done".to_owned(),
        )
    })
}

fn problem(kind: ProblemKind, message: String) -> Answer {
    Answer::Error(Problem { kind, message })
}

fn no_such_instance(plan: &Plan, name: &str) -> Answer {
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    problem(
        ProblemKind::NoSuchInstance,
        format!(
            "no instance {name:?} runs here; running: {}",
            crate::words::names(plan)
        ),
    )
}

pub(crate) fn asked_by(uid: u32) -> AskedBy {
    AskedBy {
        uid,
        at_unix_ms: unix_ms(SystemTime::now()),
    }
}
