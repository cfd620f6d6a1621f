//! A balance carried out: checks, the deciding value, the kernel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use healthcheck::Placement;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vrrp_ipvs::{SyncRole, Timeouts};
use vrrp_plan::balance::Balance;

use crate::checks::{CheckStatus, Checks};
use crate::clock::Clock;
use crate::decide::{
    BalanceError, Director, Input, NoSuchServer, ServerName, VirtualServerStatus, Which, Word,
};
use crate::desk::{Desk, State, settings};
use crate::event::Event;
use crate::kernel::thread::Keeping;
use crate::kernel::{Counters, Keeper, Kernel, KernelStatus};

/// With what it begins.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Virtual servers with `ha_suspend` whose addresses are not on this node: [`Handle::set_present`].
    pub absent: BTreeSet<String>,
    /// What operators had said to the program before: [`Handle::words`].
    pub words: Vec<(ServerName, Word)>,
    /// The role of the instance that the daemon of synchronisation follows: [`Handle::set_sync_role`].
    pub sync_role: Option<SyncRole>,
    /// What the timeouts of connections were before the program before has set them: [`Handle::timeouts_before`].
    pub timeouts_before: Option<Timeouts>,
}

/// Why a balance is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot be.
    #[error(transparent)]
    Balance(#[from] BalanceError),
    /// The kernel cannot be asked.
    #[error("virtual servers cannot be started: {0}")]
    Kernel(#[from] vrrp_ipvs::Error),
    /// The system gives no thread.
    #[error("virtual servers cannot be started, there is no thread for them: {0}")]
    Thread(#[from] std::io::Error),
}

/// A balance that is carried out. Dropped, checks end and the kernel keeps what it has, as after a crash; [`Self::stop`] takes it
/// out.
pub struct Handle {
    desk: Arc<Desk>,
    checks: Mutex<Option<Checks>>,
    time: JoinHandle<()>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// How everything stands.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Virtual servers in the order of the configuration.
    pub virtual_servers: Vec<VirtualServerStatus>,
    /// Those whose checks rest, because their addresses are not here (`ha_suspend`).
    pub suspended: BTreeSet<String>,
    /// Checks in the order of the configuration.
    pub checks: Vec<CheckStatus>,
    /// The kernel's side.
    pub kernel: KernelStatus,
}

/// Carries a balance out, on the tokio runtime that this is called in (it needs I/O and time; one thread is enough) and a thread
/// of its own for the kernel, which inherits the rights of this one. The kernel's table has been read when this returns, and is
/// being changed.
///
/// `on_event` is called in order, and must neither block nor call the handle: it sends the event on.
///
/// # Errors
/// The balance cannot be carried out, or the kernel cannot be asked; nothing has changed then.
pub fn start(
    mut kernel: impl Kernel,
    balance: Balance,
    options: Options,
    on_event: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Handle, StartError> {
    let flush = balance.flush_at_start;
    let mut director = Director::new(balance)?;
    let clock = Clock::new();
    // Read also where it is flushed: whether the kernel may be asked is seen by it.
    let mut found = kernel.table()?;
    if flush {
        kernel.flush()?;
        found = vrrp_ipvs::Table::new();
    }
    for (name, Word { placement, weight }) in options.words {
        let which = Which::from(name);
        // Before the start: nothing is told of it.
        director.handle(clock.now(), Input::Place(&which, placement));
        director.handle(clock.now(), Input::Weigh(&which, weight));
    }
    let on_event: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(on_event);
    let mut keeper = Keeper::new(clock.now(), kernel, found.clone());
    if let Some(before) = options.timeouts_before {
        keeper.inherit_timeouts(before);
    }
    let tell = Arc::clone(&on_event);
    let keeping = Keeping::begin(keeper, clock, move |event| tell(Event::Kernel(event)))?;
    let state = State {
        director,
        absent: options.absent,
        sync_role: options.sync_role,
    };
    keeping.settings(settings(&state));
    let desk = Arc::new(Desk::new(state, keeping, on_event, clock));
    desk.input(Input::Start(&found));
    let hearer = Arc::clone(&desk);
    let checks = Checks::new(Arc::new(move |news| hearer.hear(news)));
    let handle = Handle {
        time: tokio::spawn(Arc::clone(&desk).keep_time()),
        desk,
        checks: Mutex::new(Some(checks)),
    };
    handle.settle_checks();
    Ok(handle)
}

impl Handle {
    /// Goes on with another balance: what did not change is not touched, and what keeps its name keeps what is known and said
    /// of it. Looks users up: not for a loop that others wait for.
    ///
    /// # Errors
    /// What is wrong with it; nothing has changed then.
    pub fn reload(&self, balance: Balance) -> Result<(), BalanceError> {
        // Not held during the reload, as whoever hears of it may ask what a check has found.
        self.with_checks(|running| running.hush(&balance.checks));
        let taken = self.desk.reload(balance);
        self.with_checks(Checks::speak);
        self.settle_checks();
        taken
    }

    fn with_checks(&self, ask: impl FnOnce(&mut Checks)) {
        let mut running = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_mut().map(ask);
    }

    /// Whether an address of a virtual server with `ha_suspend` is on this node; all are where nothing has been said. It may be
    /// said of one that is yet to come.
    pub fn set_present(&self, virtual_server: &str, is_present: bool) {
        self.set_all_present([(virtual_server, is_present)]);
    }

    /// The same of many: the checks are looked through once.
    pub fn set_all_present<'a>(&self, all: impl IntoIterator<Item = (&'a str, bool)>) {
        let mut state = self.desk.state();
        let mut changed = false;
        for (virtual_server, is_present) in all {
            changed |= if is_present {
                state.absent.remove(virtual_server)
            } else {
                state.absent.insert(virtual_server.to_owned())
            };
        }
        drop(state);
        if changed {
            self.settle_checks();
        }
    }

    /// The role of the instance that the daemon of synchronisation follows; `None`: it does not run. Where it follows none, both
    /// run whatever is said here.
    pub fn set_sync_role(&self, role: Option<SyncRole>) {
        self.desk.set_sync_role(role);
    }

    /// Where an operator wants a real server; it outlives reloads. Answers with those that were meant.
    ///
    /// # Errors
    /// There is none.
    pub fn place(&self, which: &Which, placement: Placement) -> Result<Vec<ServerName>, NoSuchServer> {
        let input = Input::Place(which, placement);
        self.desk.input_found(input, |director| director.find(which))
    }

    /// Which weight an operator wants a real server to have; `None`: the configured one. It outlives reloads. Answers with those
    /// that were meant.
    ///
    /// # Errors
    /// There is none.
    pub fn set_weight(&self, which: &Which, weight: Option<u32>) -> Result<Vec<ServerName>, NoSuchServer> {
        let input = Input::Weigh(which, weight);
        self.desk.input_found(input, |director| director.find(which))
    }

    /// What a check has found last, in words; `None`: nothing yet, or it looks at nothing. As cheap with many checks as with one.
    #[must_use]
    pub fn found(&self, check: &str) -> Option<String> {
        let running = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref()?.found(check)
    }

    /// What operators have said, for the program that takes this one's place.
    #[must_use]
    pub fn words(&self) -> Vec<(ServerName, Word)> {
        let state = self.desk.state();
        let words = state.director.words();
        words.map(|(name, word)| (name.clone(), *word)).collect()
    }

    /// What the timeouts of connections are put back to at the end, for the program that takes this one's place; `None`: nothing
    /// was set.
    #[must_use]
    pub fn timeouts_before(&self) -> Option<Timeouts> {
        self.desk.keeping.status().timeouts_before
    }

    /// How everything stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.desk.state();
        let (virtual_servers, checks) = (state.director.status(), state.director.rest().checks.clone());
        let suspended = state.director.suspended(|name| !state.absent.contains(name));
        drop(state);
        let running = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let checks = running.as_ref().map(|running| running.status(checks.iter()));
        drop(running);
        Snapshot {
            virtual_servers,
            suspended,
            checks: checks.unwrap_or_default(),
            kernel: self.desk.keeping.status(),
        }
    }

    /// The kernel's side alone: as cheap with many servers as with one.
    #[must_use]
    pub fn kernel(&self) -> KernelStatus {
        self.desk.keeping.status()
    }

    /// How one virtual server stands.
    #[must_use]
    pub fn status_of(&self, virtual_server: &str) -> Option<VirtualServerStatus> {
        self.desk.state().director.status_of(virtual_server)
    }

    /// What an operator says of a real server, both at once: where it is to be, and with which weight. It outlives reloads. Answers
    /// with those that were meant.
    ///
    /// # Errors
    /// There is none.
    pub fn say(&self, which: &Which, word: Word) -> Result<Vec<ServerName>, NoSuchServer> {
        let input = Input::Say(which, word);
        self.desk.input_found(input, |director| director.find(which))
    }

    /// A number that changes with what [`Self::snapshot`] has of virtual servers.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.desk.revision()
    }

    /// Has the kernel's table read now, and not only when it is due: whoever knows that others have changed it says so.
    /// [`Self::settled`] waits for it.
    pub fn read(&self) {
        self.desk.keeping.read();
    }

    /// What passes in our services. The kernel is asked for it: 37,205 real servers take it about 60 ms.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    pub fn counters(&self) -> impl Future<Output = Result<Counters, String>> + Send + 'static {
        self.desk.keeping.counters()
    }

    /// Ends when the kernel has been asked for all that was wanted when this was called; [`KernelStatus::troubles`] says what it
    /// has not done.
    pub fn settled(&self) -> impl Future<Output = ()> + Send + 'static {
        self.desk.keeping.settled()
    }

    /// The end: those are told who want to be (`omega`), checks end, and the kernel's table is left as
    /// [`AtStop`](vrrp_plan::balance::AtStop) says. A second time it does nothing.
    ///
    /// # Errors
    /// What the kernel refused to take out, in words.
    pub async fn stop(&self) -> Result<(), String> {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(checks) = checks else {
            return Ok(());
        };
        checks.stop().await;
        self.desk.input(Input::Stop);
        self.time.abort();
        let how = self.desk.state().director.rest().at_stop;
        self.desk.keeping.stop(how).await
    }

    fn settle_checks(&self) {
        let mut running = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked for while this is locked: of two that settle the later knows more.
        let (checks, wanted) = self.desk.checks();
        if let Some(running) = running.as_mut() {
            running.settle(&checks, |name| wanted.contains(name));
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.time.abort();
    }
}
