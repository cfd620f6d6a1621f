//! Which kernel holds the address, and since when: netlink tells, without asking the daemons.

use crate::topology::Node;
use crate::{LabError, Stamp};
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const NEW_ADDRESS: u16 = 20;
const DELETED_ADDRESS: u16 = 21;
const LOCAL: u16 = 2;
const ADDRESS: u16 = 1;

/// An address came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When we read it: netlink has no time stamps of its own.
    pub at: Stamp,
    /// Number of the node.
    pub node: u8,
    /// The address.
    pub address: IpAddr,
    /// Whether it is there now.
    pub held: bool,
}

/// Watches the addresses of several nodes; ends when dropped.
#[derive(Debug)]
pub struct Holders {
    log: Arc<Mutex<Vec<Change>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Holders {
    /// Watch these nodes from now on.
    ///
    /// # Errors
    /// When netlink refuses.
    pub fn start(nodes: &[&Node]) -> Result<Self, LabError> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for node in nodes {
            let socket = node.within(open)??;
            let (log, stop, number) = (Arc::clone(&log), Arc::clone(&stop), node.number());
            threads.push(std::thread::spawn(move || listen(&socket, number, &log, &stop)));
        }
        Ok(Self { log, stop, threads })
    }

    /// All changes of one address since `from`, oldest first.
    pub fn changes(&self, address: IpAddr, from: Stamp) -> Vec<Change> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Change> = log
            .iter()
            .filter(|c| c.address == address && c.at >= from)
            .copied()
            .collect();
        found.sort_by_key(|c| c.at);
        found
    }

    /// Changes since `from`: of any kind, or additions on one node.
    pub fn count(&self, from: Stamp, added_on: Option<u8>) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |c: &&Change| c.at >= from && added_on.is_none_or(|node| c.node == node && c.held);
        log.iter().filter(wanted).count()
    }

    /// When the last address came to `node` since `from`.
    pub fn last(&self, from: Stamp, node: u8) -> Option<Stamp> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter()
            .filter(|c| c.at >= from && c.node == node && c.held)
            .map(|c| c.at)
            .max()
    }
}

/// How long at least two nodes held the address between `from` and `until`; `holding` held it at `from`.
pub fn two_holders(changes: &[Change], holding: &[u8], from: Stamp, until: Stamp) -> Duration {
    let mut holders: Vec<u8> = holding.to_vec();
    let mut sum = Duration::ZERO;
    let mut since = from;
    for change in changes.iter().filter(|c| c.at >= from && c.at <= until) {
        if holders.len() > 1 {
            sum += change.at - since;
        }
        since = change.at;
        holders.retain(|&node| node != change.node);
        if change.held {
            holders.push(change.node);
        }
    }
    if holders.len() > 1 {
        sum + (until - since)
    } else {
        sum
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn open() -> Result<OwnedFd, LabError> {
    let failed = || LabError::errno("netlink");
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )
    .map_err(failed())?;
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::milliseconds(50)).map_err(failed())?;
    // A thousand addresses come in one burst.
    setsockopt(&socket, sockopt::RcvBuf, &(8 << 20)).map_err(failed())?;
    // RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR.
    bind(socket.as_raw_fd(), &NetlinkAddr::new(0, 0x10 | 0x100)).map_err(failed())?;
    Ok(socket)
}

fn listen(socket: &OwnedFd, node: u8, log: &Mutex<Vec<Change>>, stop: &AtomicBool) {
    let mut buffer = [0u8; 16384];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = nix::unistd::read(socket, &mut buffer) else {
            continue;
        };
        let at = Stamp::now();
        let found = changes(buffer.get(..length).unwrap_or_default());
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend(found.into_iter().map(|(address, held)| Change {
            at,
            node,
            address,
            held,
        }));
    }
}

/// Addresses and whether they came or went, of every message in a datagram (rtnetlink(7), native byte order).
fn changes(mut datagram: &[u8]) -> Vec<(IpAddr, bool)> {
    let mut found = Vec::new();
    while let Some(length) = u32_at(datagram, 0).and_then(|n| usize::try_from(n).ok()) {
        let Some(message) = datagram.get(..length).filter(|m| m.len() >= 24) else {
            break;
        };
        let kind = u16_at(message, 4).unwrap_or_default();
        if kind == NEW_ADDRESS || kind == DELETED_ADDRESS {
            let attributes = message.get(24..).unwrap_or_default();
            // IPv4 calls the address itself LOCAL, IPv6 calls it ADDRESS.
            let address = attribute(attributes, LOCAL).or_else(|| attribute(attributes, ADDRESS));
            found.extend(address.map(|address| (address, kind == NEW_ADDRESS)));
        }
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

fn attribute(mut attributes: &[u8], wanted: u16) -> Option<IpAddr> {
    while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
        let length = usize::from(length);
        let value = attributes.get(4..length)?;
        if kind == wanted {
            let four = <[u8; 4]>::try_from(value).map(IpAddr::from).ok();
            return four.or_else(|| <[u8; 16]>::try_from(value).map(IpAddr::from).ok());
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Change, two_holders};
    use crate::Stamp;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    fn change(ms: u64, node: u8, held: bool) -> Change {
        Change {
            at: Stamp(ms * 1_000_000),
            node,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 100)),
            held,
        }
    }

    #[test]
    fn only_the_time_with_two_holders_counts() {
        let changes = [
            change(10, 2, true),
            change(25, 1, false),
            change(40, 1, true),
            change(42, 2, false),
        ];
        let sum = two_holders(&changes, &[1], Stamp(0), Stamp(100_000_000));
        assert_eq!(sum, Duration::from_millis(15 + 2));
    }

    #[test]
    fn an_address_that_stays_on_two_nodes_counts_to_the_end() {
        let sum = two_holders(&[change(10, 2, true)], &[1], Stamp(0), Stamp(100_000_000));
        assert_eq!(sum, Duration::from_millis(90));
    }
}
