//! Which pipes are of this daemon's making, put down beside its control socket: a daemon that was killed removes nothing, and
//! the next one would take them for a stranger's.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::pipe::Made;
use crate::node::lock;
use crate::steer::{beside, ours, put_down};

/// What was made and not removed yet. Its copies are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// Nowhere without a control socket, whose lock keeps other daemons away.
    file: Option<PathBuf>,
    made: Vec<Made>,
}

#[derive(Serialize, Deserialize)]
struct Paper {
    made: Vec<Made>,
}

impl Memory {
    /// With what an earlier life of the daemon has left.
    pub(crate) fn beside(control: Option<&Path>) -> Self {
        let file = control.map(|control| beside(control, ".fifos"));
        let made = file.as_deref().map(read).unwrap_or_default();
        Self(Arc::new(Mutex::new(Inner { file, made })))
    }

    /// The one at this path, if it is of our making.
    pub(super) fn of(&self, path: &Path) -> Option<Made> {
        let mut inner = lock(&self.0);
        let at = inner.made.iter().position(|made| made.path == path)?;
        if inner.made.get(at)?.is_there() {
            return inner.made.get(at).cloned();
        }
        // A stranger's has its place.
        inner.made.swap_remove(at);
        inner.put_down();
        None
    }

    pub(super) fn keep(&self, made: &Made) {
        let mut inner = lock(&self.0);
        if !inner.made.contains(made) {
            inner.made.retain(|other| other.path != made.path);
            inner.made.push(made.clone());
            inner.put_down();
        }
    }

    /// Removes it, unless something else has its path now.
    pub(super) fn remove(&self, made: &Made) {
        made.remove();
        let mut inner = lock(&self.0);
        inner.made.retain(|other| other != made);
        inner.put_down();
    }

    /// Those of an earlier life that the file names no longer go, as by a reload.
    pub(super) fn leave_only(&self, wanted: impl Fn(&Path) -> bool) {
        let gone: Vec<Made> = {
            let inner = lock(&self.0);
            let gone = inner.made.iter().filter(|made| !wanted(&made.path));
            gone.cloned().collect()
        };
        gone.iter().for_each(|made| self.remove(made));
    }
}

impl Inner {
    fn put_down(&self) {
        let Some(file) = &self.file else { return };
        let done = if self.made.is_empty() {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                done => done,
            }
        } else {
            let paper = Paper {
                made: self.made.clone(),
            };
            serde_json::to_string(&paper)
                .map_err(std::io::Error::other)
                .and_then(|text| put_down(file, &text))
        };
        if let Err(error) = done {
            warn!(
                "{}: {error}; should vrrpd be killed, the named pipes that it has made stay until somebody removes them",
                file.display()
            );
        }
    }
}

fn read(file: &Path) -> Vec<Made> {
    let text = match ours(file) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(error) => return unread(file, &error),
    };
    match serde_json::from_slice::<Paper>(&text) {
        Ok(paper) => paper.made,
        Err(error) => unread(file, &error),
    }
}

fn unread(file: &Path, error: &dyn std::fmt::Display) -> Vec<Made> {
    warn!(
        "{}: {error}; named pipes that an earlier vrrpd has made and not removed stay when this one ends",
        file.display()
    );
    Vec::new()
}
