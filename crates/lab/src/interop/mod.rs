//! Two implementations as one virtual router: subject and peer are chosen at run time, what happens to them is one
//! table, and the verdict is made of the client's outage, the frames at each port of the switch and the kernels.

pub mod dissect;
pub mod facts;
mod group;
pub mod migration;
mod mode;
mod side;
mod verdict;

pub use group::Group;
pub use mode::{MODES, Mode, Vmac};
pub use side::Side;
pub use verdict::{Line, equals, life};

use crate::LabError;
use crate::daemon::Daemon;
use crate::frr::Frr;

/// The virtual router of all cases.
pub const VRID: u8 = 55;

/// An implementation of VRRP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Ours.
    Vrrpd,
    /// keepalived.
    Keepalived,
    /// vrrpd of FRR.
    Frr,
}

/// Who is who in one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Whose behaviour is judged.
    pub subject: Speaker,
    /// Beside whom.
    pub peer: Speaker,
    /// The configuration of both.
    pub mode: &'static Mode,
    /// Whether the subject is `lb01`, whose priority is higher and whose address is lower.
    pub subject_first: bool,
}

impl Speaker {
    /// Its name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vrrpd => "vrrpd",
            Self::Keepalived => "keepalived",
            Self::Frr => "frr",
        }
    }

    /// By name.
    ///
    /// # Errors
    /// For any other name.
    pub fn named(name: &str) -> Result<Self, LabError> {
        [Self::Vrrpd, Self::Keepalived, Self::Frr]
            .into_iter()
            .find(|speaker| speaker.name() == name)
            .ok_or_else(|| LabError::Other(format!("{name} is not vrrpd, keepalived or frr")))
    }

    /// What the environment variable names, else `default`.
    ///
    /// # Errors
    /// For a name that nobody has.
    pub fn chosen(variable: &str, default: Self) -> Result<Self, LabError> {
        std::env::var(variable).map_or(Ok(default), |name| Self::named(&name))
    }

    /// Whether its programs are there.
    ///
    /// # Errors
    /// [`LabError::Missing`] with the remedy.
    pub fn present(self) -> Result<(), LabError> {
        match self.daemon() {
            Some(daemon) => daemon.program().map(drop),
            None => Frr::present(),
        }
    }

    /// What it says of its version.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version(self) -> Result<String, LabError> {
        self.daemon().map_or_else(Frr::version, Daemon::version)
    }

    /// Those that read keepalived.conf.
    pub(crate) fn daemon(self) -> Option<Daemon> {
        match self {
            Self::Vrrpd => Some(Daemon::Vrrpd),
            Self::Keepalived => Some(Daemon::Keepalived),
            Self::Frr => None,
        }
    }
}

impl Case {
    /// `lb01` and `lb02`.
    pub fn speakers(&self) -> [Speaker; 2] {
        if self.subject_first {
            [self.subject, self.peer]
        } else {
            [self.peer, self.subject]
        }
    }

    /// Whether both can be configured so, and can understand one another then.
    ///
    /// # Errors
    /// With the reason why not.
    pub fn fits(&self) -> Result<(), String> {
        let speakers = self.speakers();
        if let Some(speaker) = speakers.into_iter().find(|s| !self.mode.suits(*s)) {
            return Err(format!("{} has no {}", speaker.name(), self.mode.name));
        }
        // RFC 9568 5.2.9 wants a link-local address first. FRR lists none of its own accord, and keepalived discards a
        // packet with another number of addresses than its own.
        if self.mode.is_six() && speakers.contains(&Speaker::Keepalived) && speakers.contains(&Speaker::Frr) {
            return Err("keepalived and FRR list different IPv6 addresses here".to_owned());
        }
        Ok(())
    }

    /// In a line, versions included.
    ///
    /// # Errors
    /// When one cannot be asked.
    pub fn title(&self) -> Result<String, LabError> {
        let [first, second] = self.speakers();
        Ok(format!(
            "{}: {} as the better router, {} as the other",
            self.mode.name,
            first.version()?,
            second.version()?
        ))
    }
}
