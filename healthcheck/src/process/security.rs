//! keepalived `enable_script_security`: nobody but root may be able to change what root is made to run.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// As many as the kernel follows.
const LINKS_MAX: u32 = 40;

/// The part of a path that others could use to put their own program in place of a root script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Insecure {
    /// Not root's.
    #[error(
        "'{}' belongs to uid {owner}, who could replace a script that runs as root; chown root it, or run the script \
         as another user", component.display()
    )]
    NotRoots {
        /// The offending component, from `/` on.
        component: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Others may write.
    #[error(
        "'{}' may be written by {} (mode {mode:04o}), who could replace a script that runs as root; {}, or \
         run the script as another user", component.display(), whom(*mode), cure(*mode)
    )]
    WritableByOthers {
        /// The offending component, from `/` on.
        component: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It cannot be examined.
    #[error("'{}' cannot be examined: {error}", component.display())]
    Unknown {
        /// The component, from `/` on.
        component: PathBuf,
        /// The system's words.
        error: String,
    },
}

impl Insecure {
    /// The offending component, from `/` on.
    #[must_use]
    pub fn component(&self) -> &Path {
        match self {
            Self::NotRoots { component, .. }
            | Self::WritableByOthers { component, .. }
            | Self::Unknown { component, .. } => component,
        }
    }
}

fn whom(mode: u32) -> &'static str {
    match (mode & 0o020 != 0, mode & 0o002 != 0) {
        (true, true) => "group and others",
        (true, false) => "its group",
        _ => "others",
    }
}

/// A sticky folder, such as `/tmp`, is everybody's by intent.
fn cure(mode: u32) -> &'static str {
    if mode & 0o1000 == 0 {
        "chmod go-w it"
    } else {
        "put the script into a folder of root's"
    }
}

/// With keepalived's `enable_script_security`: every component of the path, symbolic links and what they lead to
/// included, must belong to root and must not be writable by group or others. The rule is for scripts that run as
/// root; for any other `uid` every path is fine.
///
/// # Errors
/// The first offending component.
pub fn check_path_security(program: &Path, uid: u32) -> Result<(), Insecure> {
    if uid != 0 {
        return Ok(());
    }
    let mut ahead = parts(program);
    let mut here = PathBuf::from("/");
    check(&here)?;
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            // Literally: every link before it has been replaced by what it leads to.
            here.pop();
            continue;
        }
        here.push(part);
        let Some(target) = check(&here)? else { continue };
        links += 1;
        if links > LINKS_MAX {
            return Err(Insecure::Unknown {
                component: here,
                error: "too many symbolic links".to_owned(),
            });
        }
        here.pop();
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        let mut path = parts(&target);
        path.append(&mut ahead);
        ahead = path;
    }
    Ok(())
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// Where it leads, if it is a link.
fn check(component: &Path) -> Result<Option<PathBuf>, Insecure> {
    let unknown = |error: io::Error| Insecure::Unknown {
        component: component.to_owned(),
        error: error.to_string(),
    };
    let found = fs::symlink_metadata(component).map_err(unknown)?;
    if found.uid() != 0 {
        return Err(Insecure::NotRoots {
            component: component.to_owned(),
            owner: found.uid(),
        });
    }
    if found.file_type().is_symlink() {
        // A link's own bits are always rwxrwxrwx and mean nothing.
        return fs::read_link(component).map(Some).map_err(unknown);
    }
    if found.mode() & 0o022 != 0 {
        return Err(Insecure::WritableByOthers {
            component: component.to_owned(),
            mode: found.mode() & 0o7777,
        });
    }
    Ok(None)
}
