//! Names of tables, protocols, scopes and realms, as iproute2 keeps them: looked up only where a file uses one.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::files::Files;
use crate::lexer::Word;

/// Where distributions keep them; what comes later wins.
const FOLDERS: [&str; 3] = ["/usr/lib/iproute2", "/usr/share/iproute2", "/etc/iproute2"];

/// A kind of name: its file, and the names that need none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Table,
    Protocol,
    Scope,
    Realm,
    Service,
    Group,
}

impl Kind {
    const fn file(self) -> &'static str {
        match self {
            Self::Table => "rt_tables",
            Self::Protocol => "rt_protos",
            Self::Scope => "rt_scopes",
            Self::Realm => "rt_realms",
            Self::Service => "rt_dsfield",
            Self::Group => "group",
        }
    }

    const fn known(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Table => &[("default", 253), ("main", 254), ("local", 255)],
            Self::Protocol => &[
                ("none", 0),
                ("redirect", 1),
                ("kernel", 2),
                ("boot", 3),
                ("static", 4),
                ("gated", 8),
                ("ra", 9),
                ("mrt", 10),
                ("zebra", 11),
                ("bird", 12),
                ("dnrouted", 13),
                ("xorp", 14),
                ("ntk", 15),
                ("dhcp", 16),
                ("mrouted", 17),
                ("keepalived", 18),
                ("babel", 42),
                ("bgp", 186),
                ("isis", 187),
                ("ospf", 188),
                ("rip", 189),
                ("eigrp", 192),
            ],
            Self::Scope => &[
                ("global", 0),
                ("site", 200),
                ("link", 253),
                ("host", 254),
                ("nowhere", 255),
            ],
            Self::Realm => &[("cosmos", 0)],
            Self::Service => &[],
            Self::Group => &[("default", 0)],
        }
    }
}

/// The names of one machine.
pub(super) struct Names<'a> {
    files: &'a dyn Files,
    /// `iproute_usr_dir` and `iproute_etc_dir`.
    folders: Vec<String>,
    read: RefCell<HashMap<Kind, BTreeMap<String, u32>>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            folders: FOLDERS.map(str::to_owned).to_vec(),
            read: RefCell::default(),
        }
    }

    /// One more folder, which wins over the others.
    pub(super) fn also_in(&mut self, folder: String) {
        self.folders.push(folder);
    }

    /// The number that a word stands for: itself, or a name's.
    pub(super) fn number(&self, kind: Kind, word: &Word) -> Option<u32> {
        let text = std::str::from_utf8(word.bytes()).ok()?;
        self.number_of(kind, text)
    }

    pub(super) fn number_of(&self, kind: Kind, text: &str) -> Option<u32> {
        if let Some(number) = any_base(text) {
            return Some(number);
        }
        let mut read = self.read.borrow_mut();
        let names = read.entry(kind).or_insert_with(|| self.read_all(kind));
        names.get(text).copied()
    }

    fn read_all(&self, kind: Kind) -> BTreeMap<String, u32> {
        let known = kind.known().iter();
        let mut names: BTreeMap<String, u32> = known
            .map(|(name, number)| ((*name).to_owned(), *number))
            .collect();
        for folder in &self.folders {
            let file = format!("{folder}/{}", kind.file());
            let more = self.files.matching(&format!("{file}.d/*.conf"));
            for path in std::iter::once(file).chain(more) {
                if let Ok(octets) = self.files.read(&path) {
                    names.extend(pairs(&String::from_utf8_lossy(&octets)));
                }
            }
        }
        names
    }
}

/// `NUMBER NAME` on each line, comments left out.
fn pairs(text: &str) -> Vec<(String, u32)> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace();
        let number = any_base(words.next()?)?;
        Some((words.next()?.to_owned(), number))
    };
    text.lines().filter_map(line).collect()
}

/// A number as C reads it: with 0x in hexadecimal, with a 0 in front in octal.
pub(super) fn any_base(text: &str) -> Option<u32> {
    let digits = |text: &str, base| {
        let plain = !text.is_empty() && text.chars().all(|letter| letter.is_digit(base));
        plain.then(|| u32::from_str_radix(text, base).ok()).flatten()
    };
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return digits(hex, 16);
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => digits(octal, 8),
        _ => digits(text, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MemoryFiles;

    #[test]
    fn names_come_from_the_folders_of_iproute2_the_last_one_wins() {
        let files = MemoryFiles::new([
            (
                "/usr/share/iproute2/rt_tables",
                "# reserved\n255\tlocal\n10 uplink # ours\n11 other\n",
            ),
            ("/etc/iproute2/rt_tables", "0x14 uplink\n"),
            ("/etc/iproute2/rt_tables.d/site.conf", "30 site\n40 not read\n"),
            ("/etc/iproute2/rt_tables.d/README", "50 readme\n"),
        ]);
        let names = Names::new(&files);
        let table = |name| names.number_of(Kind::Table, name);
        assert_eq!(
            (table("uplink"), table("other"), table("site")),
            (Some(20), Some(11), Some(30))
        );
        assert_eq!(
            (table("main"), table("readme"), table("nowhere")),
            (Some(254), None, None)
        );
        assert_eq!(
            (table("0x10"), table("010"), table("1x")),
            (Some(16), Some(8), None)
        );
    }
}
