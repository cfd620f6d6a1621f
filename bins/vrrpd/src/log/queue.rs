//! From `tracing` into the queue.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// One line on its way.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) level: Level,
    pub(super) fields: Fields,
    pub(super) text: String,
}

/// What programs look for; it stands beside the text, where the destination has a place for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) instance: Option<String>,
    /// The state that it has entered, in keepalived's word.
    pub(super) state: Option<String>,
    /// Kind and code of the event that the line is about (docs/events.md).
    pub(super) event: Option<String>,
    pub(super) code: Option<String>,
}

/// What both ends of the queue count.
#[derive(Debug, Default)]
pub(super) struct Shared {
    dropped: AtomicU64,
    waiting: AtomicU64,
}

impl Shared {
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// A line has come out of the queue, and was not written.
    pub(super) fn lose(&self) {
        let _before = self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Acquire)
    }

    pub(super) fn written(&self) {
        self.waiting.fetch_sub(1, Ordering::Release);
    }
}

/// The layer that copies events into the queue.
#[derive(Debug)]
pub(super) struct Forward {
    queue: Sender<Entry>,
    lines_max: u64,
    shared: Arc<Shared>,
}

impl Forward {
    pub(super) fn new(queue: Sender<Entry>, lines_max: u64, shared: Arc<Shared>) -> Self {
        Self {
            queue,
            lines_max,
            shared,
        }
    }
}

impl<S: Subscriber> Layer<S> for Forward {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let mut text = words.prefix;
        text.push_str(&words.message);
        text.push_str(&words.others);
        let entry = Entry {
            at: Instant::now(),
            level: *event.metadata().level(),
            fields: words.fields,
            text: on_one_line(&text),
        };
        let before = self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        // The other end is gone only when the process ends.
        if before >= self.lines_max || self.queue.send(entry).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            self.shared.written();
        }
    }
}

/// A line that has come out of the queue.
pub(super) fn text(event: &Event<'_>) -> String {
    let mut words = Words::default();
    event.record(&mut words);
    words.prefix + &words.message + &words.others
}

/// What scripts, applications and servers say stands in many a message: none of it begins a line of its own, or steers the
/// terminal of whoever reads it.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut letters = text.trim_end().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => line.push('⏎'),
            '\t' => line.push(letter),
            // As tracing-subscriber writes them; the journal would take them as they are.
            control if control.is_control() => {
                let _ = write!(line, "\\x{:02x}", u32::from(control));
            }
            other => line.push(other),
        }
    }
    line
}

#[derive(Default)]
struct Words {
    /// The driver names its service in a field, the daemon in the text as well.
    prefix: String,
    message: String,
    fields: Fields,
    others: String,
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "instance" => self.fields.instance = Some(value.to_owned()),
            "service" => {
                self.prefix = format!("{value}: ");
                self.fields.instance = Some(value.to_owned());
            }
            // The text says the same in words.
            "new_state" => self.fields.state = Some(value.to_owned()),
            "event" => self.fields.event = Some(value.to_owned()),
            "code" => self.fields.code = Some(value.to_owned()),
            "message" => value.clone_into(&mut self.message),
            name => {
                let _ = write!(self.others, " {name}={value}");
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "instance" | "service" | "new_state" | "event" | "code" => {
                self.record_str(field, &format!("{value:?}"))
            }
            "message" => self.message = format!("{value:?}"),
            name => {
                let _ = write!(self.others, " {name}={value:?}");
            }
        }
    }
}
