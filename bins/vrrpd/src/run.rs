//! The daemon's loop, beside the router loop: signals, checks, notify scripts, the control socket, reloads.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt as _;
use healthcheck::HookQueue;
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};
use vrrp_control::EventKind;
use vrrp_net::Event;

use crate::arguments::Arguments;
use crate::control::{self, Socket};
use crate::dumps::{Dump, Dumps, json_signal};
use crate::events::{self, Limits};
use crate::exit::Exit;
use crate::journal::draft;
use crate::node::{Node, lock};
use crate::router::Ended;
use crate::systemd::{Systemd, Telling};
use crate::tracks::News;
use crate::upgrade::Reminder;
use crate::{notify, reload, servers, steer};

/// Events that bar come in bursts (a switch goes down): one comparison for all of them.
const COMPARE_AFTER: Duration = Duration::from_millis(50);

/// Notify scripts at a stop: their own limit, and this for those before them.
const STOP_SCRIPTS_GRACE: Duration = Duration::from_secs(5);

/// For the last lines where nothing else is waited for.
const FIFOS_AT_ONCE: Duration = Duration::from_millis(500);

/// For what else a stop does.
const STOP_SLACK: Duration = Duration::from_secs(30);

/// They have so long in any case, however long those before the hand-over took.
const STOP_SCRIPTS_LEAST: Duration = Duration::from_secs(15);

/// A signal to a whole group of processes (Ctrl-C, `killall`, `KillMode=control-group`) reaches a supervised process twice: by
/// itself, and from its supervisor.
const SAME_REQUEST_WITHIN: Duration = Duration::from_secs(1);

/// Whoever follows the events gets the last ones.
const EVENTS_WITHIN: Duration = Duration::from_millis(300);

/// Mail and webhooks at a stop: each gets a last try.
const NOTICES_WITHIN: Duration = Duration::from_secs(10);

/// What the loop listens to.
pub(crate) struct Ears {
    pub(crate) events: broadcast::Receiver<Event>,
    pub(crate) changes: mpsc::UnboundedReceiver<News>,
    pub(crate) asked: mpsc::UnboundedReceiver<Asked>,
    pub(crate) ended: Ended,
    pub(crate) signals: Signals,
    pub(crate) systemd: Systemd,
    pub(crate) control: Option<(Socket, UnixListener)>,
    pub(crate) servers: servers::Heard,
}

/// A client that waits for what becomes of a reload.
#[derive(Debug)]
pub(crate) struct Asked {
    /// In words, for the log.
    pub(crate) why: String,
    /// Dropped: vrrpd is stopping, and there is none.
    pub(crate) reply: oneshot::Sender<vrrp_control::Reload>,
}

/// The signals that mean something; listening for one takes its deadly meaning away.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    user_1: Signal,
    user_2: Signal,
    json: Signal,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            user_1: signal(SignalKind::user_defined1())?,
            user_2: signal(SignalKind::user_defined2())?,
            json: signal(SignalKind::from_raw(json_signal()))?,
        })
    }
}

type Reload = Pin<Box<dyn Future<Output = Vec<HookQueue>>>>;
type BeforeStop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the loop remembers between two turns.
struct Turn {
    arguments: Arc<Arguments>,
    node: Arc<Node>,
    reload: Option<Reload>,
    reload_again: Option<String>,
    /// Who waits for the reload that runs, and who for the one after it.
    waiting: Vec<Asked>,
    waiting_again: Vec<Asked>,
    stop_asked: u32,
    stop_asked_at: Option<Instant>,
    /// Scripts that run before the hand-over begins.
    before_stop: Option<BeforeStop>,
    /// When those were begun, and how long they took.
    stop_began: Option<Instant>,
    before_took: Duration,
    compare_at: Option<Instant>,
    /// The next comparison is of everything.
    compare_all: bool,
    reminder: Reminder,
    limits: Limits,
    leaving: Vec<HookQueue>,
    events_open: bool,
    /// What came of checks while names were changing.
    held_news: Vec<News>,
    /// To the service manager.
    telling: Telling,
}

