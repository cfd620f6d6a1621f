//! How the rest of a program talks to a running driver.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{broadcast, mpsc, oneshot};
use vrrp_core::{Health, Priority, TrackerId, Witness};

use crate::accept::FilterError;
use crate::event::Event;
use crate::handover::Handover;
use crate::options::Pace;
use crate::routing::Statics;
use crate::service::{Service, ServiceError};
use crate::status::Status;

/// What a handle can ask.
#[derive(Debug)]
pub(crate) enum Command {
    Health {
        service: String,
        tracker: TrackerId,
        health: Health,
    },
    Priority {
        service: String,
        priority: Priority,
    },
    Resign {
        service: String,
        reply: oneshot::Sender<Result<Resigned, RequestError>>,
    },
    Compete {
        service: String,
    },
    Pace {
        arp_gap: Duration,
        neighbor_gap: Duration,
        paces: Vec<Pace>,
    },
    Witness {
        witness: Option<Arc<dyn Witness>>,
    },
    Apply {
        services: Vec<Service>,
        statics: Option<Statics>,
        reply: oneshot::Sender<Result<Applied, RequestError>>,
    },
    Status {
        reply: oneshot::Sender<Arc<Status>>,
    },
    Stop {
        at_once: bool,
        reply: Option<oneshot::Sender<()>>,
    },
    Handover {
        reply: oneshot::Sender<Result<Handover, RequestError>>,
    },
}

/// Talks to a [`Driver`](crate::Driver) from any thread and any runtime; cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::UnboundedSender<Command>,
    /// Weak: a receiver ends with the driver, not with the last handle.
    events: broadcast::WeakSender<Event>,
}

impl Handle {
    pub(crate) const fn new(
        commands: mpsc::UnboundedSender<Command>,
        events: broadcast::WeakSender<Event>,
    ) -> Self {
        Self { commands, events }
    }

    fn send(&self, command: Command) -> Result<(), Gone> {
        self.commands.send(command).map_err(|_| Gone)
    }

    /// Tells the health of a tracked object. An unknown service or tracker is logged and ignored.
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn set_health(&self, service: &str, tracker: TrackerId, health: Health) -> Result<(), Gone> {
        self.send(Command::Health {
            service: service.to_owned(),
            tracker,
            health,
        })
    }

    /// Changes the base priority while running (PRJ-CHG-01, PRJ-CHG-02); the next [`Handle::apply`] may change it again.
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn set_priority(&self, service: &str, priority: Priority) -> Result<(), Gone> {
        self.send(Command::Priority {
            service: service.to_owned(),
            priority,
        })
    }

    /// Hands over to another router, keeping the addresses until it answers; takes them back when nobody does
    /// (PRJ-STOP-04). Afterwards the router competes with priority 1 until [`Handle::compete`].
    ///
    /// # Errors
    /// [`RequestError::NobodyTookOver`], also where it was undone; [`RequestError::Barred`]; [`RequestError::UnknownService`];
    /// [`RequestError::Stopping`] where another order took the place of this one; [`RequestError::Gone`], also where the
    /// service was taken away meanwhile.
    pub async fn resign(&self, service: &str) -> Result<Resigned, RequestError> {
        let service = service.to_owned();
        self.ask(|reply| Command::Resign { service, reply }).await?
    }

    /// Undoes [`Handle::resign`].
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn compete(&self, service: &str) -> Result<(), Gone> {
        self.send(Command::Compete {
            service: service.to_owned(),
        })
    }

    /// Other gaps between announcements than [`Options`](crate::Options) had, for all that have not left yet.
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn set_pace(&self, arp_gap: Duration, neighbor_gap: Duration, paces: Vec<Pace>) -> Result<(), Gone> {
        self.send(Command::Pace {
            arp_gap,
            neighbor_gap,
            paces,
        })
    }

    /// As [`Driver::set_witness`](crate::Driver::set_witness), while it runs: whoever looked on until now does no longer. A new
    /// one is shown every router and group first, with all that it knows at that moment. `None`: nobody looks on.
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn set_witness(&self, witness: Option<Arc<dyn Witness>>) -> Result<(), Gone> {
        self.send(Command::Witness { witness })
    }

    /// Replaces the services as a whole. One that is equal to what runs is not touched; if any is wrong, nothing is.
    ///
    /// # Errors
    /// [`RequestError::Service`], [`RequestError::Filter`] or [`RequestError::Socket`], and nothing has changed;
    /// [`RequestError::Stopping`] during a stop or a handover; [`RequestError::Gone`].
    pub async fn apply(&self, services: Vec<Service>) -> Result<Applied, RequestError> {
        let statics = None;
        self.ask(|reply| Command::Apply {
            services,
            statics,
            reply,
        })
        .await?
    }

