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
    /// nginx dies on the Active node, vrrpd beside keepalived.
    Nginx(bench::nginx::Arguments),
    /// What many checks do to the advertisements.
    Checks(bench::checks::Arguments),
    /// What scripts and built-in checks cost, vrrpd beside keepalived.
    Cost(bench::cost::Arguments),
    /// What looking at a thousand virtual routers costs: status, and clients that follow the events.
    Control(bench::control::Arguments),
    /// A supervised router's process that dies, beside a planned stop.
    Crash(bench::crash::Arguments),
    /// What a client notices of a switchover, of maintenance, and of a roll-back.
    Switchover(bench::switchover::Arguments),
    /// Requests lost by the pair of `examples/nginx-pair`, and what a hook before a planned hand-over saves.
    Load(bench::load::Arguments),
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
        Task::Bench(Bench::Nginx(arguments)) => bench::nginx::run(arguments),
        Task::Bench(Bench::Checks(arguments)) => bench::checks::run(arguments),
        Task::Bench(Bench::Cost(arguments)) => bench::cost::run(arguments),
        Task::Bench(Bench::Control(arguments)) => bench::control::run(arguments),
        Task::Bench(Bench::Crash(arguments)) => bench::crash::run(arguments),
        Task::Bench(Bench::Switchover(arguments)) => bench::switchover::run(arguments),
        Task::Bench(Bench::Load(arguments)) => bench::load::run(arguments),
        Task::Demo(arguments) => demo::run(arguments),
    }
}
