//! Files of the machine. Outside the parse path: only a program that wants the disk names this.

use std::io::Read as _;
use std::path::Path;

use crate::files::{FileError, Files};
use crate::pattern;

/// More than any configuration: the parser unfolds no more either.
const BYTES_MAX: u64 = 64 << 20;

/// Reads real files. Relative paths are relative to the working folder of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let trouble = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => FileError::Absent,
            std::io::ErrorKind::IsADirectory => FileError::Folder,
            _ => FileError::Unreadable(error.to_string()),
        };
        let kind = std::fs::metadata(path).map_err(trouble)?;
        if !(kind.is_file() || kind.is_dir() || is_handed_over(path)) {
            // Opening a pipe waits for somebody who writes.
            return Err(FileError::Special);
        }
        let file = std::fs::File::open(path).map_err(trouble)?;
        // With room for all of it, as it seems: growing takes twice that.
        let known = usize::try_from(kind.len().min(BYTES_MAX)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(known.saturating_add(1));
        // A device has no end.
        file.take(BYTES_MAX.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(trouble)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > BYTES_MAX) {
            let text = format!("it has more than {} MiB", BYTES_MAX >> 20);
            return Err(FileError::Unreadable(text));
        }
        Ok(bytes)
    }

    #[cfg(unix)]
    fn mode(&self, path: &str) -> Option<u32> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path).ok()?;
        found.is_file().then(|| found.mode() & 0o7777)
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        let sorted = |one: &String| {
            let mut found = walk(one);
            found.sort();
            found
        };
        pattern::alternatives(pattern).iter().flat_map(sorted).collect()
    }
}

/// What a shell opens for the program (`<(command)`, a redirection), which somebody writes or nobody has to.
fn is_handed_over(path: &str) -> bool {
    matches!(path, "/dev/stdin" | "/dev/null")
        || ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .any(|folder| path.starts_with(folder))
}

/// Follows a pattern folder by folder.
fn walk(pattern: &str) -> Vec<String> {
    let mut reached = vec![if pattern.starts_with('/') {
        "/".to_owned()
    } else {
        String::new()
    }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        reached = reached.iter().flat_map(|folder| step(folder, part)).collect();
    }
    reached.retain(|path| Path::new(path).is_file());
    reached
}

fn step(folder: &str, part: &str) -> Vec<String> {
    let join = |name: &str| {
        if folder.is_empty() || folder.ends_with('/') {
            format!("{folder}{name}")
        } else {
            format!("{folder}/{name}")
        }
    };
    if !pattern::is_pattern(part) {
        return vec![join(part)];
    }
    let Ok(entries) = std::fs::read_dir(if folder.is_empty() { "." } else { folder }) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let hidden_too = part.starts_with('.');
    names
        .filter(|name| (hidden_too || !name.starts_with('.')) && pattern::matches(part, name))
        .map(|name| join(&name))
        .collect()
}
