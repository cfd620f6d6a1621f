//! Virtual servers: carried out by the director, told to whoever listens, shown and steered by whoever asks.

mod ask;
mod fallbacks;
mod kept;
mod kernel;
mod presence;
#[cfg(test)]
mod sample;
mod scripts;
mod shown;
mod told;
mod which;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthcheck::{HookLimits, HookQueue, NotifyState};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tracing::{error, warn};
use vrrp_director::{Event, Handle, KernelEvent, Options, VirtualServerStatus, Which, Word};
use vrrp_ipvs::{Client, SyncRole};
use vrrp_plan::Plan;
use vrrp_plan::balance::Balance;

use crate::node::{Node, lock};
use crate::process;
use crate::steer::Steer;
use crate::steer::bequest::Bequest;
pub(crate) use ask::ask;
use kept::Left;
pub(crate) use kernel::{ALLOW, Without, look as without_kernel};
pub(crate) use presence::keep as keep_present;
use scripts::Runs;
pub(crate) use scripts::{Ready, planned, ready};

/// What the director tells, for the daemon's loop.
pub(crate) type Heard = mpsc::UnboundedReceiver<Event>;

/// So many checks are no matter for the usual limit of open files.
const CHECKS_FEW: usize = 100;

/// Why virtual servers are not carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}. Nothing was started; what others have put into the kernel's table is as it was")]
pub(crate) struct NotBalanced(String);

/// Those of this node.
#[derive(Debug)]
pub(crate) struct Servers {
    /// From the first virtual server on.
    director: Mutex<Option<Arc<Handle>>>,
    tell: mpsc::UnboundedSender<Event>,
    runs: Mutex<Runs>,
    /// What was wanted last could not be begun.
    owed: AtomicBool,
    /// An address may have come or gone.
    roused: Arc<Notify>,
    /// The role that the synchronisation of connections was told last.
    role: Mutex<Option<SyncRole>>,
    /// Where words of operators are put down.
    bequest: Mutex<Option<Bequest>>,
}

impl Servers {
    pub(crate) fn new(limits: HookLimits) -> (Self, Heard) {
        let (tell, heard) = mpsc::unbounded_channel();
        let servers = Self {
            director: Mutex::new(None),
            tell,
            runs: Mutex::new(Runs::new(limits)),
            owed: AtomicBool::new(false),
            roused: Arc::default(),
            role: Mutex::default(),
            bequest: Mutex::default(),
        };
        (servers, heard)
    }

    /// Begins with a plan. In the place of a process that has died, with what the kernel has: who was out there stays out until its
    /// checks have spoken.
    pub(crate) fn begin(&self, plan: &Plan, steer: &Steer, is_heir: bool) -> Result<(), NotBalanced> {
        *lock(&self.bequest) = Some(steer.server_words.clone());
        let mut balance = plan.balance.clone();
        if is_heir {
            for one in balance.servers.iter_mut().map(Arc::make_mut) {
                one.begins_as_found = true;
                one.tells_first = false;
            }
            balance.flush_at_start = false;
        }
        let left = kept::read(&steer.server_words);
        lock(&self.runs).inherit(&balance, &left.fallbacks);
        self.want(balance).map_err(NotBalanced)
    }

    fn director(&self) -> Option<Arc<Handle>> {
        lock(&self.director).clone()
    }

    /// Scripts of another plan from now on. The answer: what is left to run of servers that are gone.
    pub(crate) fn take(&self, ready: Ready) -> Vec<HookQueue> {
        let mut runs = lock(&self.runs);
        let leaving = runs.take(ready);
        let is_other = runs.fallbacks_are_other();
        drop(runs);
        if is_other {
            self.put_down();
        }
        leaving
    }

    /// What is wanted from now on. May take some time: not on a loop that others wait for.
    ///
    /// # Errors
    /// Why it is not carried out, in words; then everything is as it was.
    fn want(&self, balance: Balance) -> Result<(), String> {
        if balance.checks.len() > CHECKS_FEW
            && let Err(error) = process::raise_descriptors()
        {
            warn!("the limit of open files stays as it is ({error}); checks that hang may use it up");
        }
        if let Some(director) = self.director() {
            return director.reload(balance).map_err(|error| error.to_string());
        }
        if balance.is_empty() {
            return Ok(());
        }
        let client = Client::open().map_err(|error| error.to_string())?;
        let tell = self.tell.clone();
        // The loop has ended when nobody listens any more.
        let told = move |event| drop(tell.send(event));
        let left = lock(&self.bequest).as_ref().map(kept::read).unwrap_or_default();
        // Where they cannot be read they are looked at soon again.
        let absent = presence::present(&balance).unwrap_or_default().into_iter();
        let options = Options {
            words: left.words,
            timeouts_before: left.timeouts_before,
            absent: absent
                .filter(|(_, is_here)| !is_here)
                .map(|(name, _)| name)
                .collect(),
            ..Options::default()
        };
        let director = vrrp_director::start(client, balance, options, told);
        let director = Arc::new(director.map_err(|error| error.to_string())?);
        *lock(&self.director) = Some(Arc::clone(&director));
        // Where this was told already, nobody was there to ask.
        if director.timeouts_before().is_some() {
            self.put_down();
        }
        Ok(())
    }

