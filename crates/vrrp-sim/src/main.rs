//! `vrrp-sim`: named situations, and worlds out of seeds.

mod many;
mod record;
mod searches;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use vrrp_core::Interval;
use vrrp_sim::scenario::Scenario;
use vrrp_sim::{RandomWorld, World};

use many::{Kind, Many};
use record::Wish;

/// A million routers for a quarter of an hour, or eleven days of a thousand.
const NIGHTLY_ROUTER_SECONDS: u64 = 1_000_000_000;

/// Simulates VRRP in virtual time: the same arguments always give the same story.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the named scenarios
    List,
    /// Run a scenario, or all of the library, and print what happened
    Run {
        /// As `list` names them, or files in TOML; none: all
        names: Vec<String>,
        /// Advertisement interval in centiseconds, 1 to 4095
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=4095))]
        interval_cs: u16,
        /// Decides what is lost where frames can be lost
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print the periodic traffic too
        #[arg(long)]
        all: bool,
        /// Write what a node was told and decided, for `vrrpctl replay`; one scenario only
        #[arg(long, value_name = "NODE=FILE", value_parser = record::wish)]
        record: Vec<Wish>,
    },
    /// Run random worlds, and of each seed a drill of one theme, and check them; prints the seed of the first that breaks an invariant
    Random {
        /// First seed; each world takes the next
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// At most so many worlds; 1000, or no such limit where it is for a number of router-seconds
        #[arg(long)]
        count: Option<u64>,
        /// Nodes of each world
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=200))]
        nodes: u8,
        /// Gateways with a sync group over two LANs instead of single routers
        #[arg(long)]
        groups: bool,
        /// End after so many simulated seconds, those of each router counted by themselves
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        router_seconds: Option<u64>,
        /// As --router-seconds 1000000000: hours
        #[arg(long, conflicts_with = "router_seconds")]
        nightly: bool,
        /// Threads
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
        jobs: u8,
    },
    /// Visit every state that a named budget of faults allows, and check each
    Explore {
        /// As `explore --list` names them; none: all that are not large
        names: Vec<String>,
        /// The large ones too
        #[arg(long)]
        large: bool,
        /// List the searches
        #[arg(long)]
        list: bool,
    },
    /// Run one random world again and print what happened
    Replay {
        /// The seed that was printed
        #[arg(long)]
        seed: u64,
        /// Nodes, as printed
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=200))]
        nodes: u8,
        /// As printed
        #[arg(long)]
        groups: bool,
        /// As printed: the drill of the seed
        #[arg(long, conflicts_with = "groups")]
        drill: bool,
        /// Print the periodic traffic too
        #[arg(long)]
        all: bool,
        /// Write what a node was told and decided, for `vrrpctl replay`
        #[arg(long, value_name = "NODE=FILE", value_parser = record::wish)]
        record: Vec<Wish>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::List => list(),
        Command::Run {
            names,
            interval_cs,
            seed,
            all,
            record,
        } => run(&names, interval_cs, seed, all, &record),
        Command::Random {
            seed,
            count,
            nodes,
            groups,
            router_seconds,
            nightly,
            jobs,
        } => random(Many {
            seed,
            nodes,
            groups,
            count: count.unwrap_or(if nightly || router_seconds.is_some() {
                u64::MAX
            } else {
                1000
            }),
            router_seconds: router_seconds.unwrap_or(if nightly { NIGHTLY_ROUTER_SECONDS } else { 0 }),
            jobs,
        }),
        Command::Explore { list: true, .. } => {
            searches::list();
            Ok(())
        }
        Command::Explore { names, large, .. } => searches::run(&names, large),
        Command::Replay {
            seed,
            nodes,
            groups,
            drill,
            all,
            record,
        } => {
            let kind = match (groups, drill) {
                (true, _) => Kind::Groups,
                (false, true) => Kind::Drill,
                (false, false) => Kind::World,
            };
            many::world(seed, nodes, kind).and_then(|random| replay(random, all, &record))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("vrrp-sim: {words}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> Result<(), String> {
    for scenario in Scenario::all() {
        println!("{:<18}{}", scenario.name, scenario.about());
    }
    Ok(())
}

fn run(names: &[String], interval_cs: u16, seed: u64, all: bool, record: &[Wish]) -> Result<(), String> {
    let interval = Interval::from_centiseconds(interval_cs).ok_or("an interval of 0")?;
    let chosen = names
        .iter()
        .map(|name| find(name))
        .collect::<Result<Vec<_>, _>>()?;
    let chosen = if chosen.is_empty() {
        Scenario::all().collect()
    } else {
        chosen
    };
    if !record.is_empty() && chosen.len() != 1 {
        return Err("--record is for one scenario: name it".to_owned());
    }
    let mut broken = Vec::new();
    for scenario in chosen {
        println!("# {}: {}", scenario.name, scenario.about());
        let mut world = scenario.world(seed, interval).map_err(|e| e.to_string())?;
        let recordings = record::begin(&mut world, record)?;
        let outcome = scenario.run(&mut world);
        recordings.write()?;
        print_lines(&world, all);
        for client in world.clients() {
            let name = &client.settings().name;
            println!("# {name}: longest outage {} ms", millis(client.longest_outage()));
        }
        println!("# theory at 1 s: {}\n", scenario.theory());
        if let Err(violation) = outcome {
            println!("# BROKEN {violation}\n");
            broken.push(scenario.name.clone());
        }
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(format!("an invariant is broken in {}", broken.join(", ")))
    }
}

/// A file where there is one, else a scenario of the library.
fn find(name: &str) -> Result<Scenario, String> {
    if let Some(scenario) = Scenario::named(name) {
        return Ok(scenario);
    }
    if !name.contains(['/', '.']) {
        return Err(format!(
            "no scenario is called {name}; see `vrrp-sim list`, or name a file"
        ));
    }
    let text = std::fs::read_to_string(name).map_err(|e| format!("{name}: {e}"))?;
    Scenario::parse(name, &text).map_err(|e| e.to_string())
}

fn random(many: Many) -> Result<(), String> {
    println!("{}", many.run()?);
    Ok(())
}

fn replay(mut random: RandomWorld, all: bool, record: &[Wish]) -> Result<(), String> {
    for (_, node) in random.world.nodes() {
        for config in &node.settings().routers {
            println!(
                "# {}: {}, VRID {}, version {}, priority {}, interval {}, preempt {}",
                node.settings().name,
                node.settings().primary,
                config.vrid.get(),
                config.version,
                config.priority,
                config.interval,
                config.preempt
            );
        }
    }
    let recordings = record::begin(&mut random.world, record)?;
    let outcome = random.run();
    recordings.write()?;
    print_lines(&random.world, all);
    outcome.map_err(|violation| violation.to_string())
}

fn print_lines(world: &World, all: bool) {
    if all {
        for line in world.timeline().lines() {
            println!("{line}");
        }
    } else {
        print!("{}", world.timeline());
    }
}

fn millis(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_millis(), duration.as_micros() % 1000)
}
