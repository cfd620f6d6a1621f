//! syslog, by the C library: it knows the socket, the format and how to come back after a restart of the reader.

use std::ffi::CString;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::queue::text;
use crate::sys;

/// The part of the system that lines come from (syslog(3)), as keepalived's `-S` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facility(i32);

impl Default for Facility {
    fn default() -> Self {
        Self(libc::LOG_DAEMON)
    }
}

impl Facility {
    /// `0` to `7` and `local0` to `local7`, `user`, `daemon`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "user" => return Some(Self(libc::LOG_USER)),
            "daemon" => return Some(Self::default()),
            _ => {}
        }
        let number: i32 = name.strip_prefix("local").unwrap_or(name).parse().ok()?;
        // Local ones follow one another, in steps of the eight severities.
        (0..=7)
            .contains(&number)
            .then(|| Self(libc::LOG_LOCAL0 + (number << 3)))
    }

    /// As the journal has it.
    pub(super) fn number(self) -> String {
        (self.0 >> 3).to_string()
    }
}

/// Whether anybody listens.
pub(crate) fn is_syslog() -> bool {
    std::path::Path::new("/dev/log").exists()
}

/// The layer that writes there.
#[derive(Debug)]
pub(super) struct Syslog;

impl Syslog {
    pub(super) fn open(facility: Facility) -> Self {
        sys::open_syslog(facility.0);
        Self
    }
}

impl<S: Subscriber> Layer<S> for Syslog {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let severity = match *event.metadata().level() {
            Level::ERROR => libc::LOG_ERR,
            Level::WARN => libc::LOG_WARNING,
            Level::INFO => libc::LOG_INFO,
            Level::DEBUG | Level::TRACE => libc::LOG_DEBUG,
        };
        // The queue has replaced what is no letter, the end of a C string too.
        if let Ok(line) = CString::new(text(event)) {
            sys::syslog(severity, &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// syslog(3): local0 is 16, user 1, daemon 3.
    #[test]
    fn facilities_have_the_numbers_of_syslog() {
        let number = |name| Facility::named(name).map(Facility::number);
        for (name, wanted) in [
            ("local0", "16"),
            ("7", "23"),
            ("local7", "23"),
            ("user", "1"),
            ("daemon", "3"),
        ] {
            assert_eq!(number(name).as_deref(), Some(wanted), "{name}");
        }
        for wrong in ["8", "-1", "local8", "mail", ""] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
