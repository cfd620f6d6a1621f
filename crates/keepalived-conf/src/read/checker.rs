//! The checkers of a `vrrp_check` and of a real server: whom they ask, and what.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Checker, Question, Sourced};
use crate::tree::Item;

/// Words that a `vrrp_check` says by others.
const INSTEAD: &[(&str, &str)] = &[
    ("retry", "fall"),
    ("nb_get_retry", "fall"),
    ("delay_before_retry", "interval"),
    ("delay_loop", "interval"),
    ("alpha", "init_fail"),
];

/// What a checker of a real server asks where it does not say it itself.
pub(super) struct Usual {
    pub(super) ip: Sourced<IpAddr>,
    /// None: nobody says one.
    pub(super) port: Option<Sourced<u16>>,
    pub(super) connect_timeout: Sourced<Duration>,
    /// Of pages.
    pub(super) host: Option<Sourced<String>>,
    /// Of certificates.
    pub(super) verify: Sourced<bool>,
}

/// Whom a checker asks, before defaults.
#[derive(Default)]
struct Target {
    ip: Option<Sourced<IpAddr>>,
    port: Option<Sourced<u16>>,
    bind_to: Option<Sourced<IpAddr>>,
    bind_port: Option<Sourced<u16>>,
    interface: Option<Sourced<String>>,
    mark: Option<Sourced<u32>>,
    connect_timeout: Option<Sourced<Duration>>,
}

impl Reader<'_> {
    pub(super) fn checker(&mut self, block: &Item, timeout: Sourced<Duration>) -> Option<Checker> {
        let word = block.keyword?.name;
        let mut target = Target::default();
        for item in block.items() {
            self.target_word(item, &mut target);
            self.not_here(item);
        }
        let question = self.question(block, word)?;
        let usual = Usual {
            ip: Sourced::default(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: usual_port(&question).map(Sourced::default),
            connect_timeout: Sourced::implied(timeout.value, "timeout"),
            host: None,
            verify: Sourced::default(true),
        };
        if target.port.or(usual.port).is_none() {
            let text = format!("{word} does not say which port");
            let found = Diagnostic::error("check-without-port", block.span, text);
            self.push(found.help("add connect_port PORT"));
            return None;
        }
        made(block, target, usual, question)
    }

    /// A checker of a real server; its connection words may stand in a block of their own. None, and no finding, where there
    /// is no port to ask.
    pub(super) fn checker_of_server(&mut self, block: &Item, of: &Item, usual: Usual) -> Option<Checker> {
        let mut target = Target::default();
        for item in of.items() {
            self.target_word(item, &mut target);
        }
        // No check leaves from an address of the other family: the line is passed over, as by keepalived, which is reported.
        // SMTP_CHECK takes it there as it is, and fails.
        let ip = target.ip.unwrap_or(usual.ip).value;
        let is_usable = |source: &Sourced<IpAddr>| source.value.is_ipv4() == ip.is_ipv4();
        if block.keyword.is_some_and(|word| word.name != "SMTP_CHECK") {
            target.bind_to = target.bind_to.filter(is_usable);
        }
        let mut question = self.question(block, block.keyword?.name)?;
        if let Question::Http(http) = &mut question {
            http.host = http.host.take().or_else(|| usual.host.clone());
            if http.verify.span().is_none() {
                http.verify = usual.verify;
            }
        }
        made(block, target, usual, question)
    }

    fn target_word(&mut self, item: &Item, target: &mut Target) {
        let Some(name) = item.keyword.map(|keyword| keyword.name) else {
            return;
        };
        match name {
            "connect_ip" => target.ip = self.ip(item).or(target.ip),
            "connect_port" => target.port = self.port_of(item).or(target.port),
            "bindto" => target.bind_to = self.ip(item).or(target.bind_to),
            "bind_port" => target.bind_port = self.port_of(item).or(target.bind_port),
            "bind_if" => {
                let Some(word) = item.argument() else { return };
                self.surplus(item, 1);
                target.interface = self.interface(word).or(target.interface.take());
            }
            "fwmark" => {
                let mark = self.integer(item, Junk::Refused, 0, i64::from(u32::MAX));
                let mark = mark.map(|mark| mark.map(|mark| u32::try_from(mark).unwrap_or(0)));
                target.mark = mark.or(target.mark);
            }
            "connect_timeout" => {
                target.connect_timeout = self.positive_seconds(item).or(target.connect_timeout)
            }
            _ => {}
        }
    }

    /// Words of real servers in a `vrrp_check`.
    fn not_here(&mut self, item: &Item) {
        let Some(name) = item.keyword.map(|keyword| keyword.name) else {
            return;
        };
        match name {
            "warmup" | "log_all_failures" => self.elsewhere(
                item,
                "each vrrp_check begins at once, and each failure is shown by vrrpctl status",
                "remove the line",
            ),
            "host" => self.elsewhere(
                item,
                "it is the old place of the connection words",
                "write connect_ip and connect_port directly into SMTP_CHECK",
            ),
            _ => {
                if let Some((_, instead)) = INSTEAD.iter().find(|(word, _)| *word == name) {
                    let help = format!("write {instead} in the vrrp_check itself");
                    self.elsewhere(item, "it is a word of real servers", &help);
                }
            }
        }
    }

    fn elsewhere(&mut self, item: &Item, why: &str, help: &str) {
        let text = format!("{} is not for a vrrp_check: {why}", item.name());
        self.push(Diagnostic::error("not-in-a-check", item.span, text).help(help.to_owned()));
    }

    fn port_of(&mut self, item: &Item) -> Option<Sourced<u16>> {
        let read = self.integer(item, Junk::Refused, 1, i64::from(u16::MAX))?;
        Some(read.map(|port| u16::try_from(port).unwrap_or(0)))
    }

    fn question(&mut self, block: &Item, word: &str) -> Option<Question> {
        match word {
            "TCP_CHECK" => Some(Question::Tcp),
            "PING_CHECK" => Some(Question::Ping),
            "HTTP_GET" | "SSL_GET" => self.http(block, word == "SSL_GET").map(Question::Http),
            "SMTP_CHECK" => Some(self.smtp(block)),
            "DNS_CHECK" => Some(self.dns(block)),
            "UDP_CHECK" => Some(self.udp(block)),
            "SEND_EXPECT" => self.send_expect(block),
            "TLS_CHECK" => Some(self.tls(block)),
            "STUB_STATUS" => self.stub_status(block),
            _ => None,
        }
    }

    fn smtp(&mut self, block: &Item) -> Question {
        let mut helo = None;
        for item in block.items() {
            if item.keyword.is_some_and(|keyword| keyword.name == "helo_name") {
                helo = self.word_of(item).or(helo);
            }
        }
        let helo = helo.unwrap_or_else(|| Sourced::default("smtpchecker.keepalived.org".to_owned()));
        Question::Smtp { helo }
    }

    fn dns(&mut self, block: &Item) -> Question {
        let (mut record, mut name) = (None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("type") => record = self.record_type(item).or(record),
                Some("name") => name = self.word_of(item).or(name),
                _ => {}
            }
        }
        Question::Dns {
            record: record.unwrap_or_else(|| Sourced::default("SOA".to_owned())),
            name: name.unwrap_or_else(|| Sourced::default(".".to_owned())),
        }
    }

    fn record_type(&mut self, item: &Item) -> Option<Sourced<String>> {
        const TYPES: [&str; 7] = ["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA"];
        let read = self.word_of(item)?;
        let upper = read.value.to_ascii_uppercase();
        if TYPES.contains(&upper.as_str()) {
            return Some(read.map(|_| upper));
        }
        let text = format!("type is one of {}; found {:?}", TYPES.join(", "), read.value);
        let found = Diagnostic::error("bad-value", item.span, text);
        self.push(found.help("correct the record type"));
        None
    }

    /// The one word behind a keyword, as text.
    pub(super) fn word_of(&mut self, item: &Item) -> Option<Sourced<String>> {
        let Some(word) = item.argument() else {
            self.lacks_its_word(item);
            return None;
        };
        self.surplus(item, 1);
        self.text(word)
    }

    pub(super) fn lacks_its_word(&mut self, item: &Item) {
        let text = format!("{} lacks its argument", item.name());
        let found = Diagnostic::error("missing-argument", item.span, text);
        self.push(found.help("write it behind the word"));
    }

    /// What is wrong with a word, in a check.
    pub(super) fn wrong_in_check(&mut self, word: &Word, text: String, help: &'static str) {
        self.push(Diagnostic::error("bad-value", word.span, text).help(help));
    }
}

