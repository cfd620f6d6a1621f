//! `cargo xtask demo`: builds the daemon and the lab, then lets the lab tell the story.

use crate::project::{Project, cargo};
use crate::{namespaces, needs};
use clap::Args;
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

pub(crate) fn run(arguments: &DemoArguments) -> Result<u8, String> {
    let project = Project::read()?;
    if let Err(reason) = namespaces::probe() {
        eprintln!("cargo xtask demo: {reason}");
        return Ok(namespaces::REFUSED);
    }
    println!("== needs ==");
    let fetched = needs::fetch(&project, !arguments.no_install)?;
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
        .args(["demo", "--daemon", &arguments.daemon, "--configs"])
        .arg(project.root.join("examples"))
        .arg("--out")
        .arg(project.target.join("demo"))
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
