//! Failover daemon that reads keepalived.conf.

mod arguments;
mod checks;
mod config_test;
mod control;
mod events;
mod exit;
mod firewall;
mod flaps;
mod kernel;
mod load;
mod log;
#[cfg(test)]
mod man_page;
mod names;
mod network;
mod node;
mod notify;
mod privileges;
mod record;
mod reload;
mod renames;
mod rivals;
mod router;
mod run;
mod scripts;
mod settled;
mod start;
mod start_delay;
mod status;
mod sys;
mod tracks;
mod upgrade;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::log::{Destination, Log};

/// A log whose reader has stalled must not keep the process from ending.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are errors to clap, and go to standard output.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            let _ = error.print();
            return exit.into();
        }
    };
    if arguments.test {
        return config_test::run(&arguments).into();
    }
    let destination = if arguments.log_console {
        Destination::Stderr
    } else {
        log::detect()
    };
    let log = match Log::start(destination, arguments.log_level) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("vrrpd: {error}");
            return Exit::Failed.into();
        }
    };
    let exit = start::start(arguments, &log).unwrap_or_else(|error| {
        tracing::error!("{error}");
        error.exit()
    });
    log.flush(FLUSH_WITHIN);
    exit.into()
}
