//! The deciding value beside its executors: whoever has news brings it here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use vrrp_ipvs::{SyncDaemon, SyncRole};
use vrrp_plan::balance::{Balance, ServerCheck};

use crate::checks::News;
use crate::clock::Clock;
use crate::decide::{BalanceError, Director, Input};
use crate::event::Event;
use crate::kernel::Settings;
use crate::kernel::thread::Keeping;

pub(crate) type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// What is told is told while this is locked, so that it comes in order.
pub(crate) struct Desk {
    state: Mutex<State>,
    pub(crate) keeping: Keeping,
    pub(crate) on_event: OnEvent,
    pub(crate) clock: Clock,
    earlier: Notify,
    revision: watch::Sender<u64>,
}

pub(crate) struct State {
    pub(crate) director: Director,
    /// Virtual servers whose addresses are not on this node.
    pub(crate) absent: BTreeSet<String>,
    pub(crate) sync_role: Option<SyncRole>,
}

impl Desk {
    pub(crate) fn new(state: State, keeping: Keeping, on_event: OnEvent, clock: Clock) -> Self {
        Self {
            state: Mutex::new(state),
            keeping,
            on_event,
            clock,
            earlier: Notify::new(),
            revision: watch::Sender::new(0),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn input(&self, input: Input<'_>) {
        let mut state = self.state();
        let events = state.director.handle(self.clock.now(), input);
        self.carry(&mut state, events);
    }

    /// As [`Self::input`], with something that is to be found first while nothing else happens.
    pub(crate) fn input_found<T, E>(
        &self,
        input: Input<'_>,
        find: impl FnOnce(&Director) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.state();
        let found = find(&state.director)?;
        let events = state.director.handle(self.clock.now(), input);
        self.carry(&mut state, events);
        Ok(found)
    }

    pub(crate) fn reload(&self, balance: Balance) -> Result<(), BalanceError> {
        let mut state = self.state();
        let events = state.director.reload(self.clock.now(), balance)?;
        self.carry(&mut state, events);
        self.keeping.settings(settings(&state));
        Ok(())
    }

    pub(crate) fn set_sync_role(&self, role: Option<SyncRole>) {
        let mut state = self.state();
        state.sync_role = role;
        self.keeping.settings(settings(&state));
    }

    /// The checks there are, and those of them that are to run.
    pub(crate) fn checks(&self) -> (Arc<Vec<ServerCheck>>, BTreeSet<Arc<str>>) {
        let state = self.state();
        let wanted = state.director.checks_of(|name| !state.absent.contains(name));
        (Arc::clone(&state.director.rest().checks), wanted)
    }

    pub(crate) fn hear(&self, news: News<'_>) {
        match news {
            News::Health(name, health, degraded) => self.input(Input::Check {
                name,
                health,
                degraded,
            }),
            News::Weight(name, weight) => self.input(Input::CheckWeight { name, weight }),
            News::Failed(check, reason) => self.tell(Event::CheckFailed {
                check: check.into(),
                reason: reason.to_owned(),
            }),
            News::Lack(check, reason) => self.tell(Event::Lack {
                check: check.into(),
                reason: reason.to_owned(),
            }),
            News::LackOver => self.tell(Event::LackOver),
        }
    }

    fn tell(&self, event: Event) {
        let _in_order = self.state();
        (self.on_event)(event);
    }

    fn carry(&self, state: &mut State, events: Vec<Event>) {
        let steps = state.director.take_steps();
        self.keeping.steps(steps);
        for event in events {
            (self.on_event)(event);
        }
        // A deadline may be new though nothing follows at once: who is drained and then taken out goes a little later.
        self.earlier.notify_one();
        // Also where nothing follows from it: what is known of a check is shown.
        self.revision
            .send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Says when somebody's time has come. Never ends.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        loop {
            let deadline = self.state().director.deadline();
            match deadline.map(|at| Instant::from_std(self.clock.real(at))) {
                Some(at) => tokio::select! {
                    () = sleep_until(at) => self.input(Input::Tick),
                    () = self.earlier.notified() => {}
                },
                None => self.earlier.notified().await,
            }
        }
    }
}

/// What is wanted of the kernel beside its table.
pub(crate) fn settings(state: &State) -> Settings {
    let rest = state.director.rest();
    let daemons = rest.sync.iter().flat_map(|sync| {
        let roles = match (&sync.instance, state.sync_role) {
            (None, _) => vec![SyncRole::Master, SyncRole::Backup],
            (Some(_), role) => role.into_iter().collect(),
        };
        roles.into_iter().map(|role| SyncDaemon {
            role,
            ..sync.daemon.clone()
        })
    });
    Settings {
        timeouts: rest.timeouts,
        daemons: daemons.collect(),
    }
}
