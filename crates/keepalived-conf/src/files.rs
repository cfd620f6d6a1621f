//! How the parser gets at text: a parameter, so that parsing touches no disk.

use std::collections::BTreeMap;

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("no such file")]
    Absent,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is a pipe, a socket or a device: reading might wait for ever.
    #[error("it is a pipe or a device")]
    Special,
    /// It is there, and cannot be read: the system's words for why.
    #[error("{0}")]
    Unreadable(String),
}

/// Where configuration text comes from.
pub trait Files {
    /// The bytes of one file.
    ///
    /// # Errors
    /// [`FileError`] when it is absent or cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The permission bits of one file, where files have such.
    fn mode(&self, _path: &str) -> Option<u32> {
        None
    }

    /// The paths that a shell pattern (`*`, `?`, `[…]`, `{a,b}`) matches; a path without wildcards matches itself if it
    /// exists. Sorted, but alternatives one after the other as they are written, as `glob(3)` does it. Keyword `include`.
    fn matching(&self, pattern: &str) -> Vec<String>;
}

/// Files held in memory, for tests, editors and simulations.
///
/// ```
/// use keepalived_conf::{Files, MemoryFiles};
/// let files = MemoryFiles::new([("/etc/k.conf", "global_defs { router_id a }")]);
/// assert!(files.read("/etc/k.conf").is_ok());
/// assert_eq!(files.matching("/etc/*.conf"), ["/etc/k.conf"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFiles {
    /// Holds the given paths and contents.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, bytes)| (path.into(), bytes.into()))
                .collect(),
        }
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.get(path).cloned().ok_or(FileError::Absent)
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        let patterns = crate::pattern::alternatives(pattern);
        let matched = |one: &String| -> Vec<String> {
            let fits = |path: &&String| crate::pattern::matches(one, path);
            self.files.keys().filter(fits).cloned().collect()
        };
        patterns.iter().flat_map(matched).collect()
    }
}
