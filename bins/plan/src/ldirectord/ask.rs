//! What negotiate asks: a service -> a question.

use std::net::IpAddr;
use std::time::Duration;

use keepalived_conf::{HttpVersion, Sourced};
use ldirectord_conf::{Real, Service, Virtual};

use super::checks::{port, question};
use super::{CannotBe, Lowering};
use crate::question::{Asks, Http, Page, Question};

/// As ldirectord's library does it.
const REDIRECTS_MAX: u8 = 7;

/// What a real server is asked for: its own text, or the virtual server's.
pub(super) fn request<'r>(read: &'r Virtual, real: &'r Real) -> Option<&'r Sourced<String>> {
    real.request.as_ref().or(read.check.request.as_ref())
}

/// The pattern that the answer must have; an empty one is none.
pub(super) fn receive<'r>(read: &'r Virtual, real: &'r Real) -> Option<&'r Sourced<String>> {
    let receive = real.receive.as_ref().or(read.check.receive.as_ref());
    receive.filter(|receive| !receive.value.is_empty())
}

impl Lowering<'_> {
    pub(super) fn negotiate(&self, read: &Virtual, real: &Real) -> Result<Question, CannotBe> {
        let check = &read.check;
        let limit = check.negotiate_timeout.value;
        let service = check.service.value;
        let asks = match service {
            Service::Http | Service::Https => return self.http(read, real, limit),
            Service::HttpProxy => return self.proxy(read, real, limit),
            Service::Dns => dns(read, real)?,
            _ => self.dialogue(read, real)?,
        };
        Ok(question(real, port(read, real), service.word(), limit, asks))
    }

    fn http(&self, read: &Virtual, real: &Real, limit: Duration) -> Result<Question, CannotBe> {
        let word = read.check.service.value.word();
        let said = request(read, real).map_or("", |request| request.value.as_str());
        let mut asked = question(real, port(read, real), word, limit, Asks::Tcp);
        let mut tls = read.check.service.value == Service::Https;
        let mut host = None;
        let path = match url(said) {
            None => slashed(said),
            Some(url) => {
                tls = url.tls;
                asked.ip = url.host.parse::<IpAddr>().map_err(|_| {
                    let message = format!(
                        "'{}' is a name, and the server that is asked is given by its address",
                        url.host
                    );
                    cannot(
                        read,
                        real,
                        message,
                        "write its address there, and virtualhost = NAME",
                    )
                })?;
                asked.port = url.port.unwrap_or(if tls { 443 } else { 80 });
                host = Some(url.host.to_owned());
                slashed(url.path)
            }
        };
        let virtual_host = read.check.virtual_host.as_ref();
        // As with ldirectord: a host without a port, whatever the port is.
        let host = virtual_host.map(|host| host.value.clone()).or(host);
        let host = host.unwrap_or_else(|| asked.ip.to_string());
        let host = if host.contains(':') && !host.starts_with('[') && host.parse::<IpAddr>().is_ok() {
            format!("[{host}]")
        } else {
            host
        };
        asked.asks = Asks::Http(self.pages(read, real, tls, path, Some(host)));
        Ok(asked)
    }

    /// A proxy is asked for the whole address of a page.
    fn proxy(&self, read: &Virtual, real: &Real, limit: Duration) -> Result<Question, CannotBe> {
        let said = request(read, real).map_or("", |request| request.value.as_str());
        let Some(parts) = url(said).filter(|url| !url.tls) else {
            let message = "a proxy is asked for a page by its whole address, and request has none".to_owned();
            return Err(cannot(
                read,
                real,
                message,
                "write request = \"http://HOST/PATH\"",
            ));
        };
        let host = Some(parts.authority.to_owned());
        let pages = self.pages(read, real, false, said.to_owned(), host);
        let word = read.check.service.value.word();
        Ok(question(real, port(read, real), word, limit, Asks::Http(pages)))
    }

    fn pages(&self, read: &Virtual, real: &Real, tls: bool, path: String, host: Option<String>) -> Http {
        let pattern = receive(read, real).map(|receive| (receive.value.clone(), false));
        Http {
            tls,
            verify: self.verifies(read),
            server_name: None,
            authorities: None,
            client: None,
            contents: None,
            version: HttpVersion::V1_1,
            pages: vec![Page {
                path,
                host,
                head: read.check.head.value,
                redirects_max: REDIRECTS_MAX,
                statuses: vec![(200, 299)],
                digest: None,
                pattern,
            }],
        }
    }

    /// The file's word, else the operator's.
    pub(super) fn verifies(&self, read: &Virtual) -> bool {
        let verify = &read.check.verify;
        if verify.span().is_some() {
            verify.value
        } else {
            self.settings.verify
        }
    }
}

/// The name of a record, or an address; what the answer must have.
fn dns(read: &Virtual, real: &Real) -> Result<Asks, CannotBe> {
    let Some(name) = request(read, real).filter(|request| !request.value.is_empty()) else {
        let message = "a name server is checked by a question, and there is no request".to_owned();
        return Err(cannot(read, real, message, "write request = \"NAME\""));
    };
    let name = &name.value;
    let (record, name) = match name.parse::<IpAddr>() {
        Ok(address) => ("PTR", reverse(address)),
        Err(_) => ("A", name.clone()),
    };
    Ok(Asks::DnsAnswer {
        record: record.to_owned(),
        name,
        pattern: receive(read, real).map(|receive| receive.value.clone()),
    })
}

/// The name under which an address is looked up.
fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev();
            let parts: Vec<String> = nibbles
                .flat_map(|octet| [octet & 0xf, octet >> 4])
                .map(|nibble| format!("{nibble:x}"))
                .collect();
            format!("{}.ip6.arpa", parts.join("."))
        }
    }
}

pub(super) fn cannot(read: &Virtual, real: &Real, message: String, help: &str) -> CannotBe {
    let own = real.request.as_ref().or(read.check.request.as_ref());
    let span = own.and_then(Sourced::span).or_else(|| read.check.service.span());
    CannotBe {
        code: "cannot-check",
        span: span.unwrap_or(read.span),
        message,
        help: help.to_owned(),
    }
}

fn slashed(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

struct Url<'t> {
    tls: bool,
    /// Host and port as written.
    authority: &'t str,
    host: &'t str,
    port: Option<u16>,
    path: &'t str,
}

fn url(text: &str) -> Option<Url<'_>> {
    let (tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let (host, port) = match authority.strip_prefix('[') {
        Some(inside) => {
            let (host, behind) = inside.split_once(']')?;
            (host, behind.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    Some(Url {
        tls,
        authority,
        host,
        port,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_looked_up_by_its_parts_backwards() {
        let name = |text: &str| text.parse().map(reverse);
        assert_eq!(name("192.0.2.7"), Ok("7.2.0.192.in-addr.arpa".to_owned()));
        let six = "8.b.d.0.1.0.0.2.ip6.arpa";
        assert!(name("2001:db8::1").is_ok_and(|name| name.starts_with("1.0.0.0.") && name.ends_with(six)));
    }

    #[test]
    fn a_url_has_parts() {
        let parts = |text| url(text).map(|url| (url.tls, url.host, url.port, url.path));
        assert_eq!(
            parts("http://192.0.2.1:8080/x?y"),
            Some((false, "192.0.2.1", Some(8080), "/x?y"))
        );
        assert_eq!(
            parts("https://[2001:db8::1]"),
            Some((true, "2001:db8::1", None, "/"))
        );
        assert_eq!(parts("http://h:99999/"), None);
        assert_eq!(parts("index.html"), None);
    }
}
