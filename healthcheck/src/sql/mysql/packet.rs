//! Packets of MySQL: three octets of length, a number, and so many octets; and what stands in some of them.

use super::super::{MESSAGE_BYTES_MAX, told};

const HEAD_BYTES: usize = 4;

/// A packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'h> {
    pub(super) number: u8,
    /// All of it, or of one that is too long to be taken in whole as much as has come.
    pub(super) payload: &'h [u8],
    /// Octets with its head; 0 for one that is too long.
    pub(super) used: usize,
    /// As announced.
    pub(super) length: usize,
}

/// The first packet, when it is there.
pub(super) fn first(heard: &[u8]) -> Option<Packet<'_>> {
    let [l0, l1, l2, number, rest @ ..] = heard else {
        return None;
    };
    let length = usize::from(*l0) | usize::from(*l1) << 8 | usize::from(*l2) << 16;
    let (payload, used) = if length > MESSAGE_BYTES_MAX {
        (rest, 0)
    } else {
        (rest.get(..length)?, HEAD_BYTES + length)
    };
    Some(Packet {
        number: *number,
        payload,
        used,
        length,
    })
}

/// A packet of ours. What is put in here is far below the length that needs two.
pub(super) fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let [l0, l1, l2, ..] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut octets = vec![l0, l1, l2, number];
    octets.extend_from_slice(payload);
    octets
}

/// Octets that are taken from the front.
#[derive(Clone, Copy)]
pub(super) struct Cut<'h>(pub(super) &'h [u8]);

impl<'h> Cut<'h> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'h [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn octet(&mut self) -> Option<u8> {
        let (octet, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*octet)
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Up to an octet of 0, which is taken too; some servers leave out the last one.
    pub(super) fn text(&mut self) -> &'h [u8] {
        let end = self.0.iter().position(|octet| *octet == 0);
        let text = self.0.get(..end.unwrap_or(self.0.len())).unwrap_or_default();
        self.0 = self.0.get(text.len() + 1..).unwrap_or_default();
        text
    }
}

/// How many columns an answer has: a number of one to nine octets.
pub(super) fn count(payload: &[u8]) -> Option<u64> {
    let (first, rest) = payload.split_first()?;
    let octets = match first {
        0..=0xfa => return Some(u64::from(*first)),
        0xfc => rest.get(..2)?,
        0xfd => rest.get(..3)?,
        0xfe => rest.get(..8)?,
        0xfb | 0xff => return None,
    };
    let number = octets
        .iter()
        .rev()
        .fold(0, |so_far, octet| so_far << 8 | u64::from(*octet));
    Some(number)
}

/// What the packet of an error says: `1045 (28000): Access denied`.
pub(super) fn error(payload: &[u8]) -> String {
    let mut cut = Cut(payload.get(1..).unwrap_or_default());
    let Some(code) = cut.number() else {
        return "an error without a number".to_owned();
    };
    // Errors before the log-in have no state.
    let state = match cut.0 {
        [b'#', state @ ..] if state.len() >= 5 => {
            cut.0 = state.get(5..).unwrap_or_default();
            format!(" ({})", told(state.get(..5).unwrap_or_default()))
        }
        _ => String::new(),
    };
    format!("error {code}{state}: {}", told(cut.0))
}

/// The end of columns or rows, which begins as a very long text would.
pub(super) fn is_end(payload: &[u8]) -> bool {
    payload.first() == Some(&0xfe) && payload.len() < 9
}
