//! The probe: each page in turn.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::Empty;
#[cfg(feature = "http2")]
use hyper::Uri;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use hyper::{Method, Request, Version};
use tokio::time::{Instant, timeout};

use super::connection::{Page, Stream, http1};
use super::redirect::{is_redirect, on_this_server};
use super::spec::{HttpSpec, HttpUrl, HttpVersion};
#[cfg(feature = "http2")]
use super::version_2::http2;
use crate::endpoint::Dialer;
use crate::output::printable;
use crate::probe::{Outcome, Probe};
#[cfg(feature = "tls")]
use crate::tls::Client;

const AGENT: &str = concat!("vrrp-healthcheck/", env!("CARGO_PKG_VERSION"));

/// Asks a web server for its pages at every run. Passes when each is as it has to be; redirects are followed only where
/// [`HttpUrl::redirects_max`] says so (else a status of 300 to 399 is a status like any other). With HTTPS it warns before the certificate ends.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{BodyRule, Endpoint, HttpProbe, HttpSpec, HttpUrl, Probe, StubLimits};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limits = StubLimits { active_warn: Some(900), active_max: None };
/// let spec = HttpSpec::new(Endpoint::new("127.0.0.1", 1), Duration::from_secs(2))
///     .host("www.example.org")
///     .url(HttpUrl::new("/healthz").status(200..=204).body(BodyRule::Finds("ok".parse()?)))
///     .url(HttpUrl::new("/nginx_status").body(BodyRule::StubStatus(limits)));
/// let outcome = HttpProbe::new(spec).probe().await;
/// assert!(outcome.reason.contains("refused"), "{outcome:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HttpProbe {
    spec: HttpSpec,
    dialer: Dialer,
    /// One for each page, where it is HTTPS: each may be of another host.
    #[cfg(feature = "tls")]
    tls: Vec<Client>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// Its status, whatever it means.
    pub status: u16,
    /// All of its body, of at most `HttpSpec::body_bytes_max` octets.
    pub body: Vec<u8>,
}

/// What one page was: a warning, if any, and its body.
type Good = Option<String>;

#[cfg(feature = "tls")]
fn clients(spec: &HttpSpec) -> Vec<Client> {
    let Some(tls) = &spec.tls else {
        return Vec::new();
    };
    let protocols: &[&[u8]] = match spec.version {
        #[cfg(feature = "http2")]
        HttpVersion::Http2 => &[b"h2"],
        HttpVersion::Http10 | HttpVersion::Http11 => &[b"http/1.1"],
    };
    let client = |url: &HttpUrl| {
        let host = url.host.as_deref().or(spec.host.as_deref());
        Client::new(tls, protocols, host.unwrap_or(&spec.endpoint.host))
    };
    spec.urls.iter().map(client).collect()
}

impl HttpProbe {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(spec: HttpSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self {
            #[cfg(feature = "tls")]
            tls: clients(&spec),
            spec,
            dialer,
        }
    }

    async fn connect(&self, page: usize) -> Result<(Box<dyn Stream>, Good), String> {
        let (stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = self.tls.get(page) {
            let (stream, warning) = tls
                .handshake(stream)
                .await
                .map_err(|error| format!("{address}: {error}"))?;
            return Ok((Box::new(stream), warning));
        }
        #[cfg(not(feature = "tls"))]
        let _ = (address, page);
        Ok((Box::new(stream), None))
    }

    fn request(&self, url: &HttpUrl, path: &str) -> Result<Request<Empty<Bytes>>, String> {
        let endpoint = self.spec.endpoint.to_string();
        let host = url.host.as_ref().or(self.spec.host.as_ref()).unwrap_or(&endpoint);
        let wrong = |error: &dyn std::fmt::Display| format!("'{host}' and '{path}': {error}");
        let method = if url.head { Method::HEAD } else { Method::GET };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "*/*");
        let request = match self.spec.version {
            #[cfg(feature = "http2")]
            HttpVersion::Http2 => {
                let scheme = if self.spec.is_https() { "https" } else { "http" };
                let uri = Uri::builder()
                    .scheme(scheme)
                    .authority(host.as_str())
                    .path_and_query(path);
                let uri = uri.build().map_err(|error| wrong(&error))?;
                request.uri(uri).version(Version::HTTP_2)
            }
            HttpVersion::Http11 => request.header(HOST, host).header(CONNECTION, "close"),
            HttpVersion::Http10 => request.header(HOST, host).version(Version::HTTP_10),
        };
        request.body(Empty::new()).map_err(|error| wrong(&error))
    }

    /// Follows what leads to this server again.
    async fn get(&self, page: usize, url: &HttpUrl, wants_body: bool) -> Result<(Page, Good), String> {
        let mut path = url.path.clone();
        for _ in 0..=url.redirects_max {
            let (found, warning) = self.get_path(page, url, &path, wants_body).await?;
            match self.next(url, &path, &found) {
                Some(next) => path = next,
                None => return Ok((found, warning)),
            }
        }
        Err(format!(
            "more than {} redirects, the last to {path}",
            url.redirects_max
        ))
    }

