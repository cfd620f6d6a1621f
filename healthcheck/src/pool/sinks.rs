//! A file that holds the whole pool, and the command that makes it count.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::timeout;

use super::drive::{Sink, SinkError};
use super::machine::PoolAction;
use super::wanted::{Place, Snapshot};
use crate::aside::Aside;
use crate::process::{Command, Limits, run};

/// For the file, and for each command unless told otherwise.
const TIME: Duration = Duration::from_secs(10);

type Render = Box<dyn Fn(&Snapshot) -> String + Send + Sync>;

/// Writes the pool into a file, in one step (whoever reads it finds the old or the new), then runs a command.
///
/// A command that examines the file first ([`checked_by`](Self::checked_by)) gets the old content put back when it
/// refuses, so that a web server that is restarted meanwhile still starts. A file that has the content already is not
/// written, and the command not run, except the first time: nobody knows whether it was run for that content.
pub struct FileSink {
    path: PathBuf,
    render: Render,
    check: Option<Command>,
    then: Option<Command>,
    limits: Limits,
    owed: bool,
    /// What was in the file before the first write that the checking command has not seen yet.
    unproven: Option<Before>,
    writing: Aside<Written>,
}

/// What was in the file.
type Before = Option<Vec<u8>>;

/// What was to be written, and what came of it.
type Written = (Before, io::Result<Option<Before>>);

impl fmt::Debug for FileSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSink")
            .field("path", &self.path)
            .field("check", &self.check)
            .field("then", &self.then)
            .finish_non_exhaustive()
    }
}

impl FileSink {
    /// This file, made by [`as_json`], [`as_nginx_upstream`] or a function of the caller.
    pub fn new(
        path: impl Into<PathBuf>,
        render: impl Fn(&Snapshot) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            path: path.into(),
            render: Box::new(render),
            check: None,
            then: None,
            limits: Limits::of(TIME),
            owed: true,
            unproven: None,
            writing: Aside::new(),
        }
    }

    /// Run when the file is in place; its failure puts the old content back: `nginx -t`.
    #[must_use]
    pub fn checked_by(mut self, command: Command) -> Self {
        self.check = Some(command);
        self
    }

    /// Run after that: `nginx -s reload`.
    #[must_use]
    pub fn then_run(mut self, command: Command) -> Self {
        self.then = Some(command);
        self
    }

    /// For each command; 10 s otherwise.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether it had to be written.
    async fn put(&mut self, content: Before) -> Result<bool, SinkError> {
        let put = timeout(TIME, self.written(&content)).await;
        let path = self.path.display();
        match put {
            Ok((_, Err(error))) => Err(SinkError(format!(
                "'{path}' could not be written: {error}; it is as it was"
            ))),
            Ok((None, Ok(None))) => Ok(false),
            Ok((earlier, Ok(before))) => {
                if self.unproven.is_none() {
                    self.unproven = earlier.or(before);
                }
                Ok(true)
            }
            Err(_elapsed) => Err(SinkError(format!(
                "'{path}' could not be written within {TIME:?}, is its file system alive? It may still be"
            ))),
        }
    }

    /// What an earlier write that had been given up replaced meanwhile, and what this one did.
    async fn written(&self, content: &Before) -> (Option<Before>, io::Result<Option<Before>>) {
        let mut earlier = None;
        loop {
            let (path, wanted) = (self.path.clone(), content.clone());
            let put = self.writing.call(move || {
                let done = replace(&path, wanted.as_deref());
                (wanted, done)
            });
            match put.await {
                Ok((wrote, done)) if wrote == *content => return (earlier, done),
                Ok((_, done)) => earlier = earlier.or(done.ok().flatten()),
                Err(error) => return (earlier, Err(error)),
            }
        }
    }

    async fn command(&self, command: &Command) -> Result<(), SinkError> {
        let mut finished = run(command, self.limits).await;
        finished.remains.gone().await;
        if finished.end.is_success() {
            return Ok(());
        }
        let output = finished.output.trim_end();
        let gap = if output.is_empty() { "" } else { ": " };
        Err(SinkError(format!("'{command}': {}{gap}{output}", finished.end)))
    }
}

