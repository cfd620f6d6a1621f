//! Where a service is and how to get there: look-up, source address, interface, mark.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

use crate::aside::Aside;
use crate::lack::{Ways, noted};

/// A service, and the way to it (keepalived's words common to all checkers: `connect_ip`, `connect_port`, `bindto`,
/// `bind_port`, `bind_if`, `fwmark`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// An address or a name. A name is looked up at every run, and each of its addresses tried in turn; by TCP each
    /// gets an equal part of the time that is left.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// The address to come from; the kernel's choice otherwise.
    pub source: Option<IpAddr>,
    /// The port to come from; 0: the kernel's choice. Connections from a port of one's own end with a reset, so that the
    /// next run can have it.
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
            .map_err(|error| format!("'{host}' cannot be looked up: {}", noted(error)))?;
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

    /// A connection to the first address that takes one. The caller ends it after this time; of what is left of it each address gets an
    /// equal part, so that one that never answers does not hide the others.
    pub(crate) async fn tcp(&self, within: Duration) -> Result<(TcpStream, SocketAddr), String> {
        let started = Instant::now();
        let addresses = self.addresses().await?;
        self.first_of(addresses, within.saturating_sub(started.elapsed()))
            .await
    }

    async fn first_of(
        &self,
        addresses: Vec<SocketAddr>,
        within: Duration,
    ) -> Result<(TcpStream, SocketAddr), String> {
        let started = Instant::now();
        let (mut refusal, mut ways) = (String::new(), Ways::default());
        for (address, count) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let left = within.saturating_sub(started.elapsed());
            let time = match count {
                // Its time ends with the caller's.
                1 => Duration::MAX,
                _ => left / u32::try_from(count).unwrap_or(u32::MAX),
            };
            match timeout(time, self.tcp_to(*address)).await {
                Ok(Ok(stream)) => return Ok((stream, *address)),
                Ok(Err(error)) => {
                    ways.failed(&error);
                    refusal = format!("{address}: {error}");
                }
                Err(_elapsed) => {
                    ways.silent();
                    refusal = format!("{address}: no connection within {time:.1?}");
                }
            }
        }
        ways.end();
        Err(refusal)
    }

    async fn tcp_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::from_std_stream(self.socket(address, Type::STREAM)?.into());
        let stream = socket.connect(address).await?;
        // A port that comes from itself finds itself when nobody listens (RFC 9293 3.5).
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nodelay(true)?;
        if self.endpoint.source_port != 0 {
            // Closed without TIME_WAIT, in which the next run could not have the port.
            stream.set_zero_linger()?;
        }
        Ok(stream)
    }

    /// A socket that hears only this service, and of its errors.
    pub(crate) async fn udp(&self) -> Result<(UdpSocket, SocketAddr), String> {
        let (mut refusal, mut ways) = (String::new(), Ways::default());
        for address in self.addresses().await? {
            match self.udp_to(address) {
                Ok(socket) => return Ok((socket, address)),
                Err(error) => {
                    ways.failed(&error);
                    refusal = format!("{address}: {error}");
                }
            }
        }
        ways.end();
        Err(refusal)
    }

    /// It sends nothing, and so never waits.
    fn udp_to(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = self.socket(address, Type::DGRAM)?;
        socket.connect(&address.into())?;
        UdpSocket::from_std(socket.into())
    }

    /// The interface and the mark come first: they decide which source addresses there are.
    fn socket(&self, address: SocketAddr, kind: Type) -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(address), kind, None)?;
        socket.set_nonblocking(true)?;
        if let Some(interface) = &self.endpoint.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if self.endpoint.mark != 0 {
            socket.set_mark(self.endpoint.mark)?;
        }
        if self.endpoint.source.is_some() || self.endpoint.source_port != 0 {
            if kind == Type::STREAM {
                // A port of one's own is used again at once, while the last connection still waits.
                socket.set_reuse_address(true)?;
            }
            socket.bind(&self.source_for(address).into())?;
        }
        Ok(socket)
    }

    /// Look-ups hang until what is returned is dropped.
    #[cfg(all(test, feature = "exchange"))]
    pub(crate) async fn hold_look_up(&self) -> std::sync::mpsc::Sender<()> {
        let (release, held) = std::sync::mpsc::channel();
        let call = self.look_up.call(move || {
            let _ = held.recv();
            Err(io::Error::other("held"))
        });
        assert!(timeout(Duration::from_millis(1), call).await.is_err());
        release
    }

    fn source_for(&self, address: SocketAddr) -> SocketAddr {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(self.endpoint.source.unwrap_or(any), self.endpoint.source_port)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio::time::timeout;

    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::{Dialer, Endpoint};
    use crate::lack::look_from_here;
    use crate::probe::{Outcome, Probe, Verdict};

    const LONG: Duration = Duration::from_secs(20);

    /// One address cannot be asked from this source, the other is none of its family: that is no lack alone.
    #[tokio::test]
    async fn a_refusal_at_another_address_of_the_name_is_a_fail() {
        struct Asks(Vec<SocketAddr>);
        impl Probe for Asks {
            fn name(&self) -> String {
                "asks".to_owned()
            }
            fn limit(&self) -> Duration {
                LONG
            }
            fn probe(&self) -> BoxFuture<'_, Outcome> {
                async {
                    let way = Endpoint::new("name", 1).from_address([192, 0, 2, 1].into());
                    let refused = Dialer::new(way).first_of(self.0.clone(), LONG).await;
                    Outcome::fail(refused.unwrap_err(), Duration::ZERO)
                }
                .boxed()
            }
        }
        let [four, six]: [SocketAddr; 2] = ["127.0.0.1:1", "[::1]:1"].map(|text| text.parse().unwrap());
        for (addresses, verdict) in [
            (vec![four], Verdict::Unable),
            (vec![four, four], Verdict::Unable),
            (vec![four, six], Verdict::Fail),
            (vec![six, four], Verdict::Fail),
        ] {
            let outcome = look_from_here(&Asks(addresses)).await;
            assert_eq!(outcome.verdict, verdict, "{outcome:?}");
        }
    }

    /// A listener whose queue is full: the kernel drops what comes, as a dead machine would.
    async fn black_hole() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
            queued.push(stream.unwrap());
            assert!(queued.len() < 100, "the queue never fills");
        }
        (listener, queued, address)
    }

    #[tokio::test]
    async fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (_listener, _queued, hole) = black_hole().await;
        let living = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = living.local_addr().unwrap();
        let dialer = Dialer::new(Endpoint::new("two.example", 1));
        let within = Duration::from_secs(2);
        let run = dialer.first_of(vec![hole, address], within);
        let (_stream, found) = timeout(within, run).await.unwrap().unwrap();
        assert_eq!(found, address);
    }
}