    /// Where a redirect leads, if that is this server and redirects are followed.
    fn next(&self, url: &HttpUrl, path: &str, found: &Page) -> Option<String> {
        if url.redirects_max == 0 || !is_redirect(found.status) {
            return None;
        }
        let scheme = if self.spec.is_https() { "https" } else { "http" };
        let endpoint = self.spec.endpoint.to_string();
        let host = url.host.as_ref().or(self.spec.host.as_ref()).unwrap_or(&endpoint);
        let known = [host.as_str(), &endpoint, &self.spec.endpoint.host];
        on_this_server(found.location.as_deref()?, path, scheme, &known)
    }

    async fn get_path(
        &self,
        page: usize,
        url: &HttpUrl,
        path: &str,
        wants_body: bool,
    ) -> Result<(Page, Good), String> {
        let request = self.request(url, path)?;
        let (stream, warning) = self.connect(page).await?;
        let wanted = wants_body.then_some(self.spec.body_bytes_max);
        let page = match self.spec.version {
            #[cfg(feature = "http2")]
            HttpVersion::Http2 => http2(stream, request, wanted).await?,
            HttpVersion::Http10 | HttpVersion::Http11 => http1(stream, request, wanted).await?,
        };
        Ok((page, warning))
    }

    /// The first page as it comes, whatever its status, within the limit of one page: what `digest` is computed from (keepalived
    /// `genhash`).
    ///
    /// # Errors
    /// Why there is no whole answer, in words; no page is given.
    ///
    /// ```
    /// use std::time::Duration;
    /// use healthcheck::{Endpoint, HttpProbe, HttpSpec, HttpUrl};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let spec = HttpSpec::new(Endpoint::new("127.0.0.1", 1), Duration::from_secs(2)).url(HttpUrl::new("/"));
    /// let error = HttpProbe::new(spec).fetch().await.unwrap_err();
    /// assert!(error.contains("refused"), "{error}");
    /// # }
    /// ```
    pub async fn fetch(&self) -> Result<Fetched, String> {
        let url = self
            .spec
            .urls
            .first()
            .ok_or("no page is given; name one, for example /")?;
        let (page, _warning) = timeout(self.spec.timeout, self.get(0, url, true))
            .await
            .map_err(|_elapsed| format!("no whole answer within {:?}", self.spec.timeout))??;
        Ok(Fetched {
            status: page.status,
            body: page.body.to_vec(),
        })
    }

    /// The last page that was asked, for the result.
    async fn look(&self, took_from: Instant) -> Outcome {
        let mut warnings = Vec::new();
        let mut last = String::new();
        for (page, url) in self.spec.urls.iter().enumerate() {
            let path = &url.path;
            let got = match timeout(self.spec.timeout, self.get(page, url, !url.body.is_empty())).await {
                Ok(got) => got,
                Err(_elapsed) => Err(format!("no whole answer within {:?}", self.spec.timeout)),
            };
            let took = took_from.elapsed();
            let (page, warning) = match got {
                Ok(got) => got,
                Err(error) => return Outcome::fail(format!("{path}: {error}"), took),
            };
            match judge(url, &page) {
                Ok(more) => warnings.extend(more.into_iter().chain(warning)),
                Err(error) => {
                    return Outcome::fail(format!("{path}: {error}"), took).with_output(&page.body);
                }
            }
            last = format!("{path}: {}", page.status);
        }
        let took = took_from.elapsed();
        warnings.dedup();
        match (self.spec.urls.len(), warnings.is_empty()) {
            (0, _) => Outcome::fail("no page is given; name one, for example /", took),
            (1, true) => Outcome::pass(last, took),
            (count, true) => Outcome::pass(format!("{count} pages, the last {last}"), took),
            (_, false) => Outcome::degraded(warnings.join("; "), took),
        }
    }
}

fn judge(url: &HttpUrl, page: &Page) -> Result<Vec<String>, String> {
    let Page {
        status,
        location,
        body,
    } = page;
    if url.redirects_max > 0 && url.body.is_empty() && is_redirect(*status) && location.is_some() {
        let to = printable(location.as_deref().unwrap_or_default().as_bytes());
        return Ok(vec![format!(
            "{status} to '{to}', which says nothing about this server"
        )]);
    }
    if !url.is_good(*status) {
        return Err(match location {
            Some(to) => format!(
                "{status} to '{}'; redirects are not followed",
                printable(to.as_bytes())
            ),
            None => format!("status {status}"),
        });
    }
    let mut warnings = Vec::new();
    for rule in &url.body {
        warnings.extend(rule.judge(body).map_err(|error| format!("{status}, {error}"))?);
    }
    Ok(warnings)
}

impl Probe for HttpProbe {
    fn name(&self) -> String {
        let scheme = if self.spec.is_https() { "https" } else { "http" };
        let paths: Vec<&str> = self.spec.urls.iter().map(|url| url.path.as_str()).collect();
        format!("{scheme}://{} {}", self.dialer.endpoint(), paths.join(" "))
    }

    fn limit(&self) -> Duration {
        let pages = u32::try_from(self.spec.urls.len()).unwrap_or(u32::MAX);
        self.spec
            .timeout
            .saturating_mul(pages)
            .saturating_add(Duration::from_secs(1))
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        self.look(Instant::now()).boxed()
    }
}
