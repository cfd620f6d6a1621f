//! Programs that need nothing of the machine they run on but its kernel, for the static archive: built with the musl C library.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FEATURES, Trouble, succeed};
use crate::apt;
use crate::project::{Project, cargo, find_program};

/// What rustc calls it.
pub(super) fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// The folder with the programs; built unless `build` is false.
pub(super) fn programs(project: &Project, build: bool, install: bool) -> Result<PathBuf, Trouble> {
    let target = target();
    let folder = project.target.join(&target).join("release");
    if build {
        present(&target).map_err(Trouble::Skipped)?;
        let compiler = compiler(project, install).map_err(Trouble::Skipped)?;
        let words = ["build", "--release", "--package", "vrrpd", "--package", "vrrpctl"];
        let mut command = Command::new(cargo());
        command
            .args(words)
            .args(["--features", FEATURES, "--target", &target]);
        command.env(format!("CC_{}", target.replace('-', "_")), compiler);
        succeed(command.current_dir(&project.root))?;
    }
    for program in ["vrrpd", "vrrpctl"] {
        let path = folder.join(program);
        let octets =
            std::fs::read(&path).map_err(|e| Trouble::Skipped(format!("{}: {e}", path.display())))?;
        if has_interpreter(&octets) != Some(false) {
            return Err(Trouble::Failed(format!(
                "{} wants a loader of the machine it runs on: it is not static",
                path.display()
            )));
        }
    }
    Ok(folder)
}

/// Whether rustc has a standard library for it.
fn present(target: &str) -> Result<(), String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let said = succeed(rustc.args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(String::from_utf8_lossy(&said).trim()).is_dir() {
        Ok(())
    } else {
        Err(format!(
            "Rust has no standard library for {target} here: `rustup target add {target}`, then again"
        ))
    }
}

/// A C compiler for the parts that are C (the cryptography of TLS): the machine's, or the one of the Debian package, which is a
/// wrapper of gcc.
fn compiler(project: &Project, install: bool) -> Result<PathBuf, String> {
    if let Some(found) = find_program("musl-gcc") {
        return Ok(found);
    }
    let folder = project.target.join("musl");
    let own = folder.join("musl-gcc");
    if own.is_file() {
        return Ok(own);
    }
    if !install {
        return Err("musl-gcc (Debian package musl-tools) is absent and --no-install given".to_owned());
    }
    if find_program("gcc").is_none() {
        return Err("gcc is absent, which musl-gcc calls".to_owned());
    }
    let place = apt::Place::new(&folder.join("packages"));
    println!(
        "   musl-gcc: the Debian package musl-tools, unpacked into {}",
        folder.display()
    );
    place.unpack(&["musl-tools"])?;
    adapt(&place.root, &folder)?;
    Ok(own)
}

/// The package's wrapper and its settings name the folders of an installed package.
fn adapt(root: &Path, folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let libraries = format!("/usr/lib/{}-linux-musl", std::env::consts::ARCH);
    let specs = root
        .join(libraries.trim_start_matches('/'))
        .join("musl-gcc.specs");
    let text = std::fs::read_to_string(&specs).map_err(|e| format!("{}: {e}", specs.display()))?;
    let headers = libraries.replace("/usr/lib/", "/usr/include/");
    let root = root.display();
    let text = text
        .replace(&libraries, &format!("{root}{libraries}"))
        .replace(&headers, &format!("{root}{headers}"));
    let ours = folder.join("musl-gcc.specs");
    std::fs::write(&ours, text).map_err(|e| format!("{}: {e}", ours.display()))?;
    let wrapper = folder.join("musl-gcc");
    let text = format!("#!/bin/sh\nexec gcc \"$@\" -specs '{}'\n", ours.display());
    std::fs::write(&wrapper, text).map_err(|e| format!("{}: {e}", wrapper.display()))?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))
        .map_err(|e| format!("{}: {e}", wrapper.display()))
}

/// Whether a program of 64 bits names a loader (PT_INTERP); `None` for what is no such program.
fn has_interpreter(octets: &[u8]) -> Option<bool> {
    const INTERPRETER: u32 = 3;
    let number = |at: usize| octets.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
    if octets.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let first = usize::try_from(u64::from_le_bytes(octets.get(32..40)?.try_into().ok()?)).ok()?;
    let (size, count) = (usize::from(number(54)?), usize::from(number(56)?));
    for index in 0..count {
        let at = first.checked_add(index.checked_mul(size)?)?;
        let kind = u32::from_le_bytes(octets.get(at..at.checked_add(4)?)?.try_into().ok()?);
        if kind == INTERPRETER {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head of 64 octets, and program headers of these kinds.
    fn program(kinds: &[u32]) -> Vec<u8> {
        let mut octets = b"\x7fELF\x02\x01".to_vec();
        octets.resize(64, 0);
        octets[32] = 64;
        octets[54] = 56;
        octets[56] = u8::try_from(kinds.len()).unwrap();
        for kind in kinds {
            octets.extend(kind.to_le_bytes());
            octets.resize(octets.len() + 52, 0);
        }
        octets
    }

    #[test]
    fn a_program_that_wants_a_loader_is_not_static() {
        assert_eq!(has_interpreter(&program(&[1, 2])), Some(false));
        assert_eq!(has_interpreter(&program(&[6, 3, 1])), Some(true));
        let own = std::fs::read("/proc/self/exe").unwrap();
        assert_eq!(has_interpreter(&own), Some(cfg!(target_env = "gnu")));
    }

    #[test]
    fn what_is_no_program_is_not_called_static() {
        assert_eq!(has_interpreter(b"#!/bin/sh\n"), None);
        let mut cut = program(&[1, 3]);
        cut.truncate(100);
        assert_eq!(has_interpreter(&cut), None);
    }

    #[test]
    fn the_settings_of_an_unpacked_package_name_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let libraries = format!("usr/lib/{}-linux-musl", std::env::consts::ARCH);
        std::fs::create_dir_all(root.join(&libraries)).unwrap();
        let headers = libraries.replace("lib/", "include/");
        let text = format!("-isystem /{headers} -L/{libraries}\n/lib/ld-musl.so.1\n");
        std::fs::write(root.join(&libraries).join("musl-gcc.specs"), text).unwrap();
        adapt(&root, folder.path()).unwrap();
        let now = std::fs::read_to_string(folder.path().join("musl-gcc.specs")).unwrap();
        let place = root.display();
        assert_eq!(
            now,
            format!("-isystem {place}/{headers} -L{place}/{libraries}\n/lib/ld-musl.so.1\n")
        );
    }
}
