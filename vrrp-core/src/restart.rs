//! Which changes of its configuration a running router cannot take in place.

use core::fmt;

use crate::config::Settings;

/// Why a new configuration means a new beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Restart {
    /// It speaks on another interface.
    Interface,
    /// It advertises in the other family.
    Family,
    /// Another VRID.
    Vrid,
    /// Another multicast group, other unicast peers, or one instead of the other.
    Path,
    /// Another protocol version.
    Version,
    /// It becomes the owner of its addresses (priority 255), or no longer is (PRJ-CHG-03).
    Ownership,
}

impl Restart {
    /// It is another virtual router (PRJ-CHG-07): this one has to go, and the other one to be made. Else the same router
    /// goes through Shutdown and Startup by itself.
    #[must_use]
    pub const fn is_another_router(self) -> bool {
        !matches!(self, Self::Ownership)
    }
}

impl Settings {
    /// Why a router with these settings would begin anew with `next`; none: it takes them in place.
    ///
    /// The one rule for [`VirtualRouter::reconfigure`](crate::VirtualRouter::reconfigure), and for whoever wants to know
    /// before.
    pub fn restarts(&self, next: &Self) -> impl Iterator<Item = Restart> + use<> {
        let reasons = [
            (self.interface != next.interface, Restart::Interface),
            (self.family != next.family, Restart::Family),
            (self.vrid != next.vrid, Restart::Vrid),
            (self.path != next.path, Restart::Path),
            (self.version != next.version, Restart::Version),
            (
                self.priority.is_owner() != next.priority.is_owner(),
                Restart::Ownership,
            ),
        ];
        let differing = reasons.into_iter().filter(|(differs, _)| *differs);
        differing.map(|(_, reason)| reason)
    }
}

/// The new configuration is of another router (PRJ-CHG-07): stop and remove this one, add the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DifferentRouter {
    /// The first reason; none where there is no such router at all.
    pub because: Option<Restart>,
}

impl fmt::Display for DifferentRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.because {
            None => return f.write_str("there is no such virtual router"),
            Some(Restart::Interface) => "interface",
            Some(Restart::Family) => "family",
            Some(Restart::Vrid) => "VRID",
            Some(Restart::Path) => "multicast group or unicast peers",
            Some(Restart::Version) => "version",
            Some(Restart::Ownership) => "ownership",
        };
        write!(f, "another {what}: this is another virtual router")
    }
}

impl core::error::Error for DifferentRouter {}
