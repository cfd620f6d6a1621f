//! The script probe: keepalived's `vrrp_script`.

mod form;
mod readable;

use std::ffi::OsString;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Mutex;

pub use form::{Form, FormError};

use self::readable::Readable;
use crate::connect::{ConnectProbe, Target};
use crate::probe::{Outcome, Probe, Verdict};
use crate::process::{Command, Finished, Limits, Remains, RunAs, Unusable, run};

/// A script check as configured. Two equal specs make the same probe: a reload need not touch a check whose spec is
/// the same as before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScriptSpec {
    /// What to do.
    pub form: Form,
    /// Who does it (keepalived `user`, `script_user`).
    pub run_as: RunAs,
    /// keepalived `timeout`, and its pause before KILL.
    pub limits: Limits,
    /// keepalived `enable_script_security`.
    pub secure: bool,
}

impl ScriptSpec {
    /// A script line as the user of this process.
    ///
    /// # Errors
    /// [`FormError`] for a connection that names no host or port.
    pub fn new<W: Into<OsString>>(
        argv: impl IntoIterator<Item = W>,
        timeout: Duration,
    ) -> Result<Self, FormError> {
        let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
        Ok(Self {
            form: Form::of(&argv)?,
            run_as: RunAs::current(),
            limits: Limits::of(timeout),
            secure: false,
        })
    }

    /// As this user.
    #[must_use]
    pub fn run_as(mut self, run_as: RunAs) -> Self {
        self.run_as = run_as;
        self
    }

    /// With keepalived's `enable_script_security`.
    #[must_use]
    pub const fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether the script can be run as things stand: for a config test. A probe of an unusable spec is still worth
    /// running: it fails with this reason, and begins to pass when the cause is gone.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub fn check(&self) -> Result<(), Unusable> {
        self.command().map_or(Ok(()), |command| command.check().map(drop))
    }

    /// The process that the form needs, if it needs one.
    fn command(&self) -> Option<Command> {
        let command = match &self.form {
            Form::Command(argv) => Command::new(argv.iter().cloned()),
            Form::Connect { .. } => return None,
            Form::Readable(_) if !self.run_as.differs() => return None,
            // Reads nothing, but opens the file as the user whom it is about.
            Form::Readable(path) => Command::new(["head", "-c", "0", "--"]).arg(path),
        };
        Some(command.run_as(self.run_as.clone()).secure(self.secure))
    }
}

/// Runs a script and judges its exit: 0 passes; anything else, a signal, no end within the timeout, or a script
/// that cannot be run fails with the reason. Runs of one probe never overlap: a run begins when the group of the
/// one before is gone.
///
/// ```
/// use std::time::Duration;
///
/// use healthcheck::{Probe, ScriptProbe, ScriptSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), healthcheck::FormError> {
/// let spec = ScriptSpec::new(["/no/such/check.sh", "--quick"], Duration::from_secs(1))?;
/// let outcome = ScriptProbe::new(spec).probe().await;
/// assert!(!outcome.passed());
/// assert_eq!(outcome.reason, "'/no/such/check.sh' does not exist; correct the path or install it");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ScriptProbe {
    spec: ScriptSpec,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Process {
        command: Command,
        before: Mutex<Remains>,
    },
    Connect(ConnectProbe),
    Open(Readable),
}

impl ScriptProbe {
    /// Nothing is run yet.
    #[must_use]
    pub fn new(spec: ScriptSpec) -> Self {
        let way = match (spec.command(), &spec.form) {
            (
                None,
                Form::Connect {
                    transport,
                    host,
                    port,
                },
            ) => Way::Connect(ConnectProbe::new(Target {
                transport: *transport,
                host: host.clone(),
                port: *port,
                timeout: spec.limits.time,
            })),
            (None, Form::Readable(path)) => Way::Open(Readable::new(path.clone())),
            (command, _) => Way::Process {
                command: command.unwrap_or_else(|| Command::new(<[&str; 0]>::default())),
                before: Mutex::default(),
            },
        };
        Self { spec, way }
    }

    /// What it was made of.
    #[must_use]
    pub const fn spec(&self) -> &ScriptSpec {
        &self.spec
    }
}

impl Probe for ScriptProbe {
    fn name(&self) -> String {
        let user = &self.spec.run_as;
        match (&self.way, &self.spec.form) {
            (Way::Connect(connect), _) => connect.name(),
            (_, Form::Readable(path)) => format!("open {} as {user}", path.display()),
            (Way::Process { command, .. }, _) => format!("script {command} as {user}"),
            (Way::Open(_), _) => "open a file".to_owned(),
        }
    }

    fn limit(&self) -> Duration {
        // The run before may still be dying, and a KILL takes its time on a busy machine.
        let Limits { time, grace } = self.spec.limits;
        time.saturating_add(grace).saturating_add(Duration::from_secs(5))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async move {
            match &self.way {
                Way::Process { command, before } => {
                    let mut before = before.lock().await;
                    before.gone().await;
                    let finished = run(command, self.spec.limits).await;
                    let (outcome, remains) = outcome_of(finished);
                    *before = remains;
                    outcome
                }
                Way::Connect(connect) => connect.probe().await,
                Way::Open(readable) => readable.look(self.spec.limits.time).await,
            }
        }
        .boxed()
    }
}

fn outcome_of(finished: Finished) -> (Outcome, Remains) {
    let verdict = if finished.end.is_success() {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    let outcome = Outcome {
        verdict,
        reason: finished.end.to_string(),
        output: finished.output,
        took: finished.took,
    };
    (outcome, finished.remains)
}
