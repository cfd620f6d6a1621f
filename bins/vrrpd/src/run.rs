//! The daemon's loop, beside the router loop: signals, checks, notify scripts, the control socket, reloads.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use healthcheck::HookQueue;
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};
use vrrp_net::Event;

use crate::arguments::Arguments;
use crate::control::{self, Socket};
use crate::events::{self, Limits};
use crate::exit::Exit;
use crate::node::{Node, lock};
use crate::router::Ended;
use crate::tracks::News;
use crate::upgrade::Reminder;
use crate::{notify, reload};

/// Events that bar come in bursts (a switch goes down): one comparison for all of them.
const COMPARE_AFTER: Duration = Duration::from_millis(50);

/// Notify scripts at a stop: their own limit, and this for those before them.
const STOP_SCRIPTS_GRACE: Duration = Duration::from_secs(5);

/// What the loop listens to.
pub(crate) struct Ears {
    pub(crate) events: broadcast::Receiver<Event>,
    pub(crate) changes: mpsc::UnboundedReceiver<News>,
    pub(crate) ended: Ended,
    pub(crate) signals: Signals,
    pub(crate) control: Option<(Socket, UnixListener)>,
}

/// The signals that mean something; listening for one takes its deadly meaning away.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    user_1: Signal,
    user_2: Signal,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            user_1: signal(SignalKind::user_defined1())?,
            user_2: signal(SignalKind::user_defined2())?,
        })
    }
}

type Reload = Pin<Box<dyn Future<Output = Vec<HookQueue>>>>;

/// What the loop remembers between two turns.
struct Turn {
    arguments: Arc<Arguments>,
    node: Arc<Node>,
    reload: Option<Reload>,
    reload_again: bool,
    stop_asked: u32,
    compare_at: Option<Instant>,
    reminder: Reminder,
    limits: Limits,
    leaving: Vec<HookQueue>,
    events_open: bool,
    /// What came of checks while names were changing.
    held_news: Vec<News>,
}

/// Runs until the router loop has ended.
pub(crate) async fn run(node: Arc<Node>, arguments: Arc<Arguments>, ears: Ears) -> Exit {
    let Ears {
        mut events,
        mut changes,
        mut ended,
        mut signals,
        control,
    } = ears;
    if let Some((socket, listener)) = control {
        tokio::spawn(control::keep(socket, listener, Arc::clone(&node)));
    }
    let mut turn = Turn {
        arguments,
        node,
        reload: None,
        reload_again: false,
        stop_asked: 0,
        compare_at: Some(Instant::now() + COMPARE_AFTER),
        reminder: Reminder::from(Instant::now()),
        limits: Limits::default(),
        leaving: Vec::new(),
        events_open: true,
        held_news: Vec::new(),
    };
    let end = loop {
        tokio::select! {
            event = events.recv(), if turn.events_open => turn.event(event),
            Some(news) = changes.recv() => turn.news(news),
            _ = signals.terminate.recv() => turn.stop("SIGTERM"),
            _ = signals.interrupt.recv() => turn.stop("SIGINT"),
            _ = signals.hang_up.recv() => turn.hang_up(),
            _ = signals.user_1.recv() => not_dumped("SIGUSR1"),
            _ = signals.user_2.recv() => not_dumped("SIGUSR2"),
            queues = running(&mut turn.reload) => turn.reloaded(queues),
            () = at(turn.compare_at) => turn.compare(false).await,
            () = at(turn.limits.unsaid_at().map(Instant::from_std)) => {
                events::unsaid(&turn.node, Some(Instant::now().into_std()), &mut turn.limits);
            }
            () = sleep_until(turn.reminder.at()) => turn.reminder.remind(Instant::now(), &turn.node.plan()),
            result = &mut ended => break result,
        }
    };
    let exit = match end {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(message)) => {
            error!(
                "the router loop broke down: {message}. The addresses have been removed; start vrrpd again"
            );
            Exit::Failed
        }
        Err(_panicked) => {
            error!(
                "the router loop panicked; this is a fault of the program. Start vrrpd again: it removes what was left"
            );
            Exit::Failed
        }
    };
    turn.finish(&mut events, &mut signals).await;
    exit
}

