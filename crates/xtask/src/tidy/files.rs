//! Rules on single source files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file longer than this has more than one duty.
const LINES_MAX: usize = 500;

/// The keyword table is one list and may be longer.
const LONG_BY_NATURE: [&str; 1] = ["crates/keepalived-conf/src/keywords"];

/// Folders that every machine has: to name them says nothing about this one, wherever the checkout lies.
const STANDARD: [&str; 12] = [
    "/var/tmp",
    "/var/lib",
    "/var/cache",
    "/var/run",
    "/var/log",
    "/usr/src",
    "/usr/local",
    "/usr/share",
    "/usr/lib",
    "/run/user",
    "/dev/shm",
    "/etc/keepalived",
];

/// Names that tell nothing about what a module is for.
const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "common", "manager", "helpers", "helper", "misc", "stuff",
];

pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    for file in tracked(root)? {
        let name = file.display().to_string();
        // A file that is not text, or deleted but still listed, has nothing to check.
        let Ok(text) = std::fs::read_to_string(root.join(&file)) else {
            continue;
        };
        complaints.extend(machine_paths(&name, &text, root));
        if file.extension().is_some_and(|e| e == "rs") {
            complaints.extend(source(&name, &text));
            complaints.extend(super::proofs::check(&name, &text));
        }
    }
    Ok(complaints)
}

/// What git would commit, new files included.
fn tracked(root: &Path) -> Result<Vec<PathBuf>, String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("git could not be started: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names
        .split('\0')
        .filter(|n| !n.is_empty())
        .map(PathBuf::from)
        .collect())
}

fn source(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX && !LONG_BY_NATURE.iter().any(|long| name.starts_with(long)) {
        complaints.push(format!(
            "{name}: {lines} lines, at most {LINES_MAX}: give its second duty a file"
        ));
    }
    let path = Path::new(name);
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .and_then(|s| s.to_str())
        .unwrap_or_default();
    for word in [stem, folder] {
        if EMPTY_NAMES.contains(&word) {
            complaints.push(format!(
                "{name}: a module called `{word}` says nothing about its duty"
            ));
        }
    }
    if stem != "sys" {
        complaints.extend(
            text.lines()
                .enumerate()
                .filter(|(_, line)| is_unsafe(line))
                .map(|(at, _)| format!("{name}:{}: `unsafe` belongs into a file called sys.rs", at + 1)),
        );
    }
    complaints
}

/// The keyword in code: not in a comment, a string or a lint's name.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default().trim_start();
    let Some(at) = code.find("unsafe") else {
        return false;
    };
    let before = code.get(..at).unwrap_or_default();
    let after = code.get(at + "unsafe".len()..).unwrap_or_default();
    let quoted = before.matches('"').count() % 2 == 1;
    let ends_word = after.is_empty() || after.starts_with([' ', '{', '(']);
    let starts_word = before.is_empty() || before.ends_with([' ', '(', '=', '#', '[']);
    !quoted && ends_word && starts_word && !before.contains('`')
}

/// Paths of the machine that the project happens to lie on.
fn machine_paths(name: &str, text: &str, root: &Path) -> Vec<String> {
    let standard = |folder: &Path| STANDARD.iter().any(|name| folder == Path::new(name));
    // The root and one name below it: `/home`, `/srv`, `/build`.
    let telling = |folder: &&Path| folder.components().count() > 2 && !standard(folder);
    let forbidden: Vec<String> = [Some(root), root.parent()]
        .into_iter()
        .flatten()
        .filter(telling)
        .map(|folder| format!("{}/", folder.display()))
        .collect();
    let mut complaints = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for path in &forbidden {
            let hit = line.find(path.as_str()).filter(|&found| {
                // The end of a longer path is not this folder.
                !line
                    .get(..found)
                    .unwrap_or_default()
                    .ends_with(|c: char| c.is_alphanumeric() || c == '.')
            });
            if hit.is_some() {
                complaints.push(format!(
                    "{name}:{}: names {path}, a folder of this machine",
                    at + 1
                ));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{is_unsafe, machine_paths, source};
    use std::path::Path;

    #[test]
    fn unsafe_code_is_told_from_talk_about_it() {
        assert!(is_unsafe("    let x = unsafe { y() };"));
        assert!(is_unsafe("unsafe impl Send for X {}"));
        assert!(is_unsafe("pub unsafe fn f() {}"));
        assert!(!is_unsafe("#![forbid(unsafe_code)]"));
        assert!(!is_unsafe("// unsafe { }"));
        assert!(!is_unsafe("let text = \"is unsafe \";"));
    }

    #[test]
    fn a_long_file_and_an_empty_name_are_refused() {
        let long = "x\n".repeat(501);
        assert_eq!(source("vrrp-core/src/a.rs", &long).len(), 1);
        assert_eq!(source("vrrp-core/src/a.rs", &"x\n".repeat(500)).len(), 0);
        assert_eq!(source("crates/keepalived-conf/src/keywords.rs", &long).len(), 0);
        assert_eq!(source("vrrp-core/src/utils.rs", "").len(), 1);
        assert_eq!(source("vrrp-core/src/common/x.rs", "").len(), 1);
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let root = Path::new("/home/somebody/vrrp");
        assert_eq!(machine_paths("a", "see /home/somebody/vrrp/x", root).len(), 2);
        assert_eq!(machine_paths("a", "see /home/other/vrrp/x", root).len(), 0);
    }

    #[test]
    fn a_folder_that_every_machine_has_may_be_named_wherever_the_checkout_lies() {
        assert_eq!(
            machine_paths("a", "in /var/tmp/x", Path::new("/var/tmp/vrrp")).len(),
            0
        );
        assert_eq!(
            machine_paths("a", "in /var/tmp/vrrp/x", Path::new("/var/tmp/vrrp")).len(),
            1
        );
        assert_eq!(machine_paths("a", "in /build/x", Path::new("/build")).len(), 0);
    }
}
