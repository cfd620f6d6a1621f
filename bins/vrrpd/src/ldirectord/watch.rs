//! `autoreload` and `callback`: the file is looked at, and what changes in it is taken over or told.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, SystemTime};

use healthcheck::{HookLimits, HookQueue};
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::node::{Node, lock};
use crate::run::Asked;
use crate::scripts;

/// So late at most a change is seen; ldirectord looks between two passes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What tells one content from another at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glance {
    written: Option<SystemTime>,
    octets: u64,
}

/// Looks again and again, for as long as the node is there.
pub(crate) async fn keep(node: Weak<Node>, path: PathBuf) {
    let mut last = look(&path).await;
    let mut content = read(&path).await;
    let queue = HookQueue::new(HookLimits::default());
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(node) = node.upgrade() else { return };
        let now = look(&path).await;
        // A file that is away for a moment is being replaced.
        if now.is_none() || now == last {
            continue;
        }
        last = now;
        let new = read(&path).await;
        if new.is_none() || new == content {
            continue;
        }
        content = new;
        changed(&node, &path, &queue);
    }
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
