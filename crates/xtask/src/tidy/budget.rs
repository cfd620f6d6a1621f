//! How many crates a user compiles: counted by `cargo tree -e normal` with default features.

use crate::project::{Project, cargo};
use std::collections::BTreeSet;
use std::process::Command;

/// Package and the crates it may bring along, itself not counted.
/// vrrpd: about 120, what asks for pages and echoes by itself, and what tells systemd how it is, and virtual servers.
const BUDGET: &[(&str, usize)] = &[
    ("vrrp-core", 0),
    ("vrrp-net", 60),
    ("vrrp-ipvs", 12),
    ("vrrpd", 129),
];

/// Libraries, which must not choose these for the program that uses them.
const LIBRARIES: [&str; 8] = [
    "vrrp-core",
    "vrrp-net",
    "vrrp-healthcheck",
    "keepalived-conf",
    "ldirectord-conf",
    "vrrp-sim",
    "vrrp-recording",
    "vrrp-ipvs",
];

/// TLS stacks, terminal and web libraries.
const NOT_IN_A_LIBRARY: [&str; 14] = [
    "rustls",
    "ring",
    "aws-lc-rs",
    "openssl",
    "native-tls",
    "ratatui",
    "crossterm",
    "comfy-table",
    "axum",
    "warp",
    "actix-web",
    "reqwest",
    "tonic",
    "rocket",
];

pub(super) fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    for (package, most) in BUDGET {
        let tree = tree(project, package)?;
        println!("   {package}: {} crates, at most {most}", tree.len());
        if tree.len() > *most {
            complaints.push(format!("{package} brings {} crates, at most {most}", tree.len()));
        }
    }
    for library in LIBRARIES {
        let tree = tree(project, library)?;
        for unwanted in NOT_IN_A_LIBRARY.iter().filter(|name| tree.contains(**name)) {
            complaints.push(format!(
                "{library} brings {unwanted} into a default build: make it a feature"
            ));
        }
    }
    Ok(complaints)
}

/// Names of the crates below a package, itself excluded.
fn tree(project: &Project, package: &str) -> Result<BTreeSet<String>, String> {
    let output = Command::new(cargo())
        .args([
            "tree",
            "--quiet",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .current_dir(&project.root)
        .output()
        .map_err(|e| format!("cargo tree could not be started: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo tree: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(names(&String::from_utf8_lossy(&output.stdout), package))
}

/// `serde v1.0.229 (*)` gives `serde`; two versions of one crate are two crates.
fn names(text: &str, package: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        if name != package && seen.insert(format!("{name} {version}")) && !twice.insert(name.to_owned()) {
            twice.insert(format!("{name} {version}"));
        }
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn each_crate_counts_once_and_two_versions_twice() {
        let text = "vrrpd v0.1.0 (/x)\nserde v1.0.1\nserde v1.0.1 (*)\nbitflags v1.3.2\nbitflags v2.9.0\n";
        let found = names(text, "vrrpd");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.contains("serde"));
    }
}
