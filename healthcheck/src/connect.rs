//! Is there somebody at this port: the TCP and UDP halves of keepalived's `</dev/tcp/HOST/PORT` idiom, in process.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

use crate::aside::Aside;
use crate::probe::{Outcome, Probe};

/// What is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A handshake must be completed.
    Tcp,
    /// A route must exist. Nothing is sent, as with the shell's `/dev/udp`: it says nothing about the service.
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// Where to connect and how long to wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// TCP or UDP.
    pub transport: Transport,
    /// An address or a name. A name is looked up at every run.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// For the look-up and the connection together.
    pub timeout: Duration,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            transport,
            host,
            port,
            ..
        } = self;
        if host.contains(':') {
            write!(f, "{transport} connect to [{host}]:{port}")
        } else {
            write!(f, "{transport} connect to {host}:{port}")
        }
    }
}

/// Passes when a connection can be made; every address of a name is tried in turn. The connection is closed at
/// once, and also when the run is dropped.
#[derive(Debug)]
pub struct ConnectProbe {
    target: Target,
    look_up: Aside<io::Result<Vec<SocketAddr>>>,
}

impl ConnectProbe {
    /// Nothing is looked up or connected yet.
    #[must_use]
    pub const fn new(target: Target) -> Self {
        Self {
            target,
            look_up: Aside::new(),
        }
    }

    /// What it was made of.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let Target { host, port, .. } = &self.target;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, *port)]);
        }
        let asked = (host.clone(), *port);
        self.look_up
            .call(move || asked.to_socket_addrs().map(Iterator::collect))
            .await?
    }

    async fn connect(&self) -> Result<SocketAddr, String> {
        let Target { host, .. } = &self.target;
        let addresses = self
            .addresses()
            .await
            .map_err(|error| format!("'{host}' cannot be looked up: {error}"))?;
        let mut refusal = format!("'{host}' has no address");
        for address in addresses {
            match self.connect_to(address).await {
                Ok(()) => return Ok(address),
                Err(error) => refusal = format!("{address}: {error}"),
            }
        }
        Err(refusal)
    }

    async fn connect_to(&self, address: SocketAddr) -> io::Result<()> {
        match self.target.transport {
            Transport::Tcp => TcpStream::connect(address).await.map(drop),
            Transport::Udp => {
                let any: IpAddr = match address {
                    SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                    SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
                };
                UdpSocket::bind((any, 0)).await?.connect(address).await
            }
        }
    }
}

impl Probe for ConnectProbe {
    fn name(&self) -> String {
        self.target.to_string()
    }

    fn limit(&self) -> Duration {
        // The run ends itself at the timeout; the rest is for a busy machine.
        self.target.timeout.saturating_add(Duration::from_secs(1))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async move {
            let started = Instant::now();
            let result = timeout(self.target.timeout, self.connect()).await;
            let took = started.elapsed();
            match (result, self.target.transport) {
                (Ok(Ok(address)), Transport::Tcp) => Outcome::pass(format!("connected to {address}"), took),
                (Ok(Ok(address)), Transport::Udp) => {
                    Outcome::pass(format!("a route to {address} exists; nothing was sent"), took)
                }
                (Ok(Err(refusal)), _) => Outcome::fail(refusal, took),
                (Err(_elapsed), _) => {
                    Outcome::fail(format!("no connection within {:?}", self.target.timeout), took)
                }
            }
        }
        .boxed()
    }
}
