//! The checks of a balance on a runner, and its files on a watch.

mod probes;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthcheck::{Change, Check, FileWatch, Health, Judge, Rules, Runner};
use tracing::error;
use vrrp_plan::FileTrack;
use vrrp_plan::balance::{Look, ServerCheck};

pub use status::CheckStatus;

/// What checks have to tell.
pub(crate) enum News<'a> {
    /// A health: name, what it is, whether with a warning.
    Health(&'a str, Health, bool),
    /// A weight for those who follow it.
    Weight(&'a str, u32),
    /// A failed run that is to be told: what was found.
    Failed(&'a str, &'a str),
}

pub(crate) type Tell = Arc<dyn Fn(News<'_>) + Send + Sync>;

/// What runs.
pub(crate) struct Checks {
    tell: Tell,
    runner: Runner,
    files: Option<FileWatch>,
    running: BTreeMap<String, ServerCheck>,
    /// What is suspended, with what had been found.
    parked: BTreeMap<String, Option<Judge>>,
}

impl Checks {
    /// On the runtime that this is called in.
    pub(crate) fn new(tell: Tell) -> Self {
        Self {
            runner: Runner::new(teller(&tell)),
            tell,
            files: None,
            running: BTreeMap::new(),
            parked: BTreeMap::new(),
        }
    }

    /// Runs those of `checks` that are wanted. What has not changed is left alone; what is there and not wanted rests, and goes
    /// on from what it had found. Looks users up, and files at: it may take its time.
    pub(crate) fn settle(&mut self, checks: &[ServerCheck], is_wanted: impl Fn(&str) -> bool) {
        let there: BTreeSet<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        let running = self.running.keys();
        let ends: Vec<String> = running
            .filter(|name| !there.contains(name.as_str()) || !is_wanted(name))
            .cloned()
            .collect();
        for name in ends {
            if there.contains(name.as_str()) {
                let judge = self.runner.status(&name).map(|status| status.judge);
                self.parked.insert(name.clone(), judge);
            }
            self.end(&name);
        }
        self.parked.retain(|name, _| there.contains(name.as_str()));
        for check in checks.iter().filter(|check| is_wanted(&check.name)) {
            if self.running.get(&check.name) != Some(check) {
                self.begin(check);
            }
        }
    }

    fn begin(&mut self, check: &ServerCheck) {
        let before = self.running.insert(check.name.clone(), check.clone());
        let parked = self.parked.remove(&check.name).flatten();
        if before.is_some_and(|before| kind(&before.look) != kind(&check.look)) {
            self.stop_looking(&check.name);
        }
        match &check.look {
            Look::Always(up) => {
                let health = if *up { Health::Up } else { Health::Down };
                (self.tell)(News::Health(&check.name, health, false));
            }
            Look::File(track) => self.follow(&check.name, track),
            Look::Ask(_) | Look::Alternate { .. } | Look::Run { .. } | Look::Unless(_) => {
                let rules = Rules::retrying(check.retries, check.retry_after).warmup(check.warmup);
                let judge = Judge::new(rules);
                let judge = parked.map_or(judge, |before| judge.succeed(&before));
                if let Some(probe) = probes::probe(check, &self.tell) {
                    self.runner.add(Check {
                        name: check.name.as_str().into(),
                        probe,
                        judge,
                        interval: check.interval,
                    });
                }
            }
        }
    }

    fn follow(&mut self, name: &str, track: &FileTrack) {
        if self.files.is_none() {
            match FileWatch::new(teller(&self.tell)) {
                Ok(files) => self.files = Some(files),
                Err(error) => error!(
                    "{}: track_file {} cannot be followed: {error}. What follows it takes its number for unknown; raise fs.inotify.max_user_instances and reload",
                    track.place, track.name
                ),
            }
        }
        let mut spec = vrrp_plan::file(track);
        spec.name = name.into();
        if let Some(files) = &mut self.files {
            files.add(spec);
        }
    }

    fn end(&mut self, name: &str) {
        self.running.remove(name);
        self.stop_looking(name);
    }

    fn stop_looking(&mut self, name: &str) {
        self.runner.remove(name);
        self.files.as_mut().map(|files| files.remove(name));
    }

    /// Ends all of them, and kills what they run.
    pub(crate) async fn stop(self) {
        self.runner.stop().await;
    }
}

/// What looks: another one is another's business.
const fn kind(look: &Look) -> u8 {
    match look {
        Look::Ask(_) | Look::Alternate { .. } | Look::Run { .. } | Look::Unless(_) => 0,
        Look::File(_) => 1,
        Look::Always(_) => 2,
    }
}

fn teller(tell: &Tell) -> impl Fn(Change) + Send + Sync + 'static {
    let tell = Arc::clone(tell);
    move |change| tell(News::Health(&change.name, change.health, change.degraded))
}
