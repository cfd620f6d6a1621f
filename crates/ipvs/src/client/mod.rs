//! The kernel's IPVS, asked by a socket.

mod apply;
mod ask;
mod carry_out;
mod socket;

pub use carry_out::Outcome;

use crate::change::Change;
use crate::daemon::{SyncDaemon, SyncRole};
use crate::destination::DestinationStatus;
use crate::error::Error;
use crate::key::ServiceKey;
use crate::service::Service;
use crate::settings::{Info, Timeouts};
use crate::statistics::Statistics;
use crate::wire::{
    FamilyId, Request, decode_daemon, decode_destination, decode_info, decode_service, decode_timeouts,
};
use socket::Netlink;

/// The IPVS of the network namespace in which this was opened.
///
/// A call returns when the kernel has done what was asked: netlink answers inside the system call, so there is nothing to
/// wait for, and nothing for an asynchronous runtime to do. A table of many thousand destinations takes the kernel some
/// milliseconds; a loop that cannot spare them gives this to a thread.
///
/// ```no_run
/// use vrrp_ipvs::{Change, Client, Name, Service, ServiceKey};
///
/// let mut ipvs = Client::open()?;
/// let key = ServiceKey::tcp("192.0.2.1:80".parse()?);
/// ipvs.change(&Change::AddService(Service::new(key, Name::new("wlc")?)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    netlink: Netlink,
    family: FamilyId,
    sequence: u32,
}

impl Client {
    /// Opens the socket and asks for the number of IPVS, upon which the kernel loads the module if it has it.
    ///
    /// # Errors
    /// [`Error::NoIpvs`]; or the socket fails. Whether IPVS may be used is seen by the first request only.
    pub fn open() -> Result<Self, Error> {
        let failed = |source| Error::Socket {
            doing: "open a socket of generic netlink".to_owned(),
            source,
        };
        let mut client = Self {
            netlink: Netlink::open().map_err(failed)?,
            family: FamilyId(0),
            sequence: 0,
        };
        client.family = client.resolve()?;
        Ok(client)
    }

    /// Version and size.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn info(&mut self) -> Result<Info, Error> {
        self.one(&Request::Info, decode_info)
    }

    /// All services with their counters, in no order.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn services(&mut self) -> Result<Vec<(Service, Statistics)>, Error> {
        self.many(&Request::Services, decode_service)
    }

    /// One service with its counters.
    ///
    /// # Errors
    /// [`crate::Reason::NoSuchService`]; or the kernel refuses or does not answer.
    pub fn service(&mut self, key: &ServiceKey) -> Result<(Service, Statistics), Error> {
        self.one(&Request::Service(key), decode_service)
    }

    /// The destinations of a service with what goes on there, in no order; none where there is no such service.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn destinations(&mut self, key: &ServiceKey) -> Result<Vec<DestinationStatus>, Error> {
        self.many(&Request::Destinations(key), decode_destination)
    }

    /// One change.
    ///
    /// # Errors
    /// [`Error::Fault`] where it cannot be carried out; or the kernel refuses or does not answer.
    pub fn change(&mut self, change: &Change) -> Result<(), Error> {
        apply::check(change)?;
        self.command(&Request::Change(change))
    }

    /// Counters to zero, of one service and its destinations or of all.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn zero(&mut self, service: Option<&ServiceKey>) -> Result<(), Error> {
        self.command(&Request::Zero(service))
    }

    /// Removes every service of the network namespace, whoever made it.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.command(&Request::Flush)
    }

    /// How long connections are kept.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.one(&Request::Timeouts, decode_timeouts)
    }

    /// Sets how long connections are kept; 0 leaves one as it is.
    ///
    /// # Errors
    /// The kernel refuses ([`crate::Reason::Invalid`] for more than it can count), or does not answer.
    pub fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), Error> {
        self.command(&Request::SetTimeouts(timeouts))
    }

    /// The synchronisation daemons that run.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        self.many(&Request::Daemons, decode_daemon)
    }

    /// Starts a synchronisation daemon.
    ///
    /// # Errors
    /// [`crate::Reason::DaemonRuns`], [`crate::Reason::NoInterface`]; or the kernel refuses or does not answer.
    pub fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error> {
        self.command(&Request::StartDaemon(daemon))
    }

    /// Stops a synchronisation daemon.
    ///
    /// # Errors
    /// [`crate::Reason::NoDaemon`]; or the kernel refuses or does not answer.
    pub fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error> {
        self.command(&Request::StopDaemon(role))
    }
}
