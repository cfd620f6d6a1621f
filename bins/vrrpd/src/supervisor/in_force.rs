//! The configuration that is in force, kept by the supervisor for the router's next process: a file that was spoilt meanwhile
//! takes no address away (docs/crash.md).

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::process::Command;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use tracing::warn;

use super::sys;

/// Which descriptor it is.
const DESCRIPTOR: &str = "VRRPD_IN_FORCE";
/// What the kernel calls it.
const NAME: &str = "vrrpd-configuration";

/// Files by their paths, as they were read.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A file without a name, in memory: the supervisor has it, and each router's process in turn.
#[derive(Debug)]
pub(crate) struct InForce(File);

impl InForce {
    /// The supervisor's; its children inherit it, and it starts nothing else.
    pub(super) fn make() -> io::Result<Self> {
        Ok(Self(memfd_create(NAME, MemfdFlags::empty())?.into()))
    }

    pub(super) fn equip(&self, command: &mut Command) {
        command.env(DESCRIPTOR, self.0.as_raw_fd().to_string());
    }

    /// The router's, which its scripts do not inherit. `None`: this is no supervisor's child.
    pub(super) fn inherited() -> Option<Self> {
        let number = std::env::var(DESCRIPTOR).ok()?.parse().ok()?;
        let known = std::fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        if !known.to_string_lossy().starts_with(&format!("/memfd:{NAME} ")) {
            return None;
        }
        let file = File::from(sys::inherited(number));
        fcntl_setfd(&file, FdFlags::CLOEXEC).ok()?;
        Some(Self(file))
    }

    /// What the process before this one ran by; `None` where there was none, or it died while it wrote that down.
    pub(crate) fn read(&self) -> Option<Files> {
        let mut octets = Vec::new();
        let mut from = 0;
        let mut part = [0; 64 * 1024];
        loop {
            match self.0.read_at(&mut part, from) {
                Ok(0) => break,
                Ok(read) => {
                    octets.extend(part.iter().take(read));
                    from += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        serde_json::from_slice(&octets).ok()
    }

    pub(crate) fn write(&self, files: &Files) {
        let written = serde_json::to_vec(files)
            .map_err(io::Error::other)
            .and_then(|octets| {
                self.0.set_len(0)?;
                self.0.write_all_at(&octets, 0)
            });
        if let Err(error) = written {
            warn!(
                "the configuration cannot be kept for a next process: {error}; should the router's process die, the next one runs by its file as that is then"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_force_is_the_last_that_was_written_and_never_half_of_it() {
        let kept = InForce::make().unwrap();
        assert_eq!(kept.read(), None);
        let files = |text: &[u8]| Files::from([("/etc/k.conf".to_owned(), text.to_vec())]);
        let long = files(&vec![b'#'; 200_000]);
        kept.write(&long);
        assert_eq!(kept.read(), Some(long));
        let short = files(b"not text: \xff");
        kept.write(&short);
        assert_eq!(kept.read(), Some(short));
        kept.0.set_len(20).unwrap();
        assert_eq!(kept.read(), None);
    }
}
