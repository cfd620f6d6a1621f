//! What the tests with real processes share.

#![allow(dead_code, reason = "every test binary uses a part of it")]

#[cfg(any(feature = "exchange", feature = "sql"))]
pub(crate) mod servers;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

use healthcheck::{Command, Limits};
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Long enough for any machine; no test waits for it unless it fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A folder that goes with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    pub(crate) fn within(parent: &Path) -> Self {
        // Others than its owner must get at it: scripts run as other users.
        let mode = fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(mode).tempdir_in(parent);
        Self(folder.unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// An executable file. Another process writes it: were it open for writing here, a child that a parallel test
    /// starts at this moment would hold it, and running it would fail with "text file busy".
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        let written = process::Command::new("/bin/sh")
            .args([
                "-c",
                r#"printf '%s' "$1" > "$2" && chmod 755 "$2""#,
                "write",
                text,
            ])
            .arg(&path)
            .status()
            .unwrap();
        assert!(written.success());
        path
    }
}

pub(crate) fn sh(script: &str) -> Command {
    Command::new(["/bin/sh", "-c", script])
}

pub(crate) fn limits(time_ms: u64, grace_ms: u64) -> Limits {
    Limits {
        time: Duration::from_millis(time_ms),
        grace: Duration::from_millis(grace_ms),
    }
}

/// Whether a process runs; a zombie does not.
pub(crate) fn alive(pid: i32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with(['Z', 'X']),
        Err(_) => false,
    }
}

pub(crate) fn end(pid: i32) {
    kill(Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// Waits for a condition, and panics with its name after [`LONG`].
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// All numbers of a text.
pub(crate) fn numbers(text: &str) -> Vec<i32> {
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

pub(crate) fn read_numbers(path: &Path) -> Vec<i32> {
    numbers(&fs::read_to_string(path).unwrap_or_default())
}

/// Whether we are a root that may become any user; says so when not.
pub(crate) fn is_full_root(test: &str) -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let full = nix::unistd::geteuid().is_root() && numbers(&map).get(2) != Some(&1);
    if !full {
        println!(
            "SKIP {}: needs root with more than one mapped user",
            test.replace(' ', "_")
        );
    }
    full
}