    /// As [`Handle::apply`], and what is there whatever the state of any service: what both have stays untouched.
    ///
    /// # Errors
    /// As [`Handle::apply`], and [`RequestError::Statics`].
    pub async fn apply_all(&self, services: Vec<Service>, statics: Statics) -> Result<Applied, RequestError> {
        let statics = Some(statics);
        self.ask(|reply| Command::Apply {
            services,
            statics,
            reply,
        })
        .await?
    }

    /// Everything there is to know at this moment. With very many services the loop looks at some of them in each turn, so that
    /// no advertisement waits for the answer: they are as they were then, some milliseconds apart.
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub async fn status(&self) -> Result<Status, Gone> {
        let status = self.ask(|reply| Command::Status { reply }).await?;
        Ok(Arc::unwrap_or_clone(status))
    }

    /// A planned stop of everything: each Active says goodbye and keeps its addresses until its successor answers
    /// (PRJ-STOP-01). Resolves when all addresses are gone; the driver has ended then.
    ///
    /// # Errors
    /// [`Gone`] when it had ended before.
    pub async fn stop(&self) -> Result<(), Gone> {
        self.ask(|reply| Command::Stop {
            at_once: false,
            reply: Some(reply),
        })
        .await
    }

    /// As [`Handle::stop`], without waiting for a successor; also cuts a running stop short (PRJ-STOP-04).
    ///
    /// # Errors
    /// [`Gone`] when the driver has ended.
    pub fn stop_now(&self) -> Result<(), Gone> {
        self.send(Command::Stop {
            at_once: true,
            reply: None,
        })
    }

    /// Ends the driver and gives out what a re-executed program needs to go on: nothing is released, nobody is told. It
    /// waits for a quiet moment right after an advertisement, at most one interval.
    ///
    /// # Errors
    /// [`RequestError::Stopping`] during a stop; [`RequestError::Handover`]; [`RequestError::Gone`].
    pub async fn handover(&self) -> Result<Handover, RequestError> {
        self.ask(|reply| Command::Handover { reply }).await?
    }

    /// Everything that happens from now on, until the driver ends. A receiver that is far behind (512
    /// events, or four for each service) loses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        match self.events.upgrade() {
            Some(events) => events.subscribe(),
            // Its sender is dropped here: it has ended.
            None => broadcast::channel(1).1,
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        answer.await.map_err(|_| Gone)
    }
}

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Applied {
    /// Under another name from now on, and untouched by that: the earlier name and the one that stands below.
    pub renamed: Vec<(String, String)>,
    /// Not touched.
    pub unchanged: Vec<String>,
    /// Reconfigured while running, or replaced where key or version changed (PRJ-CHG-07).
    pub changed: Vec<String>,
    /// New.
    pub added: Vec<String>,
    /// Stopped, with a hold where one is configured.
    pub removed: Vec<String>,
}

/// What became of a switchover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Resigned {
    /// This router took over.
    To(std::net::IpAddr),
    /// One did that was not heard: it was seen to answer for the addresses, or was heard for another service of the group.
    Unheard,
    /// The router was not Active; it competes with priority 1 now.
    WasNotActive,
    /// There is no hold in this profile or at this interval: the goodbye was sent and the addresses are gone.
    WithoutHold,
}

/// The driver has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the VRRP driver has ended")]
pub struct Gone;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The driver has ended.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// No service of this name.
    #[error("there is no service {0}")]
    UnknownService(String),
    /// Nobody answered the goodbye, so this router is Active again.
    #[error("no other router took over; this one is Active again")]
    NobodyTookOver,
    /// The service was barred before anybody took over.
    #[error("the service was barred before another router took over: {0:?}")]
    Barred(vrrp_core::Bar),
    /// A stop came in between.
    #[error("the driver is stopping")]
    Stopping,
    /// A service is wrong.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A static entry is wrong.
    #[error("{0}")]
    Statics(String),
    /// A socket could not be opened.
    #[error("a socket for service {service} cannot be opened: {error}")]
    Socket {
        /// The service.
        service: String,
        /// What the kernel said.
        error: std::io::Error,
    },
    /// Packets to virtual addresses cannot be dropped as a service asks.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// What runs could not be written down.
    #[error("the state cannot be handed over: {0}")]
    Handover(std::io::Error),
}
