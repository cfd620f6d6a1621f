//! The socket: datagrams out, datagrams in.

use netlink_sys::constants::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use std::io;

/// Room for one datagram: the kernel fills at most 32 KiB.
const DATAGRAM_OCTETS: usize = 64 * 1024;

/// A socket of generic netlink that never waits: the kernel carries a request out inside `send`, and has queued its
/// answer, or the first part of it, when that returns. Each further part is made inside the `recv` before.
pub(super) struct Netlink {
    socket: Socket,
    received: Vec<u8>,
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_non_blocking(true)?;
        // Words beside the number, and not our own request back: both are comforts that an old kernel may lack.
        let _comfort = socket.set_ext_ack(true);
        let _comfort = socket.set_cap_ack(true);
        Ok(Self {
            socket,
            received: Vec::with_capacity(DATAGRAM_OCTETS),
        })
    }

    pub(super) fn send(&self, datagram: &[u8]) -> io::Result<()> {
        loop {
            match self.socket.send(datagram, 0) {
                Ok(_octets) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next datagram; `None` when there is none.
    pub(super) fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.received.clear();
            match self.socket.recv(&mut self.received, 0) {
                Ok(_octets) => return Ok(Some(&self.received)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Throws away what an earlier request that was given up may have left behind.
    pub(super) fn drain(&mut self) {
        while let Ok(Some(_)) = self.receive() {}
    }
}

impl std::fmt::Debug for Netlink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Netlink").finish_non_exhaustive()
    }
}
