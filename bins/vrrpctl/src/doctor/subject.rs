//! What is examined: the instances of a running daemon, or those of a file.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_control::{State, Status};
use vrrp_core::{Family, Path, Version};
use vrrp_plan::Plan;

/// One instance.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) vrid: u8,
    pub(super) family: Family,
    /// Protocol version.
    pub(super) version: u8,
    pub(super) interface: Option<String>,
    /// None: unicast.
    pub(super) group: Option<IpAddr>,
    pub(super) peers: Vec<IpAddr>,
    pub(super) addresses: Vec<Held>,
    /// It has a virtual MAC; the device, where that is known.
    pub(super) virtual_mac: Option<Option<String>>,
    pub(super) interval: Duration,
    /// What a running daemon says of it.
    pub(super) running: Option<Running>,
}

/// One of its addresses.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) address: IpAddr,
    pub(super) device: Option<String>,
    pub(super) advertised: bool,
    /// This node holds it.
    pub(super) here: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) state: State,
    /// Who else is Active, as far as the daemon has heard.
    pub(super) other_active: Option<IpAddr>,
    /// Routers that it cannot understand, with the difference.
    pub(super) incompatible: Vec<String>,
}

impl Subject {
    /// Where its packets are heard.
    pub(super) fn hears_on(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    pub(super) fn is_v4(&self) -> bool {
        self.family == Family::Ipv4
    }

    pub(super) fn is_active(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.state == State::Active)
    }

    pub(super) fn advertised(&self) -> Vec<IpAddr> {
        let advertised = self.addresses.iter().filter(|held| held.advertised);
        advertised.map(|held| held.address).collect()
    }
}

/// What was so before and behind the listening: a role that has changed meanwhile says nothing of two at a time.
pub(super) fn settled(before: &[Subject], after: &[Subject]) -> Vec<Subject> {
    let one = |before: &Subject| {
        let mut one = before.clone();
        let Some(after) = after.iter().find(|after| after.name == one.name) else {
            return one;
        };
        if let (Some(running), Some(later)) = (&mut one.running, &after.running) {
            if running.state == State::Active {
                running.state = later.state;
            }
            running.other_active = running
                .other_active
                .filter(|other| later.other_active == Some(*other));
            running.incompatible.clone_from(&later.incompatible);
        }
        for held in &mut one.addresses {
            let later = after.addresses.iter().find(|later| later.address == held.address);
            held.here &= later.is_none_or(|later| later.here);
        }
        one
    };
    before.iter().map(one).collect()
}

pub(super) fn of_status(status: &Status) -> Vec<Subject> {
    let one = |instance: &vrrp_control::Instance| {
        let v4 = instance.family == "IPv4";
        let is_multicast = instance.path == "multicast";
        let other = instance.active.as_ref().filter(|active| !active.own);
        Subject {
            name: instance.name.clone(),
            vrid: instance.vrid,
            family: if v4 { Family::Ipv4 } else { Family::Ipv6 },
            version: instance.protocol_version,
            interface: instance.interface.clone(),
            group: is_multicast.then(|| usual_group(v4)),
            peers: instance.peers.clone(),
            addresses: (instance.addresses.iter())
                .map(|address| Held {
                    address: address.address,
                    device: address.device.clone(),
                    advertised: address.advertised,
                    here: address.present && !address.foreign,
                })
                .collect(),
            virtual_mac: (instance.virtual_mac.as_ref()).map(|mac| Some(mac.device.clone())),
            interval: Duration::from_millis(instance.interval_ms),
            running: Some(Running {
                state: instance.state,
                other_active: other.and_then(|active| active.address),
                incompatible: (instance.incompatible_peers.iter())
                    .map(|peer| format!("{} {}", peer.address, peer.difference))
                    .collect(),
            }),
        }
    };
    status.instances.iter().map(one).collect()
}

pub(super) fn of_plan(plan: &Plan) -> Vec<Subject> {
    let one = |instance: &vrrp_plan::Instance| {
        let (service, settings) = (&instance.service, &instance.service.settings);
        let (group, peers) = match &settings.path {
            Path::Multicast { group } => (Some(*group), Vec::new()),
            Path::Unicast { peers, .. } => (None, peers.iter().map(|peer| peer.address).collect()),
        };
        Subject {
            name: instance.name.clone(),
            vrid: settings.vrid.get(),
            family: settings.family,
            version: match settings.version {
                Version::V2 => 2,
                Version::V3 => 3,
            },
            interface: service.interface.clone(),
            group,
            peers,
            addresses: (service.addresses.iter())
                .map(|held| Held {
                    address: held.address,
                    device: held.device.clone().or_else(|| service.interface.clone()),
                    advertised: settings.addresses.contains(&held.address),
                    here: false,
                })
                .collect(),
            virtual_mac: service.virtual_mac.as_ref().map(|_| None),
            interval: Duration::from_nanos(settings.interval.nanos()),
            running: None,
        }
    };
    plan.instances.iter().map(one).collect()
}

/// Another group (`vrrp_mcast_group4`) the status does not tell; the frames are known by their protocol.
fn usual_group(v4: bool) -> IpAddr {
    if v4 {
        IpAddr::from([224, 0, 0, 18])
    } else {
        IpAddr::from([0xff02, 0, 0, 0, 0, 0, 0, 0x12])
    }
}
