//! Lists of tracked things.

use super::Reader;
use super::argument::Junk;
use super::instance::DraftTrack;
use crate::diagnostic::Diagnostic;
use crate::keywords::Block;
use crate::model::{Sourced, Weight};
use crate::number;
use crate::tree::Item;

impl Reader<'_> {
    /// The lines of a `track_…` block.
    pub(super) fn tracks(&mut self, block: &Item) -> Vec<DraftTrack> {
        block.items().filter_map(|line| self.track(line)).collect()
    }

    fn track(&mut self, line: &Item) -> Option<DraftTrack> {
        let name = line.words.first()?;
        let mut track = DraftTrack {
            name: self.text(name)?.value,
            span: name.span,
            weight: None,
            reverse: None,
        };
        let mut words = line.arguments().iter().peekable();
        while let Some(word) = words.next() {
            match word.bytes() {
                b"weight" => {
                    let Some(value) = words.next() else {
                        let found =
                            Diagnostic::error("missing-argument", word.span, "weight lacks its number")
                                .effect("it is ignored")
                                .help("write weight N");
                        self.push(found);
                        continue;
                    };
                    let what = "weight is a whole number from -253 to 253";
                    // 254 either way is taken and pulled to 253, and said to be.
                    if matches!(value.bytes(), b"254" | b"-254") {
                        let found = Diagnostic::error(
                            "bad-number",
                            value.span,
                            format!("{what}; found {}", value.text()),
                        );
                        self.push(
                            found
                                .effect("it is 253, as with keepalived")
                                .help("write at most 253"),
                        );
                    }
                    let number = self.number(
                        value,
                        number::integer(value.bytes()),
                        Junk::Warned,
                        -254..=254,
                        what,
                    );
                    let weight = number.and_then(|number| i16::try_from(number.clamp(-253, 253)).ok());
                    track.weight = weight
                        .map(|weight| Sourced::line(weight, value.span))
                        .or(track.weight);
                }
                // Without a weight they are unknown words to keepalived.
                b"reverse" if track.weight.is_some() => track.reverse = Some(true),
                b"noreverse" if track.weight.is_some() => track.reverse = Some(false),
                _ => {
                    let text = format!("unknown word {:?} behind {}", word.text(), track.name);
                    let mut found = Diagnostic::error("unknown-option", word.span, text);
                    found = match crate::keywords::resembling(Block::TrackLine, word.bytes()) {
                        Some(crate::keywords::Suggestion::Misspelt(near)) => {
                            found.help(format!("did you mean {}?", near.name))
                        }
                        _ => {
                            found.help("write each name on a line of its own, followed by weight N [reverse]")
                        }
                    };
                    // keepalived gives up on the whole line.
                    self.push(found.effect("this line is ignored, as keepalived does"));
                    return None;
                }
            }
        }
        Some(track)
    }
}

impl DraftTrack {
    /// The weight, where the definition supplies what the line leaves out.
    pub(crate) fn resolve(&self, definition: Sourced<Weight>) -> Sourced<Weight> {
        let reverse = self.reverse.unwrap_or(definition.value.reverse);
        match self.weight {
            Some(weight) => weight.map(|value| Weight { value, reverse }),
            None => definition.map(|weight| Weight { reverse, ..weight }),
        }
    }
}
