//! The checksum (RFC 9568 section 5.2.8).

/// The two readings of the IPv4 checksum of version 3 (PRJ-CK-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ChecksumForm {
    /// Without pseudo-header (RFC 9568).
    Plain,
    /// With pseudo-header (RFC 5798 as keepalived and FRR read it; always in IPv6).
    Pseudo,
}
