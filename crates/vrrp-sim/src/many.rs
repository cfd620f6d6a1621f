//! Many random worlds, on as many threads as wanted, for as long as wanted.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vrrp_sim::{RandomWorld, random_drill, random_group_world, random_world};

/// How often a long run says how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Which worlds, and when it is enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Many {
    /// Of the first world; each takes the next.
    pub(super) seed: u64,
    /// Nodes of each world.
    pub(super) nodes: u8,
    /// Of sync groups.
    pub(super) groups: bool,
    /// At most so many worlds.
    pub(super) count: u64,
    /// At most so many simulated seconds, those of each router counted by themselves; 0: no such end.
    pub(super) router_seconds: u64,
    /// Threads.
    pub(super) jobs: u8,
}

#[derive(Debug, Default)]
struct Shared {
    next: AtomicU64,
    worlds: AtomicU64,
    millis: AtomicU64,
    over: AtomicBool,
    /// The violation of the smallest seed.
    broken: Mutex<Option<(u64, Found)>>,
}

#[derive(Debug)]
struct Found {
    found: String,
    /// What `vrrp-sim replay` needs beside the seed and the number of nodes.
    again: &'static str,
}

/// What a seed is the seed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Single routers, and anything that can happen to them.
    World,
    /// Single routers, and one thing that happens to them again and again.
    Drill,
    /// Gateways with a sync group.
    Groups,
}

impl Kind {
    const fn option(self) -> &'static str {
        match self {
            Self::World => "",
            Self::Drill => " --drill",
            Self::Groups => " --groups",
        }
    }
}

impl Many {
    /// What was run, in words.
    ///
    /// # Errors
    /// The first violation, with the one command that shows it again.
    pub(super) fn run(self) -> Result<String, String> {
        let shared = Shared::default();
        let began = Instant::now();
        std::thread::scope(|scope| {
            for job in 0..self.jobs.max(1) {
                let shared = &shared;
                scope.spawn(move || self.work(shared, began, job == 0));
            }
        });
        let broken = shared.broken.into_inner().unwrap_or_default();
        if let Some((seed, Found { found, again })) = broken {
            return Err(format!(
                "{found}\n  again with: vrrp-sim replay --seed {seed} --nodes {}{again}",
                self.nodes,
            ));
        }
        let (worlds, millis) = (shared.worlds.into_inner(), shared.millis.into_inner());
        Ok(format!(
            "{}: every invariant held",
            self.words(worlds, millis, began)
        ))
    }

    fn words(self, worlds: u64, millis: u64, began: Instant) -> String {
        let took = u64::try_from(began.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        format!(
            "{worlds} worlds of {} nodes, seeds {} to {}, {} router-seconds; {} worlds and {} router-seconds a second",
            self.nodes,
            self.seed,
            self.seed.wrapping_add(worlds.saturating_sub(1)),
            millis / 1000,
            worlds.saturating_mul(1000) / took,
            millis / took
        )
    }

    /// The world of a seed, and of single routers its drill: how long they lasted.
    fn one(self, seed: u64) -> Result<Duration, Found> {
        if self.groups {
            return one(seed, self.nodes, Kind::Groups);
        }
        let lasted = one(seed, self.nodes, Kind::World)?;
        Ok(lasted + one(seed, self.nodes, Kind::Drill)?)
    }

    fn work(self, shared: &Shared, began: Instant, tells: bool) {
        let mut told = began;
        while !shared.over.load(Ordering::Relaxed) {
            let number = shared.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return;
            }
            let seed = self.seed.wrapping_add(number);
            match self.one(seed) {
                Ok(lasted) => {
                    let routers = u128::from(self.nodes) * if self.groups { 2 } else { 1 };
                    let millis = lasted.as_millis().saturating_mul(routers);
                    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
                    let all = shared
                        .millis
                        .fetch_add(millis, Ordering::Relaxed)
                        .saturating_add(millis);
                    shared.worlds.fetch_add(1, Ordering::Relaxed);
                    if self.router_seconds > 0 && all / 1000 >= self.router_seconds {
                        shared.over.store(true, Ordering::Relaxed);
                    }
                }
                Err(found) => {
                    shared.over.store(true, Ordering::Relaxed);
                    if let Ok(mut broken) = shared.broken.lock()
                        && broken.as_ref().is_none_or(|(earlier, _)| seed < *earlier)
                    {
                        *broken = Some((seed, found));
                    }
                }
            }
            if tells && told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                let (worlds, millis) = (
                    shared.worlds.load(Ordering::Relaxed),
                    shared.millis.load(Ordering::Relaxed),
                );
                eprintln!("so far {}", self.words(worlds, millis, began));
            }
        }
    }
}

/// The world of a seed.
pub(super) fn world(seed: u64, nodes: u8, kind: Kind) -> Result<RandomWorld, String> {
    let world = match kind {
        Kind::World => random_world(seed, nodes),
        Kind::Drill => random_drill(seed, nodes),
        Kind::Groups => random_group_world(seed, nodes),
    };
    world.map_err(|error| format!("seed {seed}: {error}"))
}

fn one(seed: u64, nodes: u8, kind: Kind) -> Result<Duration, Found> {
    let run = || {
        let mut random = world(seed, nodes, kind)?;
        random.run().map_err(|violation| violation.to_string())?;
        Ok(random.ends)
    };
    let again = kind.option();
    run().map_err(|found| Found { found, again })
}
