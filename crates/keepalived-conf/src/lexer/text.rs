//! One line and where its bytes come from.

use std::borrow::Cow;

use crate::source::{FileId, Span};

/// A line as it stands in a file, or after parameters were put in.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    file: FileId,
    places: Places,
}

#[derive(Clone, Debug)]
enum Places {
    /// All bytes follow each other from here.
    From(usize),
    /// For each byte the range it stands for.
    Each(Vec<(u32, u32)>),
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<'a> Text<'a> {
    /// A line that begins at `start` of its file.
    pub(crate) const fn new(file: FileId, start: usize, bytes: &'a [u8]) -> Self {
        Self {
            bytes: Cow::Borrowed(bytes),
            file,
            places: Places::From(start),
        }
    }

    /// An empty text to put together.
    pub(crate) fn empty(file: FileId) -> Text<'static> {
        Text {
            bytes: Cow::Owned(Vec::new()),
            file,
            places: Places::Each(Vec::new()),
        }
    }

    /// Where a part of it comes from.
    pub(crate) fn span(&self, from: usize, length: usize) -> Span {
        let to = from.saturating_add(length);
        match &self.places {
            Places::From(start) => Span {
                file: self.file,
                start: narrow(start.saturating_add(from)),
                end: narrow(start.saturating_add(to)),
            },
            Places::Each(places) => {
                let end_of_line = places.last().map_or(0, |(_, end)| *end);
                let start = places.get(from).map_or(end_of_line, |(start, _)| *start);
                let end = to
                    .checked_sub(1)
                    .filter(|_| length > 0)
                    .and_then(|last| places.get(last));
                Span {
                    file: self.file,
                    start,
                    end: end.map_or(start, |(_, end)| *end).max(start),
                }
            }
        }
    }

    /// Puts bytes behind it that all stand for one place.
    pub(crate) fn push(&mut self, bytes: &[u8], place: Span) {
        self.bytes.to_mut().extend_from_slice(bytes);
        if let Places::Each(places) = &mut self.places {
            places.extend(bytes.iter().map(|_| (place.start, place.end)));
        }
    }

    /// Puts a part of another text behind it.
    pub(crate) fn push_part(&mut self, other: &Text<'_>, from: usize, to: usize) {
        for at in from..to {
            if let Some(byte) = other.bytes.get(at) {
                self.push(&[*byte], other.span(at, 1));
            }
        }
    }

    /// A part of it as a text of its own.
    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.bytes.len());
        let from = from.min(to);
        let bytes = match &self.bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(from..to).unwrap_or_default()),
            Cow::Owned(bytes) => Cow::Owned(bytes.get(from..to).unwrap_or_default().to_vec()),
        };
        let places = match &self.places {
            Places::From(start) => Places::From(start.saturating_add(from)),
            Places::Each(places) => Places::Each(places.get(from..to).unwrap_or_default().to_vec()),
        };
        Text {
            bytes,
            file: self.file,
            places,
        }
    }

    pub(crate) const fn file(&self) -> FileId {
        self.file
    }
}
