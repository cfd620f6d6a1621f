//! Settings of the network namespace's IPVS, and what it is.

use std::fmt;

/// How long connections are kept without a packet (`IPVS_CMD_SET_CONFIG`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// An established connection of TCP; the kernel's own is 900. When it is set, 0 leaves it as it is, here and below.
    pub tcp_seconds: u32,
    /// A connection of TCP after a FIN; the kernel's own is 120.
    pub tcp_fin_seconds: u32,
    /// UDP; the kernel's own is 300.
    pub udp_seconds: u32,
}

/// What the kernel says of its IPVS (`IPVS_CMD_GET_INFO`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Its version.
    pub version: Version,
    /// Buckets of the table of connections.
    pub connection_buckets: u32,
}

/// `IP_VS_VERSION_CODE`; 1.2.1 since Linux 2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, major, minor, patch] = self.0.to_be_bytes();
        write!(f, "{major}.{minor}.{patch}")
    }
}
