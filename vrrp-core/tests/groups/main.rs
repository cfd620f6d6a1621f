//! X-08 and the group part of X-03: sync groups, rule by rule; and what holds for any inputs in any order.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at what it did not expect"
)]

#[path = "../subject/mod.rs"]
mod subject;

mod any_input;
mod barred;
mod changes;
mod contradiction;
mod node;
mod operator;
mod together;
