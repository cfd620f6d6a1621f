//! Process ids in files, where keepalived writes them.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tracing::warn;

use crate::manner::related;

/// Which files there shall be.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    None,
    /// keepalived's two, at its places unless others are named.
    Keepalived {
        parent: Option<PathBuf>,
        vrrp: Option<PathBuf>,
    },
}

/// Why a daemon is not started beside its file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PidFileError {
    #[error(
        "{} names process {pid}, a {name} that runs. Stop it first, or name another file with -p and -r",
        path.display()
    )]
    Runs { path: PathBuf, pid: u32, name: String },
    #[error("cannot write the process id to {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// The files of this process; gone when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct PidFiles {
    written: Vec<PathBuf>,
}

impl Wanted {
    /// Paths from here on are from `/`.
    pub(crate) fn relate_to(&mut self, here: &Path) {
        if let Self::Keepalived { parent, vrrp } = self {
            parent.iter_mut().chain(vrrp).for_each(|path| related(path, here));
        }
    }

    /// Each path, and whether it was named. keepalived keeps those of a network namespace in a folder of its name.
    fn places(&self, namespace: Option<&str>) -> Vec<(PathBuf, bool)> {
        let Self::Keepalived { parent, vrrp } = self else {
            return Vec::new();
        };
        let folder = match namespace {
            Some(name) => PathBuf::from(format!("/run/keepalived/keepalived_{name}")),
            None => PathBuf::from("/run"),
        };
        let place = |asked: &Option<PathBuf>, name: &str| match asked {
            Some(path) => (path.clone(), true),
            None => (folder.join(name), false),
        };
        vec![place(parent, "keepalived.pid"), place(vrrp, "vrrp.pid")]
    }

    /// Writes the files.
    ///
    /// # Errors
    /// One names a daemon that runs, or one that was asked for cannot be written. One that was not is a warning.
    pub(crate) fn claim(&self, namespace: Option<&str>) -> Result<PidFiles, PidFileError> {
        let places = self.places(namespace);
        if let Some((path, pid, name)) = places.iter().find_map(|(path, _)| runs(path)) {
            return Err(PidFileError::Runs { path, pid, name });
        }
        let mut files = PidFiles::default();
        for (path, asked) in places {
            match write(&path) {
                Ok(()) => files.written.push(path),
                Err(error) if asked => return Err(PidFileError::Io { path, error }),
                Err(error) => warn!("no process id in {}: {error}", path.display()),
            }
        }
        Ok(files)
    }
}

fn pid_in(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The daemon that a file names, if it is one: a number that was given out again belongs to something else.
fn runs(path: &Path) -> Option<(PathBuf, u32, String)> {
    let pid = pid_in(path).filter(|pid| *pid != std::process::id())?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    let name = name.trim();
    matches!(name, "keepalived" | "vrrpd").then(|| (path.to_path_buf(), pid, name.to_owned()))
}

fn write(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Not through a link, which in a folder of others could lead anywhere.
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .custom_flags(flags)
        .open(path)?;
    writeln!(file, "{}", std::process::id())
}

impl Drop for PidFiles {
    fn drop(&mut self) {
        for path in &self.written {
            // One that a successor has written is its.
            if pid_in(path) == Some(std::process::id()) {
                let _gone = std::fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_keepalived_s_unless_others_are_named() {
        let mut wanted = Wanted::Keepalived {
            parent: Some("a.pid".into()),
            vrrp: None,
        };
        wanted.relate_to(Path::new("/srv"));
        let plain = |path: &str, asked| (PathBuf::from(path), asked);
        assert_eq!(
            wanted.places(None),
            [plain("/srv/a.pid", true), plain("/run/vrrp.pid", false)]
        );
        assert_eq!(
            wanted.places(Some("blue"))[1],
            plain("/run/keepalived/keepalived_blue/vrrp.pid", false)
        );
        assert!(Wanted::None.places(None).is_empty());
    }

    #[test]
    fn the_file_of_another_process_is_neither_an_obstacle_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.pid");
        // The test's own parent lives, and is no keepalived.
        std::fs::write(&path, format!("{}\n", std::os::unix::process::parent_id())).unwrap();
        let wanted = Wanted::Keepalived {
            parent: Some(path.clone()),
            vrrp: Some(folder.path().join("v.pid")),
        };
        let files = wanted.claim(None).unwrap();
        assert_eq!(pid_in(&path), Some(std::process::id()));
        std::fs::write(&path, "1\n").unwrap();
        drop(files);
        assert!(path.exists(), "a successor's");
        assert!(!folder.path().join("v.pid").exists());
    }
}
