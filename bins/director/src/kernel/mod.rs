//! The kernel's table made as it is wanted, and kept so.

mod counters;
mod keeper;
mod progress;
mod settings;
mod status;
mod subset;
pub(crate) mod thread;

use std::io;

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use vrrp_ipvs::{
    Change, Client, DestinationStatus, Error, Name, Service, ServiceKey, Statistics, SyncDaemon, SyncRole,
    Table, Timeouts,
};

pub use counters::{Counters, Rates, ServiceCounters};
pub use keeper::{AUDIT_EVERY, Keeper};
pub use settings::Settings;
pub use status::KernelStatus;

/// What balances: the kernel's IPVS by a [`Client`], or something else that has its rules.
pub trait Kernel: Send + 'static {
    /// All services with their destinations, whoever made them.
    ///
    /// # Errors
    /// As [`Client::table`].
    fn table(&mut self) -> Result<Table, Error>;

    /// Many changes, in order, each whatever becomes of those before; one result for each.
    fn apply(&mut self, changes: &[Change]) -> Vec<Result<(), Error>>;

    /// Removes every service, whoever made it.
    ///
    /// # Errors
    /// As [`Client::flush`].
    fn flush(&mut self) -> Result<(), Error>;

    /// All services with their counters.
    ///
    /// # Errors
    /// As [`Client::services`].
    fn services(&mut self) -> Result<Vec<(Service, Statistics)>, Error>;

    /// The destinations of a service with what goes on there.
    ///
    /// # Errors
    /// As [`Client::destinations`].
    fn destinations(&mut self, service: &ServiceKey) -> Result<Vec<DestinationStatus>, Error>;

    /// How long connections are kept.
    ///
    /// # Errors
    /// As [`Client::timeouts`].
    fn timeouts(&mut self) -> Result<Timeouts, Error>;

    /// Sets how long connections are kept; 0 leaves one as it is.
    ///
    /// # Errors
    /// As [`Client::set_timeouts`].
    fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), Error>;

    /// The synchronisation daemons that run.
    ///
    /// # Errors
    /// As [`Client::daemons`].
    fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error>;

    /// Starts one.
    ///
    /// # Errors
    /// As [`Client::start_daemon`].
    fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error>;

    /// Stops one.
    ///
    /// # Errors
    /// As [`Client::stop_daemon`].
    fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error>;

    /// The number of an interface; `None`: there is none of this name.
    ///
    /// # Errors
    /// The system does not say.
    fn interface(&mut self, name: &Name) -> io::Result<Option<u32>>;
}

impl Kernel for Client {
    fn table(&mut self) -> Result<Table, Error> {
        Self::table(self)
    }

    fn apply(&mut self, changes: &[Change]) -> Vec<Result<(), Error>> {
        Self::apply(self, changes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        Self::flush(self)
    }

    fn services(&mut self) -> Result<Vec<(Service, Statistics)>, Error> {
        Self::services(self)
    }

    fn destinations(&mut self, service: &ServiceKey) -> Result<Vec<DestinationStatus>, Error> {
        Self::destinations(self, service)
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        Self::timeouts(self)
    }

    fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), Error> {
        Self::set_timeouts(self, timeouts)
    }

    fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        Self::daemons(self)
    }

    fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error> {
        Self::start_daemon(self, daemon)
    }

    fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error> {
        Self::stop_daemon(self, role)
    }

    fn interface(&mut self, name: &Name) -> io::Result<Option<u32>> {
        match if_nametoindex(name.as_str()) {
            Ok(number) => Ok(Some(number)),
            Err(Errno::ENODEV | Errno::ENXIO) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}
