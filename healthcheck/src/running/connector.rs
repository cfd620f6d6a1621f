//! The kernel's process connector: which process has started, changed or ended.
//!
//! It speaks only to programs in the first network namespace and the first namespaces of users and of process ids, and
//! tells the others so in three ways: no socket, no answer to a greeting, or nothing at all. So the greeting has to be
//! acknowledged before it is relied on.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
};

/// `CN_IDX_PROC` and `CN_VAL_PROC`: the group, and what is spoken in it.
const PROCESSES: u32 = 1;
/// `PROC_CN_MCAST_LISTEN`.
const LISTEN: u32 = 1;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
const NETLINK_HEADER: usize = 16;
const CONNECTOR_HEADER: usize = 20;
/// The kernel answers at once.
const ANSWER_WITHIN: Duration = Duration::from_millis(300);
/// A burst of forks must not be lost while the reader waits for its turn.
const BUFFER_OCTETS: usize = 1 << 20;

/// What happened to a process; threads of processes are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The greeting was heard.
    Acknowledged,
    /// A process made another one.
    Forked { parent: u32, child: u32 },
    /// It runs another program, or has another name.
    Changed(u32),
    /// It has ended.
    Ended(u32),
}

/// What is heard next.
#[derive(Debug)]
pub(super) enum Heard {
    Event(Event),
    /// One that says nothing to us.
    Nothing,
    /// Events were lost: read everything anew.
    Lost,
}

/// Listens, if the kernel speaks to this program.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) socket: OwnedFd,
}

impl Connector {
    /// # Errors
    /// In words for an operator, why it does not.
    pub(super) fn open() -> Result<Self, String> {
        let hint = "the kernel tells of processes only in the first network and process namespace, with CAP_NET_ADMIN";
        let refused = |error: io::Error| format!("{hint} ({error})");
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(netlink::CONNECTOR),
        )
        .map_err(|error| refused(error.into()))?;
        bind(&socket, &SocketAddrNetlink::new(0, PROCESSES)).map_err(|error| refused(error.into()))?;
        // Less than asked for means a new count a little sooner.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BUFFER_OCTETS);
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&socket, &greeting(), SendFlags::empty(), &kernel).map_err(|error| refused(error.into()))?;
        let connector = Self { socket };
        if connector.is_answered() {
            Ok(connector)
        } else {
            Err(format!("{hint} (no answer)"))
        }
    }

    fn is_answered(&self) -> bool {
        let until = Instant::now() + ANSWER_WITHIN;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let mut on = [PollFd::new(&self.socket, PollFlags::IN)];
            let limit = Timespec::try_from(left).ok();
            // Interrupted: the time left is counted anew.
            let _ = poll(&mut on, limit.as_ref());
            match self.hear() {
                // Whatever it tells, it tells us.
                Some(Heard::Event(_) | Heard::Lost) => return true,
                Some(Heard::Nothing) | None => {}
            }
        }
    }

    /// The next event; `None`: none is waiting.
    pub(super) fn hear(&self) -> Option<Heard> {
        let mut buffer = [0_u8; 512];
        match recv(&self.socket, &mut buffer[..], RecvFlags::empty()) {
            Ok((length, _)) => {
                let event = event(buffer.get(..length).unwrap_or_default());
                Some(event.map_or(Heard::Nothing, Heard::Event))
            }
            Err(rustix::io::Errno::AGAIN) => None,
            Err(rustix::io::Errno::INTR) => Some(Heard::Nothing),
            Err(_) => Some(Heard::Lost),
        }
    }
}

/// `PROC_CN_MCAST_LISTEN` to the process connector.
fn greeting() -> Vec<u8> {
    let payload = LISTEN.to_ne_bytes();
    let length = NETLINK_HEADER + CONNECTOR_HEADER + payload.len();
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    message.extend(DONE.to_ne_bytes());
    // Flags, sequence, port.
    message.extend([0; 10]);
    message.extend(PROCESSES.to_ne_bytes());
    message.extend(PROCESSES.to_ne_bytes());
    // Sequence, acknowledgement.
    message.extend([0; 8]);
    message.extend(u16::try_from(payload.len()).unwrap_or_default().to_ne_bytes());
    // Flags.
    message.extend([0; 2]);
    message.extend(payload);
    message
}

