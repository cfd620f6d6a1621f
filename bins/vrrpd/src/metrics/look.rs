//! What is told is looked up at most a few times a second, however many ask: the router loop is asked for it.

use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use vrrp_control::servers::Servers;
use vrrp_control::{Answer, Reply, Status};

use super::text;
use crate::node::Node;
use crate::status;

/// For so long a look is as good as a new one.
const FRESH_FOR: Duration = Duration::from_millis(250);

/// Whoever knows the status.
pub(super) trait Knows: Debug + Send + Sync + 'static {
    /// The answer of the control socket to `status`.
    fn status(&self) -> impl Future<Output = Answer> + Send;
    /// The virtual servers, where there are any.
    fn servers(&self) -> impl Future<Output = Option<Servers>> + Send;
}

impl Knows for Node {
    async fn status(&self) -> Answer {
        status::now(self).await
    }

    async fn servers(&self) -> Option<Servers> {
        self.servers.shown(&self.plan(), None).await
    }
}

/// What there was to know at one moment.
#[derive(Debug)]
pub(crate) struct Look {
    pub(super) at: Instant,
    /// How long the answer took: as long as the router loop was busy with something else.
    pub(super) took: Duration,
    pub(super) answer: Answer,
    pub(super) servers: Option<Servers>,
    metrics: OnceLock<String>,
    json: OnceLock<String>,
}

impl Look {
    pub(super) fn new(answer: Answer, servers: Option<Servers>, took: Duration) -> Self {
        Self {
            at: Instant::now(),
            took,
            answer,
            servers,
            metrics: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    /// `None`: the router loop gave no answer.
    pub(super) fn status(&self) -> Option<&Status> {
        match &self.answer {
            Answer::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Why there is no status.
    pub(super) fn problem(&self) -> &str {
        match &self.answer {
            Answer::Error(problem) => &problem.message,
            _ => "the answer is no status",
        }
    }

    /// In OpenMetrics.
    pub(super) fn metrics(self: &Arc<Self>, refused: u64) -> &str {
        self.metrics.get_or_init(|| text::encode(self, refused))
    }

    /// The line that the control socket would say.
    pub(super) fn json(&self) -> &str {
        self.json.get_or_init(|| {
            let reply = Reply::new(self.answer.clone());
            // It cannot fail for values of this type.
            reply.to_line().unwrap_or_default()
        })
    }
}

/// Looks, one at a time.
#[derive(Debug)]
pub(super) struct Looker<K> {
    knows: Arc<K>,
    last: Mutex<Option<Arc<Look>>>,
}

impl<K: Knows> Looker<K> {
    pub(super) fn new(knows: Arc<K>) -> Self {
        Self {
            knows,
            last: Mutex::new(None),
        }
    }

    pub(super) async fn look(&self) -> Arc<Look> {
        let mut last = self.last.lock().await;
        if let Some(look) = last.as_ref().filter(|look| look.at.elapsed() < FRESH_FOR) {
            return Arc::clone(look);
        }
        let began = Instant::now();
        let answer = self.knows.status().await;
        let took = began.elapsed();
        let look = Arc::new(Look::new(answer, self.knows.servers().await, took));
        *last = Some(Arc::clone(&look));
        look
    }
}
