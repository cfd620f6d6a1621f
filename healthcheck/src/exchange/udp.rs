//! One datagram and its reply (keepalived `UDP_CHECK`).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::endpoint::{Dialer, Endpoint};
use crate::hex::HexPattern;
use crate::lack::noted;
use crate::probe::{Outcome, Probe, limit};

/// No datagram is longer.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// What has to come back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Nothing: only an ICMP error (nobody listens, no route) is a fail, and the run waits its timeout for one.
    NotNeeded,
    /// Anything (keepalived `require_reply`).
    Any,
    /// This (keepalived `require_reply HEX`, `min_reply_length`, `max_reply_length`).
    Like {
        /// Alike as far as both go.
        pattern: HexPattern,
        /// So many octets at least; keepalived: 0.
        bytes_min: usize,
        /// So many at most; keepalived: 255.
        bytes_max: usize,
    },
}

/// A datagram and what has to come back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UdpSpec {
    /// To whom.
    pub endpoint: Endpoint,
    /// For the look-up and the reply together.
    pub timeout: Duration,
    /// What is sent.
    pub payload: Vec<u8>,
    /// What comes back.
    pub reply: Reply,
}

/// Sends a datagram at every run.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{Endpoint, HexPattern, Probe, Reply, UdpProbe, UdpSpec, hex};
///
/// # fn main() -> Result<(), healthcheck::HexError> {
/// let probe = UdpProbe::new(UdpSpec {
///     endpoint: Endpoint::new("192.0.2.10", 1812),
///     timeout: Duration::from_secs(2),
///     payload: hex("0c 01 0014")?,
///     reply: Reply::Like { pattern: HexPattern::new("02 01 XXXX")?, bytes_min: 20, bytes_max: 255 },
/// });
/// assert_eq!(probe.name(), "UDP datagram to 192.0.2.10:1812");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UdpProbe {
    spec: UdpSpec,
    dialer: Dialer,
}

enum Heard {
    Reply(Vec<u8>),
    /// Until the time was over.
    Nothing,
}

impl UdpProbe {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(spec: UdpSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self { spec, dialer }
    }

    async fn send(&self) -> Result<(UdpSocket, SocketAddr), String> {
        let (socket, address) = self.dialer.udp().await?;
        let told = |error: io::Error| format!("{address}: {}", noted(error));
        socket.send(&self.spec.payload).await.map_err(told)?;
        Ok((socket, address))
    }

    /// Only what was sent can go unanswered: time that goes before that is a fail of its own.
    async fn ask(&self, started: Instant) -> Result<Heard, String> {
        let time = self.spec.timeout;
        let (socket, address) = timeout(time, self.send())
            .await
            .map_err(|_elapsed| format!("not sent within {time:?}"))??;
        let mut reply = vec![0_u8; DATAGRAM_BYTES_MAX];
        match timeout(time.saturating_sub(started.elapsed()), socket.recv(&mut reply)).await {
            Ok(Ok(count)) => {
                reply.truncate(count);
                Ok(Heard::Reply(reply))
            }
            Ok(Err(error)) => Err(format!("{address}: {error}")),
            Err(_elapsed) => Ok(Heard::Nothing),
        }
    }

    fn judge(&self, reply: &[u8], took: Duration) -> Outcome {
        let count = reply.len();
        let fail = |reason| Outcome::fail(reason, took).with_output(reply);
        match &self.spec.reply {
            Reply::NotNeeded | Reply::Any => Outcome::pass(format!("{count} octets came back"), took),
            Reply::Like {
                bytes_min, bytes_max, ..
            } if count < *bytes_min || count > *bytes_max => fail(format!(
                "{count} octets came back, {bytes_min} to {bytes_max} allowed"
            )),
            Reply::Like { pattern, .. } if !pattern.fits(reply) => {
                let start: Vec<String> = reply
                    .iter()
                    .take(16)
                    .map(|octet| format!("{octet:02x}"))
                    .collect();
                fail(format!(
                    "another reply than expected came back: {}",
                    start.join(" ")
                ))
            }
            Reply::Like { .. } => Outcome::pass(format!("{count} octets came back, as expected"), took),
        }
    }
}

impl Probe for UdpProbe {
    fn name(&self) -> String {
        format!("UDP datagram to {}", self.dialer.endpoint())
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async move {
            let started = Instant::now();
            let result = self.ask(started).await;
            let took = started.elapsed();
            match (result, &self.spec.reply) {
                (Ok(Heard::Reply(reply)), _) => self.judge(&reply, took),
                (Ok(Heard::Nothing), Reply::NotNeeded) => Outcome::pass(
                    "sent; nobody said that it could not be delivered, which says little",
                    took,
                ),
                (Ok(Heard::Nothing), _) => {
                    Outcome::fail(format!("no reply within {:?}", self.spec.timeout), took)
                }
                (Err(reason), _) => Outcome::fail(reason, took),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Endpoint, Probe, Reply, UdpProbe, UdpSpec};

    /// A run whose time goes before anything is sent has learned nothing.
    #[tokio::test]
    async fn what_was_not_sent_does_not_pass() {
        for reply in [Reply::NotNeeded, Reply::Any] {
            let probe = UdpProbe::new(UdpSpec {
                endpoint: Endpoint::new("slow.example", 9),
                timeout: Duration::from_millis(50),
                payload: Vec::new(),
                reply,
            });
            let _held = probe.dialer.hold_look_up().await;
            let outcome = probe.probe().await;
            assert!(!outcome.passed(), "{outcome:?}");
            assert_eq!(outcome.reason, "not sent within 50ms");
        }
    }
}
