//! A capture on one network card: advertisements, gratuitous ARP and unsolicited neighbour advertisements, each with
//! the kernel's time stamp.

use crate::frame::{Mac, Seen, parse};
use crate::packet_socket::{open, receive, word};
use crate::topology::{Cable, Node};
use crate::{LabError, Stamp};
use nix::sys::socket::LinkAddr;
use socket2::{SockFilter, Socket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// One frame and when it was seen.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// When the kernel took it from the card.
    pub at: Stamp,
    /// Who sent it.
    pub mac: Mac,
    /// What it says.
    pub seen: Seen,
}

/// A running capture; it ends when dropped.
#[derive(Debug)]
pub struct Watch {
    log: Arc<Mutex<Vec<Sighting>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watch what arrives at the end of a cable.
    ///
    /// # Errors
    /// When the packet socket cannot be opened.
    pub fn start(cable: &Cable) -> Result<Self, LabError> {
        let socket = cable.node().within(|| open(cable.interface(), &FILTER))??;
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

    /// Everything seen since `from`.
    pub fn since(&self, from: Stamp) -> Vec<Sighting> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|s| s.at >= from).copied().collect()
    }

    /// Advertisements of one virtual router by one node since `from`, oldest first.
    pub fn adverts(&self, node: &Node, vrid: u8, from: Stamp) -> Vec<Sighting> {
        let wanted = |s: &Sighting| matches!(s.seen, Seen::Advert { vrid: v, .. } if v == vrid);
        self.since(from)
            .into_iter()
            .filter(|s| sent_by(s.mac, node) && wanted(s))
            .collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether a hardware address is one that [`crate::topology::Lab::connect`] gave to this node.
pub fn sent_by(mac: Mac, node: &Node) -> bool {
    mac[..4] == [2, 0, 0, 0] && mac[4] == node.number()
}

/// The longest time between two neighbours of a sorted list.
pub fn longest_gap(sightings: &[Sighting]) -> Option<Duration> {
    sightings.windows(2).map(|pair| pair[1].at - pair[0].at).max()
}

/// ARP, IP protocol 112 in both families, ICMPv6 type 136; anything else would wake us for every probe.
const FILTER: [SockFilter; 13] = [
    SockFilter::new(word::LOAD_HALF, 0, 0, 12),
    SockFilter::new(word::EQUAL, 10, 0, 0x0806),
    SockFilter::new(word::EQUAL, 0, 2, 0x0800),
    SockFilter::new(word::LOAD_BYTE, 0, 0, 23),
    SockFilter::new(word::EQUAL, 7, 6, 112),
    SockFilter::new(word::EQUAL, 0, 5, 0x86dd),
    SockFilter::new(word::LOAD_BYTE, 0, 0, 20),
    SockFilter::new(word::EQUAL, 4, 0, 112),
    SockFilter::new(word::EQUAL, 0, 2, 58),
    SockFilter::new(word::LOAD_BYTE, 0, 0, 54),
    SockFilter::new(word::EQUAL, 1, 0, 136),
    SockFilter::new(word::RETURN, 0, 0, 0),
    SockFilter::new(word::RETURN, 0, 0, 0xffff),
];

fn listen(socket: &Socket, log: &Mutex<Vec<Sighting>>, stop: &AtomicBool) {
    let mut frame = [0u8; 2048];
    let mut control = nix::cmsg_space!(libc::timespec);
    while !stop.load(Ordering::Relaxed) {
        let Some(datagram) = receive::<LinkAddr>(socket, &mut frame, &mut control) else {
            continue;
        };
        if let Some((mac, seen)) = frame.get(..datagram.octets).and_then(parse) {
            let at = datagram.at;
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Sighting { at, mac, seen });
        }
    }
}
