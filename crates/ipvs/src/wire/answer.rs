//! What comes back from the kernel, message by message.

use super::attribute::Attributes;
use super::uapi::{NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS};
use netlink_packet_core::{
    NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN, NetlinkBuffer,
};

const HEADER_OCTETS: usize = 16;

/// One message of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// What was asked for, or one entry of it: from the header of generic netlink on.
    Entry {
        /// Of the request.
        sequence: u32,
        /// For the `decode_` functions.
        payload: &'a [u8],
    },
    /// Behind the last entry.
    Done {
        /// Of the request.
        sequence: u32,
        /// 0, or why it ends here.
        errno: i32,
    },
    /// What became of a request.
    Verdict {
        /// Of the request.
        sequence: u32,
        /// 0: it was carried out. Positive as in errno(3).
        errno: i32,
        /// The kernel's own words, where it has any.
        text: Option<String>,
        /// Where in the request the kernel stumbled, in octets from its begin.
        offset_octets: Option<u32>,
    },
    /// Answers were lost.
    Overrun,
}

impl Answer<'_> {
    /// Number of the request that it belongs to.
    #[must_use]
    pub const fn sequence(&self) -> Option<u32> {
        match self {
            Self::Entry { sequence, .. } | Self::Done { sequence, .. } | Self::Verdict { sequence, .. } => {
                Some(*sequence)
            }
            Self::Overrun => None,
        }
    }
}

/// The messages of one datagram. It ends at what is cut off.
#[derive(Debug, Clone)]
pub struct Answers<'a> {
    rest: &'a [u8],
}

impl<'a> Answers<'a> {
    /// Of a datagram that was received.
    #[must_use]
    pub const fn of(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }
}

impl<'a> Iterator for Answers<'a> {
    type Item = Answer<'a>;

    fn next(&mut self) -> Option<Answer<'a>> {
        loop {
            let datagram = self.rest;
            let header = NetlinkBuffer::new_checked(datagram).ok()?;
            let octets = usize::try_from(header.length()).ok()?;
            let payload = datagram.get(HEADER_OCTETS..octets)?;
            self.rest = datagram.get(octets.next_multiple_of(4)..).unwrap_or_default();
            if let Some(answer) = read(&header, payload) {
                return Some(answer);
            }
        }
    }
}

fn read<'a>(header: &NetlinkBuffer<&'a [u8]>, payload: &'a [u8]) -> Option<Answer<'a>> {
    /// Below it are the messages of netlink itself (`NLMSG_MIN_TYPE`).
    const FIRST_OF_A_FAMILY: u16 = 16;
    let sequence = header.sequence_number();
    match header.message_type() {
        NLMSG_ERROR => read_verdict(header.flags(), sequence, payload),
        NLMSG_DONE => Some(Answer::Done {
            sequence,
            errno: read_errno(payload).unwrap_or(0),
        }),
        NLMSG_OVERRUN => Some(Answer::Overrun),
        FIRST_OF_A_FAMILY.. => Some(Answer::Entry { sequence, payload }),
        _ => None,
    }
}

/// The kernel says it negated.
fn read_errno(payload: &[u8]) -> Option<i32> {
    Some(i32::from_ne_bytes(*payload.first_chunk()?).saturating_neg())
}

/// The number, the request (its header alone where the flag says so), and what the kernel adds in words.
fn read_verdict(flags: u16, sequence: u32, payload: &[u8]) -> Option<Answer<'_>> {
    let errno = read_errno(payload)?;
    let request = payload.get(4..).unwrap_or_default();
    let echoed = if flags & NLM_F_CAPPED != 0 {
        HEADER_OCTETS
    } else {
        let length = request
            .first_chunk()
            .map_or(0, |octets| u32::from_ne_bytes(*octets));
        usize::try_from(length)
            .unwrap_or(usize::MAX)
            .checked_next_multiple_of(4)?
    };
    let words = match request.get(echoed..) {
        Some(octets) if flags & NLM_F_ACK_TLVS != 0 => octets,
        _ => &[],
    };
    let text = Attributes(words).find(NLMSGERR_ATTR_MSG, "NLMSGERR_ATTR_MSG");
    let offset = Attributes(words).find(NLMSGERR_ATTR_OFFS, "NLMSGERR_ATTR_OFFS");
    Some(Answer::Verdict {
        sequence,
        errno,
        text: text.map(|text| text.text()),
        offset_octets: offset.and_then(|offset| offset.u32().ok()),
    })
}
