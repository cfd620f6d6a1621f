//! What keeps a service from being what it asks for.

use std::net::IpAddr;

use vrrp_core::ConfigError;

use crate::address::AddressSyntax;

/// A service that cannot be what it asks for. Nothing has been changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// VRID 0.
    #[error("0 is no VRID; use 1 to 255")]
    Vrid,
    /// Priority 0.
    #[error("0 is no priority; use 1 to 254, or 255 for the owner of the addresses")]
    Priority,
    /// Not an interval.
    #[error("an interval of {centiseconds} centiseconds cannot be advertised; use 1 to 4095")]
    Interval {
        /// What was asked.
        centiseconds: u16,
    },
    /// Not an address.
    #[error(transparent)]
    Address(#[from] AddressSyntax),
    /// Announcements without a pause.
    #[error("service {service}: announcements elsewhere need a period of more than 0")]
    AnnounceElsewhere {
        /// Whose.
        service: String,
    },
    /// A prefix longer than the address.
    #[error("service {service}: {address} cannot have a prefix length of {prefix}")]
    Prefix {
        /// Whose.
        service: String,
        /// The address.
        address: IpAddr,
        /// What was asked.
        prefix: u8,
    },
    /// A label that the kernel would refuse.
    #[error("service {service}: the address label {label:?} does not have 1 to 15 octets")]
    Label {
        /// Whose.
        service: String,
        /// What was asked.
        label: String,
    },
    /// An address and no interface to put it on.
    #[error("service {service}: no interface for {address}; name one with the address, the service has none")]
    NoDevice {
        /// Whose.
        service: String,
        /// The address.
        address: IpAddr,
    },
    /// A hop limit that lets nothing leave.
    #[error("service {service}: a packet with TTL 0 does not leave; use 1 to 255")]
    HopLimit {
        /// Whose.
        service: String,
    },
    /// Router Advertisements that no host should hear.
    #[error("service {service} cannot advertise itself as a router: {reason}")]
    RouterAdvertisements {
        /// Whose.
        service: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A route or rule that cannot be.
    #[error("service {service}: {reason}")]
    Routing {
        /// Whose.
        service: String,
        /// Which, and why.
        reason: String,
    },
    /// A tracked interface or group of static entries without its tracker.
    #[error(
        "service {service}: tracked {interface} is to be tracker {tracker}, which the settings do not have"
    )]
    NoTracker {
        /// Whose.
        service: String,
        /// The interface, or the group.
        interface: String,
        /// The missing index.
        tracker: u16,
    },
    /// The profile is `rfc` and no virtual MAC is asked for.
    #[error(
        "service {service}: the profile rfc wants the virtual MAC (RFC 9568 section 7.2); ask for one, or take another profile"
    )]
    VirtualMacWanted {
        /// Whose.
        service: String,
    },
    /// A virtual MAC and no interface.
    #[error("service {service}: no interface to make the virtual MAC on; name one")]
    VirtualMacInterface {
        /// Whose.
        service: String,
    },
    /// Not the name of a device, or that of the interface itself.
    #[error(
        "service {service}: the virtual MAC's device cannot be called {device:?}; use 1 to 15 octets without space, / and \
         :, other than the interface's"
    )]
    VirtualMacDevice {
        /// Whose.
        service: String,
        /// What was asked.
        device: String,
    },
    /// Not the MAC of one station.
    #[error(
        "service {service}: {mac} is not the MAC of one station; the lowest bit of its first octet must be 0"
    )]
    VirtualMacAddress {
        /// Whose.
        service: String,
        /// What was asked.
        mac: String,
    },
    /// Two services want one device, or one virtual MAC on one interface.
    #[error(
        "services {service} and {other} both want the device {device}, or its virtual MAC on the same interface; give one \
         of them another name and another MAC"
    )]
    VirtualMacTwice {
        /// The second.
        service: String,
        /// The first.
        other: String,
        /// The second one's device.
        device: String,
    },
    /// The settings contradict each other or the protocol.
    #[error("service {service}: {error}")]
    Config {
        /// Whose.
        service: String,
        /// What is wrong.
        error: ConfigError,
    },
    /// Two services of one name.
    #[error("two services are called {service}")]
    NameTwice {
        /// The name.
        service: String,
    },
    /// Two services of one VRID, family, interface and path.
    #[error("service {service} has the VRID, family and path of service {other} on the same interface")]
    KeyTwice {
        /// The second.
        service: String,
        /// The first.
        other: String,
    },
}
