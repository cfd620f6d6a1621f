//! The network namespace that a file names (`net_namespace`).

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};

/// Where `ip netns add` keeps names.
const NAMES: &str = "/run/netns";
/// The network of the calling thread.
const OWN: &str = "/proc/thread-self/ns/net";

/// Why a network namespace cannot be entered, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotEntered {
    /// It is not a name.
    #[error(
        "{0:?} is no name of a network namespace: write one as `ip netns list` shows it, without a slash"
    )]
    Name(String),
    /// There is none of this name.
    #[error("there is no network namespace {name} ({path} does not exist); make it first: ip netns add {name}", path = .path.display())]
    Absent {
        /// Its name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// The file is there, and no namespace on it.
    #[error(
        "{path} is no network namespace any more: ip netns delete {name}, then ip netns add {name}", path = .path.display()
    )]
    Stale {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A permission is missing.
    #[error(
        "the network namespace {name} may not be entered: that needs CAP_SYS_ADMIN; start vrrpd as root, or with AmbientCapabilities=CAP_SYS_ADMIN beside the others in its systemd unit"
    )]
    Forbidden {
        /// Its name.
        name: String,
    },
    /// Anything else.
    #[error("the network namespace {name} cannot be entered ({path}: {error})", path = .path.display())]
    Other {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        error: io::Error,
    },
}

/// Brings the calling thread, and what it starts from now on, into a network namespace. Call it before there is another
/// thread that does anything in the network. In it already: nothing is done, and no permission needed.
///
/// # Errors
/// What keeps it out; nothing has changed then.
pub fn enter(name: &str) -> Result<(), NotEntered> {
    if name.is_empty() || name == "." || name == ".." || name.contains('/') {
        return Err(NotEntered::Name(name.to_owned()));
    }
    let path = Path::new(NAMES).join(name);
    let other = |error: io::Error| {
        let (name, path) = (name.to_owned(), path.clone());
        match error.kind() {
            io::ErrorKind::NotFound => NotEntered::Absent { name, path },
            io::ErrorKind::PermissionDenied => NotEntered::Forbidden { name },
            _ => NotEntered::Other { name, path, error },
        }
    };
    let file = File::open(&path).map_err(other)?;
    if is_own(&file) {
        return Ok(());
    }
    match setns(file, CloneFlags::CLONE_NEWNET) {
        Ok(()) => Ok(()),
        Err(Errno::EINVAL) => Err(NotEntered::Stale {
            name: name.to_owned(),
            path,
        }),
        Err(errno) => Err(other(errno.into())),
    }
}

fn is_own(file: &File) -> bool {
    let of = |found: std::fs::Metadata| (found.dev(), found.ino());
    let own = std::fs::metadata(OWN).map(of).ok();
    own.is_some() && file.metadata().map(of).ok() == own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_not_looked_for() {
        for name in ["", ".", "..", "../net", "/proc/1/ns/net"] {
            let error = enter(name).unwrap_err();
            assert!(matches!(error, NotEntered::Name(_)), "{name}: {error}");
        }
    }

    #[test]
    fn one_that_is_not_there_is_told_with_the_cure() {
        let error = enter("no-such-net-of-a-test").unwrap_err().to_string();
        assert!(
            error.contains("there is no network namespace no-such-net-of-a-test")
                && error.contains("ip netns add no-such-net-of-a-test"),
            "{error}"
        );
    }
}
