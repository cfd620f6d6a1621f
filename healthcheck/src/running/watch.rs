//! Many patterns on one source of events, by one thread that sleeps until something happens.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use vrrp_core::Health;

use super::census::Census;
use super::connector::{Connector, Event, Heard};
use super::quorum::QuorumJudge;
use super::{ProcessSpec, ProcessStatus, Source, proc};
use crate::probe::Outcome;
use crate::runner::Change;

/// How late the start of a process may be seen where the kernel does not tell. One look is a read for each process of
/// the machine.
const SCAN_EVERY: Duration = Duration::from_millis(500);
/// What no event tells, or what was lost, is found now and then.
const COUNT_ANEW_EVERY: Duration = Duration::from_secs(10);
/// Ends that are told at once: descriptors are not for everybody.
const ENDS_MAX: usize = 256;
/// A storm of events must not keep a delay from ending.
const EVENTS_A_TURN: usize = 4096;
/// The thread needs little.
const STACK_OCTETS: usize = 256 * 1024;

/// Counts processes of the whole machine, as far as its `/proc` shows them. The first count happens in
/// [`add`](Self::add).
///
/// Dropping it ends the watch.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Health, Pattern, ProcessSpec, ProcessWatch, Quorum};
///
/// let (tell, told) = std::sync::mpsc::channel();
/// // With vrrp-net: handle.set_health(instance, tracker, change.health)
/// let mut processes = ProcessWatch::new(move |change| drop(tell.send(change)))?;
/// processes.add(ProcessSpec {
///     name: "sleeper".into(),
///     pattern: Pattern::Command {
///         program: "sleep".into(),
///         parameters: vec!["1234.5".into()],
///         compare: Some(Default::default()),
///     },
///     quorum: Quorum::default(),
/// });
/// assert_eq!(told.recv()?.health, Health::Down);
/// let mut sleeper = std::process::Command::new("sleep").arg("1234.5").spawn()?;
/// assert_eq!(told.recv_timeout(Duration::from_secs(10))?.health, Health::Up);
/// sleeper.kill()?;
/// assert_eq!(told.recv_timeout(Duration::from_secs(10))?.health, Health::Down);
/// # sleeper.wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ProcessWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    connector: Option<Connector>,
    source: Source,
    /// Written to: the thread looks at `state` again.
    wake: OwnedFd,
    state: Mutex<State>,
    on_change: Box<dyn Fn(Change) + Send + Sync>,
}

#[derive(Default)]
struct State {
    census: Census,
    judged: BTreeMap<Arc<str>, Judged>,
    stop: bool,
}

struct Judged {
    spec: ProcessSpec,
    judge: QuorumJudge,
    since: Instant,
}

impl fmt::Debug for ProcessWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessWatch")
            .field("source", &self.shared.source)
            .field("processes", &self.statuses())
            .finish_non_exhaustive()
    }
}

