//! Signed advertisements: keepalived's `auth_hmac`, rows HM-01 to HM-15, against what keepalived 2.4.3 put on the wire.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test stops at what it did not expect"
)]

mod forging;
mod golden;
mod keys;
mod modes;
mod node;
mod order;
mod pair;
mod replay;
mod sending;
mod wire;
