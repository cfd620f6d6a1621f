//! Lines that nobody has read yet. Pure.

use std::collections::VecDeque;

/// What is written at once: a pipe takes so much as a whole or not at all.
pub(super) const PIPE_BUF: usize = 4096;

/// Lines in their order, of which the first may be in the pipe already, and are kept until they are known to be read.
#[derive(Debug)]
pub(super) struct Backlog {
    lines: VecDeque<String>,
    max: usize,
    /// Octets of `lines`, from the first on, that were given to the pipe.
    written: usize,
    read: u64,
    lost: u64,
}

impl Backlog {
    /// Keeps at most `max` lines.
    pub(super) const fn new(max: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            max,
            written: 0,
            read: 0,
            lost: 0,
        }
    }

    /// One line more, without its end. True: an older one fell out.
    pub(super) fn push(&mut self, line: &str) -> bool {
        self.lines.push_back(format!("{line}\n"));
        if self.lines.len() <= self.max {
            return false;
        }
        // What is in the pipe is with the reader, as good as read; the rest loses its first.
        let mut begun = 0;
        let mut octets = 0;
        while octets < self.written {
            octets += self.lines.get(begun).map_or(self.written, String::len);
            begun += 1;
        }
        let fell = self.lines.remove(begun.min(self.lines.len() - 1)).is_some();
        self.lost += u64::from(fell);
        fell
    }

    /// What is to be written next: whole lines, or the rest of one that does not fit into the pipe at once.
    pub(super) fn next(&self) -> Option<Vec<u8>> {
        let mut skip = self.written;
        let mut chunk = Vec::new();
        for line in &self.lines {
            let rest = line.as_bytes().get(skip.min(line.len())..).unwrap_or_default();
            skip = skip.saturating_sub(line.len());
            if !chunk.is_empty() && chunk.len() + rest.len() > PIPE_BUF {
                break;
            }
            chunk.extend_from_slice(rest);
        }
        (!chunk.is_empty()).then_some(chunk)
    }

    /// The pipe has taken so many octets more.
    pub(super) fn wrote(&mut self, octets: usize) {
        self.written += octets;
    }

    /// So many octets of what the pipe has taken are still in it: lines of which none are have been read. Whether they begin
    /// with a line.
    pub(super) fn unread(&mut self, octets: usize) -> bool {
        let mut gone = self.written.saturating_sub(octets);
        while let Some(line) = self.lines.front().filter(|line| line.len() <= gone) {
            let octets = line.len();
            self.lines.pop_front();
            gone -= octets;
            self.written -= octets;
            self.read += 1;
        }
        gone == 0
    }

    /// The pipe is empty and another reader comes: whoever had the first half of a line had it alone.
    pub(super) fn begin_anew(&mut self) {
        self.written = 0;
    }

    /// Takes over what another one still has: all of it, or with `behind_the_pipe` what its reader does not get from it.
    pub(super) fn inherit(&mut self, other: &mut Self, behind_the_pipe: bool) {
        if behind_the_pipe {
            other.unread(0);
        }
        for line in std::mem::take(&mut other.lines) {
            self.push(line.trim_end_matches('\n'));
        }
        other.written = 0;
        self.lost += other.lost;
        self.read += other.read;
    }

    /// Lines that are not known to be read.
    pub(super) fn waiting(&self) -> usize {
        self.lines.len()
    }

    /// Octets that the pipe has not taken.
    pub(super) fn unwritten(&self) -> usize {
        let all: usize = self.lines.iter().map(String::len).sum();
        all.saturating_sub(self.written)
    }

    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(max: usize, lines: &[&str]) -> Backlog {
        let mut backlog = Backlog::new(max);
        for line in lines {
            backlog.push(line);
        }
        backlog
    }

    fn next(backlog: &Backlog) -> String {
        String::from_utf8(backlog.next().unwrap_or_default()).unwrap()
    }

    #[test]
    fn lines_are_written_in_their_order_and_kept_until_they_are_read() {
        let mut backlog = of(10, &["one", "two"]);
        assert_eq!(next(&backlog), "one\ntwo\n");
        backlog.wrote(8);
        assert_eq!(backlog.next(), None);
        assert_eq!((backlog.waiting(), backlog.read()), (2, 0));
        backlog.unread(4);
        assert_eq!((backlog.waiting(), backlog.read()), (1, 1));
        backlog.push("three");
        assert_eq!(next(&backlog), "three\n");
        backlog.wrote(6);
        backlog.unread(0);
        assert_eq!((backlog.waiting(), backlog.read()), (0, 3));
    }

    #[test]
    fn half_a_line_is_given_whole_to_the_next_reader() {
        let mut backlog = of(10, &["one", "two"]);
        backlog.wrote(8);
        // It has read `one`, its end, and a `t`.
        backlog.unread(3);
        backlog.begin_anew();
        assert_eq!(next(&backlog), "two\n");
    }

    #[test]
    fn the_oldest_that_is_not_in_the_pipe_falls_out() {
        let mut backlog = of(3, &["a", "b", "c"]);
        backlog.wrote(2);
        assert!(backlog.push("d"), "b falls out");
        assert_eq!((next(&backlog), backlog.lost()), ("c\nd\n".into(), 1));
        backlog.unread(0);
        assert_eq!(backlog.waiting(), 2);
        backlog.push("e");
        assert_eq!((next(&backlog), backlog.lost()), ("c\nd\ne\n".into(), 1));
    }

    #[test]
    fn a_line_half_of_which_is_in_the_pipe_does_not_fall_out() {
        let mut backlog = of(2, &["abc", "b"]);
        backlog.wrote(2);
        assert!(backlog.push("c"));
        assert_eq!(next(&backlog), "c\nc\n", "the rest of abc, and c");
    }

    #[test]
    fn no_more_lines_at_once_than_a_pipe_takes_as_a_whole() {
        let long = "x".repeat(3000);
        let backlog = of(10, &[&long, &long]);
        assert_eq!(next(&backlog).len(), 3001);
        let longer = "y".repeat(5000);
        let mut backlog = of(10, &[&longer]);
        assert_eq!(next(&backlog).len(), 5001);
        backlog.wrote(4096);
        assert_eq!(next(&backlog).len(), 905, "the rest of it");
    }

    #[test]
    fn another_path_takes_the_lines_along() {
        let mut old = of(10, &["one", "two"]);
        old.wrote(4);
        let mut alone = Backlog::new(10);
        alone.inherit(&mut old, true);
        assert_eq!(next(&alone), "two\n", "one is in the pipe that somebody reads");
        let mut old = of(10, &["one", "two"]);
        let mut new = Backlog::new(10);
        new.inherit(&mut old, false);
        assert_eq!((next(&new), old.waiting()), ("one\ntwo\n".into(), 0));
    }
}
