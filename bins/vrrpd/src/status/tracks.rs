//! Files and processes, from their watches.

use std::time::Instant;

use healthcheck::{FileStatus, ProcessStatus};
use vrrp_control::{TrackedFile, TrackedProcess};
use vrrp_plan::{Plan, Tracked};

use crate::node::ms;
use crate::tracks::Tracks;
use crate::words;

pub(super) fn files(plan: &Plan, tracks: &Tracks) -> Vec<TrackedFile> {
    let known = plan.files.iter().filter_map(|file| tracks.file(&file.name));
    known.map(|known| file(plan, known)).collect()
}

fn file(plan: &Plan, known: FileStatus) -> TrackedFile {
    TrackedFile {
        tracked_by: tracked_by(plan, &Tracked::File(known.name.to_string())),
        name: known.name.to_string(),
        path: known.path.display().to_string(),
        value: known.value,
        found: known.found,
        late: known.late,
        since_ms: ms(known.since.elapsed()),
    }
}

pub(super) fn processes(plan: &Plan, tracks: &Tracks) -> Vec<TrackedProcess> {
    let source = tracks.source().unwrap_or_default();
    let planned = plan.processes.iter();
    let known = planned.filter_map(|process| tracks.process(&process.name));
    known.map(|known| process(plan, known, &source)).collect()
}

fn process(plan: &Plan, known: ProcessStatus, source: &str) -> TrackedProcess {
    let now = Instant::now();
    TrackedProcess {
        tracked_by: tracked_by(plan, &Tracked::Process(known.name.to_string())),
        name: known.name.to_string(),
        pattern: known.pattern.to_string(),
        count: known.count,
        at_least: known.quorum.at_least,
        at_most: known.quorum.at_most,
        health: words::health(known.health),
        since_ms: ms(known.since.elapsed()),
        changes_in_ms: known.changes_at.map(|at| ms(at.saturating_duration_since(now))),
        source: source.to_owned(),
    }
}

fn tracked_by(plan: &Plan, object: &Tracked) -> Vec<String> {
    let instances = plan.instances.iter().filter(|instance| instance.follows(object));
    instances.map(|instance| instance.name.clone()).collect()
}
