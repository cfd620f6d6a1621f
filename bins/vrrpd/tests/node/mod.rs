//! One vrrpd in a network namespace of its own, with a link that is up.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use vrrp_control::{Answer, Ask, Instance, Status};

pub(crate) mod replay;
pub(crate) mod steering;
pub(crate) mod supervisor;
pub(crate) mod wire;

/// Longer than anything here takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// `eth1` with an address, up.
const NETWORK: &str = "ip link set lo up && ip link add eth1 type veth peer name far && ip link set far up && \
                       ip link set eth1 up && ip address add 192.0.2.1/24 dev eth1";

/// A folder of its own, removed at the end of the test.
pub(crate) struct Folder(tempfile::TempDir);

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn folder() -> Folder {
    // Others than its owner must get at it: scripts run as other users.
    let mode = std::fs::Permissions::from_mode(0o755);
    Folder(tempfile::Builder::new().permissions(mode).tempdir().unwrap())
}

/// A configuration in `folder`.
pub(crate) fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("test.conf");
    std::fs::write(&path, text).unwrap();
    path
}

pub(crate) fn vrrpd() -> Command {
    Command::new(env!("CARGO_BIN_EXE_vrrpd"))
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// What a daemon that refuses to run says, and its exit code.
pub(crate) fn refusal(mut command: Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code().expect("ended by itself"), text(&stderr))
}

pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    uids.split_whitespace().nth(2) == Some("0")
}

/// `unshare` into a network namespace where this user may do as root does; `None`, and said why, where it may not.
pub(crate) fn unshare() -> Option<Command> {
    let mut command = Command::new("unshare");
    command.arg(if is_root() { "-n" } else { "-Urn" });
    let mut trial = Command::new("unshare");
    trial
        .arg(if is_root() { "-n" } else { "-Urn" })
        .args(["ip", "link"]);
    match trial.output() {
        Ok(output) if output.status.success() => Some(command),
        Ok(output) => {
            eprintln!(
                "SKIP vrrpd_in_a_namespace: {} (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)",
                text(&output.stderr).trim()
            );
            None
        }
        Err(error) => {
            eprintln!("SKIP vrrpd_in_a_namespace: unshare or ip: {error}");
            None
        }
    }
}

/// Runs a program in the namespace of a process.
pub(crate) fn inside_of(process: &Child, words: &[&str]) -> String {
    inside_network(process.id(), words)
}

