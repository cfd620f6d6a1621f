//! Where a service is and how to get there: look-up, source address, interface, mark.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use crate::aside::Aside;

/// A service, and the way to it (keepalived's words common to all checkers: `connect_ip`, `connect_port`, `bindto`,
/// `bind_port`, `bind_if`, `fwmark`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// An address or a name. A name is looked up at every run, and each of its addresses tried in turn.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// The address to come from; the kernel's choice otherwise.
    pub source: Option<IpAddr>,
    /// The port to come from; 0: the kernel's choice.
    pub source_port: u16,
    /// Only through this interface.
    pub interface: Option<String>,
    /// The mark of the packets, for routing rules; 0: none. Needs `CAP_NET_ADMIN`.
    pub mark: u32,
}

impl Endpoint {
    /// By the kernel's choice of address and interface.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            source: None,
            source_port: 0,
            interface: None,
            mark: 0,
        }
    }

    /// From this address.
    #[must_use]
    pub const fn from_address(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// Through this interface.
    #[must_use]
    pub fn through(mut self, interface: impl Into<String>) -> Self {
        self.interface = Some(interface.into());
        self
    }

    /// With this mark.
    #[must_use]
    pub const fn marked(mut self, mark: u32) -> Self {
        self.mark = mark;
        self
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Connects to an endpoint. Whatever it opens is closed with what it returns; dropped at any await it leaves nothing.
#[derive(Debug)]
pub(crate) struct Dialer {
    endpoint: Endpoint,
    look_up: Aside<io::Result<Vec<SocketAddr>>>,
}

impl Dialer {
    pub(crate) const fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            look_up: Aside::new(),
        }
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn looked_up(&self) -> io::Result<Vec<SocketAddr>> {
        let Endpoint { host, port, .. } = &self.endpoint;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, *port)]);
        }
        let asked = (host.clone(), *port);
        self.look_up
            .call(move || asked.to_socket_addrs().map(Iterator::collect))
            .await?
    }

    /// The addresses that the source can reach.
    pub(crate) async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let Endpoint { host, source, .. } = &self.endpoint;
        let mut addresses = self
            .looked_up()
            .await
            .map_err(|error| format!("'{host}' cannot be looked up: {error}"))?;
        addresses.retain(|address| source.is_none_or(|source| source.is_ipv4() == address.is_ipv4()));
        if addresses.is_empty() {
            let family = match source {
                Some(source) if source.is_ipv4() => " of IPv4",
                Some(_) => " of IPv6",
                None => "",
            };
            return Err(format!("'{host}' has no address{family}"));
        }
        Ok(addresses)
    }

    /// A connection to the first address that takes one.
    pub(crate) async fn tcp(&self) -> Result<(TcpStream, SocketAddr), String> {
        let mut refusal = String::new();
        for address in self.addresses().await? {
            match self.tcp_to(address).await {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => refusal = format!("{address}: {error}"),
            }
        }
        Err(refusal)
    }

    async fn tcp_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if let Some(interface) = &self.endpoint.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if self.endpoint.mark != 0 {
            SockRef::from(&socket).set_mark(self.endpoint.mark)?;
        }
        if self.endpoint.source.is_some() || self.endpoint.source_port != 0 {
            // A port of one's own is used again at once, while the last connection still waits.
            socket.set_reuseaddr(true)?;
            socket.bind(self.source_for(address))?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// A socket that hears only this service, and of its errors.
    pub(crate) async fn udp(&self) -> Result<(UdpSocket, SocketAddr), String> {
        let mut refusal = String::new();
        for address in self.addresses().await? {
            match self.udp_to(address).await {
                Ok(socket) => return Ok((socket, address)),
                Err(error) => refusal = format!("{address}: {error}"),
            }
        }
        Err(refusal)
    }

    async fn udp_to(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind(self.source_for(address)).await?;
        if let Some(interface) = &self.endpoint.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if self.endpoint.mark != 0 {
            SockRef::from(&socket).set_mark(self.endpoint.mark)?;
        }
        socket.connect(address).await?;
        Ok(socket)
    }

    fn source_for(&self, address: SocketAddr) -> SocketAddr {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(self.endpoint.source.unwrap_or(any), self.endpoint.source_port)
    }
}
