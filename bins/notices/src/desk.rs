//! Who is told what: targets, and a lane for each of them and each instance.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;

use crate::courier::Courier;
use crate::epoch::Epochs;
use crate::lane::{Job, Lane};
use crate::news::{Kind, News, State};
use crate::result::{End, LaneStatus, Outcome, TargetStatus, Totals};
use crate::work;

/// So many tries of one target are under way at once; others wait for their turn. No target waits for another one.
const TRIES_MAX: usize = 16;
/// Names are looked up by the C library, which blocks: so many at once.
const LOOKUPS_MAX: usize = 4;

/// Of what a target wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wants {
    /// Of these alone; `None`: of everything.
    pub only: Option<BTreeSet<(Kind, String)>>,
    /// Also of FAULT.
    pub faults: bool,
}

impl Wants {
    /// Everything.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            only: None,
            faults: true,
        }
    }

    fn names(&self, news: &News) -> bool {
        let named = |only: &BTreeSet<(Kind, String)>| only.contains(&(news.kind, news.name.clone()));
        self.only.as_ref().is_none_or(named)
    }

    fn covers(&self, news: &News) -> bool {
        self.names(news) && (self.faults || news.state != State::Fault)
    }
}

/// Everybody who is told.
#[derive(Debug, Default)]
pub struct Targets(BTreeMap<String, Target>);

#[derive(Debug)]
struct Target {
    courier: Arc<dyn Courier>,
    wants: Wants,
    turns: Arc<Semaphore>,
}

impl Targets {
    /// One more, or another one of this name.
    pub fn add(&mut self, name: impl Into<String>, courier: Arc<dyn Courier>, wants: Wants) {
        let turns = Arc::new(Semaphore::new(TRIES_MAX));
        let target = Target {
            courier,
            wants,
            turns,
        };
        self.0.insert(name.into(), target);
    }
}

/// Tells them; see the crate's page.
#[derive(Debug)]
pub struct Notices {
    shared: Arc<Shared>,
    thread: Mutex<Option<Thread>>,
    confine: Confine,
}

/// What a thread gives up before it does anything.
type Confine = fn() -> io::Result<()>;

/// Where the tries run: not where routers, checks or the control socket are waited for.
#[derive(Debug)]
struct Thread {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    joins: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// From now on each try is the last one.
    pub(crate) closing: watch::Sender<bool>,
    outstanding: watch::Sender<usize>,
    pub(crate) writer: work::Writer,
}

#[derive(Debug)]
struct Inner {
    targets: Targets,
    lanes: BTreeMap<(Kind, String, String), Arc<Mutex<Lane>>>,
    totals: BTreeMap<String, Totals>,
    epochs: Epochs,
}

impl Notices {
    /// Tells nobody yet, and has no thread.
    #[must_use]
    pub fn new(epochs: Epochs) -> Self {
        let shared = Shared {
            inner: Mutex::new(Inner {
                targets: Targets::default(),
                lanes: BTreeMap::new(),
                totals: BTreeMap::new(),
                epochs,
            }),
            closing: watch::Sender::new(false),
            outstanding: watch::Sender::new(0),
            writer: work::Writer::default(),
        };
        Self {
            shared: Arc::new(shared),
            thread: Mutex::default(),
            confine: || Ok(()),
        }
    }

    /// The thread that tells calls `confine` before anything else: to give up what it does not need. Those that it starts
    /// to look up names inherit what is left. Where that fails there is no thread, and nobody is told anything.
    #[must_use]
    pub fn confined(mut self, confine: fn() -> io::Result<()>) -> Self {
        self.confine = confine;
        self
    }

