//! What the kernel tells of without being asked: the plan's files and processes, on their watches.

use std::io;
use std::sync::Mutex;

use healthcheck::{Change, FileStatus, FileWatch, Health, ProcessStatus, ProcessWatch};
use tokio::sync::mpsc::UnboundedSender;
use tracing::{error, info};
use vrrp_plan::{Difference, FileTrack, Plan, ProcessTrack, Tracked};

use crate::node::lock;

/// A tracked object has another health.
#[derive(Debug)]
pub(crate) struct News {
    /// Which.
    pub(crate) object: Tracked,
    /// What is new.
    pub(crate) change: Change,
}

/// Both watches. A node that tracks neither has no thread for them.
#[derive(Debug)]
pub(crate) struct Tracks {
    tell: UnboundedSender<News>,
    files: Option<FileWatch>,
    processes: Option<ProcessWatch>,
}

impl Tracks {
    pub(crate) fn new(tell: UnboundedSender<News>) -> Self {
        Self {
            tell,
            files: None,
            processes: None,
        }
    }

    /// What is known of an object; a check is another's.
    pub(crate) fn health(&self, object: &Tracked) -> Health {
        let known = match object {
            Tracked::File(name) => self.files.as_ref().map(|files| files.health(name)),
            Tracked::Process(name) => self.processes.as_ref().map(|processes| processes.health(name)),
            Tracked::Check(_) | Tracked::Interface(_) | Tracked::Statics(_) => None,
        };
        known.unwrap_or_default()
    }

    pub(crate) fn file(&self, name: &str) -> Option<FileStatus> {
        self.files.as_ref()?.status(name)
    }

    pub(crate) fn process(&self, name: &str) -> Option<ProcessStatus> {
        self.processes.as_ref()?.status(name)
    }

    /// How processes are learnt of, in words.
    pub(crate) fn source(&self) -> Option<String> {
        self.processes
            .as_ref()
            .map(|processes| processes.source().to_string())
    }

    fn follow(&mut self, track: &FileTrack) -> io::Result<()> {
        if self.files.is_none() {
            let tell = self.tell.clone();
            // The loop has ended when nobody listens any more.
            let told = move |change: Change| {
                let object = Tracked::File(change.name.to_string());
                drop(tell.send(News { object, change }));
            };
            self.files = Some(FileWatch::new(told)?);
        }
        if let Some(files) = &mut self.files {
            files.add(vrrp_plan::file(track));
        }
        Ok(())
    }

    fn count(&mut self, track: &ProcessTrack) -> io::Result<()> {
        if self.processes.is_none() {
            let tell = self.tell.clone();
            let told = move |change: Change| {
                let object = Tracked::Process(change.name.to_string());
                drop(tell.send(News { object, change }));
            };
            let watch = ProcessWatch::new(told)?;
            info!("tracked processes: {}", watch.source());
            self.processes = Some(watch);
        }
        if let Some(processes) = &mut self.processes {
            processes.add(vrrp_plan::process(track));
        }
        Ok(())
    }

    fn begin(&mut self, files: &[FileTrack], processes: &[ProcessTrack]) {
        for file in files {
            if let Err(error) = self.follow(file) {
                error!(
                    "{}: track_file {} cannot be followed: {error}. What tracks it takes its number for unknown; raise fs.inotify.max_user_instances and reload",
                    file.place, file.name
                );
            }
        }
        for process in processes {
            if let Err(error) = self.count(process) {
                error!(
                    "{}: vrrp_track_process {} cannot be counted: {error}. What tracks it takes its health for unknown; raise the limit of open files and reload",
                    process.place, process.name
                );
            }
        }
    }

    fn end(&mut self, files: &[String], processes: &[String]) {
        for name in files {
            self.files.as_mut().map(|files| files.remove(name));
        }
        for name in processes {
            self.processes.as_mut().map(|processes| processes.remove(name));
        }
    }
}

/// Begins what a plan tracks. Each first look happens here: not for the router loop.
pub(crate) fn begin(tracks: &Mutex<Tracks>, plan: &Plan) {
    lock(tracks).begin(&plan.files, &plan.processes);
}

/// Begins what a reload adds or changes.
pub(crate) fn take(tracks: &Mutex<Tracks>, difference: &Difference) {
    lock(tracks).begin(&difference.files_added, &difference.processes_added);
}

/// Ends what a reload has taken away.
pub(crate) fn end(tracks: &Mutex<Tracks>, difference: &Difference) {
    lock(tracks).end(&difference.files_removed, &difference.processes_removed);
}

/// A reload that was refused: what it added goes, and what it changed is as it was.
pub(crate) fn undo(tracks: &Mutex<Tracks>, old: &Plan, difference: &Difference) {
    let mut tracks = lock(tracks);
    let (mut files, mut processes) = (Vec::new(), Vec::new());
    for file in &difference.files_added {
        match old.files.iter().find(|before| before.name == file.name) {
            Some(before) => tracks.begin(std::slice::from_ref(before), &[]),
            None => files.push(file.name.clone()),
        }
    }
    for process in &difference.processes_added {
        match old.processes.iter().find(|before| before.name == process.name) {
            Some(before) => tracks.begin(&[], std::slice::from_ref(before)),
            None => processes.push(process.name.clone()),
        }
    }
    tracks.end(&files, &processes);
}
