//! The libraries as crates.io would take them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Trouble, succeed};
use crate::project::{Project, cargo};

/// What is meant for other people's programs, what depends on nothing else first.
pub(crate) const LIBRARIES: [&str; 8] = [
    "vrrp-core",
    "vrrp-net",
    "vrrp-healthcheck",
    "keepalived-conf",
    "ldirectord-conf",
    "vrrp-recording",
    "vrrp-sim",
    "vrrp-ipvs",
];

/// What has to be in a crate's archive.
const FILES: [&str; 4] = ["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Their archives, made against each other as they would be published.
pub(super) fn pack(project: &Project) -> Result<PathBuf, Trouble> {
    let mut command = Command::new(cargo());
    command.args(["package", "--quiet", "--no-verify", "--allow-dirty"]);
    for library in LIBRARIES {
        command.args(["--package", library]);
    }
    succeed(command.current_dir(&project.root))?;
    Ok(project.target.join("package"))
}

/// What is in the archive of one of them.
pub(super) fn list(project: &Project, library: &str) -> Result<PathBuf, Trouble> {
    let mut command = Command::new(cargo());
    command.args(["package", "--list", "--allow-dirty", "--package", library]);
    let list = succeed(command.current_dir(&project.root))?;
    let list = String::from_utf8_lossy(&list).into_owned();
    let missing: Vec<&str> = FILES
        .into_iter()
        .filter(|file| !list.lines().any(|line| line == *file))
        .collect();
    if !missing.is_empty() {
        return Err(Trouble::Failed(format!(
            "its archive lacks {}",
            missing.join(", ")
        )));
    }
    Ok(PathBuf::from(format!("{} files", list.lines().count())))
}

/// What a library's page on crates.io and docs.rs is made from, and is not said in its Cargo.toml.
pub(crate) fn unsaid(project: &Project) -> Vec<String> {
    let packages = project.metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut complaints = Vec::new();
    for library in LIBRARIES {
        let Some(package) = packages.iter().find(|package| package["name"] == library) else {
            complaints.push(format!("{library} is no package of this workspace"));
            continue;
        };
        for field in ["description", "license", "repository", "readme", "rust_version"] {
            if package[field].as_str().is_none_or(str::is_empty) {
                complaints.push(format!("{library}: its Cargo.toml says no {field}"));
            }
        }
        for list in ["keywords", "categories"] {
            if package[list].as_array().is_none_or(Vec::is_empty) {
                complaints.push(format!("{library}: its Cargo.toml says no {list}"));
            }
        }
        if package["metadata"]["docs"]["rs"] == Value::Null {
            complaints.push(format!(
                "{library}: its Cargo.toml has no [package.metadata.docs.rs]"
            ));
        }
    }
    complaints
}
