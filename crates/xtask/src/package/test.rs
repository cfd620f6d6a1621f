//! `cargo xtask package-test`: docs/install.md, typed on two clean Debian nodes, from the package to nothing left; and docs/migration.md
//! on two that have Debian's keepalived.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;

use super::page::{Typed, typed};
use super::{newest, node, root};
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
    let mut play = |page: &str, script: &str, keepalived: Option<&Path>| -> Result<(), String> {
        let code = play(script, &clean, &deb, &work, keepalived)?;
        failed |= code != 0;
        println!(
            "package-test {page}: {}",
            if code == 0 { "passed" } else { "FAILED" }
        );
        Ok(())
    };
    play(INSTALL, &script("", &install, node::LEFT), None)?;
    match root::keepalived(&project, &clean, !arguments.no_install) {
        Ok(debs) => play(
            MIGRATION,
            &script(node::KEEPALIVED, &migration, node::MIGRATED),
            Some(&debs),
        )?,
        Err(why) => println!("SKIP package-test-migration: {why}"),
    }
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

/// In namespaces of its own; what it starts ends with it.
fn play(
    script: &str,
    clean: &Path,
    deb: &Path,
    work: &Path,
    keepalived: Option<&Path>,
) -> Result<i32, String> {
    let mut command = Command::new("unshare");
    if let Some(folder) = keepalived {
        command.env("KEEPALIVED", folder);
    }
    let status = command
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
        ])
        .args(["bash", "-c", script])
        .env("ROOT", clean)
        .env("DEB", deb)
        .env("WORK", work)
        .env("LIST", node::LIST)
        .env("SYSTEMCTL", node::SYSTEMCTL)
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("unshare could not be started: {e}"))?;
    Ok(status.code().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_quote_within_quotes() {
        assert_eq!(quoted("cat <<'EOF'"), r"'cat <<'\''EOF'\'''");
    }
}
