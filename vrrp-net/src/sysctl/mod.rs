//! Kernel settings of an interface that a router needs while it holds addresses (NET-ARP-09): set by us, remembered, put
//! back.
//!
//! Not deltas but levels, as with addresses: whoever needs a setting wishes for it each time, and what nobody wishes for
//! any more is put back. A value that others have changed in between is theirs: left alone, and told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::journal::{Journal, WRITTEN_FIRST};

/// One setting that exists for each interface, below `/proc/sys/net`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    family: &'static str,
    name: &'static str,
    /// Values that serve as well as the one that is wished for.
    also: &'static [&'static str],
    /// What it means to do without.
    without: &'static str,
}

/// An IPv4 packet whose source is an address of this node is dropped by the kernel, the owner's advertisement among them.
pub(crate) const ACCEPT_LOCAL: Key = Key {
    family: "ipv4",
    name: "accept_local",
    also: &[],
    without: "an owner of the address (priority 255) that has no other address to send from is not heard while this node \
              holds the address: both would answer for it",
};

/// V3-8.1.2-02: an interface answers for every address of the node, those on a device with the virtual MAC among them.
pub(crate) const ARP_IGNORE: Key = Key {
    family: "ipv4",
    name: "arp_ignore",
    also: &["2"],
    without: "the interface answers for the virtual addresses too, with its physical MAC",
};

/// V3-8.1.2-02: who looks for a neighbour in the name of a virtual address tells everybody that it is at his MAC.
pub(crate) const ARP_ANNOUNCE: Key = Key {
    family: "ipv4",
    name: "arp_announce",
    also: &[],
    without: "what this node sends from a virtual address makes neighbours learn its physical MAC for it",
};

/// Every one that is ever changed.
const KNOWN: &[Key] = &[ACCEPT_LOCAL, ARP_IGNORE, ARP_ANNOUNCE, FORWARDING];

/// Whether the kernel says of itself that it is a router, in its answers to Neighbor Solicitations (V3-6.4.3-04). It forwards
/// nothing by this alone: that is for `all`.
pub(crate) const FORWARDING: Key = Key {
    family: "ipv6",
    name: "forwarding",
    also: &[],
    without: "hosts that look whether their router is there are told that it is none, and forget it",
};

/// A setting of the interface with this index, and the value that it needs.
pub(crate) type Wishes = BTreeMap<(u32, Key), &'static str>;

/// A setting that we changed, as the journal and a successor hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changed {
    /// An interface of the same name may be another one.
    index: u32,
    family: String,
    name: String,
    before: String,
    set: String,
    /// That others have changed it since, or that it cannot be put back.
    #[serde(skip)]
    told: bool,
}

impl Changed {
    fn is(&self, index: u32, key: Key) -> bool {
        self.index == index && self.family == key.family && self.name == key.name
    }

    /// An entry becomes a path, and what is written to it: of others only what we could have written ourselves is taken.
    fn can_be_ours(&self, known: &[Key]) -> bool {
        let value = |text: &str| matches!(text, "0" | "1" | "2");
        known.iter().any(|key| self.is(self.index, *key)) && value(&self.before) && value(&self.set)
    }
}

/// Cares for all of them.
#[derive(Debug)]
pub(crate) struct Sysctls {
    root: PathBuf,
    known: &'static [Key],
    changed: Vec<Changed>,
    journal: Option<Journal<Changed>>,
    /// The journal is behind.
    unwritten: bool,
    refused: BTreeSet<(u32, Key)>,
    /// What was said in a line: of each setting that it is changed, and that it is put back, once. A node whose state others
    /// make change as often as they like would fill the log.
    told: BTreeSet<(String, bool)>,
    /// How long the loop may be kept waiting for the journal.
    wait: Duration,
}

impl Sysctls {
    /// With what an earlier life has left in the journal of `directory`; without one a crash leaves the settings changed.
    pub(crate) fn open(directory: Option<&Path>) -> Self {
        Self::below(Path::new("/proc/sys/net"), directory, KNOWN)
    }

    fn below(root: &Path, directory: Option<&Path>, known: &'static [Key]) -> Self {
        let cost = "kernel settings that a crash leaves changed are not put back";
        let open = |directory| Journal::open(directory, "sysctls.json", cost);
        let (journal, left) = directory.map(open).unzip();
        let mut sysctls = Self {
            root: root.to_path_buf(),
            known,
            changed: Vec::new(),
            journal,
            unwritten: false,
            refused: BTreeSet::new(),
            told: BTreeSet::new(),
            wait: WRITTEN_FIRST,
        };
        sysctls.adopt(left.unwrap_or_default());
        sysctls
    }

    /// What a predecessor hands over, or has left.
    pub(crate) fn adopt(&mut self, handed: Vec<Changed>) {
        for changed in handed {
            if !changed.can_be_ours(self.known) {
                tracing::warn!(
                    ?changed,
                    "an earlier run is said to have changed a kernel setting that this program never changes; left alone"
                );
            } else if !self.changed.contains(&changed) {
                self.changed.push(changed);
            }
            // What was handed over stands in no file of this life.
            self.unwritten = true;
        }
    }

    /// What is changed now, for a successor of this program.
    pub(crate) fn changed(&self) -> Vec<Changed> {
        self.changed.clone()
    }

