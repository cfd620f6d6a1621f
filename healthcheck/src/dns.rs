//! A question to a DNS server (keepalived `DNS_CHECK`).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};
use regex::Regex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::endpoint::{Dialer, Endpoint};
use crate::lack::noted;
use crate::probe::{Outcome, Probe, limit, within};

const ANSWER_BYTES_MAX: usize = 65_535;

/// A question and what counts as an answer.
#[derive(Debug, Clone)]
pub struct DnsSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For the look-up of the server's own name and the answer together.
    pub timeout: Duration,
    /// Whether the answer has to have a record of the type that is asked for; otherwise any answer with the response code 0 will do, as for keepalived.
    pub needs_record: bool,
    /// One record of that type has to fit this pattern, as text: `192.0.2.7`, `www.example.org`.
    pub pattern: Option<Regex>,
    query: Query,
}

/// A question that cannot be put.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsSpecError {
    /// No name.
    #[error("'{name}' is no name for DNS: {error}")]
    Name {
        /// What was given.
        name: String,
        /// Why.
        error: String,
    },
    /// No type.
    #[error("'{0}' is no type of DNS records; write for example A, AAAA, MX, NS, SOA or TXT")]
    Kind(String),
}

impl DnsSpec {
    /// Asks for records of this type, such as `SOA`, of this name; `.` is the root. keepalived's default is `SOA` of the root.
    ///
    /// # Errors
    /// A name or a type that DNS does not know.
    pub fn new(endpoint: Endpoint, timeout: Duration, kind: &str, name: &str) -> Result<Self, DnsSpecError> {
        let parsed = Name::from_utf8(name).map_err(|error| DnsSpecError::Name {
            name: name.to_owned(),
            error: error.to_string(),
        })?;
        let kind: RecordType = kind
            .to_ascii_uppercase()
            .parse()
            .map_err(|_| DnsSpecError::Kind(kind.to_owned()))?;
        let mut whole = parsed;
        whole.set_fqdn(true);
        Ok(Self {
            endpoint,
            timeout,
            needs_record: false,
            pattern: None,
            query: Query::query(whole, kind),
        })
    }

    /// The answer has to have a record of the type that is asked for (any one for `ANY`).
    #[must_use]
    pub const fn needs_record(mut self) -> Self {
        self.needs_record = true;
        self
    }

    /// One record has to fit this pattern.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn answers(mut self, pattern: &str) -> Result<Self, regex::Error> {
        self.pattern = Some(Regex::new(pattern)?);
        Ok(self)
    }
}

/// Asks a server at every run, by UDP, and by TCP what does not fit.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{DnsProbe, DnsSpec, Endpoint, Probe};
///
/// # fn main() -> Result<(), healthcheck::DnsSpecError> {
/// let server = Endpoint::new("192.0.2.53", 53);
/// let probe = DnsProbe::new(DnsSpec::new(server, Duration::from_secs(2), "MX", "example.org")?.needs_record());
/// assert_eq!(probe.name(), "DNS question MX example.org. to 192.0.2.53:53");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DnsProbe {
    spec: DnsSpec,
    dialer: Dialer,
}

impl DnsProbe {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(spec: DnsSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self { spec, dialer }
    }

    async fn ask(&self) -> Result<String, String> {
        // Whoever is not on the way cannot guess it.
        let id = u16::try_from(RandomState::new().hash_one(0) & 0xffff).unwrap_or_default();
        let mut question = Message::new(id, MessageType::Query, OpCode::Query);
        question.metadata.recursion_desired = true;
        question.add_query(self.spec.query.clone());
        let octets = question.to_vec().map_err(|error| error.to_string())?;
        let answer = self.by_udp(&octets, id).await?;
        if answer.metadata.truncation {
            let answer = self.by_tcp(&octets).await?;
            if !self.is_ours(&answer, id) {
                return Err("by TCP it answers another question".to_owned());
            }
            return self.judge(&answer);
        }
        self.judge(&answer)
    }

    async fn by_udp(&self, question: &[u8], id: u16) -> Result<Message, String> {
        let (socket, address) = self.dialer.udp().await?;
        let told = |error: std::io::Error| format!("{address}: {}", noted(error));
        socket.send(question).await.map_err(told)?;
        let mut heard = vec![0_u8; ANSWER_BYTES_MAX];
        loop {
            let count = socket.recv(&mut heard).await.map_err(told)?;
            let answer = Message::from_vec(heard.get(..count).unwrap_or_default())
                .map_err(|error| format!("{address} answers what is not DNS: {error}"))?;
            // A late answer to an earlier question, or a forged one, is not the answer.
            if self.is_ours(&answer, id) {
                return Ok(answer);
            }
        }
    }

    async fn by_tcp(&self, question: &[u8]) -> Result<Message, String> {
        let (mut stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        let told = |error: std::io::Error| format!("{address}, by TCP: {error}");
        let length = u16::try_from(question.len()).unwrap_or_default().to_be_bytes();
        stream
            .write_all(&[&length, question].concat())
            .await
            .map_err(told)?;
        let length = stream.read_u16().await.map_err(told)?;
        let mut heard = vec![0_u8; usize::from(length)];
        stream.read_exact(&mut heard).await.map_err(told)?;
        Message::from_vec(&heard).map_err(|error| format!("{address} answers what is not DNS: {error}"))
    }

    fn is_ours(&self, answer: &Message, id: u16) -> bool {
        answer.metadata.id == id
            && answer.metadata.message_type == MessageType::Response
            && answer
                .queries
                .first()
                .is_none_or(|query| *query == self.spec.query)
    }

    fn judge(&self, answer: &Message) -> Result<String, String> {
        let code = answer.metadata.response_code;
        let kind = self.spec.query.query_type();
        let wanted = |record: &&Record| kind == RecordType::ANY || record.record_type() == kind;
        // An alias that leads nowhere is an answer too.
        let texts: Vec<String> = answer
            .answers
            .iter()
            .filter(wanted)
            .map(|record| record.data.to_string().trim_end_matches('.').to_owned())
            .collect();
        let records = texts.len();
        if code != ResponseCode::NoError {
            return Err(format!("it answers {code}"));
        }
        if self.spec.needs_record && records == 0 {
            return Err(format!("it answers without a record of type {kind}"));
        }
        if let Some(pattern) = &self.spec.pattern
            && !texts.iter().any(|text| pattern.is_match(text))
        {
            let told = texts
                .first()
                .map_or_else(|| "no record".to_owned(), |first| format!("'{first}'"));
            return Err(format!("'{pattern}' is not found in what it answers: {told}"));
        }
        Ok(format!("it answers with {records} records of type {kind}"))
    }
}

impl Probe for DnsProbe {
    fn name(&self) -> String {
        let query = &self.spec.query;
        format!(
            "DNS question {} {} to {}",
            query.query_type(),
            query.name(),
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
