//! Balances a TCP service over real servers that answer:
//!
//! ```text
//! balance 192.0.2.1:80 198.51.100.1:8080=2 198.51.100.2:8080
//! ```
//!
//! ```text
//! 198.51.100.1:8080 is up: its checks pass
//! Quorum { virtual_server: "TCP 192.0.2.1:80", gained: true, living_weight: 2, when: Running }
//! 198.51.100.2:8080 is up: its checks pass
//! 198.51.100.2:8080 is down: check 'TCP 198.51.100.2:8080' is down
//! ```
//!
//! Each server is connected to every second, and is out after two failures. The replies of the servers must come back this way
//! (NAT). It ends with SIGINT, and takes its service out of the kernel. It takes root, and a kernel with `ip_vs`.

use std::net::SocketAddr;
use std::time::Duration;

use vrrp_core::Weight;
use vrrp_director::{Event, Options, start};
use vrrp_ipvs::{Client, Destination, Forwarding, Name, Service, ServiceKey};
use vrrp_plan::balance::{Balance, Follows, Look, Place, RealServer, ServerCheck, VirtualServer};
use vrrp_plan::{Asks, Question};

type Failure = Box<dyn std::error::Error>;

fn connects(to: SocketAddr) -> ServerCheck {
    let limit = Duration::from_secs(1);
    ServerCheck {
        name: format!("TCP {to}"),
        place: Place::default(),
        look: Look::Ask(Box::new(Question {
            word: "TCP_CHECK",
            ip: to.ip(),
            port: to.port(),
            source: None,
            source_port: 0,
            interface: None,
            mark: 0,
            connect_timeout: limit,
            asks: Asks::Tcp,
        })),
        interval: Duration::from_secs(1),
        timeout: limit,
        retries: 1,
        retry_after: Duration::from_millis(500),
        warmup: Duration::ZERO,
        log_all_failures: false,
    }
}

fn real(to: SocketAddr, weight: u32) -> RealServer {
    RealServer {
        name: to.to_string(),
        place: Place::default(),
        destination: Destination::new(to.into(), Forwarding::Masquerade, weight),
        inhibit: false,
        follows: vec![Follows {
            check: format!("TCP {to}"),
            weight: Weight::from_keepalived(0, false),
            alpha: true,
        }],
        notify_up: None,
        notify_down: None,
        mail: false,
    }
}

fn balance(words: &[String]) -> Result<Balance, Failure> {
    let (service, servers) = words.split_first().ok_or("balance SERVICE SERVER[=WEIGHT]…")?;
    let (mut real_servers, mut checks) = (Vec::new(), Vec::new());
    for server in servers {
        let (address, weight) = server.split_once('=').unwrap_or((server, "1"));
        let address: SocketAddr = address
            .parse()
            .map_err(|error| format!("'{address}' is no ADDRESS:PORT: {error}"))?;
        real_servers.push(real(address, weight.parse()?));
        checks.push(connects(address));
    }
    let key = ServiceKey::tcp(service.parse()?);
    let server = VirtualServer {
        name: key.to_string(),
        place: Place::default(),
        group: None,
        services: vec![Service::new(key, Name::new("wlc")?)],
        servers: real_servers,
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
    };
    Ok(Balance {
        servers: vec![server.into()],
        checks: checks.into(),
        ..Balance::default()
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let balance = balance(&words)?;
    let told = |event| match event {
        Event::Server {
            server, up, because, ..
        } => println!("{server} is {}: {because}", if up { "up" } else { "down" }),
        Event::Quorum { gained: false, .. } => println!("nobody serves"),
        other => println!("{other:?}"),
    };
    let director = start(Client::open()?, balance, Options::default(), told)?;
    tokio::signal::ctrl_c().await?;
    Ok(director.stop().await?)
}
