//! Who asks.

use rustix::process::geteuid;
use tokio::net::UnixStream;

use super::permits::{May, Permits};

/// A process at the other end of a socket, as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its user.
    pub(crate) uid: u32,
    /// Its primary group.
    pub(crate) gid: u32,
    /// What it may do at the control socket.
    pub(crate) may: May,
}

impl Peer {
    /// Where the kernel does not say, it is nobody who may anything.
    pub(crate) fn of(stream: &UnixStream, permits: &Permits) -> Self {
        let (uid, gid) = stream
            .peer_cred()
            .map_or((u32::MAX, u32::MAX), |found| (found.uid(), found.gid()));
        let may = permits.of(uid, gid, || crate::sys::peer_groups(stream));
        Self { uid, gid, may }
    }

    /// Root, or the user that this daemon runs as.
    pub(crate) fn is_ours(self) -> bool {
        is_ours(self.uid)
    }
}

pub(super) fn is_ours(uid: u32) -> bool {
    uid == 0 || uid == geteuid().as_raw()
}
