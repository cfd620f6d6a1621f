//! The side of the router's process.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::parent_id;
use std::process;

use rustix::io::{FdFlags, fcntl_setfd};

use super::{VARIABLE, Word, channel};
use crate::sys;

/// Tells an [`Executor`](super::Executor) in the parent process what to do should this one die; for
/// [`Driver::set_testator`](crate::Driver::set_testator).
#[derive(Debug)]
pub struct Testator {
    fd: OwnedFd,
}

impl Testator {
    /// What the parent has left open for this process; `None`: nobody would carry a last will out. Call it once, early in
    /// `main`.
    ///
    /// # Errors
    /// When the descriptor is not there.
    pub fn from_env() -> io::Result<Option<Self>> {
        let value = std::env::var(VARIABLE).unwrap_or_default();
        let parts = value
            .split_once(':')
            .and_then(|(process, fd)| Some((process.parse::<u32>().ok()?, fd.parse::<RawFd>().ok()?)));
        match parts {
            Some((process, fd)) if process == parent_id() => {
                let fd = sys::inherited(fd)?;
                fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
                Ok(Some(Self { fd }))
            }
            _ => Ok(None),
        }
    }

    /// `Ok(false)`: it has to be said later.
    pub(crate) fn say(&self, word: &Word, with: Option<BorrowedFd<'_>>) -> io::Result<bool> {
        channel::say(&self.fd, word, with)
    }

    /// Nothing is to be done for these; `Ok(false)`: there was no room to say so of all.
    pub(crate) fn withdraw(&self, ids: impl IntoIterator<Item = u32>) -> io::Result<bool> {
        for id in ids {
            if !self.say(&Word::Withdrawn(id), None)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[cfg(test)]
    pub(super) const fn over(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

/// For the environment of a child.
pub(super) fn variable(fd: RawFd) -> (&'static str, String) {
    (VARIABLE, format!("{}:{fd}", process::id()))
}
