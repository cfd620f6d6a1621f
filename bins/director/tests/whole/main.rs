//! The deciding value and the keeper of the kernel's table together, on a kernel that is looked at after every command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

#[path = "../model/balances.rs"]
mod balances;
#[path = "../model/mod.rs"]
mod model;

mod decided;
mod found;
mod kept;
mod properties;
mod renamed;
mod settings;
mod within;
mod world;
