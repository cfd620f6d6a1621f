//! What was there before, in a file that outlives this program and not the boot, as what it speaks of does.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FORMAT: u8 = 1;

/// What was changed, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    pub(super) settings: Vec<Setting>,
    pub(super) devices: Vec<Device>,
    pub(super) addresses: Vec<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) ours: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) before: Before,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Before {
    Absent,
    Down,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) address: IpAddr,
    pub(super) device: String,
    /// Somebody else has put it there: it stays.
    pub(super) was_there: bool,
}

/// The file: what is remembered, and where that is true.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    format: u8,
    boot: String,
    network: u64,
    #[serde(flatten)]
    memory: Memory,
}

impl Memory {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the file is.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn folder(&self) -> &Path {
        let parent = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        parent.unwrap_or(Path::new("."))
    }

    fn wrong(&self, what: impl std::fmt::Display) -> String {
        format!("{}: {what}", self.path.display())
    }

    /// Two at once would each remember what the other has made.
    pub(super) fn lock(&self) -> Result<File, String> {
        let folder = self.folder();
        let made = DirBuilder::new().recursive(true).mode(0o755).create(folder);
        let file = made.and_then(|()| File::open(folder));
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| format!("{}: {error}; nothing was changed", folder.display()))
    }

    /// Nothing, where there is none, or it speaks of an earlier boot.
    pub(super) fn load(&self) -> Result<Memory, String> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
            Err(error) => return Err(self.wrong(format!("{error}; nothing was changed"))),
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|error| {
            self.wrong(format!(
                "not what vrrpctl has written: {error}; nothing was changed. Look at it, put back by hand what it tells, and remove it"
            ))
        })?;
        if kept.format != FORMAT {
            return Err(self.wrong(format!(
                "written in format {} by another version of vrrpctl, this one knows {FORMAT}; nothing was changed",
                kept.format
            )));
        }
        if kept.boot != boot()? {
            return Ok(Memory::default());
        }
        if kept.network != network()? {
            return Err(self.wrong(
                "speaks of another network namespace; nothing was changed. Go there, or name another file with --memory",
            ));
        }
        Ok(kept.memory)
    }

    /// As a whole or not at all, also where the machine stops in the middle. Without anything to remember there is no file.
    pub(super) fn save(&self, memory: &Memory) -> Result<(), String> {
        let kept = Kept {
            format: FORMAT,
            boot: boot()?,
            network: network()?,
            memory: memory.clone(),
        };
        let done = if memory.is_empty() {
            match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        } else {
            self.replace(&kept)
        };
        done.map_err(|error| self.wrong(format!("what was there before cannot be written down: {error}")))
    }

    fn replace(&self, kept: &Kept) -> io::Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        let text = serde_json::to_string_pretty(kept)? + "\n";
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        File::open(self.folder())?.sync_all()
    }
}

/// Of this boot, and of no other.
fn boot() -> Result<String, String> {
    let path = "/proc/sys/kernel/random/boot_id";
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(text.trim().to_owned())
}

/// The network namespace of the caller.
fn network() -> Result<u64, String> {
    let path = "/proc/thread-self/ns/net";
    let found = std::fs::metadata(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(found.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn some() -> Memory {
        Memory {
            settings: vec![Setting {
                name: "net.ipv4.conf.all.arp_ignore".to_owned(),
                before: "0".to_owned(),
                ours: "1".to_owned(),
            }],
            devices: Vec::new(),
            addresses: vec![Address {
                address: "192.0.2.1".parse().unwrap(),
                device: "lo".to_owned(),
                was_there: false,
            }],
        }
    }

    #[test]
    fn what_was_written_is_read_and_only_the_owner_may() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("a/realserver.json"));
        assert_eq!(store.load().unwrap(), Memory::default());
        drop(store.lock().unwrap());
        // What a crash has left of an earlier write is in nobody's way.
        std::fs::write(folder.path().join("a/realserver.json.new"), "{").unwrap();
        store.save(&some()).unwrap();
        assert_eq!(store.load().unwrap(), some());
        let mode = std::fs::metadata(store.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        store.save(&Memory::default()).unwrap();
        assert!(!store.path().exists());
    }

    #[test]
    fn what_is_true_elsewhere_is_not_taken_for_true_here() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("realserver.json"));
        let with = |boot: &str, network: u64, format: u8| {
            let (boot, memory) = (boot.to_owned(), some());
            let kept = Kept {
                format,
                boot,
                network,
                memory,
            };
            std::fs::write(store.path(), serde_json::to_string(&kept).unwrap()).unwrap();
            store.load()
        };
        let (boot, network) = (boot().unwrap(), network().unwrap());
        assert_eq!(with(&boot, network, 1), Ok(some()));
        assert_eq!(with("an earlier one", network, 1), Ok(Memory::default()));
        let elsewhere = with(&boot, network + 1, 1).unwrap_err();
        assert!(elsewhere.contains("another network namespace"), "{elsewhere}");
        let newer = with(&boot, network, 2).unwrap_err();
        assert!(newer.contains("format 2"), "{newer}");
        std::fs::write(store.path(), "{ \"format\": 1").unwrap();
        let spoilt = store.load().unwrap_err();
        assert!(spoilt.contains("nothing was changed"), "{spoilt}");
    }
}
