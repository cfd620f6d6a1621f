//! What a `vrrp_check` asks: keepalived's checkers of real servers, and some of our own.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::Sourced;
use crate::source::Span;

/// One checker block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checker {
    /// The keyword of its block.
    pub word: &'static str,
    /// The header of its block.
    pub span: Span,
    /// `connect_ip`, default 127.0.0.1.
    pub ip: Sourced<IpAddr>,
    /// `connect_port`; the default is that of the protocol. 0 for `PING_CHECK`, which has none.
    pub port: Sourced<u16>,
    /// `bindto`, `bind_port`: source of the packets.
    pub source: Sourced<(Option<IpAddr>, u16)>,
    /// `bind_if`.
    pub interface: Option<Sourced<String>>,
    /// `fwmark` of the packets; 0 is none.
    pub mark: Sourced<u32>,
    /// `connect_timeout`, default that of a run.
    pub connect_timeout: Sourced<Duration>,
    /// What is asked, and what must come back.
    pub question: Question,
}

/// What a checker asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Question {
    /// `TCP_CHECK`: a connection is accepted.
    Tcp,
    /// `HTTP_GET`, `SSL_GET`.
    Http(Http),
    /// `SMTP_CHECK`: greeting, HELO, QUIT.
    Smtp {
        /// `helo_name`.
        helo: Sourced<String>,
    },
    /// `DNS_CHECK`: an answer without an error.
    Dns {
        /// `type`: A, NS, CNAME, SOA, MX, TXT or AAAA; default SOA.
        record: Sourced<String>,
        /// `name`, default the root.
        name: Sourced<String>,
    },
    /// `PING_CHECK`: an echo.
    Ping,
    /// `UDP_CHECK`.
    Udp {
        /// `payload`.
        payload: Option<Sourced<Vec<u8>>>,
        /// `require_reply`: none: only an ICMP error is a failure; empty: any answer.
        reply: Option<Sourced<Vec<Nibbles>>>,
        /// `min_reply_length`, default 0.
        reply_min: Sourced<u16>,
        /// `max_reply_length`, default 255.
        reply_max: Sourced<u16>,
    },
    /// `TLS_CHECK`, of our own: a handshake.
    Tls {
        /// `verify`, default on.
        verify: Sourced<bool>,
        /// `sni_name`, default the address.
        server_name: Option<Sourced<String>>,
    },
    /// `STUB_STATUS`, of our own: nginx's page of that name.
    StubStatus {
        /// `path`.
        path: Sourced<String>,
        /// `virtualhost`, default the address.
        host: Option<Sourced<String>>,
        /// `active_warn`: more active connections are a warning.
        active_warn: Option<Sourced<u32>>,
        /// `active_max`: more are a failure.
        active_max: Option<Sourced<u32>>,
    },
    /// `SEND_EXPECT`, of our own.
    SendExpect {
        /// `send`, its escapes resolved; none: the service speaks first.
        send: Option<Sourced<Vec<u8>>>,
        /// `expect`: somewhere in what comes back.
        expect: Sourced<Vec<u8>>,
    },
}

/// An octet of which either half may be anything: `3x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Nibbles {
    /// The bits that count.
    pub mask: u8,
    /// What they must be.
    pub value: u8,
}

/// `HTTP_GET`, `SSL_GET`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Http {
    /// `SSL_GET`.
    pub tls: bool,
    /// `verify`, of our own: the certificate must be one that this machine trusts. Default on (keepalived never does).
    pub verify: Sourced<bool>,
    /// `virtualhost` of all urls; default the address.
    pub host: Option<Sourced<String>>,
    /// `sni_name`; default the host of each page.
    pub server_name: Option<Sourced<String>>,
    /// `http_protocol`, default 1.0.
    pub version: Sourced<HttpVersion>,
    /// `url`, one or more; all must be well.
    pub urls: Vec<Url>,
}

/// `http_protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum HttpVersion {
    /// `1.0`.
    #[serde(rename = "1.0")]
    V1_0,
    /// `1.0C`: 1.0, and the connection is to be closed.
    #[serde(rename = "1.0C")]
    V1_0Close,
    /// `1.1`.
    #[serde(rename = "1.1")]
    V1_1,
    /// `2`, which keepalived does not know.
    #[serde(rename = "2")]
    V2,
}

/// `url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Url {
    /// The header of its block.
    pub span: Span,
    /// `path`.
    pub path: Sourced<String>,
    /// `status_code`: ranges that are good; 200 to 299 if there is no digest.
    pub statuses: Sourced<Vec<(u16, u16)>>,
    /// `digest`: MD5 of the body, 32 hexadecimal digits in lower case.
    pub digest: Option<Sourced<String>>,
    /// `virtualhost` of this url.
    pub host: Option<Sourced<String>>,
    /// `regex`.
    pub regex: Option<Sourced<String>>,
    /// `regex_no_match`: what it must not match.
    pub regex_no_match: bool,
}
