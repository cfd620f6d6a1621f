//! The tools that make packages: on the search path, or built into `target/tools` in the version that is asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, cargo, find_program, is_executable};

/// A tool in its version.
pub(super) fn find(project: &Project, name: &str, version: &str, install: bool) -> Result<PathBuf, String> {
    let tools = project.target.join("tools");
    let own = tools.join("bin").join(name);
    let places = [
        Some(own.clone()).filter(|path| is_executable(path)),
        find_program(name),
    ];
    let mut others = Vec::new();
    for place in places.into_iter().flatten() {
        match version_of(&place) {
            Some(found) if found == version => return Ok(place),
            found => others.push(format!(
                "{} is {}",
                place.display(),
                found.as_deref().unwrap_or("another")
            )),
        }
    }
    if !install {
        let beside = if others.is_empty() {
            String::new()
        } else {
            format!(" ({})", others.join(", "))
        };
        return Err(format!(
            "{name} {version} is absent and --no-install given{beside}"
        ));
    }
    println!("   {name} {version}: built into {}", tools.display());
    let status = Command::new(cargo())
        .args(["install", "--quiet", "--locked", "--root"])
        .arg(&tools)
        .arg("--target-dir")
        .arg(tools.join("build"))
        .arg(format!("{name}@{version}"))
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("cargo install could not be started: {e}"))?;
    if status.success() {
        Ok(own)
    } else {
        Err(format!("cargo install {name}@{version} failed ({status})"))
    }
}

/// The last word of `--version`.
fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next()?.split_whitespace().last().map(str::to_owned)
}
