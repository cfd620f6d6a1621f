//! A program that re-executes itself (a binary upgrade) goes on where it was: sockets, state, addresses.
//!
//! The descriptors stay open through `exec`, and a file in memory lists them together with the state; its number and the
//! process id go in the environment variable `VRRP_NET_HANDOVER`. Packets that arrive in between wait in the sockets.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::IpAddr;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt as _, parent_id};
use std::path::PathBuf;
use std::process;
use std::time::SystemTime;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use vrrp_core::{
    Announcements, Cause, Family, Instant, Interval, Priority, Snapshot, Tracker, Version, Vrid,
};

use crate::accept::SavedFilter;
use crate::address::linux::Line;
use crate::event::Event;
use crate::handle::{Command, Handle};
use crate::routing::Entry;
use crate::service::Service;
use crate::sys;
use crate::sysctl::Changed;
use crate::will;

const VARIABLE: &str = "VRRP_NET_HANDOVER";
/// Of a program that this one understands: what is added later has a default, and what is not known is left out. Raised
/// where that cannot be; then the successor starts anew.
const FORMAT: u32 = 1;

/// What the state was reached with: what a core that goes on has to compare with its new configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedSettings {
    interface: Option<String>,
    version: Version,
    vrid: Vrid,
    family: Family,
    path: vrrp_core::Path,
    priority: Priority,
    interval: Interval,
    addresses: Vec<IpAddr>,
    held_only: Vec<IpAddr>,
    announcements: Announcements,
    trackers: Vec<Tracker>,
}

impl SavedSettings {
    pub(crate) fn of(service: &Service) -> Self {
        let settings = &service.settings;
        Self {
            interface: service.interface.clone(),
            version: settings.version,
            vrid: settings.vrid,
            family: settings.family,
            path: settings.path.clone(),
            priority: settings.priority,
            interval: settings.interval,
            addresses: settings.addresses.clone(),
            held_only: settings.held_only.clone(),
            announcements: settings.announcements,
            trackers: settings.trackers.clone(),
        }
    }

    /// `service` as it was then; `None`: it is another virtual router by now (PRJ-CHG-07).
    pub(crate) fn then(&self, service: &Service) -> Option<Service> {
        let now = &service.settings;
        let same = (&self.interface, self.version, self.vrid, self.family, &self.path)
            == (&service.interface, now.version, now.vrid, now.family, &now.path);
        same.then(|| {
            let mut then = service.clone();
            then.settings.priority = self.priority;
            then.settings.interval = self.interval;
            then.settings.addresses.clone_from(&self.addresses);
            then.settings.held_only.clone_from(&self.held_only);
            then.settings.announcements = self.announcements;
            then.settings.trackers.clone_from(&self.trackers);
            // Decides nothing but how addresses are made, and may point at trackers that were not there then.
            then.track_interfaces.clear();
            then.track_statics.clear();
            then
        })
    }
}

/// The state of one service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedService {
    pub(crate) name: String,
    pub(crate) snapshot: Snapshot,
    pub(crate) since: Instant,
    pub(crate) since_wall: SystemTime,
    pub(crate) why: Option<Cause>,
    pub(crate) leaving: bool,
    /// Absent from what an older version has left.
    #[serde(default)]
    pub(crate) before: Option<SavedSettings>,
}

/// What a socket is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedSocket {
    pub(crate) device: Option<String>,
    pub(crate) index: u32,
    pub(crate) family: Family,
    pub(crate) local: Option<IpAddr>,
    pub(crate) groups: Vec<IpAddr>,
}

/// Everything but the descriptors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) services: Vec<SavedService>,
    pub(crate) held: Vec<Line>,
    #[serde(default)]
    pub(crate) sysctls: Vec<Changed>,
    #[serde(default)]
    pub(crate) filter: Option<SavedFilter>,
    #[serde(default)]
    pub(crate) virtual_macs: Vec<crate::vmac::Made>,
    #[serde(default)]
    pub(crate) routing: Vec<Entry>,
}

/// What the file in memory says.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    format: u32,
    saved: Saved,
    sockets: Vec<(SavedSocket, RawFd)>,
    extra: Vec<(String, RawFd)>,
    #[serde(default)]
    filter_owner: Option<RawFd>,
}

/// The descriptors of any format.
#[derive(Debug, Deserialize)]
struct Listed {
    format: u32,
    sockets: Vec<(IgnoredAny, RawFd)>,
    extra: Vec<(IgnoredAny, RawFd)>,
    #[serde(default)]
    filter_owner: Option<RawFd>,
}

