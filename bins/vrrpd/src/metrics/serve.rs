//! Who connects, and for how long.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::time::{sleep, timeout};

use super::Listeners;
use super::bind::Bound;
use super::look::{Knows, Looker};
use super::pages::{self, Page};
use super::sources::{Source, Sources};
use crate::privileges;

/// For what a client says. It is in one packet where nobody delays it.
const HEAD_WITHIN: Duration = Duration::from_secs(3);
/// From the first moment to the last, with a look at the router loop and a client that reads slowly.
const CONNECTION_WITHIN: Duration = Duration::from_secs(10);
/// Of what a client says; longer is refused. The least that hyper can do.
const HEAD_OCTETS_MAX: usize = 8192;
/// After an error of the system, as when there are no descriptors left.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is answered from.
#[derive(Debug)]
pub(super) struct Site<K> {
    looker: Looker<K>,
    sources: Arc<Sources>,
    refused: AtomicU64,
}

impl<K: Knows> Site<K> {
    pub(super) fn new(knows: Arc<K>) -> Self {
        Self {
            looker: Looker::new(knows),
            sources: Arc::default(),
            refused: AtomicU64::new(0),
        }
    }

    async fn answer(&self, request: &Request<Incoming>) -> Page {
        match pages::asked(request.method(), request.uri().path()) {
            Ok(asked) => {
                let look = self.looker.look().await;
                pages::page(asked, &look, self.refused.load(Ordering::Relaxed))
            }
            Err(page) => page,
        }
    }
}

/// A thread of its own, that has given up all capabilities before it says the first word.
///
/// # Errors
/// The thread, its runtime, or its capabilities that cannot be given up.
pub(super) fn start<K: Knows>(listeners: Listeners, knows: Arc<K>) -> io::Result<()> {
    let (tell, begun) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("vrrpd-metrics".to_owned())
        .spawn(move || {
            let begin = privileges::give_up_all()
                .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build());
            match begin {
                Ok(runtime) => {
                    // Whoever started it waits for this.
                    let _ = tell.send(Ok(()));
                    runtime.block_on(serve(listeners, Arc::new(Site::new(knows))));
                }
                Err(error) => {
                    let _ = tell.send(Err(error));
                }
            }
        })?;
    let gone = |_| Err(io::Error::other("it has ended"));
    begun.recv().unwrap_or_else(gone)
}

/// For ever.
pub(super) async fn serve<K: Knows>(listeners: Listeners, site: Arc<Site<K>>) {
    let mut tasks = Vec::new();
    for listener in listeners {
        let place = listener.place.to_string();
        tasks.push(tokio::spawn(accept_all(
            listener.socket,
            place,
            Arc::clone(&site),
        )));
    }
    for task in tasks {
        // Only a panic ends one: the others go on.
        let _ = task.await;
    }
}

async fn accept_all<K: Knows>(socket: Bound, place: String, site: Arc<Site<K>>) {
    let result = match socket {
        Bound::Tcp(socket) => match TcpListener::from_std(socket) {
            Ok(socket) => loop {
                match socket.accept().await {
                    Ok((stream, peer)) => meet(stream, peer.ip().into(), &site),
                    Err(error) => trouble(&place, &error).await,
                }
            },
            Err(error) => error,
        },
        Bound::Unix(socket) => match UnixListener::from_std(socket) {
            Ok(socket) => loop {
                match socket.accept().await {
                    Ok((stream, _)) => meet(stream, Source::Local, &site),
                    Err(error) => trouble(&place, &error).await,
                }
            },
            Err(error) => error,
        },
    };
    tracing::error!("metrics and health: nobody is answered at {place}: {result}");
}

async fn trouble(place: &str, error: &io::Error) {
    tracing::debug!("{place}: {error}; trying again in a second");
    sleep(AGAIN_AFTER).await;
}

/// Who finds no place is hung up on: an answer would cost what there is too little of.
fn meet<K: Knows, S>(stream: S, source: Source, site: &Arc<Site<K>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(seat) = site.sources.sit(source) else {
        site.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let site = Arc::clone(site);
    tokio::spawn(async move {
        // A client that breaks its connection, or is too slow, is its own affair.
        let _ = timeout(CONNECTION_WITHIN, converse(stream, site)).await;
        drop(seat);
    });
}

/// One question, one answer.
async fn converse<K: Knows, S>(stream: S, site: Arc<Site<K>>) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let site = Arc::clone(&site);
        async move {
            let page = site.answer(&request).await;
            Ok::<_, Infallible>(response(page, request.method() == Method::HEAD))
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_OCTETS_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn response(page: Page, head_only: bool) -> Response<Full<Bytes>> {
    let length = page.body.len();
    let body = if head_only {
        Bytes::new()
    } else {
        Bytes::from(page.body)
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = page.code;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if page.code == hyper::StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
