//! The client that keeps asking: outage is measured where the user feels it.

use crate::echo::{PORT, QUESTION};
use crate::packet_socket::receive;
use crate::topology::Node;
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
    /// When each question was asked, by its number.
    pub sent: Vec<Stamp>,
    /// The longest time between two questions: no shorter outage can be told from a pause of the client itself.
    pub own_stall: Duration,
    /// What [`Self::own_stall`] would be on a perfect machine.
    pub interval: Duration,
}

/// A time without answers, and who answered before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When the first question was asked that got no answer, or a late one. A pause of the client itself is not in it.
    pub began: Stamp,
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
    /// From the first question that was not answered at once to the next answer.
    pub fn length(&self) -> Duration {
        self.to.at - self.began
    }
}

impl Replies {
    /// The time between every answer and the next one.
    pub fn silences(&self) -> impl Iterator<Item = Silence> {
        self.replies.windows(2).filter_map(|pair| {
            let first_open = usize::try_from(pair[0].number + 1).ok()?;
            let began = *self.sent.get(first_open)?;
            Some(Silence {
                began,
                from: pair[0],
                to: pair[1],
            })
        })
    }

    /// The longest silence that ends after `from`.
    pub fn longest_silence(&self, from: Stamp) -> Option<Silence> {
        self.silences()
            .filter(|silence| silence.to.at >= from)
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
            sent: Vec::new(),
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
        sent: Vec::new(),
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
            let number = u64::try_from(replies.sent.len()).unwrap_or(u64::MAX);
            replies.sent.push(Stamp::now());
            let _ = socket.send(&number.to_be_bytes());
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
    while let Some(datagram) = receive::<()>(socket, buffer, control) {
        let (Some(question), Some(&node)) = (buffer.first_chunk::<QUESTION>(), buffer.get(QUESTION)) else {
            continue;
        };
        let at = datagram.at;
        if datagram.octets == QUESTION + 1 {
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

    /// Questions every millisecond from 0 on; answers as (question, arrival in ms, node).
    fn run(answers: &[(u64, u64, u8)]) -> Replies {
        let reply = |&(number, ms, node)| Reply {
            number,
            at: Stamp(ms * 1_000_000),
            node,
        };
        let interval = Duration::from_millis(1);
        Replies {
            replies: answers.iter().map(reply).collect(),
            sent: (0..100).map(|ms| Stamp(ms * 1_000_000)).collect(),
            own_stall: interval,
            interval,
        }
    }

    #[test]
    fn the_outage_lasts_from_the_first_lost_question_to_the_next_answer() {
        let replies = run(&[(0, 0, 1), (50, 50, 1), (51, 51, 1), (82, 82, 2), (83, 83, 2)]);
        let silence = replies.longest_silence(Stamp(51_000_000)).expect("answers");
        assert_eq!(silence.length(), Duration::from_millis(82 - 52));
        assert_eq!((silence.from.node, silence.to.node), (1, 2));
        assert_eq!(
            replies.first_of(2, Stamp(0)).map(|r| r.at),
            Some(Stamp(82_000_000))
        );
        assert_eq!(
            replies.last_of(1, Stamp(60_000_000)).map(|r| r.at),
            Some(Stamp(51_000_000))
        );
    }

    #[test]
    fn a_late_answer_is_an_outage_and_a_pause_of_the_client_is_none() {
        let late = run(&[(10, 10, 1), (11, 41, 1), (12, 41, 1)]);
        assert_eq!(
            late.longest_silence(Stamp(0)).map(|s| s.length()),
            Some(Duration::from_millis(30))
        );
        let mut pause = run(&[(10, 10, 1), (11, 71, 1)]);
        pause.sent[11] = Stamp(71_000_000);
        assert_eq!(
            pause.longest_silence(Stamp(0)).map(|s| s.length()),
            Some(Duration::ZERO)
        );
    }
}
