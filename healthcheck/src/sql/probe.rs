//! Carries a conversation: a connection, its octets, and one limit for all of it.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::mysql::Mysql;
use super::postgresql::Postgresql;
use super::{MESSAGE_BYTES_MAX, Talk};
use crate::endpoint::{Dialer, Endpoint};
use crate::probe::{Outcome, Probe, limit};

/// More than this is not waited for, whatever it is: there is a row, or there is none.
const HEARD_BYTES_MAX: usize = 1024 * 1024;
/// When a row is there and so much has come, the rest is not waited for.
const ENOUGH_BYTES: usize = 64 * 1024;
/// Of a request, a name, a password.
const TEXT_BYTES_MAX: usize = 32 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// Whose protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlServer {
    /// `MySQL`, `MariaDB` and what speaks as they do.
    Mysql,
    /// `PostgreSQL` and what speaks as it does.
    Postgresql,
}

impl fmt::Display for SqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mysql => "MySQL",
            Self::Postgresql => "PostgreSQL",
        })
    }
}

/// Who is asked, by whom, and what.
#[derive(Clone, PartialEq, Eq)]
pub struct SqlSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For all of it.
    pub timeout: Duration,
    /// How it is spoken to.
    pub server: SqlServer,
    /// Who logs in.
    pub login: String,
    /// With what; empty: without a password.
    pub password: String,
    /// Of which database; none: of no one by `MySQL`, of the one that is named like the user by `PostgreSQL`.
    pub database: Option<String>,
    /// What is asked: `SELECT 1 FROM orders LIMIT 1`.
    pub request: String,
}

/// Without its password.
impl fmt::Debug for SqlSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlSpec")
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .field("server", &self.server)
            .field("login", &self.login)
            .field("database", &self.database)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// Logs in at every run, asks, and passes when the answer has a row.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Endpoint, Probe, SqlProbe, SqlServer, SqlSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), String> {
/// let spec = SqlSpec {
///     endpoint: Endpoint::new("127.0.0.1", 1),
///     timeout: Duration::from_secs(2),
///     server: SqlServer::Postgresql,
///     login: "monitor".to_owned(),
///     password: "a password".to_owned(),
///     database: Some("shop".to_owned()),
///     request: "SELECT 1 FROM orders LIMIT 1".to_owned(),
/// };
/// let outcome = SqlProbe::new(spec)?.probe().await;
/// assert!(outcome.reason.contains("refused"), "{outcome:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqlProbe {
    spec: SqlSpec,
    dialer: Dialer,
}

impl SqlProbe {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A text that is too long, or has an octet of 0 in it, with which it would end.
    pub fn new(spec: SqlSpec) -> Result<Self, String> {
        let texts = [
            ("login", Some(&spec.login)),
            ("password", Some(&spec.password)),
            ("database", spec.database.as_ref()),
            ("request", Some(&spec.request)),
        ];
        for (name, text) in texts {
            let text = text.map_or("", String::as_str);
            if text.contains('\0') {
                return Err(format!("the {name} has an octet of 0 in it"));
            }
            if text.len() > TEXT_BYTES_MAX {
                let length = text.len();
                return Err(format!(
                    "the {name} has {length} octets, and {TEXT_BYTES_MAX} is most"
                ));
            }
        }
        let dialer = Dialer::new(spec.endpoint.clone());
        Ok(Self { spec, dialer })
    }

    fn talk(&self) -> Box<dyn Talk + '_> {
        match self.spec.server {
            SqlServer::Mysql => Box::new(Mysql::new(&self.spec)),
            SqlServer::Postgresql => Box::new(Postgresql::new(&self.spec, nonce())),
        }
    }

    /// Keeps what is waited for up to date, so that a run that is cut off can say it.
    async fn ask(&self, waits_for: &mut &'static str) -> Result<String, String> {
        let (mut stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        let mut talk = self.talk();
        let came = converse(talk.as_mut(), &mut stream, waits_for).await;
        // A farewell that does not get through changes nothing.
        let _ = stream.write_all(talk.farewell()).await;
        came.map_err(|error| format!("{address}: {error}"))?;
        Ok(match talk.rows() {
            1 => format!("{address} answers with a row"),
            // How many there are is not known where the rest was not waited for.
            _ => format!("{address} answers with rows"),
        })
    }
}

impl Probe for SqlProbe {
    fn name(&self) -> String {
        format!("{} with {}", self.spec.server, self.dialer.endpoint())
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async {
            let started = Instant::now();
            let mut waits_for = "connection";
            let came = timeout(self.spec.timeout, self.ask(&mut waits_for)).await;
            let took = started.elapsed();
            match came {
                Ok(Ok(reason)) => Outcome::pass(reason, took),
                Ok(Err(reason)) => Outcome::fail(reason, took),
                Err(_elapsed) => {
                    let time = self.spec.timeout;
                    Outcome::fail(format!("no {waits_for} within {time:?}"), took)
                }
            }
        }
        .boxed()
    }
}

async fn converse(
    talk: &mut dyn Talk,
    stream: &mut TcpStream,
    waits_for: &mut &'static str,
) -> Result<(), String> {
    let mut heard = Vec::new();
    let mut total = 0_usize;
    *waits_for = talk.waits_for();
    let begin = talk.begin();
    stream
        .write_all(&begin)
        .await
        .map_err(|error| error.to_string())?;
    loop {
        while let Some(step) = talk.hear(&heard)? {
            *waits_for = talk.waits_for();
            if step.done {
                return Ok(());
            }
            heard.drain(..step.used.min(heard.len()));
            let said = stream.write_all(&step.say).await;
            said.map_err(|error| error.to_string())?;
        }
        if talk.rows() > 0 && total >= ENOUGH_BYTES {
            return Ok(());
        }
        if heard.len() > MESSAGE_BYTES_MAX + CHUNK_BYTES || total >= HEARD_BYTES_MAX {
            return Err(format!("{total} octets came without a row"));
        }
        let mut chunk = [0_u8; CHUNK_BYTES];
        match stream.read(&mut chunk).await {
            Ok(0) => return Err(format!("it closed the connection, before its {waits_for}")),
            Ok(count) => {
                total = total.saturating_add(count);
                heard.extend_from_slice(chunk.get(..count).unwrap_or_default());
            }
            Err(error) => return Err(format!("{error}, before its {waits_for}")),
        }
    }
}

/// Differs from run to run, which is all that the other side's proof needs.
fn nonce() -> [u8; 24] {
    let random = RandomState::new();
    let mut octets = [0; 24];
    let words = (0_u8..).map(|word| random.hash_one(word).to_be_bytes());
    (octets.iter_mut().zip(words.flatten())).for_each(|(to, from)| *to = from);
    octets
}
