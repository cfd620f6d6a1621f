//! A few words with a service: send, expect, and so on; presets for SMTP, Redis, MySQL, PostgreSQL; UDP; what is more
//! than words in turn: FTP, SIP, RADIUS.

mod expect;
mod ftp;
mod probe;
mod radius;
mod sip;
mod udp;

pub use expect::{Expect, Heard};
pub use ftp::{FtpProbe, FtpSpec};
pub use probe::{ExchangeProbe, ExchangeSpec, Step};
pub use radius::{RadiusProbe, RadiusSpec};
pub use sip::{SipProbe, SipSpec};
pub use udp::{Reply, UdpProbe, UdpSpec};
