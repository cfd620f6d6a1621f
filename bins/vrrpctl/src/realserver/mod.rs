//! `vrrpctl realserver`: a real server behind a director that leaves its packets as they are (direct routing) or wraps them
//! (tunnel) takes the virtual addresses without answering for them.
//!
//! Everything that decides is pure (`prepare.rs`, `undo.rs`, over `found.rs` and `memory.rs`); what is to change is written
//! down before it is changed, so that a crash leaves nothing that could not be taken back.

mod finding;
mod found;
mod kernel;
mod memory;
mod prepare;
mod rules;
mod step;
#[cfg(test)]
mod tests;
mod text;
mod undo;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::REFUSED;
use found::Found;
use kernel::Kernel;
use memory::{Memory, Store};
use rules::{Tunnel, Wanted};
use step::Step;
use text::Report;

/// What stands before the name of a file of its own.
const FOLDER: &str = "/run/vrrpctl";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take the virtual addresses, and keep silent about them: ARP is not answered for them, and nothing is asked in their name.
    ///
    /// Doing it twice is no harm, and further addresses join those that are there. After a boot it has to be done again.
    Prepare(Prepare),
    /// Put back what prepare has changed, as far as it is still as it was made.
    Undo(Undo),
    /// Whether everything is still as prepare has made it; the exit code is 1 where it is not.
    Status(Common),
}

#[derive(Debug, Args)]
struct Prepare {
    /// The virtual addresses that the director gives to this machine.
    #[arg(long, value_name = "ADDRESS", required = true, num_args = 1.., value_parser = virtual_address)]
    address: Vec<IpAddr>,
    /// The director wraps the packets (lb_kind TUN, ipip): make tunl0 or ip6tnl0 ready to unwrap them, for gre gre0 or ip6gre0.
    #[arg(long, value_name = "KIND", num_args = 0..=1, default_missing_value = "ipip")]
    tunnel: Option<Tunnel>,
    /// Say what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Undo {
    /// Only these addresses; without it everything.
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_parser = virtual_address)]
    address: Vec<IpAddr>,
    /// Say what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Where it is written down what was there before: /run/vrrpctl/realserver.json if not given, with --namespace
    /// /run/vrrpctl/NAME/realserver.json.
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

fn virtual_address(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| "not an IPv4 or IPv6 address (without prefix length)".to_owned())?;
    let useless = match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.is_unicast_link_local()
        }
    };
    if useless {
        return Err("no address that a director could give out".to_owned());
    }
    Ok(address)
}

/// `namespace` is that of `--namespace`.
pub(crate) fn run(namespace: Option<&str>, arguments: &Arguments) -> u8 {
    let common = match &arguments.command {
        Command::Prepare(wanted) => &wanted.common,
        Command::Undo(wanted) => &wanted.common,
        Command::Status(common) => common,
    };
    let store = Store::new(common.memory.clone().unwrap_or_else(|| file(namespace)));
    let entered = namespace.map_or(Ok(()), |name| {
        vrrp_plan::enter(name).map_err(|error| error.to_string())
    });
    let outcome = entered.and_then(|()| match &arguments.command {
        Command::Prepare(wanted) => prepared(wanted, &store),
        Command::Undo(wanted) => undone(wanted, &store),
        Command::Status(_) => stands(&store),
    });
    match outcome {
        Ok(report) => text::tell(&report, common.json),
        Err(problem) => {
            eprintln!("vrrpctl: {problem}");
            REFUSED
        }
    }
}

fn file(namespace: Option<&str>) -> PathBuf {
    let folder = namespace.map_or_else(|| PathBuf::from(FOLDER), |name| PathBuf::from(FOLDER).join(name));
    folder.join("realserver.json")
}

fn prepared(arguments: &Prepare, store: &Store) -> Result<Report, String> {
    let wanted = Wanted::new(&arguments.address, arguments.tunnel);
    if arguments.dry_run {
        let memory = store.load()?;
        let found = Found::read(&wanted, &memory)?;
        let mut plan = prepare::devices(&wanted, &found, &memory);
        let rest = prepare::rest(&wanted, &found, &plan.memory)?;
        plan.steps.extend(rest.steps);
        return Ok(Report::foretold(store, &plan.steps, rest.notes));
    }
    let mut kernel = Kernel::open()?;
    let _alone = store.lock()?;
    let memory = store.load()?;
    // Nothing is made that could not be used.
    prepare::refusals(&wanted, &Found::read(&wanted, &memory)?, &memory)?;
    let first = prepare::devices(&wanted, &Found::read(&wanted, &memory)?, &memory);
    carry_out(&mut kernel, store, &memory, &first.memory, &first.steps)?;
    let rest = prepare::rest(&wanted, &Found::read(&wanted, &first.memory)?, &first.memory)?;
    carry_out(&mut kernel, store, &first.memory, &rest.memory, &rest.steps)?;
    let steps: Vec<Step> = first.steps.into_iter().chain(rest.steps).collect();
    Ok(Report::done(store, &steps, rest.notes))
}

/// What is to be remembered is written down first.
fn carry_out(
    kernel: &mut Kernel,
    store: &Store,
    before: &Memory,
    memory: &Memory,
    steps: &[Step],
) -> Result<(), String> {
    if memory != before {
        store.save(memory)?;
    }
    for step in steps {
        kernel.carry_out(step).map_err(|why| {
            format!(
                "{step}: {why}; what was changed before it stays and is remembered in {}: remove the cause and say it again, or take it back with `vrrpctl realserver undo`",
                store.path().display()
            )
        })?;
    }
    Ok(())
}

fn undone(arguments: &Undo, store: &Store) -> Result<Report, String> {
    let only = (!arguments.address.is_empty()).then_some(arguments.address.as_slice());
    if arguments.dry_run {
        let memory = store.load()?;
        let plan = undo::plan(&Found::read(&Wanted::default(), &memory)?, &memory, only)?;
        return Ok(Report::foretold(store, &plan.steps, plan.notes));
    }
    let mut kernel = Kernel::open()?;
    let _alone = store.lock()?;
    let memory = store.load()?;
    let plan = undo::plan(&Found::read(&Wanted::default(), &memory)?, &memory, only)?;
    // Forgotten is last: what fails is still known at the next try.
    for step in &plan.steps {
        kernel.carry_out(step).map_err(|why| {
            format!(
                "{step}: {why}; what was put back before it stays so, the rest is remembered in {}: remove the cause and say it again",
                store.path().display()
            )
        })?;
    }
    store.save(&plan.memory)?;
    Ok(Report::done(store, &plan.steps, plan.notes))
}

fn stands(store: &Store) -> Result<Report, String> {
    let memory = store.load()?;
    let wanted = Wanted::of(&memory);
    let found = Found::read(&wanted, &memory)?;
    let lacking = finding::lacking(&wanted, &found, &memory);
    Ok(Report::standing(store, &memory, lacking))
}
