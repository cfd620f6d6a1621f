//! Exit codes: every one of them, and nowhere else. keepalived's meaning where it has the case.

use std::process::ExitCode;

/// How `vrrpd` ends; the table of `--help` is made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Stopped as asked; `-t`: the file is clean.
    Done = 0,
    /// Something failed that should not: the message says what.
    Failed = 1,
    /// The configuration cannot run.
    Configuration = 2,
    /// Another daemon answers at the control socket, or is named by the PID file.
    SocketInUse = 3,
    /// A permission is missing; `-t`: the file cannot be read, or cannot run.
    Permission = 4,
    /// `-t`: the file runs, with errors.
    RunsWithErrors = 5,
    /// The file cannot be read; `-t`: scripts are not secure.
    NoFile = 6,
    /// Under `--supervised` the router's process dies again and again.
    Crashes = 7,
    /// Wrong arguments.
    Usage = 64,
}

/// For `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
   0  stopped as asked; with -t: the file is clean
   1  something failed while running
   2  the configuration cannot run
   3  another daemon answers at the control socket, or runs by its PID file
   4  a permission is missing; with -t: the configuration cannot be read, or cannot run
   5  with -t: the configuration runs, with errors
   6  the file cannot be read; with -t: a script is not secure
   7  with --supervised: the router's process died five times within a minute
  64  wrong arguments";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What a process of this program has ended with.
    pub(crate) fn of_child(code: i32) -> Self {
        let all = [
            Self::Done,
            Self::Configuration,
            Self::SocketInUse,
            Self::Permission,
            Self::RunsWithErrors,
            Self::NoFile,
            Self::Usage,
        ];
        all.into_iter()
            .find(|exit| *exit as i32 == code)
            .unwrap_or(Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_every_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Configuration,
            Exit::SocketInUse,
            Exit::Permission,
            Exit::RunsWithErrors,
            Exit::NoFile,
            Exit::Crashes,
            Exit::Usage,
        ];
        let numbers: Vec<u8> = TABLE
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(numbers, all.map(|exit| exit as u8));
    }

    #[test]
    fn the_readme_has_the_same_table() {
        assert!(include_str!("../README.md").contains(TABLE));
    }
}
