//! A run as a picture: who answered the client when, as text and as SVG.

mod svg;
mod text;

use crate::Stamp;
use crate::probe::{Replies, Reply};
use std::time::Duration;

/// Something that was done to the pair.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Stamp,
    /// What, in a few words.
    pub what: String,
}

/// What the picture shows.
#[derive(Clone, Debug)]
pub struct Story {
    /// A line above it.
    pub title: String,
    /// Number and name of each node.
    pub nodes: Vec<(u8, String)>,
    /// In order of time.
    pub events: Vec<Event>,
    /// When one node answered without a break.
    pub stretches: Vec<Stretch>,
    /// Left edge.
    pub from: Stamp,
    /// Right edge.
    pub to: Stamp,
}

/// A time in which one node answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its number.
    pub node: u8,
    /// First answer.
    pub from: Stamp,
    /// Last answer.
    pub to: Stamp,
}

/// A shorter break could not be seen in a picture.
const VISIBLE: Duration = Duration::from_millis(20);

/// Answers joined to stretches.
pub fn stretches(replies: &Replies) -> Vec<Stretch> {
    let alone = |r: Reply| Stretch {
        node: r.node,
        from: r.at,
        to: r.at,
    };
    let mut found: Vec<Stretch> = replies
        .replies
        .first()
        .map(|&first| alone(first))
        .into_iter()
        .collect();
    for silence in replies.silences() {
        // Neither the client's own pauses nor a burst of late answers is a break.
        let unbroken = silence.length() < VISIBLE || silence.to.at - silence.from.at < VISIBLE;
        match found.last_mut() {
            Some(last) if last.node == silence.to.node && unbroken => last.to = silence.to.at,
            _ => found.push(alone(silence.to)),
        }
    }
    found
}

impl Story {
    /// For a terminal.
    pub fn text(&self) -> String {
        text::draw(self)
    }

    /// For a page.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// Times in which nobody answered, long enough to be seen.
    pub fn silences(&self) -> Vec<(Stamp, Stamp)> {
        let mut found = Vec::new();
        let mut since = self.from;
        for stretch in &self.stretches {
            if stretch.from - since >= VISIBLE {
                found.push((since, stretch.from));
            }
            since = since.max(stretch.to);
        }
        if self.to - since >= VISIBLE {
            found.push((since, self.to));
        }
        found
    }

    fn seconds(&self, at: Stamp) -> f64 {
        at.ms_since(self.from) / 1e3
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Event, Story, Stretch};
    use crate::Stamp;

    /// Ten seconds: lb01 answers from 1 to 4, lb02 from 7 on; the power goes at 4.
    pub(crate) fn story() -> Story {
        let second = |s: u64| Stamp(s * 1_000_000_000);
        Story {
            title: "a <test>".to_owned(),
            nodes: vec![(1, "lb01".to_owned()), (2, "lb02".to_owned())],
            events: vec![Event {
                at: second(4),
                what: "power cut".to_owned(),
            }],
            stretches: vec![
                Stretch {
                    node: 1,
                    from: second(1),
                    to: second(4),
                },
                Stretch {
                    node: 2,
                    from: second(7),
                    to: second(10),
                },
            ],
            from: second(0),
            to: second(10),
        }
    }

    #[test]
    fn silence_is_what_no_stretch_covers() {
        let lengths: Vec<f64> = story().silences().iter().map(|(a, b)| b.ms_since(*a)).collect();
        assert_eq!(lengths, [1000.0, 3000.0]);
    }
}