fn lock(mutex: &Mutex<State>) -> MutexGuard<'_, State> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProcessWatch {
    /// Events of the kernel where it tells them to this program, else scans. `on_change` is told the first health of
    /// each from [`add`](Self::add), and every other from a thread of the watch. It must not block, and not call this
    /// watch: it sends the change on.
    ///
    /// # Errors
    /// Where the kernel gives no descriptor or no thread.
    pub fn new(on_change: impl Fn(Change) + Send + Sync + 'static) -> io::Result<Self> {
        let (connector, source) = match Connector::open() {
            Ok(connector) => (Some(connector), Source::Events),
            Err(why) => (None, scanned(why)),
        };
        Self::with(connector, source, on_change)
    }

    /// As [`new`](Self::new), with scans even where the kernel would tell: its events come for every process of the
    /// machine, which a machine that starts thousands a second may not want.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn scanning(on_change: impl Fn(Change) + Send + Sync + 'static) -> io::Result<Self> {
        Self::with(None, scanned("asked for".to_owned()), on_change)
    }

    fn with(
        connector: Option<Connector>,
        source: Source,
        on_change: impl Fn(Change) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            connector,
            source,
            wake: eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
            state: Mutex::default(),
            on_change: Box::new(on_change),
        });
        let thread = std::thread::Builder::new()
            .name("processes".to_owned())
            .stack_size(STACK_OCTETS)
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run()
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Begins to count, or counts otherwise under this name: a health that is known stays until the count says
    /// otherwise. Answers with the health.
    pub fn add(&mut self, spec: ProcessSpec) -> Health {
        let mut state = lock(&self.shared.state);
        let name = Arc::clone(&spec.name);
        state.census.add(Arc::clone(&name), spec.pattern.clone());
        let judged = match state.judged.remove(&name) {
            Some(before) => Judged {
                judge: before.judge.with(spec.quorum),
                since: before.since,
                spec,
            },
            None => Judged {
                judge: QuorumJudge::new(spec.quorum),
                since: Instant::now(),
                spec,
            },
        };
        state.judged.insert(Arc::clone(&name), judged);
        state.count_anew();
        self.shared.judge(&mut state);
        let health = state.judged.get(&name).map(|judged| judged.judge.health());
        drop(state);
        self.shared.wake();
        health.unwrap_or_default()
    }

    /// Counts no longer. False if there is none of this name.
    pub fn remove(&mut self, name: &str) -> bool {
        let mut state = lock(&self.shared.state);
        state.census.remove(name);
        state.judged.remove(name).is_some()
    }

    /// How starts and ends are learnt of.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.shared.source
    }

    /// The health of a count; unknown if there is none of this name.
    #[must_use]
    pub fn health(&self, name: &str) -> Health {
        let state = lock(&self.shared.state);
        let judged = state.judged.get(name);
        judged.map_or(Health::Unknown, |judged| judged.judge.health())
    }

    /// All that is known of one count.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<ProcessStatus> {
        lock(&self.shared.state).judged.get(name).map(Judged::status)
    }

    /// All that is known of every count, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<ProcessStatus> {
        let state = lock(&self.shared.state);
        state.judged.values().map(Judged::status).collect()
    }
}

impl Drop for ProcessWatch {
    fn drop(&mut self) {
        lock(&self.shared.state).stop = true;
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            // It panicked: nothing more to end.
            let _ = thread.join();
        }
    }
}

const fn scanned(why: String) -> Source {
    Source::Scan {
        every: SCAN_EVERY,
        why,
    }
}

impl Judged {
    fn status(&self) -> ProcessStatus {
        ProcessStatus {
            name: Arc::clone(&self.spec.name),
            pattern: self.spec.pattern.to_string().into(),
            count: self.judge.count(),
            quorum: self.spec.quorum,
            health: self.judge.health(),
            since: self.since,
            changes_at: self.judge.deadline(),
        }
    }
}

impl State {
    fn count_anew(&mut self) {
        if self.census.is_empty() {
            return;
        }
        let with_words = self.census.needs_words();
        let there: BTreeSet<u32> = proc::pids().into_iter().collect();
        for pid in &there {
            self.census.is(*pid, proc::identity(*pid, with_words).as_ref());
        }
        self.census.keep(&there);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Acknowledged => {}
            Event::Forked { parent, child } => self.census.forked(parent, child),
            Event::Changed(pid) => {
                let now = proc::identity(pid, self.census.needs_words());
                self.census.is(pid, now.as_ref());
            }
            Event::Ended(pid) => self.census.is(pid, None),
        }
    }
}

impl Shared {
    fn wake(&self) {
        // Full: it is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    fn run(&self) {
        let every = match &self.source {
            Source::Events => COUNT_ANEW_EVERY,
            Source::Scan { every, .. } => *every,
        };
        let mut ends = Ends::default();
        let mut counted = Instant::now();
        loop {
            let (pids, due) = {
                let state = lock(&self.state);
                if state.stop {
                    return;
                }
                let judges = state.judged.values();
                let judged = judges.filter_map(|judged| judged.judge.deadline()).min();
                let again = (!state.census.is_empty()).then(|| counted + every);
                (state.census.pids(), judged.into_iter().chain(again).min())
            };
            if self.connector.is_none() {
                ends.fit(&pids);
            }
            let ended = self.sleep(due, &ends);
            let mut state = lock(&self.state);
            if state.stop {
                return;
            }
            for pid in ended {
                state.census.is(pid, None);
                ends.0.remove(&pid);
            }
            let lost = self.hear(&mut state);
            if lost || counted.elapsed() >= every {
                state.count_anew();
                counted = Instant::now();
            }
            self.judge(&mut state);
        }
    }

