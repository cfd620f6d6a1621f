//! Logging that never waits: events go through a bounded queue to a thread that may.
//!
//! A terminal, a pipe or a journal whose reader has stalled blocks the writer. The router loop and the checks must not
//! be that writer, so `tracing` events are only copied into a queue; what does not fit is dropped and counted.

mod failing;
mod journald;
mod queue;
mod sink;
mod syslog;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use queue::{Entry, Forward, Shared};
pub(crate) use syslog::{Facility, is_syslog};

/// Under which name lines stand in the journal.
pub(crate) const VRRPD: &str = "vrrpd";
/// As keepalived's router has it, in syslog too: filters and `journalctl -t` go on as they are.
pub(crate) const KEEPALIVED: &str = "Keepalived_vrrp";

/// Lines that may wait; at 200 octets each they are 0.8 MB, allocated only while they wait.
const LINES_MAX: u64 = 4096;

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Standard error, with the time.
    Stderr,
    /// The journal, with its fields.
    Journal {
        identifier: &'static str,
        facility: Facility,
    },
    /// Under keepalived's name.
    Syslog(Facility),
    /// At the end of this file, with the time.
    File(PathBuf),
    /// Nothing is written.
    Nowhere,
}

/// The log of this process.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    shared: Arc<Shared>,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("cannot start the log's thread: {0}")]
    Thread(std::io::Error),
    #[error("cannot write the log to {}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("another log was set up in this process before")]
    Twice,
}

impl Log {
    /// Starts the log's thread and makes it the destination of every `tracing` event of this process.
    pub(crate) fn start(destination: Destination, level: LevelFilter) -> Result<Self, LogError> {
        let (log, layer, lines) = Self::queue(LINES_MAX);
        let shared = Arc::clone(&log.shared);
        let destination = sink::open(destination)?;
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || sink::run(destination, level, &lines, &shared))
            .map_err(LogError::Thread)?;
        let subscriber = tracing_subscriber::registry().with(level).with(layer);
        tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
        Ok(log)
    }

    fn queue(lines_max: u64) -> (Self, Forward, Receiver<Entry>) {
        let (sender, receiver) = channel();
        let shared = Arc::new(Shared::default());
        let forward = Forward::new(sender, lines_max, Arc::clone(&shared));
        (Self { shared }, forward, receiver)
    }

    /// Lines that were dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.shared.dropped()
    }

    /// Waits until everything was written, at most `limit`: a stalled reader must not keep the process from ending.
    pub(crate) fn flush(&self, limit: Duration) {
        let until = Instant::now() + limit;
        while self.shared.waiting() > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// `JOURNAL_STREAM` holds device and inode of the journal's end of standard error (systemd.exec(5)).
pub(crate) fn is_journal() -> bool {
    let named = std::env::var("JOURNAL_STREAM").ok();
    let named = named.as_deref().and_then(|text| text.split_once(':'));
    let Some((device, inode)) =
        named.and_then(|(d, i)| Some((d.parse::<u64>().ok()?, i.parse::<u64>().ok()?)))
    else {
        return false;
    };
    match rustix::fs::fstat(std::io::stderr()) {
        Ok(stat) => stat.st_dev == device && stat.st_ino == inode,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stalled_reader_costs_lines_and_no_time() {
        let (log, layer, lines) = Log::queue(3);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..10 {
                tracing::info!(instance = "VI_1", number, "line {number}");
            }
        });
        assert_eq!(log.dropped(), 7);
        let first = lines.try_recv().unwrap();
        assert_eq!(first.fields.instance.as_deref(), Some("VI_1"));
        assert_eq!(first.text, "line 0 number=0");
        assert_eq!(lines.try_iter().count(), 2);
    }

    #[test]
    fn state_event_and_code_stand_beside_the_text() {
        let (_log, layer, lines) = Log::queue(3);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(instance = "VI_1", new_state = "MASTER", event = %"transition", code = "no-response", "VI_1: MASTER");
        });
        let entry = lines.try_recv().unwrap();
        assert_eq!(entry.text, "VI_1: MASTER");
        let fields = entry.fields;
        let all = [fields.instance, fields.state, fields.event, fields.code];
        assert_eq!(
            all.map(Option::unwrap),
            ["VI_1", "MASTER", "transition", "no-response"]
        );
    }

    #[test]
    fn what_others_say_begins_no_line_and_steers_no_terminal() {
        let (_log, layer, lines) = Log::queue(3);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let said = "oops\n2026-11-22 WARN forged\r\nb\rc\u{1b}[2J\u{85}\td\n";
            tracing::warn!(reason = %"x\ny", "app is down: {said}");
        });
        let text = lines.try_recv().unwrap().text;
        assert_eq!(
            text,
            "app is down: oops⏎2026-11-22 WARN forged⏎b⏎c\\x1b[2J\\x85\td⏎ reason=x⏎y"
        );
    }

    #[test]
    fn a_service_of_the_driver_is_named_in_the_text_and_in_its_field() {
        let (_log, layer, lines) = Log::queue(3);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(service = "VI_1", interface = "eth1", "link");
            tracing::info!(service = ?"VI_2", "link");
        });
        let said: Vec<(String, Option<String>)> = lines
            .try_iter()
            .map(|line| (line.text, line.fields.instance))
            .collect();
        assert_eq!(
            said[0],
            ("VI_1: link interface=eth1".to_owned(), Some("VI_1".to_owned()))
        );
        assert_eq!(said[1].0, "\"VI_2\": link");
    }
}
