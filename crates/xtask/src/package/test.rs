//! `cargo xtask package-test`: docs/install.md, typed on two clean Debian nodes, from the package to nothing left.

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

/// What stands in the package's name for this machine.
const PAGE: &str = "docs/install.md";

pub(crate) fn run(arguments: &TestArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let page = std::fs::read_to_string(project.root.join(PAGE)).map_err(|e| format!("{PAGE}: {e}"))?;
    let typed = typed(&page).map_err(|e| format!("{PAGE}: {e}"))?;
    let deb = newest(&project.target.join("dist"), "deb")?;
    let name = deb.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !page.contains(name) {
        return Err(format!(
            "{PAGE} does not name {name}, which is what there is to install"
        ));
    }
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
    let code = play(&script(&typed), &clean, &deb, &work)?;
    println!("package-test: {}", if code == 0 { "passed" } else { "FAILED" });
    Ok(u8::from(code != 0))
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

/// One script for the stage, the page, and what is left.
fn script(typed: &[Typed]) -> String {
    let mut text = node::SETUP.to_owned();
    for one in typed {
        let expects = one.expects.as_deref().unwrap_or_default();
        let words = [one.node, &one.command, expects].map(quoted);
        text.push_str(&format!("typed {}\n", words.join(" ")));
    }
    text + node::LEFT
}

/// For the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// In namespaces of its own; what it starts ends with it.
fn play(script: &str, clean: &Path, deb: &Path, work: &Path) -> Result<i32, String> {
    let status = Command::new("unshare")
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
