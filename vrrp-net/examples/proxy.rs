//! A reverse proxy whose address moves to another node when this one dies, and that can be replaced by a newer version of
//! itself without anybody noticing. What failover costs it are the lines marked `// failover`.
//!
//! ```text
//! cargo run --example proxy -- LISTEN UPSTREAM INTERFACE VRID PRIORITY ADDRESS/PREFIX
//! ```
//!
//! SIGTERM hands the address over and ends; SIGUSR2 executes the program in this one's file.

use std::convert::Infallible;
use std::error::Error;
use std::os::fd::AsFd as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use vrrp_net::{Failover, Options, Service}; // failover

type Body = Either<Incoming, Full<Bytes>>;
type Failure = Box<dyn Error + Send + Sync>;

/// What is in progress when the proxy ends gets so much time.
const PATIENCE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, upstream, interface, vrid, priority, address] = arguments.as_slice() else {
        return Err("proxy LISTEN UPSTREAM INTERFACE VRID PRIORITY ADDRESS/PREFIX".into());
    };
    let service = Service::new("proxy", interface, vrid.parse()?)?.address(address)?; // failover
    let service = service.priority(priority.parse()?)?.interval_centiseconds(10)?; // failover
    let mut failover = Failover::start(vec![service], Options::default())?; // failover
    let inherited = failover.inherited("http").map(std::net::TcpListener::from); // failover
    let listener = inherited.map_or_else(|| std::net::TcpListener::bind(listen), Ok)?; // failover
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let upstream: Arc<str> = Arc::from(upstream.as_str());
    println!(
        "version {} listens on {}",
        std::process::id(),
        listener.local_addr()?
    );

    let mut terminate = signal(SignalKind::terminate())?;
    let mut replace = signal(SignalKind::user_defined2())?;
    let failing_over = failover.handle(); // failover
    let mut stopped = pin!(async {
        let _signal = terminate.recv().await;
        failing_over.stop().await // failover
    });
    loop {
        let (ending, end) = watch::channel(false);
        let mut connections = JoinSet::new();
        let ends = loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, upstream.clone(), end.clone()));
                },
                Some(_) = connections.join_next() => {}
                // Until nobody comes by the address any more.
                _ = stopped.as_mut() => break true,
                _ = replace.recv() => break false,
            }
        };
        finish(&ending, &mut connections).await;
        if ends {
            return Ok(());
        }
        let kept = listener.as_fd().try_clone_to_owned()?; // failover
        let error = failover.replace(vec![("http", kept)]).await; // failover
        eprintln!("still the old version: {error}"); // failover
    }
}

/// Lets every connection answer what it was asked, and no more.
async fn finish(ending: &watch::Sender<bool>, connections: &mut JoinSet<()>) {
    let _nobody = ending.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _some = tokio::time::timeout(PATIENCE, all).await;
}

async fn serve(stream: TcpStream, upstream: Arc<str>, mut end: watch::Receiver<bool>) {
    let (begun, mut first) = watch::channel(false);
    let forward = service_fn(move |request| {
        let _nobody = begun.send(true);
        answer(request, upstream.clone())
    });
    let connection = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), forward);
    let mut connection = std::pin::pin!(connection);
    // A shutdown closes a connection that has not asked yet, though its first question may be under way.
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = both(&mut end, &mut first) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        eprintln!("a client: {error}");
    }
}

async fn both(end: &mut watch::Receiver<bool>, first: &mut watch::Receiver<bool>) {
    // Whoever says it lives as long as the connection: an error cannot come.
    let _ended = end.wait_for(|end| *end).await.is_ok();
    let _asked = first.wait_for(|asked| *asked).await.is_ok();
}

async fn answer(request: Request<Incoming>, upstream: Arc<str>) -> Result<Response<Body>, Infallible> {
    match forward(request, &upstream).await {
        Ok(response) => Ok(response.map(Either::Left)),
        Err(error) => {
            eprintln!("upstream {upstream}: {error}");
            let mut response = Response::new(Either::Right(Full::from("no answer from upstream\n")));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok(response)
        }
    }
}

async fn forward(mut request: Request<Incoming>, upstream: &str) -> Result<Response<Incoming>, Failure> {
    let stream = TcpStream::connect(upstream).await?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("upstream: {error}");
        }
    });
    request
        .headers_mut()
        .entry(HOST)
        .or_insert(HeaderValue::from_static("upstream"));
    Ok(sender.send_request(request.map(BodyExt::boxed)).await?)
}