    /// Sleeps until `due`, an event, or the end of one of `ends`, which are answered with.
    fn sleep(&self, due: Option<Instant>, ends: &Ends) -> Vec<u32> {
        let left = due.map(|due| due.saturating_duration_since(Instant::now()));
        let limit = left.and_then(|left| Timespec::try_from(left).ok());
        let mut on = vec![PollFd::new(&self.wake, PollFlags::IN)];
        on.extend(
            self.connector
                .iter()
                .map(|one| PollFd::new(&one.socket, PollFlags::IN)),
        );
        let others = on.len();
        on.extend(ends.0.values().map(|end| PollFd::new(end, PollFlags::IN)));
        if poll(&mut on, limit.as_ref()).is_err() {
            // A signal: the next turn sleeps again.
            return Vec::new();
        }
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut count);
        let told = on.iter().skip(others).map(|end| !end.revents().is_empty());
        let pids = ends.0.keys().zip(told).filter(|(_, told)| *told);
        pids.map(|(pid, _)| *pid).collect()
    }

    /// Takes what the kernel tells; whether some of it was lost.
    fn hear(&self, state: &mut State) -> bool {
        let Some(connector) = &self.connector else {
            return false;
        };
        let mut lost = false;
        for _ in 0..EVENTS_A_TURN {
            match connector.hear() {
                Some(Heard::Event(event)) => state.event(event),
                Some(Heard::Nothing) => {}
                Some(Heard::Lost) => lost = true,
                None => break,
            }
        }
        lost
    }

    /// Tells each judge its count, and the caller what changed.
    fn judge(&self, state: &mut State) {
        let now = Instant::now();
        let State { census, judged, .. } = state;
        for (name, judged) in judged {
            let count = census.count(name);
            let before = judged.judge.health();
            let Some(health) = judged.judge.handle(now, count) else {
                continue;
            };
            judged.since = now;
            let reason = words(&judged.spec, count);
            let outcome = match health {
                Health::Up => Outcome::pass(reason, Duration::ZERO),
                _ => Outcome::fail(reason, Duration::ZERO),
            };
            (self.on_change)(Change {
                name: Arc::clone(name),
                health,
                before,
                degraded: false,
                outcome,
            });
        }
    }
}

fn words(spec: &ProcessSpec, count: u32) -> String {
    let wanted = match (spec.quorum.at_least, spec.quorum.at_most) {
        (_, Some(0)) => "none may run".to_owned(),
        (least, None) => format!("{least} needed"),
        (least, Some(most)) => format!("{least} to {most} needed"),
    };
    format!("{}: {count} run, {wanted}", spec.pattern)
}

/// Descriptors that tell of an end at once.
#[derive(Default)]
struct Ends(BTreeMap<u32, OwnedFd>);

impl Ends {
    fn fit(&mut self, pids: &BTreeSet<u32>) {
        self.0.retain(|pid, _| pids.contains(pid));
        for pid in pids {
            if self.0.len() >= ENDS_MAX {
                return;
            }
            let known = self.0.contains_key(pid);
            let Some(process) = i32::try_from(*pid)
                .ok()
                .and_then(Pid::from_raw)
                .filter(|_| !known)
            else {
                continue;
            };
            match pidfd_open(process, PidfdFlags::empty()) {
                Ok(end) => {
                    self.0.insert(*pid, end);
                }
                // It has ended since; the next scan sees it.
                Err(Errno::SRCH) => {}
                // No pidfds, or no more descriptors: scans alone.
                Err(_) => return,
            }
        }
    }
}
