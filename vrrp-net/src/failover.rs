//! The few lines that an application needs: start, stop, and be replaced by a newer version of itself.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use tokio::sync::broadcast;

use crate::driver::{Driver, DriverError, OpenError};
use crate::event::Event;
use crate::handle::{Gone, Handle, RequestError};
use crate::handover::{Handover, HandoverError};
use crate::options::Options;
use crate::service::Service;

/// A [`Driver`] that runs on a thread of its own, with a runtime of its own.
///
/// Dropping it stops everything at once: goodbye, and the addresses are removed.
///
/// # Examples
/// ```no_run
/// use vrrp_net::{Failover, Options, Service};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Service::new("web", "eth1", 51)?.address("192.0.2.10/24")?.priority(150)?;
/// let mut failover = Failover::start(vec![service], Options::default())?;
/// let listener = match failover.inherited("http") {
///     Some(fd) => std::net::TcpListener::from(fd),
///     None => std::net::TcpListener::bind("0.0.0.0:80")?,
/// };
/// // … serve until a signal; on SIGTERM:
/// failover.stop().await?;
/// // … or, where a newer version of the program waits in its file:
/// let error = failover.replace(vec![("http", listener.into())]).await;
/// eprintln!("still the old version: {error}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Failover {
    handle: Handle,
    /// From the first on; until somebody asks.
    events: Option<broadcast::Receiver<Event>>,
    thread: Option<JoinHandle<Result<(), DriverError>>>,
    inherited: Vec<(String, OwnedFd)>,
    services: Vec<Service>,
    options: Options,
}

impl Failover {
    /// Opens the sockets and takes part; in a program that [`Failover::replace`] has started it goes on where the old one
    /// was. Needs `CAP_NET_RAW` and `CAP_NET_ADMIN`.
    ///
    /// # Errors
    /// [`StartError`]; nothing has been changed.
    pub fn start(services: Vec<Service>, options: Options) -> Result<Self, StartError> {
        match Handover::from_env() {
            Ok(handover) => Self::begin(services, options, handover),
            Err(error) => {
                tracing::warn!(%error, "starting anew");
                Self::begin(services, options, None)
            }
        }
    }

    fn begin(
        services: Vec<Service>,
        options: Options,
        handover: Option<Handover>,
    ) -> Result<Self, StartError> {
        let mut inherited = Vec::new();
        let driver = match handover {
            None => Driver::open(services.clone(), options.clone())?,
            Some(mut handover) => {
                inherited = handover.take_all();
                Driver::adopt(services.clone(), options.clone(), handover)?
            }
        };
        let handle = driver.handle();
        let events = Some(handle.events());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let run = move || runtime.block_on(driver.run());
        let thread = thread::Builder::new().name("vrrp".to_owned()).spawn(run)?;
        Ok(Self {
            handle,
            events,
            thread: Some(thread),
            inherited,
            services,
            options,
        })
    }

    /// Talks to the driver.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// What happens. The first who asks gets everything since the start, as far as it has not been overwritten meanwhile
    /// ([`Lagged`](broadcast::error::RecvError::Lagged)); the next ones, as [`Handle::events`], what comes from now on.
    #[must_use]
    pub fn events(&mut self) -> broadcast::Receiver<Event> {
        let first = self.events.take();
        first.unwrap_or_else(|| self.handle.events())
    }

    /// A descriptor that the program before this one gave to [`Failover::replace`] under this name.
    pub fn inherited(&mut self, name: &str) -> Option<OwnedFd> {
        let place = self.inherited.iter().position(|(known, _)| known == name)?;
        Some(self.inherited.swap_remove(place).1)
    }

    /// A planned stop: resolves when another router answers for the addresses, or nobody did in time, and they are gone.
    ///
    /// # Errors
    /// [`Gone`] when the driver had ended before.
    pub async fn stop(&mut self) -> Result<(), Gone> {
        self.handle.stop().await?;
        self.join();
        Ok(())
    }

    /// Replaces this program by the one that is in its file now, with the same arguments: no state changes, no
    /// advertisement is missed, the addresses stay. `keep`: descriptors to take along, such as listening sockets.
    ///
    /// Finish what is in progress first: everything else of the program ends here. Returns only when that failed, with the
    /// reason; failover goes on as before then, but for [`ReplaceError::Start`].
    pub async fn replace(&mut self, keep: Vec<(&str, OwnedFd)>) -> ReplaceError {
        let command = match Handover::own_program() {
            Ok(command) => command,
            Err(error) => return HandoverError::Exec(error).into(),
        };
        let mut handover = match self.handle.handover().await {
            Ok(handover) => handover,
            Err(error) => return error.into(),
        };
        self.join();
        for (name, fd) in keep {
            handover.add(name, fd);
        }
        let error = handover.exec(command);
        drop(handover.take_all());
        match Self::begin(self.services.clone(), self.options.clone(), Some(handover)) {
            Ok(again) => {
                *self = again;
                error.into()
            }
            Err(error) => error.into(),
        }
    }

    fn join(&mut self) {
        if let Some(Err(_panic)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the VRRP thread has panicked");
        }
    }
}

impl Drop for Failover {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ended = self.handle.stop_now();
            self.join();
        }
    }
}

/// Why failover did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The driver could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The thread or its runtime could not be made.
    #[error("the VRRP thread cannot be started: {0}")]
    Thread(#[from] io::Error),
}

/// Why the program was not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The program could not be executed.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// The driver did not hand over.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Neither could the program be executed nor failover be started again.
    #[error(transparent)]
    Start(#[from] StartError),
}