impl Sink for FileSink {
    fn apply<'a>(
        &'a mut self,
        wanted: &'a Snapshot,
        _actions: &'a [PoolAction],
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            let content = (self.render)(wanted).into_bytes();
            let written = self.put(Some(content)).await?;
            if !written && !self.owed {
                return Ok(());
            }
            self.owed = true;
            if let Some(check) = &self.check
                && let Err(error) = self.command(check).await
            {
                let Some(before) = self.unproven.clone() else {
                    return Err(error);
                };
                let SinkError(why) = error;
                self.put(before).await?;
                self.unproven = None;
                return Err(SinkError(format!("{why}; the old file has been put back")));
            }
            self.unproven = None;
            if let Some(then) = &self.then {
                self.command(then).await?;
            }
            self.owed = false;
            Ok(())
        }
        .boxed()
    }
}

/// Replaces a file, or removes it; what was in it before, or `None` if it has the content already.
fn replace(path: &Path, content: Option<&[u8]>) -> io::Result<Option<Before>> {
    let before = match fs::read(path) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if before.as_deref() == content {
        return Ok(None);
    }
    let Some(content) = content else {
        fs::remove_file(path)?;
        return Ok(Some(before));
    };
    // A link stays a link: what it points to is replaced.
    let whole = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    let mut name = whole
        .file_name()
        .ok_or_else(|| io::Error::other("the path names no file"))?
        .to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = whole.with_file_name(name);
    let written = write(&new, content, &whole).and_then(|()| fs::rename(&new, &whole));
    if let Err(error) = written {
        // It may not even be there.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok(Some(before))
}

/// Whose folder it is may know the name: a file or link that was put there is taken away and not written into. Who may
/// not read the file that is replaced may at no moment read the new one.
fn write(new: &Path, content: &[u8], like: &Path) -> io::Result<()> {
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let old = match fs::metadata(like) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        found => Some(found?),
    };
    let mode = if old.is_some() { 0o600 } else { 0o644 };
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(new)?;
    file.write_all(content)?;
    if let Some(old) = old {
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

/// The pool as JSON: `{"quorum": true, "living_weight": 3, "servers": [{"name": …, "weight": 2 or null when it is out,
/// "because": …}, …]}`.
#[must_use]
pub fn as_json(wanted: &Snapshot) -> String {
    let servers: Vec<_> = wanted
        .places
        .iter()
        .map(|place| {
            serde_json::json!({
                "name": &*place.name,
                "weight": place.weight,
                "because": place.because.to_string(),
            })
        })
        .collect();
    let whole = serde_json::json!({
        "quorum": wanted.quorum,
        "living_weight": wanted.living_weight,
        "servers": servers,
    });
    format!("{whole:#}\n")
}

/// The lines for an nginx `upstream` block (`include` them there). Who does not serve is `down` and not left out, since
/// nginx refuses an upstream without servers.
///
/// ```
/// # use healthcheck::{Health, Member, Pool, PoolConfig, PoolInput, as_nginx_upstream};
/// let members = [Member::new("192.0.2.10:80").weight(3), Member::new("192.0.2.11:80").gated_by("web2")];
/// let mut pool = Pool::new(PoolConfig::new(members))?;
/// pool.handle(PoolInput::Start);
/// pool.handle(PoolInput::Check { name: "web2", health: Health::Down, degraded: false });
/// assert_eq!(
///     as_nginx_upstream(&pool.snapshot()),
///     "server 192.0.2.10:80 weight=3; # its checks pass\n\
///      server 192.0.2.11:80 down; # check 'web2' is down\n"
/// );
/// # Ok::<(), healthcheck::PoolError>(())
/// ```
#[must_use]
pub fn as_nginx_upstream(wanted: &Snapshot) -> String {
    let line = |place: &Place| {
        let because: String = place
            .because
            .to_string()
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        let fits = |c: char| c.is_ascii_alphanumeric() || ".:_-[]/".contains(c);
        if !place.name.chars().all(fits) {
            let name: String = place
                .name
                .chars()
                .map(|c| if fits(c) { c } else { '?' })
                .collect();
            return format!("# '{name}' is left out: it is no address that nginx takes\n");
        }
        match place.weight {
            Some(weight @ 1..) => format!("server {} weight={weight}; # {because}\n", place.name),
            Some(0) | None => format!("server {} down; # {because}\n", place.name),
        }
    };
    wanted.places.iter().map(line).collect()
}
