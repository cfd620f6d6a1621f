//! Named situations and those of users: who is there, what happens, and what theory says of the client's outage.
//!
//! A scenario is a file in TOML:
//!
//! ```toml
//! about = "the Active loses its power"
//! theory = "3 intervals + skew of priority 100"
//! outage_ms_max = 3610
//!
//! [[node]]
//! name = "a"
//! priority = 150
//!
//! [[node]]
//! name = "b"
//!
//! [[event]]
//! at_ms = 10000
//! what = "power-cut"
//! node = "a"
//! ```

mod build;
mod file;
mod library;
mod situation;

use std::fmt;
use std::time::Duration;

use vrrp_core::{ConfigError, Interval};

use crate::world::{Violation, World};
use file::File;
pub use situation::{Happening, Happens, Situation};

/// A situation that can be run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// As on the command line; of a file its path.
    pub name: String,
    file: File,
}

/// What is wrong with a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    /// Name of the scenario, or path of the file.
    pub name: String,
    /// Line in it, from 1; `None` where it concerns the whole.
    pub line: Option<usize>,
    /// What was found, and what is expected.
    pub found: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.name, self.found),
            None => write!(f, "{}: {}", self.name, self.found),
        }
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Every scenario of the library.
    ///
    /// # Panics
    /// Never: a test reads each file of the library.
    pub fn all() -> impl Iterator<Item = Self> {
        library::FILES
            .iter()
            .map(|(name, text)| Self::parse(name, text).unwrap_or_else(|error| unreachable!("{error}")))
    }

    /// The scenario of this name in the library.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = library::FILES.iter().find(|(other, _)| *other == name)?;
        Self::parse(name, text).ok()
    }

    /// A scenario of somebody's own.
    ///
    /// # Errors
    /// What the file says that nobody understands, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file = file::read(name, text)?;
        Ok(Self {
            name: name.to_owned(),
            file,
        })
    }

    /// What happens, in one line.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.file.about
    }

    /// What the client has to lose at 1 s, and why.
    #[must_use]
    pub fn theory(&self) -> &str {
        &self.file.theory
    }

    /// The longest outage by that theory, measured in whole requests of 1 ms, in milliseconds; `None` where the file
    /// says none.
    #[must_use]
    pub const fn outage_ms_max(&self) -> Option<u64> {
        self.file.outage_ms_max
    }

    /// Its world at the beginning, watched by every check that holds in it; `interval` is for the nodes that name none.
    ///
    /// # Errors
    /// Settings that contradict themselves.
    pub fn world(&self, seed: u64, interval: Interval) -> Result<World, ConfigError> {
        build::world(&self.file, seed, interval)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn run(&self, world: &mut World) -> Result<(), Violation> {
        world.run_until(Duration::from_millis(self.file.lasts_ms))
    }
}
