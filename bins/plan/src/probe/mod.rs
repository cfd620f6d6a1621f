//! A check's probe, ready to be run.

mod talks;

use std::path::PathBuf;
use std::time::Duration;

use healthcheck::{
    AbsentProbe, BodyRule, Endpoint, ExchangeProbe, ExchangeSpec, Expect, HexPattern, HttpProbe, HttpSpec,
    HttpUrl, HttpVersion, PingProbe, PingSpec, Probe, Reply, ScriptProbe, StubLimits, UdpProbe, UdpSpec,
};
use keepalived_conf as conf;

use crate::machine::spec;
use crate::plan::{Check, What};
use crate::question::{Asks, Http, Page, Question};

/// The probe of a check. Looks users up: not for the router loop. Whoever runs one that is told by an application makes it by
/// [`healthcheck::push`], and keeps the end by which it is told: this one hears nothing.
///
/// # Errors
/// Why it cannot be made, in words.
pub fn probe(check: &Check) -> Result<Box<dyn Probe>, String> {
    match &check.what {
        What::Run(command) => Ok(Box::new(ScriptProbe::new(spec(command, check.timeout)?))),
        What::Ask(question) => ask(question, check.timeout),
        What::Hear(push) => Ok(Box::new(healthcheck::push(push.ttl).1)),
    }
}

/// What asks this question, within this time. keepalived's `connect_timeout` is the limit of each of its steps, the
/// connection and the answer; here of all together.
///
/// # Errors
/// Why it cannot be made, in words.
pub fn ask(question: &Question, timeout: Duration) -> Result<Box<dyn Probe>, String> {
    let limit = timeout.min(question.connect_timeout);
    let endpoint = endpoint(question);
    Ok(match &question.asks {
        Asks::Tcp => {
            let what = "TCP connection".to_owned();
            let spec = ExchangeSpec::new(endpoint, limit);
            Box::new(ExchangeProbe::new(ExchangeSpec { what, ..spec }))
        }
        Asks::Http(http) => Box::new(HttpProbe::new(pages(http, endpoint, limit)?)),
        Asks::Smtp { helo } => Box::new(ExchangeProbe::new(ExchangeSpec::smtp(endpoint, limit, helo))),
        Asks::Udp {
            payload,
            reply,
            reply_octets: (least, most),
        } => {
            let reply = match reply.as_deref() {
                None => Reply::NotNeeded,
                Some([]) => Reply::Any,
                Some(octets) => Reply::Like {
                    pattern: HexPattern::new(&digits(octets)).map_err(|error| error.to_string())?,
                    bytes_min: usize::from(*least),
                    bytes_max: usize::from(*most),
                },
            };
            Box::new(UdpProbe::new(UdpSpec {
                endpoint,
                timeout: limit,
                payload: payload.clone(),
                reply,
            }))
        }
        Asks::SendExpect { send, expect } => {
            let mut spec = ExchangeSpec::new(endpoint, limit);
            if !send.is_empty() {
                spec = spec.send(send.clone());
            }
            let wanted = Expect::contains(expect).map_err(|error| error.to_string())?;
            Box::new(ExchangeProbe::new(spec.expect(wanted)))
        }
        Asks::Tls { verify, server_name } => return tls(endpoint, limit, *verify, server_name.as_ref()),
        Asks::StubStatus {
            path,
            host,
            active_warn,
            active_max,
        } => {
            let limits = StubLimits {
                active_warn: active_warn.map(u64::from),
                active_max: active_max.map(u64::from),
            };
            let mut url = HttpUrl::new(path).body(BodyRule::StubStatus(limits));
            url.host.clone_from(host);
            Box::new(HttpProbe::new(HttpSpec::new(endpoint, limit).url(url)))
        }
        Asks::DnsAnswer { .. }
        | Asks::Dialogue(_)
        | Asks::Ftp(_)
        | Asks::Sip { .. }
        | Asks::Radius(_)
        | Asks::Sql(_) => {
            return talks::ask(question, endpoint, limit);
        }
        Asks::Dns { record, name } => return dns(endpoint, limit, record, name),
        Asks::Ping => Box::new(PingProbe::new(PingSpec {
            source: endpoint.source,
            interface: endpoint.interface,
            ..PingSpec::new(endpoint.host, limit)
        })),
    })
}

/// What is down while one of these files is there.
#[must_use]
pub fn unless(paths: &[PathBuf]) -> Box<dyn Probe> {
    Box::new(AbsentProbe::new(paths))
}

#[cfg(feature = "dns")]
fn dns(endpoint: Endpoint, limit: Duration, record: &str, name: &str) -> Result<Box<dyn Probe>, String> {
    let spec = healthcheck::DnsSpec::new(endpoint, limit, record, name).map_err(|error| error.to_string())?;
    Ok(Box::new(healthcheck::DnsProbe::new(spec)))
}

