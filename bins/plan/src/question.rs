//! What a check asks by itself: the checkers of `vrrp_check`, without the places where they stand, so that two plans compare.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use keepalived_conf as conf;

/// A checker, whom it asks and how it gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The keyword of its block: `HTTP_GET`.
    pub word: &'static str,
    /// Whom.
    pub ip: IpAddr,
    /// Its port; 0 for an echo.
    pub port: u16,
    /// The address to come from.
    pub source: Option<IpAddr>,
    /// The port to come from; 0: the kernel's choice.
    pub source_port: u16,
    /// Only through this interface.
    pub interface: Option<String>,
    /// The mark of the packets; 0: none.
    pub mark: u32,
    /// Limit of the connection.
    pub connect_timeout: Duration,
    /// What is asked.
    pub asks: Asks,
}

/// What is asked, and what must come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// A connection.
    Tcp,
    /// Pages, all of them.
    Http(Http),
    /// Greeting, HELO, QUIT.
    Smtp {
        /// The name in HELO.
        helo: String,
    },
    /// An answer without an error.
    Dns {
        /// A, NS, CNAME, SOA, MX, TXT or AAAA.
        record: String,
        /// The name asked for.
        name: String,
    },
    /// An echo.
    Ping,
    /// A datagram.
    Udp {
        /// What is sent.
        payload: Vec<u8>,
        /// What must come back, as bits that count and their values; none: nothing need come, only no error.
        reply: Option<Vec<(u8, u8)>>,
        /// Least and greatest length of the answer.
        reply_octets: (u16, u16),
    },
    /// A TLS handshake.
    Tls {
        /// The certificate must be one that this machine trusts.
        verify: bool,
        /// The name that is asked for.
        server_name: Option<String>,
    },
    /// nginx's page of numbers.
    StubStatus {
        /// Its path.
        path: String,
        /// The host asked for.
        host: Option<String>,
        /// More active connections are a warning.
        active_warn: Option<u32>,
        /// More are a failure.
        active_max: Option<u32>,
    },
    /// Records of a name, and what one of them must be.
    DnsAnswer {
        /// A, AAAA or PTR.
        record: String,
        /// The name asked for.
        name: String,
        /// A pattern that one record must fit, written as text; none: any record.
        pattern: Option<String>,
    },
    /// Sentences in turn.
    Dialogue(Dialogue),
    /// A file.
    Ftp(Ftp),
    /// The options of a user of SIP.
    Sip {
        /// By UDP; else by TCP.
        udp: bool,
        /// `user@host`.
        user: String,
    },
    /// Whether a user of RADIUS gets in.
    Radius(Radius),
    /// A row of a server of SQL.
    Sql(Sql),
    /// A few octets.
    SendExpect {
        /// What is sent; empty: the service speaks first.
        send: Vec<u8>,
        /// What must be in what comes back.
        expect: Vec<u8>,
    },
}

/// A conversation over TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialogue {
    /// Over TLS from the first octet on.
    pub tls: Option<Tls>,
    /// In order. None: a connection is enough.
    pub turns: Vec<Turn>,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate must be one that this machine trusts.
    pub verify: bool,
    /// The name that must be in it; none: the server's address.
    pub server_name: Option<String>,
}

/// A file by FTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Ftp {
    /// Who logs in.
    pub login: String,
    /// With what.
    pub password: String,
    /// The file.
    pub path: String,
    /// What must be in it.
    pub pattern: Option<String>,
}

/// A user of RADIUS.
#[derive(Clone, PartialEq, Eq)]
pub struct Radius {
    /// Who wants in.
    pub user: String,
    /// With what.
    pub password: String,
    /// What server and client share.
    pub secret: String,
}

/// Whose protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlServer {
    /// `MySQL` and `MariaDB`.
    Mysql,
    /// `PostgreSQL`.
    Postgresql,
}

/// A request to a server of SQL, of which the answer must have a row.
#[derive(Clone, PartialEq, Eq)]
pub struct Sql {
    /// How it is spoken to.
    pub server: SqlServer,
    /// Who logs in.
    pub login: String,
    /// With what; empty: without a password.
    pub password: String,
    /// Of which database.
    pub database: Option<String>,
    /// What is asked.
    pub request: String,
    /// How TLS is spoken where the server wants it.
    pub tls: Tls,
}

/// Without its password.
impl std::fmt::Debug for Sql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sql")
            .field("server", &self.server)
            .field("login", &self.login)
            .field("database", &self.database)
            .field("request", &self.request)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Without its password.
impl std::fmt::Debug for Ftp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            login, path, pattern, ..
        } = self;
        f.debug_struct("Ftp")
            .field("login", login)
            .field("path", path)
            .field("pattern", pattern)
            .finish_non_exhaustive()
    }
}

/// Without password and secret.
impl std::fmt::Debug for Radius {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Radius")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// One sentence.
#[derive(Clone, PartialEq, Eq)]
pub enum Turn {
    /// Is said.
    Say(Vec<u8>),
    /// Must be heard.
    Hear(Hear),
}

/// What must be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hear {
    /// A line in which a pattern is found.
    Line(String),
    /// A pattern, anywhere in what comes.
    Finds(String),
    /// A reply of SMTP with this code.
    Smtp(u16),
    /// A message of LDAP with this tag of its operation, in which a pattern is found.
    Ldap {
        /// Of the operation.
        tag: u8,
        /// The pattern.
        pattern: String,
    },
    /// The line that begins with a tag, in which a pattern is found; other lines pass (IMAP).
    Tagged {
        /// The tag.
        tag: String,
        /// The pattern.
        pattern: String,
    },
}

