//! The tools that make packages: on the search path, or built into `target/tools` in the version that is asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, find_program, is_executable};
use crate::tools;

/// A tool in its version.
pub(super) fn find(project: &Project, name: &str, version: &str, install: bool) -> Result<PathBuf, String> {
    let places = [
        Some(tools::place(project, name)).filter(|path| is_executable(path)),
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
    tools::build(project, name, version, &[])
}

/// The last word of `--version`.
fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next()?.split_whitespace().last().map(str::to_owned)
}
