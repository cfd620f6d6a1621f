//! Everything an operator asks of vrrpd.

mod check;
mod colour;
mod completions;
mod detail;
mod effective;
#[cfg(test)]
mod man_page;
mod overview;
mod plan;
mod replay;
mod simulate;
mod vocabulary;
mod words;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use vrrp_control::{Answer, Ask, AskError, Status, default_socket};

use crate::colour::Colour;

/// Exit codes, also in `--help`.
const DONE: u8 = 0;
const REFUSED: u8 = 1;
const NO_DAEMON: u8 = 3;

/// Ask a running vrrpd, and look into what it recorded.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 done; 1 the daemon refused, there is no such instance, or a file is not as it should be; 2 wrong arguments; 3 no daemon answered. Those of check: see vrrpctl check --help."
)]
struct Arguments {
    /// The control socket of the daemon (vrrpd --control PATH).
    ///
    /// /run/vrrpd/control.sock if not given, with --namespace /run/vrrpd/NAME/control.sock.
    #[arg(long, value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    /// Ask the daemon that works in this network namespace (net_namespace of its file).
    #[arg(short = 's', long, value_name = "NAME", global = true)]
    namespace: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// State of every instance and check; with a name, everything about one instance.
    Status {
        /// One instance of the configuration.
        instance: Option<String>,
        /// The whole answer as JSON; its fields are described with the crate vrrp-control.
        #[arg(long)]
        json: bool,
    },
    /// What keepalived and vrrpd make of keepalived.conf files, and what to do about it. Asks no daemon, changes nothing.
    Check(check::Arguments),
    /// Step through a recording: what happened, what the router made of it, and why. Asks no daemon.
    ///
    /// The core decides everything once more, and a decision that is not as recorded is marked: the exit code is 1 then.
    Replay(replay::Arguments),
    /// What would happen: keepalived.conf files of several nodes in a simulated network. Asks no daemon, touches nothing.
    ///
    /// Who takes over, after how many milliseconds and why, and how long a client of each address gets no answer.
    Simulate(simulate::Arguments),
    /// What is in force by a keepalived.conf, defaults included, and where each value came from. Asks no daemon.
    ///
    /// A password or key is never shown, only how long it is.
    Effective(effective::Arguments),
    /// What a reload from one keepalived.conf to another would do, and what of it interrupts service. Asks no daemon.
    ///
    /// The exit code is 1 where vrrpd would refuse the new file and nothing would change.
    Plan(plan::Arguments),
    /// What a word of the configuration means, its default, and how far it is carried out. Asks no daemon.
    Words(vocabulary::Arguments),
    /// What a shell needs to complete command lines of vrrpctl; for bash: source <(vrrpctl completions bash).
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    ExitCode::from(match &arguments.command {
        Command::Status { instance, json } => {
            let default = || default_socket(arguments.namespace.as_deref());
            let socket = arguments.socket.clone().unwrap_or_else(default);
            status(&socket, instance.as_deref(), *json)
        }
        Command::Check(arguments) => check::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Effective(arguments) => effective::run(arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Words(arguments) => vocabulary::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, Arguments::command()),
    })
}

fn status(socket: &Path, instance: Option<&str>, json: bool) -> u8 {
    match vrrp_control::ask(socket, Ask::Status) {
        Ok(Answer::Status(status)) => show(&status, instance, json),
        Ok(Answer::Error(problem)) => {
            eprintln!("vrrpctl: {}: {}", socket.display(), problem.message);
            REFUSED
        }
        Ok(other) => {
            eprintln!("vrrpctl: {}: unexpected answer {other:?}", socket.display());
            REFUSED
        }
        Err(error) => {
            eprintln!("vrrpctl: {error}");
            match error {
                AskError::Line { .. } => REFUSED,
                _ => NO_DAEMON,
            }
        }
    }
}

fn show(status: &Status, name: Option<&str>, json: bool) -> u8 {
    let chosen = name.map(|name| {
        (
            name,
            status.instances.iter().find(|instance| instance.name == name),
        )
    });
    if let Some((name, None)) = chosen {
        let known: Vec<&str> = status
            .instances
            .iter()
            .map(|instance| instance.name.as_str())
            .collect();
        eprintln!(
            "vrrpctl: no instance {name} runs there; running: {}",
            words::list(&known)
        );
        return REFUSED;
    }
    let instance = chosen.and_then(|(_, instance)| instance);
    let colour = Colour::for_stdout(std::io::stdout().is_terminal());
    let text = match (instance, json) {
        (Some(instance), true) => pretty(instance),
        (None, true) => pretty(status),
        (Some(instance), false) => Ok(detail::render(instance, status, colour)),
        (None, false) => Ok(overview::render(status, colour)),
    };
    match text {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
            REFUSED
        }
    }
}

fn pretty<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

/// A reader that has had enough (`vrrpctl status | head`) is no error.
fn print(text: &str) -> u8 {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("vrrpctl: standard output: {error}");
            REFUSED
        }
        Ok(()) | Err(_) => DONE,
    }
}
