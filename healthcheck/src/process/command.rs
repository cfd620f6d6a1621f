//! What to run, and whether it can be run at all.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::geteuid;

use super::security::{Insecure, check_path_security};
use super::user::RunAs;
use crate::lack::note;
use crate::sys::end_with_caller;

/// Where a command without a slash is looked for, and `PATH` of every script.
pub const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Passed on from our own environment; nothing else is.
const PASSED_ON: [&str; 3] = ["LANG", "LC_ALL", "TZ"];

/// A program, its arguments and its user. Run without a shell, in `/`, with a clean environment (`PATH`, `HOME`,
/// `USER`, `LOGNAME`, and `LANG`, `LC_ALL`, `TZ` where set), as the leader of its own process group, with nothing
/// open but standard input on `/dev/null` and standard output and error on a pipe.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Command {
    argv: Vec<OsString>,
    run_as: RunAs,
    secure: bool,
    ends_with_caller: bool,
}

/// Why a command cannot be run; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No words at all.
    #[error("the command is empty; give the path of a script")]
    Empty,
    /// Neither absolute nor a plain name.
    #[error("'{}' is neither an absolute path nor a plain name; write the path from / on", .0.display())]
    Relative(PathBuf),
    /// Nothing there.
    #[error("'{}' does not exist; correct the path or install it", .0.display())]
    NotFound(PathBuf),
    /// No such name in [`SEARCH_PATH`].
    #[error("'{}' is in no folder of {SEARCH_PATH}; write its path from / on", .0.display())]
    NotInSearchPath(PathBuf),
    /// There, but not for this user.
    #[error("'{}' cannot be executed by user {user}: {error}; check its mode (chmod +x) and the folders above it", path.display())]
    NotExecutable {
        /// The program.
        path: PathBuf,
        /// Who would run it.
        user: String,
        /// The system's words.
        error: String,
    },
    /// Refused by `enable_script_security`.
    #[error("'{}' is not safe to run as root: {insecure}", path.display())]
    Insecure {
        /// The program.
        path: PathBuf,
        /// The offending component.
        insecure: Insecure,
    },
    /// We may not become this user.
    #[error(
        "running as user {user} (uid {uid}) is not permitted to this process: {error}; start it as root, or leave 'user' out"
    )]
    NotPermitted {
        /// Who would run it.
        user: String,
        /// Its id.
        uid: u32,
        /// The system's words.
        error: String,
    },
    /// The interpreter is missing or the file is no program.
    #[error("'{}' is no program that the system can start: {error}; its first line must name an interpreter that exists (#!/bin/sh)", path.display())]
    NotAProgram {
        /// The program.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
    /// Anything else, such as no memory or too many processes.
    #[error("'{}' could not be started: {error}", path.display())]
    NotStarted {
        /// The program.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
}

impl Command {
    /// A command as the user of this process.
    pub fn new<W: Into<OsString>>(argv: impl IntoIterator<Item = W>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            run_as: RunAs::current(),
            secure: false,
            ends_with_caller: false,
        }
    }

    /// As this user (keepalived `user`, `script_user`).
    #[must_use]
    pub fn run_as(mut self, run_as: RunAs) -> Self {
        self.run_as = run_as;
        self
    }

    /// Refuse to run as root what others could change (keepalived `enable_script_security`); examined at every
    /// start by [`check_path_security`].
    #[must_use]
    pub const fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// It gets TERM when the thread that started it ends, also by `kill -9`: for what nobody needs the answer of any more. What it
    /// has started itself does not. Not for what is run all the time: a start costs a fork of this process then, some 1 ms more with
    /// 20 MB; nor where threads that start commands come and go before the process does.
    #[must_use]
    pub const fn ends_with_caller(mut self) -> Self {
        self.ends_with_caller = true;
        self
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.argv.push(arg.into());
        self
    }

    /// Program and arguments.
    #[must_use]
    pub fn argv(&self) -> &[OsString] {
        &self.argv
    }

    /// Who runs it.
    #[must_use]
    pub const fn user(&self) -> &RunAs {
        &self.run_as
    }

    /// Whether it can be run as things stand: for a config test, and before every start. It looks at files, so not
    /// on the router loop.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub fn check(&self) -> Result<PathBuf, Unusable> {
        let path = find(self.argv.first().ok_or(Unusable::Empty)?)?;
        if self.secure {
            check_path_security(&path, self.run_as.uid).map_err(|insecure| Unusable::Insecure {
                path: path.clone(),
                insecure,
            })?;
        }
        if self.run_as.differs() && !geteuid().is_root() {
            return Err(Unusable::NotPermitted {
                user: self.run_as.name.clone(),
                uid: self.run_as.uid,
                error: format!("it runs as uid {}", geteuid()),
            });
        }
        // Whether this very user may execute it is for the kernel to say; what nobody may is told here.
        match executable(&path) {
            Ok(()) => Ok(path),
            Err(error) => Err(self.not_executable(path, error)),
        }
    }

    fn not_executable(&self, path: PathBuf, error: &str) -> Unusable {
        Unusable::NotExecutable {
            path,
            user: self.run_as.name.clone(),
            error: error.to_owned(),
        }
    }

    /// The command for tokio, its output still unset.
    pub(super) fn prepare(&self, path: &Path) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(path);
        command
            .args(self.argv.iter().skip(1))
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .env("HOME", &self.run_as.home)
            .env("USER", &self.run_as.name)
            .env("LOGNAME", &self.run_as.name)
            .envs(
                PASSED_ON
                    .iter()
                    .filter_map(|name| Some((name, env::var_os(name)?))),
            )
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null());
        if self.run_as.differs() {
            // std also empties the supplementary groups when root sets a uid; `check` has made sure that we are root.
            command.gid(self.run_as.gid).uid(self.run_as.uid);
        }
        if self.ends_with_caller {
            end_with_caller(&mut command);
        }
        command
    }

    /// Words for what the system said when it was started.
    pub(super) fn not_started(&self, path: PathBuf, error: &io::Error) -> Unusable {
        let user = self.run_as.name.clone();
        let uid = self.run_as.uid;
        note(error);
        let text = error.to_string();
        match error.raw_os_error() {
            Some(libc::EPERM | libc::EINVAL) if self.run_as.differs() => Unusable::NotPermitted {
                user,
                uid,
                error: text,
            },
            Some(libc::EACCES | libc::EPERM) => Unusable::NotExecutable {
                path,
                user,
                error: text,
            },
            Some(libc::ENOENT | libc::ENOEXEC | libc::ENOTDIR) => Unusable::NotAProgram { path, error: text },
            _ => Unusable::NotStarted { path, error: text },
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.argv.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{}", word.display())?;
        }
        Ok(())
    }
}

/// A path that we cannot examine passes: the attempt to execute it knows more.
fn executable(path: &Path) -> Result<(), &'static str> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err("it is a folder"),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => Err("nobody may execute it"),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn find(program: &OsStr) -> Result<PathBuf, Unusable> {
    let path = Path::new(program);
    if path.is_absolute() {
        return match path.try_exists() {
            Ok(false) => Err(Unusable::NotFound(path.to_owned())),
            // An error (a folder we may not search) is told better by the attempt to execute it.
            Ok(true) | Err(_) => Ok(path.to_owned()),
        };
    }
    if program.is_empty() {
        return Err(Unusable::Empty);
    }
    if path.components().count() != 1 || program == "." || program == ".." {
        return Err(Unusable::Relative(path.to_owned()));
    }
    env::split_paths(SEARCH_PATH)
        .map(|folder| folder.join(path))
        .find(|candidate| candidate.is_file() && executable(candidate).is_ok())
        .ok_or_else(|| Unusable::NotInSearchPath(path.to_owned()))
}
