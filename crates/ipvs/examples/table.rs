//! Lists the kernel's virtual servers, or makes one as it is asked for:
//!
//! ```console
//! # cargo run --example table
//! # cargo run --example table -- 192.0.2.1:80 198.51.100.1:8080=2 198.51.100.2:8080
//! ```
//!
//! The second makes the TCP service at the first address have exactly these real servers behind NAT, each with its weight or
//! 1. What is as it is to be is not touched, and other services are not either.

use std::error::Error;
use std::net::SocketAddr;
use vrrp_ipvs::{Client, Destination, Difference, Forwarding, Name, Service, ServiceKey, Table};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut ipvs = Client::open()?;
    match arguments.split_first() {
        None => list(&mut ipvs),
        Some((service, servers)) => apply(&mut ipvs, service, servers),
    }
}

fn list(ipvs: &mut Client) -> Result<(), Box<dyn Error>> {
    println!("IPVS {}", ipvs.info()?.version);
    for (service, statistics) in ipvs.services()? {
        println!(
            "{} {}, {} connections so far",
            service.key, service.scheduler, statistics.connections
        );
        for status in ipvs.destinations(&service.key)? {
            let server = status.destination;
            println!(
                "  {} {:?} weight {}, {} connections now",
                server.key, server.forwarding, server.weight, status.active_connections
            );
        }
    }
    Ok(())
}

fn apply(ipvs: &mut Client, service: &str, servers: &[String]) -> Result<(), Box<dyn Error>> {
    let key = ServiceKey::tcp(service.parse()?);
    let mut wanted = Table::new();
    let servers: Result<Vec<Destination>, _> = servers.iter().map(|text| server(text)).collect();
    wanted.insert(Service::new(key, Name::new("wlc")?), servers?)?;
    if let Some(fault) = wanted.faults().into_iter().next() {
        return Err(fault.into());
    }
    // This service is ours, because we say so; every other is not.
    let difference = Difference::between(&wanted, &ipvs.table()?, |service| *service == key);
    for change in difference.changes() {
        println!("{change}");
    }
    let outcome = ipvs.carry_out(&difference);
    for (_, error) in &outcome.refused {
        eprintln!("{error}");
    }
    for change in &outcome.withheld {
        eprintln!("not done, or nobody would serve: {change}");
    }
    if outcome.is_complete() {
        Ok(())
    } else {
        Err("the service is not as it was asked for".into())
    }
}

/// `ADDRESS:PORT[=WEIGHT]`.
fn server(text: &str) -> Result<Destination, Box<dyn Error>> {
    let (address, weight) = text.split_once('=').unwrap_or((text, "1"));
    let address: SocketAddr = address.parse()?;
    Ok(Destination::new(
        address.into(),
        Forwarding::Masquerade,
        weight.parse()?,
    ))
}
