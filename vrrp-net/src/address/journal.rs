//! A list of the addresses that are held, for kernels (before 5.18) that do not keep a mark on each: what a crash left
//! behind is known by it (PRJ-ADDR-02).

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One address that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) device: String,
    pub(crate) address: IpAddr,
}

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// Of the boot in which they were made: no address outlives a boot.
    boot: String,
    held: Vec<Line>,
}

/// The file.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    boot: String,
    failed: bool,
}

impl Journal {
    /// Opens the journal in `directory` and reads what an earlier life has left. The directory is made where it is missing.
    pub(crate) fn open(directory: &Path) -> io::Result<(Self, Vec<Line>)> {
        fs::create_dir_all(directory)?;
        let journal = Self {
            path: directory.join("held-addresses.json"),
            boot: boot_id(),
            failed: false,
        };
        let lines = match fs::read(&journal.path) {
            Ok(text) => journal.read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok((journal, lines))
    }

    fn read(&self, text: &[u8]) -> Vec<Line> {
        match serde_json::from_slice::<Contents>(text) {
            Ok(contents) if contents.boot == self.boot => contents.held,
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "the journal of held addresses cannot be read; \
                    addresses that a crash left behind are not known");
                Vec::new()
            }
        }
    }

    /// Replaces the list as a whole. A failure is told once and costs only what a crash would leave behind.
    pub(crate) fn write(&mut self, lines: &[Line]) {
        let contents = Contents {
            boot: self.boot.clone(),
            held: lines.to_vec(),
        };
        let result = serde_json::to_vec(&contents)
            .map_err(io::Error::from)
            .and_then(|text| {
                let new = self.path.with_extension("new");
                fs::write(&new, text)?;
                fs::rename(&new, &self.path)
            });
        if let Err(error) = result {
            if !self.failed {
                tracing::warn!(path = %self.path.display(), %error, "the journal of held addresses cannot be written; \
                    after a crash they might stay");
            }
            self.failed = true;
        } else {
            self.failed = false;
        }
    }
}

fn boot_id() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            device: "eth1".into(),
            address: text.parse().unwrap(),
        }
    }

    /// PRJ-ADDR-02: a later life of the same boot knows what was held; another boot, or a damaged file, knows nothing.
    #[test]
    fn prj_addr_02_a_journal_outlives_a_crash_and_no_reboot() {
        let directory = std::env::temp_dir().join(format!("vrrp-net-journal-{}", std::process::id()));
        let (mut journal, left) = Journal::open(&directory).unwrap();
        assert_eq!(left, []);
        journal.write(&[line("192.0.2.10"), line("2001:db8::10")]);
        journal.write(&[line("192.0.2.11")]);
        let (journal, left) = Journal::open(&directory).unwrap();
        assert_eq!(left, [line("192.0.2.11")]);

        fs::write(
            &journal.path,
            br#"{"boot":"another","held":[{"device":"eth1","address":"192.0.2.12"}]}"#,
        )
        .unwrap();
        assert_eq!(Journal::open(&directory).unwrap().1, []);
        fs::write(&journal.path, b"{\"boot").unwrap();
        assert_eq!(Journal::open(&directory).unwrap().1, []);
        fs::remove_dir_all(&directory).unwrap();
    }
}
