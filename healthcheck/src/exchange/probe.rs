//! Send and expect over TCP.

use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use regex::bytes::Regex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::expect::{Expect, Heard};
use crate::endpoint::{Dialer, Endpoint};
use crate::probe::{Outcome, Probe, limit, within};
#[cfg(feature = "tls")]
use crate::tls::{Client, TlsSpec};

const CHUNK_BYTES: usize = 4096;

/// One step of a conversation.
#[derive(Debug, Clone)]
pub enum Step {
    /// Say this.
    Send(Vec<u8>),
    /// Wait for this.
    Expect(Expect),
}

/// A conversation over TCP.
#[derive(Debug, Clone)]
pub struct ExchangeSpec {
    /// With whom.
    pub endpoint: Endpoint,
    /// For all of it, the look-up and the connection included.
    pub timeout: Duration,
    /// What is said and heard, in order.
    pub steps: Vec<Step>,
    /// More than this in answer to one step is wrong; 64 KB.
    pub reply_bytes_max: usize,
    /// What this is in words: `SMTP`.
    pub what: String,
    /// Over TLS from the first octet on.
    #[cfg(feature = "tls")]
    pub tls: Option<TlsSpec>,
}

impl ExchangeSpec {
    /// Nothing is said yet: add [`send`](Self::send) and [`expect`](Self::expect).
    pub fn new(endpoint: Endpoint, timeout: Duration) -> Self {
        Self {
            endpoint,
            timeout,
            steps: Vec::new(),
            reply_bytes_max: 64 * 1024,
            what: "send and expect".to_owned(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Says this next.
    #[must_use]
    pub fn send(mut self, octets: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(octets.into()));
        self
    }

    /// Waits for this next.
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Self {
        self.steps.push(Step::Expect(expect));
        self
    }

    /// Over TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: TlsSpec) -> Self {
        self.tls = Some(tls);
        self
    }

    fn called(mut self, what: &str) -> Self {
        what.clone_into(&mut self.what);
        self
    }

    /// The greeting of a mail server, `EHLO` and `QUIT` (keepalived `SMTP_CHECK`, with its `helo_name`).
    #[must_use]
    pub fn smtp(endpoint: Endpoint, timeout: Duration, helo_name: &str) -> Self {
        // Nothing of the name may become a line of its own.
        let name: String = helo_name.chars().filter(|c| !c.is_control()).collect();
        Self::new(endpoint, timeout)
            .called("SMTP")
            .expect(Expect::Smtp(220))
            .send(format!("EHLO {name}\r\n"))
            .expect(Expect::Smtp(250))
            .send("QUIT\r\n")
            .expect(Expect::Smtp(221))
    }

    /// `PING`, answered by `+PONG`, or by `-NOAUTH`, which a server says that wants a password and is well. `-LOADING`
    /// and the like are fails.
    ///
    /// # Errors
    /// None in practice: the pattern is fixed.
    pub fn redis(endpoint: Endpoint, timeout: Duration) -> Result<Self, regex::Error> {
        let line = Expect::Line(Regex::new(r"^(\+PONG|-NOAUTH)")?);
        Ok(Self::new(endpoint, timeout)
            .called("Redis PING")
            .send("PING\r\n")
            .expect(line))
    }

    /// The greeting of MySQL or MariaDB. The server counts a client that leaves after it as a failed connection, and
    /// blocks a host after `max_connect_errors` of them (100) unless one of that host succeeds: raise that number, or use
    /// a script that logs in.
    #[must_use]
    pub fn mysql(endpoint: Endpoint, timeout: Duration) -> Self {
        Self::new(endpoint, timeout)
            .called("MySQL greeting")
            .expect(Expect::MySqlGreeting)
    }

    /// PostgreSQL's answer to the question whether it speaks TLS (`SSLRequest`), which it gives before any log-in.
    #[must_use]
    pub fn postgresql(endpoint: Endpoint, timeout: Duration) -> Self {
        Self::new(endpoint, timeout)
            .called("PostgreSQL SSLRequest")
            .send([0, 0, 0, 8, 4, 210, 22, 47])
            .expect(Expect::PostgresAnswer)
    }
}

/// Has a conversation at every run. It passes when every step did; the connection is closed then.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Endpoint, ExchangeProbe, ExchangeSpec, Probe};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = Endpoint::new("127.0.0.1", 1);
/// let spec = ExchangeSpec::smtp(server, Duration::from_secs(2), "lb01.example.org");
/// let outcome = ExchangeProbe::new(spec).probe().await;
/// assert!(outcome.reason.contains("refused"), "{outcome:?}");
/// # }
/// ```
#[derive(Debug)]
pub struct ExchangeProbe {
    #[cfg(feature = "tls")]
    tls: Option<Client>,
    spec: ExchangeSpec,
    dialer: Dialer,
}

/// A connection of any kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl ExchangeProbe {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(spec: ExchangeSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self {
            #[cfg(feature = "tls")]
            tls: (spec.tls.as_ref()).map(|tls| Client::new(tls, &[], &spec.endpoint.host)),
            spec,
            dialer,
        }
    }

    /// The connection, whom it is with, and a warning if there is one.
    async fn connect(&self) -> Result<(Box<dyn Stream>, SocketAddr, Option<String>), String> {
        let (stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let (stream, warning) = tls
                .handshake(stream)
                .await
                .map_err(|error| format!("{address}: {error}"))?;
            return Ok((Box::new(stream), address, warning));
        }
        Ok((Box::new(stream), address, None))
    }

    async fn talk(&self, heard: &mut Vec<u8>, warned: &mut Option<String>) -> Result<String, String> {
        let (mut stream, address, warning) = self.connect().await?;
        *warned = warning;
        for (step, number) in self.spec.steps.iter().zip(1_u32..) {
            match step {
                Step::Send(octets) => {
                    let told = |error: std::io::Error| format!("{address}, step {number}: {error}");
                    stream.write_all(octets).await.map_err(told)?;
                    // TLS keeps what is written until then.
                    stream.flush().await.map_err(told)?;
                }
                Step::Expect(expect) => {
                    self.hear(&mut stream, expect, heard)
                        .await
                        .map_err(|error| format!("{address}, step {number}: {error}"))?;
                }
            }
        }
        Ok(format!("{address} answers as it should"))
    }

    async fn hear(
        &self,
        stream: &mut Box<dyn Stream>,
        expect: &Expect,
        heard: &mut Vec<u8>,
    ) -> Result<(), String> {
        let most = self.spec.reply_bytes_max;
        loop {
            match expect.look(heard) {
                Heard::Expected(octets) => {
                    heard.drain(..octets.min(heard.len()));
                    return Ok(());
                }
                Heard::Wrong(what) => return Err(format!("it says {what}")),
                Heard::More if heard.len() >= most => {
                    return Err(format!("{most} octets came without what is expected"));
                }
                Heard::More => {}
            }
            let mut chunk = [0_u8; CHUNK_BYTES];
            let room = chunk.len().min(most - heard.len());
            let read = stream.read(chunk.get_mut(..room).unwrap_or_default()).await;
            match read {
                Ok(0) => return Err("it closed the connection".to_owned()),
                Ok(count) => heard.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

impl Probe for ExchangeProbe {
    fn name(&self) -> String {
        format!("{} with {}", self.spec.what, self.dialer.endpoint())
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async move {
            let mut heard = Vec::new();
            let mut warned = None;
            let talk = self.talk(&mut heard, &mut warned);
            let outcome = within(self.spec.timeout, "not done", talk).await;
            match warned {
                Some(warning) if outcome.passed() => Outcome::degraded(warning, outcome.took),
                _ if outcome.passed() => outcome,
                _ => outcome.with_output(&heard),
            }
        }
        .boxed()
    }
}
