//! `vrrp-lab`: benchmarks and the demonstration, in namespaces that vanish with it.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use vrrp_lab::private::{self, Place};
use vrrp_lab::{LabError, bench, demo};

/// Nodes, a switch and a client in network namespaces.
#[derive(Parser, Debug)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand, Debug)]
enum Task {
    /// Benchmarks, every daemon in the same lab.
    #[command(subcommand)]
    Bench(Bench),
    /// Power cut, return and planned stop of the tutorials' pair, as a picture.
    Demo(demo::Arguments),
}

#[derive(Subcommand, Debug)]
enum Bench {
    /// The outage that a client sees.
    Failover(bench::failover::Arguments),
    /// Packets that must be rejected, few and many.
    Rejected(bench::rejected::Arguments),
    /// 255 and 1,020 virtual routers.
    Fleet(bench::fleet::Arguments),
    /// From keepalived to vrrpd and back, node by node.
    Migration(bench::migration::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let code = match private::enter() {
        Ok(Place::Finished(code)) => code,
        Ok(Place::Inside) => match run(&arguments.task) {
            Ok(()) => 0,
            Err(error) => complain(&error, 1),
        },
        Err(refusal) => complain(&refusal, private::REFUSED),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn complain(error: &LabError, code: i32) -> i32 {
    eprintln!("vrrp-lab: {error}");
    code
}

fn run(task: &Task) -> Result<(), LabError> {
    match task {
        Task::Bench(Bench::Failover(arguments)) => bench::failover::run(arguments),
        Task::Bench(Bench::Rejected(arguments)) => bench::rejected::run(arguments),
        Task::Bench(Bench::Fleet(arguments)) => bench::fleet::run(arguments),
        Task::Bench(Bench::Migration(arguments)) => bench::migration::run(arguments),
        Task::Demo(arguments) => demo::run(arguments),
    }
}
