//! The lint, rule by rule: a file that trips it, and one that is nearly the same and does not. What keepalived does is
//! written down by hand, from its manual and from what was seen of it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod addresses;
mod checks;
mod machine;
mod nodes;
mod servers;
mod text;
mod traps;
mod unused;
mod weights;
