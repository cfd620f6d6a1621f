//! Exhaustive search: every way in which a few routers can lose, delay, stall, crash and be stopped, within a budget.
//!
//! Random worlds find what is likely; this finds what is possible. Faults happen wherever something happens, so a state is
//! a situation between two events: what each router is, what is under way, and which faults are left. Situations with
//! the same future are one state, so the search ends by itself: a group that has settled comes round to where it was.

mod coverage;
mod graph;
pub mod groups;
pub mod library;
mod situation;
mod step;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use vrrp_core::{Config, Instant, Interval, active_down_nanos};

pub use coverage::Coverage;
use graph::{Graph, Record};
use situation::Situation;
pub use step::Choice;

/// How many faults of each kind may happen, in every order and at every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Budget {
    /// Advertisements lost on the way to one router.
    pub losses: u8,
    /// Advertisements that come late by [`Setup::delay`].
    pub delays: u8,
    /// Programs that do not run for [`Setup::stall`].
    pub stalls: u8,
    /// Power cuts; the node may return at any time.
    pub crashes: u8,
    /// Planned stops; the program may be started again at any time, also during the hold.
    pub stops: u8,
    /// Switchovers by an operator; they may be taken back at any time.
    pub switchovers: u8,
    /// Failures of a gate, the first tracker; it may recover at any time.
    pub failures: u8,
}

/// A group of routers on one LAN and what may happen to it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// One a node; priorities, versions and options may differ.
    pub routers: Vec<Config>,
    /// What may happen.
    pub budget: Budget,
    /// How late a delayed advertisement is.
    pub delay: Duration,
    /// How long a stalled program does not run.
    pub stall: Duration,
    /// A planned change is to leave nobody unserved: what routers with a hold promise (PRJ-STOP-01).
    pub serves_through_changes: bool,
    /// The search gives up beyond so many states.
    pub states_max: usize,
}

impl Setup {
    /// Delays of one and a third intervals and stalls of five, so that both outlive a timer; at most 20 million states.
    #[must_use]
    pub fn new(routers: Vec<Config>, budget: Budget) -> Self {
        let slowest = routers.iter().map(|config| config.interval).max();
        let interval = Duration::from_nanos(slowest.unwrap_or(Interval::DEFAULT).nanos());
        Self {
            serves_through_changes: routers.iter().all(|config| config.hold),
            routers,
            budget,
            delay: interval * 4 / 3,
            stall: interval * 5,
            states_max: 20_000_000,
        }
    }

    /// After the last fault the group has settled by then: what is late arrives, who is stalled wakes, a hold ends, the
    /// worst Backup takes over, and the best one takes over from it.
    #[must_use]
    pub fn settles_within(&self) -> Duration {
        let slowest = self.routers.iter().map(|config| config.interval).max();
        let slowest = slowest.unwrap_or(Interval::DEFAULT);
        let down = self
            .routers
            .iter()
            .map(|config| active_down_nanos(config.version, config.priority, slowest, config.down_adverts));
        let down = Duration::from_nanos(down.max().unwrap_or_default());
        let hold =
            Duration::from_nanos(slowest.nanos().max(Interval::DEFAULT.nanos())) + Duration::from_millis(150);
        let waits = self.routers.iter().map(|config| config.preempt_delay_nanos);
        let waits = Duration::from_nanos(waits.max().unwrap_or_default());
        self.delay * u32::from(self.budget.delays > 0)
            + self.stall * u32::from(self.budget.stalls > 0)
            + hold
            + down * 2
            + waits
    }
}

/// What the search has seen.
#[derive(Debug, Clone)]
pub struct Explored {
    /// Different situations.
    pub states: usize,
    /// Steps from one to another, those to known ones included.
    pub steps: u64,
    /// The longest way back to one Active, the best one, from any of them.
    pub longest_convergence: Duration,
    /// Which transitions the routers have made, and why.
    pub coverage: Coverage,
}

/// An invariant was broken, or the search did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub found: String,
    /// The shortest way there, a line a step.
    pub path: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.found)?;
        self.path.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl std::error::Error for Broken {}

/// Visits every situation that the budget allows, and checks that addresses follow the state, that nobody speaks who must
/// not, that a planned stop leaves nobody unserved, and that the group settles from everywhere.
///
/// # Errors
/// The first violation with the shortest way to it, or that there are more than [`Setup::states_max`] states.
pub fn explore(setup: &Setup) -> Result<Explored, Broken> {
    let mut graph = Graph::<Choice>::default();
    let mut known: HashMap<u64, u32> = HashMap::new();
    let mut coverage = Coverage::default();
    let mut steps = 0_u64;
    let first = Situation::new(setup);
    let mut frontier = VecDeque::from([(graph.add(Record::of(first.is_settled(), 0, Choice::Go)), first)]);
    let mut choices = Vec::new();
    while let Some((index, situation)) = frontier.pop_front() {
        step::choices(setup, &situation, &mut choices);
        for choice in choices.iter().copied() {
            steps += 1;
            let next = step::take(setup, &situation, choice, &mut coverage).map_err(|found| Broken {
                found,
                path: path(setup, &graph, index, Some(choice)),
            })?;
            let fresh = u32::try_from(graph.len()).unwrap_or(u32::MAX);
            let to = *known.entry(next.fingerprint()).or_insert(fresh);
            if choice == Choice::Go {
                graph.goes(index, to, next.now.since(situation.now));
            }
            if to == fresh {
                if graph.len() >= setup.states_max {
                    return Err(Broken {
                        found: format!(
                            "more than {} states: raise the limit or lower the budget",
                            setup.states_max
                        ),
                        path: Vec::new(),
                    });
                }
                let added = graph.add(Record::of(next.is_settled(), index, choice));
                frontier.push_back((added, next));
            }
        }
    }
    let longest_convergence = converge(setup, &graph)?;
    Ok(Explored {
        states: graph.len(),
        steps,
        longest_convergence,
        coverage,
    })
}

fn converge(setup: &Setup, graph: &Graph<Choice>) -> Result<Duration, Broken> {
    match graph.longest_convergence() {
        Ok((longest, from)) if longest > setup.settles_within() => Err(Broken {
            found: format!(
                "settles only after {longest:?}, at most {:?} were expected",
                setup.settles_within()
            ),
            path: path(setup, graph, from, None),
        }),
        Ok((longest, _)) => Ok(longest),
        Err(from) => Err(Broken {
            found: "never settles on one Active, the best one".to_owned(),
            path: path(setup, graph, from, None),
        }),
    }
}

/// The shortest way to a state, walked again for its times.
fn path(setup: &Setup, graph: &Graph<Choice>, to: u32, then: Option<Choice>) -> Vec<String> {
    let mut choices = graph.way_to(to);
    choices.extend(then);
    let mut situation = Situation::new(setup);
    let mut lines = Vec::new();
    let mut ignored = Coverage::default();
    for choice in choices {
        let before = situation.now;
        let said = step::words(&situation, choice);
        match step::take(setup, &situation, choice, &mut ignored) {
            Ok(next) => situation = next,
            Err(_) => {
                lines.push(line(before, &said, ""));
                break;
            }
        }
        lines.push(line(situation.now, &said, &situation.states()));
    }
    lines
}

fn line(at: Instant, what: &str, states: &str) -> String {
    format!("{at} s  {what:<40} {states}")
}
