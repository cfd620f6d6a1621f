//! A client that fetches a page again and again, and counts what it had to do without.

use crate::topology::Node;
use crate::{LabError, Stamp};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A page that takes longer counts as failed.
pub(super) const LIMIT: Duration = Duration::from_millis(50);

/// Pause between two pages.
const PAUSE: Duration = Duration::from_millis(5);

/// How it uses connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A new connection for every page.
    Fresh,
    /// One connection for as long as it lasts.
    Kept,
}

/// What a browser saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requests {
    /// Pages asked for.
    pub asked: u32,
    /// Pages that did not come within 50 ms.
    pub failed: u32,
    /// The longest time from one page to the next.
    pub longest_without: Duration,
}

/// A running browser.
#[derive(Debug)]
pub struct Browser {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Requests>>,
}

type Connection = SendRequest<Empty<Bytes>>;

impl Browser {
    /// Fetch `http://ADDRESS/` from `client`.
    ///
    /// # Errors
    /// When the client's namespace cannot be entered.
    pub fn start(client: &Node, address: IpAddr, style: Style) -> Result<Self, LabError> {
        let stop = Arc::new(AtomicBool::new(false));
        let path = format!("/run/netns/{}", client.name());
        let namespace = std::fs::File::open(&path).map_err(LabError::io(path))?;
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                if nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).is_err() {
                    return Requests::default();
                }
                browse(SocketAddr::new(address, 80), style, &stop)
            }
        });
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Stop and tell.
    pub fn finish(mut self) -> Requests {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn browse(address: SocketAddr, style: Style, stop: &AtomicBool) -> Requests {
    let mut requests = Requests::default();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return requests;
    };
    runtime.block_on(async {
        let mut kept: Option<Connection> = None;
        let mut last_page: Option<Stamp> = None;
        while !stop.load(Ordering::Relaxed) {
            requests.asked += 1;
            let page = tokio::time::timeout(LIMIT, fetch(address, kept.take())).await;
            match page.ok().flatten() {
                Some(connection) => {
                    let now = Stamp::now();
                    let without = last_page.map_or(Duration::ZERO, |last| now - last);
                    requests.longest_without = requests.longest_without.max(without);
                    last_page = Some(now);
                    kept = (style == Style::Kept).then_some(connection);
                }
                None => requests.failed += 1,
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    requests
}

/// One page; the connection is returned when the whole page came.
async fn fetch(address: SocketAddr, kept: Option<Connection>) -> Option<Connection> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => connect(address).await?,
    };
    connection.ready().await.ok()?;
    let request = Request::get("/").header("host", "lab").body(Empty::new()).ok()?;
    let response = connection.send_request(request).await.ok()?;
    let served = response.status().is_success();
    response.into_body().collect().await.ok()?;
    served.then_some(connection)
}

async fn connect(address: SocketAddr) -> Option<Connection> {
    let stream = tokio::net::TcpStream::connect(address).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}
