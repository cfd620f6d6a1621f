//! `cargo xtask keywords`: what is written from the one table of words, and whether it is what the table says now.

mod describe;
mod markdown;
mod roff;

use crate::project::{Project, cargo};
use clap::Args;
use std::path::Path;
use std::process::Command;

/// What may be asked for.
#[derive(Args, Debug)]
pub(crate) struct KeywordsArguments {
    /// Write nothing: complain about what is not as it would be written.
    #[arg(long)]
    check: bool,
}

/// What tells the tests of the programs to compare their manual pages (`check`) or to write them (`write`).
pub(crate) const MAN_PAGES: &str = "MAN_PAGES";

pub(crate) fn run(arguments: &KeywordsArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let stale = stale(&project.root);
    if arguments.check {
        for (path, _) in &stale {
            println!("{}", complaint(path));
        }
    } else {
        for (path, text) in &stale {
            write(&project.root.join(path), text)?;
        }
    }
    let programs = programs(&project, if arguments.check { "check" } else { "write" })?;
    Ok(u8::from(!programs || (arguments.check && !stale.is_empty())))
}

/// The step of `cargo xtask test`; the pages of the programs are compared by their tests.
pub(crate) fn check(project: &Project) -> Result<(), String> {
    let stale = stale(&project.root);
    for (path, _) in &stale {
        println!("   {}", complaint(path));
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("{} stale pages", stale.len()))
    }
}

fn complaint(path: &str) -> String {
    format!("{path} is stale: `cargo xtask keywords` writes it")
}

/// The pages that are not what the table says, with what they should be.
fn stale(root: &Path) -> Vec<(&'static str, String)> {
    let pages = [
        ("docs/keepalived.md", markdown::page()),
        ("man/vrrpd.conf.5", roff::page()),
    ];
    let differs = |(path, text): &(&str, String)| {
        std::fs::read_to_string(root.join(path)).map_or(true, |found| found != *text)
    };
    pages.into_iter().filter(differs).collect()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(problem)?;
    }
    std::fs::write(path, text).map_err(problem)?;
    println!("written: {}", path.display());
    Ok(())
}

/// Only the programs know their command lines: their own tests compare or write `man/*.8`.
fn programs(project: &Project, what: &str) -> Result<bool, String> {
    let words = [
        "test",
        "--quiet",
        "--package",
        "vrrpd",
        "--package",
        "vrrpctl",
        "--bins",
        "man_page",
    ];
    let status = Command::new(cargo())
        .args(words)
        .env(MAN_PAGES, what)
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("cargo test could not be started: {e}"))?;
    Ok(status.success())
}
