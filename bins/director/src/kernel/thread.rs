//! The thread that has the kernel: what it is told waits in a box, of which the newest counts.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use vrrp_core::Instant;
use vrrp_plan::balance::AtStop;

use super::Kernel;
use super::counters::Counters;
use super::keeper::Keeper;
use super::settings::Settings;
use super::status::KernelStatus;
use crate::clock::Clock;
use crate::decide::Step;
use crate::event::KernelEvent;

/// The thread needs little.
const STACK_OCTETS: usize = 512 * 1024;

type Reply<T> = oneshot::Sender<Result<T, String>>;

#[derive(Debug, Default)]
struct Mail {
    steps: Vec<Step>,
    settings: Option<Settings>,
    reads: bool,
    counters: Vec<Reply<Counters>>,
    stop: Option<(AtStop, Reply<()>)>,
    /// How many times something was told.
    told: u64,
    /// Nobody is left to tell anything.
    is_over: bool,
    /// Nobody is left to be told anything.
    is_closed: bool,
}

impl Mail {
    const fn is_there(&self) -> bool {
        !self.steps.is_empty()
            || self.settings.is_some()
            || self.reads
            || !self.counters.is_empty()
            || self.stop.is_some()
            || self.is_over
    }
}

#[derive(Debug, Default)]
struct Shared {
    mail: Mutex<Mail>,
    news: Condvar,
    status: Mutex<KernelStatus>,
}

/// Tells the thread. Dropped, the thread ends and leaves the kernel as it is.
#[derive(Debug)]
pub(crate) struct Keeping {
    shared: Arc<Shared>,
    done: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeping {
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn begin<K: Kernel>(
        keeper: Keeper<K>,
        clock: Clock,
        on_event: impl Fn(KernelEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            status: Mutex::new(keeper.status().clone()),
            ..Shared::default()
        });
        let (tell_done, done) = watch::channel(0);
        let worker = Worker {
            shared: Arc::clone(&shared),
            tell_done,
            clock,
            on_event,
        };
        let thread = std::thread::Builder::new()
            .name("ipvs".to_owned())
            .stack_size(STACK_OCTETS)
            .spawn(move || worker.run(keeper))?;
        Ok(Self {
            shared,
            done,
            thread: Some(thread),
        })
    }

    /// Never waits.
    pub(crate) fn steps(&self, steps: Vec<Step>) {
        if !steps.is_empty() {
            self.tell(|mail| mail.steps.extend(steps));
        }
    }

    pub(crate) fn settings(&self, settings: Settings) {
        self.tell(|mail| mail.settings = Some(settings));
    }

    pub(crate) fn read(&self) {
        self.tell(|mail| mail.reads = true);
    }

    fn tell(&self, change: impl FnOnce(&mut Mail)) {
        let mut mail = lock(&self.shared.mail);
        if mail.is_closed {
            return;
        }
        change(&mut mail);
        mail.told = mail.told.wrapping_add(1);
        drop(mail);
        self.shared.news.notify_one();
    }

    pub(crate) fn status(&self) -> KernelStatus {
        lock(&self.shared.status).clone()
    }

    /// Ends when all that has been told so far has been tried.
    pub(crate) fn settled(&self) -> impl Future<Output = ()> + Send + 'static {
        let told = lock(&self.shared.mail).told;
        let mut done = self.done.clone();
        async move {
            // The thread has ended: nothing more will be tried.
            let _ = done.wait_for(|done| *done >= told).await;
        }
    }

    pub(crate) fn counters(&self) -> impl Future<Output = Result<Counters, String>> + Send + 'static {
        let (tell, told) = oneshot::channel();
        self.tell(|mail| mail.counters.push(tell));
        async move { told.await.unwrap_or_else(|_| Err(ENDED.to_owned())) }
    }

    pub(crate) fn stop(&self, how: AtStop) -> impl Future<Output = Result<(), String>> + Send + 'static {
        let (tell, told) = oneshot::channel();
        self.tell(|mail| mail.stop = Some((how, tell)));
        async move { told.await.unwrap_or_else(|_| Err(ENDED.to_owned())) }
    }
}

const ENDED: &str = "the virtual servers have been stopped";

impl Drop for Keeping {
    fn drop(&mut self) {
        self.tell(|mail| mail.is_over = true);
        if let Some(thread) = self.thread.take() {
            // It panicked: nothing more to end.
            let _ = thread.join();
        }
    }
}

struct Worker<F> {
    shared: Arc<Shared>,
    tell_done: watch::Sender<u64>,
    clock: Clock,
    on_event: F,
}

impl<F: Fn(KernelEvent)> Worker<F> {
    fn run<K: Kernel>(self, mut keeper: Keeper<K>) {
        loop {
            let mail = self.wait(keeper.deadline());
            if mail.reads {
                keeper.read_next();
            }
            let events = keeper.turn(self.clock.now(), &mail.steps, mail.settings);
            lock(&self.shared.status).clone_from(keeper.status());
            for event in events {
                (self.on_event)(event);
            }
            self.tell_done.send_replace(mail.told);
            for reply in mail.counters {
                let counters = keeper.counters(self.clock.now());
                // Whoever asked has gone away.
                let _ = reply.send(counters.map_err(|error| error.to_string()));
            }
            if let Some((how, reply)) = mail.stop {
                let stopped = keeper.stop(how).map_err(|error| error.to_string());
                self.close();
                let _ = reply.send(stopped);
                return;
            }
            if mail.is_over {
                return self.close();
            }
        }
    }

    /// Who asks from now on gets no answer, at once.
    fn close(&self) {
        let mut mail = lock(&self.shared.mail);
        *mail = Mail {
            is_closed: true,
            told: mail.told,
            ..Mail::default()
        };
    }

    fn wait(&self, until: Instant) -> Mail {
        let mut mail = lock(&self.shared.mail);
        loop {
            let left = until.since(self.clock.now());
            if mail.is_there() || left == Duration::ZERO {
                let told = mail.told;
                let empty = Mail {
                    told,
                    ..Mail::default()
                };
                return std::mem::replace(&mut *mail, empty);
            }
            let waited = self.shared.news.wait_timeout(mail, left);
            (mail, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
