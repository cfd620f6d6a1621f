//! The thread that writes, and that may be kept waiting.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, error, info, trace, warn};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::layer::SubscriberExt;

use super::queue::{Entry, Shared};
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
        Sink::Journal { identifier, facility } => match tracing_journald::layer() {
            Ok(journal) => {
                let journal = journal
                    .with_field_prefix(None)
                    .with_syslog_identifier(identifier.to_owned())
                    .with_custom_fields([("SYSLOG_FACILITY", facility.number())])
                    .with_priority_mappings(PriorityMappings {
                        info: Priority::Informational,
                        debug: Priority::Debug,
                        ..PriorityMappings::new()
                    });
                let subscriber = tracing_subscriber::registry().with(level).with(journal);
                tracing::subscriber::with_default(subscriber, || write(lines, shared, true));
            }
            // Standard error is still the journal's own pipe.
            Err(_) => to_stderr(level, lines, shared),
        },
        Sink::Stderr => to_stderr(level, lines, shared),
        Sink::Syslog(facility) => {
            let subscriber = tracing_subscriber::registry()
                .with(level)
                .with(Syslog::open(facility));
            tracing::subscriber::with_default(subscriber, || write(lines, shared, false));
        }
        Sink::File(file) => {
            let plain = tracing_subscriber::fmt::layer()
                .with_writer(Mutex::new(file))
                .with_ansi(false)
                .with_target(false)
                .log_internal_errors(false);
            let subscriber = tracing_subscriber::registry().with(level).with(plain);
            tracing::subscriber::with_default(subscriber, || write(lines, shared, false));
        }
        Sink::Nowhere => lines.iter().for_each(|_unread| shared.written()),
    }
}

fn to_stderr(level: LevelFilter, lines: &Receiver<Entry>, shared: &Shared) {
    let plain = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        // The report of a write that failed would go to the same place, and panic there.
        .log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(level).with(plain);
    tracing::subscriber::with_default(subscriber, || write(lines, shared, false));
}

/// `fields`: the destination keeps fields apart from the text, which names the instance already.
fn write(lines: &Receiver<Entry>, shared: &Shared, fields: bool) {
    let mut told = 0;
    for mut entry in lines {
        let late = entry.at.elapsed();
        if late > LATE {
            entry
                .text
                .push_str(&format!(" (written {:.1} s late)", late.as_secs_f64()));
        }
        if !fields {
            entry.instance = None;
        }
        emit(&entry);
        let dropped = shared.dropped();
        if dropped > told {
            warn!(
                "{} lines of the log were dropped: its reader is too slow",
                dropped - told
            );
            told = dropped;
        }
        shared.written();
    }
}

fn emit(entry: &Entry) {
    macro_rules! at {
        ($level:ident) => {
            match &entry.instance {
                Some(instance) => $level!(instance = instance.as_str(), "{}", entry.text),
                None => $level!("{}", entry.text),
            }
        };
    }
    match entry.level {
        Level::ERROR => at!(error),
        Level::WARN => at!(warn),
        Level::INFO => at!(info),
        Level::DEBUG => at!(debug),
        Level::TRACE => at!(trace),
    }
}