/// A datagram of the connector: netlink header, connector header, then `struct proc_event` of <linux/cn_proc.h>.
fn event(datagram: &[u8]) -> Option<Event> {
    let word = |at: usize| -> Option<u32> {
        let octets = datagram.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(octets.try_into().ok()?))
    };
    if (word(NETLINK_HEADER)?, word(NETLINK_HEADER + 4)?) != (PROCESSES, PROCESSES) {
        return None;
    }
    let begin = NETLINK_HEADER + CONNECTOR_HEADER;
    let what = word(begin)?;
    // Behind the kind: processor (4), time (8).
    let data = begin + 16;
    let whole = |event| -> Option<Event> {
        // A thread has another id than its process.
        (word(data)? == word(data + 4)?).then_some(event)
    };
    match what {
        0 => (word(data)? == 0).then_some(Event::Acknowledged),
        // parent, its process, child, its process.
        1 => {
            let (child, process) = (word(data + 8)?, word(data + 12)?);
            let parent = word(data + 4)?;
            (child == process).then_some(Event::Forked { parent, child })
        }
        0x2 | 0x200 => whole(Event::Changed(word(data)?)),
        0x8000_0000 => whole(Event::Ended(word(data)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, event, greeting};

    fn datagram(what: u32, data: &[u32]) -> Vec<u8> {
        let mut words = vec![0; 4];
        // Index, value, sequence, acknowledgement, length.
        words.extend([1, 1, 0, 0, 40]);
        // Kind, processor, time.
        words.extend([what, 3, 0, 0]);
        words.extend(data);
        words.into_iter().flat_map(u32::to_ne_bytes).collect()
    }

    #[test]
    fn events_of_processes_and_not_of_threads() {
        for (what, data, expected) in [
            (0, &[0][..], Some(Event::Acknowledged)),
            (0, &[22], None),
            (1, &[7, 7, 8, 8], Some(Event::Forked { parent: 7, child: 8 })),
            // A thread of 7 that is not its first forks: the process is the parent.
            (1, &[9, 7, 8, 8], Some(Event::Forked { parent: 7, child: 8 })),
            // A new thread.
            (1, &[7, 7, 9, 7], None),
            (2, &[8, 8], Some(Event::Changed(8))),
            (0x200, &[8, 8, 0, 0, 0, 0], Some(Event::Changed(8))),
            (0x200, &[9, 7, 0, 0, 0, 0], None),
            (0x8000_0000, &[8, 8, 0, 17], Some(Event::Ended(8))),
            (0x8000_0000, &[9, 7, 0, 17], None),
            // Who it is, another user: nothing to us.
            (4, &[8, 8, 0, 0], None),
            // Cut short.
            (2, &[8], None),
        ] {
            assert_eq!(event(&datagram(what, data)), expected, "{what:#x} {data:?}");
        }
        let mut other = datagram(2, &[8, 8]);
        other[16] = 5;
        assert_eq!(event(&other), None);
        assert_eq!(event(&[]), None);
    }

    /// By hand from <linux/netlink.h> and <linux/connector.h>: 16 + 20 + 4 octets.
    #[test]
    fn the_greeting_is_whole() {
        let greeting = greeting();
        assert_eq!(greeting.len(), 40);
        assert_eq!(greeting[..4], 40_u32.to_ne_bytes());
        assert_eq!(greeting[4..6], 3_u16.to_ne_bytes());
        assert_eq!(greeting[16..20], 1_u32.to_ne_bytes());
        assert_eq!(greeting[32..34], 4_u16.to_ne_bytes());
        assert_eq!(greeting[36..40], 1_u32.to_ne_bytes());
    }
}
