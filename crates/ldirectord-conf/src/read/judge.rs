//! Directives that do not fit each other.

use keepalived_conf::Sourced;
use regex::bytes::Regex;

use super::Reader;
use crate::model::{Check, CheckType, Forwarding, Listens, Protocol, Service, Virtual};

impl Reader<'_> {
    pub(super) fn judge_check(&mut self, read: &Virtual) {
        let check = &read.check;
        let receives = read.reals.iter().filter_map(|real| real.receive.as_ref());
        let mut patterns: Vec<&Sourced<String>> = check.receive.iter().chain(receives).collect();
        patterns.dedup();
        let of_sql = matches!(check.service.value, Service::Mysql | Service::Pgsql);
        for pattern in patterns {
            if of_sql {
                self.unseen(pattern, check.service.value);
            } else {
                self.pattern(pattern, check.service.value);
            }
        }
        match check.kind.value {
            CheckType::Negotiate | CheckType::Every(_) => self.negotiate(read),
            CheckType::External | CheckType::ExternalPerl => self.external(read),
            CheckType::Connect | CheckType::Ping | CheckType::On | CheckType::Off => {}
        }
        if !matches!(check.kind.value, CheckType::Negotiate | CheckType::Every(_)) {
            self.unused(check);
        }
        if check.count.value > 1 && check.count.span().is_some() {
            self.note(
                "checkcount",
                read.span,
                "checkcount is deprecated, and for servers that are pinged",
                "of these it counts as failurecount does",
                "write failurecount",
            );
        }
        self.ports(read);
    }

    fn pattern(&mut self, pattern: &Sourced<String>, service: Service) {
        let (Some(span), Err(error)) = (pattern.span(), Regex::new(&pattern.value)) else {
            return;
        };
        // The answer of a name server is compared as a text too.
        if service == Service::Dns && pattern.value.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        self.fault(
            "no-pattern",
            span,
            format!("receive is no pattern: {}", last.trim_start_matches("error: ")),
            "escape what is meant as it stands with \\; look-around and back references of Perl are not supported",
        );
    }

    /// As with ldirectord: what a row holds is not looked at.
    fn unseen(&mut self, pattern: &Sourced<String>, service: Service) {
        if let Some(span) = pattern.span().filter(|_| !pattern.value.is_empty()) {
            self.warn(
                "receive-unseen",
                span,
                format!("receive has no effect on a check of {}", service.word()),
                "the answer must have a row, whatever stands in it, as with ldirectord",
                "write what is wanted into request: SELECT ... WHERE ...",
            );
        }
    }

    fn negotiate(&mut self, read: &Virtual) {
        let check = &read.check;
        if check.service.value == Service::None {
            let asked = [&check.request, &check.receive].into_iter().flatten();
            if let Some(span) = asked.filter_map(Sourced::span).next() {
                self.lost(
                    "request-without-service",
                    span,
                    "something is asked for, and this virtual server has no service",
                    "real servers are not checked: all of them are always in, as with ldirectord",
                    "write service = http or another one",
                );
            } else if check.service.span().is_none() {
                self.warn(
                    "unchecked",
                    read.span,
                    "no service belongs to this virtual server's port, so that real servers are not checked",
                    "all of them are always in, as with ldirectord",
                    "write service = http or another one, or checktype = connect",
                );
            }
        }
        self.by_address(read);
        if let (true, Some(receive)) = (check.head.value, &check.receive)
            && let Some(span) = receive.span()
        {
            self.warn(
                "head-without-body",
                span,
                "httpmethod is HEAD, and an answer to that has no body",
                "the pattern is looked for in vain, unless it fits nothing at all",
                "take receive out, or write httpmethod = GET",
            );
        }
    }

    /// What ldirectord never does: a certificate is verified, and few are made for an address.
    fn by_address(&mut self, read: &Virtual) {
        let check = &read.check;
        let tls = matches!(
            check.service.value,
            Service::Https | Service::Imaps | Service::Ldaps | Service::Pops
        );
        if tls && check.verify.value && check.virtual_host.is_none() {
            self.warn(
                "verified-by-address",
                check.service.span().unwrap_or(read.span),
                "certificates are verified here, other than by ldirectord",
                "each real server's has to be for its address, for no virtualhost is written",
                "write virtualhost = NAME, or verify = no, which ldirectord does not know",
            );
        }
    }

    fn external(&mut self, read: &Virtual) {
        let span = read.check.kind.span().unwrap_or(read.span);
        if read.check.command.is_none() {
            self.warn(
                "no-checkcommand",
                span,
                "checktype is external, and there is no checkcommand",
                "it is /bin/true: every real server is taken for well",
                "write checkcommand = \"/path/to/program\"",
            );
        }
    }

    fn unused(&mut self, check: &Check) {
        let texts = [("request", &check.request), ("receive", &check.receive)];
        for (name, text) in texts {
            if let Some(span) = text.as_ref().and_then(Sourced::span) {
                self.note(
                    "unused",
                    span,
                    format!("{name} is for checktype negotiate"),
                    "it is ignored",
                    "nothing to do, unless negotiate was meant",
                );
            }
        }
    }

    /// Ports that the kernel does not look at.
    fn ports(&mut self, read: &Virtual) {
        let check = &read.check;
        let looks = match check.kind.value {
            CheckType::On | CheckType::Off | CheckType::Ping => false,
            CheckType::External | CheckType::ExternalPerl => false,
            CheckType::Connect => read.protocol.value != Protocol::Udp,
            CheckType::Negotiate | CheckType::Every(_) => check.service.value != Service::None,
        };
        for real in &read.reals {
            let direct = real.forwarding != Forwarding::Masq;
            if let (Listens::At(_, port), true) = (read.listens, direct && real.port != 0)
                && real.port != port
            {
                self.warn(
                    "port-ignored",
                    real.span,
                    format!(
                        "the real server's port is {}, and the virtual server's {port}",
                        real.port
                    ),
                    format!(
                        "clients come to port {port}: only masq changes ports; the check asks {}",
                        real.port
                    ),
                    format!("write {port}, or masq; another port for the check is a checkport"),
                );
            }
            let portless = matches!(read.listens, Listens::Mark(_)) && real.port == 0;
            if looks && portless && check.port.is_none() && check.service.value.port().is_none() {
                self.fault(
                    "no-check-port",
                    real.span,
                    "which port of this real server is checked is not said",
                    "write checkport = PORT, or a port behind the address",
                );
                return;
            }
        }
    }
}
