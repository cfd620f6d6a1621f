//! What a real server follows. One that several virtual servers have, and that is checked in the same way, is checked once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ldirectord_conf::{Check, CheckType, Listens, Protocol, Real, Service, Virtual};

use super::{CannotBe, Lowering, command};
use crate::balance::{Look, ServerCheck};
use crate::question::{Asks, Question};

/// checkcommand's default.
const TRUE: &str = "/bin/true";

impl Lowering<'_> {
    /// The names of checks.
    pub(super) fn checks(&mut self, read: &Virtual, real: &Real) -> Result<Vec<String>, CannotBe> {
        let mut names = Vec::new();
        if let Some(directory) = self.maintenance() {
            let at = place_of(real);
            names.push(self.check(
                read,
                real,
                format!("maintenance {at}"),
                Look::Unless(files(&directory, real)),
            ));
        }
        if let Some((name, look)) = self.look(read, real)? {
            names.push(self.check(read, real, name, look));
        }
        Ok(names)
    }

    fn look(&self, read: &Virtual, real: &Real) -> Result<Option<(String, Look)>, CannotBe> {
        let check = &read.check;
        let at = place_of(real);
        Ok(match check.kind.value {
            // Always in: it follows nothing.
            CheckType::On => None,
            CheckType::Off => Some((format!("off {at}"), Look::Always(false))),
            CheckType::Ping => Some(asked(ping(real, check.timeout.value), &at)),
            CheckType::Connect => Some(asked(connect(read, real), &at)),
            CheckType::External | CheckType::ExternalPerl => Some(external(read, real)),
            CheckType::Negotiate if check.service.value == Service::None => None,
            CheckType::Every(_) if check.service.value == Service::None => {
                Some(asked(connect(read, real), &at))
            }
            CheckType::Negotiate => Some(asked(self.negotiate(read, real)?, &at)),
            CheckType::Every(times) => {
                let first = Box::new(self.negotiate(read, real)?);
                let between = Box::new(connect(read, real));
                let name = format!("{} {at}, then {times} of {}", first.word, between.word);
                let times = times.get();
                Some((
                    name,
                    Look::Alternate {
                        first,
                        between,
                        times,
                    },
                ))
            }
        })
    }

    /// The name of a check that does this: one that is there, or a new one.
    fn check(&mut self, read: &Virtual, real: &Real, name: String, look: Look) -> String {
        let Check {
            failures,
            count,
            timeout,
            negotiate_timeout,
            kind,
            ..
        } = &read.check;
        let of_ping = if kind.value == CheckType::Ping {
            count.value
        } else {
            1
        };
        let negotiates = matches!(kind.value, CheckType::Negotiate | CheckType::Every(_));
        // Each question has a limit of its own too.
        let timeout = if negotiates {
            negotiate_timeout.value.max(timeout.value)
        } else {
            timeout.value
        };
        // Whoever puts a file there means it.
        let failures = match look {
            Look::Unless(_) => 1,
            _ => failures.value.saturating_mul(of_ping),
        };
        let interval = self.config.global.check_interval.value;
        let mut wanted = ServerCheck {
            name,
            place: self.place(real.span),
            look,
            interval,
            timeout,
            retries: failures.saturating_sub(1),
            retry_after: interval,
            warmup: Duration::ZERO,
            log_all_failures: false,
        };
        let checks = Arc::make_mut(&mut self.lowered.balance.checks);
        let title = wanted.name.clone();
        let mut number = 1_u32;
        // The same title with another limit or another text to look for is another check.
        while let Some(before) = self.known.get(&wanted.name).and_then(|index| checks.get(*index)) {
            if *before == wanted {
                return wanted.name;
            }
            number = number.saturating_add(1);
            wanted.name = format!("{title} ({number})");
        }
        let name = wanted.name.clone();
        self.known.insert(name.clone(), checks.len());
        checks.push(wanted);
        name
    }
}

fn asked(question: Question, at: &str) -> (String, Look) {
    let more = match &question.asks {
        Asks::Http(http) => http.pages.first().map(|page| format!(" {}", page.path)),
        _ => None,
    };
    let name = match question.asks {
        Asks::Ping => format!("ping {}", question.ip),
        _ if question.port == 0 => format!("{} {at}", question.word),
        _ => {
            let at = std::net::SocketAddr::new(question.ip, question.port);
            format!("{} {at}{}", question.word, more.unwrap_or_default())
        }
    };
    (name, Look::Ask(Box::new(question)))
}

fn place_of(real: &Real) -> String {
    std::net::SocketAddr::new(real.address, real.port).to_string()
}

/// The port that is checked; 0 where nobody has said which.
pub(super) fn port(read: &Virtual, real: &Real) -> u16 {
    let virtual_port = match read.listens {
        Listens::At(_, port) => port,
        Listens::Mark(_) => 0,
    };
    let written = read.check.port.as_ref().map_or(real.port, |port| port.value);
    [written, virtual_port]
        .into_iter()
        .find(|port| *port != 0)
        .or_else(|| read.check.service.value.port())
        .unwrap_or(0)
}

pub(super) fn question(real: &Real, port: u16, word: &'static str, limit: Duration, asks: Asks) -> Question {
    Question {
        word,
        ip: real.address,
        port,
        source: None,
        source_port: 0,
        interface: None,
        mark: 0,
        connect_timeout: limit,
        asks,
    }
}

fn ping(real: &Real, limit: Duration) -> Question {
    question(real, 0, "ping", limit, Asks::Ping)
}

/// A service of UDP takes no connections: there it is an echo.
fn connect(read: &Virtual, real: &Real) -> Question {
    let limit = read.check.timeout.value;
    match read.protocol.value {
        Protocol::Udp => ping(real, limit),
        Protocol::Tcp | Protocol::Mark => question(real, port(read, real), "connect", limit, Asks::Tcp),
    }
}

/// It is told the virtual address and port, and the real ones; of a mark the mark, and port 0.
fn external(read: &Virtual, real: &Real) -> (String, Look) {
    let (ip, virtual_port) = match read.listens {
        Listens::At(address, port) => (address.to_string(), port),
        Listens::Mark(mark) => (mark.to_string(), 0),
    };
    let line = read
        .check
        .command
        .as_ref()
        .map_or(TRUE, |line| line.value.as_str());
    let real_port = match real.port {
        0 => virtual_port,
        port => port,
    };
    let at = [
        ip,
        virtual_port.to_string(),
        real.address.to_string(),
        real_port.to_string(),
    ];
    let name = format!("external {} {}", read.name, place_of(real));
    let look = Look::Run {
        command: command(line, at),
        sets_weight: false,
    };
    (name, look)
}

/// Address or name, each with or without the port; of a name also its first part.
fn files(directory: &std::path::Path, real: &Real) -> Vec<PathBuf> {
    let address = match real.address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    };
    let short = real.host.as_ref().and_then(|host| host.split('.').next());
    let names = [Some(address.as_str()), real.host.as_deref(), short];
    let mut files: Vec<PathBuf> = Vec::new();
    for name in names.into_iter().flatten() {
        for file in [format!("{name}:{}", real.port), name.to_owned()] {
            let path = directory.join(file);
            if !files.contains(&path) {
                files.push(path);
            }
        }
    }
    files
}
