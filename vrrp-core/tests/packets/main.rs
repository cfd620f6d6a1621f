//! The wire format against packets whose octets were not made by this code: `golden.json` beside this file was checked
//! with tshark, field by field and in both settings of its version 3 checksum preference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at what it did not expect"
)]

mod agreement;
mod decode;
mod encode;
mod golden;
mod order;
mod profiles;
mod properties;
mod timers;
mod verdicts;
