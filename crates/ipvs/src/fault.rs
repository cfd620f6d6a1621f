//! What is wrong with a service or destination before the kernel is asked, which would say EINVAL to most of it.

use crate::destination::{Destination, Forwarding, Tunnel};
use crate::key::{DestinationKey, Family, ServiceKey};
use crate::service::{Granularity, Persistence, Service};

/// A service or destination that the kernel refuses, or takes and does not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A port of 0 without persistence: the kernel schedules nothing then.
    #[error("{0} is for every port, which needs persistence")]
    EveryPort(ServiceKey),
    /// A mask for IPv4 at a service of IPv6, or a length of a prefix at one of IPv4.
    #[error("{0} has a granularity of persistence of the other address family")]
    GranularityFamily(ServiceKey),
    /// A prefix that is not 1 to 128 bits long.
    #[error("{service} has a granularity of {bits} bits, which is to be 1 to 128")]
    GranularityRange {
        /// Whose.
        service: ServiceKey,
        /// What was given.
        bits: u8,
    },
    /// Not 1 to [`Persistence::SECONDS_MAX`].
    #[error(
        "{service} is persistent for {seconds} s, which is to be 1 to {}",
        Persistence::SECONDS_MAX
    )]
    PersistenceRange {
        /// Whose.
        service: ServiceKey,
        /// What was given.
        seconds: u32,
    },
    /// Above [`Destination::WEIGHT_MAX`].
    #[error(
        "{destination} of {service} has weight {weight}, which is to be 0 to {}",
        Destination::WEIGHT_MAX
    )]
    Weight {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
        /// What was given.
        weight: u32,
    },
    /// A lower limit above the upper one, or without one.
    #[error(
        "{destination} of {service} has a lower limit of {lower} connections above its upper one of {upper}"
    )]
    Limits {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
        /// Connections.
        lower: u32,
        /// Connections.
        upper: u32,
    },
    /// The other family without a tunnel.
    #[error("{destination} is not of the address family of {service}: only a tunnel gets there")]
    OtherFamily {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
    },
    /// GUE to port 0.
    #[error("{destination} of {service} is reached by GUE, which needs the port of the tunnel's end")]
    TunnelPort {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
    },
}

impl Service {
    /// Looks for what the kernel refuses or does not carry out.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), Fault> {
        let service = self.key;
        let Some(persistence) = &self.persistence else {
            return match service {
                ServiceKey::Address { port: 0, .. } => Err(Fault::EveryPort(service)),
                ServiceKey::Address { .. } | ServiceKey::Mark { .. } => Ok(()),
            };
        };
        let seconds = persistence.timeout_seconds;
        if !(1..=Persistence::SECONDS_MAX).contains(&seconds) {
            return Err(Fault::PersistenceRange { service, seconds });
        }
        if persistence.granularity.family() != service.family() {
            return Err(Fault::GranularityFamily(service));
        }
        match persistence.granularity {
            Granularity::V6(bits) if !(1..=128).contains(&bits) => {
                Err(Fault::GranularityRange { service, bits })
            }
            Granularity::V4(_) | Granularity::V6(_) => Ok(()),
        }
    }
}

impl Destination {
    /// Looks for what the kernel refuses or does not carry out at this service.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, service: &ServiceKey) -> Result<(), Fault> {
        let (service, destination) = (*service, self.key);
        let (lower, upper) = (self.lower_connections, self.upper_connections);
        if self.weight > Self::WEIGHT_MAX {
            let weight = self.weight;
            return Err(Fault::Weight {
                service,
                destination,
                weight,
            });
        }
        if lower > upper {
            return Err(Fault::Limits {
                service,
                destination,
                lower,
                upper,
            });
        }
        let tunnel = matches!(self.forwarding, Forwarding::Tunnel(_));
        if Family::of(destination.address) != service.family() && !tunnel {
            return Err(Fault::OtherFamily { service, destination });
        }
        if matches!(self.forwarding, Forwarding::Tunnel(Tunnel::Gue { port: 0, .. })) {
            return Err(Fault::TunnelPort { service, destination });
        }
        Ok(())
    }
}