    /// The loop has something else to do in `time`: a disk that does not answer must not cost an advertisement.
    pub(crate) fn wait_at_most(&mut self, time: Duration) {
        self.wait = time.min(WRITTEN_FIRST);
    }

    /// Sets what is wished for, and puts back what is not. `interface`: the present name of an index.
    pub(crate) fn settle<'a>(&mut self, wishes: &Wishes, interface: impl Fn(u32) -> Option<&'a str>) {
        let interface = |index| interface(index).filter(|name| is_one_component(name));
        let before = self.changed.clone();
        for changed in std::mem::take(&mut self.changed) {
            let wished = wishes.keys().any(|(index, key)| changed.is(*index, *key));
            // Where the interface has gone, its settings went along.
            let Some(name) = interface(changed.index) else {
                continue;
            };
            let kept = if wished {
                Some(self.look_at(name, changed))
            } else {
                self.put_back(name, changed)
            };
            self.changed.extend(kept);
        }
        if std::mem::take(&mut self.unwritten) || self.changed != before {
            self.write_down();
        }
        self.refused.retain(|setting| wishes.contains_key(setting));
        for ((index, key), value) in wishes {
            let known = self.changed.iter().any(|changed| changed.is(*index, *key));
            if let (false, Some(name)) = (known, interface(*index)) {
                self.set(*index, name, *key, value);
            }
        }
    }

    /// One that is still needed.
    fn look_at(&self, interface: &str, mut changed: Changed) -> Changed {
        let path = self.path(interface, &changed.family, &changed.name);
        if let Ok(found) = read(&path)
            && found != changed.set
            && !changed.told
        {
            changed.told = true;
            tracing::warn!(
                sysctl = words(interface, &changed.family, &changed.name),
                set = changed.set,
                found,
                "others have changed a kernel setting that is needed here; it is left alone"
            );
        }
        changed
    }

    /// Gives it back where it has to be tried again.
    fn put_back(&mut self, interface: &str, mut changed: Changed) -> Option<Changed> {
        let sysctl = words(interface, &changed.family, &changed.name);
        let path = self.path(interface, &changed.family, &changed.name);
        let found = match read(&path) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(sysctl, %error, "a kernel setting cannot be read; it is not put back");
                return None;
            }
        };
        if found == changed.before {
            return None;
        }
        if found != changed.set {
            tracing::warn!(
                sysctl,
                set = changed.set,
                found,
                "others have changed a kernel setting since; it is left alone, and not put back to {}",
                changed.before
            );
            return None;
        }
        if !changed.told && self.told.insert((sysctl.clone(), true)) {
            tracing::info!(
                sysctl,
                from = found,
                to = changed.before,
                "putting a kernel setting back"
            );
        }
        match fs::write(&path, &changed.before) {
            Ok(()) => None,
            Err(error) => {
                if !changed.told {
                    tracing::warn!(
                        sysctl, %error, "a kernel setting cannot be put back to {}; tried again at every audit", changed.before
                    );
                }
                changed.told = true;
                Some(changed)
            }
        }
    }

    fn set(&mut self, index: u32, interface: &str, key: Key, value: &str) {
        let sysctl = words(interface, key.family, key.name);
        let path = self.path(interface, key.family, key.name);
        let result = read(&path).and_then(|found| {
            if found == value || key.also.contains(&found.as_str()) {
                return Ok(());
            }
            if !self.refused.contains(&(index, key)) && self.told.insert((sysctl.clone(), false)) {
                tracing::info!(
                    sysctl,
                    from = found,
                    to = value,
                    "changing a kernel setting, to be put back later"
                );
            }
            self.changed.push(Changed {
                index,
                family: key.family.to_owned(),
                name: key.name.to_owned(),
                before: found,
                set: value.to_owned(),
                told: false,
            });
            // First the journal: a crash between the two puts back what is there anyway.
            if let Some(journal) = &mut self.journal {
                journal.write_first(self.changed.clone(), self.wait);
            }
            fs::write(&path, value).inspect_err(|_| {
                let _not_changed = self.changed.pop();
                self.write_down();
            })
        });
        if let Err(error) = result
            && self.refused.insert((index, key))
        {
            tracing::warn!(
                sysctl, %error,
                "the kernel setting cannot be changed to {value} (is /proc/sys writable here?): {}; `sysctl -w {sysctl}={value}` \
                 from outside does the same", key.without
            );
        }
    }

    fn write_down(&mut self) {
        if let Some(journal) = &self.journal {
            journal.write(self.changed.clone());
        }
    }

    /// The list is made good where others have deleted it.
    pub(crate) fn audit_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.audit();
        }
    }

    /// For a successor that reads it.
    pub(crate) fn flush_journal(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
    }

    fn path(&self, interface: &str, family: &str, name: &str) -> PathBuf {
        self.root.join(family).join("conf").join(interface).join(name)
    }
}

fn read(path: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

/// As the kernel wants the names of interfaces; it becomes part of a path.
fn is_one_component(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name.chars().any(|letter| letter != '.')
}

/// As sysctl(8) writes it: a dot in the interface's name becomes a slash.
fn words(interface: &str, family: &str, name: &str) -> String {
    format!("net.{family}.conf.{}.{name}", interface.replace('.', "/"))
}

#[cfg(test)]
mod tests;
