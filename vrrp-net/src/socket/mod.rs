//! One raw socket of protocol 112 per interface and family: it hears for every virtual router there and sends for each.
//!
//! A socket per virtual router would have the kernel copy every packet to every one of them.

mod packet;
mod receive;
mod send;

pub(crate) use receive::{Arrived, Buffers};
pub(crate) use send::Way;

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{setsockopt, sockopt};
use rustix::net::sockopt as option;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Socket, Type};
use vrrp_core::Family;

use crate::sys;

/// IP protocol number of VRRP.
const VRRP: i32 = 112;
/// PRJ-IP-01: DSCP CS6, the octet of the IP header.
const CS6: u32 = 0xc0;
/// `TC_PRIO_CONTROL`: ahead of everything else in the interface's own queue.
const PRIORITY_CONTROL: u32 = 7;
/// What the kernel counts for one small packet that waits.
const OCTETS_PER_WAITING_PACKET: usize = 1536;

/// Where a socket hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// On one interface, multicast and unicast.
    Device {
        /// Its name.
        name: &'a str,
        /// Its index.
        index: u32,
    },
    /// Unicast to one own address, by whatever interface.
    Address(IpAddr),
}

/// The socket.
#[derive(Debug)]
pub(crate) struct Channel {
    family: Family,
    /// 0: not bound to an interface.
    index: u32,
    groups: Vec<IpAddr>,
    /// Of whole IP packets, whatever the family.
    packets: bool,
}

impl Channel {
    /// Opens the socket; `packets`: how many shall find room while nobody reads (PRJ-TIME-08).
    ///
    /// # Errors
    /// EPERM without CAP_NET_RAW, ENODEV where the interface has gone, and what the options may say.
    pub(crate) fn open(family: Family, scope: Scope<'_>, packets: usize) -> io::Result<(OwnedFd, Self)> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(VRRP)))?;
        socket.set_nonblocking(true)?;
        // Silence before anything can arrive that is not meant for us.
        let index = match scope {
            Scope::Device { name, index } => {
                socket.bind_device(Some(name.as_bytes()))?;
                index
            }
            Scope::Address(address) => {
                match family {
                    Family::Ipv4 => socket.set_freebind_v4(true)?,
                    Family::Ipv6 => socket.set_freebind_v6(true)?,
                }
                socket.bind(&SocketAddr::new(address, 0).into())?;
                0
            }
        };
        match family {
            Family::Ipv4 => prepare_ipv4(&socket, index)?,
            Family::Ipv6 => prepare_ipv6(&socket, index)?,
        }
        // Needs CAP_NET_ADMIN; without it adverts are sent all the same.
        let _not_permitted = socket.set_priority(PRIORITY_CONTROL);
        let fd = OwnedFd::from(socket);
        size_queue(&fd, packets)?;
        let channel = Self::of(family, index, Vec::new());
        Ok((fd, channel))
    }

    /// The socket that a predecessor has opened and joined.
    pub(crate) const fn of(family: Family, index: u32, groups: Vec<IpAddr>) -> Self {
        Self {
            family,
            index,
            groups,
            packets: false,
        }
    }

    /// A copy of a socket that another process has opened.
    pub(crate) const fn copy(family: Family, index: u32, packets: bool) -> Self {
        Self {
            family,
            index,
            groups: Vec::new(),
            packets,
        }
    }

    /// Whether it gives whole IP packets, whatever the family.
    pub(crate) const fn gives_packets(&self) -> bool {
        self.packets
    }

    /// Of which addresses.
    pub(crate) const fn family(&self) -> Family {
        self.family
    }

    /// Index of its interface, 0 for none.
    pub(crate) const fn index(&self) -> u32 {
        self.index
    }

    /// What it has joined.
    pub(crate) fn groups(&self) -> &[IpAddr] {
        &self.groups
    }

    /// Hears what is sent to `group` on its interface. Joined by index: by address the kernel would look for a route.
    pub(crate) fn join(&mut self, fd: BorrowedFd<'_>, group: IpAddr) -> io::Result<()> {
        if self.index == 0 || self.groups.contains(&group) {
            return Ok(());
        }
        let socket = SockRef::from(&fd);
        match group {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(self.index))?;
            }
            IpAddr::V6(group) => socket.join_multicast_v6(&group, self.index)?,
        }
        self.groups.push(group);
        Ok(())
    }
}

/// Room for `packets` that wait; more than the system's limit needs CAP_NET_ADMIN, less room is not fatal.
pub(crate) fn size_queue(fd: &OwnedFd, packets: usize) -> io::Result<()> {
    let octets = packets.saturating_mul(OCTETS_PER_WAITING_PACKET);
    if option::set_socket_recv_buffer_size_force(fd, octets).is_err() {
        option::set_socket_recv_buffer_size(fd, octets)?;
    }
    Ok(())
}

fn prepare_ipv4(socket: &Socket, index: u32) -> io::Result<()> {
    // Bound and joined, and yet without this it would hear the groups that others have joined.
    socket.set_multicast_all_v4(false)?;
    socket.set_multicast_loop_v4(false)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_ttl_v4(255)?;
    socket.set_tos_v4(CS6)?;
    // PRJ-IP-03: Don't Fragment clear.
    option::set_ip_mtu_discover(socket, option::Ipv4PathMtuDiscovery::DONT)?;
    setsockopt(&socket.as_fd(), sockopt::Ipv4PacketInfo, &true)?;
    setsockopt(&socket.as_fd(), sockopt::ReceiveTimestampns, &true)?;
    if index != 0 {
        let any = std::net::Ipv4Addr::UNSPECIFIED;
        option::set_ip_multicast_if_with_ifindex(socket, &any, &any, index)?;
    }
    Ok(())
}

fn prepare_ipv6(socket: &Socket, index: u32) -> io::Result<()> {
    socket.set_multicast_all_v6(false)?;
    socket.set_multicast_loop_v6(false)?;
    socket.set_multicast_hops_v6(255)?;
    socket.set_unicast_hops_v6(255)?;
    socket.set_tclass_v6(CS6)?;
    sys::leave_ipv6_checksum_to_us(socket)?;
    // The header does not come with the packet: hop limit and destination are asked for (V3-7.1-02).
    socket.set_recv_hoplimit_v6(true)?;
    setsockopt(&socket.as_fd(), sockopt::Ipv6RecvPacketInfo, &true)?;
    setsockopt(&socket.as_fd(), sockopt::ReceiveTimestampns, &true)?;
    if index != 0 {
        socket.set_multicast_if_v6(index)?;
    }
    Ok(())
}

/// Link-local and multicast addresses mean something only together with an interface.
fn scope_id(address: Ipv6Addr, index: u32) -> u32 {
    if address.is_unicast_link_local() || address.is_multicast() {
        index
    } else {
        0
    }
}
