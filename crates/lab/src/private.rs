//! Entering a private namespace, in which we are root, own the network and leave nothing behind.

use crate::LabError;
use crate::daemon::Daemon;
use crate::program::find_own;
use crate::skip::skip;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};

/// Set in the program that runs inside.
const INSIDE: &str = "VRRP_LAB_INSIDE";

/// The exit code where the machine refuses namespaces.
pub const REFUSED: i32 = 77;

/// Processes in a namespace of their own die with its first one; where a container forbids mounting /proc, we do
/// without.
const WITH_PROCESSES: [&str; 4] = ["--pid", "--fork", "--kill-child", "--mount-proc"];

/// Where the caller finds itself.
#[derive(Debug)]
pub enum Place {
    /// Inside: go on.
    Inside,
    /// Outside, and the program that ran inside has ended with this exit code: end too.
    Finished(i32),
}

/// Start this program again inside, with the same arguments, unless that has happened already.
///
/// # Errors
/// [`LabError::Other`] naming the settings that forbid it; the exit code for that is [`REFUSED`].
pub fn enter() -> Result<Place, LabError> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    enter_with(&arguments)
}

/// [`enter`] with other arguments.
///
/// # Errors
/// As [`enter`].
pub fn enter_with(arguments: &[OsString]) -> Result<Place, LabError> {
    if is_inside() {
        first_process(arguments)?;
        furnish()?;
        return Ok(Place::Inside);
    }
    let flags = usable_flags()?;
    let own = std::env::current_exe().map_err(LabError::io("own path"))?;
    let status = Command::new("unshare")
        .args(flags)
        .arg(own)
        .args(arguments)
        .env(INSIDE, "1")
        .status()
        .map_err(LabError::io("unshare"))?;
    Ok(Place::Finished(status.code().unwrap_or(1)))
}

/// Run a `#[test]` inside. `name` is the test's full path as `cargo test -- --list` prints it.
///
/// The tests of one machine run one after the other: two labs would disturb each other's timing.
///
/// # Panics
/// When the test fails inside, so that the harness outside sees it.
pub fn test(name: &str, body: impl FnOnce() -> Result<(), LabError>) {
    test_beside(name, false, body);
}

/// [`test()`] with vrrpd and vrrpctl; skipped by name where they were not built.
///
/// # Panics
/// When the test fails inside, so that the harness outside sees it.
pub fn test_with_ours(name: &str, body: impl FnOnce() -> Result<(), LabError>) {
    for program in [Daemon::Vrrpd.program(), find_own("vrrpctl", "VRRPCTL_BIN")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    test(name, body);
}

/// [`test()`], but at the same time as others that are `patient`: their bounds allow for each other.
///
/// # Panics
/// When the test fails inside, so that the harness outside sees it.
pub fn test_beside(name: &str, patient: bool, body: impl FnOnce() -> Result<(), LabError>) {
    let arguments = ["--exact", name, "--nocapture", "--test-threads=1"].map(OsString::from);
    if is_inside() {
        let outcome = first_process(&arguments)
            .and_then(|()| furnish())
            .and_then(|()| body());
        assert!(
            outcome.is_ok(),
            "{}",
            outcome.err().map(|e| e.to_string()).unwrap_or_default()
        );
        return;
    }
    if let Err(refusal) = usable_flags() {
        skip(name, &refusal.to_string());
        return;
    }
    let _one_at_a_time = turn(patient);
    match run_captured(&arguments) {
        Ok((true, said)) => {
            assert!(said.contains("1 passed"), "no test is called {name}:\n{said}");
            print!("{}", spoken(&said));
        }
        Ok((false, said)) => panic!("{name} failed inside its namespace:\n{said}"),
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Waits until no other lab of this user is at work, as long as the answer is kept; a `patient` one may be beside other
/// patient ones.
///
/// # Errors
/// When there can be no such file.
pub fn turn(patient: bool) -> std::io::Result<std::fs::File> {
    let name = format!("vrrp-lab-{}.lock", nix::unistd::getuid());
    let file = std::fs::File::create(std::env::temp_dir().join(name))?;
    if patient {
        file.lock_shared()?;
    } else {
        file.lock()?;
    }
    Ok(file)
}

/// What the test itself said, without the harness's frame.
fn spoken(said: &str) -> String {
    let frame = |line: &str| {
        line.is_empty()
            || line.starts_with("running ")
            || line.starts_with("test result")
            || line.ends_with("... ok")
    };
    said.lines()
        .filter(|line| !frame(line) && *line != "ok")
        .map(|line| format!("{line}\n"))
        .collect()
}

fn run_captured(arguments: &[OsString]) -> Result<(bool, String), LabError> {
    let own = std::env::current_exe().map_err(LabError::io("own path"))?;
    let output = Command::new("unshare")
        .args(usable_flags()?)
        .arg(own)
        .args(arguments)
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .map_err(LabError::io("unshare"))?;
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), said))
}

