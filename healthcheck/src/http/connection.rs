//! One request on one connection, driven within the caller's future: dropped with it, nothing goes on.

use std::pin::pin;

use futures::future::{Either, select};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::LOCATION;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// A head that is longer is no answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An answer as far as it is wanted.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: Bytes,
}

/// Asks over HTTP/1; the body only if it is wanted, and no more than `body_bytes_max` of it.
pub(super) async fn http1(
    stream: Box<dyn Stream>,
    request: Request<Empty<Bytes>>,
    body_bytes_max: Option<usize>,
) -> Result<Page, String> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(words)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(words)?;
        page(response, body_bytes_max).await
    };
    beside(talk, connection).await
}

/// The connection is polled for as long as somebody talks over it.
pub(super) async fn beside(
    talk: impl Future<Output = Result<Page, String>>,
    connection: impl Future<Output = hyper::Result<()>>,
) -> Result<Page, String> {
    match select(pin!(talk), pin!(connection)).await {
        Either::Left((done, _connection)) => done,
        // What has come in before its end, or its error, is the talk's to tell.
        Either::Right((_, talk)) => talk.await,
    }
}

pub(super) async fn page(
    response: Response<Incoming>,
    body_bytes_max: Option<usize>,
) -> Result<Page, String> {
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get(LOCATION)
        .map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
    let body = match body_bytes_max {
        None => Bytes::new(),
        Some(most) => match Limited::new(response.into_body(), most).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(format!("its body has more than {most} octets"));
            }
            Err(error) => return Err(format!("its body does not end as it should: {error}")),
        },
    };
    Ok(Page {
        status,
        location,
        body,
    })
}

/// hyper's words and those of what caused it.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn words(error: hyper::Error) -> String {
    // Something came before anything was asked.
    if error.is_canceled() {
        return "no HTTP: it speaks before it is asked".to_owned();
    }
    let mut text = error.to_string();
    if error.is_parse() {
        text = format!("no HTTP: {text}");
    }
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = deeper.source();
    }
    text
}
