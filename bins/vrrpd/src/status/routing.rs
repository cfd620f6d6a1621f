//! Routes, rules and static entries, from the driver.

use vrrp_control::{Address, Routing, Statics};
use vrrp_net::{AddressPresence, AddressStatus, RoutingPresence, RoutingStatus, StaticsStatus};

pub(super) fn one(status: &RoutingStatus) -> Routing {
    Routing {
        entry: status.entry.clone(),
        kind: if status.is_rule { "rule" } else { "route" }.to_owned(),
        wanted: status.wanted,
        present: matches!(status.present, RoutingPresence::Ours | RoutingPresence::Foreign),
        foreign: status.present == RoutingPresence::Foreign,
        problem: match &status.present {
            RoutingPresence::Refused(why) => Some(why.clone()),
            RoutingPresence::Absent | RoutingPresence::Ours | RoutingPresence::Foreign => None,
        },
    }
}

fn address(status: &AddressStatus) -> Address {
    Address {
        address: status.address,
        prefix: status.prefix,
        device: Some(status.interface.clone()),
        label: None,
        advertised: false,
        wanted: true,
        present: matches!(status.present, AddressPresence::Ours | AddressPresence::Foreign),
        foreign: status.present == AddressPresence::Foreign,
    }
}

pub(super) fn statics(status: &StaticsStatus) -> Statics {
    Statics {
        addresses: status.addresses.iter().map(address).collect(),
        routing: status.routing.iter().map(one).collect(),
    }
}
