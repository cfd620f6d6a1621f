//! The table of directives: the only list of them.

/// Where a directive may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In column one.
    Global,
    /// Indented, below a `virtual`.
    Virtual,
    /// Both: a virtual server's goes before the global one.
    Both,
    /// In column one; below a `virtual` it has no effect, and a warning says so.
    File,
}

impl Scope {
    pub(crate) const fn is_global(self) -> bool {
        matches!(self, Self::Global | Self::Both | Self::File)
    }
}

/// One directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// Its default in words; empty: none.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Why nothing is lost by it that is not carried out; `None`: it is.
    pub no_effect: Option<&'static str>,
}

const fn of(name: &'static str, scope: Scope, default: &'static str, about: &'static str) -> Directive {
    Directive {
        name,
        scope,
        default,
        about,
        no_effect: None,
    }
}

const fn idle(name: &'static str, scope: Scope, default: &'static str, why: &'static str) -> Directive {
    Directive {
        name,
        scope,
        default,
        about: why,
        no_effect: Some(why),
    }
}

use Scope::{Both, File, Global, Virtual};

const TABLE: &[Directive] = &[
    of(
        "virtual",
        Virtual,
        "",
        "begins a virtual server: address:port of IPv4, or a firewall mark",
    ),
    of("virtual6", Virtual, "", "begins a virtual server of IPv6"),
    of(
        "real",
        Virtual,
        "weight 1",
        "real servers: address or range, port, gate, masq or ipip, weight, request and receive of their own, thresholds",
    ),
    of("real6", Virtual, "weight 1", "a real server of IPv6"),
    of(
        "checktype",
        Virtual,
        "negotiate",
        "connect, negotiate, ping, external, external-perl, on, off, or N: negotiate, then N connects",
    ),
    of("service", Virtual, "by the virtual port", "what negotiate speaks"),
    of(
        "checkcommand",
        Virtual,
        "/bin/true",
        "the program of checktype external",
    ),
    of(
        "checkport",
        Virtual,
        "the real server's port",
        "the port that is checked",
    ),
    of("request", Virtual, "/", "what is asked for"),
    of(
        "receive",
        Virtual,
        "anything",
        "a pattern that the answer must have",
    ),
    of("httpmethod", Virtual, "GET", "GET or HEAD"),
    of("virtualhost", Virtual, "", "the host that an HTTP check asks for"),
    of("login", Virtual, "anonymous for ftp", "who logs in"),
    of("passwd", Virtual, "", "the password of login"),
    of("database", Virtual, "", "the database of a check of SQL"),
    of("secret", Virtual, "", "the shared secret of RADIUS"),
    of("scheduler", Virtual, "wrr", "the kernel's scheduler"),
    of("schedflags", Virtual, "", "flags of the scheduler"),
    of(
        "persistent",
        Virtual,
        "",
        "seconds for which a client stays with its server",
    ),
    of(
        "netmask",
        Virtual,
        "each client",
        "clients that are one for persistent",
    ),
    of(
        "protocol",
        Virtual,
        "tcp; udp for port 53; fwm for a mark",
        "tcp, udp or fwm",
    ),
    of("ops", Virtual, "no", "each datagram is scheduled by itself"),
    of(
        "verify",
        Both,
        "yes",
        "vrrpd's own: certificates are verified; ldirectord refuses a file that has this word",
    ),
    of(
        "checktimeout",
        Both,
        "5 s",
        "limit of connect, ping and external checks",
    ),
    of("negotiatetimeout", Both, "30 s", "limit of negotiate checks"),
    of("checkinterval", File, "10 s", "from one check to the next"),
    of(
        "checkcount",
        Both,
        "1",
        "failures in a row before a server that is pinged is down",
    ),
    of(
        "failurecount",
        Both,
        "1",
        "failures in a row before a server is down",
    ),
    of(
        "quiescent",
        Both,
        "no",
        "a server that is down stays with weight 0",
    ),
    of("cleanstop", File, "yes", "the table is taken out at a stop"),
    of("fallback", Both, "", "who serves when no real server is up"),
    of("fallback6", Both, "", "the same for IPv6"),
    of(
        "fallbackcommand",
        Both,
        "",
        "run with start or stop, the virtual server and its protocol",
    ),
    of("emailalert", Both, "", "who gets mail"),
    of("emailalertfrom", Both, "", "who sends it"),
    of(
        "emailalertfreq",
        Both,
        "0",
        "seconds between repeated mails: vrrpd sends each once, and warns where this is not 0",
    ),
    of(
        "emailalertstatus",
        Both,
        "all",
        "in which states mail is sent: vrrpd sends it in running, and warns where that is missing",
    ),
    of("smtp", Both, "", "the mail server"),
    of("autoreload", Global, "no", "a changed file is loaded by itself"),
    of(
        "callback",
        Global,
        "",
        "run with the file's path when the file has changed",
    ),
    of(
        "maintenancedir",
        Global,
        "",
        "a file here that is named for a server takes it out",
    ),
    idle(
        "readdquiescent",
        Both,
        "no",
        "a server that is missing in the kernel's table is put back by every audit",
    ),
    idle("fork", Global, "no", "all checks run beside each other anyway"),
    idle("supervised", Global, "no", "vrrpd runs in the foreground anyway"),
    idle("execute", Global, "", "another file needs a vrrpd of its own"),
    idle(
        "logfile",
        Global,
        "",
        "vrrpd's log goes where its own command line says",
    ),
    idle(
        "monitorfile",
        Virtual,
        "",
        "each result of a check is in the journal of vrrpd",
    ),
    idle(
        "servicename",
        Virtual,
        "",
        "the virtual server is named by its address",
    ),
    idle("comment", Virtual, "", "it is for people"),
];

/// All of them.
#[must_use]
pub const fn directives() -> &'static [Directive] {
    TABLE
}

pub(crate) fn find(name: &str) -> Option<&'static Directive> {
    TABLE.iter().find(|directive| directive.name == name)
}

/// The one that was probably meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = TABLE.iter().map(|directive| directive.name).collect();
    keepalived_conf::nearest(name, &names)
}
