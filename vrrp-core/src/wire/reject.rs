//! Why a packet was not believed, and what was odd about one that was: the ids of the receive order.

use core::fmt;

/// Why a received packet was discarded; one per row of the receive order, each with its RFC section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Reject {
    /// Step 1: the IP header cannot be parsed, or is longer than the data received.
    IpMalformed,
    /// Step 2: protocol or Next Header is not 112.
    IpNotVrrp,
    /// Step 3: a fragment.
    IpFragment,
    /// Step 4: TTL or Hop Limit is not 255, or is unknown (RFC 9568 section 7.1).
    IpTtl,
    /// Step 5: neither the group nor an own unicast address.
    DestinationNotGroup,
    /// Step 6: unspecified, loopback, multicast or broadcast source, or not a listed peer.
    SourceInvalid,
    /// Step 6: an own address came back (PRJ-RX-07).
    SourceSelf,
    /// Step 6, `rfc`: IPv6 source that is not link-local (RFC 9568 section 5.1.2.1).
    SourceNotLinkLocal,
    /// Steps 7 and 10: shorter than the complete message (RFC 9568 section 7.1).
    LengthShort,
    /// Step 10: octets after the message (PRJ-RX-04).
    LengthSurplus,
    /// Step 8: a version that the router does not run (RFC 9568 section 7.1).
    Version,
    /// Step 9: not an advertisement (RFC 9568 section 5.2.2).
    Type,
    /// Step 11: the checksum verifies in no form the router accepts (RFC 9568 section 5.2.8).
    Checksum,
    /// Step 12: no such virtual router here (RFC 9568 section 7.1).
    VridUnknown,
    /// HM-10: unsigned, where only signed advertisements are believed.
    HmacMissing,
    /// Extension type other than 1, or reserved bits set.
    HmacMalformed,
    /// Sent by a clock that is further from ours than the window, or ours is not known (HM-06).
    HmacStale,
    /// Signed with a key of an id that this router does not have.
    HmacUnknownKey,
    /// The tag is not right: another key, a tampered packet, or keepalived before 2.4.2.
    HmacMismatch,
    /// Heard before, or older than what was (HM-06).
    HmacReplay,
    /// Step 13: version 3 without an address (erratum 8299).
    CountZero,
    /// Step 14: version 3 with interval 0 (erratum 8301).
    IntervalZero,
    /// Step 15, `rfc`: first IPv6 address not link-local (erratum 8300).
    FirstAddressNotLinkLocal,
    /// Step 16: authentication type above 2.
    AuthTypeUnknown,
    /// Step 16: authentication type other than ours (RFC 3768 section 7.1).
    AuthTypeMismatch,
    /// Step 16: another password (RFC 2338 section 5.3.6.2).
    AuthFailed,
    /// Step 17, `rfc` version 2: heard by the owner (RFC 3768 section 7.1).
    OwnerConflict,
    /// Step 18, `rfc` version 2: another address list (RFC 3768 section 7.1).
    AddressListMismatch,
    /// Step 19: version 2 with another interval (RFC 3768 section 7.1).
    IntervalMismatch,
}

impl Reject {
    /// Every reason, in the order of the type.
    pub const ALL: [Self; 29] = [
        Self::IpMalformed,
        Self::IpNotVrrp,
        Self::IpFragment,
        Self::IpTtl,
        Self::DestinationNotGroup,
        Self::SourceInvalid,
        Self::SourceSelf,
        Self::SourceNotLinkLocal,
        Self::LengthShort,
        Self::LengthSurplus,
        Self::Version,
        Self::Type,
        Self::Checksum,
        Self::VridUnknown,
        Self::HmacMissing,
        Self::HmacMalformed,
        Self::HmacStale,
        Self::HmacUnknownKey,
        Self::HmacMismatch,
        Self::HmacReplay,
        Self::CountZero,
        Self::IntervalZero,
        Self::FirstAddressNotLinkLocal,
        Self::AuthTypeUnknown,
        Self::AuthTypeMismatch,
        Self::AuthFailed,
        Self::OwnerConflict,
        Self::AddressListMismatch,
        Self::IntervalMismatch,
    ];

