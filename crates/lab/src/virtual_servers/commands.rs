//! What is commanded of a kernel's IPVS, by whomever: a tap on all netlink of a node sees each message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use nix::sys::socket::LinkAddr;

use socket2::SockFilter;

use crate::packet_socket::{open, receive, word};
use crate::topology::Node;
use crate::{LabError, Stamp};

const TAP: &str = "nlmon0";
/// `NETLINK_GENERIC`, which a packet socket tells as the protocol.
const GENERIC: u16 = 16;
/// `NLM_F_REQUEST`: the kernel's answers have it not.
const REQUEST: u16 = 1;
/// `GENL_ID_CTRL`: questions for the names of families.
const CONTROL: u16 = 16;
const HEADER_OCTETS: usize = 16;
/// `IPVS_CMD_GET_SERVICE`, `_GET_DEST`, `_GET_DAEMON`, `_GET_CONFIG`, `_GET_INFO` of linux/ip_vs.h change nothing.
const QUESTIONS: [u8; 5] = [4, 8, 11, 13, 15];

/// One command that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// When the kernel got it.
    pub at: Stamp,
    /// Its number in linux/ip_vs.h.
    pub number: u8,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Commands {
    seen: Arc<Mutex<Vec<Command>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Commands {
    /// At this node, from now on.
    ///
    /// # Errors
    /// When the kernel has no nlmon.
    pub fn watch(node: &Node) -> Result<Self, LabError> {
        // A second watch finds it there.
        let _ = node.ip(&["link", "add", TAP, "type", "nlmon"]);
        node.ip(&["link", "set", "dev", TAP, "up"])?;
        let socket = node.within(|| open(TAP, &[SockFilter::new(word::RETURN, 0, 0, u32::MAX)]))??;
        // A datagram may hold many commands, and there may be thousands of them.
        rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 64 << 20)
            .map_err(|errno| LabError::io("buffer of the tap")(errno.into()))?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            move || {
                let mut buffer = vec![0; 1 << 20];
                let mut control = vec![0; 256];
                while !stop.load(Ordering::Relaxed) {
                    let Some(datagram) = receive::<LinkAddr>(&socket, &mut buffer, &mut control) else {
                        continue;
                    };
                    let from = datagram.from.map(|from| u16::from_be(from.protocol()));
                    if from == Some(GENERIC) {
                        let octets = buffer.get(..datagram.octets).unwrap_or_default();
                        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                        seen.extend(numbers(octets).map(|number| Command {
                            at: datagram.at,
                            number,
                        }));
                    }
                }
            }
        });
        Ok(Self {
            seen,
            stop,
            thread: Some(thread),
        })
    }

    /// Those since then that change something.
    pub fn since(&self, from: Stamp) -> Vec<Command> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|one| one.at >= from).copied().collect()
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The numbers of the commands in one datagram.
fn numbers(mut octets: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        loop {
            let (length, rest) = octets.split_first_chunk()?;
            let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?;
            let (kind, rest) = rest.split_first_chunk()?;
            let kind = u16::from_ne_bytes(*kind);
            let asks = u16::from_ne_bytes(*rest.first_chunk()?) & REQUEST != 0;
            let number = octets.get(HEADER_OCTETS).copied();
            octets = octets
                .get(length.max(HEADER_OCTETS).next_multiple_of(4)..)
                .unwrap_or_default();
            match number {
                Some(number) if asks && kind > CONTROL && !QUESTIONS.contains(&number) => {
                    return Some(number);
                }
                _ => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_among_questions() {
        let message = |kind: u16, flags: u16, number: u8| {
            let mut octets = vec![0; 20];
            octets[..4].copy_from_slice(&20_u32.to_ne_bytes());
            octets[4..6].copy_from_slice(&kind.to_ne_bytes());
            octets[6..8].copy_from_slice(&flags.to_ne_bytes());
            octets[16] = number;
            octets
        };
        let all = [
            message(16, 1, 3),
            message(27, 5, 5),
            message(27, 2, 1),
            message(27, 0x301, 8),
            message(27, 1, 17),
        ]
        .concat();
        assert_eq!(numbers(&all).collect::<Vec<_>>(), [5, 17]);
        assert_eq!(numbers(&[]).count(), 0);
    }
}
