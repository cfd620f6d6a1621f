//! What a kernel balances, as it tells in `/proc/net/ip_vs`: without a program, which takes its time in a virtual machine.

use std::net::{IpAddr, Ipv4Addr};

use crate::LabError;
use crate::topology::Node;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `TCP 192.0.2.1:80`, `FWM 7`.
    pub name: String,
    /// By name.
    pub scheduler: String,
    /// In the kernel's order.
    pub servers: Vec<Server>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 behind a mark.
    pub port: u16,
    /// `Masq`, `Route`, `Tunnel`, `Local`.
    pub forwarding: String,
    /// 0: no new connections.
    pub weight: u32,
}

/// That of a node.
///
/// # Errors
/// When it cannot be read.
pub fn table(node: &Node) -> Result<Vec<Entry>, LabError> {
    let path = "/proc/thread-self/net/ip_vs";
    let text = node.within(|| std::fs::read_to_string(path))?;
    Ok(parse(&text.map_err(LabError::io(path))?))
}

fn parse(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.as_slice(), entries.last_mut()) {
            (["->", place, forwarding, weight, ..], Some(entry)) => {
                if let (Some((address, port)), Ok(weight)) = (endpoint(place), weight.parse()) {
                    let forwarding = (*forwarding).to_owned();
                    entry.servers.push(Server {
                        address,
                        port,
                        forwarding,
                        weight,
                    });
                }
            }
            ([protocol @ ("TCP" | "UDP" | "SCTP"), place, scheduler, ..], _) => {
                if let Some((address, port)) = endpoint(place) {
                    let place = std::net::SocketAddr::new(address, port);
                    entries.push(Entry::new(format!("{protocol} {place}"), scheduler));
                }
            }
            (["FWM", mark, scheduler, ..], _) => {
                let mark = u32::from_str_radix(mark, 16).unwrap_or(0);
                entries.push(Entry::new(format!("FWM {mark}"), scheduler));
            }
            _ => {}
        }
    }
    entries
}

/// `AC192C90:0050`, `[2001:0db8:0000:0000:0000:0000:0000:0001]:0050`.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.rsplit_once(':')?;
    let address = match address.strip_prefix('[') {
        Some(six) => IpAddr::V6(six.strip_suffix(']')?.parse().ok()?),
        None => IpAddr::V4(Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?)),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

impl Entry {
    fn new(name: String, scheduler: &str) -> Self {
        Self {
            name,
            scheduler: scheduler.to_owned(),
            servers: Vec::new(),
        }
    }

    /// Whether new connections go to this address.
    pub fn serves(&self, address: IpAddr) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|server| server.address == address && server.weight > 0)
    }

    /// How many take new connections.
    pub fn serving(&self) -> usize {
        self.servers.iter().filter(|server| server.weight > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
                    TCP  AC192C90:0050 rr \n  -> AC192C37:0050      Route   1      0          0         \n  -> AC192C2C:0050      Masq    0      0          0         \n\
                    FWM  00000007 mh (mh-port)\n\
                    TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:1f90 wlc persistent 50\n  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:0050      Tunnel  3      0          0\n";
        let entries = parse(text);
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["TCP 172.25.44.144:80", "FWM 7", "TCP [2001:db8::1]:8080"]);
        assert_eq!(entries[0].serving(), 1);
        assert!(entries[0].serves("172.25.44.55".parse().expect("an address")));
        assert!(!entries[0].serves("172.25.44.44".parse().expect("an address")));
        let six = &entries[2].servers[0];
        assert_eq!((six.forwarding.as_str(), six.weight, six.port), ("Tunnel", 3, 80));
    }
}
