//! The language, rule by rule. Numbers and effects are those of keepalived, written down by hand: from its manual, and
//! from what the packaged program prints for the same text.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod addresses;
mod announcing;
mod auth_hmac;
mod checks;
mod checks_own;
mod commands;
mod defaults;
mod examples;
mod expansion;
mod facts;
mod fifos;
mod foreign;
mod grammar;
mod groups;
mod handwritten;
mod instances;
mod interop;
mod limits;
mod lost;
mod notices;
mod observed;
mod passwords;
mod properties;
mod router_advertisements;
mod routing;
mod scripts;
mod servers;
mod text;
mod tracks;
mod values;
mod virtual_mac;
mod words;