/// What a driver was when it ended, for [`Driver::adopt`](crate::Driver::adopt) in the same or in a re-executed program.
///
/// In the same program the handles that are out go on working with the next driver; until then their requests wait.
/// Dropping it closes the sockets, but releases no address: nobody would answer for them.
#[derive(Debug)]
pub struct Handover {
    pub(crate) saved: Saved,
    pub(crate) sockets: Vec<(SavedSocket, OwnedFd)>,
    extra: Vec<(String, OwnedFd)>,
    /// With it the packet filter's table would go.
    pub(crate) filter_owner: Option<OwnedFd>,
    /// In the same program the handles that are out go on working.
    pub(crate) ends: Option<Ends>,
}

/// The driver's ends of what its handles hold the other ends of.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) handle: Handle,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) events: broadcast::Sender<Event>,
}

impl Handover {
    pub(crate) const fn new(saved: Saved, sockets: Vec<(SavedSocket, OwnedFd)>) -> Self {
        Self {
            saved,
            sockets,
            extra: Vec::new(),
            filter_owner: None,
            ends: None,
        }
    }

    /// Takes a descriptor of the program's own along, such as its listening socket.
    pub fn add(&mut self, name: &str, fd: impl Into<OwnedFd>) {
        self.extra.push((name.to_owned(), fd.into()));
    }

    /// A descriptor that the predecessor has taken along under this name.
    pub fn take(&mut self, name: &str) -> Option<OwnedFd> {
        let place = self.extra.iter().position(|(known, _)| known == name)?;
        Some(self.extra.swap_remove(place).1)
    }

    /// Everything that was taken along.
    pub(crate) fn take_all(&mut self) -> Vec<(String, OwnedFd)> {
        std::mem::take(&mut self.extra)
    }

