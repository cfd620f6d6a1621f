//! What keepalived calls virtual and real servers where it tells others of them: in its mails, and in the lines of its pipes.

use std::net::IpAddr;

use vrrp_ipvs::{Protocol, ServiceKey};

use super::{RealServer, VirtualServer};

impl VirtualServer {
    /// `[192.0.2.1]:tcp:80`, `FWM 5`, `[web]:0` for the group web.
    #[must_use]
    pub fn keepalived_name(&self) -> String {
        if let Some(group) = &self.group {
            return format!("[{group}]:0");
        }
        match self.services.first().map(|service| service.key) {
            Some(ServiceKey::Address {
                protocol,
                address,
                port,
            }) => server(address, Some(protocol), port),
            Some(ServiceKey::Mark { mark, .. }) => format!("FWM {mark}"),
            None => self.name.clone(),
        }
    }

    /// That of its services; a mark has none.
    fn protocol(&self) -> Option<Protocol> {
        let mut keys = self.services.iter().map(|service| service.key);
        keys.find_map(|key| match key {
            ServiceKey::Address { protocol, .. } => Some(protocol),
            ServiceKey::Mark { .. } => None,
        })
    }
}

impl RealServer {
    /// `[192.0.2.10]:tcp:80`; behind a mark `[192.0.2.10]:none:80`.
    #[must_use]
    pub fn keepalived_name(&self, of: &VirtualServer) -> String {
        let key = self.destination.key;
        server(key.address, of.protocol(), key.port)
    }
}

fn server(address: IpAddr, protocol: Option<Protocol>, port: u16) -> String {
    let protocol = match protocol {
        Some(Protocol::Tcp) => "tcp",
        Some(Protocol::Udp) => "udp",
        Some(Protocol::Sctp) => "sctp",
        None => "none",
    };
    format!("[{address}]:{protocol}:{port}")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use vrrp_ipvs::{Destination, DestinationKey, Family, Forwarding, Name, NoName, Service};

    use super::*;
    use crate::balance::Place;

    fn of(keys: &[ServiceKey], group: Option<&str>) -> Result<VirtualServer, NoName> {
        let scheduler = Name::new("rr")?;
        let services = keys.iter().map(|key| Service::new(*key, scheduler.clone()));
        Ok(VirtualServer {
            name: "TCP 192.0.2.1:80".to_owned(),
            place: Place::default(),
            group: group.map(str::to_owned),
            services: services.collect(),
            servers: Vec::new(),
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
        })
    }

    /// keepalived 2.2.7 wrote these into its pipe.
    #[test]
    fn names_are_keepalived_s() -> Result<(), NoName> {
        let address = |protocol, port| ServiceKey::Address {
            protocol,
            address: IpAddr::from([192, 0, 2, 1]),
            port,
        };
        let mark = ServiceKey::Mark {
            mark: NonZeroU32::MIN,
            family: Family::V4,
        };
        let key = DestinationKey {
            address: IpAddr::from([192, 0, 2, 10]),
            port: 8080,
        };
        let real = RealServer {
            name: "192.0.2.10:8080".to_owned(),
            place: Place::default(),
            destination: Destination::new(key, Forwarding::Masquerade, 1),
            inhibit: false,
            follows: Vec::new(),
            notify_up: None,
            notify_down: None,
            mail: false,
        };
        let tcp = of(&[address(Protocol::Tcp, 80)], None)?;
        assert_eq!(tcp.keepalived_name(), "[192.0.2.1]:tcp:80");
        assert_eq!(real.keepalived_name(&tcp), "[192.0.2.10]:tcp:8080");
        let marked = of(&[mark], None)?;
        assert_eq!(marked.keepalived_name(), "FWM 1");
        assert_eq!(real.keepalived_name(&marked), "[192.0.2.10]:none:8080");
        let group = of(&[mark, address(Protocol::Udp, 81)], Some("G"))?;
        assert_eq!(group.keepalived_name(), "[G]:0");
        assert_eq!(real.keepalived_name(&group), "[192.0.2.10]:udp:8080");
        Ok(())
    }
}
