//! `virtual` and `virtual6`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use keepalived_conf::{Diagnostic, Sourced, Span};

use super::address::{address, port, written};
use super::check::FAILURES_MAX;
use super::{Defaults, Given, Reader, or_default};
use crate::directive::{Scope, directives};
use crate::line::{Directive, Kind};
use crate::model::{Family, Listens, Protocol, Virtual};
use crate::section::{Section, Sections};

/// What the kernel finds a virtual server by (is it of IPv6?), and where it stands.
type Known = BTreeMap<(Listens, bool, Protocol), Span>;

impl Reader<'_> {
    pub(super) fn virtuals(&mut self, sections: &Sections, file: &Defaults<'_>) -> Vec<Virtual> {
        self.file_defaults(file);
        let mut known = Known::new();
        let mut virtuals = Vec::new();
        for section in &sections.virtuals {
            self.spoilt = section.spoilt;
            self.of = Some(name(&section.head));
            virtuals.extend(self.virtual_server(section, file, &mut known));
            self.of = None;
        }
        virtuals
    }

    /// What is wrong with the file's defaults is said here, and not again with every virtual server that takes them.
    fn file_defaults(&mut self, file: &Defaults<'_>) {
        for name in ["checktimeout", "negotiatetimeout"] {
            file.get(name).map(|directive| self.seconds(directive, 1));
        }
        for name in ["checkcount", "failurecount"] {
            file.get(name)
                .map(|directive| self.number(directive, 1..=FAILURES_MAX));
        }
        for name in ["quiescent", "verify"] {
            file.get(name).map(|directive| self.yes_no(directive));
        }
        for (family, name) in [(Family::Ipv4, "fallback"), (Family::Ipv6, "fallback6")] {
            file.get(name)
                .map(|directive| self.read_fallback(directive, family, Protocol::Tcp));
        }
        file.get("fallbackcommand")
            .map(|directive| self.filled(directive));
        self.alert(file, &Given::default());
    }

    /// None where it is not known what clients ask.
    fn virtual_server(
        &mut self,
        section: &Section,
        file: &Defaults<'_>,
        known: &mut Known,
    ) -> Option<Virtual> {
        let family = if section.head.name == "virtual6" {
            Family::Ipv6
        } else {
            Family::Ipv4
        };
        let given = self.given(&section.given);
        let listens = self.listens(&section.head, family);
        let protocol = self.protocol(&given, listens);
        // What is wrong below it is said too.
        let about = listens.unwrap_or(Listens::Mark(NonZeroU32::MIN));
        let scheduling = self.scheduling(&given, family, protocol.value);
        let reals = self.reals(&given, family, protocol.value);
        let fallback = self.fallback(&given, file, family, protocol.value);
        let command = self.either(&given, file, "fallbackcommand", Self::command);
        let quiescent = self.either(&given, file, "quiescent", Self::yes_no);
        for known in directives().iter().filter(|known| known.scope == Scope::File) {
            if let Some(directive) = given.get(known.name) {
                self.only_for_the_file(directive);
            }
        }
        let mut read = Virtual {
            name: name(&section.head),
            span: section.head.span,
            usable: false,
            listens: about,
            family,
            protocol,
            scheduling,
            reals,
            fallback,
            fallback_command: command,
            quiescent: or_default(quiescent, false),
            check: self.check(&given, file, about),
            alert: self.alert(&given, file),
        };
        if listens.is_some() {
            self.judge(&mut read, known);
        }
        read.usable = !self.spoilt;
        listens.is_some().then_some(read)
    }

    fn only_for_the_file(&mut self, directive: &Directive) {
        self.warn(
            "only-for-the-file",
            directive.name_span,
            format!(
                "{} has an effect here only where ldirectord forks",
                directive.name
            ),
            "it is ignored; that of the file counts",
            "write it in column one, above the first virtual server",
        );
    }

    fn listens(&mut self, head: &Directive, family: Family) -> Option<Listens> {
        let mut words = head.words.iter().filter(|word| word.kind != Kind::Comma);
        let Some(word) = words.next().filter(|_| head.equals) else {
            self.fault(
                "no-value",
                head.span,
                format!("{} has no address", head.name),
                format!("write {} = ADDRESS:PORT, or a firewall mark", head.name),
            );
            return None;
        };
        if let Some(extra) = words.next() {
            self.fault(
                "stray-word",
                extra.span,
                format!("'{}' has no meaning here", extra.text),
                "write # in front of a comment",
            );
        }
        match self.try_listens(&word.text, family) {
            Ok(listens) => Some(listens),
            Err((message, help)) => {
                self.fault("no-address", word.span, message, help);
                None
            }
        }
    }

    fn try_listens(&self, text: &str, family: Family) -> Result<Listens, (String, &'static str)> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            let mark = text.parse().ok().and_then(NonZeroU32::new);
            return mark.map(Listens::Mark).ok_or_else(|| {
                (
                    format!("{text} is no firewall mark"),
                    "write a number from 1 to 4294967295",
                )
            });
        }
        let parts = written(text).ok_or_else(|| {
            (
                format!("the brackets of '{text}' do not match"),
                "write [ADDRESS]:PORT",
            )
        })?;
        if parts.host.bytes().all(|byte| byte.is_ascii_digit()) && !parts.host.is_empty() {
            let message = format!("'{text}' is a firewall mark with a port");
            return Err((message, "write the mark alone: it has no port"));
        }
        let (address, _) = address(parts.host, family, self.names)?;
        let Some(number) = parts.port else {
            let message = format!("'{text}' has no port; ldirectord takes such for a firewall mark");
            return Err((message, "write ADDRESS:PORT"));
        };
        // Where it is a name, which of the tables holds it is not known before the protocol is.
        let port =
            port(number, Protocol::Tcp, self.names).or_else(|_| port(number, Protocol::Udp, self.names))?;
        Ok(Listens::At(address, port))
    }

    fn protocol(&mut self, given: &Given<'_>, listens: Option<Listens>) -> Sourced<Protocol> {
        let default = match listens {
            Some(Listens::Mark(_)) => Sourced::implied(Protocol::Mark, "a firewall mark"),
            Some(Listens::At(_, 53)) => Sourced::implied(Protocol::Udp, "port 53"),
            _ => Sourced::default(Protocol::Tcp),
        };
        let Some(text) = given.get("protocol").and_then(|directive| self.filled(directive)) else {
            return default;
        };
        let span = text.span();
        let (protocol, help) = match (listens, text.value.as_str()) {
            (Some(Listens::Mark(_)), "fwm") => (Some(Protocol::Mark), ""),
            (Some(Listens::Mark(_)), _) => (None, "write fwm: the virtual server is a firewall mark"),
            (_, "tcp") => (Some(Protocol::Tcp), ""),
            (_, "udp") => (Some(Protocol::Udp), ""),
            (_, _) => (None, "write tcp or udp: the virtual server is an address"),
        };
        match (protocol, span) {
            (Some(protocol), _) => text.map(|_| protocol),
            (None, Some(span)) => {
                self.fault("no-protocol", span, format!("protocol is '{}'", text.value), help);
                default
            }
            (None, None) => default,
        }
    }

    fn judge(&mut self, read: &mut Virtual, known: &mut Known) {
        let key = (read.listens, read.family == Family::Ipv6, read.protocol.value);
        if let Some(before) = known.get(&key) {
            self.spoilt = true;
            let found = Diagnostic::dropped(
                "duplicate-virtual",
                read.span,
                format!("there is a virtual server {} already", read.name),
            );
            let found = found
                .about(read.name.clone())
                .effect("the first one counts, this one is left out; ldirectord does not load such a file")
                .help("put the real servers of both together")
                .label(*before, "the one before");
            self.findings.push(found);
        } else {
            known.insert(key, read.span);
        }
        if read.reals.is_empty() && read.fallback.is_none() {
            self.fault(
                "no-real",
                read.span,
                "this virtual server has no real server and no fallback",
                "write a line real = ADDRESS:PORT gate below it",
            );
        }
        if let (Listens::At(_, 0), None) = (read.listens, &read.scheduling.persistent) {
            self.fault(
                "every-port",
                read.span,
                "port 0 is for every port, which needs persistence",
                "write persistent = SECONDS, or a port",
            );
        }
        self.judge_check(read);
    }
}

fn name(head: &Directive) -> String {
    let words = head.words.iter().map(|word| word.text.as_str());
    words.collect::<Vec<_>>().join(" ")
}
