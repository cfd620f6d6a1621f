//! Debian packages without installing them: apt resolves names and versions and verifies what it downloads,
//! `dpkg-deb -x` unpacks. No maintainer script runs, hence no service starts; it works as an ordinary user too.

use crate::project::find_program;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folders that fetched packages live in.
#[derive(Debug)]
pub(crate) struct Place {
    base: PathBuf,
    /// What the packages hold, as it would lie below `/`.
    pub(crate) root: PathBuf,
    /// One starter per program, to be put on the search path.
    pub(crate) programs: PathBuf,
}

/// A newer C library under the host's own loader crashes every program.
const NEVER: [&str; 3] = ["libc6", "libc-bin", "libc6-dev"];

impl Place {
    pub(crate) fn new(base: &Path) -> Self {
        Self {
            base: base.to_path_buf(),
            root: base.join("root"),
            programs: base.join("bin"),
        }
    }

    /// Download the packages and those dependencies that the host lacks, and unpack them.
    pub(crate) fn unpack(&self, packages: &[&str]) -> Result<(), String> {
        for program in ["apt-get", "dpkg-deb"] {
            if find_program(program).is_none() {
                return Err(format!(
                    "{program} is absent: this is not a Debian or Ubuntu machine"
                ));
            }
        }
        let archives = self.base.join("archives");
        for folder in [
            &archives,
            &self.root,
            &self.base.join("apt/lists/partial"),
            &self.base.join("apt/cache"),
        ] {
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        let host = ["-qq", "-o", "APT::Sandbox::User=root"]
            .map(str::to_owned)
            .to_vec();
        // Lists that are missing or weeks old name nothing, or files that the mirror no longer has.
        if self.download(&host, packages, &archives).is_err() {
            let own = self.own_lists(host)?;
            self.download(&own, packages, &archives)?;
        }
        for entry in std::fs::read_dir(&archives).map_err(|e| e.to_string())?.flatten() {
            if entry.path().extension().is_some_and(|e| e == "deb") {
                succeed(
                    Command::new("dpkg-deb")
                        .arg("-x")
                        .arg(entry.path())
                        .arg(&self.root),
                )?;
            }
        }
        Ok(())
    }

    fn download(&self, options: &[String], packages: &[&str], into: &Path) -> Result<(), String> {
        let resolved = simulate(options, packages)?;
        let mut download = Command::new("apt-get");
        download
            .args(options)
            .arg("download")
            .args(&resolved)
            .current_dir(into);
        succeed(&mut download)?;
        println!("              with what they need: {}", resolved.join(" "));
        Ok(())
    }

    /// Options for package lists of our own, brought up to date.
    fn own_lists(&self, mut options: Vec<String>) -> Result<Vec<String>, String> {
        for (key, folder) in [("Dir::State::lists", "apt/lists"), ("Dir::Cache", "apt/cache")] {
            options.push("-o".to_owned());
            options.push(format!("{key}={}", self.base.join(folder).display()));
        }
        println!(
            "              apt-get update into {}",
            self.base.join("apt").display()
        );
        // Without this an update that reached no mirror counts as success.
        let strict = ["-o", "APT::Update::Error-Mode=any", "update"];
        succeed(Command::new("apt-get").args(&options).args(strict))?;
        Ok(options)
    }

    /// A starter that runs an unpacked program with its unpacked libraries, keeping the process id.
    pub(crate) fn wrap(&self, name: &str, program: &Path) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(&self.programs).map_err(|e| e.to_string())?;
        let libraries: Vec<String> = library_folders(&self.root)
            .iter()
            .map(|f| f.display().to_string())
            .collect();
        let text = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
            libraries.join(":"),
            program.display()
        );
        let starter = self.programs.join(name);
        std::fs::write(&starter, text).map_err(|e| format!("{}: {e}", starter.display()))?;
        std::fs::set_permissions(&starter, std::fs::Permissions::from_mode(0o755)).map_err(|e| e.to_string())
    }
}

/// `name=version` of what an installation would bring.
fn simulate(options: &[String], packages: &[&str]) -> Result<Vec<String>, String> {
    let mut command = Command::new("apt-get");
    command
        .args(options)
        .args(["-s", "install", "--no-install-recommends"])
        .args(packages);
    let output = succeed(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(parse_inst).collect())
}

/// `Inst keepalived (1:2.2.7-1+b2 Debian:12/oldstable [amd64])`, or with the installed version in brackets.
fn parse_inst(line: &str) -> Option<String> {
    let mut words = line.strip_prefix("Inst ")?.split_whitespace();
    let name = words.next()?;
    if NEVER.contains(&name) {
        return None;
    }
    let version = words.find_map(|w| w.strip_prefix('('))?;
    Some(format!("{name}={version}"))
}

/// Folders below the root that hold shared libraries, two levels deep: `usr/lib/TRIPLET` and `usr/lib/TRIPLET/frr`.
fn library_folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in ["usr/lib", "lib"] {
        collect_libraries(&root.join(top), 3, &mut found);
    }
    found.sort();
    found
}

fn collect_libraries(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut holds = false;
    for entry in entries.flatten() {
        let path = entry.path();
        let is_folder = path.is_dir();
        holds |= !is_folder && entry.file_name().to_string_lossy().contains(".so");
        if is_folder && depth > 0 {
            collect_libraries(&path, depth - 1, found);
        }
    }
    if holds {
        found.push(folder.to_path_buf());
    }
}

fn succeed(command: &mut Command) -> Result<Output, String> {
    let output = command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C")
        .output()
        .map_err(|e| {
            format!(
                "{} could not be started: {e}",
                command.get_program().to_string_lossy()
            )
        })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // apt's first error is the cause, the later ones its consequences.
    let cause = said.lines().find(|l| l.starts_with("E: "));
    let last = cause
        .or_else(|| said.lines().rev().find(|l| !l.trim().is_empty()))
        .unwrap_or("no message");
    let program = command.get_program().to_string_lossy().into_owned();
    Err(format!("{program} failed: {}", last.trim()))
}

#[cfg(test)]
mod tests {
    use super::parse_inst;

    #[test]
    fn a_new_package_is_named_with_its_version() {
        let line = "Inst keepalived (1:2.2.7-1+b2 Debian:12.15/oldstable [amd64])";
        assert_eq!(parse_inst(line).as_deref(), Some("keepalived=1:2.2.7-1+b2"));
    }

    #[test]
    fn an_upgrade_is_named_with_its_new_version() {
        let line = "Inst libssl3 [3.0.11-1] (3.0.17-1 Debian:12/oldstable [amd64]) []";
        assert_eq!(parse_inst(line).as_deref(), Some("libssl3=3.0.17-1"));
    }

    #[test]
    fn the_c_library_is_left_to_the_host() {
        assert_eq!(
            parse_inst("Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])"),
            None
        );
        assert_eq!(parse_inst("Conf keepalived (1:2.2.7-1 Debian:12 [amd64])"), None);
    }
}