    /// From now on these are told. What waits for a target of the same name is carried by the new one; what waits for
    /// one that is not among them is given up.
    ///
    /// # Errors
    /// There can be no thread, or not a confined one: nobody is told anything.
    pub fn aim(&self, mut targets: Targets) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        if thread.is_none() && !targets.0.is_empty() {
            *thread = Some(Thread::start(self.confine)?);
        }
        let mut inner = self.shared.lock();
        for (name, target) in &mut targets.0 {
            if let Some(before) = inner.targets.0.get(name) {
                target.turns = Arc::clone(&before.turns);
            }
        }
        inner.targets = targets;
        Ok(())
    }

    /// Puts it into the queue of each target that wants it. Never waits. The same state twice is told once.
    pub fn tell(&self, news: &News) {
        let thread = lock(&self.thread);
        let Some(thread) = thread.as_ref().filter(|_| !*self.shared.closing.borrow()) else {
            return;
        };
        let mut inner = self.shared.lock();
        let wanting = inner.wanting(news);
        if wanting.is_empty() {
            return;
        }
        // One number for all who are told the same.
        let epoch = inner.epochs.next(news.at);
        for target in wanting {
            let key = (news.kind, news.name.clone(), target.clone());
            let lane = Arc::clone(inner.lanes.entry(key).or_default());
            let begins = {
                let mut lane = lock(&lane);
                if lane.last.replace(news.state) == Some(news.state) {
                    continue;
                }
                let previous = lane.told.replace(news.state);
                let job = Job {
                    news: news.clone(),
                    previous,
                    epoch,
                };
                match lane.push(job, Instant::now()) {
                    Some(dropped) => {
                        work::log(&target, news.kind, &news.name, &dropped);
                        inner.totals.entry(target.clone()).or_default().count(&dropped);
                    }
                    None => self.shared.outstanding.send_modify(|count| *count += 1),
                }
                !std::mem::replace(&mut lane.attended, true)
            };
            if begins {
                let shared = Arc::clone(&self.shared);
                thread.handle.spawn(work::work(shared, lane, target));
            }
        }
    }

    /// Instances that go on under other names: before and after.
    pub fn rename(&self, names: &[(String, String)]) {
        let mut inner = self.shared.lock();
        let renamed = |kind: Kind, name: String| {
            let mut names = names.iter().filter(|_| kind == Kind::Instance);
            let after = names.find(|(before, _)| *before == name);
            after.map_or(name, |(_, after)| after.clone())
        };
        for target in inner.targets.0.values_mut() {
            let only = target.wants.only.take();
            target.wants.only = only.map(|only| {
                let only = only.into_iter();
                only.map(|(kind, name)| (kind, renamed(kind, name))).collect()
            });
        }
        // Who goes, and whose name another one has now, makes room for it: its last words go on all the same.
        let is_renamed =
            |kind, name: &str| kind == Kind::Instance && names.iter().any(|(before, _)| before == name);
        let lanes = std::mem::take(&mut inner.lanes).into_iter();
        let (moving, staying) = lanes.partition(|((kind, name, _), _)| is_renamed(*kind, name));
        let moving: BTreeMap<_, _> = moving;
        inner.lanes = staying;
        for ((kind, name, target), lane) in moving {
            inner.lanes.insert((kind, renamed(kind, name), target), lane);
        }
    }

    /// Forgets what came of those that are no more, except where something still waits.
    pub fn keep(&self, stays: impl Fn(Kind, &str) -> bool) {
        let mut inner = self.shared.lock();
        inner
            .lanes
            .retain(|(kind, name, _), lane| stays(*kind, name) || lock(lane).waiting() > 0);
    }

    /// What each target is told of one.
    #[must_use]
    pub fn status(&self, kind: Kind, name: &str) -> Vec<LaneStatus> {
        let inner = self.shared.lock();
        let now = Instant::now();
        let lanes = inner.lanes.range((kind, name.to_owned(), String::new())..);
        let lanes = lanes.take_while(|((other, called, _), _)| *other == kind && called == name);
        lanes
            .map(|((_, _, target), lane)| {
                let to = inner.targets.0.get(target);
                let lane = lock(lane);
                LaneStatus {
                    target: target.clone(),
                    to: to.map_or_else(String::new, |to| to.courier.to()),
                    waiting: lane.waiting(),
                    first: lane.first(),
                    trouble: lane.trouble(),
                    next_in: lane.next_in(now),
                    outcomes: lane.outcomes(),
                }
            })
            .collect()
    }

    /// How each target has fared since the start, over all instances and groups; by its name.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetStatus> {
        let inner = self.shared.lock();
        let waiting = |name: &String| {
            let lanes = inner.lanes.iter().filter(|((_, _, target), _)| target == name);
            lanes.map(|(_, lane)| lock(lane).waiting()).sum()
        };
        let targets = inner.targets.0.iter();
        targets
            .map(|(name, target)| TargetStatus {
                target: name.clone(),
                to: target.courier.to(),
                waiting: waiting(name),
                totals: inner.totals.get(name).copied().unwrap_or_default(),
            })
            .collect()
    }

    /// Takes nothing more. What waits is tried at once, and for the last time; what has not ended after `limit` is given
    /// up. The answer: how many of these there were.
    pub async fn close(&self, limit: Duration) -> usize {
        self.shared.closing.send_replace(true);
        let mut outstanding = self.shared.outstanding.subscribe();
        if timeout(limit, outstanding.wait_for(|count| *count == 0))
            .await
            .is_ok()
        {
            return 0;
        }
        drop(lock(&self.thread).take());
        let mut inner = self.shared.lock();
        let Inner { lanes, totals, .. } = &mut *inner;
        let mut abandoned = 0;
        for ((kind, name, target), lane) in lanes {
            let mut lane = lock(lane);
            let why = lane.trouble().unwrap_or_default();
            while let Some(outcome) = lane.first_is_over(End::Abandoned, why.clone(), Instant::now()) {
                work::log(target, *kind, name, &outcome);
                totals.entry(target.clone()).or_default().count(&outcome);
                abandoned += 1;
            }
        }
        abandoned
    }
}

