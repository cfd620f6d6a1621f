//! A check of a real server. What it does not say it has from the real server, then from the virtual server, then by
//! itself.

use std::time::Duration;

use super::Common;
use super::lines::{Lines, cleaned, first};
use super::real_server::Server;
use super::virtual_server::Above;
use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Scope;
use crate::model::{MiscCheck, Missing, ServerCheck, ServerLook, Sourced, Weight};
use crate::number;
use crate::read::Reader;
use crate::read::checker::Usual;
use crate::tree::Item;

const REAL: &str = "real_server";
const UNREADABLE: &str =
    "the check cannot be carried out as it is written, and its real server would be in service unchecked";
/// What a number of a file may count, in steps of weight.
const FACTOR_MAX: i128 = 254;

/// Defaults of a kind of check.
struct Kind {
    retry: u32,
    /// None: as `delay_loop`.
    delay_before_retry: Option<Duration>,
}

fn kind(word: &str) -> Kind {
    let second = Some(Duration::from_secs(1));
    let (retry, delay_before_retry) = match word {
        "HTTP_GET" | "SSL_GET" => (1, Some(Duration::from_secs(3))),
        "DNS_CHECK" => (3, None),
        "MISC_CHECK" => (0, second),
        _ => (1, second),
    };
    Kind {
        retry,
        delay_before_retry,
    }
}

impl Reader<'_> {
    /// One, or for an old `SMTP_CHECK` one for each of its hosts; none where it cannot be carried out, which bars.
    pub(super) fn server_checks(
        &mut self,
        block: &Item,
        server: &Server<'_>,
        above: &Above<'_>,
        common: &Common<'_>,
        missing: &mut Vec<Missing>,
    ) -> Vec<ServerCheck> {
        let Some(word) = block.keyword.map(|keyword| keyword.name) else {
            return Vec::new();
        };
        let cleaned = cleaned(block);
        let lines = Lines::all(&cleaned);
        let looks = match word {
            "BFD_CHECK" => {
                missing.push(barred(
                    word,
                    block,
                    "BFD is not built: the server would be in service unchecked",
                ));
                return Vec::new();
            }
            "MISC_CHECK" => self
                .misc(&lines, server, above)
                .map(ServerLook::Run)
                .into_iter()
                .collect(),
            "FILE_CHECK" => self.file_look(&lines).into_iter().collect(),
            _ => self.asked(&cleaned, word, server, above, common),
        };
        if looks.is_empty() {
            missing.push(barred(
                word,
                block,
                "it cannot be carried out as it is written: the server would be in service unchecked",
            ));
        }
        let timed = |look| timed(word, block, &lines, (server, above, common), look);
        looks.into_iter().map(timed).collect()
    }

    fn asked(
        &mut self,
        block: &Item,
        word: &'static str,
        server: &Server<'_>,
        above: &Above<'_>,
        common: &Common<'_>,
    ) -> Vec<ServerLook> {
        let hosts: Vec<&Item> = block
            .items()
            .filter(|line| word == "SMTP_CHECK" && line.keyword.is_some_and(|word| word.name == "host"))
            .collect();
        if hosts.is_empty() {
            return self
                .asked_at(block, block, server, above, common)
                .into_iter()
                .collect();
        }
        let at = |host: &&Item| self.asked_at(block, host, server, above, common);
        hosts.iter().filter_map(at).collect()
    }

    fn asked_at(
        &mut self,
        block: &Item,
        target: &Item,
        server: &Server<'_>,
        above: &Above<'_>,
        common: &Common<'_>,
    ) -> Option<ServerLook> {
        let seconds = [
            server
                .lines
                .seconds("connect_timeout")
                .map(|said| said.inherited(REAL)),
            above.seconds("connect_timeout"),
        ];
        let host = server
            .lines
            .text(&["virtualhost"])
            .map(|said| said.inherited(REAL));
        let port = match server.port {
            // The old block asks at the port of mail.
            _ if !std::ptr::eq(block, target) => Some(Sourced::implied(25, "host")),
            0 => None,
            port => Some(Sourced::implied(port, REAL)),
        };
        let verify = common
            .global
            .lvs
            .ssl_get_verify
            .map(|on| on.inherited("ssl_get_verify"));
        let usual = Usual {
            ip: Sourced::implied(server.ip, REAL),
            port,
            connect_timeout: first(seconds, Duration::from_secs(5)),
            host: host.or_else(|| above.text("virtualhost")),
            verify: verify.unwrap_or(Sourced::default(true)),
        };
        let before = self.findings.mark();
        let checker = self.checker_of_server(block, target, usual);
        if self.findings.of_a_check(before, UNREADABLE) {
            return None;
        }
        match checker {
            Some(checker) => Some(ServerLook::Ask(Box::new(checker))),
            None => {
                no_port(block, server, self.findings);
                Some(ServerLook::Never)
            }
        }
    }

    fn misc(&mut self, lines: &Lines<'_>, server: &Server<'_>, above: &Above<'_>) -> Option<MiscCheck> {
        let line = lines.last(&["misc_path"])?;
        // What is wrong with its quotes is said already.
        let mut said = Findings::default();
        let mut reader = Reader::new(&mut said, self.files);
        let (argv, _rest) = reader.command(line)?;
        let user = lines
            .last(&["user"])
            .and_then(|line| reader.user(line.arguments()));
        let timeout = lines
            .seconds("misc_timeout")
            .filter(|limit| !limit.value.is_zero());
        let delay_loop = delay_loop(lines, server, above);
        Some(MiscCheck {
            argv: Sourced::line(argv, line.argument()?.span),
            timeout: timeout.unwrap_or(Sourced::implied(delay_loop.value, "delay_loop")),
            dynamic: lines.flag("misc_dynamic"),
            user,
        })
    }

    fn file_look(&mut self, lines: &Lines) -> Option<ServerLook> {
        let track_file = lines.text(&["track_file"])?;
        let weight = lines.last(&["weight"]).and_then(|line| {
            let word = line.argument()?;
            let value = number::integer(word.bytes()).value;
            let factor = value.clamp(-FACTOR_MAX, FACTOR_MAX);
            if factor != value {
                let text = format!("a number of a file counts {FACTOR_MAX} times at most; found {value}");
                let found = Diagnostic::error("file-weight", word.span, text).silent();
                self.push(
                    found
                        .effect(format!("it counts {factor} times"))
                        .help("write smaller numbers into the file"),
                );
            }
            let reverse = line.arguments().get(1).is_some_and(|option| option.is("reverse"));
            let weight = Weight {
                value: i16::try_from(factor).ok()?,
                reverse,
            };
            Some(Sourced::line(weight, word.span))
        });
        Some(ServerLook::File { track_file, weight })
    }
}

