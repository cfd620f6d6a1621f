//! How real servers are checked.

use std::num::NonZeroU32;
use std::time::Duration;

use keepalived_conf::{Secret, Sourced};

use super::{Defaults, Given, Reader, or_default};
use crate::line::Directive;
use crate::model::{Check, CheckType, Listens, Service};

/// The defaults of `checktimeout` and `negotiatetimeout`.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
const NEGOTIATE_TIMEOUT: Duration = Duration::from_secs(30);

/// No file means more.
pub(super) const FAILURES_MAX: u32 = 1_000_000;

const CHECK_TYPES: [&str; 7] = [
    "connect",
    "negotiate",
    "ping",
    "external",
    "external-perl",
    "on",
    "off",
];

impl Reader<'_> {
    pub(super) fn check(&mut self, given: &Given<'_>, file: &Defaults<'_>, listens: Listens) -> Check {
        let kind = given
            .get("checktype")
            .and_then(|directive| self.check_type(directive));
        let service = given.get("service").and_then(|directive| self.service(directive));
        let secret = |text: Sourced<String>| text.map(Secret::from);
        let mut text = |name| given.get(name).and_then(|directive| self.text(directive));
        let (request, receive) = (text("request"), text("receive"));
        let (login, database) = (text("login"), text("database"));
        let (password, shared) = (text("passwd").map(secret), text("secret").map(secret));
        let virtual_host = text("virtualhost");
        let command = (given.get("checkcommand")).and_then(|directive| self.command(directive));
        let head = given
            .get("httpmethod")
            .and_then(|directive| self.is_head(directive));
        let port = (given.get("checkport")).and_then(|directive| self.number(directive, 1..=65_535));
        let port = port.map(|port| port.map(|number| u16::try_from(number).unwrap_or(u16::MAX)));
        let (timeout, negotiate_timeout) = self.timeouts(given, file);
        let verify = self.either(given, file, "verify", Self::yes_no);
        Check {
            kind: or_default(kind, CheckType::Negotiate),
            service: service.unwrap_or_else(|| by_port(listens)),
            command,
            port,
            request,
            receive,
            virtual_host,
            head: or_default(head, false),
            login,
            password,
            database,
            secret: shared,
            verify: or_default(verify, true),
            timeout,
            negotiate_timeout,
            count: self.count(given, file, "checkcount"),
            failures: self.count(given, file, "failurecount"),
        }
    }

    /// Each follows the other before it follows its default: the virtual server's two first, then the file's.
    fn timeouts(&mut self, given: &Given<'_>, file: &Defaults<'_>) -> (Sourced<Duration>, Sourced<Duration>) {
        let [own_check, own_negotiate] =
            ["checktimeout", "negotiatetimeout"].map(|name| given.get(name).and_then(|d| self.seconds(d, 1)));
        let [file_check, file_negotiate] = ["checktimeout", "negotiatetimeout"].map(|name| {
            let value = file
                .get(name)
                .and_then(|d| self.quietly(|reader| reader.seconds(d, 1)));
            value.map(|value| value.inherited(name))
        });
        let (check, negotiate) = (own_check.or(own_negotiate), own_negotiate.or(own_check));
        (
            check
                .or(file_check)
                .or(file_negotiate)
                .unwrap_or_else(|| Sourced::default(CHECK_TIMEOUT)),
            negotiate
                .or(file_negotiate)
                .or(file_check)
                .unwrap_or_else(|| Sourced::default(NEGOTIATE_TIMEOUT)),
        )
    }

    fn count(&mut self, given: &Given<'_>, file: &Defaults<'_>, name: &'static str) -> Sourced<u32> {
        let count = self.either(given, file, name, |reader, directive| {
            reader.number(directive, 1..=FAILURES_MAX)
        });
        or_default(count, 1)
    }

    fn check_type(&mut self, directive: &Directive) -> Option<Sourced<CheckType>> {
        let text = self.filled(directive)?;
        if let ("0", Some(span)) = (text.value.as_str(), text.span()) {
            self.warn(
                "no-connects-between",
                span,
                "checktype is 0",
                "no connects come between: it is negotiate",
                "write negotiate",
            );
            return Some(text.map(|_| CheckType::Negotiate));
        }
        let kind = match text.value.as_str() {
            "connect" => Some(CheckType::Connect),
            "negotiate" => Some(CheckType::Negotiate),
            "ping" => Some(CheckType::Ping),
            "external" => Some(CheckType::External),
            "external-perl" => Some(CheckType::ExternalPerl),
            "on" => Some(CheckType::On),
            "off" => Some(CheckType::Off),
            number => number
                .parse()
                .ok()
                .and_then(NonZeroU32::new)
                .map(CheckType::Every),
        };
        let Some(kind) = kind else {
            let help = keepalived_conf::nearest(&text.value, &CHECK_TYPES).map_or_else(
                || {
                    "write connect, negotiate, ping, external, external-perl, on, off or a number from 1 on"
                        .to_owned()
                },
                |meant| format!("write {meant}"),
            );
            let span = text.span().unwrap_or(directive.span);
            self.fault(
                "no-checktype",
                span,
                format!("there is no checktype '{}'", text.value),
                help,
            );
            return None;
        };
        Some(text.map(|_| kind))
    }

    fn service(&mut self, directive: &Directive) -> Option<Sourced<Service>> {
        let text = self.filled(directive)?;
        let Some(service) = Service::named(&text.value) else {
            let words: Vec<&str> = Service::ALL.iter().map(|service| service.word()).collect();
            let help = keepalived_conf::nearest(&text.value, &words).map_or_else(
                || "write checktype = connect, or external with a checkcommand, or simpletcp with request and receive".to_owned(),
                |meant| format!("write {meant}"),
            );
            let span = text.span().unwrap_or(directive.span);
            self.fault(
                "no-service",
                span,
                format!("there is no service '{}'", text.value),
                help,
            );
            return None;
        };
        Some(text.map(|_| service))
    }

    fn is_head(&mut self, directive: &Directive) -> Option<Sourced<bool>> {
        let text = self.filled(directive)?;
        match text.value.to_ascii_uppercase().as_str() {
            "GET" => Some(text.map(|_| false)),
            "HEAD" => Some(text.map(|_| true)),
            _ => {
                let span = text.span().unwrap_or(directive.span);
                self.fault(
                    "no-httpmethod",
                    span,
                    format!("httpmethod is '{}'", text.value),
                    "write GET or HEAD",
                );
                None
            }
        }
    }
}

fn by_port(listens: Listens) -> Sourced<Service> {
    match listens {
        Listens::At(_, port) => Sourced::implied(Service::of_port(port), "the virtual port"),
        Listens::Mark(_) => Sourced::default(Service::None),
    }
}
