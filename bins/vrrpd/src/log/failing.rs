//! A destination that says when it could not be written, and has no half line then.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// Why the last line was not written, for whoever has asked for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    /// Since it was asked last.
    pub(super) fn take(&self) -> io::Result<()> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.take().map_or(Ok(()), Err)
    }

    fn put(&self, error: io::Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Where a line goes as a whole.
pub(super) trait Whole {
    fn put(&self, line: &[u8]) -> io::Result<()>;
}

impl Whole for io::Stderr {
    fn put(&self, line: &[u8]) -> io::Result<()> {
        self.lock().write_all(line)
    }
}

impl Whole for File {
    fn put(&self, line: &[u8]) -> io::Result<()> {
        let octets = self.metadata()?.len();
        let mut file = self;
        let written = file.write_all(line);
        if written.is_err() && self.metadata().is_ok_and(|now| now.len() > octets) {
            // What came of it would stand in front of the next line. Where this fails as well, it does.
            let _cut = self.set_len(octets);
        }
        written
    }
}

/// For a layer that makes lines of events; it calls once for each.
#[derive(Debug)]
pub(super) struct Lines<W> {
    pub(super) to: W,
    pub(super) failure: Failure,
}

impl<'a, W: Whole + 'a> MakeWriter<'a> for Lines<W> {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl<W: Whole> Write for &Lines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.to.put(line) {
            self.failure.put(error);
        }
        // The layer could do nothing about it.
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_does_not_fit_is_told_and_leaves_no_half_of_it() {
        let failure = Failure::default();
        let full = Lines {
            to: std::fs::OpenOptions::new()
                .append(true)
                .open("/dev/full")
                .unwrap(),
            failure: failure.clone(),
        };
        (&full).write_all(b"a line\n").unwrap();
        assert_eq!(failure.take().unwrap_err().kind(), io::ErrorKind::StorageFull);
        failure.take().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines = Lines {
            to: file.reopen().unwrap(),
            failure: failure.clone(),
        };
        lines.make_writer().write_all(b"a line\n").unwrap();
        failure.take().unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"a line\n");
    }
}