fn made(block: &Item, target: Target, usual: Usual, question: Question) -> Option<Checker> {
    let source = match (target.bind_to, target.bind_port) {
        (None, None) => Sourced::default((None, 0)),
        (ip, port) => {
            let span = ip.and_then(|ip| ip.span()).or_else(|| port?.span());
            let value = (ip.map(|ip| ip.value), port.map_or(0, |port| port.value));
            Sourced::line(value, span.unwrap_or(block.span))
        }
    };
    // An echo has none.
    let none = matches!(question, Question::Ping).then(|| Sourced::default(0));
    Some(Checker {
        word: block.keyword?.name,
        span: block.span,
        ip: target.ip.unwrap_or(usual.ip),
        port: target.port.or(none).or(usual.port)?,
        source,
        interface: target.interface,
        mark: target.mark.unwrap_or(Sourced::default(0)),
        connect_timeout: target.connect_timeout.unwrap_or(usual.connect_timeout),
        question,
    })
}

const fn usual_port(question: &Question) -> Option<u16> {
    match question {
        Question::Http(http) if http.tls => Some(443),
        Question::Tls { .. } => Some(443),
        Question::Http(_) | Question::StubStatus { .. } => Some(80),
        Question::Smtp { .. } => Some(25),
        Question::Dns { .. } => Some(53),
        Question::Ping => Some(0),
        Question::Tcp | Question::Udp { .. } | Question::SendExpect { .. } => None,
    }
}
