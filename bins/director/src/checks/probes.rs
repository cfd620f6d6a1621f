//! Probes of which one run says more than up or down.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Command, End, Limits, Outcome, Probe, Remains, ScriptProbe, Verdict};
use tokio::sync::Mutex;
use vrrp_plan::balance::{Look, ServerCheck};

use super::{News, Tell};

/// The probe of a check; of one that is followed or stands without looking, none. Looks users up.
pub(super) fn probe(check: &ServerCheck, tell: &Tell) -> Option<Box<dyn Probe>> {
    let made = match &check.look {
        Look::Ask(question) => vrrp_plan::ask(question, check.timeout),
        Look::Alternate {
            first,
            between,
            times,
        } => vrrp_plan::ask(first, check.timeout).and_then(|first| {
            let between = vrrp_plan::ask(between, check.timeout)?;
            Ok(Box::new(Alternate {
                first,
                between,
                times: *times,
                left: AtomicU32::new(0),
            }) as Box<dyn Probe>)
        }),
        Look::Run {
            command,
            sets_weight: false,
        } => vrrp_plan::spec(command, check.timeout)
            .map(|spec| Box::new(ScriptProbe::new(spec)) as Box<dyn Probe>),
        Look::Run {
            command,
            sets_weight: true,
        } => vrrp_plan::hook(command)
            .map(|command| {
                Box::new(Weighing {
                    name: check.name.clone(),
                    command,
                    limits: Limits::of(check.timeout),
                    before: Mutex::default(),
                    tell: tell.clone(),
                }) as Box<dyn Probe>
            })
            .map_err(|error| error.to_string()),
        Look::Unless(paths) => Ok(vrrp_plan::unless(paths)),
        Look::File(_) | Look::Always(_) => return None,
    };
    let probe = made.unwrap_or_else(|reason| {
        Box::new(Impossible {
            name: check.name.clone(),
            reason,
        })
    });
    if !check.log_all_failures {
        return Some(probe);
    }
    Some(Box::new(Loud {
        check: check.name.clone(),
        probe,
        tell: tell.clone(),
    }))
}

/// The thorough one, and while that is well the cheap one so many times in between.
struct Alternate {
    first: Box<dyn Probe>,
    between: Box<dyn Probe>,
    times: u32,
    left: AtomicU32,
}

impl Probe for Alternate {
    fn name(&self) -> String {
        format!(
            "{}, and {} times {}",
            self.first.name(),
            self.times,
            self.between.name()
        )
    }

    fn limit(&self) -> Duration {
        self.first.limit().max(self.between.limit())
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            // Runs of one probe never overlap.
            let left = self.left.load(Ordering::Relaxed);
            // Cut off in the middle, it is as if it had failed: the thorough one is next.
            self.left.store(0, Ordering::Relaxed);
            let (probe, next) = match left.checked_sub(1) {
                Some(next) => (&self.between, next),
                None => (&self.first, self.times),
            };
            let outcome = probe.probe().await;
            if outcome.passed() {
                self.left.store(next, Ordering::Relaxed);
            }
            outcome
        }
        .boxed()
    }
}

/// A program whose exit status of 2 to 255 is a weight that is two less (keepalived `misc_dynamic`).
struct Weighing {
    name: String,
    command: Command,
    limits: Limits,
    before: Mutex<Remains>,
    tell: Tell,
}

impl Probe for Weighing {
    fn name(&self) -> String {
        format!("script {}, which may set the weight", self.command)
    }

    fn limit(&self) -> Duration {
        // As a script's: the run before may still be dying, and a KILL takes its time on a busy machine.
        let Limits { time, grace } = self.limits;
        time.saturating_add(grace).saturating_add(Duration::from_secs(5))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            let mut before = self.before.lock().await;
            before.gone().await;
            let finished = healthcheck::run(&self.command, self.limits).await;
            *before = finished.remains;
            let (verdict, reason) = match finished.end {
                End::Exited(status @ 2..=255) => {
                    let weight = u32::try_from(status).map_or(0, |status| status.saturating_sub(2));
                    // Before it is up by this run: nobody is in with an old weight.
                    (self.tell)(News::Weight(&self.name, weight));
                    (Verdict::Pass, format!("exit {status}: weight {weight}"))
                }
                ref end if end.is_success() => (Verdict::Pass, end.to_string()),
                end => (Verdict::Fail, end.to_string()),
            };
            Outcome {
                verdict,
                reason,
                output: finished.output,
                took: finished.took,
            }
        }
        .boxed()
    }
}

/// Tells of each run that fails.
struct Loud {
    check: String,
    probe: Box<dyn Probe>,
    tell: Tell,
}

impl Probe for Loud {
    fn name(&self) -> String {
        self.probe.name()
    }

    fn limit(&self) -> Duration {
        self.probe.limit()
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            let outcome = self.probe.probe().await;
            if !outcome.passed() {
                (self.tell)(News::Failed(&self.check, &outcome.reason));
            }
            outcome
        }
        .boxed()
    }
}

/// Fails every time, with the reason.
struct Impossible {
    name: String,
    reason: String,
}

impl Probe for Impossible {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let started = Instant::now();
        async move { Outcome::fail(self.reason.clone(), started.elapsed()) }.boxed()
    }
}
