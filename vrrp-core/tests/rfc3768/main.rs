//! RFC 3768, version 2: where it differs from RFC 9568 (conformance part 4.3), in the profile `rfc` where nothing else is
//! said.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;

mod machine;
mod receiving;
mod timers;
