//! `vrrp_webhook`. Of our own.

use std::time::Duration;

use serde::Serialize;

use super::{Secret, Sourced};
use crate::source::Span;

/// `vrrp_webhook`: who is told of changes of state by HTTP.
///
/// ```
/// use keepalived_conf::{MemoryFiles, parse};
/// let text = "vrrp_webhook pager {\n url https://hooks.example.com/vrrp\n authorization file:/etc/token\n}\n";
/// let files = MemoryFiles::new([("k.conf", text), ("/etc/token", "Bearer sesame\n")]);
/// let parsed = parse(&files, "k.conf");
/// let hook = &parsed.config.webhooks[0];
/// assert_eq!(hook.url.value.reveal().as_str(), "https://hooks.example.com/vrrp");
/// assert_eq!(hook.authorization.as_ref().unwrap().value.reveal().as_str(), "Bearer sesame");
/// assert!(!format!("{:?}", parsed.config).contains("sesame"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// `url`: with many services it is the secret.
    pub url: Sourced<Secret>,
    /// `authorization`: the value of that header.
    pub authorization: Option<Sourced<Secret>>,
    /// `timeout` of one try, default 5 s.
    pub timeout: Sourced<Duration>,
    /// `retries`, default 5.
    pub retries: Sourced<u32>,
    /// `only`: names of instances and sync groups; empty: all.
    pub only: Vec<Sourced<String>>,
}

impl Webhook {
    /// What of the URL may be shown: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let url = self.url.value.reveal();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}")
    }
}
