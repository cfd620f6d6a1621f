//! Octets that ipvsadm has sent to a kernel, and what that has answered: `tests/data/ipvsadm.txt`. The values beside them
//! were written by hand after the command lines.

#![cfg(target_endian = "little")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

mod answers;
mod capture;
mod requests;
