//! Waiting for whatever comes first: a packet, news of links and addresses, a command, the next deadline.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use vrrp_core::Instant;

use super::channels::Key;
use super::engine::Engine;
use crate::clock::Alarm;
use crate::handle::Command;
use crate::sys;

/// What has come.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) sockets: Vec<Key>,
    pub(super) alarm: bool,
    /// Somebody claims an address, or asks for a router.
    pub(super) claims: bool,
    pub(super) command: Option<Command>,
}

/// Watches duplicates of the descriptors: the engine keeps its own, and may close them whenever it has to.
#[derive(Debug)]
pub(super) struct Waiter {
    sockets: Vec<(Key, AsyncFd<OwnedFd>)>,
    generation: Option<u64>,
    ears: Vec<AsyncFd<OwnedFd>>,
    ears_generation: u64,
    link_events: Option<AsyncFd<OwnedFd>>,
    route_events: Option<AsyncFd<OwnedFd>>,
    alarm_fd: OwnedFd,
    alarm_watch: Option<AsyncFd<OwnedFd>>,
    alarm: Alarm,
    /// Every handle is gone: nobody can command any more.
    nobody_commands: bool,
}

impl Waiter {
    pub(super) fn new() -> io::Result<Self> {
        let (alarm_fd, alarm) = Alarm::new()?;
        Ok(Self {
            sockets: Vec::new(),
            generation: None,
            ears: Vec::new(),
            ears_generation: 0,
            link_events: None,
            route_events: None,
            alarm_fd,
            alarm_watch: None,
            alarm,
            nobody_commands: false,
        })
    }

    /// Follows the engine's sockets.
    pub(super) fn watch(&mut self, engine: &Engine) -> io::Result<()> {
        if self.alarm_watch.is_none() {
            self.alarm_watch = Some(sys::watch_readable(self.alarm_fd.try_clone()?)?);
            self.link_events = Some(sys::watch_readable(engine.link_events.try_clone()?)?);
        }
        if let (None, Some(events)) = (&self.route_events, &engine.route_events) {
            self.route_events = Some(sys::watch_readable(events.try_clone()?)?);
        }
        if self.generation != Some(engine.channels.generation()) {
            self.sockets.clear();
            for (key, open) in engine.channels.iter() {
                self.sockets
                    .push((*key, sys::watch_readable(open.fd.try_clone()?)?));
            }
            self.generation = Some(engine.channels.generation());
        }
        // Each of the two only ever grows.
        let generation = engine
            .ears
            .generation()
            .wrapping_add(engine.advertisers.generation());
        if self.ears_generation != generation {
            self.ears.clear();
            let claims = engine.ears.iter().map(|ear| &ear.fd);
            let questions = engine.advertisers.ears().map(|ear| &ear.fd);
            for fd in claims.chain(questions) {
                self.ears.push(sys::watch_readable(fd.try_clone()?)?);
            }
            self.ears_generation = generation;
        }
        Ok(())
    }

    /// Lets go of the duplicates.
    pub(super) fn forget(&mut self) {
        self.sockets.clear();
        self.ears.clear();
        self.link_events = None;
        self.route_events = None;
        self.alarm_watch = None;
    }

    pub(super) fn arm(&mut self, at: Option<Instant>) -> io::Result<()> {
        self.alarm.arm(&self.alarm_fd, at)
    }

    /// The time that it was armed for, once it rang.
    pub(super) const fn rang(&mut self) -> Option<Instant> {
        let at = self.alarm.armed_for();
        self.alarm.rang();
        at
    }

    /// `at_once`: only look, and let the rest of the runtime have its turn.
    pub(super) async fn wait(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        at_once: bool,
    ) -> Ready {
        if at_once {
            tokio::task::yield_now().await;
        }
        poll_fn(|context| {
            let mut ready = Ready::default();
            let mut any = at_once;
            for (key, socket) in &self.sockets {
                if is_ready(socket, context) {
                    ready.sockets.push(*key);
                    any = true;
                }
            }
            for ear in &self.ears {
                ready.claims |= is_ready(ear, context);
            }
            any |= ready.claims;
            any |= self
                .link_events
                .as_ref()
                .is_some_and(|events| is_ready(events, context));
            any |= self
                .route_events
                .as_ref()
                .is_some_and(|events| is_ready(events, context));
            if !self.nobody_commands
                && let Poll::Ready(command) = commands.poll_recv(context)
            {
                self.nobody_commands = command.is_none();
                any |= command.is_some();
                ready.command = command;
            }
            ready.alarm = self
                .alarm_watch
                .as_ref()
                .is_some_and(|alarm| is_ready(alarm, context));
            if any || ready.alarm {
                Poll::Ready(ready)
            } else {
                Poll::Pending
            }
        })
        .await
    }
}

/// The readiness is taken at once: whoever is told reads until the kernel has nothing left, and what comes in between
/// makes it ready again.
fn is_ready(fd: &AsyncFd<OwnedFd>, context: &mut Context<'_>) -> bool {
    match fd.poll_read_ready(context) {
        Poll::Ready(Ok(mut guard)) => {
            guard.clear_ready();
            // The waker must be registered for what comes next, even where this turn is not the last word.
            true
        }
        // The reactor shuts down: the loop is about to be dropped.
        Poll::Ready(Err(_)) | Poll::Pending => false,
    }
}
