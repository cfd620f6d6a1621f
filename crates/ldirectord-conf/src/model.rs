//! What the file means: values in exact units, each with where it came from.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

pub use keepalived_conf::Family;
use keepalived_conf::{Secret, Sourced, Span};

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Directives in column one that are no defaults for virtual servers.
    pub global: Global,
    /// In the order of the file, with those that an error drops.
    pub virtuals: Vec<Virtual>,
}

/// What concerns the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// From one check to the next.
    pub check_interval: Sourced<Duration>,
    /// A changed file is loaded by itself.
    pub auto_reload: Sourced<bool>,
    /// Run with the file's path when the file has changed.
    pub callback: Option<Sourced<String>>,
    /// A file here that is named for a server takes that server out.
    pub maintenance_dir: Option<Sourced<String>>,
    /// The kernel's table is taken out at a stop.
    pub clean_stop: Sourced<bool>,
}

/// One `virtual` or `virtual6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Virtual {
    /// As written behind the `=`.
    pub name: String,
    /// Its line.
    pub span: Span,
    /// No error drops it; else a diagnostic says why it is not carried out.
    pub usable: bool,
    /// What clients ask.
    pub listens: Listens,
    /// Of the clients.
    pub family: Family,
    /// Transport.
    pub protocol: Sourced<Protocol>,
    /// Scheduler and persistence.
    pub scheduling: Scheduling,
    /// In the order of the file, ranges written out; no two are the same.
    pub reals: Vec<Real>,
    /// Who serves when no real server is up.
    pub fallback: Option<Sourced<Fallback>>,
    /// Run with `start` or `stop`, the virtual server and its protocol.
    pub fallback_command: Option<Sourced<String>>,
    /// A server that is down stays with weight 0.
    pub quiescent: Sourced<bool>,
    /// How real servers are checked.
    pub check: Check,
    /// Mail.
    pub alert: Option<Alert>,
}

/// What clients ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listens {
    /// An address and a port.
    At(IpAddr, u16),
    /// A firewall mark.
    Mark(NonZeroU32),
}

/// Transport protocol of a virtual server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
    /// `fwm`: whatever has the mark.
    Mark,
}

impl Protocol {
    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Mark => "fwm",
        }
    }
}

/// What the kernel does with new connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// The scheduler's name.
    pub scheduler: Sourced<String>,
    /// Its flags, as written.
    pub flags: Vec<Sourced<String>>,
    /// Seconds.
    pub persistent: Option<Sourced<u32>>,
    /// Which clients are one.
    pub netmask: Option<Sourced<Netmask>>,
    /// Each datagram by itself.
    pub one_packet: Sourced<bool>,
}

/// Which bits of a client's address count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Netmask {
    /// Of IPv4.
    V4(Ipv4Addr),
    /// Of IPv6: 1 to 128 bits.
    V6(u8),
}

/// One real server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Real {
    /// Its line.
    pub span: Span,
    /// The name that it has in the file, where it is written by one.
    pub host: Option<String>,
    /// Its address.
    pub address: IpAddr,
    /// 0 where none is written.
    pub port: u16,
    /// How packets get there.
    pub forwarding: Forwarding,
    /// 0 to 65535.
    pub weight: Sourced<u32>,
    /// A `request` of its own.
    pub request: Option<Sourced<String>>,
    /// A `receive` of its own.
    pub receive: Option<Sourced<String>>,
    /// Connections below which it gets new ones again; 0: no limit.
    pub lower_connections: Sourced<u32>,
    /// Connections from which on it gets no new ones; 0: no limit.
    pub upper_connections: Sourced<u32>,
}

/// How packets get to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// `gate`: direct routing.
    Gate,
    /// `masq`: NAT.
    Masq,
    /// `ipip`: a tunnel.
    Ipip,
}

/// Who serves when no real server is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// Its address.
    pub address: IpAddr,
    /// 0: that of the virtual server.
    pub port: u16,
    /// How packets get there.
    pub forwarding: Forwarding,
}

