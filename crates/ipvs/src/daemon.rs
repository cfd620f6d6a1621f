//! The kernel's synchronisation of connections.

use crate::name::Name;
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};

/// What a daemon does. Both may run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncRole {
    /// Tells of the connections here (`IP_VS_STATE_MASTER`).
    Master,
    /// Takes over what others tell (`IP_VS_STATE_BACKUP`).
    Backup,
}

/// A synchronisation daemon, a thread of the kernel. It does not encrypt, and believes whom it hears.
///
/// The kernel refuses one while a service has a destination of another family than its own, and such a destination while
/// one runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDaemon {
    /// What it does.
    pub role: SyncRole,
    /// Interface of the multicast.
    pub interface: Name,
    /// A backup takes what a master with the same number tells; with 0 what any does.
    pub sync_id: u8,
    /// Octets of a datagram at most. `None`: what the interface lets through. Before Linux 4.3 only that, here and below.
    pub datagram_octets: Option<NonZeroU16>,
    /// Multicast group. `None`: 224.0.0.81.
    pub group: Option<IpAddr>,
    /// UDP port. `None`: 8848.
    pub port: Option<NonZeroU16>,
    /// Hops of the multicast. `None`: 1.
    pub ttl: Option<NonZeroU8>,
}

impl SyncDaemon {
    /// One with the kernel's group, port and hops.
    #[must_use]
    pub const fn new(role: SyncRole, interface: Name, sync_id: u8) -> Self {
        Self {
            role,
            interface,
            sync_id,
            datagram_octets: None,
            group: None,
            port: None,
            ttl: None,
        }
    }
}
