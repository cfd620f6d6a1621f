//! A balance that cannot be carried out.

use std::collections::{BTreeMap, BTreeSet};

use healthcheck::PoolError;
use vrrp_ipvs::ServiceKey;
use vrrp_plan::balance::Balance;

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

/// All that [`healthcheck::Pool`] does not see.
pub(super) fn check(balance: &Balance) -> Result<(), BalanceError> {
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
