//! What is on the wire, with the kernel's own times.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
    setsockopt, socket, sockopt,
};

use super::{LIMIT, Node, is_root};

const PROTOCOL: u8 = 112;

/// An ear in the namespace of a node: it hears from the beginning on, whenever it is asked.
pub(crate) struct Wire {
    fd: OwnedFd,
    index: usize,
}

/// An advertisement, or a goodbye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advert {
    /// By the wall clock, since 1970.
    pub(crate) at: Duration,
    pub(crate) source: IpAddr,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
}

impl Wire {
    /// What goes out and comes in on its `eth1`; `None`, and said why, where this user cannot go there.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        if !is_root() {
            eprintln!("SKIPPED: only root enters the namespace of the daemon");
            return None;
        }
        // Once it answers, it is inside.
        node.until("it answers", |_| true);
        let namespace = std::fs::File::open(format!("/proc/{}/ns/net", node.pid())).unwrap();
        let open = std::thread::spawn(move || {
            nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let kind = SockType::Datagram;
            socket(AddressFamily::Packet, kind, flags, SockProtocol::EthAll).unwrap()
        });
        let fd = open.join().unwrap();
        setsockopt(&fd, sockopt::ReceiveTimestampns, &true).unwrap();
        setsockopt(&fd, sockopt::RcvBufForce, &(8 << 20)).unwrap();
        let link = node.inside(&["ip", "-o", "link", "show", "dev", "eth1"]);
        let index = link.split(':').next().and_then(|index| index.parse().ok());
        let index = index.unwrap_or_else(|| panic!("no index: {link}"));
        Some(Self { fd, index })
    }

    /// Those that have come since the last call.
    pub(crate) fn adverts(&self) -> Vec<Advert> {
        let mut found = Vec::new();
        while let Some(advert) = self.next() {
            found.extend(advert);
        }
        found
    }

    /// `Some(None)`: something else.
    fn next(&self) -> Option<Option<Advert>> {
        let mut octets = [0; 2048];
        let mut parts = [IoSliceMut::new(&mut octets)];
        let mut space = nix::cmsg_space!(nix::sys::time::TimeSpec);
        let received = recvmsg::<LinkAddr>(
            self.fd.as_raw_fd(),
            &mut parts,
            Some(&mut space),
            MsgFlags::MSG_DONTWAIT,
        )
        .ok()?;
        let at = received.cmsgs().unwrap().find_map(|message| match message {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        });
        let here = received.address.is_some_and(|from| from.ifindex() == self.index);
        let length = received.bytes;
        Some(at.filter(|_| here).and_then(|at| advert(at, &octets[..length])))
    }

    /// The longest pause between two advertisements of a source, and how many there were; goodbyes apart.
    pub(crate) fn longest_pause(adverts: &[Advert], source: IpAddr) -> (Duration, usize) {
        let times: Vec<Duration> = adverts
            .iter()
            .filter(|advert| advert.source == source && advert.priority > 0)
            .map(|advert| advert.at)
            .collect();
        let pauses = times.windows(2).map(|two| two[1].saturating_sub(two[0]));
        (pauses.max().unwrap_or(LIMIT), times.len())
    }
}

fn advert(at: Duration, octets: &[u8]) -> Option<Advert> {
    let (source, protocol, message) = match octets.first()? >> 4 {
        4 => {
            let address: [u8; 4] = octets.get(12..16)?.try_into().ok()?;
            let header = usize::from(octets[0] & 0x0f) * 4;
            (IpAddr::from(address), *octets.get(9)?, octets.get(header..)?)
        }
        6 => {
            let address: [u8; 16] = octets.get(8..24)?.try_into().ok()?;
            let address = Ipv6Addr::from(address);
            (address.into(), octets[6], octets.get(40..)?)
        }
        _ => return None,
    };
    (protocol == PROTOCOL).then_some(())?;
    Some(Advert {
        at,
        source,
        vrid: *message.get(1)?,
        priority: *message.get(2)?,
    })
}
