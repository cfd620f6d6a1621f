//! Conversations of the tests, with what a server has said as it was recorded.

use std::time::Duration;

use proptest::prelude::*;

use super::{SqlServer, SqlSpec, Talk};
use crate::endpoint::Endpoint;

pub(super) fn spec(server: SqlServer, request: &str) -> SqlSpec {
    let endpoint = Endpoint::new("192.0.2.10", 1);
    let spec = SqlSpec::new(endpoint, Duration::from_secs(3), server, "me", request);
    spec.password("hidden").database("shop")
}

/// How a conversation went.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Played {
    /// All that was said.
    pub(super) said: Vec<u8>,
    /// Whether it came to its end, or why it was not well.
    pub(super) end: Result<bool, String>,
    pub(super) rows: u32,
}

/// Lets the server speak in pieces of so many octets.
pub(super) fn play(mut talk: Box<dyn Talk + '_>, server: &[u8], piece: usize) -> Played {
    let mut said = talk.begin();
    let mut heard = Vec::new();
    let mut end = Ok(false);
    'all: for piece in server.chunks(piece) {
        heard.extend_from_slice(piece);
        loop {
            match talk.hear(&heard) {
                Ok(None) => break,
                Ok(Some(step)) => {
                    assert!(
                        step.used <= heard.len()
                            && (step.used > 0 || step.done || step.rests || !step.say.is_empty()),
                        "{step:?}"
                    );
                    heard.drain(..step.used);
                    said.extend(step.say);
                    if step.secures {
                        said.extend(talk.secured());
                    }
                    if step.done {
                        end = Ok(true);
                        break 'all;
                    }
                }
                Err(error) => {
                    end = Err(error);
                    break 'all;
                }
            }
        }
    }
    said.extend_from_slice(talk.farewell());
    let rows = talk.rows();
    Played { said, end, rows }
}

/// The same in one piece and octet by octet.
pub(super) fn played<'s>(talk: impl Fn() -> Box<dyn Talk + 's>, server: &[u8]) -> Played {
    let whole = play(talk(), server, server.len().max(1));
    assert_eq!(
        play(talk(), server, 1),
        whole,
        "octet by octet it is another conversation"
    );
    whole
}

/// What was recorded, cut somewhere, with some octets changed, and followed by any.
pub(super) fn spoilt(recorded: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((0..recorded.len(), any::<u8>()), 0..6);
    let more = prop::collection::vec(any::<u8>(), 0..64);
    (0..=recorded.len(), changes, more).prop_map(|(end, changes, more)| {
        let mut octets = recorded.to_vec();
        for (at, octet) in changes {
            octets[at] = octet;
        }
        octets.truncate(end);
        octets.extend(more);
        octets
    })
}
