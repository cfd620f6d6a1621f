//! Programs that cargo builds into `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use crate::project::{Project, cargo};

/// Where a tool stands once it was built.
pub(crate) fn place(project: &Project, name: &str) -> PathBuf {
    project.target.join("tools/bin").join(name)
}

/// Builds a tool in its version.
pub(crate) fn build(project: &Project, name: &str, version: &str, flags: &[&str]) -> Result<PathBuf, String> {
    let tools = project.target.join("tools");
    println!("   {name} {version}: built into {}", tools.display());
    let status = Command::new(cargo())
        .args(["install", "--quiet", "--locked"])
        .args(flags)
        .arg("--root")
        .arg(&tools)
        .arg("--target-dir")
        .arg(tools.join("build"))
        .arg(format!("{name}@{version}"))
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("cargo install could not be started: {e}"))?;
    if status.success() {
        Ok(place(project, name))
    } else {
        Err(format!("cargo install {name}@{version} failed ({status})"))
    }
}
