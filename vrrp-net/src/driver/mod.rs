//! The ready-made loop: opened while privileged, run afterwards.
//!
//! Data flows one way. A turn of the loop reads the sockets, then netlink, then commands, then lets the core act on what
//! is due ([`turn`]); what the core wants is carried out ([`execute`], [`work`]), and what could not be done goes back as
//! an input. Packets always come before ticks (PRJ-TIME-04): a turn takes the time first, drains every socket, and ticks
//! with the time taken, so nothing that had arrived by then is unread.

mod advertise;
mod apply;
mod asked;
mod channels;
mod commands;
mod ears;
mod elsewhere;
mod engine;
mod execute;
mod filter;
mod groups;
mod heard;
mod heartbeat;
mod instance;
mod links;
mod oddities;
mod open;
mod packets;
mod rename;
mod report;
mod routing;
mod settings;
mod statics;
mod turn;
mod virtual_levels;
mod virtual_macs;
mod wait;
mod wills;
mod work;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};

use crate::accept::FilterError;
use crate::handle::{Command, Handle};
use crate::handover::Handover;
use crate::options::Options;
use crate::routing::Statics;
use crate::service::{Service, ServiceError};
use crate::will::Testator;
use engine::Engine;
use heartbeat::Heartbeat;
use wait::Waiter;
use wills::Wills;

/// Events that a slow receiver may be behind: some for each service, since all of them can change at once. Their room is
/// taken at the start, so it is not simply large.
fn events_max(services: usize) -> usize {
    services.saturating_mul(4).clamp(512, 16_384)
}

/// The loop over all services of this program, not yet running.
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    commands: mpsc::UnboundedReceiver<Command>,
    handle: Handle,
}

impl Driver {
    /// Opens every socket. Needs no runtime, but `CAP_NET_RAW` and `CAP_NET_ADMIN`; keep both afterwards: every change of
    /// an address needs the second, an interface that appears later the first.
    ///
    /// An interface that does not exist yet is waited for.
    ///
    /// # Errors
    /// [`OpenError`], naming the missing capability where it is one.
    pub fn open(services: Vec<Service>, options: Options) -> Result<Self, OpenError> {
        Self::build(services, options, None)
    }

    /// Goes on where another driver of this machine, in this or in a replaced program, has ended with
    /// [`Handle::handover`]. Services it did not have start anew; what it held and nobody asks for any more is removed.
    ///
    /// # Errors
    /// As [`Driver::open`].
    pub fn adopt(services: Vec<Service>, options: Options, handover: Handover) -> Result<Self, OpenError> {
        Self::build(services, options, Some(handover))
    }

    fn build(
        services: Vec<Service>,
        options: Options,
        mut handover: Option<Handover>,
    ) -> Result<Self, OpenError> {
        if let Some(ends) = handover.as_mut().and_then(|handover| handover.ends.take()) {
            let engine = Engine::open(services, options, handover, ends.events)?;
            return Ok(Self {
                engine,
                commands: ends.commands,
                handle: ends.handle,
            });
        }
        let (events, _) = broadcast::channel(events_max(services.len()));
        let (sender, commands) = mpsc::unbounded_channel();
        let weak = events.downgrade();
        let engine = Engine::open(services, options, handover, events)?;
        Ok(Self {
            engine,
            commands,
            handle: Handle::new(sender, weak),
        })
    }

    /// Talks to the driver, before it runs and while it does.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Lets somebody look on at every step of every router, by its service's name: a recording. It is called on the thread
    /// of the loop, and must neither wait nor fail.
    pub fn set_witness(&mut self, witness: Arc<dyn vrrp_core::Witness>) {
        self.engine.set_witness(crate::clock::now(), Some(witness));
    }

    /// Lets the loop say that it goes round, for a watchdog: `beat` is called on its own thread at the end of a turn, as soon as
    /// it runs and then every `every` at the latest (a few times in what the watchdog waits for). It must neither wait nor
    /// fail. A loop that hangs does not call it, and no other thread does.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(mut driver: vrrp_net::Driver) {
    /// let (tell, beats) = std::sync::mpsc::sync_channel(1);
    /// driver.set_heartbeat(std::time::Duration::from_secs(1), move || drop(tell.try_send(())));
    /// // … elsewhere: no word from `beats` for some seconds means that failover does not work here.
    /// # let _ = beats;
    /// # }
    /// ```
    pub fn set_heartbeat(&mut self, every: Duration, beat: impl FnMut() + Send + 'static) {
        self.engine.heartbeat = Some(Heartbeat::new(every, Box::new(beat), crate::clock::now()));
    }

    /// Tells the parent process from now on what to do should this one die ([`Executor`](crate::Executor)). To be called
    /// before [`Driver::run`].
    ///
    /// # Errors
    /// When no socket can be opened for it.
    pub fn set_testator(&mut self, testator: Testator) -> io::Result<()> {
        self.engine.wills = Some(Wills::new(testator)?);
        self.engine.all_wills_are_stale();
        Ok(())
    }

    /// What is to be there whatever the state of any service. To be called before [`Driver::run`], with what a predecessor had
    /// as well where there was one: what is not named here is removed at the start. Later, [`Handle::apply_all`].
    ///
    /// # Errors
    /// [`OpenError::Statics`], and nothing has changed.
    pub fn set_statics(&mut self, statics: Statics) -> Result<(), OpenError> {
        if let Some(fault) = statics.fault() {
            return Err(OpenError::Statics(fault));
        }
        self.engine.configure_statics(statics);
        Ok(())
    }

    /// Runs until [`Handle::stop`], [`Handle::stop_now`] or [`Handle::handover`].
    ///
    /// Needs a runtime with I/O enabled; a current-thread one on a thread of its own, so that nothing else can delay an
    /// advertisement. When the future is dropped, everything is stopped at once: goodbye, and the addresses are removed.
    ///
    /// # Errors
    /// [`DriverError`] when the timer or the reactor fails; the addresses have been removed then.
    pub async fn run(self) -> Result<(), DriverError> {
        let Self {
            mut engine,
            mut commands,
            handle,
        } = self;
        let mut waiter = Waiter::new().map_err(DriverError::Timer)?;
        engine.start();
        loop {
            waiter.watch(&engine).map_err(DriverError::Reactor)?;
            let until = engine.next_wake();
            waiter.arm(until).map_err(DriverError::Timer)?;
            let ready = waiter.wait(&mut commands, engine.has_more_to_do()).await;
            engine.turn(ready, &mut commands, &mut waiter);
            if engine.is_over() {
                waiter.forget();
                engine.finish(handle, commands);
                return Ok(());
            }
        }
    }
}

/// Why a driver cannot be opened. Nothing has been changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A capability is missing.
    #[error(
        "{capability} is missing, which {purpose} needs; start as root, or give the program \
         `setcap cap_net_raw,cap_net_admin+ep`, or with systemd `AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN`"
    )]
    Capability {
        /// Its name.
        capability: &'static str,
        /// What for.
        purpose: &'static str,
    },
    /// A service is wrong.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Packets to virtual addresses cannot be dropped as a service asks.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A static entry is wrong.
    #[error("{0}")]
    Statics(String),
    /// A socket could not be opened.
    #[error("{what} cannot be opened: {error}")]
    Socket {
        /// Which.
        what: String,
        /// What the kernel said.
        error: io::Error,
    },
}

/// Why a running driver ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The timer failed.
    #[error("the timer failed: {0}")]
    Timer(io::Error),
    /// The runtime's reactor failed.
    #[error("the runtime cannot watch a socket (is I/O enabled in it?): {0}")]
    Reactor(io::Error),
}
