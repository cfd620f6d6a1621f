//! `cargo xtask broken`: a core that is broken on purpose, once a section of the RFCs, must fail tests of that section.
//!
//! The faults are built into a copy of the core, all at once, each behind a switch that an environment variable turns: one
//! build of three test programs, and then a second or less for each fault. The project's own sources hold no switch. A
//! fault whose expression is no longer found exactly once in the core fails the step, so the list cannot rot.

mod breakages;
mod copy;

use crate::conformance;
use crate::project::{Project, cargo};
use breakages::{BREAKAGES, Breakage};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use vrrp_conformance::{Proof, rows};

/// The tests of the core that are written by sections.
const PROGRAMS: [&str; 3] = ["packets", "rfc9568", "rfc3768"];

/// A broken core may run for ever.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run() -> Result<u8, String> {
    check(&Project::read()?).map(|()| 0)
}

/// Builds the copy, sees it pass without a fault, and then each fault found.
pub(crate) fn check(project: &Project) -> Result<(), String> {
    let copy = copy::make(&project.root, &project.target)?;
    let programs = build(&copy)?;
    let sound = failing(&copy, &programs, "")?;
    if !sound.is_empty() {
        return Err(format!("without a fault: {}", words(&sound)));
    }
    let proofs = conformance::of_the_page(&project.root);
    let mut missed = Vec::new();
    for breakage in BREAKAGES {
        let failed = failing(&copy, &programs, breakage.section)?;
        let found: BTreeSet<&String> = failed
            .iter()
            .filter(|test| {
                proofs
                    .iter()
                    .any(|proof| &proof.test == *test && is_of(proof, breakage))
            })
            .collect();
        match found.first() {
            Some(test) => println!(
                "   {:<11} {}: found by {test} and {} others",
                breakage.section,
                breakage.what,
                failed.len() - 1
            ),
            None => {
                println!(
                    "   {:<11} {}: NOT FOUND by a test that proves the section; {}",
                    breakage.section,
                    breakage.what,
                    words(&failed)
                );
                missed.push(breakage.section);
            }
        }
    }
    println!("   {} broken builds, {} not found", BREAKAGES.len(), missed.len());
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "no test of its own section found the fault in {}",
            missed.join(", ")
        ))
    }
}

/// Whether what was proven belongs to the section that is broken.
fn is_of(proof: &Proof, breakage: &Breakage) -> bool {
    let of_id = match breakage.section.split_once(' ') {
        Some(("9568", section)) => format!("V3-{section}-"),
        Some(("3768", section)) => format!("V2-{section}-"),
        _ => return false,
    };
    proof.id.starts_with(&of_id)
        || rows()
            .iter()
            .any(|row| row.id == proof.id && row.source == breakage.section)
}

fn words(tests: &BTreeSet<String>) -> String {
    let some: Vec<&str> = tests.iter().take(5).map(String::as_str).collect();
    format!("{} failed: {}", tests.len(), some.join(", "))
}

/// The test programs of the copy. It has a target folder of its own: cargo names what it builds by paths relative to the
/// workspace, so in a common one the broken core would pass for the sound one.
fn build(copy: &Path) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let mut command = Command::new(cargo());
    command
        .args([
            "test",
            "--quiet",
            "--package",
            "vrrp-core",
            "--no-run",
            "--message-format",
            "json",
        ])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"));
    for program in PROGRAMS {
        command.args(["--test", program]);
    }
    let output = command
        .output()
        .map_err(|e| format!("cargo test could not be started: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "the broken core cannot be built: {}",
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned))
                .chain([String::from_utf8_lossy(&output.stderr).into_owned()])
                .collect::<String>()
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages: Vec<serde_json::Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    PROGRAMS
        .iter()
        .map(|program| {
            let built = messages.iter().find_map(|message| {
                let ours = message["target"]["name"] == *program;
                message["executable"].as_str().filter(|_| ours).map(PathBuf::from)
            });
            built
                .map(|path| (*program, path))
                .ok_or_else(|| format!("cargo built no {program}"))
        })
        .collect()
}

/// The tests that fail with this fault, as the page names them.
fn failing(
    copy: &Path,
    programs: &[(&'static str, PathBuf)],
    section: &str,
) -> Result<BTreeSet<String>, String> {
    let mut failed = BTreeSet::new();
    for (name, program) in programs {
        let log = copy.join(format!("{name}.log"));
        let said = |e: std::io::Error| format!("{}: {e}", log.display());
        let mut child = Command::new(program)
            .current_dir(copy.join("vrrp-core"))
            .env(copy::CHOSEN, section)
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env_remove(vrrp_conformance::FOLDER)
            .stdin(Stdio::null())
            .stdout(File::create(&log).map_err(said)?)
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{}: {e}", program.display()))?;
        let end = Instant::now() + PATIENCE;
        let ended = loop {
            match child.try_wait().map_err(said)? {
                Some(status) => break Some(status),
                None if Instant::now() > end => break None,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        if ended.is_none() {
            child.kill().and_then(|()| child.wait()).map_err(said)?;
        }
        if section.is_empty() && !ended.is_some_and(|status| status.success()) {
            // A sound core that hangs or aborts names no test that failed.
            failed.insert(format!("vrrp-core {name} as a whole"));
        }
        let text = std::fs::read_to_string(&log).map_err(said)?;
        failed.extend(text.lines().filter_map(|line| {
            let test = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
            Some(format!("vrrp-core {name}::{test}"))
        }));
    }
    Ok(failed)
}
