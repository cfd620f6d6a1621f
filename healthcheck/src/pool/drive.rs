//! The pool's executor: inputs from a channel, its wishes to a sink.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use vrrp_core::Health;

use super::config::{PoolConfig, PoolError};
use super::machine::{Pool, PoolAction, PoolInput};
use super::member::Placement;
use super::wanted::Snapshot;
use crate::runner::Change;

/// After a sink has failed: the first pause, doubled each time.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What a sink could not do, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// What a pool's wishes go to: a file, a command, a kernel table.
pub trait Sink: Send + 'static {
    /// Makes it so. A sink that holds single servers carries the actions out in their order; one that writes all at once
    /// takes the snapshot, which has them in it. After an error everything is said again ([`PoolInput::Restate`]).
    /// Dropped at any await, it must leave nothing half done.
    fn apply<'a>(
        &'a mut self,
        wanted: &'a Snapshot,
        actions: &'a [PoolAction],
    ) -> BoxFuture<'a, Result<(), SinkError>>;
}

#[derive(Debug)]
enum Told {
    Check(Arc<str>, Health, bool),
    Place(Arc<str>, Placement),
    /// Examined.
    Config(Box<PoolConfig>),
}

impl Told {
    fn to(self, pool: &mut Pool) -> Vec<PoolAction> {
        match self {
            Self::Check(name, health, degraded) => pool.handle(PoolInput::Check {
                name: &name,
                health,
                degraded,
            }),
            Self::Place(member, placement) => pool.handle(PoolInput::Place {
                member: &member,
                placement,
            }),
            Self::Config(config) => pool.reconfigure(*config).unwrap_or_default(),
        }
    }
}

/// Tells a driven pool; cheap to clone. When the last one is dropped the driving ends.
#[derive(Debug, Clone)]
pub struct PoolHandle {
    tell: UnboundedSender<Told>,
    shown: watch::Receiver<Snapshot>,
}

impl PoolHandle {
    /// A change of a check: what a [`Runner`](crate::Runner) tells. Never blocks.
    pub fn change(&self, change: &Change) {
        let name = Arc::clone(&change.name);
        self.say(Told::Check(name, change.health, change.degraded));
    }

    /// Where an operator wants a member.
    pub fn place(&self, member: impl Into<Arc<str>>, placement: Placement) {
        self.say(Told::Place(member.into(), placement));
    }

    /// Goes on with another configuration (a reload), as [`Pool::reconfigure`] does. The sink is told of members that are
    /// gone too, again until it takes it.
    ///
    /// # Errors
    /// No member, or one twice; then nothing changes.
    pub fn reconfigure(&self, config: PoolConfig) -> Result<(), PoolError> {
        let config = config.checked()?;
        self.say(Told::Config(Box::new(config)));
        Ok(())
    }

    fn say(&self, told: Told) {
        // The driving has ended: nobody is left to care.
        let _ = self.tell.send(told);
    }

    /// What the pool wants, and how it goes on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Snapshot> {
        self.shown.clone()
    }
}

/// Joins a pool to a sink. The future does the work and ends when every handle is gone; dropped, it ends at once.
/// The sink is told of every server at the start, in or out, as nobody knows what it holds then.
/// What comes while the sink is at work is applied together: a hundred changes are one reload of a web server. A sink
/// that fails is told everything again after a pause of 1 s to 30 s.
///
/// ```
/// # #[cfg(feature = "sink")] {
/// use healthcheck::{FileSink, Member, Pool, PoolConfig, Runner, as_json, drive};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("pool.json");
/// let pool = Pool::new(PoolConfig::new([Member::new("192.0.2.10:80").gated_by("web1")]))?;
/// let (handle, driving) = drive(pool, FileSink::new(&path, as_json));
/// tokio::spawn(driving);
/// let mut shown = handle.watch();
/// let runner = Runner::new(move |change| handle.change(&change)); // and its checks
/// shown.wait_for(|pool| pool.quorum).await?;
/// # drop(runner);
/// # Ok(())
/// # }
/// # main().unwrap();
/// # }
/// ```
pub fn drive(mut pool: Pool, mut sink: impl Sink) -> (PoolHandle, impl Future<Output = ()> + Send + 'static) {
    let (tell, told) = unbounded_channel();
    let mut first = pool.handle(PoolInput::Start);
    // Nobody knows what the sink holds: a program that was here before may have put in who is out now.
    first.retain(|action| matches!(action, PoolAction::QuorumGained | PoolAction::QuorumLost));
    first.splice(0..0, pool.handle(PoolInput::Restate));
    let (show, shown) = watch::channel(pool.snapshot());
    let driving = async move { run(&mut pool, &mut sink, first, told, &show).await };
    (PoolHandle { tell, shown }, driving)
}

async fn run(
    pool: &mut Pool,
    sink: &mut impl Sink,
    mut actions: Vec<PoolAction>,
    mut told: UnboundedReceiver<Told>,
    show: &watch::Sender<Snapshot>,
) {
    let mut again: Option<Instant> = None;
    let mut pause = PAUSE;
    let mut gone = Vec::new();
    loop {
        if !actions.is_empty() {
            let wanted = pool.snapshot();
            // The pool has forgotten them, and what it restates does not name them.
            gone.retain(|one| is_of_gone(one, &wanted) && !actions.contains(one));
            actions.append(&mut gone);
            again = match sink.apply(&wanted, &actions).await {
                Ok(()) => {
                    pause = PAUSE;
                    None
                }
                Err(error) => {
                    gone = actions
                        .iter()
                        .filter(|one| is_of_gone(one, &wanted))
                        .cloned()
                        .collect();
                    tracing::error!(%error, pause_s = pause.as_secs(), "the pool's servers could not be set; tried again");
                    let at = Instant::now() + pause;
                    pause = pause.saturating_mul(2).min(PAUSE_MAX);
                    Some(at)
                }
            };
        }
        actions = tokio::select! {
            next = told.recv() => match next {
                Some(next) => all(pool, next, &mut told, again.is_some()),
                None => return,
            },
            () = elapse(again) => pool.handle(PoolInput::Restate),
        };
        show.send_if_modified(|shown| {
            let now = pool.snapshot();
            let differs = *shown != now;
            *shown = now;
            differs
        });
    }
}

/// Whether it takes out a server that is no longer configured.
fn is_of_gone(action: &PoolAction, wanted: &Snapshot) -> bool {
    let PoolAction::Remove { member } = action else {
        return false;
    };
    !wanted.places.iter().any(|place| place.name == *member)
}

/// The first and whatever waits behind it, as one list.
fn all(pool: &mut Pool, first: Told, told: &mut UnboundedReceiver<Told>, failed: bool) -> Vec<PoolAction> {
    let mut actions = first.to(pool);
    while let Ok(next) = told.try_recv() {
        actions.extend(next.to(pool));
    }
    if failed && !actions.is_empty() {
        // The sink may hold anything since it failed.
        actions.extend(pool.handle(PoolInput::Restate));
    }
    actions
}

async fn elapse(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
