//! What happened, one stable line of text per event.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::wire::Reject;
use vrrp_core::{InstanceId, Instant, Report};
use vrrp_recording::words::{self, millis};

use crate::fault::Fault;

/// What a line is about.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A fault or an operator's action.
    Fault(Fault),
    /// The core reported a fact.
    Report {
        /// Which of the node's routers, in the order of its settings.
        router: InstanceId,
        /// VRID.
        vrid: u8,
        /// The fact.
        report: Report,
    },
    /// An advertisement left.
    Sent {
        /// Which of the node's routers, in the order of its settings.
        router: InstanceId,
        /// VRID.
        vrid: u8,
        /// 0 to 255.
        priority: u8,
        /// Something that the program knew of forbade taking part.
        barred: bool,
    },
    /// An advertisement was discarded.
    Rejected {
        /// Who sent it.
        source: IpAddr,
        /// Why.
        reject: Reject,
    },
    /// The kernel now has the address.
    Added(IpAddr),
    /// The kernel no longer has it.
    Removed(IpAddr),
    /// Gratuitous ARP or unsolicited NA left.
    Announced(IpAddr),
    /// The program has ended.
    Exited,
    /// The client is answered by another node than before.
    AnsweredBy(String),
    /// The client got no answer.
    NoAnswer {
        /// Which address it asked.
        address: IpAddr,
        /// From the first request without an answer to the next one with an answer; `None`: it did not end.
        lasted: Option<Duration>,
    },
}

impl What {
    /// Whether a reader of the story needs it; the periodic traffic is left out.
    const fn tells(&self) -> bool {
        match self {
            Self::Sent { priority, .. } => *priority == 0,
            Self::Announced(_) | Self::Rejected { .. } => false,
            Self::Fault(_)
            | Self::Report { .. }
            | Self::Added(_)
            | Self::Removed(_)
            | Self::Exited
            | Self::AnsweredBy(_)
            | Self::NoAnswer { .. } => true,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => write!(f, "! {fault}"),
            Self::Report { vrid, report, .. } => {
                write!(f, "vrid {vrid}: {}", words::report(report))
            }
            Self::Sent { vrid, priority, .. } => write!(f, "vrid {vrid}: sends priority {priority}"),
            Self::Rejected { source, reject } => write!(f, "discards a packet of {source}: {reject}"),
            Self::Added(address) => write!(f, "holds {address}"),
            Self::Removed(address) => write!(f, "lets {address} go"),
            Self::Announced(address) => write!(f, "announces {address}"),
            Self::Exited => f.write_str("the program has ended"),
            Self::AnsweredBy(node) => write!(f, "is answered by {node}"),
            Self::NoAnswer { address, lasted } => match lasted {
                Some(lasted) => write!(f, "no answer from {address} for {} ms", millis(*lasted)),
                None => write!(f, "no answer from {address} until the end"),
            },
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When.
    pub at: Instant,
    /// Name of the node or client; `lan` for what concerns all.
    pub who: String,
    /// What.
    pub what: What,
}

impl fmt::Display for Line {
    /// Seconds with nine digits, who, what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padding works on strings only.
        let at = self.at.to_string();
        write!(f, "{at:>14}  {:<8} {}", self.who, self.what)
    }
}

/// All lines in the order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    lines: Vec<Line>,
}

impl Timeline {
    /// Puts a line where its time belongs; lines of one time keep their order.
    pub(crate) fn add(&mut self, line: Line) {
        let place = self.lines.iter().rposition(|earlier| earlier.at <= line.at);
        self.lines.insert(place.map_or(0, |index| index + 1), line);
    }

    /// Every line, the periodic traffic too.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines that tell the story.
    pub fn story(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.what.tells())
    }
}

impl fmt::Display for Timeline {
    /// The story, one line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.story().try_for_each(|line| writeln!(f, "{line}"))
    }
}
