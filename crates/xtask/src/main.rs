//! The project's own chores. `cargo xtask test` proves everything that can be proved on this machine,
//! `cargo xtask demo` shows two nodes passing an address to one another.

mod apt;
mod broken;
mod conformance;
mod fuzz;
mod keywords;
mod lab;
mod listeners;
mod namespaces;
mod needs;
mod package;
mod project;
mod run;
mod sequence;
mod summary;
mod tidy;
mod tools;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The project's own chores.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand, Debug)]
enum Chore {
    /// Format, lints, documentation, licences, tidy checks, unit, property and namespace tests.
    Test(sequence::TestArguments),
    /// Two nodes, a switch and a client: power cut, return and planned stop, with the outage measured.
    Demo(lab::DemoArguments),
    /// Benchmarks beside keepalived in the same lab; results as a table and under target/bench.
    Bench(lab::BenchArguments),
    /// Which tests prove which requirement of the RFCs; writes docs/rfc9568.md.
    Conformance(conformance::ConformanceArguments),
    /// What is written from the table of configuration words: docs/keepalived.md and the manual pages.
    Keywords(keywords::KeywordsArguments),
    /// A core that is broken on purpose, once a section of the RFCs, must fail tests of that section.
    Broken,
    /// Fuzz with libFuzzer; what is found lies under target/fuzz-corpus.
    Fuzz(fuzz::FuzzArguments),
    /// The checks that no existing tool makes: file sizes, crate layers, dependency budget.
    Tidy,
    /// .deb, .rpm and .tar.gz under target/dist, and whether the libraries can be published.
    Package(package::PackageArguments),
    /// Type docs/install.md on two clean Debian nodes, from the package of target/dist to nothing left.
    PackageTest(package::TestArguments),
    /// Fetch what the tests need under target/packages and start nothing.
    Fetch,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(arguments) => sequence::run(&arguments),
        Chore::Demo(arguments) => lab::run(&arguments),
        Chore::Bench(arguments) => lab::bench(&arguments),
        Chore::Conformance(arguments) => conformance::run(&arguments),
        Chore::Keywords(arguments) => keywords::run(&arguments),
        Chore::Broken => broken::run(),
        Chore::Fuzz(arguments) => fuzz::run(&arguments),
        Chore::Tidy => tidy::run(),
        Chore::Package(arguments) => package::run(&arguments),
        Chore::PackageTest(arguments) => package::test(&arguments),
        Chore::Fetch => needs::run(),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(1)
        }
    }
}