/// The reload that runs; for ever where none does.
async fn running(reload: &mut Option<Reload>) -> Vec<HookQueue> {
    match reload {
        Some(reload) => reload.await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn not_dumped(signal: &str) {
    info!("{signal}: vrrpd writes no dump files; `vrrpctl status --json` tells more than keepalived's");
}

impl Turn {
    fn event(&mut self, event: Result<Event, RecvError>) {
        match event {
            Ok(event) => {
                if events::driver(&self.node, &event, &mut self.limits) {
                    self.compare_soon();
                }
            }
            Err(RecvError::Lagged(lost)) => {
                warn!("{lost} events were lost: the notify scripts are told the states as they are now");
                let node = Arc::clone(&self.node);
                tokio::spawn(async move {
                    node.renames.over().await;
                    events::compare(&node, true).await;
                });
            }
            // The end of the router loop is told by its thread.
            Err(RecvError::Closed) => self.events_open = false,
        }
    }

    /// To the driver by the names that it has: while those change, it waits.
    fn news(&mut self, news: News) {
        if self.node.renames.is_under_way() {
            self.held_news.push(news);
        } else {
            events::tracked(&self.node, &news);
            self.compare_soon();
        }
    }

    fn compare_soon(&mut self) {
        self.compare_at
            .get_or_insert_with(|| Instant::now() + COMPARE_AFTER);
    }

    async fn compare(&mut self, all: bool) {
        self.compare_at = None;
        // The end of a reload asks for it again.
        if !self.node.renames.is_under_way() {
            events::compare(&self.node, all).await;
        }
    }

    fn stop(&mut self, signal: &str) {
        self.stop_asked += 1;
        if self.stop_asked == 1 {
            info!(
                "{signal}: stopping; the addresses answer until their successors do. A second signal ends that at once"
            );
            lock(&self.node.state).stopping = true;
            let handle = self.node.handle.clone();
            tokio::spawn(async move { handle.stop().await });
        } else {
            info!("{signal} again: stopping at once");
            // Gone: it has stopped by itself.
            let _ = self.node.handle.stop_now();
        }
    }

    fn hang_up(&mut self) {
        if self.stop_asked > 0 {
            info!("SIGHUP: vrrpd is stopping; not reloaded");
        } else if self.reload.is_some() {
            self.reload_again = true;
        } else {
            let (node, arguments) = (Arc::clone(&self.node), Arc::clone(&self.arguments));
            self.reload = Some(Box::pin(reload::reload(node, arguments)));
        }
    }

    fn reloaded(&mut self, queues: Vec<HookQueue>) {
        self.reload = None;
        self.leaving.extend(queues);
        for news in std::mem::take(&mut self.held_news) {
            self.news(news);
        }
        self.compare_soon();
        if std::mem::take(&mut self.reload_again) {
            self.hang_up();
        }
    }

    /// The router loop is over: the last events, then the scripts, each within its limit, until a second signal.
    async fn finish(&mut self, events: &mut broadcast::Receiver<Event>, signals: &mut Signals) {
        loop {
            match events.try_recv() {
                Ok(event) => {
                    events::driver(&self.node, &event, &mut self.limits);
                }
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        events::unsaid(&self.node, None, &mut self.limits);
        let mut queues = std::mem::take(&mut self.leaving);
        {
            let mut notifier = lock(&self.node.notifier);
            notifier.stopped();
            queues.extend(notifier.queues());
        }
        if self.stop_asked > 1 {
            return;
        }
        // Of all together: with the usual 60 s inside the 90 s that systemd gives a service to stop.
        let limit = Duration::from_secs(u64::from(self.arguments.notify_limit)) + STOP_SCRIPTS_GRACE;
        tokio::select! {
            () = notify::drain(queues, limit) => {}
            _ = signals.terminate.recv() => info!("SIGTERM again: notify scripts are not waited for"),
            _ = signals.interrupt.recv() => info!("SIGINT again: notify scripts are not waited for"),
        }
    }
}
