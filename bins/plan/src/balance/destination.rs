//! What one service of the kernel needs of a real server.

use vrrp_ipvs::{Destination, DestinationKey, Forwarding, ServiceKey};

use super::{RealServer, Sorry};

impl RealServer {
    /// As this service is to have it. Direct routing and tunnels do not change a port: the kernel wants that of the service,
    /// and none behind a mark. A real server without a port has the service's.
    #[must_use]
    pub fn in_service(&self, service: &ServiceKey) -> Destination {
        in_service(self.destination, service)
    }
}

impl Sorry {
    /// As [`RealServer::in_service`].
    #[must_use]
    pub fn in_service(&self, service: &ServiceKey) -> Destination {
        in_service(self.destination, service)
    }
}

fn in_service(destination: Destination, service: &ServiceKey) -> Destination {
    let port = match (service, destination.forwarding) {
        (ServiceKey::Address { port, .. }, Forwarding::Direct | Forwarding::Tunnel(_)) => *port,
        (ServiceKey::Mark { .. }, Forwarding::Direct | Forwarding::Tunnel(_)) => 0,
        (ServiceKey::Address { port, .. }, _) if destination.key.port == 0 => *port,
        _ => destination.key.port,
    };
    let key = DestinationKey {
        port,
        ..destination.key
    };
    Destination { key, ..destination }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use vrrp_ipvs::{Family, Tunnel};

    use super::*;

    #[test]
    fn only_nat_changes_a_port() {
        let tcp = |text: &str| text.parse().map(ServiceKey::tcp);
        let service = tcp("192.0.2.1:80").expect("an address");
        let mark = ServiceKey::Mark {
            mark: NonZeroU32::MIN,
            family: Family::V4,
        };
        let port = |port, forwarding, service: &ServiceKey| {
            let address = std::net::IpAddr::from([192, 0, 2, 10]);
            let key = DestinationKey { address, port };
            in_service(Destination::new(key, forwarding, 1), service).key.port
        };
        assert_eq!(port(8080, Forwarding::Masquerade, &service), 8080);
        assert_eq!(port(0, Forwarding::Masquerade, &service), 80);
        assert_eq!(port(8080, Forwarding::Direct, &service), 80);
        assert_eq!(port(8080, Forwarding::Tunnel(Tunnel::Ipip), &service), 80);
        assert_eq!(port(8080, Forwarding::Masquerade, &mark), 8080);
        assert_eq!(port(8080, Forwarding::Direct, &mark), 0);
    }
}
