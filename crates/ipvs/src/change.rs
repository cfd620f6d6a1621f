//! What changes the table of services.

use crate::destination::Destination;
use crate::key::{DestinationKey, ServiceKey};
use crate::service::Service;
use std::fmt;

/// One change of the kernel's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A service that is not there yet.
    AddService(Service),
    /// Scheduler, flags and persistence of a service. Its destinations and connections stay.
    EditService(Service),
    /// A service with its destinations.
    DeleteService(ServiceKey),
    /// A destination that is not there yet.
    AddDestination {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: Destination,
    },
    /// Forwarding, weight and limits of a destination. Its connections stay.
    EditDestination {
        /// Of which service.
        service: ServiceKey,
        /// As it is to be.
        destination: Destination,
    },
    /// A destination. What belongs to its connections, those that are being made included, is dropped until they time out, or
    /// ends them, by the sysctl `net.ipv4.vs.expire_nodest_conn`. A weight of 0 spares them.
    DeleteDestination {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
    },
}

impl Change {
    /// The service that it is about.
    #[must_use]
    pub const fn service(&self) -> &ServiceKey {
        match self {
            Self::AddService(service) | Self::EditService(service) => &service.key,
            Self::DeleteService(key) => key,
            Self::AddDestination { service, .. }
            | Self::EditDestination { service, .. }
            | Self::DeleteDestination { service, .. } => service,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddService(service) => write!(f, "add service {}", service.key),
            Self::EditService(service) => write!(f, "edit service {}", service.key),
            Self::DeleteService(key) => write!(f, "delete service {key}"),
            Self::AddDestination { service, destination } => {
                write!(f, "add {} to {service}", destination.key)
            }
            Self::EditDestination { service, destination } => {
                write!(f, "edit {} of {service}", destination.key)
            }
            Self::DeleteDestination { service, destination } => {
                write!(f, "delete {destination} from {service}")
            }
        }
    }
}
