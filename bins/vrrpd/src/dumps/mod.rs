//! What keepalived writes to files on its signals, for programs that read it there: in a folder of ours, never in one that
//! everybody may write to.

mod data;
mod file;
mod json;
mod seen;
mod signum;
mod stats;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::arguments::Arguments;
use crate::node::Node;
use crate::status;
use seen::Seen;
pub(crate) use signum::{Function, json_signal};

/// The router loop answers between two advertisements.
const LOOP_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// What is written, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dump {
    /// SIGUSR1.
    Data,
    /// SIGUSR2.
    Stats,
    /// The third user signal of keepalived.
    Json,
}

impl Dump {
    /// As keepalived calls the file.
    const fn name(self) -> &'static str {
        match self {
            Self::Data => "keepalived.data",
            Self::Stats => "keepalived.stats",
            Self::Json => "keepalived.json",
        }
    }

    fn text(self, seen: &Seen) -> String {
        match self {
            Self::Data => data::text(seen),
            Self::Stats => stats::text(seen),
            Self::Json => json::text(seen),
        }
    }
}

/// Writes what is asked for, one after the other, beside the loop that asks.
#[derive(Debug)]
pub(crate) struct Dumps {
    asked: [mpsc::Sender<()>; 3],
}

impl Dumps {
    /// Where `arguments` say, for as long as the runtime lives.
    pub(crate) fn begin(node: &Arc<Node>, arguments: &Arguments) -> Self {
        let folder = folder(node, arguments);
        let begin = |dump| {
            // One that waits is as good as a hundred.
            let (ask, asked) = mpsc::channel(1);
            tokio::spawn(write_all(Arc::clone(node), folder.clone(), dump, asked));
            ask
        };
        Self {
            asked: [Dump::Data, Dump::Stats, Dump::Json].map(begin),
        }
    }

    /// Asks for one. Never waits.
    pub(crate) fn ask(&self, dump: Dump) {
        let [data, stats, json] = &self.asked;
        let ask = match dump {
            Dump::Data => data,
            Dump::Stats => stats,
            Dump::Json => json,
        };
        // Full: the one that waits will tell the same.
        let _ = ask.try_send(());
    }
}

/// `--dump-dir`, else beside the control socket; `None`: there is no such place.
fn folder(node: &Node, arguments: &Arguments) -> Option<PathBuf> {
    let beside = || {
        let socket = (!arguments.no_control).then(|| arguments.control(&node.plan()))?;
        Some(socket.parent()?.to_owned())
    };
    arguments.dump_dir.clone().or_else(beside)
}

async fn write_all(node: Arc<Node>, folder: Option<PathBuf>, dump: Dump, mut asked: mpsc::Receiver<()>) {
    while asked.recv().await.is_some() {
        let Some(folder) = &folder else {
            info!(
                "{}: not written, there is no folder for it; name one with --dump-dir",
                dump.name()
            );
            continue;
        };
        match write(&node, folder.clone(), dump).await {
            Ok(path) => info!("{} written", path.display()),
            Err(why) => warn!("{}: not written: {why}", folder.join(dump.name()).display()),
        }
    }
}

async fn write(node: &Arc<Node>, folder: PathBuf, dump: Dump) -> Result<PathBuf, String> {
    let driver = timeout(LOOP_ANSWERS_WITHIN, node.handle.status())
        .await
        .map_err(|_late| "the router loop gave no answer".to_owned())?
        .map_err(|gone| gone.to_string())?;
    let seen = Seen {
        plan: node.plan(),
        status: status::status(node, &driver),
        driver,
    };
    // A disk that does not answer keeps this task waiting, and nobody else.
    let written = spawn_blocking(move || {
        let text = dump.text(&seen);
        file::replace(&folder, Path::new(dump.name()), text.as_bytes()).map(|()| folder.join(dump.name()))
    });
    match written.await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_panic) => Err("a fault of the program; please report it".to_owned()),
    }
}
