//! The client that keeps asking: outage is measured where the user feels it.

use crate::echo::{PORT, QUESTION};
use crate::topology::Node;
use crate::watch::receive;
use crate::{LabError, Stamp};
use nix::sys::socket::{setsockopt, sockopt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a question is asked unless somebody says otherwise.
pub const INTERVAL: Duration = Duration::from_micros(200);

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Number of the question.
    pub number: u64,
    /// When the client's kernel had the answer.
    pub at: Stamp,
    /// Number of the node that answered.
    pub node: u8,
}

/// The answers of one run.
#[derive(Clone, Debug)]
pub struct Replies {
    /// In the order of arrival.
    pub replies: Vec<Reply>,
    /// Questions asked.
    pub asked: u64,
    /// The longest time between two questions: no shorter outage can be told from a pause of the client itself.
    pub own_stall: Duration,
    /// What [`Self::own_stall`] would be on a perfect machine.
    pub interval: Duration,
}

/// A time without answers, and who answered before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The last answer before.
    pub from: Reply,
    /// The first answer after.
    pub to: Reply,
}

/// A client that asks until [`Probe::finish`].
#[derive(Debug)]
pub struct Probe {
    stop: Arc<AtomicBool>,
    latest: Arc<Latest>,
    thread: Option<JoinHandle<Replies>>,
}

#[derive(Debug, Default)]
struct Latest {
    node: AtomicU8,
    at_ns: AtomicU64,
}

impl Silence {
    /// From answer to answer.
    pub fn length(&self) -> Duration {
        self.to.at - self.from.at
    }
}

impl Replies {
    /// The longest silence that begins at or after `from`.
    pub fn longest_silence(&self, from: Stamp) -> Option<Silence> {
        self.replies
            .windows(2)
            .filter(|pair| pair[1].at >= from)
            .map(|pair| Silence {
                from: pair[0],
                to: pair[1],
            })
            .max_by_key(Silence::length)
    }

    /// The first answer of `node` at or after `from`.
    pub fn first_of(&self, node: u8, from: Stamp) -> Option<Reply> {
        self.replies
            .iter()
            .find(|r| r.node == node && r.at >= from)
            .copied()
    }

    /// The last answer of `node` before `until`.
    pub fn last_of(&self, node: u8, until: Stamp) -> Option<Reply> {
        self.replies
            .iter()
            .rev()
            .find(|r| r.node == node && r.at < until)
            .copied()
    }
}

impl Probe {
    /// Ask `address` from `client` every `interval`.
    ///
    /// # Errors
    /// When the socket cannot be opened.
    pub fn start(client: &Node, address: IpAddr, interval: Duration) -> Result<Self, LabError> {
        let socket = client.within(|| open(address))??;
        let stop = Arc::new(AtomicBool::new(false));
        let latest = Arc::new(Latest::default());
        let thread = std::thread::spawn({
            let (stop, latest) = (Arc::clone(&stop), Arc::clone(&latest));
            move || ask(&socket, interval, &stop, &latest)
        });
        Ok(Self {
            stop,
            latest,
            thread: Some(thread),
        })
    }

    /// Wait until `node` answers the client.
    ///
    /// # Errors
    /// [`LabError::TooLate`] after `limit`.
    pub fn wait_for(&self, node: &Node, limit: Duration) -> Result<(), LabError> {
        let start = Stamp::now();
        let latest = &self.latest;
        crate::wait::until(&format!("an answer of {}", node.name()), limit, || {
            let fresh = latest.at_ns.load(Ordering::Acquire) >= start.0;
            (fresh && latest.node.load(Ordering::Acquire) == node.number()).then_some(())
        })
    }

    /// Stop asking and hand over the answers.
    pub fn finish(mut self) -> Replies {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().and_then(|thread| thread.join().ok());
        ended.unwrap_or(Replies {
            replies: Vec::new(),
            asked: 0,
            own_stall: Duration::ZERO,
            interval: INTERVAL,
        })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn open(address: IpAddr) -> Result<UdpSocket, LabError> {
    let what = |step: &str| format!("probe of {address}: {step}");
    let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(local).map_err(LabError::io(what("bind")))?;
    socket
        .connect((address, PORT))
        .map_err(LabError::io(what("connect")))?;
    socket
        .set_nonblocking(true)
        .map_err(LabError::io(what("non-blocking")))?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true).map_err(LabError::errno(what("time stamps")))?;
    Ok(socket)
}

/// Ask at every multiple of the interval and collect answers in between, all in one thread.
fn ask(socket: &UdpSocket, interval: Duration, stop: &AtomicBool, latest: &Latest) -> Replies {
    let mut replies = Replies {
        replies: Vec::new(),
        asked: 0,
        own_stall: Duration::ZERO,
        interval,
    };
    let mut buffer = [0u8; 64];
    let mut control = nix::cmsg_space!(libc::timespec);
    let mut last_asked = Instant::now();
    let mut next = last_asked;
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        if now >= next {
            // An address that nobody has answers with an error of the network: that is silence, not a fault.
            let _ = socket.send(&replies.asked.to_be_bytes());
            replies.asked += 1;
            replies.own_stall = replies.own_stall.max(now - last_asked);
            last_asked = now;
            next += interval;
            if next < now {
                next = now + interval;
            }
        }
        let wait = next.saturating_duration_since(Instant::now());
        let limit = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(wait.subsec_nanos()),
        };
        let mut ready = [PollFd::new(socket, PollFlags::IN)];
        if poll(&mut ready, Some(&limit)).is_ok_and(|n| n > 0) {
            collect(socket, &mut buffer, &mut control, &mut replies, latest);
        }
    }
    replies
}

fn collect(
    socket: &UdpSocket,
    buffer: &mut [u8],
    control: &mut [u8],
    replies: &mut Replies,
    latest: &Latest,
) {
    while let Some((length, at)) = receive(socket, buffer, control) {
        let (Some(question), Some(&node)) = (buffer.first_chunk::<QUESTION>(), buffer.get(QUESTION)) else {
            continue;
        };
        if length == QUESTION + 1 {
            replies.replies.push(Reply {
                number: u64::from_be_bytes(*question),
                at,
                node,
            });
            latest.node.store(node, Ordering::Release);
            latest.at_ns.store(at.0, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Replies, Reply};
    use crate::Stamp;
    use std::time::Duration;

    fn run(answers: &[(u64, u8)]) -> Replies {
        let replies = answers
            .iter()
            .map(|&(ms, node)| Reply {
                number: 0,
                at: Stamp(ms * 1_000_000),
                node,
            })
            .collect();
        let interval = Duration::from_millis(1);
        Replies {
            replies,
            asked: 0,
            own_stall: interval,
            interval,
        }
    }

    #[test]
    fn the_outage_is_the_longest_silence_after_the_fault() {
        let replies = run(&[(0, 1), (50, 1), (51, 1), (52, 1), (82, 2), (83, 2)]);
        let silence = replies.longest_silence(Stamp(51_000_000)).expect("answers");
        assert_eq!(silence.length(), Duration::from_millis(30));
        assert_eq!((silence.from.node, silence.to.node), (1, 2));
        assert_eq!(
            replies.first_of(2, Stamp(0)).map(|r| r.at),
            Some(Stamp(82_000_000))
        );
        assert_eq!(
            replies.last_of(1, Stamp(60_000_000)).map(|r| r.at),
            Some(Stamp(52_000_000))
        );
    }
}
