//! What is tracked beside scripts and interfaces.

use crate::model::{ParamMatch, TrackFile, TrackProcess};

use super::place::Places;
use super::value::{Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    pub(super) fn track_file(self, file: &TrackFile) -> Section {
        let init = file.init.as_ref().map_or_else(
            || unset("init_file", Unit::None, "no file is made"),
            |init| {
                let fields = vec![
                    ("value", Value::Number(init.value.value.into())),
                    ("overwrite", Value::Flag(init.value.overwrite)),
                ];
                self.with("init_file", Unit::None, init, Value::Fields(fields))
            },
        );
        let settings = [
            self.value("file", &file.file),
            self.value("weight", &file.weight),
            init,
        ];
        Section {
            block: "track_file",
            name: Some(file.name.clone()),
            place: Some(self.of(file.span)),
            settings: settings.map(Entry::One).into(),
            missing: Vec::new(),
        }
    }

    pub(super) fn track_process(self, process: &TrackProcess) -> Section {
        let how = process.param_match.as_ref().map_or_else(
            || {
                unset(
                    "param_match",
                    Unit::None,
                    "parameters are compared where some are given",
                )
            },
            |how| {
                let word = match how.value {
                    ParamMatch::Exact => "exact",
                    ParamMatch::Initial => "initial",
                    ParamMatch::Partial => "partial",
                };
                self.with("param_match", Unit::None, how, word.into())
            },
        );
        let words = Value::Words(process.process.value.clone());
        let settings = [
            self.with("process", Unit::None, &process.process, words),
            how,
            self.value("weight", &process.weight),
            self.value("quorum", &process.quorum),
            self.or("quorum_max", process.quorum_max.as_ref(), "no limit"),
            self.time("fork_delay", Unit::Us, &process.fork_delay),
            self.time("terminate_delay", Unit::Us, &process.terminate_delay),
            self.value("full_command", &process.full_command),
        ];
        Section {
            block: "vrrp_track_process",
            name: Some(process.name.clone()),
            place: Some(self.of(process.span)),
            settings: settings.map(Entry::One).into(),
            missing: Vec::new(),
        }
    }
}
