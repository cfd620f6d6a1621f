//! `UDP_CHECK` and `SEND_EXPECT` of a `vrrp_check`: octets that are sent, and octets that must come back.

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Nibbles, Question, Sourced};
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn udp(&mut self, block: &Item) -> Question {
        let (mut payload, mut reply, mut least, mut most) = (None, None, None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("payload") => payload = self.payload(item).or(payload),
                Some("require_reply") => reply = self.reply(item).or(reply),
                Some("min_reply_length") => least = self.length_of(item).or(least),
                Some("max_reply_length") => most = self.length_of(item).or(most),
                _ => {}
            }
        }
        Question::Udp {
            payload,
            reply,
            reply_min: least.unwrap_or(Sourced::default(0)),
            reply_max: most.unwrap_or(Sourced::default(255)),
        }
    }

    fn length_of(&mut self, item: &Item) -> Option<Sourced<u16>> {
        let read = self.integer(item, Junk::Refused, 0, i64::from(u16::MAX))?;
        Some(read.map(|length| u16::try_from(length).unwrap_or(u16::MAX)))
    }

    fn payload(&mut self, item: &Item) -> Option<Sourced<Vec<u8>>> {
        let Some(word) = item.argument() else {
            self.lacks_its_word(item);
            return None;
        };
        let octets = self.nibbles(item, word)?;
        if octets.iter().any(|octet| octet.mask != 0xff) {
            self.wrong_in_check(
                word,
                "payload has an X".to_owned(),
                "write digits alone: only an answer may be anything",
            );
            return None;
        }
        let octets = octets.iter().map(|octet| octet.value).collect();
        Some(Sourced::line(octets, word.span))
    }

    fn reply(&mut self, item: &Item) -> Option<Sourced<Vec<Nibbles>>> {
        let Some(word) = item.argument() else {
            return Some(Sourced::line(Vec::new(), item.span));
        };
        let octets = self.nibbles(item, word)?;
        Some(Sourced::line(octets, word.span))
    }

    /// Pairs of hexadecimal digits; X is any digit.
    fn nibbles(&mut self, item: &Item, word: &Word) -> Option<Vec<Nibbles>> {
        self.surplus(item, 1);
        let octet = |pair: &[u8]| {
            let [high, low] = pair else { return None };
            let ((high_mask, high), (low_mask, low)) = (nibble(*high)?, nibble(*low)?);
            Some(Nibbles {
                mask: high_mask << 4 | low_mask,
                value: high << 4 | low,
            })
        };
        let octets: Option<Vec<Nibbles>> = word.bytes().chunks(2).map(octet).collect();
        if octets.is_none() {
            let text = format!(
                "{} is pairs of hexadecimal digits; found {:?}",
                item.name(),
                word.text()
            );
            self.wrong_in_check(word, text, "write two digits for each octet, such as 0a1f");
        }
        octets
    }

    pub(super) fn send_expect(&mut self, block: &Item) -> Option<Question> {
        let (mut send, mut expect) = (None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("send") => send = self.octets_of(item).or(send),
                Some("expect") => expect = self.octets_of(item).or(expect),
                _ => {}
            }
        }
        let Some(expect) = expect else {
            let text = "SEND_EXPECT does not say what must come back";
            self.push(Diagnostic::error("incomplete-block", block.span, text).help("add expect \"+PONG\""));
            return None;
        };
        Some(Question::SendExpect { send, expect })
    }

    /// Octets as a program would write them in a string.
    fn octets_of(&mut self, item: &Item) -> Option<Sourced<Vec<u8>>> {
        let word = item.argument().filter(|word| !word.bytes().is_empty());
        let Some(word) = word else {
            self.lacks_its_word(item);
            return None;
        };
        self.surplus(item, 1);
        let Some(octets) = resolved(word.bytes()) else {
            let text = format!("{:?} has an escape that is none", word.text());
            self.wrong_in_check(word, text, "write \\r, \\n, \\t, \\0, \\\\ or \\xHH");
            return None;
        };
        Some(Sourced::line(octets, word.span))
    }
}

/// The bits of a digit that count, and their value.
const fn nibble(digit: u8) -> Option<(u8, u8)> {
    match digit {
        b'0'..=b'9' => Some((0xf, digit.wrapping_sub(b'0'))),
        b'a'..=b'f' => Some((0xf, digit.wrapping_sub(b'a').wrapping_add(10))),
        b'A'..=b'F' => Some((0xf, digit.wrapping_sub(b'A').wrapping_add(10))),
        b'x' | b'X' => Some((0, 0)),
        _ => None,
    }
}

fn resolved(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            octets.push(byte);
            continue;
        }
        octets.push(match rest.next()? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let ((0xf, high), (0xf, low)) = (nibble(rest.next()?)?, nibble(rest.next()?)?) else {
                    return None;
                };
                high << 4 | low
            }
            _ => return None,
        });
    }
    Some(octets)
}
