//! `autoreload` and `callback`: the file is looked at, and what changes in it is taken over or told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use healthcheck::{HookLimits, HookQueue};
use tokio::sync::oneshot;
use tracing::{error, info};

use super::names::{Missing, found_now};
use crate::arguments::Arguments;
use crate::mark::Mark;
use crate::node::{Node, lock};
use crate::run::Asked;
use crate::scripts;

/// A change is taken when the file has rested so long; ldirectord looks between two passes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// In seconds: a name that was not found is looked up again.
const NAMES_EVERY: u32 = 30;

/// What tells one content from another at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glance {
    written: Option<SystemTime>,
    octets: u64,
}

/// Looks again and again, for as long as the node is there. A file that is being written is not taken: it has to be the same at two
/// looks, and to have a virtual server. Nobody has asked for this reload, so half a file takes nothing away.
pub(crate) async fn keep(node: Weak<Node>, arguments: Arc<Arguments>, path: PathBuf) {
    let mut in_force = look(&path).await;
    let mut content = read(&path).await;
    let mut last = in_force.clone();
    let queue = HookQueue::new(HookLimits::default());
    let mut seconds = 0_u32;
    let mut names = NamesFound::default();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(node) = node.upgrade() else { return };
        seconds = seconds.wrapping_add(1);
        if seconds.is_multiple_of(NAMES_EVERY) {
            names.look(&node, &arguments).await;
        }
        let now = look(&path).await;
        let rests = now == last;
        last.clone_from(&now);
        // A file that is away for a moment is being replaced.
        if now.is_none() || now == in_force || !rests {
            continue;
        }
        let new = read(&path).await;
        if !new.as_deref().is_some_and(has_virtual_server) {
            continue;
        }
        in_force = now;
        if new != content {
            content = new;
            changed(&node, &path, &queue);
        }
    }
}

/// Whether there is anything in it that could be balanced.
fn has_virtual_server(content: &[u8]) -> bool {
    let mut lines = content.split(|octet| *octet == b'\n');
    lines.any(|line| line.trim_ascii_start().starts_with(b"virtual"))
}

async fn look(path: &Path) -> Option<Glance> {
    let path = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || std::fs::metadata(path));
    let found = looked.await.ok()?.ok()?;
    Some(Glance {
        written: found.modified().ok(),
        octets: found.len(),
    })
}

async fn read(path: &Path) -> Option<Vec<u8>> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || std::fs::read(path))
        .await
        .ok()?
        .ok()
}

/// Names that are found now and were not when the file was read.
#[derive(Debug, Default)]
struct NamesFound {
    asked_for: Option<Missing>,
    told: Option<Missing>,
}

impl NamesFound {
    /// A name that is found now is taken over as by a reload; once, should that be refused. Nobody has asked for this one: where the
    /// files are not those that are in force it is left to whoever has changed them.
    async fn look(&mut self, node: &Node, arguments: &Arc<Arguments>) {
        let missing = lock(&node.state).duties.missing_names.clone();
        if missing.is_empty() {
            *self = Self::default();
            return;
        }
        let looked = tokio::task::spawn_blocking(move || found_now(&missing));
        let Some(found) = looked.await.ok().flatten() else {
            return;
        };
        if self.asked_for.as_ref() == Some(&found) {
            return;
        }
        let again = Arc::clone(arguments);
        let on_disk = tokio::task::spawn_blocking(move || Mark::read(&again)).await;
        let why = format!("{} can be looked up now", found.0);
        if on_disk.ok() != Some(lock(&node.state).mark) {
            if self.told.as_ref() != Some(&found) {
                info!("{why}; {}", waits(arguments));
                self.told = Some(found);
            }
            return;
        }
        let (reply, _nobody_waits) = oneshot::channel();
        self.asked_for = Some(found);
        // Gone: it stops.
        let _gone = node.reloads.send(Asked { why, reply });
    }
}

fn waits(arguments: &Arguments) -> String {
    let files = arguments.files();
    format!(
        "{files}: something there is other than what is in force, and nobody has asked for that; all of it is taken at SIGHUP or `vrrpctl reload`"
    )
}

fn changed(node: &Node, path: &Path, queue: &HookQueue) {
    let duties = lock(&node.state).duties.clone();
    let shown = path.display();
    if duties.auto_reload {
        let (reply, _nobody_waits) = oneshot::channel();
        let why = format!("{shown} has changed (autoreload)");
        // Gone: it stops.
        let _gone = node.reloads.send(Asked { why, reply });
    } else if duties.callback.is_some() {
        info!("{shown} has changed; it is read again at SIGHUP or `vrrpctl reload` (autoreload is off)");
    }
    let Some(callback) = &duties.callback else { return };
    match scripts::hook(callback) {
        Ok(command) => {
            queue.push(command.arg(path.as_os_str()), "callback");
        }
        Err(missing) => error!("{shown}: callback is not run: {missing}"),
    }
}

#[cfg(test)]
mod tests {
    use super::has_virtual_server;

    #[test]
    fn a_file_that_is_just_being_written_has_no_virtual_server() {
        assert!(!has_virtual_server(b""));
        assert!(!has_virtual_server(
            b"checktimeout=3\ncheckinterval=1\n# virtual=192.0.2.1:80\n"
        ));
        assert!(has_virtual_server(b"checktimeout=3\nvirtual=192.0.2.1:80\n"));
        assert!(has_virtual_server(b"  virtual6 = [2001:db8::1]:80"));
    }
}