/// In the network of the process with this number.
pub(crate) fn inside_network(process: u32, words: &[&str]) -> String {
    let mut command = Command::new("nsenter");
    command.args(["-t", &process.to_string(), "-n"]);
    if !is_root() {
        command.args(["-U", "--preserve-credentials"]);
    }
    let output = command.args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A running daemon; killed when dropped.
pub(crate) struct Node {
    child: Child,
    pub(crate) folder: Folder,
    ended: Option<ExitStatus>,
}

impl Node {
    /// In a namespace with `eth1` (192.0.2.1/24) up; `None` where there can be none.
    pub(crate) fn start(config: &str, arguments: &[&str]) -> Option<Self> {
        Self::start_in(&[], config, arguments)
    }

    /// As [`Node::start`], with these variables in its environment.
    pub(crate) fn start_in(
        environment: &[(&str, &std::ffi::OsStr)],
        config: &str,
        arguments: &[&str],
    ) -> Option<Self> {
        let mut command = unshare()?;
        command.envs(environment.iter().copied());
        Some(Self::begin(command, NETWORK, config, arguments))
    }

    /// As [`Node::start`]; files beyond a limit, which the test sets, are refused as by a disk that is full.
    pub(crate) fn start_with_limits(config: &str) -> Option<Self> {
        let network = format!("trap '' XFSZ && {NETWORK}");
        Some(Self::begin(unshare()?, &network, config, &[]))
    }

    /// As [`Node::start`], with mounts of its own and after a preparation in the words of `sh`.
    pub(crate) fn start_after(preparation: &str, config: &str, arguments: &[&str]) -> Option<Self> {
        let mut command = unshare()?;
        command.arg("-m");
        let network = "mount --make-rprivate / && ip link set lo up && ip link add eth1 type veth peer name far && \
                       ip link set far up && ip link set eth1 up && ip address add 192.0.2.1/24 dev eth1";
        let network = format!("{network} && {preparation}");
        Some(Self::begin(command, &network, config, arguments))
    }

    /// In a namespace with nothing but `lo`; `None` where there can be none.
    pub(crate) fn alone(config: &str) -> Option<Self> {
        Self::alone_with(config, &[])
    }

    /// As [`Node::alone`], with arguments of the daemon.
    pub(crate) fn alone_with(config: &str, arguments: &[&str]) -> Option<Self> {
        Some(Self::begin(unshare()?, "ip link set lo up", config, arguments))
    }

    /// In another namespace of the same user, with nothing but `lo`.
    pub(crate) fn beside(&self, config: &str) -> Self {
        self.beside_with(config, &[])
    }

    /// As [`Node::beside`], with arguments of the daemon.
    pub(crate) fn beside_with(&self, config: &str, arguments: &[&str]) -> Self {
        self.until_apart();
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.child.id().to_string()]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.args(["unshare", "-n"]);
        Self::begin(command, "ip link set lo up", config, arguments)
    }

    /// Its process has left the namespaces of the test: before that there are none to enter.
    fn until_apart(&self) {
        let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let (here, end) = (of("self"), Instant::now() + LIMIT);
        while of(&self.child.id().to_string()) == here {
            assert!(Instant::now() < end, "it has no namespace of its own");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn begin(command: Command, network: &str, config: &str, arguments: &[&str]) -> Self {
        Self::begin_in(folder(), command, network, config, arguments)
    }

    fn begin_in(
        folder: Folder,
        mut command: Command,
        network: &str,
        config: &str,
        arguments: &[&str],
    ) -> Self {
        std::fs::write(folder.join("vrrpd.conf"), config).unwrap();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let script = format!("{network} && exec \"$0\" \"$@\"");
        command.args(["sh", "-c", &script, env!("CARGO_BIN_EXE_vrrpd"), "-f"]);
        command
            .arg(folder.join("vrrpd.conf"))
            .arg("--control")
            .arg(folder.join("control.sock"));
        command
            .args(arguments)
            .stderr(log)
            .stdout(Stdio::null())
            .stdin(Stdio::null());
        let child = command.spawn().unwrap();
        Self {
            child,
            folder,
            ended: None,
        }
    }

    pub(crate) const fn child(&self) -> &Child {
        &self.child
    }

    /// Process id of the daemon: every program in between has replaced itself.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The same daemon again, in the namespace of one that still lives.
    pub(crate) fn again(keeper: &Child, config: &str) -> Self {
        Self::again_with(keeper, config, &[])
    }

    /// As [`Node::again`], with arguments of the daemon.
    pub(crate) fn again_with(keeper: &Child, config: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("nsenter");
        command.args(["-t", &keeper.id().to_string(), "-n"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        Self::begin(command, "true", config, arguments)
    }

    /// The same daemon again with what it has left in its folder, once it has ended.
    pub(crate) fn once_more(mut self, keeper: &Child, config: &str) -> Self {
        assert!(self.ended.is_some(), "it runs");
        let mut command = Command::new("nsenter");
        command.args(["-t", &keeper.id().to_string(), "-n"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        let folder = std::mem::replace(&mut self.folder, folder());
        Self::begin_in(folder, command, "true", config, &[])
    }

    /// A process that keeps the namespace of the node when its daemon is gone.
    pub(crate) fn keeper(&self) -> Child {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.child.id().to_string(), "-n"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        let child = command
            .args(["sleep", "120"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        // Once it is `sleep`, it is inside.
        let name = format!("/proc/{}/comm", child.id());
        let end = Instant::now() + LIMIT;
        while std::fs::read_to_string(&name).unwrap_or_default().trim() != "sleep" && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// What is in the log when it has come to rest: a thread writes it behind what the daemon does and answers.
    pub(crate) fn log(&self) -> String {
        const REST: Duration = Duration::from_millis(20);
        const READS_MAX: u32 = 25;
        let read = || std::fs::read_to_string(self.folder.join("log")).unwrap();
        let mut log = read();
        for _ in 0..READS_MAX {
            std::thread::sleep(REST);
            let before = std::mem::replace(&mut log, read());
            if before == log {
                break;
            }
        }
        log
    }

    pub(crate) fn try_status(&self) -> Option<Status> {
        match vrrp_control::ask(&self.socket(), Ask::Status) {
            Ok(Answer::Status(status)) => Some(*status),
            Ok(_) | Err(_) => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.try_status()
            .unwrap_or_else(|| panic!("no status; log:\n{}", self.log()))
    }

    pub(crate) fn instance(&self, name: &str) -> Instance {
        let status = self.status();
        let found = status.instances.iter().find(|instance| instance.name == name);
        found
            .unwrap_or_else(|| panic!("no {name}; log:\n{}", self.log()))
            .clone()
    }

    /// Waits until `what` is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Status) -> bool) -> Status {
        let end = Instant::now() + LIMIT;
        loop {
            let status = self.try_status();
            if let Some(status) = status.as_ref().filter(|status| so(status)) {
                return status.clone();
            }
            if Instant::now() > end {
                panic!("never: {what}; last: {status:#?}; log:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until an instance is in a state, in keepalived's word.
    pub(crate) fn until_state(&self, name: &str, state: &str) -> Status {
        self.until(&format!("{name} is {state}"), |status| {
            let mut instances = status.instances.iter();
            instances.any(|one| one.name == name && one.keepalived_state.to_string() == state)
        })
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .arg(signal)
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Runs a program in the node's namespace.
    pub(crate) fn inside(&self, words: &[&str]) -> String {
        inside_of(&self.child, words)
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.folder.join("vrrpd.conf"), config).unwrap();
    }

    /// Replaces the configuration, and waits for the answer to SIGHUP.
    pub(crate) fn reload(&self, config: &str) -> vrrp_control::Reload {
        self.configure(config);
        let before = self.until("it answers", |_| true).daemon.last_reload;
        self.signal("-HUP");
        let status = self.until("reloaded", |status| status.daemon.last_reload != before);
        status.daemon.last_reload.unwrap()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> i32 {
        let end = Instant::now() + LIMIT;
        while self.ended.is_none() && Instant::now() < end {
            self.ended = self.child.try_wait().unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        let ended = self
            .ended
            .unwrap_or_else(|| panic!("does not end; log:\n{}", self.log()));
        ended
            .code()
            .unwrap_or_else(|| panic!("killed; log:\n{}", self.log()))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // The router of a supervisor outlives it otherwise.
            let path = format!("/proc/{0}/task/{0}/children", self.child.id());
            let children = std::fs::read_to_string(path).unwrap_or_default();
            let _ = self.child.kill();
            for child in children.split_whitespace().filter_map(|text| text.parse().ok()) {
                let _ = nix::sys::signal::kill(
                    nix::unistd::Pid::from_raw(child),
                    nix::sys::signal::Signal::SIGKILL,
                );
            }
            let _ = self.child.wait();
        }
    }
}

/// `vrrp_instance` that becomes MASTER within half a second.
pub(crate) fn instance(name: &str, vrid: u8, address: &str, more: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "vrrp_instance {name} {{\n    interface eth1\n    version 3\n    state BACKUP\n    priority 150\n    virtual_router_id {vrid}\n    advert_int 0.1\n    virtual_ipaddress {{\n        {address}\n    }}\n{more}\n}}\n"
    );
    text
}

/// A script in `folder` that can be run.
pub(crate) fn script(folder: &Path, name: &str, body: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// The instance with one check on its priority.
pub(crate) fn with_check(script: &str, weight: i16) -> String {
    let check = format!(
        "vrrp_script chk {{\n    script \"{script}\"\n    interval 0.1\n    weight {weight}\n    fall 2\n}}\n"
    );
    check
        + &instance(
            "VI_1",
            51,
            "192.0.2.100/24",
            "    track_script {\n        chk\n    }\n",
        )
}
