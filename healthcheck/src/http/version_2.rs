//! The same as [`http1`](super::connection::http1) over HTTP/2.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use super::connection::{Page, Stream, beside, page, words};

/// Asks; the body only if it is wanted, and no more than `body_bytes_max` of it.
pub(super) async fn http2(
    stream: Box<dyn Stream>,
    request: Request<Empty<Bytes>>,
    body_bytes_max: Option<usize>,
) -> Result<Page, String> {
    let tasks = Tasks::default();
    let _aborted_with_this_future = AbortAll(tasks.clone());
    let mut builder = hyper::client::conn::http2::Builder::new(tasks);
    builder.max_header_list_size(64 * 1024);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(words)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(words)?;
        page(response, body_bytes_max).await
    };
    beside(talk, connection).await
}

/// HTTP/2 wants tasks of its own, which hold the socket: they end with the request.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Tasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(async {
            task.await;
        });
    }
}

struct AbortAll(Tasks);

impl Drop for AbortAll {
    fn drop(&mut self) {
        let mut tasks = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.abort_all();
    }
}
