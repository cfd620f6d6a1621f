//! What the routers were told and what they decided, one line each, for `vrrpctl replay`: from the start on (`--record FILE`), or
//! from when an operator asks (`vrrpctl record start FILE`) until then, or until its limit.
//!
//! Nothing depends on it: a file that cannot be written is told, and the daemon goes on.

mod asked;
mod counts;
mod place;

use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};
use tracing::{info, warn};
use vrrp_control::{AskedBy, EventKind, Recording};
use vrrp_core::Instant;
use vrrp_net::{Driver, Handle};
use vrrp_recording::{Progress, Recorder, Told, Writing};

use crate::arguments::Arguments;
use crate::journal::{Journal, draft};
use crate::node::{Node, lock, unix_ms};
pub(crate) use asked::ask;
use counts::Counts;
use place::Place;
pub(crate) use place::ours;

/// Lines that wait for the disk: some seconds of a node with a thousand routers.
const WAITING_MAX: usize = 16_384;
/// How long the end waits for the last line.
const FINISH_WITHIN: Duration = Duration::from_millis(500);

/// The recording of this process: one at a time, for the routers have one onlooker.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    state: Mutex<State>,
    /// Who begins or ends one is alone.
    changing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// The one before, as it ended.
    last: Option<Recording>,
    /// Of the next one.
    number: u64,
}

/// A recording that runs.
#[derive(Debug)]
struct Running {
    number: u64,
    writing: Writing,
    facts: Facts,
}

/// What is told of one.
#[derive(Debug, Clone)]
struct Facts {
    path: String,
    asked: Option<AskedBy>,
    began_unix_ms: u64,
    octets_max: u64,
    counts: Arc<Counts>,
}

impl Facts {
    fn new(file: &Path, asked: Option<AskedBy>, octets_max: u64) -> Self {
        Self {
            path: file.display().to_string(),
            asked,
            began_unix_ms: unix_ms(SystemTime::now()),
            octets_max,
            counts: Arc::default(),
        }
    }

    fn show(&self, running: bool, progress: &Progress) -> Recording {
        Recording {
            path: self.path.clone(),
            running,
            asked: self.asked,
            began_unix_ms: self.began_unix_ms,
            octets: self.counts.octets(),
            octets_max: self.octets_max,
            dropped: progress.lost(),
            well: progress.is_well(),
            problem: self.counts.problem(),
        }
    }
}

impl Recordings {
    /// The one that runs, or the one before.
    pub(crate) fn show(&self) -> Option<Recording> {
        let state = lock(&self.state);
        let running = state.running.as_ref().map(|running| running.show(true));
        running.or_else(|| state.last.clone())
    }

    /// Begins the one of the command line, where one is asked for; what cannot be is told.
    pub(crate) fn begin(&self, arguments: &Arguments, driver: &mut Driver) {
        let Some(path) = arguments.record.as_ref() else {
            return;
        };
        let mebioctets_max = arguments.record_limit;
        let octets_max = u64::from(mebioctets_max) << 20;
        let facts = Facts::new(path, None, octets_max);
        let shown = facts.path.clone();
        let (told, counts) = (facts.clone(), Arc::clone(&facts.counts));
        let started = Place::open(path, octets_max, counts).and_then(|place| {
            Recorder::start(place, now(), &details(), WAITING_MAX, move |what| {
                told.hear(&what);
            })
        });
        match started {
            Ok((recorder, writing)) => {
                info!(
                    "recording to {shown}, at most {mebioctets_max} MiB; `vrrpctl replay {shown}` shows it"
                );
                driver.set_witness(recorder);
                let running = Running {
                    number: 0,
                    writing,
                    facts,
                };
                *lock(&self.state) = State {
                    running: Some(running),
                    last: None,
                    number: 1,
                };
            }
            Err(error) => {
                warn!("--record {shown}: {error}. Nothing is recorded; everything else goes on");
            }
        }
    }