#[cfg(not(feature = "dns"))]
fn dns(_endpoint: Endpoint, _limit: Duration, _record: &str, _name: &str) -> Result<Box<dyn Probe>, String> {
    Err("DNS_CHECK needs a vrrpd that was built with its feature dns".to_owned())
}

fn endpoint(question: &Question) -> Endpoint {
    Endpoint {
        host: question.ip.to_string(),
        port: question.port,
        source: question.source,
        source_port: question.source_port,
        interface: question.interface.clone(),
        mark: question.mark,
    }
}

fn pages(http: &Http, endpoint: Endpoint, limit: Duration) -> Result<HttpSpec, String> {
    let mut spec = HttpSpec::new(endpoint, limit).version(version(http.version)?);
    for page in &http.pages {
        spec = spec.url(url(page)?);
    }
    if http.tls { over_tls(spec, http) } else { Ok(spec) }
}

fn version(version: conf::HttpVersion) -> Result<HttpVersion, String> {
    match version {
        conf::HttpVersion::V1_0 | conf::HttpVersion::V1_0Close => Ok(HttpVersion::Http10),
        conf::HttpVersion::V1_1 => Ok(HttpVersion::Http11),
        #[cfg(feature = "http2")]
        conf::HttpVersion::V2 => Ok(HttpVersion::Http2),
        #[cfg(not(feature = "http2"))]
        conf::HttpVersion::V2 => {
            Err("http_protocol 2 needs a vrrpd that was built with its feature http2".to_owned())
        }
    }
}

#[cfg(feature = "tls")]
fn tls(
    endpoint: Endpoint,
    limit: Duration,
    verify: bool,
    server_name: Option<&String>,
) -> Result<Box<dyn Probe>, String> {
    let mut tls = how(verify)?;
    tls.server_name = server_name.cloned();
    Ok(Box::new(healthcheck::TlsProbe::new(endpoint, limit, &tls)))
}

#[cfg(not(feature = "tls"))]
fn tls(
    _endpoint: Endpoint,
    _limit: Duration,
    _verify: bool,
    _server_name: Option<&String>,
) -> Result<Box<dyn Probe>, String> {
    Err("TLS_CHECK needs a vrrpd that was built with its feature tls".to_owned())
}

#[cfg(feature = "tls")]
fn how(verify: bool) -> Result<healthcheck::TlsSpec, String> {
    if verify {
        crate::tls::verified()
    } else {
        Ok(crate::tls::unverified())
    }
}

#[cfg(feature = "tls")]
fn over_tls(spec: HttpSpec, http: &Http) -> Result<HttpSpec, String> {
    let mut tls = match http.authorities.as_deref().filter(|_| http.verify) {
        Some(authorities) => crate::tls::verified_by(authorities, http.contents)?,
        None => how(http.verify)?,
    };
    tls.server_name.clone_from(&http.server_name);
    if let Some((certificate, key)) = &http.client {
        tls.client = Some(crate::tls::identity(certificate, key, http.contents)?);
    }
    Ok(spec.tls(tls))
}

#[cfg(not(feature = "tls"))]
fn over_tls(_spec: HttpSpec, _http: &Http) -> Result<HttpSpec, String> {
    Err("SSL_GET needs a vrrpd that was built with its feature tls".to_owned())
}

fn url(page: &Page) -> Result<HttpUrl, String> {
    let mut url = HttpUrl::new(&page.path);
    url.host.clone_from(&page.host);
    url.head = page.head;
    url.redirects_max = page.redirects_max;
    for (first, last) in &page.statuses {
        url = url.status(*first..=*last);
    }
    if let Some(digest) = &page.digest {
        url = url.body(BodyRule::md5(digest).map_err(|error| error.to_string())?);
    }
    if let Some((pattern, must_not)) = &page.pattern {
        let rule = if *must_not {
            BodyRule::finds_not(pattern)
        } else {
            BodyRule::finds(pattern)
        };
        url = url.body(rule.map_err(|error| format!("regex {pattern:?}: {error}"))?);
    }
    Ok(url)
}

/// As `require_reply` has it.
fn digits(octets: &[(u8, u8)]) -> String {
    let digit = |mask: u8, value: u8| match mask & 0xf {
        0 => 'X',
        _ => char::from_digit(u32::from(value & 0xf), 16).unwrap_or('X'),
    };
    let pair = |(mask, value): &(u8, u8)| [digit(mask >> 4, value >> 4), digit(*mask, *value)];
    octets.iter().flat_map(pair).collect()
}
