//! What keepalived does and no RFC says (conformance part 4.5, rows X-), row by row.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;

mod announcements;
mod fall;
mod fault;
mod numbers;
mod options;
mod preempt_delay;
mod profile;
mod tracking;
