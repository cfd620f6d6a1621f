//! Octets: requests as the kernel reads them, and its answers. Pure: there is no socket here.
//!
//! [`crate::Client`] is what most programs want. Who has a loop of its own for netlink takes [`Request::encode`] and
//! [`Answers`] instead.

mod answer;
mod attribute;
mod daemon;
mod destination;
mod family;
mod request;
mod service;
mod settings;
mod statistics;
mod uapi;

pub use answer::{Answer, Answers};
pub use daemon::decode_daemon;
pub use destination::decode_destination;
pub use family::{FamilyId, decode_family, encode_family_question};
pub use request::Request;
pub use service::decode_service;
pub use settings::{decode_info, decode_timeouts};

/// An answer of the kernel that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It ends before it says anything.
    #[error("the kernel's answer has {found} octets, too few for its header")]
    Short {
        /// Octets.
        found: usize,
    },
    /// An attribute that belongs to every such answer.
    #[error("the kernel's answer lacks {attribute}")]
    Missing {
        /// Its name in linux/ip_vs.h.
        attribute: &'static str,
    },
    /// An attribute of another length.
    #[error("{attribute} in the kernel's answer has {found} octets, not {wanted}")]
    Length {
        /// Its name in linux/ip_vs.h.
        attribute: &'static str,
        /// Octets.
        found: usize,
        /// Octets.
        wanted: usize,
    },
    /// A number that this library has no meaning for.
    #[error("{attribute} in the kernel's answer is {found}, which this library does not know")]
    Unknown {
        /// Its name in linux/ip_vs.h.
        attribute: &'static str,
        /// What it is.
        found: u32,
    },
    /// A name that is none.
    #[error("{attribute} in the kernel's answer is `{found}`, which is no name")]
    Name {
        /// Its name in linux/ip_vs.h.
        attribute: &'static str,
        /// What it is.
        found: String,
    },
}

/// Octets of `struct genlmsghdr`: command, version and two that are not used.
const GENL_HEADER_OCTETS: usize = 4;

/// The attributes of a message of generic netlink.
fn attributes_of(payload: &[u8]) -> Result<attribute::Attributes<'_>, Malformed> {
    let rest = payload.get(GENL_HEADER_OCTETS..);
    rest.map(attribute::Attributes)
        .ok_or(Malformed::Short { found: payload.len() })
}
