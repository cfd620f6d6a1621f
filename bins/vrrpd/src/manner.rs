//! In which manner the daemon runs: under which name, before or behind its caller, where its log goes.

use std::path::Path;

use tracing::{info, warn};

use crate::arguments::Arguments;
use crate::background::{self, Caller, Side};
use crate::log::{self, Destination, Facility};
use crate::pid_file::Wanted;
use crate::{keepalived, process};

/// A line for the log about the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    Info(String),
    Warn(String),
}

/// Everything about the process that is not in [`Arguments`].
#[derive(Debug)]
pub(crate) struct Manner {
    /// As it calls itself.
    pub(crate) name: &'static str,
    /// The caller goes on once this has started.
    pub(crate) background: bool,
    pub(crate) destination: Destination,
    pub(crate) pid_files: Wanted,
    pub(crate) core_dump: bool,
    /// The values in force go to the log.
    pub(crate) dump_conf: bool,
    pub(crate) remarks: Vec<Remark>,
}

impl Manner {
    /// Of `vrrpd` under its own name.
    pub(crate) fn own(arguments: &Arguments) -> Self {
        let destination = if arguments.log_console || !log::is_journal() {
            Destination::Stderr
        } else {
            Destination::Journal {
                identifier: log::VRRPD,
                facility: Facility::default(),
            }
        };
        Self {
            name: "vrrpd",
            background: false,
            destination,
            pid_files: Wanted::None,
            core_dump: false,
            dump_conf: false,
            remarks: Vec::new(),
        }
    }

    /// Leaves the caller behind, where that is the manner. No thread may have been started.
    ///
    /// # Errors
    /// What the system refuses.
    pub(crate) fn leave(&mut self, arguments: &mut Arguments) -> std::io::Result<Side> {
        // Whoever looks after a process has to be its parent.
        if !self.background || arguments.supervised {
            return Ok(Side::Daemon(Caller::none()));
        }
        let here = std::env::current_dir()?;
        arguments.relate_to(&here);
        self.pid_files.relate_to(&here);
        if let Destination::File(file) = &mut self.destination {
            *file = here.join(&*file);
        }
        background::leave()
    }

    /// The first lines of the log, and what they are about.
    pub(crate) fn begin(&self, arguments: &Arguments) {
        for remark in &self.remarks {
            match remark {
                Remark::Info(text) => info!("{text}"),
                Remark::Warn(text) => warn!("{text}"),
            }
        }
        if self.core_dump
            && let Err(error) = process::allow_core_dump()
        {
            warn!("-m: no core dumps: {error}");
        }
        if self.dump_conf {
            keepalived::dump(arguments);
        }
    }

    /// Why it does not run, for the caller who would not look into a log for it.
    pub(crate) fn complain(&self, error: &impl std::fmt::Display) {
        if self.background && self.destination != Destination::Stderr {
            eprintln!("{}: {error}", self.name);
        }
    }
}

/// As it is, where it is absolute already.
pub(crate) fn related(path: &mut std::path::PathBuf, here: &Path) {
    *path = here.join(&*path);
}
