//! When the service manager is told what.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Systemd, line};
use crate::node::{Node, lock};

/// States change in bursts (a switch goes down): one line for all of them.
const LINE_AFTER: Duration = Duration::from_millis(100);
/// No more than a line a second: it is for people.
const LINE_EVERY: Duration = Duration::from_secs(1);
/// A stop that goes on says so in time for the next word to come late.
const EXTEND_EVERY: Duration = Duration::from_secs(5);
const EXTEND_BY: Duration = Duration::from_secs(20);

/// What the daemon's loop says to the service manager.
#[derive(Debug)]
pub(crate) struct Telling {
    systemd: Systemd,
    line_at: Option<Instant>,
    told_at: Option<Instant>,
    extend_at: Option<Instant>,
    /// A stop that takes longer has gone wrong, whatever it says.
    extend_until: Option<Instant>,
}

impl Telling {
    pub(crate) const fn by(systemd: Systemd) -> Self {
        Self {
            systemd,
            line_at: None,
            told_at: None,
            extend_at: None,
            extend_until: None,
        }
    }

    /// When to call [`Self::due`].
    pub(crate) fn at(&self) -> Option<Instant> {
        [self.line_at, self.extend_at].into_iter().flatten().min()
    }

    pub(crate) fn due(&mut self, node: &Node) {
        let now = Instant::now();
        if self.line_at.is_some_and(|at| at <= now) {
            self.line_at = None;
            self.told_at = Some(now);
            let line = self.line(node);
            self.systemd.status(line);
        }
        if self.extend_at.is_some_and(|at| at <= now) {
            self.extend();
        }
    }

    /// Both loops go round.
    pub(crate) fn alive(&self) {
        self.systemd.alive();
    }

    /// Everything runs as the file says.
    pub(crate) fn ready(&mut self, node: &Node) {
        // What ends behind the beginning of a stop is no news.
        if self.systemd.is_heard() && self.extend_until.is_none() {
            let line = self.line(node);
            self.systemd.ready(line);
        }
    }

    pub(crate) fn reloading(&self) {
        self.systemd.reloading();
    }

    /// An instance may be something else now.
    pub(crate) fn changed(&mut self) {
        if self.systemd.is_heard() {
            let now = Instant::now();
            let soon = now + LINE_AFTER;
            let next = self.told_at.map_or(soon, |told| soon.max(told + LINE_EVERY));
            let _when = self.line_at.get_or_insert(next);
        }
    }

    /// A stop begins, and takes no longer than that if nothing is wrong.
    pub(crate) fn stopping(&mut self, node: &Node, limit: Duration) {
        if self.systemd.is_heard() && self.extend_until.is_none() {
            let now = Instant::now();
            self.extend_until = Some(now + limit);
            let line = self.line(node);
            self.systemd.stopping(line);
            self.extend();
        }
    }

    /// Goes on saying that the stop goes on, where nothing else is waited for by that loop.
    pub(crate) async fn go_on(&mut self) -> Infallible {
        loop {
            match self.extend_at {
                Some(at) => sleep_until(at).await,
                None => pending::<()>().await,
            }
            self.extend();
        }
    }

    /// The last words.
    pub(crate) fn finish(self) {
        self.systemd.finish();
    }

    fn extend(&mut self) {
        let now = Instant::now();
        self.extend_at = self
            .extend_until
            .is_some_and(|until| now < until)
            .then_some(now + EXTEND_EVERY);
        if self.extend_at.is_some() {
            self.systemd.extend(EXTEND_BY);
        }
    }

    fn line(&self, node: &Node) -> String {
        let line = line::line(lock(&node.notifier).states());
        match self.extend_until {
            Some(_) => format!("stopping: {line}"),
            None => line,
        }
    }
}
