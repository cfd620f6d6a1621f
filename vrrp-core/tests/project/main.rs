//! Our own decisions where the RFCs are silent (rows PRJ-): changes while running, planned stops, failures, slack, keys,
//! checksum forms.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;

mod change;
mod checksum;
mod failure;
mod goodbye;
mod keys;
mod limits;
mod slack;
mod snapshot;
mod standing;
mod stop;
mod switchover;
mod told;
mod words;
