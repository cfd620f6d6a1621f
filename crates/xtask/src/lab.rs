//! `cargo xtask demo` and `cargo xtask bench`: build the daemon and the lab, then let the lab do its work.

use crate::project::{Project, cargo};
use crate::{namespaces, needs};
use clap::Args;
use std::ffi::OsString;
use std::process::Command;

/// What the demonstration may be told.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Show the same with keepalived, which must be installed or fetched.
    #[arg(long, default_value = "vrrpd")]
    daemon: String,
    /// Fetch nothing.
    #[arg(long)]
    no_install: bool,
}

/// What the benchmarks may be told.
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {
    /// Fetch nothing.
    #[arg(long)]
    no_install: bool,
    /// Words for `vrrp-lab bench`: failover, rejected, fleet or migration, and their options (`failover --help`).
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, default_values_t = ["--help".to_owned()])]
    words: Vec<String>,
}

pub(crate) fn run(arguments: &DemoArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let words = ["demo", "--daemon", &arguments.daemon, "--configs"].map(OsString::from);
    let mut words = words.to_vec();
    words.extend([
        project.root.join("examples").into(),
        "--out".into(),
        project.target.join("demo").into(),
    ]);
    in_the_lab(&project, !arguments.no_install, &words)
}

pub(crate) fn bench(arguments: &BenchArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let mut words = vec![OsString::from("bench")];
    words.extend(arguments.words.iter().map(OsString::from));
    let asks_for_help = arguments
        .words
        .iter()
        .any(|w| matches!(w.as_str(), "--help" | "-h" | "help"));
    if !asks_for_help && !arguments.words.iter().any(|w| w == "--out") {
        words.extend(["--out".into(), project.target.join("bench").into()]);
    }
    in_the_lab(&project, !arguments.no_install, &words)
}

/// Fetch, build for release, and run `vrrp-lab` with these words.
fn in_the_lab(project: &Project, install: bool, words: &[OsString]) -> Result<u8, String> {
    if let Err(reason) = namespaces::probe() {
        eprintln!("cargo xtask: {reason}");
        return Ok(namespaces::REFUSED);
    }
    println!("== needs ==");
    let fetched = needs::fetch(project, install)?;
    for (program, reason) in &fetched.missing {
        println!("  without {program}: {reason}");
    }
    println!("== build ==");
    let status = Command::new(cargo())
        .args([
            "build",
            "--release",
            "--package",
            "vrrpd",
            "--package",
            "vrrpctl",
            "--package",
            "vrrp-lab",
        ])
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("cargo could not be started: {e}"))?;
    if !status.success() {
        return Err(format!("cargo build failed ({status})"));
    }
    let release = project.target.join("release");
    let status = Command::new(release.join("vrrp-lab"))
        .args(words)
        .env("VRRPD_BIN", release.join("vrrpd"))
        .env("VRRPCTL_BIN", release.join("vrrpctl"))
        .env("PATH", &fetched.path)
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("vrrp-lab could not be started: {e}"))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1))
}