/// Runs until the router loop has ended.
pub(crate) async fn run(node: Arc<Node>, arguments: Arc<Arguments>, ears: Ears) -> Exit {
    let Ears {
        mut events,
        mut changes,
        mut asked,
        mut ended,
        mut signals,
        systemd,
        control,
        mut servers,
    } = ears;
    let beats = systemd.beats();
    answer(&node, control);
    tokio::spawn(steer::priority::end_in_time(Arc::clone(&node)));
    let dumps = Dumps::begin(&node, &arguments);
    let mut turn = Turn::new(node, arguments, Telling::by(systemd));
    turn.telling.ready(&turn.node);
    let end = loop {
        tokio::select! {
            event = events.recv(), if turn.events_open => turn.event(event),
            Some(news) = changes.recv() => turn.news(news),
            Some(told) = servers.recv() => servers::heard(&turn.node, &told),
            _ = signals.terminate.recv() => turn.stop("SIGTERM"),
            _ = signals.interrupt.recv() => turn.stop("SIGINT"),
            _ = signals.hang_up.recv() => turn.reload("SIGHUP".to_owned()),
            Some(asked) = asked.recv() => turn.asked(asked),
            _ = signals.user_1.recv() => dumps.ask(Dump::Data),
            _ = signals.user_2.recv() => dumps.ask(Dump::Stats),
            _ = signals.json.recv() => dumps.ask(Dump::Json),
            queues = running(&mut turn.reload) => turn.reloaded(queues),
            () = running(&mut turn.before_stop) => turn.hand_over(),
            () = at(turn.compare_at) => turn.compare().await,
            () = at(turn.limits.unsaid_at().map(Instant::from_std)) => {
                events::unsaid(&turn.node, Some(Instant::now().into_std()), &mut turn.limits);
            }
            () = beats.notified() => turn.telling.alive(),
            () = at(turn.telling.at()) => turn.telling.due(&turn.node),
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
    turn.finish(&mut events, &mut servers, &mut signals).await;
    turn.telling.finish();
    exit
}

/// Whoever asks, for as long as this runs.
fn answer(node: &Arc<Node>, control: Option<(Socket, UnixListener)>) {
    if let Some((socket, listener)) = control {
        let door = vrrp_control::push_socket(socket.path());
        let wanted = lock(&node.pushes).door();
        tokio::spawn(control::keep_door(door, wanted, Arc::clone(node)));
        tokio::spawn(control::keep(socket, listener, Arc::clone(node)));
    }
}

/// What runs; for ever where nothing does.
async fn running<T, F: Future<Output = T> + Unpin>(what: &mut Option<F>) -> T {
    match what {
        Some(what) => what.await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

impl Turn {
    fn new(node: Arc<Node>, arguments: Arc<Arguments>, telling: Telling) -> Self {
        Self {
            arguments,
            node,
            reload: None,
            reload_again: None,
            waiting: Vec::new(),
            waiting_again: Vec::new(),
            stop_asked: 0,
            stop_asked_at: None,
            before_stop: None,
            stop_began: None,
            before_took: Duration::ZERO,
            compare_at: Some(Instant::now() + COMPARE_AFTER),
            compare_all: false,
            reminder: Reminder::from(Instant::now()),
            limits: Limits::default(),
            leaving: Vec::new(),
            events_open: true,
            held_news: Vec::new(),
            telling,
        }
    }

    fn event(&mut self, event: Result<Event, RecvError>) {
        match event {
            Ok(event) => {
                if events::driver(&self.node, &event, &mut self.limits) {
                    self.compare_soon();
                }
                servers::follow_roles(&self.node, &self.node.plan());
                self.telling.changed();
            }
            Err(RecvError::Lagged(lost)) => {
                self.node.events_lost.fetch_add(lost, Ordering::Relaxed);
                warn!("{lost} events were lost: the notify scripts are told the states as they are now");
                self.node.journal.note(vrrp_control::Event {
                    times: Some(lost),
                    ..draft(
                        EventKind::Missing,
                        "daemon-too-slow",
                        format!("{lost} events of the router loop are missing: the daemon was too busy to hear them"),
                    )
                });
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

    async fn compare(&mut self) {
        self.compare_at = None;
        // The end of a reload asks for it again.
        if !self.node.renames.is_under_way() {
            let all = std::mem::take(&mut self.compare_all);
            events::compare(&self.node, all).await;
            servers::follow_roles(&self.node, &self.node.plan());
            self.telling.changed();
        }
    }

    fn stop(&mut self, signal: &str) {
        let now = Instant::now();
        let same = |at: Instant| now.saturating_duration_since(at) < SAME_REQUEST_WITHIN;
        if self.arguments.supervised && self.stop_asked_at.is_some_and(same) {
            return;
        }
        self.stop_asked_at = Some(now);
        if self.before_stop.is_some() {
            info!("{signal} again: notify_before_stop is not waited for; the hand-over begins");
            lock(&self.node.notifier).skip_before_stop();
            self.hand_over();
            return;
        }
        self.stop_asked += 1;
        if self.stop_asked > 1 {
            info!("{signal} again: stopping at once");
            // Gone: it has stopped by itself.
            let _ = self.node.handle.stop_now();
            return;
        }
        lock(&self.node.state).stopping = true;
        // Scripts before and behind the hand-over, and the hand-over.
        let limit = Duration::from_secs(u64::from(self.arguments.notify_limit)) * 2 + STOP_SLACK;
        self.telling.stopping(&self.node, limit);
        let asked = format!("{signal}: the addresses answer until their successors do");
        self.node.journal.note(draft(EventKind::Stop, "asked", asked));
        let before = lock(&self.node.notifier).before_stop(|_, _| true);
        if before.names.is_empty() {
            info!(
                event = "stop",
                code = "asked",
                "{signal}: stopping; the addresses answer until their successors do. A second signal ends that at once"
            );
            self.hand_over();
        } else {
            info!(
                event = "stop",
                code = "asked",
                "{signal}: stopping; notify_before_stop of {} runs first, and the addresses stay here until it has ended. A second signal skips it",
                before.names.join(", ")
            );
            self.stop_began = Some(Instant::now());
            self.before_stop = Some(before.over.map(drop).boxed());
        }
    }

    fn hand_over(&mut self) {
        self.before_stop = None;
        if let Some(began) = self.stop_began.take() {
            self.before_took = began.elapsed();
            info!(
                "handing over; the addresses answer until their successors do. One more signal ends that at once"
            );
        }
        let handle = self.node.handle.clone();
        tokio::spawn(async move { handle.stop().await });
    }

    fn reload(&mut self, why: String) {
        if self.stop_asked > 0 {
            info!("{why}: vrrpd is stopping; not reloaded");
        } else if self.reload.is_some() {
            self.reload_again.get_or_insert(why);
        } else {
            self.telling.reloading();
            let (node, arguments) = (Arc::clone(&self.node), Arc::clone(&self.arguments));
            self.reload = Some(Box::pin(reload::reload(node, arguments, why)));
        }
    }

    /// One that runs has read the file already: who asks now is answered by the next one.
    fn asked(&mut self, asked: Asked) {
        let why = asked.why.clone();
        if self.stop_asked > 0 {
            info!("{why}: vrrpd is stopping; not reloaded");
            return;
        }
        if self.reload.is_some() {
            self.waiting_again.push(asked);
        } else {
            self.waiting.push(asked);
        }
        self.reload(why);
    }

    fn reloaded(&mut self, queues: Vec<HookQueue>) {
        self.reload = None;
        self.leaving.extend(queues);
        let outcome = lock(&self.node.state).last_reload.clone();
        for asked in std::mem::take(&mut self.waiting) {
            if let Some(outcome) = &outcome {
                // Who has gone wants no answer.
                let _gone = asked.reply.send(outcome.clone());
            }
        }
        self.waiting = std::mem::take(&mut self.waiting_again);
        for news in std::mem::take(&mut self.held_news) {
            self.news(news);
        }
        // The first state of an instance that is new may have been told before anybody knew its name.
        self.compare_all = true;
        self.compare_soon();
        self.telling.ready(&self.node);
        if let Some(why) = self.reload_again.take() {
            self.reload(why);
        }
        if self.reload.is_none() {
            // A stop came in between.
            self.waiting.clear();
        }
    }

    /// The router loop is over: the last events, then the scripts, each within its limit, until a second signal.
    async fn finish(
        &mut self,
        events: &mut broadcast::Receiver<Event>,
        servers: &mut servers::Heard,
        signals: &mut Signals,
    ) {
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
        let over = draft(
            EventKind::Stop,
            "done",
            "the router loop has ended; nothing is held",
        );
        self.node.journal.note(over);
        self.node.journal.close(EVENTS_WITHIN).await;
        let mut queues = std::mem::take(&mut self.leaving);
        // Until now what is connected went on, as the addresses did.
        queues.extend(servers::stop(&self.node, servers).await);
        let fifos = {
            let mut notifier = lock(&self.node.notifier);
            notifier.stopped();
            queues.extend(notifier.queues());
            notifier.finish_fifos()
        };
        if self.stop_asked > 1 {
            // Whoever reads may still have its last lines.
            let _late = timeout(FIFOS_AT_ONCE, fifos).await;
            return;
        }
        let told = self.node.notices.close(NOTICES_WITHIN);
        // Of all together: with the usual 60 s inside the 90 s that systemd gives a service to stop.
        let limit = Duration::from_secs(u64::from(self.arguments.notify_limit)) + STOP_SCRIPTS_GRACE;
        let limit = limit
            .saturating_sub(self.before_took)
            .max(STOP_SCRIPTS_LEAST.min(limit));
        tokio::select! {
            ((), (), abandoned) = async { tokio::join!(notify::drain(queues, limit), fifos, told) } => {
                if abandoned > 0 {
                    warn!("{abandoned} mails or webhook calls had not arrived when vrrpd stopped, and were given up");
                }
            }
            never = self.telling.go_on() => match never {},
            _ = signals.terminate.recv() => info!("SIGTERM again: notify scripts are not waited for"),
            _ = signals.interrupt.recv() => info!("SIGINT again: notify scripts are not waited for"),
        }
    }
}
