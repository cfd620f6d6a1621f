//! What one node sends: a capture at its port of the switch, whatever hardware address it sends from.

use crate::frame::{Mac, Seen, parse};
use crate::packet_socket::{open, receive, word};
use crate::topology::Cable;
use crate::watch::Sighting;
use crate::{LabError, Stamp};
use nix::sys::socket::LinkAddr;
use socket2::{SockFilter, Socket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What the switch itself sends to the node is not the node's.
const PACKET_OUTGOING: u8 = 4;

/// One frame, whole.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When the kernel took it from the port.
    pub at: Stamp,
    /// From the destination's hardware address on.
    pub octets: Vec<u8>,
}

/// A running capture of everything but TCP and UDP; it ends when dropped.
#[derive(Debug)]
pub struct Tap {
    log: Arc<Mutex<Vec<Frame>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// Capture what comes out of a cable at the switch.
    ///
    /// # Errors
    /// When the packet socket cannot be opened.
    pub fn start(cable: &Cable) -> Result<Self, LabError> {
        let socket = cable.within_switch(|port| open(port, &FILTER))??;
        let log = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (log, stop) = (Arc::clone(&log), Arc::clone(&stop));
            move || listen(&socket, &log, &stop)
        });
        Ok(Self {
            log,
            stop,
            thread: Some(thread),
        })
    }

    /// Every frame since `from`, oldest first.
    pub fn frames(&self, from: Stamp) -> Vec<Frame> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|f| f.at >= from).cloned().collect()
    }

    /// What of it says something about a virtual router or an address.
    pub fn sightings(&self, from: Stamp) -> Vec<Sighting> {
        let read = |frame: Frame| {
            let (mac, seen): (Mac, Seen) = parse(&frame.octets)?;
            Some(Sighting {
                at: frame.at,
                mac,
                seen,
            })
        };
        self.frames(from).into_iter().filter_map(read).collect()
    }

    /// Advertisements of one virtual router since `from`, oldest first.
    pub fn adverts(&self, vrid: u8, from: Stamp) -> Vec<Sighting> {
        let mut found = self.sightings(from);
        found.retain(|s| matches!(s.seen, Seen::Advert { vrid: v, .. } if v == vrid));
        found
    }

    /// Write all of it as a pcap file of Ethernet frames with nanoseconds.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_pcap(&self, path: &Path) -> Result<usize, LabError> {
        let frames = self.frames(Stamp(0));
        std::fs::write(path, pcap(&frames)).map_err(LabError::io(path.display().to_string()))?;
        Ok(frames.len())
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The file that tcpdump writes: magic of nanoseconds, version 2.4, Ethernet.
fn pcap(frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 4 << 16 | 2, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for frame in frames {
        let seconds = frame.at.0 / 1_000_000_000;
        let length = frame.octets.len() as u64;
        for word in [seconds, frame.at.0 % 1_000_000_000, length, length] {
            file.extend(u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes());
        }
        file.extend(&frame.octets);
    }
    file
}

/// Everything but TCP and UDP: the clients' questions would drown the rest.
const FILTER: [SockFilter; 10] = [
    SockFilter::new(word::LOAD_HALF, 0, 0, 12),
    SockFilter::new(word::EQUAL, 0, 2, 0x0800),
    SockFilter::new(word::LOAD_BYTE, 0, 0, 23),
    SockFilter::new(word::EQUAL, 5, 3, 17),
    SockFilter::new(word::EQUAL, 0, 3, 0x86dd),
    SockFilter::new(word::LOAD_BYTE, 0, 0, 20),
    SockFilter::new(word::EQUAL, 2, 0, 17),
    SockFilter::new(word::EQUAL, 1, 0, 6),
    SockFilter::new(word::RETURN, 0, 0, 0xffff),
    SockFilter::new(word::RETURN, 0, 0, 0),
];

fn listen(socket: &Socket, log: &Mutex<Vec<Frame>>, stop: &AtomicBool) {
    let mut buffer = [0u8; 2048];
    let mut control = nix::cmsg_space!(libc::timespec);
    while !stop.load(Ordering::Relaxed) {
        let Some(datagram) = receive::<LinkAddr>(socket, &mut buffer, &mut control) else {
            continue;
        };
        let by_the_node = datagram
            .from
            .is_some_and(|from| from.pkttype() != PACKET_OUTGOING);
        if let Some(octets) = buffer.get(..datagram.octets).filter(|_| by_the_node) {
            let (at, octets) = (datagram.at, octets.to_vec());
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Frame { at, octets });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, pcap};
    use crate::Stamp;

    /// By the description of the file format: 24 octets of heading, 16 before every frame.
    #[test]
    fn a_pcap_file_is_what_others_read() {
        let frame = Frame {
            at: Stamp(3_000_000_007),
            octets: vec![0xee; 60],
        };
        let file = pcap(&[frame]);
        assert_eq!(file.len(), 24 + 16 + 60);
        assert_eq!(file[..8], [0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0]);
        assert_eq!(file[20..24], [1, 0, 0, 0]);
        assert_eq!(file[24..40], [3, 0, 0, 0, 7, 0, 0, 0, 60, 0, 0, 0, 60, 0, 0, 0]);
    }
}