fn delay_loop(lines: &Lines<'_>, server: &Server<'_>, above: &Above<'_>) -> Sourced<Duration> {
    let real = server
        .lines
        .seconds("delay_loop")
        .map(|said| said.inherited(REAL));
    let own = lines.seconds("delay_loop").or(real);
    own.unwrap_or(above.delay_loop.inherited("virtual_server"))
}

fn timed(
    word: &'static str,
    block: &Item,
    lines: &Lines<'_>,
    (server, above, common): (&Server<'_>, &Above<'_>, &Common<'_>),
    look: ServerLook,
) -> ServerCheck {
    let kind = kind(word);
    let delay_loop = delay_loop(lines, server, above);
    let seconds = |word| {
        let real = server
            .lines
            .seconds(word)
            .map(|said: Sourced<Duration>| said.inherited(REAL));
        lines.seconds(word).or(real).or_else(|| above.seconds(word))
    };
    let as_loop = || Sourced::implied(delay_loop.value, "delay_loop");
    let real_retry = server
        .lines
        .number("retry")
        .map(|said: Sourced<u32>| said.inherited(REAL));
    let retry = lines.number_of(&["retry", "nb_get_retry"]);
    let alpha = server.lines.switch("alpha").map(|said| said.inherited(REAL));
    let log = common
        .global
        .lvs
        .log_all_failures
        .inherited("checker_log_all_failures");
    ServerCheck {
        word,
        span: block.span,
        delay_loop,
        retry: first([retry, real_retry, above.number("retry")], kind.retry),
        delay_before_retry: seconds("delay_before_retry")
            .unwrap_or_else(|| kind.delay_before_retry.map_or_else(as_loop, Sourced::default)),
        warmup: seconds("warmup").unwrap_or_else(as_loop),
        alpha: match look {
            // keepalived: a file has a number at once.
            ServerLook::File { .. } => Sourced::default(false),
            _ => first([lines.switch("alpha"), alpha, above.flag("alpha")], false),
        },
        log_all_failures: lines.switch("log_all_failures").unwrap_or(log),
        look,
    }
}

fn no_port(block: &Item, server: &Server<'_>, findings: &mut Findings) {
    let text = format!(
        "{} of {}:{} has no port to ask",
        block.name(),
        server.ip,
        server.port
    );
    let found = Diagnostic::error("check-without-port", block.span, text).silent();
    findings.push(
        found
            .effect("the check cannot pass, and the server is never in service, as with keepalived")
            .help("add connect_port PORT, or write the port behind the address of the real server"),
    );
}

fn barred(word: &str, block: &Item, why: &str) -> Missing {
    Missing {
        word: word.to_owned(),
        span: block.span,
        scope: Scope::Daemon,
        why: why.to_owned(),
        allow_word: word.to_owned(),
    }
}
