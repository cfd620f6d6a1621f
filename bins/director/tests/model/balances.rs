//! Balances to test with.

#![allow(dead_code, reason = "each test uses its part")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::Weight;
use vrrp_director::Which;
use vrrp_ipvs::{Destination, Forwarding, Name, Service, ServiceKey};
use vrrp_plan::balance::{Balance, Follows, Look, Place, RealServer, ServerCheck, Sorry, VirtualServer};

pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn key(text: &str) -> ServiceKey {
    ServiceKey::tcp(at(text))
}

pub(crate) fn service(text: &str) -> Service {
    Service::new(key(text), Name::new("rr").unwrap())
}

pub(crate) fn destination(text: &str, weight: u32) -> Destination {
    Destination::new(at(text).into(), Forwarding::Masquerade, weight)
}

/// Follows a check of its own name.
pub(crate) fn server(text: &str, weight: u32) -> RealServer {
    RealServer {
        name: text.to_owned(),
        place: Place::default(),
        destination: destination(text, weight),
        inhibit: false,
        follows: vec![gate(text)],
        notify_up: None,
        notify_down: None,
        mail: false,
    }
}

pub(crate) fn gate(check: &str) -> Follows {
    Follows {
        check: check.to_owned(),
        weight: Weight::from_keepalived(0, false),
        alpha: false,
    }
}

pub(crate) fn sorry(text: &str) -> Sorry {
    Sorry {
        name: text.to_owned(),
        place: Place::default(),
        destination: destination(text, 1),
        inhibit: false,
    }
}

pub(crate) fn virtual_server(text: &str, servers: Vec<RealServer>) -> VirtualServer {
    VirtualServer {
        name: text.to_owned(),
        place: Place("test.conf:1".to_owned()),
        group: None,
        services: vec![service(text)],
        servers,
        sorry: None,
        quorum: 1,
        hysteresis: 0,
        quorum_up: None,
        quorum_down: None,
        fallback_command: None,
        omega: false,
        ha_suspend: false,
        mail: false,
        begins_as_found: false,
        tells_first: false,
    }
}

pub(crate) fn check(name: &str, look: Look) -> ServerCheck {
    ServerCheck {
        name: name.to_owned(),
        place: Place::default(),
        look,
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(500),
        retries: 0,
        retry_after: Duration::from_millis(50),
        warmup: Duration::ZERO,
        log_all_failures: false,
    }
}

/// A program of that name.
pub(crate) fn runs(program: &str) -> Look {
    Look::Run {
        command: vrrp_plan::Command {
            words: vec![program.to_owned()],
            user: None,
            secure: false,
        },
        sets_weight: true,
    }
}

/// With a check for each name that is followed.
pub(crate) fn balance(servers: Vec<VirtualServer>) -> Balance {
    let mut balance = Balance {
        servers: servers.into_iter().map(Arc::new).collect(),
        ..Balance::default()
    };
    let servers = balance.servers.iter().flat_map(|server| &server.servers);
    for follows in servers.flat_map(|server| &server.follows) {
        if !balance.checks.iter().any(|check| check.name == follows.check) {
            let always = check(&follows.check, Look::Always(true));
            Arc::make_mut(&mut balance.checks).push(always);
        }
    }
    balance
}

pub(crate) fn which(server: &str) -> Which {
    Which::everywhere(server)
}

/// To change it: others may have it as it is.
pub(crate) fn first(balance: &mut Balance) -> &mut VirtualServer {
    Arc::make_mut(&mut balance.servers[0])
}
