//! The daemons that the lab judges, started and stopped alike.

use crate::LabError;
use crate::private::run;
use crate::process::{Process, Spawn};
use crate::program::{find, find_own};
use crate::topology::Node;
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Which implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// Ours.
    Vrrpd,
    /// The one to beat.
    Keepalived,
}

/// A daemon that runs on a node.
#[derive(Debug)]
pub struct Running {
    /// Its processes.
    pub process: Process,
    /// Which one it is.
    pub daemon: Daemon,
    config: PathBuf,
    socket: PathBuf,
}

impl Daemon {
    /// Its name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vrrpd => "vrrpd",
            Self::Keepalived => "keepalived",
        }
    }

    /// By name.
    ///
    /// # Errors
    /// For any other name.
    pub fn named(name: &str) -> Result<Self, LabError> {
        match name {
            "vrrpd" => Ok(Self::Vrrpd),
            "keepalived" => Ok(Self::Keepalived),
            other => Err(LabError::Other(format!(
                "no daemon is called {other}: vrrpd or keepalived"
            ))),
        }
    }

    /// Its program.
    ///
    /// # Errors
    /// [`LabError::Missing`] with the remedy.
    pub fn program(self) -> Result<PathBuf, LabError> {
        match self {
            Self::Vrrpd => find_own("vrrpd", "VRRPD_BIN"),
            Self::Keepalived => find("keepalived"),
        }
    }

    /// The first line of `--version`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version(self) -> Result<String, LabError> {
        let program = self.program()?;
        let output = std::process::Command::new(&program)
            .arg("--version")
            .output()
            .map_err(LabError::io(self.name()))?;
        // keepalived says it on its error stream.
        let said = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&said).into_owned();
        Ok(text.lines().next().unwrap_or("unknown").to_owned())
    }

    /// Write `config` into the node's folder and start the daemon on it, in the foreground. A `quiet` keepalived
    /// logs nothing (`-G`): where speed is measured, writing its log must not be measured with it.
    ///
    /// # Errors
    /// When it is missing or cannot be started.
    pub fn start(self, node: &Node, config: &str, quiet: bool) -> Result<Running, LabError> {
        self.start_under(&[], node, config, quiet)
    }

    /// [`Self::start`] by the words of another program that becomes the daemon, as `nsenter --mount --target 7`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_under(
        self,
        words: &[OsString],
        node: &Node,
        config: &str,
        quiet: bool,
    ) -> Result<Running, LabError> {
        let folder = node.folder();
        let path = folder.join(format!("{}.conf", self.name()));
        std::fs::write(&path, config).map_err(LabError::io(path.display().to_string()))?;
        let socket = folder.join("control.sock");
        let file = |name: &str| folder.join(name).into_os_string();
        let arguments: Vec<OsString> = match self {
            Self::Vrrpd => vec![
                "-f".into(),
                path.clone().into(),
                "--control".into(),
                socket.clone().into(),
            ],
            Self::Keepalived => vec![
                "-n".into(),
                "-P".into(),
                if quiet { "-G" } else { "-l" }.into(),
                "-f".into(),
                path.clone().into(),
                "-p".into(),
                file("keepalived.pid"),
                "-r".into(),
                file("vrrp.pid"),
            ],
        };
        let mut command = words.to_vec();
        command.push(self.program()?.into());
        command.extend(arguments);
        let process = node.spawn(&Spawn::new(self.name(), command.remove(0).into(), command))?;
        Ok(Running {
            process,
            daemon: self,
            config: path,
            socket,
        })
    }
}

impl Running {
    /// A planned stop, as an init system asks for it.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn stop(&self) -> Result<(), LabError> {
        self.process.signal(Signal::SIGTERM)
    }

    /// Replace the file and ask for a reload.
    ///
    /// # Errors
    /// When the file cannot be written or the daemon is gone.
    pub fn reload(&self, config: &str) -> Result<(), LabError> {
        std::fs::write(&self.config, config).map_err(LabError::io(self.config.display().to_string()))?;
        self.process.signal(Signal::SIGHUP)
    }

    /// Our daemon's control socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// `vrrpctl status --json` of our daemon.
    ///
    /// # Errors
    /// When vrrpctl fails or says something that is not JSON.
    pub fn status(&self) -> Result<serde_json::Value, LabError> {
        let text = self.ask(&["status", "--json"])?;
        serde_json::from_str(&text)
            .map_err(|e| LabError::Other(format!("vrrpctl status --json: {e}: {text}")))
    }

    /// `vrrpctl status` of our daemon, as an operator reads it.
    ///
    /// # Errors
    /// When vrrpctl fails.
    pub fn status_table(&self) -> Result<String, LabError> {
        self.ask(&["status"])
    }

    /// What `vrrpctl` answers to an order, as JSON, whether or not it was carried out.
    ///
    /// # Errors
    /// When vrrpctl says something that is not JSON.
    pub fn steer(&self, words: &[&str]) -> Result<serde_json::Value, LabError> {
        let ctl = find_own("vrrpctl", "VRRPCTL_BIN")?;
        let output = std::process::Command::new(ctl)
            .arg("--socket")
            .arg(&self.socket)
            .args(words)
            .arg("--json")
            .output()
            .map_err(LabError::io("vrrpctl"))?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            LabError::Other(format!("vrrpctl {}: {error}: {said}", words.join(" ")))
        })
    }

    /// `vrrpctl` with these words, for our daemon.
    ///
    /// # Errors
    /// When vrrpctl fails.
    pub fn ask(&self, words: &[&str]) -> Result<String, LabError> {
        let ctl = find_own("vrrpctl", "VRRPCTL_BIN")?;
        let mut arguments = vec![OsString::from("--socket"), self.socket.clone().into_os_string()];
        arguments.extend(words.iter().map(OsString::from));
        run(&ctl.display().to_string(), arguments)
    }
}
