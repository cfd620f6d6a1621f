//! Probes of which one run says more than up or down.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Command, End, Limits, Outcome, Probe, Remains, ScriptProbe, Verdict};
use tokio::sync::Mutex;
use vrrp_plan::balance::{Look, ServerCheck};

use super::lacking::{FromHere, Lacking};
use super::{News, Tell};

/// The probe of a check; of one that is followed or stands without looking, none. Looks users up.
pub(super) fn probe(check: &ServerCheck, tell: &Tell, lacking: &Arc<Lacking>) -> Option<Box<dyn Probe>> {
    let probe = make(check, tell)?.unwrap_or_else(|_told_by_each_run| {
        let (name, timeout) = (check.name.clone(), check.timeout);
        let (check, tell) = (check.clone(), tell.clone());
        let nothing = || Err("it looks at nothing".to_owned());
        Box::new(Impossible {
            name,
            timeout,
            make: Arc::new(move || make(&check, &tell).unwrap_or_else(nothing)),
            made: OnceLock::new(),
        })
    });
    let probe = Box::new(FromHere::new(&check.name, probe, lacking));
    if !check.log_all_failures {
        return Some(probe);
    }
    Some(Box::new(Loud {
        check: check.name.clone(),
        probe,
        tell: tell.clone(),
    }))
}

/// Or why there cannot be one.
fn make(check: &ServerCheck, tell: &Tell) -> Option<Result<Box<dyn Probe>, String>> {
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
    Some(made)
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
            if outcome.verdict == Verdict::Fail {
                (self.tell)(News::Failed(&self.check, &outcome.reason));
            }
            outcome
        }
        .boxed()
    }
}

type Make = dyn Fn() -> Result<Box<dyn Probe>, String> + Send + Sync;

/// Could not be made: each run tries again, and fails with the reason. A user that is not found or certificates that cannot be
/// read may be there later, and no reload would bring a server back whose check has not changed.
struct Impossible {
    name: String,
    timeout: Duration,
    make: Arc<Make>,
    made: OnceLock<Box<dyn Probe>>,
}

impl Impossible {
    async fn made(&self) -> Result<&dyn Probe, String> {
        if let Some(made) = self.made.get() {
            return Ok(&**made);
        }
        let make = Arc::clone(&self.make);
        // Beside the runtime, as it looks users up and reads files.
        let made = tokio::task::spawn_blocking(move || make()).await;
        let made = made.map_err(|error| error.to_string())??;
        Ok(&**self.made.get_or_init(|| made))
    }
}

impl Probe for Impossible {
    fn name(&self) -> String {
        let made = self.made.get();
        made.map_or_else(|| self.name.clone(), |made| made.name())
    }

    fn limit(&self) -> Duration {
        // Asked before it is known what it will be: as a script's, the longest.
        let Limits { time, grace } = Limits::of(self.timeout);
        time.saturating_add(grace).saturating_add(Duration::from_secs(5))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let started = Instant::now();
        async move {
            match self.made().await {
                Ok(probe) => probe.probe().await,
                Err(reason) => Outcome::fail(reason, started.elapsed()),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user is made, a file comes back: the server needs no reload to return.
    #[tokio::test]
    async fn what_could_not_be_made_is_tried_again_at_each_run() {
        let tries = AtomicU32::new(0);
        let make = move || match tries.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err("there is no user 'check'".to_owned()),
            2 => Ok(vrrp_plan::unless(&[])),
            _ => Err("made once more".to_owned()),
        };
        let impossible = Impossible {
            name: "MISC_CHECK".to_owned(),
            timeout: Duration::from_secs(1),
            make: Arc::new(make),
            made: OnceLock::new(),
        };
        for _ in 0..2 {
            let outcome = impossible.probe().await;
            assert!(!outcome.passed());
            assert_eq!(outcome.reason, "there is no user 'check'");
        }
        for _ in 0..2 {
            let outcome = impossible.probe().await;
            assert!(outcome.passed(), "{}", outcome.reason);
        }
        assert_ne!(impossible.name(), "MISC_CHECK", "what it looks at is said now");
    }
}
