//! Whether what arrives for the addresses is served.

use serde::Serialize;

/// What becomes of packets to the addresses of an Active router (RFC 9568 sections 6.1 and 6.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AcceptMode {
    /// They are its own addresses.
    Owner,
    /// Accept_Mode: served though not its own.
    Serves,
    /// Dropped by a packet filter, Neighbor Solicitations and Advertisements excepted.
    Drops,
}

impl AcceptMode {
    /// Whether packets are dropped.
    #[must_use]
    pub const fn drops(self) -> bool {
        matches!(self, Self::Drops)
    }
}