    /// The stable id used in logs, status and tests.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::IpMalformed => "ip-malformed",
            Self::IpNotVrrp => "ip-not-vrrp",
            Self::IpFragment => "ip-fragment",
            Self::IpTtl => "ip-ttl",
            Self::DestinationNotGroup => "dst-not-group",
            Self::SourceInvalid => "source-invalid",
            Self::SourceSelf => "source-self",
            Self::SourceNotLinkLocal => "source-not-link-local",
            Self::LengthShort => "length-short",
            Self::LengthSurplus => "length-surplus",
            Self::Version => "version",
            Self::Type => "type",
            Self::Checksum => "checksum",
            Self::VridUnknown => "vrid-unknown",
            Self::HmacMissing => "hmac-missing",
            Self::HmacMalformed => "hmac-malformed",
            Self::HmacStale => "hmac-stale",
            Self::HmacUnknownKey => "hmac-unknown-key",
            Self::HmacMismatch => "hmac-mismatch",
            Self::HmacReplay => "hmac-replay",
            Self::CountZero => "count-zero",
            Self::IntervalZero => "interval-zero",
            Self::FirstAddressNotLinkLocal => "first-address-not-link-local",
            Self::AuthTypeUnknown => "auth-type-unknown",
            Self::AuthTypeMismatch => "auth-type-mismatch",
            Self::AuthFailed => "auth-failed",
            Self::OwnerConflict => "owner-conflict",
            Self::AddressListMismatch => "address-list-mismatch",
            Self::IntervalMismatch => "interval-mismatch",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl core::error::Error for Reject {}

/// What was odd about a packet that was accepted all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Warning {
    /// IPv6 source that is not link-local (PRJ-RX-05).
    SourceNotLinkLocal,
    /// First IPv6 address not link-local (PRJ-V6-01).
    FirstAddressNotLinkLocal,
    /// Heard by the address owner (V3-7.1-13).
    OwnerConflict,
    /// Interval other than ours (V3-7.1-10, PRJ-IOP-02).
    IntervalMismatch,
    /// Address list other than ours (V3-7.1-11, V2-7.1-08).
    AddressListMismatch,
    /// The same addresses in another order.
    AddressListOrder,
    /// A unicast source that is not a listed peer (keepalived without `check_unicast_src`).
    PeerNotListed,
    /// Unsigned, where signed advertisements are not asked for yet (HM-10).
    HmacMissing,
    /// Signed by a clock that differs from ours by more than half the window (HM-13).
    HmacClock,
}

impl Warning {
    /// Every warning, in the order of the type.
    pub const ALL: [Self; 9] = [
        Self::SourceNotLinkLocal,
        Self::FirstAddressNotLinkLocal,
        Self::OwnerConflict,
        Self::IntervalMismatch,
        Self::AddressListMismatch,
        Self::AddressListOrder,
        Self::PeerNotListed,
        Self::HmacMissing,
        Self::HmacClock,
    ];

    /// The stable id used in logs, status and tests.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SourceNotLinkLocal => "source-not-link-local",
            Self::FirstAddressNotLinkLocal => "first-address-not-link-local",
            Self::OwnerConflict => "owner-conflict",
            Self::IntervalMismatch => "interval-mismatch",
            Self::AddressListMismatch => "address-list-mismatch",
            Self::AddressListOrder => "address-list-order",
            Self::PeerNotListed => "peer-not-listed",
            Self::HmacMissing => "hmac-missing",
            Self::HmacClock => "hmac-clock",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of [`Warning`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Warnings(u16);

impl Warnings {
    /// No warning.
    pub const NONE: Self = Self(0);

    /// This set with `warning`.
    #[must_use]
    pub const fn with(self, warning: Warning) -> Self {
        Self(self.0 | warning.bit())
    }

    /// Whether `warning` is in the set.
    #[must_use]
    pub const fn contains(self, warning: Warning) -> bool {
        self.0 & warning.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The warnings in the order of the type.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL
            .into_iter()
            .filter(move |warning| self.contains(*warning))
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Warning::id)).finish()
    }
}