impl Turn {
    pub(crate) fn say(text: &str) -> Self {
        Self::Say(text.as_bytes().to_vec())
    }

    pub(crate) fn line(pattern: &str) -> Self {
        Self::Hear(Hear::Line(pattern.to_owned()))
    }
}

/// Without what is said: passwords are.
impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Say(octets) => write!(f, "Say({} octets)", octets.len()),
            Self::Hear(hear) => f.debug_tuple("Hear").field(hear).finish(),
        }
    }
}

/// Pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Over TLS.
    pub tls: bool,
    /// The certificate must be one that this machine trusts.
    pub verify: bool,
    /// The name in the TLS greeting; none: the host of each page.
    pub server_name: Option<String>,
    /// A file with authorities that are trusted beside those of this machine (keepalived `SSL`).
    pub authorities: Option<PathBuf>,
    /// Files with the certificate and the key that are shown to a server that asks for one (keepalived `SSL`).
    pub client: Option<(PathBuf, PathBuf)>,
    /// A digest of what stands in these files, taken where the plan was made for a machine: a reload begins the check anew when
    /// they were renewed under the same names. None: there are no such files, or nobody has looked.
    pub contents: Option<u64>,
    /// How it is asked.
    pub version: conf::HttpVersion,
    /// One or more.
    pub pages: Vec<Page>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path.
    pub path: String,
    /// The host asked for.
    pub host: Option<String>,
    /// Only its head is asked for.
    pub head: bool,
    /// So many redirects are followed, on this server only; one that leads elsewhere is a warning, or a failure where the
    /// body must have something. 0: a redirect is a status like any other.
    pub redirects_max: u8,
    /// Ranges of status codes that are good.
    pub statuses: Vec<(u16, u16)>,
    /// MD5 of the body, in lower case.
    pub digest: Option<String>,
    /// A pattern, and whether the body must not have it.
    pub pattern: Option<(String, bool)>,
}

impl Question {
    pub(crate) fn of(checker: &conf::Checker) -> Self {
        let (source, source_port) = checker.source.value;
        Self {
            word: checker.word,
            ip: checker.ip.value,
            port: checker.port.value,
            source,
            source_port,
            interface: checker.interface.as_ref().map(|name| name.value.clone()),
            mark: checker.mark.value,
            connect_timeout: checker.connect_timeout.value,
            asks: asks(&checker.question),
        }
    }
}

fn asks(question: &conf::Question) -> Asks {
    match question {
        conf::Question::Tcp => Asks::Tcp,
        conf::Question::Http(http) => Asks::Http(of_http(http)),
        conf::Question::Smtp { helo } => Asks::Smtp {
            helo: helo.value.clone(),
        },
        conf::Question::Dns { record, name } => Asks::Dns {
            record: record.value.clone(),
            name: name.value.clone(),
        },
        conf::Question::Ping => Asks::Ping,
        conf::Question::Udp {
            payload,
            reply,
            reply_min,
            reply_max,
        } => Asks::Udp {
            payload: payload
                .as_ref()
                .map_or_else(Vec::new, |octets| octets.value.clone()),
            reply: reply.as_ref().map(|reply| {
                let pair = |octet: &conf::Nibbles| (octet.mask, octet.value);
                reply.value.iter().map(pair).collect()
            }),
            reply_octets: (reply_min.value, reply_max.value),
        },
        conf::Question::Tls { verify, server_name } => Asks::Tls {
            verify: verify.value,
            server_name: server_name.as_ref().map(|name| name.value.clone()),
        },
        conf::Question::StubStatus {
            path,
            host,
            active_warn,
            active_max,
        } => Asks::StubStatus {
            path: path.value.clone(),
            host: host.as_ref().map(|host| host.value.clone()),
            active_warn: active_warn.as_ref().map(|count| count.value),
            active_max: active_max.as_ref().map(|count| count.value),
        },
        conf::Question::SendExpect { send, expect } => Asks::SendExpect {
            send: send.as_ref().map_or_else(Vec::new, |octets| octets.value.clone()),
            expect: expect.value.clone(),
        },
    }
}

fn of_http(http: &conf::Http) -> Http {
    let text = |value: &Option<conf::Sourced<String>>| value.as_ref().map(|text| text.value.clone());
    let page = |url: &conf::Url| Page {
        path: url.path.value.clone(),
        host: text(&url.host).or_else(|| text(&http.host)),
        head: false,
        redirects_max: 0,
        statuses: url.statuses.value.clone(),
        digest: text(&url.digest),
        pattern: text(&url.regex).map(|pattern| (pattern, url.regex_no_match)),
    };
    Http {
        tls: http.tls,
        verify: http.verify.value,
        server_name: text(&http.server_name),
        authorities: None,
        client: None,
        contents: None,
        version: http.version.value,
        pages: http.urls.iter().map(page).collect(),
    }
}
