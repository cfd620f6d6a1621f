//! `vrrpctl record`: a recording of the routers of a daemon that runs, for `vrrpctl replay`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use vrrp_control::{Answer, Ask, Record, Recorded};

use crate::{DONE, REFUSED, pretty, print, refused, words};

const USAGE: u8 = 2;

/// What is wanted.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to do.
    action: Action,
    /// The file of a new recording, which must not exist: the daemon makes it, for its own user alone.
    #[arg(required_if_eq("action", "start"))]
    file: Option<PathBuf>,
    /// How large it may become; then the recording ends.
    #[arg(long, value_name = "MIB", default_value_t = vrrp_control::RECORD_LIMIT_MIB, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Write down everything that the routers are told, and what they decide, from now on.
    Start,
    /// End that.
    Stop,
    /// How it is, or how the last one ended.
    Status,
}

pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let wanted = match wanted(arguments) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            eprintln!("vrrpctl: {wrong}");
            return USAGE;
        }
    };
    match vrrp_control::ask(socket, Ask::Record(wanted)) {
        Ok(Answer::Record(recorded)) => told(&recorded, arguments.json),
        other => refused(socket, other),
    }
}

/// The daemon has another folder to work in: it is given a path from `/` on.
fn wanted(arguments: &Arguments) -> Result<Record, String> {
    match (arguments.action, &arguments.file) {
        (Action::Start, Some(file)) => {
            let whole = std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let file = whole
                .to_str()
                .ok_or_else(|| format!("{}: write it in UTF-8", whole.display()))?;
            Ok(Record::Start {
                file: file.to_owned(),
                limit_mib: Some(arguments.limit),
            })
        }
        (Action::Start, None) => Err("record start needs a file".to_owned()),
        (Action::Stop, None) => Ok(Record::Stop),
        (Action::Status, None) => Ok(Record::Status),
        (Action::Stop | Action::Status, Some(_)) => {
            Err("record stop and record status need no file: there is one recording at a time".to_owned())
        }
    }
}

fn told(recorded: &Recorded, json: bool) -> u8 {
    let problem = recorded.recording.as_ref().and_then(|one| one.problem.as_ref());
    let code = if problem.is_some() { REFUSED } else { DONE };
    if json {
        return match pretty(recorded) {
            Ok(text) => print(&text).max(code),
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                REFUSED
            }
        };
    }
    let message = words::clean(&recorded.message);
    if problem.is_some() {
        eprintln!("vrrpctl: {message}");
        return code;
    }
    print(&format!("{message}\n"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn parsed(line: &[&str]) -> Option<Result<Record, String>> {
        let all = ["vrrpctl", "record"].iter().chain(line);
        match crate::Arguments::try_parse_from(all).ok()?.command {
            crate::Command::Record(arguments) => Some(wanted(&arguments)),
            _ => None,
        }
    }

    #[test]
    fn a_start_has_a_file_from_the_root_on_and_the_rest_has_none() {
        let here = std::env::current_dir().unwrap();
        let start = |file: PathBuf, limit| {
            Some(Ok(Record::Start {
                file: file.to_str().unwrap().to_owned(),
                limit_mib: Some(limit),
            }))
        };
        assert_eq!(parsed(&["start", "vi_1"]), start(here.join("vi_1"), 64));
        assert_eq!(
            parsed(&["start", "/var/tmp/vi_1", "--limit", "8"]),
            start("/var/tmp/vi_1".into(), 8)
        );
        assert_eq!(parsed(&["stop"]), Some(Ok(Record::Stop)));
        assert_eq!(parsed(&["status", "--json"]), Some(Ok(Record::Status)));
        for wrong in [
            &["start"][..],
            &["begin", "x"],
            &[],
            &["start", "x", "--limit", "0"],
        ] {
            assert_eq!(parsed(wrong), None, "{wrong:?}");
        }
        assert!(matches!(parsed(&["stop", "x"]), Some(Err(_))));
    }
}
