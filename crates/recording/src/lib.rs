//! Recordings: every input of every virtual router on one line of text, with what was decided, and their replay.
//!
//! The core decides by its configuration, its inputs and their times, and by nothing else. So what a daemon or a
//! simulated node was told can be told to the same core again, and each decision is seen where it is made. A recording
//! is a test case as well: [`Replay`] compares every decision with the one that was recorded. The language is described
//! in the project's `docs/recording.md`.
//!
//! A [`Recorder`] writes from a loop that must not wait, a [`Transcript`] into memory.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use vrrp_core::{Family, Input, Instant, InterfaceId, Link, Outbox, Profile, Router, Settings, Vrid};
//! use vrrp_recording::{Event, Replay, Transcript};
//!
//! let mut settings = Settings::new(Profile::Default, Family::Ipv4, Vrid::new(51).ok_or("0")?, InterfaceId(2));
//! settings.addresses.push("192.0.2.254".parse()?);
//! let transcript = Arc::new(Transcript::new("an example"));
//! let mut router = Router::new();
//! router.set_witness(Some(transcript.clone()));
//! let id = router.add(settings.build()?)?;
//! router.introduce(id, "VI_1");
//!
//! let now = Instant::from_nanos(0);
//! let link = Link { up: true, primary: Some("192.0.2.1".parse()?) };
//! let mut outbox = Outbox::new();
//! for input in [Input::Link(link), Input::Start] {
//!     router.handle(now, id, input, &mut outbox);
//! }
//! // RFC 9568 section 6.1: three intervals and the skew of priority 100.
//! router.tick(Instant::from_nanos(3_609_375_000), &mut outbox);
//!
//! let text = transcript.text();
//! assert!(text.contains("3.609375000 VI_1 tick | active p=100 next="));
//! assert!(text.contains(" send=100/3 hold announce=1 transition=backup>active:no-response\n"));
//! let mut decisions = 0;
//! for event in Replay::new(text.lines()) {
//!     if let Event::Decision(decision) = event?.event {
//!         assert!(decision.is_as_recorded());
//!         decisions += 1;
//!     }
//! }
//! assert_eq!(decisions, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod decision;
mod fields;
mod input;
mod item;
mod line;
mod name;
mod recorder;
mod replay;
mod retold;
mod settings;
mod transcript;
pub mod words;

pub use decision::{Decided, View};
pub use line::{Entry, HEADER, Line, Stimulus, VERSION};
pub use recorder::{Progress, Recorder, Sink, Told, Writing};
pub use replay::{Event, Replay, Replayed};
pub use retold::Decision;
pub use transcript::Transcript;

/// A line that cannot be read, or does not fit what came before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {found}")]
pub struct Wrong {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub found: String,
}
