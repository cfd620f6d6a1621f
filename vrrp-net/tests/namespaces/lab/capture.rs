//! An ear on one wire.

use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{LinkAddr, recvfrom};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Advert, Frame, LIMIT, wait_for};

/// Of linux/if_packet.h.
const PACKET_OUTGOING: u8 = 4;

/// Collects every frame that is seen on an interface of the calling namespace, in either direction.
pub(crate) struct Capture {
    frames: Arc<Mutex<Vec<Frame>>>,
    over: Arc<AtomicBool>,
}

impl Capture {
    pub(crate) fn on(interface: &str) -> Self {
        // ETH_P_ALL in network order; unbound it hears every interface, and says which.
        let all = i32::from(3_u16.to_be());
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(all))).unwrap();
        let index = usize::try_from(if_nametoindex(interface).unwrap()).unwrap();
        // More than the system's limit where that is allowed.
        if rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 16 << 20).is_err() {
            socket.set_recv_buffer_size(16 << 20).unwrap();
        }
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let frames = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        thread::spawn({
            let (frames, over) = (frames.clone(), over.clone());
            move || listen(&socket, index, &frames, &over)
        });
        Self { frames, over }
    }

    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.frames.lock().unwrap().clone()
    }

    /// Every advertisement so far that came from this MAC.
    pub(crate) fn adverts(&self, number: u8) -> Vec<Advert> {
        let frames = self.frames.lock().unwrap();
        let own = frames
            .iter()
            .filter(|frame| frame.source() == [2, 0, 0, 0, 0, number]);
        own.filter_map(Advert::parse).collect()
    }

    /// How many advertisements of this VRID came from this MAC so far.
    pub(crate) fn count(&self, number: u8, vrid: u8) -> usize {
        let frames = self.frames.lock().unwrap();
        let own = frames
            .iter()
            .filter(|frame| frame.source() == [2, 0, 0, 0, 0, number]);
        own.filter_map(Advert::parse)
            .filter(|advert| advert.vrid == vrid)
            .count()
    }

    pub(crate) fn forget(&self) {
        self.frames.lock().unwrap().clear();
    }

    /// The first frame that `found` makes something of.
    pub(crate) fn wait<T>(&self, what: &str, found: impl Fn(&Frame) -> Option<T>) -> T {
        wait_for(what, LIMIT, || {
            self.frames.lock().unwrap().iter().find_map(&found)
        })
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn listen(socket: &Socket, index: usize, frames: &Mutex<Vec<Frame>>, over: &AtomicBool) {
    let mut buffer = [0; 9216];
    while !over.load(Ordering::Relaxed) {
        match recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut buffer) {
            Ok((length, Some(from))) if from.ifindex() == index => {
                let octets = buffer[..length].to_vec();
                let at = Instant::now();
                let outgoing = from.pkttype() == PACKET_OUTGOING;
                frames.lock().unwrap().push(Frame { at, octets, outgoing });
            }
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => {}
            // The link goes down once in a while.
            Err(_) => thread::yield_now(),
        }
    }
}
