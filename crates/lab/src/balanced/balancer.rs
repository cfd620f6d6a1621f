//! A load balancer: nginx and vrrpd by the example's files, as on a machine of their own.

use super::ADDRESS;
use super::farewell::strip_hooks;
use crate::LabError;
use crate::daemon::{Daemon, Running};
use crate::private::root_owns_the_root;
use crate::process::{Process, Spawn};
use crate::program::find;
use crate::topology::{Cable, Node};
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the example puts its script.
const DRAIN: &str = "/etc/vrrpd/drain.sh";

/// nginx and vrrpd on a node, with mounts of their own.
#[derive(Debug)]
pub struct Balancer {
    /// The machine.
    pub node: Node,
    /// Its cable.
    pub cable: Cable,
    /// Holds the mounts while the others come and go.
    keeper: Process,
    /// While it runs.
    pub nginx: Option<Process>,
    /// While it runs.
    pub daemon: Option<Running>,
    /// What vrrpd reads.
    config: String,
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/nginx-pair")
        .join(name)
}

fn read(path: &Path) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(LabError::io(path.display().to_string()))
}

/// The example's paths are those of a package: each node has its own `/var/log`, `/var/lib` and `/run`. The lab's own folder
/// stays visible in the new `/run`.
fn keeper(node: &Node) -> Result<Process, LabError> {
    let script = format!(
        "mount -t tmpfs t /var/log && mkdir /var/log/nginx && cp {} /var/log/nginx.conf && mount -t tmpfs t /var/lib && \
         mkdir /var/lib/nginx && mkdir -p {folder}/run/vrrp-lab && mount --bind /run/vrrp-lab {folder}/run/vrrp-lab && \
         mount --rbind {folder}/run /run && : > {folder}/ready && exec sleep infinity",
        example("nginx.conf").display(),
        folder = node.folder().display(),
    );
    let keeper = node.spawn(&Spawn::new("keeper", find("sh")?, ["-c", &script]))?;
    let ready = node.folder().join("ready");
    crate::wait::until("the mounts of a node", Duration::from_secs(10), || {
        ready.exists().then_some(())
    })
    .map_err(|error| LabError::Other(format!("{error}\n{}", keeper.log())))?;
    Ok(keeper)
}

impl Balancer {
    pub(super) fn start(node: Node, cable: Cable) -> Result<Self, LabError> {
        let script = node.folder().join("drain.sh");
        let said = || LabError::io(script.display().to_string());
        std::fs::copy(example("drain.sh"), &script).map_err(said())?;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).map_err(said())?;
        let config = read(&example(&format!("{}.conf", node.name())))?;
        let mut config = config.replace(DRAIN, &script.display().to_string());
        if !root_owns_the_root() {
            config = config.replace("    enable_script_security\n", "");
        }
        let mut balancer = Self {
            keeper: keeper(&node)?,
            node,
            cable,
            nginx: None,
            daemon: None,
            config,
        };
        balancer.start_nginx()?;
        balancer.start_daemon(true)?;
        Ok(balancer)
    }

    /// The words that start a program among this node's mounts.
    fn among_mounts(&self) -> Result<Vec<OsString>, LabError> {
        let keeper = self.keeper.id().to_string();
        Ok(vec![
            find("nsenter")?.into(),
            "--mount".into(),
            "--target".into(),
            keeper.into(),
            "--".into(),
        ])
    }

    fn spawn(&self, name: &str, program: &Path, arguments: &[&str]) -> Result<Process, LabError> {
        let mut words = self.among_mounts()?;
        words.push(program.into());
        words.extend(arguments.iter().map(OsString::from));
        self.node.spawn(&Spawn::new(name, words.remove(0).into(), words))
    }

    /// Start nginx.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_nginx(&mut self) -> Result<(), LabError> {
        let arguments = ["-c", "/var/log/nginx.conf", "-g", "daemon off; user root root;"];
        self.nginx = Some(self.spawn("nginx", &find("nginx")?, &arguments)?);
        Ok(())
    }

    /// kill -9 of all of nginx.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill_nginx(&mut self) -> Result<(), LabError> {
        match self.nginx.take() {
            Some(mut nginx) => nginx.kill_hard(),
            None => Err(LabError::Other("no nginx runs".to_owned())),
        }
    }

    /// What `nginx -s quit` does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn ask_nginx_to_quit(&self) -> Result<(), LabError> {
        match &self.nginx {
            Some(nginx) => nginx.signal(Signal::SIGQUIT),
            None => Err(LabError::Other("no nginx runs".to_owned())),
        }
    }

    /// Start vrrpd, with the example's hooks or without them.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_daemon(&mut self, hooks: bool) -> Result<(), LabError> {
        let config = if hooks {
            self.config.clone()
        } else {
            strip_hooks(&self.config)
        };
        let daemon = Daemon::Vrrpd.start_under(&self.among_mounts()?, &self.node, &config, false)?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Ask vrrpd to stop, and wait until it has.
    ///
    /// # Errors
    /// [`LabError::TooLate`] where it does not.
    pub fn stop_daemon(&mut self) -> Result<(), LabError> {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.stop()?;
            daemon.process.wait(super::LIMIT)?;
        }
        Ok(())
    }

    /// Power cut of the network card: the port closes, vrrpd dies.
    ///
    /// # Errors
    /// When one of these resists.
    pub fn cut(&mut self) -> Result<(), LabError> {
        self.cable.close()?;
        match self.daemon.take() {
            Some(mut daemon) => daemon.process.kill_hard(),
            None => Ok(()),
        }
    }

    /// After [`Self::cut`]: the machine boots.
    ///
    /// # Errors
    /// When the port or vrrpd resists.
    pub fn boot(&mut self) -> Result<(), LabError> {
        if self.has_it() {
            let address = format!("{ADDRESS}/24");
            self.node.ip(&["address", "del", &address, "dev", "eth0"])?;
        }
        self.cable.open()?;
        self.start_daemon(true)
    }

    /// Run the example's script by hand.
    ///
    /// # Errors
    /// When it fails.
    pub fn drain(&self, word: &str) -> Result<(), LabError> {
        let script = self.node.folder().join("drain.sh");
        let mut process = self.spawn("drain", &script, &[word])?;
        let status = process.wait(super::LIMIT)?;
        if status.success() {
            Ok(())
        } else {
            Err(LabError::Other(format!(
                "drain.sh {word}: {status}\n{}",
                process.log()
            )))
        }
    }

    /// Whether the kernel has the address.
    pub fn has_it(&self) -> bool {
        self.node.holds(ADDRESS).unwrap_or(false)
    }

    /// What vrrpd last heard of its nginx.
    ///
    /// # Errors
    /// When it does not run.
    pub fn check(&self) -> Result<String, LabError> {
        let daemon = self.daemon.as_ref();
        let status = daemon
            .ok_or_else(|| LabError::Other("no vrrpd runs".to_owned()))?
            .status()?;
        Ok(status["checks"][0]["health"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// What both have said.
    pub(super) fn logs(&self) -> String {
        let nginx = self.nginx.as_ref().map(Process::log).unwrap_or_default();
        let daemon = self.daemon.as_ref().map(|d| d.process.log()).unwrap_or_default();
        format!("{}: {nginx}{daemon}", self.node.name())
    }
}
