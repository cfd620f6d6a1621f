//! From the socket to what the core judges: source, destination, hop limit and message.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn6, recvmsg};
use vrrp_core::wire::{IpPacket, Reject};
use vrrp_core::{Family, WallClock};

use super::Channel;

/// The longest IP packet.
const PACKET_OCTETS: usize = 65_536;

/// Room for one packet and what the kernel says about it, used again for each.
#[derive(Debug)]
pub(crate) struct Buffers {
    packet: Vec<u8>,
    control: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self {
            packet: vec![0; PACKET_OCTETS],
            // Every message that a socket of ours asks for must fit, or none is handed over.
            control: nix::cmsg_space!(
                libc::in_pktinfo,
                libc::in6_pktinfo,
                libc::c_int,
                libc::timespec,
                [u64; 2]
            ),
        }
    }
}

/// A packet.
#[derive(Debug)]
pub(crate) struct Arrived<'a> {
    /// Index of the interface it came by, where the kernel said.
    pub(crate) index: Option<u32>,
    pub(crate) source: IpAddr,
    pub(crate) destination: Option<IpAddr>,
    pub(crate) hop_limit: Option<u8>,
    /// When the kernel took it from the card, by the time of day.
    pub(crate) taken_at: Option<WallClock>,
    /// Steps 1 to 3 of the receive order may have failed already.
    pub(crate) message: Result<&'a [u8], Reject>,
}

impl Channel {
    /// The next packet; `None` when there is none.
    pub(crate) fn receive<'a>(
        &self,
        fd: BorrowedFd<'_>,
        buffers: &'a mut Buffers,
    ) -> io::Result<Option<Arrived<'a>>> {
        let mut octets = [IoSliceMut::new(&mut buffers.packet)];
        let received = loop {
            let control = Some(buffers.control.as_mut_slice());
            match recvmsg::<SockaddrIn6>(fd.as_raw_fd(), &mut octets, control, MsgFlags::MSG_DONTWAIT) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno.into()),
                Ok(received) => break received,
            }
        };
        let length = received.bytes;
        let mut index = None;
        let mut destination = None;
        let mut hop_limit = None;
        let mut taken_at = None;
        // ENOBUFS here means that control data was cut off: what is missing then counts as wrong (V3-7.1-02).
        for message in received.cmsgs().into_iter().flatten() {
            match message {
                ControlMessageOwned::Ipv4PacketInfo(info) => index = u32::try_from(info.ipi_ifindex).ok(),
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    index = Some(info.ipi6_ifindex);
                    destination = Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)));
                }
                ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
                ControlMessageOwned::ScmTimestampns(time) => taken_at = wall_clock(time),
                _ => {}
            }
        }
        let from = received.address.map(|address| IpAddr::V6(address.ip()));
        let packet = buffers.packet.get(..length).unwrap_or_default();
        if self.packets {
            return Ok(Some(Arrived {
                taken_at,
                ..with_header(packet, Some(self.index))
            }));
        }
        Ok(Some(match self.family {
            Family::Ipv4 => Arrived {
                taken_at,
                ..with_header(packet, index)
            },
            Family::Ipv6 => Arrived {
                index,
                source: from.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
                destination,
                hop_limit,
                taken_at,
                message: Ok(packet),
            },
        }))
    }
}

/// A raw IPv4 socket and a packet socket hand the IP header over.
fn with_header(packet: &[u8], index: Option<u32>) -> Arrived<'_> {
    match IpPacket::parse(packet) {
        Ok(ip) => Arrived {
            index,
            source: ip.source,
            destination: Some(ip.destination),
            hop_limit: Some(ip.hop_limit),
            taken_at: None,
            message: Ok(ip.payload),
        },
        Err(reject) => Arrived {
            index,
            source: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            destination: None,
            hop_limit: None,
            taken_at: None,
            message: Err(reject),
        },
    }
}

fn wall_clock(time: nix::sys::time::TimeSpec) -> Option<WallClock> {
    Some(WallClock {
        seconds: u64::try_from(time.tv_sec()).ok()?,
        nanos: u32::try_from(time.tv_nsec()).ok()?,
    })
}
