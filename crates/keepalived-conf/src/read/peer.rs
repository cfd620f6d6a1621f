//! `unicast_peer`.

use super::Reader;
use super::argument::{Junk, address, bad_address};
use super::instance::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Family, Peer, Sourced};
use crate::number;
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn peers(&mut self, block: &Item, draft: &mut Draft) {
        draft.unicast.get_or_insert(block.span);
        for line in block.items() {
            match self.peer(line, draft) {
                Some(peer) => draft.peers.push(peer),
                None => draft.lost_peers.extend(line.words.first().map(|word| word.span)),
            }
        }
    }

    fn peer(&mut self, line: &Item, draft: &mut Draft) -> Option<Peer> {
        let word = line.words.first()?;
        let Some(ip) = address(word) else {
            self.push(bad_address(word, "a unicast peer"));
            return None;
        };
        let family = draft
            .family
            .get_or_insert(Sourced::line(Family::of(ip), word.span));
        if family.value != Family::of(ip) {
            let text = format!("peer {ip} is of another family than the instance");
            let mut found = Diagnostic::error("peer-family", word.span, text)
                .effect("the peer is left out, as keepalived does")
                .help("use peers of the family of the addresses");
            if let Some(span) = family.span() {
                found = found.label(span, "this sets the family");
            }
            self.push(found);
            return None;
        }
        let mut peer = Peer {
            address: ip,
            min_ttl: None,
            max_ttl: None,
            span: word.span,
        };
        let mut words = line.arguments().iter();
        while let Some(option) = words.next() {
            let place = match option.bytes() {
                b"min_ttl" => &mut peer.min_ttl,
                b"max_ttl" => &mut peer.max_ttl,
                _ => {
                    let text = format!("unknown word {:?} behind a peer", option.text());
                    let found =
                        Diagnostic::error("unknown-option", option.span, text).effect("it is ignored");
                    self.push(
                        found.help("write each peer on a line of its own, with min_ttl N or max_ttl N"),
                    );
                    // A second address on the line would be a peer we never talk to.
                    if address(option).is_some() {
                        draft.lost_peers.push(option.span);
                    }
                    continue;
                }
            };
            let Some(value) = words.next() else { continue };
            let what = format!("{} is a whole number from 0 to 255", option.text());
            let ttl = self.number(
                value,
                number::integer(value.bytes()),
                Junk::Refused,
                0..=255,
                &what,
            );
            *place = ttl
                .and_then(|ttl| u8::try_from(ttl).ok())
                .map(|ttl| Sourced::line(ttl, value.span));
        }
        Some(peer)
    }
}
