//! OPTIONS of SIP (RFC 3261 11), by UDP or TCP.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::connect::Transport;
use crate::endpoint::{Dialer, Endpoint};
use crate::lack::noted;
use crate::output::printable;
use crate::probe::{Outcome, Probe, limit, within};

const ANSWER_BYTES_MAX: usize = 16 * 1024;
const TOLD_BYTES: usize = 120;

/// Whom to ask, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For all of it.
    pub timeout: Duration,
    /// How it is asked.
    pub transport: Transport,
    /// Who asks, and is asked for: `user@host`.
    pub user: String,
}

/// Asks for the options of a user at every run; a status of 200 passes. Answers of 100 to 199 are waited out.
#[derive(Debug)]
pub struct SipProbe {
    spec: SipSpec,
    dialer: Dialer,
}

impl SipProbe {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(spec: SipSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self { spec, dialer }
    }

    async fn ask(&self) -> Result<String, String> {
        // Fresh for every run: an answer to an earlier one is not an answer, and no server repeats that.
        let call = format!("{:016x}", RandomState::new().hash_one(0));
        match self.spec.transport {
            Transport::Udp => self.by_udp(&call).await,
            Transport::Tcp => self.by_tcp(&call).await,
        }
    }

    async fn by_udp(&self, call: &str) -> Result<String, String> {
        let (socket, address) = self.dialer.udp().await?;
        let told = |error: std::io::Error| format!("{address}: {}", noted(error));
        let from = socket.local_addr().map_err(told)?;
        let request = request("UDP", &self.spec.user, from, call);
        socket.send(request.as_bytes()).await.map_err(told)?;
        let mut heard = vec![0_u8; ANSWER_BYTES_MAX];
        loop {
            let count = socket.recv(&mut heard).await.map_err(told)?;
            let answer = heard.get(..count).unwrap_or_default();
            if let Some(done) = judge(answer, call, address) {
                return done;
            }
        }
    }

    async fn by_tcp(&self, call: &str) -> Result<String, String> {
        let (mut stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        let told = |error: std::io::Error| format!("{address}: {}", noted(error));
        let from = stream.local_addr().map_err(told)?;
        let request = request("TCP", &self.spec.user, from, call);
        stream.write_all(request.as_bytes()).await.map_err(told)?;
        let mut heard = Vec::new();
        loop {
            while let Some(end) = head_end(&heard) {
                let answer: Vec<u8> = heard.drain(..end).collect();
                if let Some(done) = judge(&answer, call, address) {
                    return done;
                }
            }
            if heard.len() > ANSWER_BYTES_MAX {
                return Err(format!("{address}: its answer does not end"));
            }
            if stream.read_buf(&mut heard).await.map_err(told)? == 0 {
                return Err(format!("{address}: it closed the connection"));
            }
        }
    }
}

impl Probe for SipProbe {
    fn name(&self) -> String {
        format!(
            "SIP OPTIONS by {} to {}",
            self.spec.transport,
            self.dialer.endpoint()
        )
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(self.spec.timeout, "no answer", self.ask()).boxed()
    }
}

fn request(transport: &str, user: &str, from: SocketAddr, call: &str) -> String {
    // Nothing of the name may become a line of its own.
    let user: String = user
        .chars()
        .filter(|sign| !sign.is_control() && *sign != '>')
        .collect();
    format!(
        "OPTIONS sip:{user} SIP/2.0\r\nVia: SIP/2.0/{transport} {from};rport;branch=z9hG4bK{call}\r\nMax-Forwards: 70\r\n\
         To: <sip:{user}>\r\nFrom: <sip:{user}>;tag={call}\r\nCall-ID: {call}\r\nCSeq: 1 OPTIONS\r\nContact: <sip:{user}>\r\n\
         Accept: application/sdp\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Where the head of an answer ends. A body is none of a head's, and is passed over as no answer.
fn head_end(heard: &[u8]) -> Option<usize> {
    heard
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// None for what is no final answer to this call.
fn judge(answer: &[u8], call: &str, address: SocketAddr) -> Option<Result<String, String>> {
    let first = answer
        .split(|octet| *octet == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    let text = printable(first.get(..TOLD_BYTES).unwrap_or(first));
    let Some(status) = first.strip_prefix(b"SIP/2.0 ") else {
        return Some(Err(format!("{address}: it says '{text}', which is not SIP")));
    };
    let names_call = answer.windows(call.len()).any(|octets| octets == call.as_bytes());
    match status {
        [b'1', ..] => None,
        _ if !names_call => None,
        [b'2', b'0', b'0', ..] => Some(Ok(format!("{address}: {text}"))),
        _ => Some(Err(format!("{address}: it says '{text}'"))),
    }
}
