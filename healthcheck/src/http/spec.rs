//! What is asked and what has to be answered.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::body::BodyRule;
use crate::endpoint::Endpoint;
#[cfg(feature = "tls")]
use crate::tls::TlsSpec;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/1.0 (keepalived's default).
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
    /// HTTP/2; without TLS at once ("prior knowledge"), with TLS by ALPN.
    #[cfg(feature = "http2")]
    Http2,
}

/// One page and what it has to be (keepalived `url { }`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpUrl {
    /// From the `/` on, with a query if any.
    pub path: String,
    /// The name of the host that is asked for (keepalived `virtualhost`), and with HTTPS in the greeting unless
    /// `TlsSpec::server_name` says another; otherwise the specification's.
    pub host: Option<String>,
    /// Only the head of the answer is asked for (`HEAD`): it has no body.
    pub head: bool,
    /// So many redirects are followed, on this server only. One that leads elsewhere says nothing about this server: it is
    /// degraded, or a fail where the body has a rule. 0: a redirect is a status like any other.
    pub redirects_max: u8,
    /// Good statuses. None: 200 to 299, or any if a digest is wanted, as for keepalived.
    pub statuses: Vec<RangeInclusive<u16>>,
    /// What the body has to be; all of it. Without a rule the body is not read.
    pub body: Vec<BodyRule>,
}

impl HttpUrl {
    /// Any page that answers 200 to 299.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            host: None,
            head: false,
            redirects_max: 0,
            statuses: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Of this host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Following so many redirects on this server.
    #[must_use]
    pub const fn redirects(mut self, most: u8) -> Self {
        self.redirects_max = most;
        self
    }

    /// One more good range of statuses.
    #[must_use]
    pub fn status(mut self, range: RangeInclusive<u16>) -> Self {
        self.statuses.push(range);
        self
    }

    /// One more thing that the body has to be.
    #[must_use]
    pub fn body(mut self, rule: BodyRule) -> Self {
        self.body.push(rule);
        self
    }

    pub(super) fn is_good(&self, status: u16) -> bool {
        if self.statuses.is_empty() {
            let digest = self.body.iter().any(BodyRule::is_digest);
            return digest || (200..300).contains(&status);
        }
        self.statuses.iter().any(|range| range.contains(&status))
    }
}

/// A web server and its pages (keepalived `HTTP_GET`, `SSL_GET`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSpec {
    /// Where it is.
    pub endpoint: Endpoint,
    /// For each page, from the look-up to the last octet: a run takes this time for each page at most.
    pub timeout: Duration,
    /// All have to answer; each on a connection of its own, in order.
    pub urls: Vec<HttpUrl>,
    /// The name of the host that is asked for; otherwise host and port of the endpoint.
    pub host: Option<String>,
    /// How.
    pub version: HttpVersion,
    /// A longer body is a fail where a rule wants it; 1 MB.
    pub body_bytes_max: usize,
    /// HTTPS.
    #[cfg(feature = "tls")]
    pub tls: Option<TlsSpec>,
}

impl HttpSpec {
    /// HTTP/1.1 and no page yet.
    #[must_use]
    pub const fn new(endpoint: Endpoint, timeout: Duration) -> Self {
        Self {
            endpoint,
            timeout,
            urls: Vec::new(),
            host: None,
            version: HttpVersion::Http11,
            body_bytes_max: 1024 * 1024,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// One more page.
    #[must_use]
    pub fn url(mut self, url: HttpUrl) -> Self {
        self.urls.push(url);
        self
    }

    /// Of this host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// In this version.
    #[must_use]
    pub const fn version(mut self, version: HttpVersion) -> Self {
        self.version = version;
        self
    }

    /// Over TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: TlsSpec) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whether HTTPS is spoken.
    pub(super) const fn is_https(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }
}
