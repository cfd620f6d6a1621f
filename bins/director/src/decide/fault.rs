//! A balance that cannot be carried out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use healthcheck::PoolError;
use vrrp_ipvs::ServiceKey;
use vrrp_plan::balance::{Balance, VirtualServer};

/// Why a balance cannot be carried out. Whoever makes one of a file has seen to it that this is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// A name twice.
    #[error("{place}: virtual server {name} is there twice; nothing is changed")]
    Twice {
        /// Where it stands.
        place: String,
        /// Its name.
        name: String,
    },
    /// A service of the kernel for two virtual servers.
    #[error(
        "{place}: {service} belongs to virtual server {other} and to {name}; nothing is changed. Each service has one"
    )]
    Shared {
        /// Where it stands.
        place: String,
        /// The service.
        service: ServiceKey,
        /// To whom it belongs.
        other: String,
        /// Who wants it too.
        name: String,
    },
    /// No service, no server, or one twice.
    #[error("{place}: virtual server {name}: {source}; nothing is changed")]
    Pool {
        /// Where it stands.
        place: String,
        /// Its name.
        name: String,
        /// What is wrong.
        source: PoolError,
    },
    /// A check that is not there.
    #[error(
        "{place}: real server {server} follows the check '{check}', which there is not; nothing is changed"
    )]
    NoCheck {
        /// Where it stands.
        place: String,
        /// The server.
        server: String,
        /// The check.
        check: String,
    },
}

/// Whether a balance can be carried out; costs far less than to begin.
///
/// # Errors
/// What is wrong with it.
pub fn check(balance: &Balance) -> Result<(), BalanceError> {
    between(balance)?;
    balance.servers.iter().try_for_each(|server| within(server))
}

/// What [`healthcheck::Pool`] sees of one virtual server.
fn within(server: &VirtualServer) -> Result<(), BalanceError> {
    let wrong = |source| {
        Err(BalanceError::Pool {
            place: server.place.to_string(),
            name: server.name.clone(),
            source,
        })
    };
    let names = server.servers.iter().map(|real| real.name.as_str());
    let mut names = names.chain(server.sorry.iter().map(|sorry| sorry.name.as_str()));
    let mut seen = HashSet::new();
    match names.find(|name| !seen.insert(*name)) {
        Some(twice) => wrong(PoolError::Twice(twice.into())),
        None if seen.is_empty() => wrong(PoolError::Empty),
        None => Ok(()),
    }
}

/// All that it does not see.
fn between(balance: &Balance) -> Result<(), BalanceError> {
    let checks: BTreeSet<&str> = balance.checks.iter().map(|check| check.name.as_str()).collect();
    let mut names = BTreeSet::new();
    let mut services = BTreeMap::new();
    for server in &balance.servers {
        let (place, name) = (server.place.to_string(), server.name.clone());
        if !names.insert(&server.name) {
            return Err(BalanceError::Twice { place, name });
        }
        for service in &server.services {
            if let Some(other) = services.insert(service.key, &server.name) {
                return Err(BalanceError::Shared {
                    place,
                    service: service.key,
                    other: other.clone(),
                    name,
                });
            }
        }
        for real in &server.servers {
            let mut follows = real.follows.iter();
            if let Some(missing) = follows.find(|follows| !checks.contains(follows.check.as_str())) {
                return Err(BalanceError::NoCheck {
                    place: real.place.to_string(),
                    server: real.name.clone(),
                    check: missing.check.clone(),
                });
            }
        }
    }
    Ok(())
}
