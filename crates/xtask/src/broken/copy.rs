//! A copy of the core under `target/`, with every fault built in and none of them on.

use super::breakages::{BREAKAGES, NOT_CONST};
use std::path::{Path, PathBuf};

/// The variable that names the section whose fault is on.
pub(super) const CHOSEN: &str = "VRRP_BROKEN";

/// Asked by every fault; reads the variable once.
const SWITCH: &str = "\
//! Which fault is on.
extern crate std;

use std::string::String;
use std::sync::OnceLock;

static CHOSEN: OnceLock<String> = OnceLock::new();

pub(crate) fn is(section: &str) -> bool {
    CHOSEN.get_or_init(|| std::env::var(\"VRRP_BROKEN\").unwrap_or_default()) == section
}
";

/// What the copy needs of the project.
const COPIED: [&str; 3] = ["vrrp-core", "crates/conformance", "Cargo.lock"];

/// Brings the copy up to date and gives its folder. Files that stay the same keep their time, so that little is built.
pub(super) fn make(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let copy = target.join("broken");
    for folder in ["src", "tests"] {
        forget_deleted(
            &root.join("vrrp-core").join(folder),
            &copy.join("vrrp-core").join(folder),
        )?;
    }
    for name in COPIED {
        copy_all(root, &copy, Path::new(name))?;
    }
    write(
        &copy.join("Cargo.toml"),
        manifest(&read(&root.join("Cargo.toml"))?),
    )?;
    write(&copy.join("vrrp-core/src/broken.rs"), SWITCH)?;
    Ok(copy)
}

/// The workspace's own, with these two members.
fn manifest(text: &str) -> String {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= line.starts_with("members = [")
            || line.starts_with("default-members = [")
            || line.starts_with("exclude");
        if !inside {
            lines.push(line);
        }
        if line.ends_with(']') {
            inside = false;
        }
        if line == "[workspace]" {
            lines.push("members = [\"vrrp-core\", \"crates/conformance\"]");
        }
    }
    lines.join("\n") + "\n"
}

fn copy_all(root: &Path, copy: &Path, name: &Path) -> Result<(), String> {
    let from = root.join(name);
    if !from.is_dir() {
        let text = std::fs::read(&from).map_err(|e| format!("{}: {e}", from.display()))?;
        let text = match (name.extension(), String::from_utf8(text)) {
            (Some(extension), Ok(text)) if extension == "rs" => with_faults(name, text)?.into_bytes(),
            (_, Ok(text)) => text.into_bytes(),
            (_, Err(octets)) => octets.into_bytes(),
        };
        return write(&copy.join(name), text);
    }
    let entries = std::fs::read_dir(&from).map_err(|e| format!("{}: {e}", from.display()))?;
    for entry in entries {
        let entry = entry.map_err(|e| format!("{}: {e}", from.display()))?;
        if entry.file_name() != "target" {
            copy_all(root, copy, &name.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Removes from the copy what the project no longer has: a test that was deleted would go on being run.
fn forget_deleted(of: &Path, copy: &Path) -> Result<(), String> {
    // Absent at the first run.
    let Ok(entries) = std::fs::read_dir(copy) else {
        return Ok(());
    };
    for entry in entries {
        let there = entry.map_err(|e| format!("{}: {e}", copy.display()))?.path();
        let Some(name) = there.file_name() else {
            continue;
        };
        let original = of.join(name);
        if there.is_dir() && original.is_dir() {
            forget_deleted(&original, &there)?;
        } else if there.is_dir() {
            std::fs::remove_dir_all(&there).map_err(|e| format!("{}: {e}", there.display()))?;
        } else if !original.exists() && name != "broken.rs" {
            std::fs::remove_file(&there).map_err(|e| format!("{}: {e}", there.display()))?;
        }
    }
    Ok(())
}

/// The source with the faults that belong into this file.
fn with_faults(name: &Path, mut text: String) -> Result<String, String> {
    let Ok(file) = name.strip_prefix("vrrp-core/src") else {
        return Ok(text);
    };
    if file == Path::new("lib.rs") {
        text = replaced_once(name, &text, "mod action;", "mod action;\nmod broken;")?;
    }
    for (_, found) in NOT_CONST.iter().filter(|(of, _)| Path::new(of) == file) {
        text = replaced_once(name, &text, found, &found.replace("const ", ""))?;
    }
    for breakage in BREAKAGES.iter().filter(|b| Path::new(b.file) == file) {
        let switch = format!(
            "(if crate::broken::is({:?}) {{ {} }} else {{ {} }})",
            breakage.section, breakage.broken, breakage.sound
        );
        let sound = breakage.place.replace("{}", breakage.sound);
        text = replaced_once(name, &text, &sound, &breakage.place.replace("{}", &switch))?;
    }
    Ok(text)
}

fn replaced_once(name: &Path, text: &str, found: &str, by: &str) -> Result<String, String> {
    match text.matches(found).count() {
        1 => Ok(text.replacen(found, by, 1)),
        count => Err(format!(
            "{}: `{found}` is there {count} times, not once: crates/xtask/src/broken/breakages.rs has to follow the core",
            name.display()
        )),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), String> {
    if std::fs::read(path).is_ok_and(|there| there == text.as_ref()) {
        return Ok(());
    }
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(said)?;
    }
    std::fs::write(path, text).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::{manifest, replaced_once};
    use std::path::Path;

    #[test]
    fn the_copy_has_two_members_and_everything_else() {
        let text = "[workspace]\nresolver = \"3\"\nmembers = [\n  \"a\",\n]\ndefault-members = [\"a\"]\nexclude = [\"b\"]\n\n[profile.dev]\nx = [1]\n";
        assert_eq!(
            manifest(text),
            "[workspace]\nmembers = [\"vrrp-core\", \"crates/conformance\"]\nresolver = \"3\"\n\n[profile.dev]\nx = [1]\n"
        );
    }

    #[test]
    fn a_fault_that_fits_nowhere_or_twice_is_told() {
        let name = Path::new("x.rs");
        assert_eq!(replaced_once(name, "a b", "b", "c").as_deref(), Ok("a c"));
        assert!(replaced_once(name, "a a", "a", "c").is_err());
        assert!(replaced_once(name, "b", "a", "c").is_err());
    }
}