/// How real servers are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is done.
    pub kind: Sourced<CheckType>,
    /// What negotiate speaks.
    pub service: Sourced<Service>,
    /// The program of `external`.
    pub command: Option<Sourced<String>>,
    /// The port that is checked.
    pub port: Option<Sourced<u16>>,
    /// What is asked for.
    pub request: Option<Sourced<String>>,
    /// A pattern that the answer must have.
    pub receive: Option<Sourced<String>>,
    /// The host that an HTTP check asks for.
    pub virtual_host: Option<Sourced<String>>,
    /// HTTP's HEAD instead of GET.
    pub head: Sourced<bool>,
    /// Who logs in.
    pub login: Option<Sourced<String>>,
    /// The password of `login`.
    pub password: Option<Sourced<Secret>>,
    /// The database of a check of SQL.
    pub database: Option<Sourced<String>>,
    /// The shared secret of RADIUS.
    pub secret: Option<Sourced<Secret>>,
    /// Certificates are verified.
    pub verify: Sourced<bool>,
    /// Limit of connect, ping and external.
    pub timeout: Sourced<Duration>,
    /// Limit of negotiate.
    pub negotiate_timeout: Sourced<Duration>,
    /// Failures in a row before a server that is pinged is down.
    pub count: Sourced<u32>,
    /// Failures in a row before a server is down.
    pub failures: Sourced<u32>,
}

/// `checktype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckType {
    /// A connection; an echo where the service is UDP.
    Connect,
    /// What [`Service`] says.
    Negotiate,
    /// An echo.
    Ping,
    /// A program.
    External,
    /// A program in Perl: run as any other.
    ExternalPerl,
    /// No real server serves, and no fallback.
    Off,
    /// All real servers serve.
    On,
    /// Negotiate first, and again after so many good connections.
    Every(NonZeroU32),
}

macro_rules! services {
    ($($(#[$of:meta])* $name:ident $word:literal $port:expr;)*) => {
        /// What a negotiate check speaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Service { $($(#[$of])* $name,)* }

        impl Service {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The virtual port for which it is the default.
            #[must_use]
            pub const fn port(self) -> Option<u16> {
                match self { $(Self::$name => $port,)* }
            }
        }
    };
}

services! {
    /// DNS.
    Dns "dns" Some(53);
    /// FTP.
    Ftp "ftp" Some(21);
    /// HTTP.
    Http "http" Some(80);
    /// HTTP over TLS.
    Https "https" Some(443);
    /// A page through a proxy.
    HttpProxy "http_proxy" Some(3128);
    /// IMAP.
    Imap "imap" Some(143);
    /// IMAP over TLS.
    Imaps "imaps" Some(993);
    /// LDAP.
    Ldap "ldap" Some(389);
    /// LDAP over TLS.
    Ldaps "ldaps" Some(636);
    /// `MySQL` or `MariaDB`.
    Mysql "mysql" Some(3306);
    /// News.
    Nntp "nntp" Some(119);
    /// Nothing: real servers are not checked.
    None "none" None;
    /// Oracle.
    Oracle "oracle" Some(1521);
    /// `PostgreSQL`.
    Pgsql "pgsql" Some(5432);
    /// POP3.
    Pop "pop" Some(110);
    /// POP3 over TLS.
    Pops "pops" Some(995);
    /// RADIUS.
    Radius "radius" Some(1812);
    /// Octets of one's own.
    SimpleTcp "simpletcp" None;
    /// SIP.
    Sip "sip" Some(5060);
    /// SMTP.
    Smtp "smtp" Some(25);
    /// SMTP for those who send mail.
    Submission "submission" Some(587);
}

impl Service {
    /// The service of that name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|service| service.word() == word)
    }

    /// The default for a virtual port.
    #[must_use]
    pub fn of_port(port: u16) -> Self {
        let wanted = |service: &Self| service.port() == Some(port);
        Self::ALL.iter().copied().find(wanted).unwrap_or(Self::None)
    }
}

/// Mail about real servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who gets it; one at least.
    pub to: Sourced<Vec<String>>,
    /// Who sends it.
    pub from: Option<Sourced<String>>,
    /// Between repeated mails; zero: none are repeated.
    pub repeat: Sourced<Duration>,
    /// In which states it is sent.
    pub states: Sourced<States>,
    /// The mail server.
    pub smtp: Option<Sourced<String>>,
}

/// In which states of the daemon mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States {
    /// While it starts.
    pub starting: bool,
    /// While it runs.
    pub running: bool,
    /// While it stops.
    pub stopping: bool,
    /// While it reloads.
    pub reloading: bool,
}

impl States {
    /// All of them.
    pub const ALL: Self = Self {
        starting: true,
        running: true,
        stopping: true,
        reloading: true,
    };
    /// None of them.
    pub const NONE: Self = Self {
        starting: false,
        running: false,
        stopping: false,
        reloading: false,
    };
}
