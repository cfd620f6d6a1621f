//! Octets: what is on the wire, and which of it is believed.
//!
//! [`IpPacket`] reads the header in front (steps 1 to 3 of the receive order), [`Message`] is a checked view of the
//! VRRP message, [`judge`] decides what is believed of what arrived (steps 4 to 21, RFC 9568 section 7.1), and
//! [`Advertisement`] holds the fields to send. [`difference`] says what keeps a peer from being understood.

mod advertisement;
mod auth;
mod checksum;
mod difference;
#[cfg(feature = "hmac")]
pub(crate) mod hmac;
mod ip;
mod local;
mod packet;
mod receive;
mod reject;
mod signature;
mod trailer;

pub use advertisement::Advertisement;
pub use checksum::{ChecksumForm, PROTOCOL, Verified, verify};
pub use difference::{Difference, difference};
pub use ip::IpPacket;
pub use local::Local;
pub use packet::{Addresses, Message};
pub use receive::{Received, judge};
pub use reject::{Reject, Warning, Warnings};
pub use signature::SignatureFault;
pub use trailer::Trailer;

pub(crate) use difference::explain;
#[cfg(feature = "hmac")]
pub(crate) use receive::judge_with;
