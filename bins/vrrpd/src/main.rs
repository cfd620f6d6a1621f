//! Failover daemon that reads keepalived.conf.

mod arguments;
mod background;
mod checks;
mod config_test;
mod control;
mod dumps;
mod events;
mod exit;
mod firewall;
mod flaps;
mod heir;
mod journal;
mod keepalived;
mod kernel;
mod ldirectord;
mod load;
mod log;
#[cfg(test)]
mod man_page;
mod manner;
mod mark;
mod memory;
mod metrics;
mod modes;
mod names;
mod network;
mod node;
mod notices;
mod notify;
mod pid_file;
mod privileges;
mod process;
mod pushes;
mod record;
mod reload;
mod renames;
mod rivals;
mod router;
mod run;
mod scripts;
mod servers;
mod settled;
mod start;
mod start_delay;
mod status;
mod steer;
mod supervisor;
mod sys;
mod systemd;
mod tracks;
mod upgrade;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::arguments::Arguments;
use crate::background::Side;
use crate::exit::Exit;
use crate::log::Log;
use crate::manner::Manner;

/// A log whose reader has stalled must not keep the process from ending.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let called = if keepalived::is_called() {
        keepalived::read(std::env::args_os())
    } else {
        own()
    };
    let (mut arguments, mut manner) = match called {
        Ok(called) => called,
        Err(exit) => return exit.into(),
    };
    if let Some(function) = arguments.signum {
        println!("{}", function.number());
        return Exit::Done.into();
    }
    if arguments.test {
        return config_test::run(&arguments).into();
    }
    let caller = match manner.leave(&mut arguments) {
        Ok(Side::Daemon(caller)) => caller,
        Ok(Side::Caller(code)) => return code,
        Err(error) => {
            eprintln!("{}: cannot go to the background: {error}", manner.name);
            return Exit::Failed.into();
        }
    };
    let parent = supervisor::Parent::find();
    // Before the first thread.
    let signals = match &parent {
        Ok(None) if arguments.supervised => Some(supervisor::Signals::block()),
        _ => None,
    };
    let log = match Log::start(manner.destination.clone(), arguments.log_level) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("{}: {error}", manner.name);
            return Exit::Failed.into();
        }
    };
    let exit = if let Some(signals) = signals {
        supervise(signals)
    } else {
        let parent = parent.unwrap_or_else(|error| {
            tracing::error!(
                "the supervisor cannot be told anything ({error}); this process goes on without one"
            );
            None
        });
        manner.begin(&arguments);
        start::start(arguments, &manner, &caller, &log, parent).unwrap_or_else(|error| {
            tracing::error!("{error}");
            manner.complain(&error);
            error.exit()
        })
    };
    log.flush(FLUSH_WITHIN);
    caller.ended(exit);
    exit.into()
}

fn supervise(signals: std::io::Result<supervisor::Signals>) -> Exit {
    signals.and_then(supervisor::run).unwrap_or_else(|error| {
        tracing::error!("the supervisor has failed: {error}");
        Exit::Failed
    })
}

/// Under its own name.
fn own() -> Result<(Arguments, Manner), Exit> {
    let arguments = Arguments::try_parse().map_err(|error| {
        let _ = error.print();
        // Help and version are errors to clap, and go to standard output.
        if error.use_stderr() {
            Exit::Usage
        } else {
            Exit::Done
        }
    })?;
    let manner = Manner::own(&arguments);
    Ok((arguments, manner))
}
