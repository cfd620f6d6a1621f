//! Names of hosts and services: a parameter, so that parsing asks nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs as _};

use crate::model::{Family, Protocol, Service};

/// Who knows names.
pub trait Names {
    /// An address of a host.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn address(&self, host: &str, family: Family) -> Result<IpAddr, String>;

    /// The port of a service.
    fn port(&self, service: &str, protocol: Protocol) -> Option<u16>;
}

/// Knows `localhost`, and the ports that ldirectord's kinds of service have.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewNames;

impl Names for FewNames {
    fn address(&self, host: &str, family: Family) -> Result<IpAddr, String> {
        match (host, family) {
            ("localhost", Family::Ipv4) => Ok(Ipv4Addr::LOCALHOST.into()),
            ("localhost" | "ip6-localhost", Family::Ipv6) => Ok(Ipv6Addr::LOCALHOST.into()),
            _ => Err("names are not looked up here".to_owned()),
        }
    }

    fn port(&self, service: &str, _protocol: Protocol) -> Option<u16> {
        match service {
            "domain" => Some(53),
            "www" => Some(80),
            "pop3" => Some(110),
            "imap2" => Some(143),
            "postgresql" => Some(5432),
            "ssh" => Some(22),
            "telnet" => Some(23),
            _ => Service::named(service)?.port(),
        }
    }
}

/// Asks this machine: its resolver, which may ask the network and so take its time, and `/etc/services`.
#[derive(Clone, Debug)]
pub struct MachineNames {
    services: String,
}

impl MachineNames {
    /// Reads `/etc/services`; where it cannot be read [`FewNames`] is asked instead.
    #[must_use]
    pub fn read() -> Self {
        Self {
            services: std::fs::read_to_string("/etc/services").unwrap_or_default(),
        }
    }
}

impl Names for MachineNames {
    fn address(&self, host: &str, family: Family) -> Result<IpAddr, String> {
        let found = (host, 0).to_socket_addrs().map_err(|error| error.to_string())?;
        let mut fitting = found
            .map(|address| address.ip())
            .filter(|address| Family::of(*address) == family);
        let version = match family {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        };
        fitting
            .next()
            .ok_or_else(|| format!("it has no address of {version}"))
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        let wanted = match protocol {
            Protocol::Udp => "udp",
            Protocol::Tcp | Protocol::Mark => "tcp",
        };
        let line = |line: &str| {
            let mut words = line.split('#').next()?.split_whitespace();
            let name = words.next()?;
            let (port, transport) = words.next()?.split_once('/')?;
            let named = name == service || words.any(|alias| alias == service);
            (named && transport == wanted).then(|| port.parse().ok())?
        };
        let found = self.services.lines().find_map(line);
        found.or_else(|| FewNames.port(service, protocol))
    }
}
