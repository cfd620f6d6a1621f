//! This program under keepalived's name: its command line, its manners, its version.
//!
//! A link called `keepalived` is enough. What people have written around keepalived (units, init scripts, `killall -0
//! keepalived`, cron jobs with `keepalived -t`) goes on as it is.

mod expected;
mod options;
mod version;
mod words;

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::manner::Manner;
use crate::{process, sys};
use options::Options;

/// The name, of the process too.
const NAME: &str = "keepalived";

/// Whether this process was called by keepalived's name.
pub(crate) fn is_called() -> bool {
    let first = std::env::args_os().next();
    first.is_some_and(|word| Path::new(&word).file_name().is_some_and(|name| name == NAME))
}

/// What keepalived's command line asks for. What it asks of the process itself (umask, core dumps, where `-t` writes) is done.
///
/// # Errors
/// How this process ends at once; what there is to say has been said.
pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Result<(Arguments, Manner), Exit> {
    let words: Vec<OsString> = words.collect();
    if words::asks_for_genhash(&words) {
        return Err(genhash(&words));
    }
    process::call(c"keepalived");
    let mut options = Options::try_parse_from(words::as_clap_reads(words)).map_err(|error| {
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp => Exit::Done,
            // keepalived's code, which has none for a wrong word.
            _ => Exit::Failed,
        }
    })?;
    if options.version {
        eprint!("{}", version::text());
        return Err(Exit::Done);
    }
    if let Some(reason) = options.refused() {
        eprintln!("{NAME}: {reason}. Nothing was started");
        return Err(Exit::Failed);
    }
    if let Some(mask) = options.umask {
        process::mask(mask);
    }
    options.parts();
    let manner = options.manner();
    if let Some(file) = options.config_test_log.as_ref().filter(|_| options.own.test) {
        std::fs::File::create(file)
            .and_then(|file| sys::replace_stderr(&file))
            .map_err(|error| {
                eprintln!("{NAME}: {}: {error}", file.display());
                Exit::Failed
            })?;
    }
    if options.all_config {
        expected::all_files(&options.own).map_err(|missing| {
            eprintln!("{NAME}: {missing}");
            if options.own.test {
                Exit::Permission
            } else {
                Exit::NoFile
            }
        })?;
    }
    Ok((options.own, manner))
}

/// `keepalived --genhash …` is `genhash …`, which lies beside it.
fn genhash(words: &[OsString]) -> Exit {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("vrrpctl")));
    let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(|folder| Path::new(folder).join("vrrpctl"));
    let mut places = beside.into_iter().chain(folders);
    let Some(program) = places.find(|place| place.is_file()) else {
        eprintln!("{NAME}: --genhash is carried out by vrrpctl, which is not installed");
        return Exit::Failed;
    };
    let error = Command::new(&program)
        .arg0("genhash")
        .args(words.iter().skip(2))
        .exec();
    eprintln!("{NAME}: {}: {error}", program.display());
    Exit::Failed
}

/// For the manual page.
#[cfg(test)]
pub(crate) fn command() -> clap::Command {
    <Options as clap::CommandFactory>::command()
}

/// The values in force, for the log.
pub(crate) fn dump(arguments: &Arguments) {
    expected::dump(arguments);
}
