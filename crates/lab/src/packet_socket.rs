//! A packet socket at one network card that tells when the kernel took each frame.

use crate::sys::packet_address;
use crate::{LabError, Stamp};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrLike, recvmsg, setsockopt, sockopt};
use socket2::{Domain, SockFilter, Socket, Type};
use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::time::Duration;

const ETH_P_ALL: u16 = 3;

/// The words of a filter program, of linux/bpf_common.h.
pub(crate) mod word {
    pub(crate) const LOAD_HALF: u16 = 0x28;
    pub(crate) const LOAD_BYTE: u16 = 0x30;
    pub(crate) const EQUAL: u16 = 0x15;
    pub(crate) const RETURN: u16 = 0x06;
}

/// What one call brought.
pub(crate) struct Datagram<A> {
    pub octets: usize,
    pub at: Stamp,
    /// By the socket's family; `None` where the kernel named nobody.
    pub from: Option<A>,
}

/// Everything at `interface` that `filter` lets through, in the namespace of the caller.
pub(crate) fn open(interface: &str, filter: &[SockFilter]) -> Result<Socket, LabError> {
    let what = |step: &str| format!("packet socket on {interface}: {step}");
    let index = nix::net::if_::if_nametoindex(interface).map_err(LabError::errno(what("index")))?;
    // Without a protocol nothing arrives before the filter is in place.
    let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(LabError::io(what("open")))?;
    socket
        .attach_filter(filter)
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

/// One datagram and its time stamp, or `None` when the wait was in vain.
pub(crate) fn receive<A: SockaddrLike>(
    socket: &impl AsRawFd,
    buffer: &mut [u8],
    control: &mut [u8],
) -> Option<Datagram<A>> {
    let mut slices = [IoSliceMut::new(buffer)];
    let message = recvmsg::<A>(socket.as_raw_fd(), &mut slices, Some(control), MsgFlags::empty()).ok()?;
    let stamped = message.cmsgs().ok()?.find_map(|c| match c {
        ControlMessageOwned::ScmTimestampns(time) => {
            let seconds = u64::try_from(time.tv_sec()).ok()?;
            Some(Stamp(
                seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).ok()?,
            ))
        }
        _ => None,
    });
    Some(Datagram {
        octets: message.bytes,
        at: stamped.unwrap_or_else(Stamp::now),
        from: message.address,
    })
}
