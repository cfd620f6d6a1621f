//! Advertisements that must be rejected, each wrong in exactly one way, sent by a third machine.

use crate::LabError;
use crate::sys::packet_address;
use crate::topology::Cable;
use socket2::{Domain, Socket, Type};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is wrong with a packet. All else is as the attacked router wants it, with the highest priority, so that
/// accepting a single one would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: proves that the attack would work.
    None,
    /// TTL 254 instead of 255.
    Ttl,
    /// One bit of the checksum.
    Checksum,
    /// Version 3 to a router of version 2.
    Version,
    /// A virtual router that nobody has.
    Vrid,
    /// Another password.
    Auth,
    /// Another interval.
    Interval,
    /// The last address is missing.
    Short,
    /// Four octets too many.
    Surplus,
    /// Type 2.
    Type,
}

/// The router that is attacked: version 2 with a password.
#[derive(Clone, Debug)]
pub struct Target {
    /// Virtual router.
    pub vrid: u8,
    /// Interval in seconds.
    pub interval_s: u8,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its password, up to eight octets.
    pub password: &'static str,
}

impl Fault {
    /// Every way to be wrong.
    pub const ALL: [Self; 9] = [
        Self::Ttl,
        Self::Checksum,
        Self::Version,
        Self::Vrid,
        Self::Auth,
        Self::Interval,
        Self::Short,
        Self::Surplus,
        Self::Type,
    ];

    /// In tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "nothing wrong",
            Self::Ttl => "TTL",
            Self::Checksum => "checksum",
            Self::Version => "version",
            Self::Vrid => "VRID",
            Self::Auth => "password",
            Self::Interval => "interval",
            Self::Short => "short",
            Self::Surplus => "surplus",
            Self::Type => "type",
        }
    }
}

/// The Ethernet frame of a version 2 advertisement (RFC 3768 section 5.1) with this fault.
pub fn frame(target: &Target, fault: Fault, source: Ipv4Addr) -> Vec<u8> {
    let vrrp = message(target, fault);
    let ttl = if fault == Fault::Ttl { 254 } else { 255 };
    let length = u16::try_from(20 + vrrp.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut ip = vec![0x45, 0xc0, length[0], length[1], 0, 0, 0, 0, ttl, 112, 0, 0];
    ip.extend(source.octets());
    ip.extend([224, 0, 0, 18]);
    let sum = checksum(&ip).to_be_bytes();
    ip[10..12].copy_from_slice(&sum);
    let mut frame = vec![
        0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0xff, 0, 0, 0, 1, 0x08, 0x00,
    ];
    frame.extend(ip);
    frame.extend(vrrp);
    frame
}

fn message(target: &Target, fault: Fault) -> Vec<u8> {
    let version_and_type = match fault {
        Fault::Version => 0x31,
        Fault::Type => 0x22,
        _ => 0x21,
    };
    let vrid = if fault == Fault::Vrid {
        target.vrid.wrapping_add(1)
    } else {
        target.vrid
    };
    let interval = if fault == Fault::Interval {
        target.interval_s + 1
    } else {
        target.interval_s
    };
    let mut text = vec![version_and_type, vrid, 254, 1, 1, interval, 0, 0];
    if fault != Fault::Short {
        text.extend(target.address.octets());
    }
    let mut password = [0u8; 8];
    let given = if fault == Fault::Auth {
        "wrong"
    } else {
        target.password
    };
    for (place, octet) in password.iter_mut().zip(given.bytes()) {
        *place = octet;
    }
    text.extend(password);
    if fault == Fault::Surplus {
        text.extend([0; 4]);
    }
    let mut sum = checksum(&text);
    if fault == Fault::Checksum {
        sum ^= 1;
    }
    text[6..8].copy_from_slice(&sum.to_be_bytes());
    text
}

/// RFC 1071.
pub(crate) fn checksum(octets: &[u8]) -> u16 {
    let words = octets
        .chunks(2)
        .map(|c| u32::from(c[0]) << 8 | u32::from(c.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// A machine that sends forged frames; it ends when dropped.
#[derive(Debug)]
pub struct Attack {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Attack {
    /// Send all of `frames` in turn, `per_second` frames a second in all.
    ///
    /// # Errors
    /// When the packet socket cannot be opened.
    pub fn start(cable: &Cable, frames: Vec<Vec<u8>>, per_second: u32) -> Result<Self, LabError> {
        let socket = open(cable)?;
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::spawn({
            let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
            move || {
                send(
                    &socket,
                    &frames,
                    Duration::from_secs(1) / per_second.max(1),
                    &stop,
                    &sent,
                )
            }
        });
        Ok(Self {
            stop,
            sent,
            thread: Some(thread),
        })
    }

    /// Frames sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A socket that sends whole frames from a cable's card.
fn open(cable: &Cable) -> Result<Socket, LabError> {
    let interface = cable.interface();
    cable.node().within(|| -> Result<Socket, LabError> {
        let index = nix::net::if_::if_nametoindex(interface).map_err(LabError::errno(interface))?;
        let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(LabError::io("packet socket"))?;
        socket
            .bind(&packet_address(0, index))
            .map_err(LabError::io("bind"))?;
        Ok(socket)
    })?
}

/// Send one frame.
///
/// # Errors
/// When the packet socket cannot be opened or the frame does not leave.
pub fn send_once(cable: &Cable, frame: &[u8]) -> Result<(), LabError> {
    open(cable)?
        .send(frame)
        .map(drop)
        .map_err(LabError::io("a frame"))
}

fn send(socket: &Socket, frames: &[Vec<u8>], pause: Duration, stop: &AtomicBool, sent: &AtomicU64) {
    let start = Instant::now();
    for (number, frame) in (0u32..).zip(frames.iter().cycle()) {
        // In small steps, so that an end is noticed at two a second too.
        let due = start + pause * number;
        while Instant::now() < due {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep((due - Instant::now()).min(Duration::from_millis(50)));
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if socket.send(frame).is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Target, checksum, frame, message};
    use std::net::Ipv4Addr;

    fn target() -> Target {
        Target {
            vrid: 55,
            interval_s: 1,
            address: Ipv4Addr::new(192, 0, 2, 100),
            password: "secret",
        }
    }

    #[test]
    fn each_fault_changes_the_packet_and_only_one_breaks_the_checksum() {
        let source = Ipv4Addr::new(192, 0, 2, 66);
        let good = frame(&target(), Fault::None, source);
        for fault in Fault::ALL {
            assert_ne!(frame(&target(), fault, source), good, "{fault:?}");
            let sum = checksum(&message(&target(), fault));
            // RFC 1071: the sum over a message with its checksum in place is 0.
            assert_eq!(sum == 0, fault != Fault::Checksum, "{fault:?}");
        }
    }

    #[test]
    fn a_frame_without_a_fault_is_an_advertisement() {
        let frame = frame(&target(), Fault::None, Ipv4Addr::new(192, 0, 2, 66));
        let (_, seen) = crate::frame::parse(&frame).expect("an advertisement");
        let text = format!("{seen:?}");
        assert!(
            text.contains("version: 2, vrid: 55, priority: 254, interval: 1s"),
            "{text}"
        );
    }
}
