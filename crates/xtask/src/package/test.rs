//! `cargo xtask package-test`: docs/install.md, typed on two clean Debian nodes, from the package to nothing left; and docs/migration.md
//! on two that have Debian's keepalived. The .rpm by rpm, and the static archive where nothing else is.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;

use super::page::{Typed, typed};
use super::{Trouble, bare, newest, node, root, rpm};
use crate::project::{Project, find_program};

/// How the package is tested.
#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Fetch nothing: without a clean Debian from an earlier run it is skipped.
    #[arg(long)]
    no_install: bool,
}

/// From the package to nothing left. It names the package for this machine.
const INSTALL: &str = "docs/install.md";
/// From keepalived to vrrpd.
const MIGRATION: &str = "docs/migration.md";

pub(crate) fn run(arguments: &TestArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let deb = newest(&project.target.join("dist"), "deb")?;
    let install = follow(&project, INSTALL, &deb)?;
    let migration = follow(&project, MIGRATION, &deb)?;
    if let Err(why) = able() {
        println!("SKIP package-test: {why}");
        return Ok(0);
    }
    let clean = match root::find(&project, !arguments.no_install) {
        Ok(clean) => clean,
        Err(why) => {
            println!("SKIP package-test: {why}");
            return Ok(0);
        }
    };
    let work = project.target.join("debian/stage");
    std::fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let mut failed = false;
    let mut report = |what: &str, outcome: Result<(), Trouble>| match outcome {
        Ok(()) => println!("package-test {what}: passed"),
        Err(Trouble::Skipped(why)) => println!("SKIP package-test {what}: {why}"),
        Err(Trouble::Failed(why)) => {
            failed = true;
            println!("package-test {what}: FAILED: {why}");
        }
    };
    let fetch = !arguments.no_install;
    let stage = |script: &str| stage(script, &clean, &work);
    let dist = project.target.join("dist");

    let script_of_page = script("", &install, node::LEFT);
    report(INSTALL, play(stage(&script_of_page).env("DEB", &deb)));
    report(
        "rpm",
        rpm::tool(&project, fetch).and_then(|tool| {
            let package = newest(&dist, "rpm").map_err(Trouble::Skipped)?;
            play(stage(rpm::PLAY).env("RPM", package).env("TOOL", tool))
        }),
    );
    report(
        "static archive",
        bare::archive(&dist).and_then(|archive| play(stage(bare::PLAY).env("ARCHIVE", archive))),
    );
    let script_of_page = script(node::KEEPALIVED, &migration, node::MIGRATED);
    report(
        MIGRATION,
        root::keepalived(&project, &clean, fetch)
            .map_err(Trouble::Skipped)
            .and_then(|debs| play(stage(&script_of_page).env("DEB", &deb).env("KEEPALIVED", debs))),
    );
    Ok(u8::from(failed))
}

/// What is typed on a page, which has to name the package.
fn follow(project: &Project, page: &str, deb: &Path) -> Result<Vec<Typed>, String> {
    let text = std::fs::read_to_string(project.root.join(page)).map_err(|e| format!("{page}: {e}"))?;
    let name = deb.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !text.contains(name) {
        return Err(format!(
            "{page} does not name {name}, which is what there is to install"
        ));
    }
    typed(&text).map_err(|e| format!("{page}: {e}"))
}

/// Whether two roots can be put up here.
fn able() -> Result<(), String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    if uid.and_then(|uid| uid.split_whitespace().nth(1)) != Some("0") {
        return Err("only root can put up a clean Debian".to_owned());
    }
    for program in ["unshare", "ip", "bash", "chroot"] {
        if find_program(program).is_none() {
            return Err(format!("{program} is absent"));
        }
    }
    let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if known.contains("overlay") {
        Ok(())
    } else {
        Err("this kernel has no overlay file system".to_owned())
    }
}

/// One script for the stage, what was there before, the page, and what has to be so behind it.
fn script(before: &str, typed: &[Typed], behind: &str) -> String {
    let mut text = format!("{}{before}", node::SETUP);
    for one in typed {
        let expects = one.expects.as_deref().unwrap_or_default();
        let words = [one.node, &one.command, expects].map(quoted);
        text.push_str(&format!("typed {}\n", words.join(" ")));
    }
    text + behind
}

/// For the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A script in namespaces of its own; what it starts ends with it.
fn stage(script: &str, clean: &Path, work: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
    ]);
    command.args(["bash", "-c", script]).stdin(Stdio::null());
    command.env("ROOT", clean).env("WORK", work);
    command.env("LIST", node::LIST).env("SYSTEMCTL", node::SYSTEMCTL);
    command
}

fn play(stage: &mut Command) -> Result<(), Trouble> {
    let status = stage
        .status()
        .map_err(|e| format!("unshare could not be started: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Trouble::Failed(format!("{status}; the reason stands above")))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_quote_within_quotes() {
        assert_eq!(quoted("cat <<'EOF'"), r"'cat <<'\''EOF'\'''");
    }
}
