//! One try: one connection, one request, as much of the answer as is worth a line.

use std::pin::pin;

use futures::future::{Either, select};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Webhook, body};
use crate::courier::{Attempt, chain, words};
use crate::lane::Job;

/// A head that is longer is no answer.
const HEAD_OCTETS_MAX: usize = 16 * 1024;
/// Of the body no more is read.
const BODY_OCTETS_MAX: usize = 1024;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) async fn attempt(hook: &Webhook, job: &Job) -> Attempt {
    let request = match request(hook, job) {
        Ok(request) => request,
        Err(error) => return Attempt::Never(format!("it cannot be written: {error}")),
    };
    match timeout(hook.timeout, call(hook, request)).await {
        Ok(Ok((status, said))) => judged(status, &said),
        Ok(Err(why)) => Attempt::Later(why),
        Err(_late) => Attempt::Later(format!("no answer within {} s", hook.timeout.as_secs_f32())),
    }
}

/// What a status means for the next try.
fn judged(status: u16, said: &str) -> Attempt {
    let text = |what: &str| {
        let colon = if said.is_empty() { "" } else { ": " };
        format!("status {status}{what}{colon}{said}")
    };
    match status {
        200..=299 => Attempt::Done(text("")),
        409 | 410 | 412 => Attempt::Never(text(", refused as stale")),
        300..=399 => Attempt::Never(text("; redirects are not followed")),
        408 | 425 | 429 | 500..=599 => Attempt::Later(text("")),
        _ => Attempt::Never(text("")),
    }
}

fn request(hook: &Webhook, job: &Job) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let path = hook.url.path_and_query().map_or("/", |path| path.as_str());
    let host = hook.url.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("vrrpd/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .header("idempotency-key", body::key(&hook.node, job));
    if let Some(authorization) = &hook.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request.body(Full::new(body::body(&hook.node, job).into()))
}

/// The status, and how the answer begins.
async fn call(hook: &Webhook, request: Request<Full<Bytes>>) -> Result<(u16, String), String> {
    let (host, port) = (hook.host.as_str(), hook.port);
    let stream = TcpStream::connect((host, port))
        .await
        .map_err(|error| format!("no connection to {host} port {port}: {error}"))?;
    let stream = protected(hook, stream).await?;
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(HEAD_OCTETS_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(cause)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(cause)?;
        Ok((response.status().as_u16(), beginning(hook, response).await))
    };
    match select(pin!(talk), pin!(connection)).await {
        Either::Left((done, _connection)) => done,
        // What has come in before its end, or its error, is the talk's to tell.
        Either::Right((_, talk)) => talk.await,
    }
}

/// The status has come: whatever is wrong with the rest changes nothing.
async fn beginning(hook: &Webhook, response: Response<Incoming>) -> String {
    let mut body = response.into_body();
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data.as_ref()));
        if read.len() >= BODY_OCTETS_MAX {
            read.truncate(BODY_OCTETS_MAX);
            break;
        }
    }
    // Before it is cut: of a secret no half is kept.
    words(&hook.secrets.masked(&String::from_utf8_lossy(&read)))
}

#[cfg(feature = "tls")]
async fn protected(hook: &Webhook, stream: TcpStream) -> Result<Box<dyn Stream>, String> {
    if !hook.tls {
        return Ok(Box::new(stream));
    }
    let stream = crate::tls::connect(stream, &hook.host, &hook.trusted).await?;
    Ok(Box::new(stream))
}

#[cfg(not(feature = "tls"))]
async fn protected(_hook: &Webhook, stream: TcpStream) -> Result<Box<dyn Stream>, String> {
    Ok(Box::new(stream))
}

/// hyper's words and those of what caused it.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn cause(error: hyper::Error) -> String {
    chain(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_means_something_for_the_next_try() {
        let kind = |status| match judged(status, "") {
            Attempt::Done(_) => 'd',
            Attempt::Later(_) => 'l',
            Attempt::Never(_) => 'n',
        };
        let statuses = [
            200, 204, 301, 307, 400, 401, 404, 408, 409, 410, 412, 425, 429, 500, 502, 503,
        ];
        assert_eq!(
            statuses.map(kind).iter().collect::<String>(),
            "ddnnnnnlnnnlllll".to_owned()
        );
        assert_eq!(
            judged(409, "epoch 7 is known"),
            Attempt::Never("status 409, refused as stale: epoch 7 is known".to_owned())
        );
    }
}
