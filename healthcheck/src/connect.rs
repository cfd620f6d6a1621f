//! Is there somebody at this port: the TCP and UDP halves of keepalived's `</dev/tcp/HOST/PORT` idiom, in process.

use std::fmt;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::endpoint::{Dialer, Endpoint};
use crate::probe::{Outcome, Probe, limit, within};

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

/// Passes when a connection can be made; every address of a name is tried in turn, each for an equal part of the time that is left. The connection is closed at
/// once, and also when the run is dropped.
#[derive(Debug)]
pub struct ConnectProbe {
    target: Target,
    dialer: Dialer,
}

impl ConnectProbe {
    /// Nothing is looked up or connected yet.
    #[must_use]
    pub fn new(target: Target) -> Self {
        let endpoint = Endpoint::new(target.host.clone(), target.port);
        Self::by_way_of(endpoint, target.transport, target.timeout)
    }

    /// With a source address, an interface, a mark (keepalived `TCP_CHECK`).
    #[must_use]
    pub fn by_way_of(endpoint: Endpoint, transport: Transport, timeout: Duration) -> Self {
        Self {
            target: Target {
                transport,
                host: endpoint.host.clone(),
                port: endpoint.port,
                timeout,
            },
            dialer: Dialer::new(endpoint),
        }
    }

    /// What it was made of.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Where, and by which way.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        self.dialer.endpoint()
    }

    async fn connect(&self) -> Result<String, String> {
        match self.target.transport {
            Transport::Tcp => {
                let (_closed_here, address) = self.dialer.tcp(self.target.timeout).await?;
                Ok(format!("connected to {address}"))
            }
            Transport::Udp => {
                let (_closed_here, address) = self.dialer.udp().await?;
                Ok(format!("a route to {address} exists; nothing was sent"))
            }
        }
    }
}

impl Probe for ConnectProbe {
    fn name(&self) -> String {
        self.target.to_string()
    }

    fn limit(&self) -> Duration {
        limit(self.target.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(self.target.timeout, "no connection", self.connect()).boxed()
    }
}