    /// Whether an address of each of these virtual servers is on this node.
    fn set_present(&self, all: &[(String, bool)]) {
        if let Some(director) = self.director() {
            director.set_all_present(all.iter().map(|(name, is_here)| (name.as_str(), *is_here)));
        }
    }

    fn say(&self, which: &Which, word: Word) -> Result<(), String> {
        let director = self.director().ok_or("no virtual server is balanced here")?;
        let said = director.say(which, word);
        said.map(drop).map_err(|error| error.to_string())
    }

    /// What was said stays said for the next process of a supervisor, and it knows what to put back.
    fn put_down(&self) {
        if let (Some(bequest), Some(director)) = (lock(&self.bequest).as_ref(), self.director()) {
            let (words, timeouts_before) = (director.words(), director.timeouts_before());
            let fallbacks = lock(&self.runs).fallbacks();
            kept::write(
                bequest,
                &Left {
                    words,
                    timeouts_before,
                    fallbacks,
                },
            );
        }
    }

    fn status_of(&self, name: &str) -> Option<VirtualServerStatus> {
        self.director()?.status_of(name)
    }

    /// Whether what was wanted last has not been begun: a reload of the same file tries it again.
    pub(crate) fn owes(&self) -> bool {
        self.owed.load(Ordering::Relaxed)
    }

    /// Whatever was begun ends; the program cannot go on.
    pub(crate) async fn give_up(&self) {
        if let Some(director) = self.director() {
            let _nobody_can_do_more = director.stop().await;
        }
    }
}

/// The kernel is given so long to say what it makes of a reload.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);

/// What keeps the kernel's table from being as it is to be, in words, when it has been asked for everything.
async fn troubles(node: &Node) -> Option<String> {
    let director = node.servers.director()?;
    let settled = async {
        director.settled().await;
        // What was refused before is not said again where it is right now. Where all was right the kernel is not asked for a
        // table that may be long.
        if !director.kernel().troubles.is_empty() {
            director.read();
            director.settled().await;
        }
    };
    let _late = timeout(SETTLES_WITHIN, settled).await;
    let troubles = director.kernel().troubles;
    let first = troubles.first()?;
    let more = troubles.len().saturating_sub(1);
    let more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    Some(format!("{first}{more}"))
}

/// Goes on with another plan; what is not carried out is said, and everything else goes on. The answer: what that is, in words.
pub(crate) async fn take(node: &Arc<Node>) -> Option<String> {
    let plan = node.plan();
    let taking = tokio::task::spawn_blocking({
        let node = Arc::clone(node);
        move || node.servers.want(node.plan().balance.clone())
    });
    let taken = taking.await.unwrap_or_else(|panicked| Err(panicked.to_string()));
    node.servers.owed.store(taken.is_err(), Ordering::Relaxed);
    if let Err(why) = taken {
        let text = format!("virtual servers are not carried out as the file says: {why}");
        error!("{text}");
        lock(&node.state).warnings.push(text.clone());
        follow_roles(node, &plan);
        return Some(text);
    }
    follow_roles(node, &plan);
    let trouble = troubles(node).await?;
    Some(format!(
        "the kernel's table of virtual servers is not as it is to be: {trouble}"
    ))
}

/// The synchronisation of connections follows an instance, if the file says so, and checks with `ha_suspend` the addresses.
pub(crate) fn follow_roles(node: &Node, plan: &Plan) {
    node.servers.roused.notify_one();
    let followed = plan.balance.sync.as_ref().and_then(|sync| sync.instance.as_ref());
    let (Some(name), Some(director)) = (followed, node.servers.director()) else {
        return;
    };
    let role = match lock(&node.notifier).state(name) {
        Some(NotifyState::Master) => SyncRole::Master,
        _ => SyncRole::Backup,
    };
    // Of a thousand events of routers hardly one is about it.
    if lock(&node.servers.role).replace(role) != Some(role) {
        director.set_sync_role(Some(role));
    }
}

/// Something of a server has changed.
pub(crate) fn heard(node: &Node, event: &Event) {
    let plan = node.plan();
    let director = node.servers.director();
    let found = |check: &str| director.as_deref()?.found(check);
    let is_other = {
        let mut ears = told::Ears {
            plan: &plan,
            journal: &node.journal,
            notifier: &mut lock(&node.notifier),
            runs: &mut lock(&node.servers.runs),
        };
        told::tell(event, &mut ears, found);
        ears.runs.fallbacks_are_other()
    };
    if is_other || matches!(event, Event::Kernel(KernelEvent::Timeouts { .. })) {
        node.servers.put_down();
    }
}

/// The end: the kernel's table is left as the file says, and what is to be told of that is told. The answer: scripts that are
/// still to run.
pub(crate) async fn stop(node: &Node, heard_of: &mut Heard) -> Vec<HookQueue> {
    if let Some(director) = node.servers.director()
        && let Err(why) = director.stop().await
    {
        warn!("virtual servers: the kernel's table is not as it was to be left: {why}");
    }
    while let Ok(event) = heard_of.try_recv() {
        heard(node, &event);
    }
    lock(&node.servers.runs).finish()
}
