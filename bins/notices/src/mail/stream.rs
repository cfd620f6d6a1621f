//! A connection that gives no more than a talk needs: a server that floods is cut off.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Of one answer, a handshake's certificates included. Of an answer of many lines each line costs as much as all before it,
/// so a larger bound would cost seconds.
const ANSWER_OCTETS_MAX: usize = 16 * 1024;

/// The first octet of a record of the handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

#[derive(Debug)]
pub(super) struct Bounded<S> {
    inner: S,
    peer: SocketAddr,
    left: usize,
    /// Before TLS begins by STARTTLS: what has come of the present answer.
    plain: Option<Vec<u8>>,
    /// It has sent what it must not: not a word more.
    refused: bool,
}

impl<S> Bounded<S> {
    pub(super) const fn new(inner: S, peer: SocketAddr) -> Self {
        Self {
            inner,
            peer,
            left: ANSWER_OCTETS_MAX,
            plain: None,
            refused: false,
        }
    }

    /// STARTTLS is to come. Whatever stands behind the end of an answer before it would be read as an answer of the
    /// protected talk, and anybody on the way can have put it there (RFC 3207, section 6).
    #[cfg(feature = "tls")]
    pub(super) fn before_tls(mut self) -> Self {
        self.plain = Some(Vec::new());
        self
    }

    /// Octets of an answer that is not protected: whether something stands behind its end.
    fn goes_on(&mut self, got: &[u8]) -> bool {
        let Some(plain) = &mut self.plain else {
            return false;
        };
        plain.extend_from_slice(got);
        let mut after = plain.split_inclusive(|octet| *octet == b'\n');
        // `220-` goes on in the next line, `220 ` is the last one (RFC 5321, section 4.2.1).
        let ended = after.any(|line| line.ends_with(b"\n") && line.get(3) != Some(&b'-'));
        ended && after.next().is_some()
    }
}

fn refusal() -> io::Error {
    io::Error::other("it sends more than an answer before TLS begins: somebody may be in between")
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        let got = buf.filled().len().saturating_sub(before);
        if this.goes_on(buf.filled().get(before..).unwrap_or_default()) {
            this.refused = true;
            return Poll::Ready(Err(refusal()));
        }
        match this.left.checked_sub(got) {
            Some(left) => {
                this.left = left;
                read
            }
            None => Poll::Ready(Err(io::Error::other("it sends without end"))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.refused {
            return Poll::Ready(Err(refusal()));
        }
        this.left = ANSWER_OCTETS_MAX;
        // No command begins so, and the handshake does.
        if buf.first() == Some(&TLS_HANDSHAKE) {
            this.plain = None;
        }
        if let Some(plain) = &mut this.plain {
            plain.clear();
        }
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
