//! Files and processes that an instance of the plan tracks.

use std::path::PathBuf;

use keepalived_conf::{ParamMatch, TrackFile, TrackProcess};

use super::Lowering;
use crate::plan::{CommandLine, FileTrack, ProcessTrack, Tracked};

impl Lowering<'_> {
    fn tracks(&self, object: &Tracked) -> bool {
        let mut instances = self.out.plan.instances.iter();
        instances.any(|instance| instance.follows(object))
    }

    pub(super) fn files(&self) -> Vec<FileTrack> {
        let tracked = |file: &&TrackFile| self.tracks(&Tracked::File(file.name.clone()));
        let files = self.config.track_files.iter().filter(tracked);
        files.map(|file| self.file(file)).collect()
    }

    pub(super) fn file(&self, file: &TrackFile) -> FileTrack {
        FileTrack {
            name: file.name.clone(),
            place: self.place(file.span),
            path: PathBuf::from(&file.file.value),
            init: file
                .init
                .as_ref()
                .map(|init| (init.value.value, init.value.overwrite)),
        }
    }

    pub(super) fn processes(&self) -> Vec<ProcessTrack> {
        let tracked = |process: &&TrackProcess| self.tracks(&Tracked::Process(process.name.clone()));
        let processes = self.config.track_processes.iter().filter(tracked);
        processes
            .map(|process| ProcessTrack {
                name: process.name.clone(),
                place: self.place(process.span),
                process: process.process.value.clone(),
                command_line: command_line(process),
                at_least: process.quorum.value.into(),
                at_most: process.quorum_max.as_ref().map(|most| most.value.into()),
                fork_delay: process.fork_delay.value,
                terminate_delay: process.terminate_delay.value,
            })
            .collect()
    }
}

/// keepalived looks at the command line where the file gives parameters, or asks for it by a word of its own.
fn command_line(process: &TrackProcess) -> Option<CommandLine> {
    let with_parameters = process.process.value.len() > 1;
    match process.param_match.as_ref().map(|how| how.value) {
        Some(ParamMatch::Exact) => Some(CommandLine::Exact),
        Some(ParamMatch::Partial) => Some(CommandLine::Partial),
        Some(ParamMatch::Initial) => Some(CommandLine::Initial),
        None if with_parameters => Some(CommandLine::Exact),
        None => process.full_command.value.then_some(CommandLine::Program),
    }
}
