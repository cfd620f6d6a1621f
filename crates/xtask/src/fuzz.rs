//! `cargo xtask fuzz`: a target under libFuzzer, with the stable compiler and without cargo-fuzz.

use crate::project::{Project, cargo};
use clap::Args;
use std::path::Path;
use std::process::Command;

/// What to fuzz and for how long.
#[derive(Args, Debug)]
pub(crate) struct FuzzArguments {
    /// conf, control, decode, ldirectord, machine, message, netlink, recording or world; none: each in turn.
    targets: Vec<String>,
    /// How long each runs.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

const TARGETS: [&str; 9] = [
    "conf",
    "control",
    "decode",
    "ldirectord",
    "machine",
    "message",
    "netlink",
    "recording",
    "world",
];

/// Octets of an input; longer ones only cost time.
const OCTETS_MAX: u32 = 4096;

/// What cargo-fuzz passes to the compiler, all of which the stable one takes.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1";

pub(crate) fn run(arguments: &FuzzArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let unknown = arguments
        .targets
        .iter()
        .find(|name| !TARGETS.contains(&name.as_str()));
    if let Some(unknown) = unknown {
        return Err(format!(
            "no target is called {unknown}; there are {}",
            TARGETS.join(", ")
        ));
    }
    let built = build(&project)?;
    let mut failed = Vec::new();
    for target in TARGETS {
        if !arguments.targets.is_empty() && !arguments.targets.iter().any(|name| name == target) {
            continue;
        }
        println!("== {target} ==");
        if !fuzz(&project, &built, target, arguments.seconds)? {
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(0);
    }
    println!(
        "failed: {}; put what libFuzzer wrote into fuzz/corpus, where `cargo test` replays it",
        failed.join(", ")
    );
    Ok(1)
}

/// With a target triple, so that build scripts are not instrumented.
fn build(project: &Project) -> Result<std::path::PathBuf, String> {
    let version = Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(|e| format!("rustc: {e}"))?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("rustc -vV names no host")?;
    let target = project.target.join("fuzz");
    let status = Command::new(cargo())
        .args([
            "build",
            "--release",
            "--package",
            "vrrp-fuzz",
            "--features",
            "libfuzzer",
        ])
        .args(["--target", host])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", INSTRUMENTED)
        .current_dir(&project.root)
        .status()
        .map_err(|e| format!("cargo build could not be started: {e}"))?;
    if status.success() {
        Ok(target.join(host).join("release"))
    } else {
        Err("the fuzz targets cannot be built; libFuzzer needs a C++ compiler".to_owned())
    }
}

/// New inputs go under `target/`; the kept ones are only read.
fn fuzz(project: &Project, built: &Path, target: &str, seconds: u32) -> Result<bool, String> {
    let found = project.target.join("fuzz-corpus").join(target);
    std::fs::create_dir_all(&found).map_err(|e| format!("{}: {e}", found.display()))?;
    let status = Command::new(built.join(target))
        .arg(&found)
        .arg(project.root.join("fuzz/corpus").join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={OCTETS_MAX}"))
        .args(["-timeout=20", "-print_final_stats=1"])
        .current_dir(&found)
        .status()
        .map_err(|e| format!("{target} could not be started: {e}"))?;
    Ok(status.success())
}
