//! Announcements beyond their repeats: pace, and links without advertisements.

use std::time::Duration;

use serde::Serialize;

use super::Sourced;
use crate::source::Span;

/// `garp_extra_if`: announcements where no advert is sent, so that switches there go on knowing the MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExtraInterfaces {
    /// How often; zero is never.
    pub every: Duration,
    /// `all`: also of addresses on ordinary interfaces, and not only on those with a virtual MAC.
    pub all: bool,
}

/// `garp_group`: the pace of announcements on some interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GarpGroup {
    /// The header of its block.
    pub span: Span,
    /// `garp_interval`: least time between two gratuitous ARP; none is no limit.
    pub garp_interval: Option<Sourced<Duration>>,
    /// `gna_interval`: the same for neighbour advertisements.
    pub gna_interval: Option<Sourced<Duration>>,
    /// `interface`, which is alone, and `interfaces`, which share the pace. Names that stand in a group above are left out.
    pub paced: Vec<Vec<Sourced<String>>>,
}
