//! A table of services: the kernel's, or the one that is wanted.

use crate::change::Change;
use crate::destination::Destination;
use crate::fault::Fault;
use crate::key::{DestinationKey, ServiceKey};
use crate::service::Service;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A service with its destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualServer {
    service: Service,
    destinations: BTreeMap<DestinationKey, Destination>,
}

impl VirtualServer {
    /// One without destinations: [`Table::set`] adds them.
    #[must_use]
    pub const fn new(service: Service) -> Self {
        Self {
            service,
            destinations: BTreeMap::new(),
        }
    }

    /// A destination of it.
    #[must_use]
    pub fn destination(&self, key: &DestinationKey) -> Option<&Destination> {
        self.destinations.get(key)
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// Its destinations, by their keys.
    #[must_use]
    pub const fn destinations(&self) -> &BTreeMap<DestinationKey, Destination> {
        &self.destinations
    }

    /// Whether any destination may get new connections.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.destinations.values().any(Destination::serves)
    }
}

/// Services with their destinations, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    servers: BTreeMap<ServiceKey, VirtualServer>,
}

/// Something that a table can hold but once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Twice {
    /// A service.
    #[error("the service {0} is there twice")]
    Service(ServiceKey),
    /// A destination of a service.
    #[error("{destination} is there twice in {service}")]
    Destination {
        /// Of which service.
        service: ServiceKey,
        /// Which one.
        destination: DestinationKey,
    },
}

impl Table {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            servers: BTreeMap::new(),
        }
    }

    /// Adds a service with its destinations.
    ///
    /// # Errors
    /// The service is there, or a destination is named twice; the table is as it was then.
    pub fn insert(
        &mut self,
        service: Service,
        destinations: impl IntoIterator<Item = Destination>,
    ) -> Result<(), Twice> {
        let key = service.key;
        let Entry::Vacant(place) = self.servers.entry(key) else {
            return Err(Twice::Service(key));
        };
        let given: Vec<Destination> = destinations.into_iter().collect();
        let count = given.len();
        let destinations: BTreeMap<_, _> = given
            .iter()
            .map(|destination| (destination.key, *destination))
            .collect();
        if destinations.len() != count {
            let mut seen = std::collections::BTreeSet::new();
            let again = given.iter().find(|destination| !seen.insert(destination.key));
            if let Some(destination) = again.map(|destination| destination.key) {
                return Err(Twice::Destination {
                    service: key,
                    destination,
                });
            }
        }
        place.insert(VirtualServer {
            service,
            destinations,
        });
        Ok(())
    }

    /// A service with its destinations, in the place of whatever was there with its key.
    pub fn put(&mut self, server: VirtualServer) {
        self.servers.insert(server.service.key, server);
    }

    /// Takes a service out.
    pub fn take(&mut self, key: &ServiceKey) -> Option<VirtualServer> {
        self.servers.remove(key)
    }

    /// Sets a destination of a service, new or not. False where there is no such service.
    pub fn set(&mut self, service: &ServiceKey, destination: Destination) -> bool {
        let server = self.servers.get_mut(service);
        server.is_some_and(|server| {
            server.destinations.insert(destination.key, destination);
            true
        })
    }

    /// Takes a destination out of a service. False where it was not there.
    pub fn unset(&mut self, service: &ServiceKey, destination: &DestinationKey) -> bool {
        let server = self.servers.get_mut(service);
        server.is_some_and(|server| server.destinations.remove(destination).is_some())
    }

    /// As it is when the kernel has carried this out.
    pub fn change(&mut self, change: &Change) {
        match change {
            Change::AddService(service) | Change::EditService(service) => {
                let there = self.servers.entry(service.key);
                let server = there.or_insert_with(|| VirtualServer::new(service.clone()));
                server.service = service.clone();
            }
            Change::DeleteService(key) => {
                self.servers.remove(key);
            }
            Change::AddDestination { service, destination }
            | Change::EditDestination { service, destination } => {
                self.set(service, *destination);
            }
            Change::DeleteDestination { service, destination } => {
                self.unset(service, destination);
            }
        }
    }

    /// A service with its destinations.
    #[must_use]
    pub fn get(&self, key: &ServiceKey) -> Option<&VirtualServer> {
        self.servers.get(key)
    }

    /// All of them in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&ServiceKey, &VirtualServer)> {
        self.servers.iter()
    }

    /// How many services.
    #[must_use]
    pub fn len(&self) -> usize {
        self.servers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// What the kernel would refuse or not carry out, all of it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let each = self.servers.iter().flat_map(|(key, server)| {
            let destinations = server
                .destinations
                .values()
                .map(|destination| destination.check(key));
            std::iter::once(server.service.check()).chain(destinations)
        });
        each.filter_map(Result::err).collect()
    }
}
