//! The crate against a real kernel: each test runs in network namespaces of its own, made by running itself again under
//! `unshare`. Works as root and as an ordinary user; where neither is possible the test says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod lab;

#[cfg(feature = "accept")]
mod accept;
mod addresses;
mod adverts;
mod answers;
mod elsewhere;
mod failures;
mod groups;
mod handover;
mod journal;
mod links;
mod many;
mod mio;
mod neighbours;
mod odd;
mod owner;
mod proxy;
mod reload;
mod renames;
mod routers;
mod routes;
mod stall;
mod statics;
mod two;
mod virtual_mac;
mod witness;
