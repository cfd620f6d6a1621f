//! A capture on one network card: advertisements, gratuitous ARP and unsolicited neighbour advertisements, each with
//! the kernel's time stamp.

use crate::frame::{Mac, Seen, parse};
use crate::sys::packet_address;
use crate::topology::{Cable, Node};
use crate::{LabError, Stamp};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use socket2::{Domain, SockFilter, Socket, Type};
use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const ETH_P_ALL: u16 = 3;

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
        let socket = cable.node().within(|| open(cable.interface()))??;
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

fn open(interface: &str) -> Result<Socket, LabError> {
    let what = |step: &str| format!("packet socket on {interface}: {step}");
    let index = nix::net::if_::if_nametoindex(interface).map_err(LabError::errno(what("index")))?;
    // Without a protocol nothing arrives before the filter is in place.
    let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(LabError::io(what("open")))?;
    socket
        .attach_filter(&filter())
        .map_err(LabError::io(what("filter")))?;
    socket
        .set_recv_buffer_size(8 << 20)
        .map_err(LabError::io(what("buffer")))?;
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .map_err(LabError::io(what("timeout")))?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true).map_err(LabError::errno(what("time stamps")))?;
    socket
        .bind(&packet_address(ETH_P_ALL, index))
        .map_err(LabError::io(what("bind")))?;
    Ok(socket)
}

/// ARP, IP protocol 112 in both families, ICMPv6 type 136; anything else would wake us for every probe.
fn filter() -> [SockFilter; 13] {
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    [
        SockFilter::new(LOAD_HALF, 0, 0, 12),
        SockFilter::new(EQUAL, 10, 0, 0x0806),
        SockFilter::new(EQUAL, 0, 2, 0x0800),
        SockFilter::new(LOAD_BYTE, 0, 0, 23),
        SockFilter::new(EQUAL, 7, 6, 112),
        SockFilter::new(EQUAL, 0, 5, 0x86dd),
        SockFilter::new(LOAD_BYTE, 0, 0, 20),
        SockFilter::new(EQUAL, 4, 0, 112),
        SockFilter::new(EQUAL, 0, 2, 58),
        SockFilter::new(LOAD_BYTE, 0, 0, 54),
        SockFilter::new(EQUAL, 1, 0, 136),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, 0xffff),
    ]
}

fn listen(socket: &Socket, log: &Mutex<Vec<Sighting>>, stop: &AtomicBool) {
    let mut frame = [0u8; 2048];
    let mut control = nix::cmsg_space!(libc::timespec);
    while !stop.load(Ordering::Relaxed) {
        let Some((length, at)) = receive(socket, &mut frame, &mut control) else {
            continue;
        };
        if let Some((mac, seen)) = frame.get(..length).and_then(parse) {
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Sighting { at, mac, seen });
        }
    }
}

/// One datagram and its time stamp, or `None` when the wait was in vain.
pub(crate) fn receive(
    socket: &impl AsRawFd,
    buffer: &mut [u8],
    control: &mut [u8],
) -> Option<(usize, Stamp)> {
    let mut slices = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(control), MsgFlags::empty()).ok()?;
    let stamped = message.cmsgs().ok()?.find_map(|c| match c {
        ControlMessageOwned::ScmTimestampns(time) => {
            let seconds = u64::try_from(time.tv_sec()).ok()?;
            Some(Stamp(
                seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).ok()?,
            ))
        }
        _ => None,
    });
    Some((message.bytes, stamped.unwrap_or_else(Stamp::now)))
}