/// The `unshare` flags that this machine allows: real root first, else a user namespace in which we are root.
fn usable_flags() -> Result<Vec<&'static str>, LabError> {
    let mut last = String::new();
    for flags in ["-nm", "-Urnm"] {
        for more in [&WITH_PROCESSES[..], &[]] {
            let output = Command::new("unshare")
                .arg(flags)
                .args(more)
                .args(["mount", "-t", "tmpfs", "tmpfs", "/run"])
                .output()
                .map_err(LabError::io("unshare (package util-linux)"))?;
            if output.status.success() {
                return Ok(std::iter::once(flags).chain(more.iter().copied()).collect());
            }
            last = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        }
    }
    Err(LabError::Other(format!(
        "private namespaces are refused here ({last}); look at kernel.unprivileged_userns_clone (must be 1), \
         kernel.apparmor_restrict_unprivileged_userns (must be 0) and user.max_user_namespaces (must not be 0)"
    )))
}

/// Whether an ordinary user asks: then root and everybody else inside are that one user.
pub fn one_user_only() -> bool {
    !nix::unistd::geteuid().is_root()
}

/// Asked inside: in an ordinary user's namespace `/` belongs to a user that is not mapped there. No script is safe then, by
/// `enable_script_security`, and keepalived runs none, because it changes groups first.
pub fn root_owns_the_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/").is_ok_and(|root| root.uid() == 0)
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// A /run of our own, so that named namespaces neither collide with the host's nor outlive us. A tmpfs may be written by all
/// unless told otherwise, and no script below such a folder is safe to run as root.
fn furnish() -> Result<(), LabError> {
    run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"]).map(drop)
}

/// The first process of a process namespace inherits every orphan: it starts this program once more and does nothing
/// but collect the dead until that has ended. Left uncollected, a daemon that was killed looks alive to its successor.
fn first_process(arguments: &[OsString]) -> Result<(), LabError> {
    if std::process::id() != 1 {
        return Ok(());
    }
    die_when_told();
    let own = std::env::current_exe().map_err(LabError::io("own path"))?;
    let child = Command::new(own)
        .args(arguments)
        .spawn()
        .map_err(LabError::io("own program"))?;
    let child = Pid::from_raw(child.id().cast_signed());
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == child => std::process::exit(code),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                std::process::exit(128 + signal as i32)
            }
            Ok(_) | Err(Errno::EINTR) => (),
            Err(errno) => return Err(LabError::errno("waiting for orphans")(errno)),
        }
    }
}

/// The first process of a process namespace ignores signals that it does not handle: without this Ctrl-C would do
/// nothing. When it ends, the kernel ends all others.
fn die_when_told() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
            std::process::exit(130);
        });
    });
}

/// Run a command to its end.
///
/// # Errors
/// [`LabError::Command`] with its last words.
pub fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<String, LabError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(LabError::io(program))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Command {
        command: format!("{command:?}"),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
