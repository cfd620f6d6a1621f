//! What of the wanted table has changed.

use vrrp_ipvs::{Change, Destination, DestinationKey, Service, ServiceKey, Table};

/// One entry of the wanted table, as it is to be now: a level. Later ones of the same entry make earlier ones void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A service that comes or has other rules; its destinations stay, and follow where they change.
    Service(Service),
    /// A service that goes, with its destinations.
    Gone(ServiceKey),
    /// A destination; `None`: it goes.
    Destination {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        key: DestinationKey,
        /// As it is to be.
        destination: Option<Destination>,
    },
}

impl Step {
    /// The service that it is about.
    #[must_use]
    pub const fn service(&self) -> &ServiceKey {
        match self {
            Self::Service(service) => &service.key,
            Self::Gone(key) => key,
            Self::Destination { service, .. } => service,
        }
    }

    /// Does it to a table.
    pub fn apply(&self, table: &mut Table) {
        match self {
            Self::Service(service) => table.change(&Change::EditService(service.clone())),
            Self::Gone(key) => {
                table.take(key);
            }
            Self::Destination {
                service,
                key,
                destination,
            } => {
                match destination {
                    Some(destination) => table.set(service, *destination),
                    None => table.unset(service, key),
                };
            }
        }
    }
}
