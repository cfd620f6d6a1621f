//! Servers of the tests, good and hostile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use healthcheck::{Endpoint, Outcome, Probe};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// What a server does with each connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// Says this, piece by piece whenever it has heard something, the first at once.
    Says(&'static [&'static [u8]]),
    /// Takes the connection and says nothing.
    Nothing,
    /// Ends it by a reset.
    Resets,
    /// Says this for ever.
    Floods(&'static [u8]),
    /// Says the first when it has heard something, then the second for ever.
    Pours(&'static [u8], &'static [u8]),
    /// Says this, one octet every 20 ms.
    Drips(&'static [u8]),
}

/// A server that counts the connections that are open.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    open: Arc<AtomicUsize>,
    seen: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    pub(crate) async fn new(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, also_seen) = (Arc::clone(&open), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                also_seen.fetch_add(1, Ordering::SeqCst);
                counted.fetch_add(1, Ordering::SeqCst);
                let open = Open(Arc::clone(&counted));
                tokio::spawn(async move {
                    let _open = open;
                    serve(stream, does).await;
                });
            }
        });
        Self {
            address,
            open,
            seen,
            task,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.address.ip().to_string(), self.address.port())
    }

    /// Connections that the other side has not closed.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, does: Does) {
    let mut heard = [0; 4096];
    match does {
        Does::Says(pieces) => {
            for (index, piece) in pieces.iter().enumerate() {
                if index > 0 && !matches!(stream.read(&mut heard).await, Ok(1..)) {
                    return;
                }
                if stream.write_all(piece).await.is_err() {
                    return;
                }
            }
        }
        Does::Nothing => {}
        Does::Resets => {
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            return;
        }
        Does::Floods(what) => {
            let flood = what.repeat(65_536 / what.len());
            while stream.write_all(&flood).await.is_ok() {}
            return;
        }
        Does::Pours(head, what) => {
            if !matches!(stream.read(&mut heard).await, Ok(1..)) {
                return;
            }
            let flood = what.repeat(65_536 / what.len());
            if stream.write_all(head).await.is_ok() {
                while stream.write_all(&flood).await.is_ok() {}
            }
            return;
        }
        Does::Drips(what) => {
            for octet in what.iter().cycle() {
                if stream.write_all(&[*octet]).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    while matches!(stream.read(&mut heard).await, Ok(1..)) {}
}

/// Runs a probe once; it must keep its own deadline.
pub(crate) async fn look(probe: &impl Probe) -> Outcome {
    let started = Instant::now();
    let outcome = probe.probe().await;
    let took = started.elapsed();
    assert!(
        took <= probe.limit(),
        "{took:?} for a limit of {:?}",
        probe.limit()
    );
    assert!(outcome.output.len() <= healthcheck::OUTPUT_BYTES_MAX);
    outcome
}

/// Drops a run that has reached the server, and sees that the server sees it.
pub(crate) async fn dropped(probe: &impl Probe, server: &Server) {
    let before = server.seen();
    {
        let mut run = probe.probe();
        let end = Instant::now() + super::LONG;
        while server.seen() == before || server.open() == 0 {
            assert!(Instant::now() < end, "the run never reaches the server");
            let going = tokio::time::timeout(Duration::from_millis(5), &mut run).await;
            assert!(going.is_err(), "{going:?} came before the run could be dropped");
        }
    }
    super::until("the server sees the end of the connection", || server.open() == 0).await;
}
