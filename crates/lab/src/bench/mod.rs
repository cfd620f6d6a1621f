//! Benchmarks that print: every subject in the same lab in one run, never a timed assertion.

pub mod checks;
pub mod control;
pub mod cost;
pub mod crash;
pub mod failover;
pub mod fleet;
pub mod load;
pub mod migration;
pub mod nginx;
pub mod rejected;
pub mod switchover;
mod table;

use crate::LabError;
use crate::daemon::Daemon;
use serde::Serialize;
use std::path::Path;

/// Which daemons to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Subjects {
    /// Ours.
    Vrrpd,
    /// The one to beat.
    Keepalived,
    /// One after the other.
    Both,
}

impl Subjects {
    /// As a list.
    pub fn list(self) -> Vec<Daemon> {
        match self {
            Self::Vrrpd => vec![Daemon::Vrrpd],
            Self::Keepalived => vec![Daemon::Keepalived],
            Self::Both => vec![Daemon::Vrrpd, Daemon::Keepalived],
        }
    }
}

/// Who can run scripts here: keepalived as root alone.
fn script_runners() -> Vec<Daemon> {
    if crate::private::root_owns_the_root() {
        return vec![Daemon::Vrrpd, Daemon::Keepalived];
    }
    println!("without keepalived: it changes groups before it runs a script, which only root can do");
    vec![Daemon::Vrrpd]
}

/// What the numbers were measured on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    kernel: String,
    processors: usize,
    daemons: Vec<String>,
}

impl Machine {
    /// This one.
    ///
    /// # Errors
    /// When a daemon is missing.
    pub fn this(daemons: &[Daemon]) -> Result<Self, LabError> {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Ok(Self {
            kernel: kernel.trim().to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            daemons: daemons.iter().map(|d| d.version()).collect::<Result<_, _>>()?,
        })
    }

    /// In a line.
    pub fn line(&self) -> String {
        format!(
            "Linux {}, {} processors, {}",
            self.kernel,
            self.processors,
            self.daemons.join(" beside ")
        )
    }
}

/// Write results for later comparison.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_json(folder: &Path, name: &str, results: &impl Serialize) -> Result<(), LabError> {
    std::fs::create_dir_all(folder).map_err(LabError::io(folder.display().to_string()))?;
    let path = folder.join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(results).map_err(|e| LabError::Other(e.to_string()))?;
    std::fs::write(&path, text).map_err(LabError::io(path.display().to_string()))?;
    println!("written: {}", path.display());
    Ok(())
}
