//! Whether the files on the disk are those that are in force: what nobody has asked for takes nothing over that somebody else may
//! be in the middle of.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::arguments::Arguments;
use crate::load;
use crate::supervisor::Files;

/// Of files, their paths and what is in them: another one where anything is other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark(u64);

impl Mark {
    pub(crate) fn of(files: &Files) -> Self {
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// Of what a reload would read now.
    pub(crate) fn read(arguments: &Arguments) -> Self {
        Self::of(&load::read(arguments).files())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser as _;

    use super::*;

    #[test]
    fn whatever_is_changed_in_any_of_the_files_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let shown = |name: &str| path(name).display().to_string();
        fs::write(path("k.conf"), format!("include {}\n", shown("*.inc"))).unwrap();
        fs::write(path("a.inc"), "global_defs {\n}\n").unwrap();
        fs::write(path("l.cf"), "virtual=192.0.2.1:80\n\treal=192.0.2.2:80 gate\n").unwrap();
        let arguments =
            Arguments::parse_from(["vrrpd", "-f", &shown("k.conf"), "--ldirectord", &shown("l.cf")]);
        let mut before = Mark::read(&arguments);
        assert_eq!(before, Mark::read(&arguments));
        for (name, text) in [
            ("k.conf", format!("include {}\n\n", shown("*.inc"))),
            ("a.inc", "global_defs {\n\n}\n".to_owned()),
            ("b.inc", String::new()),
            (
                "l.cf",
                "virtual=192.0.2.1:80\n\treal=192.0.2.2:80 gate 2\n".to_owned(),
            ),
        ] {
            fs::write(path(name), text).unwrap();
            let now = Mark::read(&arguments);
            assert_ne!(now, before, "{name}");
            assert_eq!(now, Mark::read(&arguments));
            before = now;
        }
    }
}
