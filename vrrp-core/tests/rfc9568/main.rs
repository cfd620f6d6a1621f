//! RFC 9568, section by section. Every number is worked out from the text, none is taken from the code.
//!
//! The profile is `rfc`, where there is nothing beside the RFC; what `default` adds is in `project` and `keepalived`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;

mod active;
mod arithmetic;
mod backup;
mod counters;
mod initialize;
mod interoperation;
mod models;
mod parameters;
mod receiving;
mod transmitting;
