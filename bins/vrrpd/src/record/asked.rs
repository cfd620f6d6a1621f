//! `vrrpctl record`: a recording that is begun and ended while the routers run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};
use vrrp_control::{Answer, EventKind, Problem, ProblemKind, RECORD_LIMIT_MIB, Record, Recorded, Recording};

use super::Facts;
use super::place::{Place, Whose};
use crate::control::Peer;
use crate::journal::draft;
use crate::node::{Node, lock};
use crate::steer::asked_by;

/// A disk that does not answer is not waited for; the client has some patience more.
const DISK_WITHIN: Duration = Duration::from_secs(3);

pub(crate) async fn ask(node: &Node, peer: Peer, wanted: Record) -> Answer {
    let changed = match wanted {
        Record::Start { file, limit_mib } => start(node, peer, &file, limit_mib).await,
        Record::Stop => stop(node, peer).await,
        Record::Status => {
            let recording = node.recordings.show();
            let message = recording
                .as_ref()
                .map_or_else(|| "nothing is recorded".to_owned(), words);
            Ok(Recorded { recording, message })
        }
        _ => Err((
            ProblemKind::UnknownRequest,
            "this daemon does not know the request".to_owned(),
        )),
    };
    match changed {
        Ok(recorded) => Answer::Record(Box::new(recorded)),
        Err((kind, message)) => Answer::Error(Problem { kind, message }),
    }
}

type Refusable = Result<Recorded, (ProblemKind, String)>;

fn impossible(message: impl Into<String>) -> (ProblemKind, String) {
    (ProblemKind::NotPossible, message.into())
}

fn busy() -> (ProblemKind, String) {
    impossible("a recording is being begun or ended already; ask again when that is over")
}

async fn start(node: &Node, peer: Peer, file: &str, limit_mib: Option<u32>) -> Refusable {
    let Ok(_alone) = node.recordings.changing.try_lock() else {
        return Err(busy());
    };
    if lock(&node.state).stopping {
        return Err((
            ProblemKind::Unavailable,
            "vrrpd is stopping; nothing is recorded".to_owned(),
        ));
    }
    if let Some(running) = node.recordings.show().filter(|one| one.running) {
        return Err(impossible(format!(
            "{}; `vrrpctl record stop` ends that",
            words(&running)
        )));
    }
    let limit_mib = limit_mib.unwrap_or(RECORD_LIMIT_MIB);
    if limit_mib == 0 || file.contains('\0') || !Path::new(file).is_absolute() {
        return Err(impossible(format!(
            "{file:?} with at most {limit_mib} MiB: a recording needs a file by its whole path, from / on, and at least 1 MiB. Nothing is recorded"
        )));
    }
    let path = PathBuf::from(file);
    let facts = Facts::new(&path, Some(asked_by(peer.uid)), u64::from(limit_mib) << 20);
    let place = make(path, peer, &facts).await;
    let begun = place.and_then(|place| node.recordings.start(place, facts, node));
    begun.map_err(|error| impossible(format!("{file}: {error}. Nothing is recorded")))?;
    let message = format!(
        "recording to {file}, at most {limit_mib} MiB, until `vrrpctl record stop`; `vrrpctl replay {file}` shows it"
    );
    info!("{message}, as user {} asked", peer.uid);
    note(node, peer, "begun", &message);
    let recording = node.recordings.show();
    Ok(Recorded { recording, message })
}

/// Beside the loop that answers: it may be a disk in the network.
async fn make(path: PathBuf, peer: Peer, facts: &Facts) -> io::Result<Place> {
    let whose = if peer.is_ours() { Whose::Ours } else { Whose::Guest };
    let (octets_max, counts) = (facts.octets_max, Arc::clone(&facts.counts));
    let made = tokio::task::spawn_blocking(move || Place::make(&path, whose, octets_max, counts));
    match tokio::time::timeout(DISK_WITHIN, made).await {
        Ok(made) => made.map_err(io::Error::other)?,
        Err(_late) => Err(io::Error::other(format!(
            "its disk did not answer within {} s; the file may be there later, and stays empty",
            DISK_WITHIN.as_secs()
        ))),
    }
}

async fn stop(node: &Node, peer: Peer) -> Refusable {
    let Ok(_alone) = node.recordings.changing.try_lock() else {
        return Err(busy());
    };
    let Some(running) = node.recordings.leave(None, &node.handle) else {
        let last = node.recordings.show();
        let why = last.filter(|one| one.problem.is_some()).map(|one| words(&one));
        return Err(impossible(why.map_or_else(
            || "nothing is recorded: there is nothing to stop".to_owned(),
            |why| format!("{why}; nothing is recorded now"),
        )));
    };
    let (facts, progress) = (running.facts.clone(), running.writing.progress());
    let complete = tokio::task::spawn_blocking(move || running.complete(DISK_WITHIN)).await;
    let recording = facts.show(false, &progress);
    node.recordings.ended(recording.clone());
    let mut message = words(&recording);
    if !complete.unwrap_or(false) {
        message.push_str("; its disk does not answer, and its last lines may be missing");
    }
    if recording.problem.is_some() {
        warn!("{message}");
    } else {
        info!("{message}, as user {} asked", peer.uid);
    }
    note(node, peer, "ended", &message);
    let recording = Some(recording);
    Ok(Recorded { recording, message })
}

fn note(node: &Node, peer: Peer, code: &str, text: &str) {
    node.journal.by(peer, draft(EventKind::Record, code, text));
}

/// How one is, in a sentence.
fn words(one: &Recording) -> String {
    let Recording { path, octets, .. } = one;
    let octets_max = one.octets_max;
    let lost = match one.dropped {
        0 => String::new(),
        1 => "; 1 line is missing in it".to_owned(),
        lost => format!("; {lost} lines are missing in it"),
    };
    match (&one.problem, one.running) {
        (None, true) => format!("recording to {path}: {octets} of at most {octets_max} octets{lost}"),
        (Some(problem), true) => {
            format!("recording to {path}, which cannot be written at the moment: {problem}{lost}")
        }
        (None, false) => format!("recorded {octets} octets to {path}{lost}"),
        (Some(problem), false) => {
            format!("the recording to {path} ended by itself behind {octets} octets: {problem}{lost}")
        }
    }
}
