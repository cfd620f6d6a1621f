//! `cargo xtask package`: what a user installs, under `target/dist`. `cargo xtask package-test`: whether that works, in a clean
//! Debian, by the commands of docs/install.md.

mod archive;
mod bare;
pub(crate) mod library;
mod musl;
mod node;
mod page;
mod root;
mod rpm;
mod test;
mod tool;

pub(crate) use test::{TestArguments, run as test};

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::project::{Project, cargo};

/// What a packaged daemon can do: everything.
const FEATURES: &str = "vrrpd/tls,vrrpd/dns,vrrpd/http2,vrrpd/mail,vrrpd/webhook,vrrpd/metrics,vrrpctl/tls,vrrpctl/dns,vrrpctl/http2";

/// The versions that the metadata is written for.
const CARGO_DEB: &str = "3.8.0";
const CARGO_GENERATE_RPM: &str = "0.21.1";

/// How packages are made.
#[derive(Args, Debug)]
pub(crate) struct PackageArguments {
    /// Pack the programs that are in target/release.
    #[arg(long)]
    no_build: bool,
    /// Fetch nothing: what needs a tool that is absent is skipped by name.
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &PackageArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let dist = project.target.join("dist");
    std::fs::create_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    let mut failed = false;
    let mut report = |what: &str, outcome: Result<PathBuf, Trouble>| match outcome {
        Ok(path) => println!("   {what}: {}", path.display()),
        Err(Trouble::Skipped(why)) => println!("SKIP {what}: {why}"),
        Err(Trouble::Failed(why)) => {
            failed = true;
            println!("   {what}: FAILED: {why}");
        }
    };
    if !arguments.no_build {
        build(&project)?;
    }
    completions(&project)?;
    let install = !arguments.no_install;
    report("deb", deb(&project, &dist, install));
    report("rpm", rpm(&project, &dist, install));
    let release = project.target.join("release");
    report("tar.gz", archive::make(&project, &dist, &release, "gnu"));
    let fixed = musl::programs(&project, !arguments.no_build, install);
    report(
        "static tar.gz",
        fixed.and_then(|programs| archive::make(&project, &dist, &programs, "musl")),
    );
    for library in library::LIBRARIES {
        report(library, library::list(&project, library));
    }
    report("libraries", library::pack(&project));
    println!("SKIP semver: no version of a library is published that this one could be compared with");
    Ok(u8::from(failed))
}

/// Why something is not there.
enum Trouble {
    Skipped(String),
    Failed(String),
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

fn build(project: &Project) -> Result<(), String> {
    let words = ["build", "--release", "--package", "vrrpd", "--package", "vrrpctl"];
    let mut command = Command::new(cargo());
    command.args(words).args(["--features", FEATURES]);
    succeed(command.current_dir(&project.root)).map(drop)
}

/// For each shell, by the name that it looks for.
fn completions(project: &Project) -> Result<(), String> {
    let release = project.target.join("release");
    let folder = release.join("completions");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (shell, name) in [("bash", "vrrpctl"), ("zsh", "_vrrpctl"), ("fish", "vrrpctl.fish")] {
        let text = succeed(Command::new(release.join("vrrpctl")).args(["completions", shell]))?;
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn deb(project: &Project, dist: &Path, install: bool) -> Result<PathBuf, Trouble> {
    let program = tool::find(project, "cargo-deb", CARGO_DEB, install).map_err(Trouble::Skipped)?;
    let mut command = Command::new(program);
    command
        .args(["--no-build", "--strip", "--package", "vrrpd", "--output"])
        .arg(dist);
    let said = succeed(
        command
            .env("CARGO_TARGET_DIR", &project.target)
            .current_dir(&project.root),
    )?;
    made(&said, dist)
}

fn rpm(project: &Project, dist: &Path, install: bool) -> Result<PathBuf, Trouble> {
    let program =
        tool::find(project, "cargo-generate-rpm", CARGO_GENERATE_RPM, install).map_err(Trouble::Skipped)?;
    // It strips nothing.
    let stripped = archive::stripped(project, &project.target.join("release"), "stripped-gnu")?;
    let mut command = Command::new(program);
    command
        .args(["--package", "bins/vrrpd", "--target-dir"])
        .arg(stripped);
    command.arg("--output").arg(dist);
    succeed(command.current_dir(&project.root))?;
    newest(dist, "rpm").map_err(Trouble::from)
}

/// cargo-deb says what it has made.
fn made(said: &[u8], dist: &Path) -> Result<PathBuf, Trouble> {
    let said = String::from_utf8_lossy(said);
    let named = said.lines().rev().map(PathBuf::from).find(|path| path.is_file());
    match named {
        Some(path) => Ok(path),
        None => newest(dist, "deb").map_err(Trouble::from),
    }
}

/// The newest file of a kind.
fn newest(folder: &Path, extension: &str) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let of_kind = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    let newest = of_kind.max_by_key(|path| path.metadata().and_then(|found| found.modified()).ok());
    newest.ok_or_else(|| {
        format!(
            "there is no .{extension} in {}: `cargo xtask package` makes it",
            folder.display()
        )
    })
}

/// What a command that succeeds writes; its last line where it fails.
fn succeed(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|e| format!("{name} could not be started: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines
        .iter()
        .rev()
        .take(3)
        .rev()
        .copied()
        .collect::<Vec<_>>()
        .join(" / ");
    Err(format!("{name} ({}): {last}", output.status))
}
