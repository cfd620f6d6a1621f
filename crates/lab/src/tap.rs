//! What one node sends: a capture at its port of the switch, whatever hardware address it sends from.

use crate::frame::{Mac, Seen, parse};
use crate::sys::packet_address;
use crate::topology::Cable;
use crate::watch::Sighting;
use crate::{LabError, Stamp};
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt};
use socket2::{Domain, SockFilter, Socket, Type};
use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const ETH_P_ALL: u16 = 3;

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
        let socket = cable.within_switch(open)??;
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

fn open(port: &str) -> Result<Socket, LabError> {
    let what = |step: &str| format!("packet socket on {port}: {step}");
    let index = nix::net::if_::if_nametoindex(port).map_err(LabError::errno(what("index")))?;
    // Without a protocol nothing arrives before the filter is in place.
    let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(LabError::io(what("open")))?;
    socket
        .attach_filter(&filter())
        .map_err(LabError::io(what("filter")))?;
    socket
        .set_recv_buffer_size(4 << 20)
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

/// Everything but TCP and UDP: the clients' questions would drown the rest.
fn filter() -> [SockFilter; 10] {
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    [
        SockFilter::new(LOAD_HALF, 0, 0, 12),
        SockFilter::new(EQUAL, 0, 2, 0x0800),
        SockFilter::new(LOAD_BYTE, 0, 0, 23),
        SockFilter::new(EQUAL, 5, 3, 17),
        SockFilter::new(EQUAL, 0, 3, 0x86dd),
        SockFilter::new(LOAD_BYTE, 0, 0, 20),
        SockFilter::new(EQUAL, 2, 0, 17),
        SockFilter::new(EQUAL, 1, 0, 6),
        SockFilter::new(RETURN, 0, 0, 0xffff),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

fn listen(socket: &Socket, log: &Mutex<Vec<Frame>>, stop: &AtomicBool) {
    let mut buffer = [0u8; 2048];
    let mut control = nix::cmsg_space!(libc::timespec);
    while !stop.load(Ordering::Relaxed) {
        if let Some(frame) = receive(socket, &mut buffer, &mut control) {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
        }
    }
}

fn receive(socket: &Socket, buffer: &mut [u8], control: &mut [u8]) -> Option<Frame> {
    let (length, at) = {
        let mut slices = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::empty();
        let message = recvmsg::<LinkAddr>(socket.as_raw_fd(), &mut slices, Some(control), flags).ok()?;
        (message.address?.pkttype() != PACKET_OUTGOING).then_some(())?;
        let stamped = message.cmsgs().ok()?.find_map(|c| match c {
            ControlMessageOwned::ScmTimestampns(time) => {
                let seconds = u64::try_from(time.tv_sec()).ok()?;
                Some(Stamp(
                    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).ok()?,
                ))
            }
            _ => None,
        });
        (message.bytes, stamped.unwrap_or_else(Stamp::now))
    };
    Some(Frame {
        at,
        octets: buffer.get(..length)?.to_vec(),
    })
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