    /// What the program that this one replaces has left, if there was one. Call it once, early in `main`.
    ///
    /// # Errors
    /// When something was left and cannot be read: then start anew with [`Driver::open`](crate::Driver::open). The descriptors
    /// that were left are closed.
    pub fn from_env() -> Result<Option<Self>, HandoverError> {
        let Ok(value) = std::env::var(VARIABLE) else {
            return Ok(None);
        };
        let parts = value
            .split_once(':')
            .and_then(|(process, fd)| Some((process.parse::<u32>().ok()?, fd.parse::<RawFd>().ok()?)));
        match parts {
            // A child of the successor inherits the variable, but neither the process id nor the descriptors.
            // What a parent gives is under the number of the parent.
            Some((process, fd)) if [process::id(), parent_id()].contains(&process) && is_ours(fd) => {
                Self::read(fd).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn read(fd: RawFd) -> Result<Self, HandoverError> {
        let mut file = File::from(sys::inherited(fd).map_err(HandoverError::Read)?);
        let mut text = Vec::new();
        let _start = file.seek(SeekFrom::Start(0)).map_err(HandoverError::Read)?;
        let _octets = file.read_to_end(&mut text).map_err(HandoverError::Read)?;
        let not_understood = |error: serde_json::Error| HandoverError::Format(error.to_string());
        // Before anything can go wrong: a descriptor that nobody owns stays open, and hears what the new ones should.
        let listed: Listed = serde_json::from_slice(&text).map_err(not_understood)?;
        let sockets: Vec<_> = listed.sockets.iter().map(|(_, fd)| own(*fd)).collect();
        let extra: Vec<_> = listed.extra.iter().map(|(_, fd)| own(*fd)).collect();
        let filter_owner = listed.filter_owner.map(own).transpose();
        if listed.format != FORMAT {
            return Err(HandoverError::Format(format!("format {}", listed.format)));
        }
        let contents: Contents = serde_json::from_slice(&text).map_err(not_understood)?;
        let mut handover = Self::new(contents.saved, Vec::new());
        for ((socket, _), fd) in contents.sockets.into_iter().zip(sockets) {
            handover.sockets.push((socket, fd?));
        }
        for ((name, _), fd) in contents.extra.into_iter().zip(extra) {
            handover.extra.push((name, fd?));
        }
        handover.filter_owner = filter_owner?;
        Ok(handover)
    }

    /// Replaces this process by `command`, which finds everything with [`Handover::from_env`]. Returns only when that
    /// failed, with the reason; then go on by [`Driver::adopt`](crate::Driver::adopt).
    ///
    /// A [`Testator`](crate::Testator) is not handed on: what the parent was told is withdrawn, and should the new program die,
    /// nobody does anything for it. A parent that looks after its child replaces it by starting another one.
    #[must_use]
    pub fn exec(&self, mut command: process::Command) -> HandoverError {
        let file = match self.write() {
            Ok(file) => file,
            Err(error) => return HandoverError::Write(error),
        };
        let value = format!("{}:{}", process::id(), file.as_raw_fd());
        for fd in self.descriptors(&file) {
            let _open = fcntl_setfd(fd, FdFlags::empty());
        }
        // The end that was for this program is closed with it.
        let error = command.env(VARIABLE, value).env_remove(will::VARIABLE).exec();
        for fd in self.descriptors(&file) {
            let _closed = fcntl_setfd(fd, FdFlags::CLOEXEC);
        }
        HandoverError::Exec(error)
    }

    /// As [`Handover::exec`] for a child that `command` starts; the answer is to be dropped when it was started.
    pub(crate) fn give(&self, command: &mut process::Command) -> io::Result<Given> {
        let file = self.write()?;
        for fd in self.descriptors(&file) {
            fcntl_setfd(fd, FdFlags::empty())?;
        }
        let value = format!("{}:{}", process::id(), file.as_raw_fd());
        let _same = command.env(VARIABLE, value);
        Ok(Given { _file: file })
    }

    /// This program with its arguments, by the path it was started from: the file there may be a newer one by now.
    ///
    /// # Errors
    /// When the path is not known.
    pub fn own_program() -> io::Result<process::Command> {
        let path = std::env::current_exe()?;
        // What the kernel says once the file was replaced.
        let text = path.to_string_lossy();
        let path = text
            .strip_suffix(" (deleted)")
            .map_or_else(|| path.clone(), PathBuf::from);
        let mut command = process::Command::new(path);
        let _with = command.args(std::env::args_os().skip(1));
        Ok(command)
    }

    fn descriptors<'a>(&'a self, file: &'a File) -> impl Iterator<Item = BorrowedFd<'a>> {
        let sockets = self.sockets.iter().map(|(_, fd)| fd.as_fd());
        let extra = self.extra.iter().map(|(_, fd)| fd.as_fd());
        let filter_owner = self.filter_owner.iter().map(|fd| fd.as_fd());
        sockets.chain(extra).chain(filter_owner).chain([file.as_fd()])
    }

    fn write(&self) -> io::Result<File> {
        let contents = Contents {
            format: FORMAT,
            saved: self.saved.clone(),
            sockets: self
                .sockets
                .iter()
                .map(|(socket, fd)| (socket.clone(), fd.as_raw_fd()))
                .collect(),
            extra: self
                .extra
                .iter()
                .map(|(name, fd)| (name.clone(), fd.as_raw_fd()))
                .collect(),
            filter_owner: self.filter_owner.as_ref().map(|fd| fd.as_raw_fd()),
        };
        let text = serde_json::to_vec(&contents)?;
        let mut file = File::from(memfd_create("vrrp-net-handover", MemfdFlags::CLOEXEC)?);
        file.write_all(&text)?;
        Ok(file)
    }
}

/// Stays open until a child was started.
#[derive(Debug)]
pub(crate) struct Given {
    _file: File,
}

/// A descriptor that came through `exec`, closed at the next one.
fn own(fd: RawFd) -> Result<OwnedFd, HandoverError> {
    let fd = sys::inherited(fd).map_err(HandoverError::Read)?;
    fcntl_setfd(&fd, FdFlags::CLOEXEC).map_err(|error| HandoverError::Read(error.into()))?;
    Ok(fd)
}

fn is_ours(fd: RawFd) -> bool {
    let target = std::fs::read_link(format!("/proc/self/fd/{fd}"));
    target.is_ok_and(|target| target.to_string_lossy().starts_with("/memfd:vrrp-net-handover"))
}

/// What went wrong with a handover.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandoverError {
    /// The state could not be written.
    #[error("the state cannot be written to memory: {0}")]
    Write(io::Error),
    /// The program could not be replaced.
    #[error("the program cannot be replaced: {0}")]
    Exec(io::Error),
    /// What the predecessor left cannot be read.
    #[error("what the predecessor left cannot be read: {0}")]
    Read(io::Error),
    /// It is not what this version understands.
    #[error("what the predecessor left is not understood ({0}); it was probably a newer version")]
    Format(String),
}

#[cfg(test)]
mod tests;
