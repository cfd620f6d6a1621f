//! What has passed through a service or a destination.

/// Counters since the service or destination was made or set to zero, and rates. The kernel adds up and estimates every two
/// seconds: what has passed just now is not there yet.
///
/// 64 bits where the kernel gives them (`IPVS_SVC_ATTR_STATS64`, Linux 4.1), else of 32 bits those that are so in
/// `IPVS_SVC_ATTR_STATS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Connections that were scheduled.
    pub connections: u64,
    /// Packets from clients.
    pub packets_in: u64,
    /// Packets to clients: those that pass here, so with NAT alone.
    pub packets_out: u64,
    /// Octets from clients, IP headers included.
    pub octets_in: u64,
    /// Octets to clients.
    pub octets_out: u64,
    /// New connections a second.
    pub connections_per_second: u64,
    /// Packets from clients a second.
    pub packets_in_per_second: u64,
    /// Packets to clients a second.
    pub packets_out_per_second: u64,
    /// Octets from clients a second.
    pub octets_in_per_second: u64,
    /// Octets to clients a second.
    pub octets_out_per_second: u64,
}
