//! A few words with a service: send, expect, and so on; presets for SMTP, Redis, MySQL, PostgreSQL; UDP.

mod expect;
mod probe;
mod udp;

pub use expect::{Expect, Heard};
pub use probe::{ExchangeProbe, ExchangeSpec, Step};
pub use udp::{Reply, UdpProbe, UdpSpec};
