//! The checks of a balance on a runner, and its files on a watch.

mod lacking;
mod probes;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthcheck::{Change, Check, FileWatch, Health, Judge, Rules, Runner};
use tracing::error;
use vrrp_plan::FileTrack;
use vrrp_plan::balance::{Look, ServerCheck};

pub use status::CheckStatus;

use self::lacking::Lacking;
use crate::looks::{ByLook, is_same};

/// What checks have to tell.
pub(crate) enum News<'a> {
    /// A health: name, what it is, whether with a warning.
    Health(&'a str, Health, bool),
    /// A weight for those who follow it.
    Weight(&'a str, u32),
    /// A failed run that is to be told: what was found.
    Failed(&'a str, &'a str),
    /// The first of the checks that cannot look for what this machine lacks: what it met.
    Lack(&'a str, &'a str),
    /// The last of these could look.
    LackOver,
}

pub(crate) type Tell = Arc<dyn Fn(News<'_>) + Send + Sync>;

/// What rests.
struct Parked {
    look: Look,
    judge: Option<Judge>,
}

/// What runs.
pub(crate) struct Checks {
    tell: Tell,
    lacking: Arc<Lacking>,
    runner: Runner,
    files: Option<FileWatch>,
    running: BTreeMap<String, ServerCheck>,
    /// What is suspended, with what had been found.
    parked: BTreeMap<String, Parked>,
    /// What is not begun before a reload is through.
    hushed: BTreeSet<String>,
}

impl Checks {
    /// On the runtime that this is called in.
    pub(crate) fn new(tell: Tell) -> Self {
        Self {
            runner: Runner::new(teller(&tell)),
            lacking: Arc::new(Lacking::new(Arc::clone(&tell))),
            tell,
            files: None,
            running: BTreeMap::new(),
            parked: BTreeMap::new(),
            hushed: BTreeSet::new(),
        }
    }

    /// Before a reload with these: what runs under a name that looks at something else there says nothing more, as it would speak for
    /// that. What it has found is kept, until [`Self::speak`] and [`Self::settle`].
    pub(crate) fn hush(&mut self, checks: &[ServerCheck]) {
        for check in checks {
            let name = &check.name;
            let Some(before) = self
                .running
                .get(name)
                .filter(|before| !is_same(&before.look, &check.look))
            else {
                continue;
            };
            let look = before.look.clone();
            let judge = self.runner.status(name).map(|status| status.judge);
            self.stop_looking(name);
            self.running.remove(name);
            self.parked.insert(name.clone(), Parked { look, judge });
            self.hushed.insert(name.clone());
        }
    }

    /// The reload is through, or refused.
    pub(crate) fn speak(&mut self) {
        self.hushed.clear();
    }

    /// Runs those of `checks` that are wanted. What has not changed is left alone; what is there and not wanted rests, and goes
    /// on from what it had found. Looks users up, and files at: it may take its time.
    pub(crate) fn settle(&mut self, checks: &[ServerCheck], is_wanted: impl Fn(&str) -> bool) {
        let there: BTreeSet<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        self.hand_on(checks);
        let running = self.running.keys();
        let ends: Vec<String> = running
            .filter(|name| !there.contains(name.as_str()) || !is_wanted(name))
            .cloned()
            .collect();
        for name in ends {
            let judge = self.runner.status(&name).map(|status| status.judge);
            self.stop_looking(&name);
            if let Some(before) = self
                .running
                .remove(&name)
                .filter(|_| there.contains(name.as_str()))
            {
                let look = before.look;
                self.parked.insert(name, Parked { look, judge });
            }
        }
        self.parked.retain(|name, _| there.contains(name.as_str()));
        for check in checks.iter().filter(|check| is_wanted(&check.name)) {
            if self.running.get(&check.name) != Some(check) && !self.hushed.contains(&check.name) {
                self.begin(check);
            }
        }
    }

    /// What has been found goes to the check that looks at the same, whatever its name: names count the checks of a server. What
    /// looks at something else under the name of one that runs is ended, and rests with that until it is begun.
    fn hand_on(&mut self, checks: &[ServerCheck]) {
        let looks = |name: &str| {
            let running = self.running.get(name).map(|check| &check.look);
            running.or_else(|| self.parked.get(name).map(|parked| &parked.look))
        };
        let is_other =
            |check: &&ServerCheck| looks(&check.name).is_none_or(|look| !is_same(look, &check.look));
        let others: Vec<&ServerCheck> = checks.iter().filter(is_other).collect();
        if others.is_empty() {
            return;
        }
        let running = self.running.values();
        let running = running.map(|check| (&check.look, self.runner.status(&check.name).map(|is| is.judge)));
        let parked = self.parked.values().map(|parked| (&parked.look, parked.judge));
        let found: ByLook<'_, Option<Judge>> = running.chain(parked).collect();
        let found = others.into_iter().map(|check| {
            let look = check.look.clone();
            let judge = found.find(&check.look).copied().flatten();
            (check.name.clone(), Parked { look, judge })
        });
        let found: Vec<(String, Parked)> = found.collect();
        for (name, parked) in found {
            let ran = self.running.remove(&name).is_some();
            if ran {
                self.stop_looking(&name);
            }
            if !ran && parked.judge.is_none() && !self.parked.contains_key(&name) {
                continue;
            }
            // Whoever was there may have spoken under this name after the reload. Files and what is set speak at once.
            if !matches!(parked.look, Look::File(_) | Look::Always(_)) {
                let health = parked.judge.map_or(Health::Unknown, |judge| judge.health());
                let is_degraded = parked.judge.is_some_and(|judge| judge.is_told_degraded());
                (self.tell)(News::Health(&name, health, is_degraded));
            }
            self.parked.insert(name, parked);
        }
    }

    fn begin(&mut self, check: &ServerCheck) {
        self.running.insert(check.name.clone(), check.clone());
        let parked = self.parked.remove(&check.name).and_then(|parked| parked.judge);
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
                if let Some(probe) = probes::probe(check, &self.tell, &self.lacking) {
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

    fn stop_looking(&mut self, name: &str) {
        self.runner.remove(name);
        self.files.as_mut().map(|files| files.remove(name));
    }

    /// Ends all of them, and kills what they run.
    pub(crate) async fn stop(self) {
        self.runner.stop().await;
    }
}

fn teller(tell: &Tell) -> impl Fn(Change) + Send + Sync + 'static {
    let tell = Arc::clone(tell);
    move |change| tell(News::Health(&change.name, change.health, change.degraded))
}
