//! Hears hosts that ask for routers.

use std::io;
use std::net::Ipv6Addr;
use std::os::fd::{AsFd as _, OwnedFd};

use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use vrrp_core::Family;

use super::packet::is_solicitation;
use crate::socket::{Buffers, Channel};

const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
/// Read in one turn.
const QUESTIONS: usize = 64;

/// Router Solicitations on one interface; everything else of ICMPv6 stays in the kernel.
#[derive(Debug)]
pub(crate) struct Ear {
    pub(crate) fd: OwnedFd,
    pub(crate) index: u32,
    channel: Channel,
}

/// A = the type; 133 passes. A raw socket's packets begin with the message.
const SOLICITATIONS: [(u16, u8, u8, u32); 4] = [
    (0x30, 0, 0, 0),
    (0x15, 0, 1, 133),
    (0x06, 0, 0, 0xffff),
    (0x06, 0, 0, 0),
];

impl Ear {
    /// Filter and interface first, the group last: nothing else slips in.
    pub(crate) fn open(name: &str, index: u32) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
        let filter = SOLICITATIONS.map(|(code, yes, no, operand)| SockFilter::new(code, yes, no, operand));
        socket.attach_filter(&filter)?;
        socket.set_nonblocking(true)?;
        socket.bind_device(Some(name.as_bytes()))?;
        socket.set_recv_hoplimit_v6(true)?;
        socket.set_multicast_all_v6(false)?;
        socket.join_multicast_v6(&ALL_ROUTERS, index)?;
        Ok(Self {
            fd: socket.into(),
            index,
            channel: Channel::of(Family::Ipv6, index, Vec::new()),
        })
    }

    /// Reads what has come: whether anybody asks, and whether there may be more.
    pub(crate) fn hear(&self, buffers: &mut Buffers) -> (bool, bool) {
        let mut asked = false;
        for _ in 0..QUESTIONS {
            match self.channel.receive(self.fd.as_fd(), buffers) {
                Ok(Some(arrived)) => {
                    asked |= arrived
                        .message
                        .is_ok_and(|message| is_solicitation(message, arrived.hop_limit));
                }
                // ENETDOWN comes once when the link goes; whatever it is, there is nothing to hear now.
                Ok(None) | Err(_) => return (asked, false),
            }
        }
        (asked, true)
    }
}
