//! A webhook: JSON by HTTP POST.

mod body;
mod call;
mod secrets;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Authority;
use zeroize::Zeroizing;

use crate::courier::{Attempt, Courier, Reached};
use crate::lane::Job;
use crate::patience::Patience;
use secrets::Secrets;

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(60);

/// What cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The text is not shown: it may hold a secret.
    #[error("its url is none: {0}")]
    Url(&'static str),
    /// The text is not shown.
    #[error("its authorization holds something that no header can hold")]
    Authorization,
    /// Anybody on the way could read it.
    #[error(
        "its authorization is not sent without TLS; write https://, or http:// to this machine's own addresses"
    )]
    AuthorizationInClear,
    /// The build lacks it.
    #[error("an https url needs a vrrpd that was built with its feature tls")]
    NoTls,
}

/// What is called, and how.
#[derive(Clone)]
pub struct Webhook {
    url: Uri,
    host: String,
    port: u16,
    tls: bool,
    authorization: Option<HeaderValue>,
    secrets: Secrets,
    /// This node to whoever is called (keepalived `router_id`).
    pub node: String,
    /// Trusted besides this machine's certificates, in DER.
    pub trusted: Vec<Vec<u8>>,
    /// Limit of one try as a whole.
    pub timeout: Duration,
    /// When a try is repeated.
    pub patience: Patience,
}

impl Webhook {
    /// Calls `url`, for `node`: 5 s, 5 retries.
    ///
    /// # Errors
    /// It is no `http` or `https` URL, or needs what this build lacks.
    pub fn new(url: &str, node: &str) -> Result<Self, WebhookError> {
        let parsed: Uri = url
            .parse()
            .map_err(|_| WebhookError::Url("write https://HOST/PATH"))?;
        let tls = match parsed.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(WebhookError::Url("it begins with http:// or https://")),
        };
        if tls && !cfg!(feature = "tls") {
            return Err(WebhookError::NoTls);
        }
        let authority = parsed.authority().ok_or(WebhookError::Url("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(WebhookError::Url("who calls stands in authorization"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(WebhookError::Url("it names no host"));
        }
        Ok(Self {
            host: host.to_owned(),
            port: port(authority, tls)?,
            secrets: Secrets::of_url(&parsed),
            url: parsed,
            tls,
            authorization: None,
            node: node.to_owned(),
            trusted: Vec::new(),
            timeout: Duration::from_secs(5),
            patience: Self::patience_of(5),
        })
    }

    /// So many tries after the first one: after 1, 2, 4 … 60 s, each shortened by up to a half.
    #[must_use]
    pub const fn patience_of(retries: u32) -> Patience {
        Patience {
            retries,
            first: Duration::from_secs(1),
            longest: LONGEST,
            jitter: true,
        }
    }

    /// With this as its `Authorization`.
    ///
    /// # Errors
    /// No header can hold it, or it would go in the clear to another machine.
    pub fn authorized(mut self, value: &Zeroizing<String>) -> Result<Self, WebhookError> {
        if !self.tls && !self.loops_back() {
            return Err(WebhookError::AuthorizationInClear);
        }
        let shown = value;
        let mut value = HeaderValue::from_str(shown.as_str()).map_err(|_| WebhookError::Authorization)?;
        self.secrets.add_authorization(shown);
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    fn loops_back(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        address.map_or(self.host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
    }
}

/// The one that is written, never another in its place; that of the scheme where none is.
fn port(authority: &Authority, tls: bool) -> Result<u16, WebhookError> {
    let Some(written) = authority.as_str().strip_prefix(authority.host()) else {
        return Err(WebhookError::Url("it names no host"));
    };
    if written.is_empty() {
        return Ok(if tls { 443 } else { 80 });
    }
    let port = written.strip_prefix(':').and_then(|port| port.parse().ok());
    port.filter(|port| *port != 0)
        .ok_or(WebhookError::Url("its port is none: 1 to 65535"))
}

/// Its path and query are left out: with many services they are the secret.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.to())
    }
}

impl Courier for Webhook {
    fn to(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        match self.url.authority() {
            Some(authority) => format!("{scheme}://{authority}"),
            None => scheme.to_owned(),
        }
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    fn attempt<'a>(&'a self, job: &'a Job, _reached: &'a mut Reached) -> BoxFuture<'a, Attempt> {
        call::attempt(self, job).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_none_is_refused_and_not_shown() {
        for url in [
            "",
            "example.com",
            "ftp://example.com/",
            "https:///x",
            "https://u:p@example.com/",
            "http://a b",
            "http://127.0.0.1:99999/x",
            "http://127.0.0.1:0/x",
            "http://127.0.0.1:/x",
            "http://[::1]:65536/x",
        ] {
            let error = Webhook::new(url, "n").unwrap_err().to_string();
            assert!(url.is_empty() || !error.contains(url), "{error}");
        }
    }

    #[test]
    fn a_port_that_is_written_is_called() {
        for (url, port) in [
            ("http://h/", 80),
            ("http://h:65535/", 65535),
            ("http://[::1]:81/", 81),
            ("http://[::1]/", 80),
        ] {
            assert_eq!(Webhook::new(url, "n").unwrap().port, port, "{url}");
        }
    }

    #[test]
    fn what_may_be_secret_is_never_printed() {
        let token = Zeroizing::new("Bearer sesame".to_owned());
        let hook = Webhook::new("http://127.0.0.1:81/services/T0/B0/secret?k=v", "n").unwrap();
        let hook = hook.authorized(&token).unwrap();
        assert_eq!(hook.to(), "http://127.0.0.1:81");
        assert_eq!(format!("{hook:?}"), "Webhook(http://127.0.0.1:81)");
        let bad = Zeroizing::new("a\nb".to_owned());
        assert_eq!(hook.authorized(&bad).unwrap_err(), WebhookError::Authorization);
    }

    #[test]
    fn an_authorization_goes_in_the_clear_only_to_this_machine() {
        let token = Zeroizing::new("Bearer sesame".to_owned());
        let done = |url| {
            let hook = Webhook::new(url, "n").unwrap().authorized(&token);
            hook.map(drop)
        };
        for url in ["http://127.9.9.9/x", "http://[::1]:81/", "http://LocalHost:81"] {
            assert_eq!(done(url), Ok(()), "{url}");
        }
        for url in [
            "http://192.0.2.1/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
        ] {
            assert_eq!(done(url), Err(WebhookError::AuthorizationInClear), "{url}");
        }
    }
}
