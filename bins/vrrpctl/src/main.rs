//! Everything an operator asks of vrrpd.

mod check;
mod colour;
mod completions;
mod detail;
mod digest;
mod doctor;
mod effective;
mod events;
mod explain;
mod fifos;
mod genhash;
#[cfg(test)]
mod man_page;
mod notices;
mod overview;
mod plan;
mod realserver;
mod record;
mod replay;
mod server;
mod servers;
mod simulate;
mod steer;
mod steered;
mod tell;
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
    after_help = "Exit codes: 0 done; 1 the daemon refused, there is no such instance, a hand-over was rolled back, or a file is not as it should be; 2 wrong arguments; 3 no daemon answered. Those of check and doctor: see their --help."
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
    /// Why an instance is Active or not, in a sentence, with what bars it and what to do.
    Explain(explain::Arguments),
    /// What has happened, and why: changes of state, checks, addresses, reloads; with --follow also what happens now.
    Events(events::Arguments),
    /// Say how an application is, by a vrrp_check with PUSH; it has to be said again within its ttl.
    ///
    /// For root, the user of the daemon, and whom the check names.
    Push(tell::Push),
    /// Whether what a check finds counts: normal, a dry run, or maintenance. It outlives a reload, and `status` shows it.
    CheckMode(tell::Mode),
    /// Hand over to another router while the addresses still answer here; rolled back where nobody takes over.
    ///
    /// The answer says to whom it went and after how long, or why not; the exit code is 1 then. Afterwards the instance
    /// competes with priority 1 until --undo, or until its successor is lost.
    Switchover(steer::Switchover),
    /// Give everything away, and take over only where no other router is alive.
    ///
    /// It outlives a reload and a new start of the daemon, not a boot. The exit code is 1 where something could not be given
    /// away because nobody took over: it stays here, and goes to the first router that comes.
    Maintenance(steer::Maintenance),
    /// Move the base priority of an instance while it runs: priority VI_1 -20 for 10m.
    ///
    /// Limited to 1 to 254; what is tracked adds to it as always. It outlives a reload, not a new start of the daemon.
    Priority(steer::Priority),
    /// Read the configuration again, as at SIGHUP, and say what that did, or why it was refused.
    ///
    /// The exit code is 1 where it was refused, and then nothing has changed; 4 where the file is in force and the kernel has refused
    /// something of its virtual servers.
    Reload(steer::Reload),
    /// Write down what the routers of a running daemon are told and decide, for `replay`: record start FILE, stop, status.
    ///
    /// It begins with every router as it is, and ends with `stop`, with its limit, or with the daemon. The daemon makes the
    /// file, with mode 0600, where none is. `vrrpd --record` records from the start on.
    Record(record::Arguments),
    /// Virtual servers and the real servers behind them: weight, connections, rates, and why one is out.
    Servers(servers::Arguments),
    /// Take a real server out of service while it runs, or put it back: server drain 192.0.2.10, enable, weight.
    ///
    /// It outlives a reload, not a new start of the daemon.
    Server(server::Arguments),
    /// What keepalived and vrrpd make of keepalived.conf files, and what to do about it. Asks no daemon, changes nothing.
    Check(check::Arguments),
    /// Whether this machine and its network let a virtual router do its work: permissions, settings of the kernel, packet
    /// filters, what really comes in, who else uses its VRID or its addresses. Changes nothing.
    ///
    /// Of a running daemon, or with -f of a file before the first start. As root; without, what cannot be checked is said.
    Doctor(doctor::Arguments),
    /// Step through a recording: what happened, what the router made of it, and why. Asks no daemon.
    ///
    /// The core decides everything once more, and a decision that is not as recorded is marked: the exit code is 1 then.
    Replay(replay::Arguments),
    /// What would happen: keepalived.conf files of several nodes in a simulated network. Asks no daemon, touches nothing.
    ///
    /// Who takes over, after how many milliseconds and why, and how long a client of each address gets no answer.
    Simulate(simulate::Arguments),
    /// What is in force by a keepalived.conf or an ldirectord.cf, defaults included, and where each value came from. Asks no daemon.
    ///
    /// A password or key is never shown, only how long it is.
    Effective(effective::Arguments),
    /// What a reload from one keepalived.conf to another would do, and what of it interrupts service. Asks no daemon.
    ///
    /// The exit code is 1 where vrrpd would refuse the new file and nothing would change.
    Plan(plan::Arguments),
    /// The MD5 digest of a page, as `digest` of a url in HTTP_GET wants it; keepalived's genhash. Asks no daemon.
    ///
    /// Over https the certificate is not verified: the digest is against change, not against an attacker.
    Digest(digest::Arguments),
    /// Make this machine a real server of a director that uses direct routing or a tunnel: it takes the virtual addresses
    /// without answering for them (docs/virtual-servers.md). Asks no daemon.
    #[command(name = "realserver")]
    RealServer(realserver::Arguments),
    /// What a word of the configuration means, its default, and how far it is carried out. Asks no daemon.
    Words(vocabulary::Arguments),
    /// What a shell needs to complete command lines of vrrpctl; for bash: source <(vrrpctl completions bash).
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    if genhash::is_called() {
        return ExitCode::from(genhash::run());
    }
    let arguments = Arguments::parse();
    ExitCode::from(match &arguments.command {
        Command::Status { instance, json } => status(&socket(&arguments), instance.as_deref(), *json),
        Command::Explain(explain) => explain::run(&socket(&arguments), explain),
        Command::Events(arguments_of) => events::run(&socket(&arguments), arguments_of),
        Command::Push(push) => tell::push(&socket(&arguments), push),
        Command::CheckMode(mode) => tell::check_mode(&socket(&arguments), mode),
        Command::Switchover(wanted) => steer::switchover(&socket(&arguments), wanted),
        Command::Maintenance(wanted) => steer::maintenance(&socket(&arguments), wanted),
        Command::Priority(wanted) => steer::priority(&socket(&arguments), wanted),
        Command::Reload(wanted) => steer::reload(&socket(&arguments), wanted),
        Command::Record(arguments_of) => record::run(&socket(&arguments), arguments_of),
        Command::Servers(wanted) => servers::run(&socket(&arguments), wanted),
        Command::Server(wanted) => server::run(&socket(&arguments), wanted),
        Command::Check(arguments) => check::run(arguments),
        Command::Doctor(doctor) => doctor::run(&socket(&arguments), doctor),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Effective(arguments) => effective::run(arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Digest(arguments) => digest::run(arguments),
        Command::RealServer(wanted) => realserver::run(arguments.namespace.as_deref(), wanted),
        Command::Words(arguments) => vocabulary::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, Arguments::command()),
    })
}

fn socket(arguments: &Arguments) -> PathBuf {
    let default = || default_socket(arguments.namespace.as_deref());
    arguments.socket.clone().unwrap_or_else(default)
}

fn status(socket: &Path, instance: Option<&str>, json: bool) -> u8 {
    match vrrp_control::ask(socket, Ask::Status) {
        Ok(Answer::Status(status)) => show(&status, instance, json),
        other => refused(socket, other),
    }
}

/// Says why there is not the answer that was asked for.
fn refused(socket: &Path, answer: Result<Answer, AskError>) -> u8 {
    match answer {
        Ok(Answer::Error(problem)) => {
            // It may have several lines, and quote what a client or a file has said.
            let lines: Vec<String> = problem.message.lines().map(words::clean).collect();
            eprintln!("vrrpctl: {}: {}", socket.display(), lines.join("\n"));
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
