//! Asks a server of SQL: a connection, over TLS where it must be, and one limit for all of it.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::Talk;
use super::converse::{Went, converse, farewell};
use super::mysql::Mysql;
use super::postgresql::Postgresql;
use super::spec::{SqlServer, SqlSpec};
use crate::endpoint::Dialer;
use crate::probe::{Outcome, Probe, limit};
#[cfg(feature = "tls")]
use crate::tls::Client;

/// Of a request, a name, a password.
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// Logs in at every run, asks, and passes when the answer has a row.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Endpoint, Probe, SqlProbe, SqlServer, SqlSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), String> {
/// let server = Endpoint::new("127.0.0.1", 1);
/// let spec = SqlSpec::new(
///     server,
///     Duration::from_secs(2),
///     SqlServer::Postgresql,
///     "monitor",
///     "SELECT 1 FROM orders LIMIT 1",
/// );
/// let spec = spec.password("a password").database("shop");
/// let outcome = SqlProbe::new(spec)?.probe().await;
/// assert!(outcome.reason.contains("refused"), "{outcome:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqlProbe {
    #[cfg(feature = "tls")]
    tls: Option<Client>,
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
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: (spec.tls.as_ref()).map(|tls| Client::new(tls, &[], &spec.endpoint.host)),
            spec,
            dialer,
        })
    }

    fn talk(&self, over_tls: bool) -> Box<dyn Talk + '_> {
        match (self.spec.server, over_tls) {
            (SqlServer::Mysql, false) => Box::new(Mysql::new(&self.spec)),
            (SqlServer::Mysql, true) => Box::new(Mysql::over_tls(&self.spec)),
            (SqlServer::Postgresql, false) => Box::new(Postgresql::new(&self.spec, nonce())),
            (SqlServer::Postgresql, true) => Box::new(Postgresql::over_tls(&self.spec, nonce())),
        }
    }

    /// In clear, and where the server wants it over TLS once more so: who does not need TLS does not need certificates.
    async fn ask(&self, told: &mut Told) -> Result<String, String> {
        let mut talk = self.talk(false);
        let came = self.once(talk.as_mut(), told).await;
        if !talk.wants_tls() {
            return came;
        }
        let Err(why) = came else { return came };
        if !self.speaks_tls() {
            return Err(format!("{why}; this check speaks no TLS"));
        }
        let mut talk = self.talk(true);
        let came = self.once(talk.as_mut(), told).await;
        // It may have meant something else.
        came.map_err(|error| format!("{error} (over TLS, as in clear: {why})"))
    }

    async fn once(&self, talk: &mut dyn Talk, told: &mut Told) -> Result<String, String> {
        let (mut stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        let begin = talk.begin();
        let went = converse(talk, &mut stream, begin, &mut told.waits_for).await;
        let went = match went {
            Ok(Went::Secures) => self.over_tls(talk, stream, told).await,
            went => {
                farewell(&mut stream, talk).await;
                went.map(|_| ())
            }
        };
        went.map_err(|error| format!("{address}: {error}"))?;
        Ok(match talk.rows() {
            1 => format!("{address} answers with a row"),
            // How many there are is not known where the rest was not waited for.
            _ => format!("{address} answers with rows"),
        })
    }

    #[cfg(feature = "tls")]
    async fn over_tls(&self, talk: &mut dyn Talk, stream: TcpStream, told: &mut Told) -> Result<(), String> {
        let client = self.tls.as_ref().ok_or("TLS begins where there is none")?;
        told.waits_for = "TLS";
        let (mut stream, warning) = client.handshake(stream).await?;
        told.warning = warning;
        let begin = talk.secured();
        let went = converse(talk, &mut stream, begin, &mut told.waits_for).await;
        farewell(&mut stream, talk).await;
        match went? {
            Went::Done => Ok(()),
            Went::Secures => Err("TLS begins twice".to_owned()),
        }
    }

    #[cfg(feature = "tls")]
    const fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_async, reason = "as with the feature")]
    async fn over_tls(&self, _: &mut dyn Talk, _: TcpStream, _: &mut Told) -> Result<(), String> {
        Err("TLS begins where there is none".to_owned())
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    const fn speaks_tls(&self) -> bool {
        false
    }
}

/// What a run has come to so far.
struct Told {
    /// So that a run that is cut off can say it.
    waits_for: &'static str,
    warning: Option<String>,
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
            let mut told = Told {
                waits_for: "connection",
                warning: None,
            };
            let came = timeout(self.spec.timeout, self.ask(&mut told)).await;
            let took = started.elapsed();
            match came {
                Ok(Ok(reason)) => match told.warning {
                    Some(warning) => Outcome::degraded(warning, took),
                    None => Outcome::pass(reason, took),
                },
                Ok(Err(reason)) => Outcome::fail(reason, took),
                Err(_elapsed) => {
                    let (time, missing) = (self.spec.timeout, told.waits_for);
                    Outcome::fail(format!("no {missing} within {time:?}"), took)
                }
            }
        }
        .boxed()
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
