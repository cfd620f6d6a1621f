//! Where a word stands: files by number, byte ranges, lines and columns.

use std::sync::Arc;

use serde::Serialize;

/// A file of one [`SourceMap`], counted from 0 in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileId(pub(crate) u32);

/// A range of bytes in one file; `start` is included, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte, counted from 0.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The range from the start of `self` to the end of `other`; `self` when they stand in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file == other.file {
            Self {
                end: other.end.max(self.end),
                ..self
            }
        } else {
            self
        }
    }
}

/// A place as an editor names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file's path as it was given or included.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1; a byte that is not UTF-8 counts as one.
    pub column: u32,
}

impl core::fmt::Display for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[derive(Clone)]
struct Source {
    path: String,
    bytes: Arc<Vec<u8>>,
    /// Offset of the first byte of each line.
    lines: Vec<u32>,
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Source {
    /// In which a span begins, counted from 1.
    fn line(&self, span: Span) -> usize {
        self.lines.partition_point(|start| *start <= span.start).max(1)
    }
}

/// Without the text: passwords stand in it.
impl core::fmt::Debug for Source {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.path)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// All files of one configuration, as they were read.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
    /// What is not to be shown.
    hidden: Vec<Span>,
}

impl SourceMap {
    /// Adds a file. Bytes beyond 4 GiB are left out: a [`Span`] cannot name them.
    pub fn add(&mut self, path: String, mut bytes: Vec<u8>) -> FileId {
        bytes.truncate(usize::try_from(u32::MAX).unwrap_or(usize::MAX));
        let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let mut lines = vec![0];
        lines.extend(newlines.filter_map(|(at, _)| u32::try_from(at.saturating_add(1)).ok()));
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source {
            path,
            bytes: Arc::new(bytes),
            lines,
        });
        id
    }

    /// The files of several configurations in one map: those of each one behind those of the ones before it, so that its
    /// ids grow by their number.
    pub(crate) fn joined<'a>(maps: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for map in maps {
            let before = u32::try_from(joined.files.len()).unwrap_or(u32::MAX);
            joined.files.extend(map.files.iter().cloned());
            joined.hidden.extend(map.hidden.iter().map(|span| Span {
                file: FileId(span.file.0.saturating_add(before)),
                ..*span
            }));
        }
        joined
    }

    fn file(&self, id: FileId) -> Option<&Source> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// The path of a file; empty for an id of another map.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        self.file(id).map_or("", |file| &file.path)
    }

    /// The bytes of a file; empty for an id of another map.
    #[must_use]
    pub fn bytes(&self, id: FileId) -> &[u8] {
        self.file(id).map_or(&[], |file| &file.bytes)
    }

    /// A handle on the bytes of a file that outlives further reading.
    pub(crate) fn shared(&self, id: FileId) -> Arc<Vec<u8>> {
        self.file(id)
            .map_or_else(Arc::default, |file| Arc::clone(&file.bytes))
    }

    /// The text from here to the end of its line is shown to nobody.
    pub fn hide(&mut self, from: Span) {
        let start = usize::try_from(from.start).unwrap_or(usize::MAX);
        let rest = self.bytes(from.file).get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| **byte != b'\n').count();
        self.hidden.push(Span {
            end: from
                .start
                .saturating_add(u32::try_from(length).unwrap_or(u32::MAX)),
            ..from
        });
    }

    /// The bytes of a file with a `*` for each that is not to be shown.
    pub(crate) fn shown(&self, id: FileId) -> Vec<u8> {
        let mut bytes = self.bytes(id).to_vec();
        let wide = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        for span in self.hidden.iter().filter(|span| span.file == id) {
            if let Some(secret) = bytes.get_mut(wide(span.start)..wide(span.end)) {
                let letters = secret
                    .iter_mut()
                    .filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
                letters.for_each(|byte| *byte = b'*');
            }
        }
        bytes
    }

    /// The bytes a span covers.
    #[must_use]
    pub fn slice(&self, span: Span) -> &[u8] {
        let range = usize::try_from(span.start).unwrap_or(usize::MAX)
            ..usize::try_from(span.end).unwrap_or(usize::MAX);
        self.bytes(span.file).get(range).unwrap_or_default()
    }

    /// Ids and paths of all files, in the order of reading.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &str)> {
        (0u32..)
            .zip(&self.files)
            .map(|(id, file)| (FileId(id), file.path.as_str()))
    }

    /// The length of the line in which a span begins, its end included.
    pub(crate) fn line_bytes(&self, span: Span) -> usize {
        let Some(file) = self.file(span.file) else {
            return 0;
        };
        let line = file.lines.partition_point(|start| *start <= span.start);
        let start = file.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let length = u32::try_from(file.bytes.len()).unwrap_or(u32::MAX);
        let end = file.lines.get(line).copied().unwrap_or(length);
        usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX)
    }

    /// Path and line, counted from 1, of a span's first byte; cheaper than [`Self::place`], for there is no column to count.
    #[must_use]
    pub fn line(&self, span: Span) -> (&str, u32) {
        self.file(span.file)
            .map_or(("", 1), |file| (&file.path, narrow(file.line(span))))
    }

    /// File, line and column of a span's first byte.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let Some(file) = self.file(span.file) else {
            return Place {
                file: String::new(),
                line: 1,
                column: 1,
            };
        };
        let line = file.line(span);
        let line_start = file.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.slice(Span {
            start: line_start,
            end: span.start,
            file: span.file,
        });
        let column = String::from_utf8_lossy(before).chars().count().saturating_add(1);
        Place {
            file: file.path.clone(),
            line: narrow(line),
            column: narrow(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let mut map = SourceMap::default();
        let file = map.add("a.conf".into(), "one\nzwölf x\n".into());
        let at = |start| {
            map.place(Span {
                file,
                start,
                end: start,
            })
            .to_string()
        };
        assert_eq!(at(0), "a.conf:1:1");
        assert_eq!(at(4), "a.conf:2:1");
        assert_eq!(at(11), "a.conf:2:7", "ö is two bytes and one column");
        assert_eq!(at(13), "a.conf:3:1", "after the last line end");
        for start in 0..14 {
            let span = Span {
                file,
                start,
                end: start,
            };
            let (place, (path, line)) = (map.place(span), map.line(span));
            assert_eq!((place.file.as_str(), place.line), (path, line), "{start}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_have_columns_too() {
        let mut map = SourceMap::default();
        let file = map.add("a".into(), vec![0xff, 0xfe, b'x']);
        assert_eq!(
            map.place(Span {
                file,
                start: 2,
                end: 3
            })
            .column,
            3
        );
    }
}
