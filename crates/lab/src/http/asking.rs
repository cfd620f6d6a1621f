//! One request at a time, and why it was lost.

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;

/// Why a page did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// Nobody listens where the address is.
    Refused,
    /// Nobody has the address.
    Unreachable,
    /// The other end knows nothing of this connection.
    Reset,
    /// The connection ended behind the question and before the answer.
    Closed,
    /// No whole answer within the client's patience.
    Late,
    /// An answer, but not the page: 4xx or 5xx.
    Status,
    /// Anything else.
    Other,
}

/// Asks for `/`, over the same connection as long as that lasts.
pub(super) struct Asker {
    address: SocketAddr,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

impl Loss {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Late => "late",
            Self::Status => "status",
            Self::Other => "other",
        }
    }

    fn of_io(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::Unreachable,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Self::Reset,
            ErrorKind::TimedOut => Self::Late,
            ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Other,
        }
    }

    fn of_hyper(error: &hyper::Error) -> Self {
        let io = error.source().and_then(|s| s.downcast_ref::<std::io::Error>());
        match io {
            Some(io) => Self::of_io(io.kind()),
            None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => Self::Closed,
            None => Self::Other,
        }
    }
}

impl Asker {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
        }
    }

    /// The next page needs a new connection.
    pub(super) fn hang_up(&mut self) {
        self.connection = None;
    }

    /// The first line of the page. A connection that the server closed while nothing was asked costs nothing: every browser
    /// opens another one.
    pub(super) async fn page(&mut self) -> Result<String, Loss> {
        let usable = match &mut self.connection {
            Some(connection) => connection.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.connection = Some(connect(self.address).await?);
        }
        let connection = self.connection.as_mut().ok_or(Loss::Other)?;
        connection.ready().await.map_err(|e| Loss::of_hyper(&e))?;
        let request = Request::get("/").header("host", "lab").body(Empty::new());
        let response = connection
            .send_request(request.map_err(|_| Loss::Other)?)
            .await
            .map_err(|e| Loss::of_hyper(&e))?;
        let served = response.status().is_success();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|e| Loss::of_hyper(&e))?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        let line = text.lines().next().unwrap_or_default().to_owned();
        if served { Ok(line) } else { Err(Loss::Status) }
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, Loss> {
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .map_err(|e| Loss::of_io(e.kind()))?;
    let _ = stream.set_nodelay(true);
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|e| Loss::of_hyper(&e))?;
    tokio::spawn(connection);
    Ok(sender)
}
