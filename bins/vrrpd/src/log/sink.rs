//! The thread that writes, and that may be kept waiting.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, error, info, trace, warn};
use tracing_subscriber::layer::SubscriberExt;

use super::failing::{Failure, Lines, Whole};
use super::journald::{self, Journald};
use super::queue::{Entry, Fields, Shared};
use super::syslog::{Facility, Syslog};
use super::{Destination, LogError};

/// A line that waited longer says so: its time is that of the writing.
const LATE: Duration = Duration::from_millis(200);

/// A destination that can be written to.
#[derive(Debug)]
pub(super) enum Sink {
    Stderr,
    Journal {
        identifier: &'static str,
        facility: Facility,
    },
    Syslog(Facility),
    File(File),
    Nowhere,
}

/// # Errors
/// The file cannot be written: told before anything has begun.
pub(super) fn open(destination: Destination) -> Result<Sink, LogError> {
    Ok(match destination {
        Destination::Stderr => Sink::Stderr,
        Destination::Journal { identifier, facility } => Sink::Journal { identifier, facility },
        Destination::Syslog(facility) => Sink::Syslog(facility),
        Destination::Nowhere => Sink::Nowhere,
        Destination::File(path) => {
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).mode(0o640).open(&path);
            Sink::File(file.map_err(|error| LogError::File { path, error })?)
        }
    })
}

/// Writes until every sender is gone.
pub(super) fn run(sink: Sink, level: LevelFilter, lines: &Receiver<Entry>, shared: &Shared) {
    match sink {
        Sink::Journal { identifier, facility } => {
            match Journald::open(journald::PLACE, identifier, facility) {
                Ok(journal) => write(lines, shared, |entry| journal.send(entry)),
                // Standard error is still the journal's own pipe.
                Err(_) => to_stderr(level, lines, shared),
            }
        }
        Sink::Stderr => to_stderr(level, lines, shared),
        Sink::Syslog(facility) => {
            let subscriber = tracing_subscriber::registry()
                .with(level)
                .with(Syslog::open(facility));
            // syslog(3) says nothing of what it could not send.
            let all = |entry: &Entry| {
                emit(entry);
                Ok(())
            };
            tracing::subscriber::with_default(subscriber, || write(lines, shared, all));
        }
        Sink::File(file) => to_lines(file, false, level, lines, shared),
        Sink::Nowhere => lines.iter().for_each(|_unread| shared.written()),
    }
}

fn to_stderr(level: LevelFilter, lines: &Receiver<Entry>, shared: &Shared) {
    let stderr = io::stderr();
    let is_terminal = io::IsTerminal::is_terminal(&stderr);
    to_lines(stderr, is_terminal, level, lines, shared);
}

fn to_lines(
    to: impl Whole + Send + Sync + 'static,
    colours: bool,
    level: LevelFilter,
    lines: &Receiver<Entry>,
    shared: &Shared,
) {
    let failure = Failure::default();
    let writer = Lines {
        to,
        failure: failure.clone(),
    };
    let plain = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colours)
        .with_target(false)
        // The report of a write that failed would go to the same place, and panic there.
        .log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(level).with(plain);
    let put = |entry: &Entry| {
        emit(entry);
        failure.take()
    };
    tracing::subscriber::with_default(subscriber, || write(lines, shared, put));
}

/// What `put` could not write is lost, and counted with what found no room.
fn write(lines: &Receiver<Entry>, shared: &Shared, mut put: impl FnMut(&Entry) -> io::Result<()>) {
    let mut told = 0;
    let mut why = None;
    for mut entry in lines {
        let late = entry.at.elapsed();
        if late > LATE {
            entry
                .text
                .push_str(&format!(" (written {:.1} s late)", late.as_secs_f64()));
        }
        match put(&entry) {
            Ok(()) => {
                let dropped = shared.dropped();
                if dropped > told && put(&missing(dropped - told, why.as_ref())).is_ok() {
                    told = dropped;
                    why = None;
                }
            }
            Err(error) => {
                shared.lose();
                why = Some(error);
            }
        }
        shared.written();
    }
}

/// `why`: the last of them could not be written.
fn missing(count: u64, why: Option<&io::Error>) -> Entry {
    let why = why.map_or_else(
        || "its reader is too slow".to_owned(),
        |error| format!("it could not be written ({error})"),
    );
    Entry {
        at: Instant::now(),
        level: Level::WARN,
        fields: Fields::default(),
        text: format!("{count} lines of the log were dropped: {why}"),
    }
}

/// The text names the instance already.
fn emit(entry: &Entry) {
    match entry.level {
        Level::ERROR => error!("{}", entry.text),
        Level::WARN => warn!("{}", entry.text),
        Level::INFO => info!("{}", entry.text),
        Level::DEBUG => debug!("{}", entry.text),
        Level::TRACE => trace!("{}", entry.text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_cannot_be_written_is_counted_and_told_when_it_can_be_again() {
        let (queue, lines) = channel();
        for number in 0..5 {
            let text = format!("line {number}");
            let entry = Entry {
                text,
                ..missing(0, None)
            };
            queue.send(entry).unwrap();
        }
        drop(queue);
        let shared = Shared::default();
        let mut tries = 0;
        let mut written = Vec::new();
        write(&lines, &shared, |entry| {
            tries += 1;
            // The second and the third line, and the first word about them.
            if [2, 3, 5].contains(&tries) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            written.push(entry.text.clone());
            Ok(())
        });
        assert_eq!(shared.dropped(), 2);
        assert_eq!(written[..3], ["line 0", "line 3", "line 4"]);
        assert!(
            written[3].starts_with("2 lines of the log were dropped: it could not be written ("),
            "{written:?}"
        );
    }
}