impl Thread {
    fn start(confine: Confine) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(LOOKUPS_MAX)
            .thread_name("vrrpd-notices")
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, confined) = std::sync::mpsc::channel();
        let joins = std::thread::Builder::new()
            .name("vrrpd-notices".to_owned())
            .spawn(move || {
                let result = confine();
                let begins = result.is_ok();
                // Whoever started it waits for this.
                let _ = tell.send(result);
                if begins {
                    // An error is an end as well: nobody is left who could say stop.
                    let _ = runtime.block_on(stopped);
                }
                // A name server that does not answer is not waited for.
                runtime.shutdown_background();
            })?;
        let gone = |_| Err(io::Error::other("it has ended"));
        confined.recv().unwrap_or_else(gone)?;
        Ok(Self {
            handle,
            stop: Some(stop),
            joins: Some(joins),
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.joins.take() {
            // It panicked: nothing more is told, and its tasks are gone.
            let _ = thread.join();
        }
    }
}

impl Inner {
    /// Who is told of it. Who does not want to hear of it is told of the state after it, also where that is the one before.
    fn wanting(&self, news: &News) -> Vec<String> {
        let mut wanting = Vec::new();
        for (name, target) in &self.targets.0 {
            if target.wants.covers(news) {
                wanting.push(name.clone());
            } else if target.wants.names(news)
                && let Some(lane) = self.lanes.get(&(news.kind, news.name.clone(), name.clone()))
            {
                lock(lane).last = Some(news.state);
            }
        }
        wanting
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Who carries it there, and the turns of those who do.
    pub(crate) fn courier(&self, target: &str) -> Option<(Arc<dyn Courier>, Arc<Semaphore>)> {
        let inner = self.lock();
        let target = inner.targets.0.get(target)?;
        Some((Arc::clone(&target.courier), Arc::clone(&target.turns)))
    }

    /// How one ended that was taken from a lane.
    pub(crate) fn over(&self, target: &str, outcome: &Outcome) {
        let mut inner = self.lock();
        inner.totals.entry(target.to_owned()).or_default().count(outcome);
        drop(inner);
        self.outstanding
            .send_modify(|count| *count = count.saturating_sub(1));
    }

    pub(crate) fn with_epochs<T>(&self, with: impl FnOnce(&mut Epochs) -> T) -> T {
        with(&mut self.lock().epochs)
    }
}

/// A lock whose holder panicked still guards plain data.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
