//! Octets: what is on the wire, and which of it is believed.
//!
//! [`Ip`] reads the header in front (steps 1 to 3 of the receive order), [`Message`] is a checked view of the VRRP
//! message, [`Advertisement`] the fields to send, and `receive` judges what arrived in the order of RFC 9568
//! section 7.1.

mod checksum;

mod reject;

pub use checksum::ChecksumForm;

pub use reject::{Reject, Warning, Warnings};
