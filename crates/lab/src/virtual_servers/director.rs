//! A daemon that is to balance: vrrpd or keepalived.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::daemon::Daemon;
use crate::process::{Process, Spawn};
use crate::program::find_own;
use crate::topology::Node;
use crate::{LabError, private, wait};

use super::table::{Entry, table};

/// It runs on a node; killed when dropped.
#[derive(Debug)]
pub struct Director {
    /// Its processes.
    pub process: Process,
    /// Where it runs.
    pub node: Node,
    /// Which one it is.
    pub daemon: Daemon,
    config: PathBuf,
    socket: PathBuf,
}

/// What the file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Keepalived,
    Ldirectord,
}

impl Director {
    /// Start a daemon on a keepalived.conf, VRRP and virtual servers alike.
    ///
    /// # Errors
    /// When it is missing or cannot be started.
    pub fn start(daemon: Daemon, node: &Node, config: &str) -> Result<Self, LabError> {
        Self::start_in(Language::Keepalived, daemon, node, config)
    }

    /// Start vrrpd on an ldirectord.cf.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_ldirectord(node: &Node, config: &str) -> Result<Self, LabError> {
        Self::start_in(Language::Ldirectord, Daemon::Vrrpd, node, config)
    }

    fn start_in(language: Language, daemon: Daemon, node: &Node, config: &str) -> Result<Self, LabError> {
        let file = |name: &str| node.folder().join(name);
        let path = file(&format!("{}-{language:?}.conf", daemon.name()));
        std::fs::write(&path, config).map_err(LabError::io(path.display().to_string()))?;
        let socket = file("control.sock");
        let named = |word: &str, path: PathBuf| [OsString::from(word), path.into()];
        let arguments: Vec<OsString> = match (daemon, language) {
            (Daemon::Vrrpd, Language::Keepalived) => {
                [named("-f", path.clone()), named("--control", socket.clone())].concat()
            }
            (Daemon::Vrrpd, Language::Ldirectord) => [
                named("--ldirectord", path.clone()),
                named("--control", socket.clone()),
            ]
            .concat(),
            (Daemon::Keepalived, _) => {
                let files = [
                    named("-f", path.clone()),
                    named("-p", file("keepalived.pid")),
                    named("-r", file("vrrp.pid")),
                    named("-c", file("checkers.pid")),
                ];
                let words = ["-n", "-l", "-D"].map(OsString::from);
                words.into_iter().chain(files.concat()).collect()
            }
        };
        let _ = std::fs::remove_file(file(&format!("{}.log", daemon.name())));
        let process = node.spawn(&Spawn::new(daemon.name(), daemon.program()?, arguments))?;
        Ok(Self {
            process,
            node: node.clone(),
            daemon,
            config: path,
            socket,
        })
    }

    /// What the kernel of its node balances.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn table(&self) -> Result<Vec<Entry>, LabError> {
        table(&self.node)
    }

    /// Wait until the kernel's table is as asked for.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the table and the end of the daemon's log.
    pub fn until(
        &self,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut(&[Entry]) -> bool,
    ) -> Result<(), LabError> {
        self.wait(what, limit, || self.table().is_ok_and(|table| condition(&table)))
    }

    /// Wait for anything else, unless the daemon ends meanwhile.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub fn wait(
        &self,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut() -> bool,
    ) -> Result<(), LabError> {
        // Less often than others ask: a look is a thread or a process, in a machine that may be a slow one.
        let asked = wait::until_every(Duration::from_millis(20), what, limit, || {
            if let Some(how) = self.process.how_it_ended() {
                let name = self.daemon.name();
                return Some(Err(LabError::Other(format!("{name} has ended: {how}"))));
            }
            condition().then_some(Ok(()))
        });
        asked.flatten().map_err(|error| self.explain(&error.to_string()))
    }

    /// Wait until it has begun to balance, whatever the kernel had before.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub fn ready(&self) -> Result<(), LabError> {
        self.wait("the daemon is ready", Duration::from_secs(30), || {
            match self.daemon {
                Daemon::Vrrpd => self.ask(&["servers"]).is_ok(),
                Daemon::Keepalived => self.process.log().contains("Gained quorum"),
            }
        })
    }

    /// An error with the table and the end of the log.
    pub fn explain(&self, what: &str) -> LabError {
        let log = self.process.log();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(25)..).unwrap_or_default();
        // Of thousands of servers the first ones tell enough.
        let table = format!("{:?}", self.table().unwrap_or_default());
        let table: String = table.chars().take(2000).collect();
        LabError::Other(format!("{what}\n{table}\n{}", end.join("\n")))
    }

    /// Replace the file and ask for a reload.
    ///
    /// # Errors
    /// When the file cannot be written or the daemon is gone.
    pub fn reload(&self, config: &str) -> Result<(), LabError> {
        std::fs::write(&self.config, config).map_err(LabError::io(self.config.display().to_string()))?;
        self.process.signal(Signal::SIGHUP)
    }

    /// `vrrpctl` with these words.
    ///
    /// # Errors
    /// When vrrpctl fails.
    pub fn ask(&self, words: &[&str]) -> Result<String, LabError> {
        let ctl = find_own("vrrpctl", "VRRPCTL_BIN")?;
        let mut arguments = vec![OsString::from("--socket"), self.socket.clone().into_os_string()];
        arguments.extend(words.iter().map(OsString::from));
        private::run(&ctl.display().to_string(), arguments)
    }

    /// A planned stop, after which the kernel balances nothing more.
    ///
    /// # Errors
    /// When it does not end, or leaves something in the table.
    pub fn stop(mut self) -> Result<(), LabError> {
        self.process.signal(Signal::SIGTERM)?;
        let ended = self.process.wait(Duration::from_secs(20));
        ended.map_err(|error| self.explain(&error.to_string()))?;
        let left = self.table()?;
        if left.is_empty() {
            return Ok(());
        }
        // The next case begins with nothing.
        private::run("ip", ["netns", "exec", self.node.name(), "ipvsadm", "-C"])?;
        Err(LabError::Other(format!("a stop left in the table: {left:#?}")))
    }
}