    /// Begins one in the middle: the routers are written down as they are, and then what happens. It ends by itself where it
    /// cannot go on.
    fn start(self: &Arc<Self>, place: Place, facts: Facts, node: &Node) -> std::io::Result<()> {
        let mut state = lock(&self.state);
        let number = state.number;
        let end = End {
            recordings: Arc::downgrade(self),
            handle: node.handle.clone(),
            journal: Arc::clone(&node.journal),
            number,
            facts: facts.clone(),
        };
        let (recorder, writing) =
            Recorder::start(place, now(), &details(), WAITING_MAX, move |what| end.hear(&what))?;
        let witness = Some::<Arc<dyn vrrp_core::Witness>>(recorder);
        node.handle.set_witness(witness).map_err(std::io::Error::other)?;
        state.number = number.wrapping_add(1);
        state.running = Some(Running {
            number,
            writing,
            facts,
        });
        Ok(())
    }

    /// Takes away what runs, or only that of a number; nothing more is written to it than what waits already.
    fn leave(&self, number: Option<u64>, handle: &Handle) -> Option<Running> {
        let mut state = lock(&self.state);
        let running = state
            .running
            .take_if(|running| number.is_none_or(|number| number == running.number))?;
        state.last = Some(running.show(false));
        // Gone: it has stopped, and nobody looks on any more. With the lock held: the next one begins behind this.
        let _ = handle.set_witness(None);
        Some(running)
    }

    /// How the one before has ended, once its last line is written.
    fn ended(&self, recording: Recording) {
        lock(&self.state).last = Some(recording);
    }

    /// Waits a moment for the last line, once the routers are gone.
    pub(crate) fn finish(&self) {
        let running = lock(&self.state).running.take();
        if let Some(running) = running {
            running.complete(FINISH_WITHIN);
        }
    }
}

impl Running {
    fn show(&self, running: bool) -> Recording {
        self.facts.show(running, &self.writing.progress())
    }

    /// Waits for the last line. Whether it is written, or was refused.
    fn complete(self, limit: Duration) -> bool {
        let complete = self.writing.finish(limit);
        if !complete {
            warn!(
                "the recording {} was not complete within {} ms; its last lines may be missing",
                self.facts.path,
                limit.as_millis()
            );
        }
        complete
    }
}

impl Facts {
    /// One of the command line goes on whatever comes.
    fn hear(&self, what: &Told) {
        let path = &self.path;
        match what {
            Told::Failed(error) => {
                self.counts.set_problem(Some(error.to_string()));
                warn!(
                    "{path} cannot be written: {error}. Lines of the recording are lost until it can; nothing else is"
                );
            }
            Told::Again { lost } => {
                self.counts.set_problem(None);
                info!("{path} is written again; {lost} lines of the recording are missing");
            }
            Told::Behind { lost } => {
                warn!("the recording could not keep up: {lost} lines are missing in {path}");
            }
        }
    }
}

/// What ends a recording that an operator has asked for, should it not be able to go on.
struct End {
    recordings: Weak<Recordings>,
    handle: Handle,
    journal: Arc<Journal>,
    number: u64,
    facts: Facts,
}

impl End {
    fn hear(&self, what: &Told) {
        let Told::Failed(error) = what else {
            // Written again: it is over, and what waited was little enough.
            if matches!(what, Told::Behind { .. }) {
                self.facts.hear(what);
            }
            return;
        };
        self.facts.counts.set_problem(Some(error.to_string()));
        let recordings = self.recordings.upgrade();
        if recordings.is_some_and(|all| all.leave(Some(self.number), &self.handle).is_some()) {
            let left = match self.facts.counts.octets() {
                0 => "Nothing could be written to it",
                _ => "What is in it can be replayed",
            };
            let text = format!(
                "the recording {} is over: {error}. {left}; `vrrpctl record start` begins another one",
                self.facts.path
            );
            warn!("{text}");
            self.journal.note(draft(EventKind::Record, "failed", text));
        }
    }
}

fn details() -> String {
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall = wall.unwrap_or_default();
    format!(
        "program=vrrpd-{} node={} wall={}.{:09}",
        env!("CARGO_PKG_VERSION"),
        node.trim(),
        wall.as_secs(),
        wall.subsec_nanos()
    )
}

/// The clock that the routers are told.
fn now() -> Instant {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    Instant::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}
