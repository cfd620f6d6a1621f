//! Scheduler and persistence.

use keepalived_conf::{Sourced, Span};

use super::{Given, Reader};
use crate::line::{Directive, Kind};
use crate::model::{Family, Netmask, Protocol, Scheduling};

/// The kernel's schedulers: only a hint, it may have others.
const SCHEDULERS: [&str; 14] = [
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "mh", "fo", "ovf", "twos",
];

/// The kernel keeps a name in so many octets.
const NAME_OCTETS_MAX: usize = 15;

/// 31 days: the kernel counts in ticks in 32 bits.
const PERSISTENT_SECONDS_MAX: u32 = 31 * 86_400;

impl Reader<'_> {
    pub(super) fn scheduling(&mut self, given: &Given<'_>, family: Family, protocol: Protocol) -> Scheduling {
        let scheduler = given
            .get("scheduler")
            .and_then(|directive| self.scheduler(directive));
        let persistent = (given.get("persistent"))
            .and_then(|directive| self.number(directive, 1..=PERSISTENT_SECONDS_MAX));
        let netmask = (given.get("netmask")).and_then(|directive| self.netmask(directive, family));
        if let (Some(span), None) = (netmask.as_ref().and_then(Sourced::span), &persistent)
            && given.get("persistent").is_none()
        {
            self.warn(
                "netmask-alone",
                span,
                "there is a netmask and no persistent",
                "it has no effect",
                "write persistent = SECONDS, or take the netmask out",
            );
        }
        let one_packet = given.get("ops").and_then(|directive| self.yes_no(directive));
        let one_packet = one_packet.unwrap_or_else(|| Sourced::default(false));
        if let (true, true, Some(span)) = (one_packet.value, protocol == Protocol::Tcp, one_packet.span()) {
            self.fault(
                "ops-without-udp",
                span,
                "ops is for datagrams, and this virtual server is of TCP",
                "take it out, or write protocol = udp",
            );
        }
        Scheduling {
            scheduler: scheduler.unwrap_or_else(|| Sourced::default("wrr".to_owned())),
            flags: given
                .get("schedflags")
                .map_or_else(Vec::new, |directive| self.flags(directive)),
            persistent,
            netmask,
            one_packet,
        }
    }

    fn scheduler(&mut self, directive: &Directive) -> Option<Sourced<String>> {
        let name = self.filled(directive)?;
        let span = name.span().unwrap_or(directive.span);
        if name.value.len() > NAME_OCTETS_MAX || name.value.contains(char::is_whitespace) {
            self.fault(
                "no-scheduler",
                span,
                format!(
                    "'{}' is no name of a scheduler: it has 1 to 15 letters",
                    name.value
                ),
                "write rr, wrr, wlc or another one that the kernel has",
            );
            return None;
        }
        if !SCHEDULERS.contains(&name.value.as_str()) {
            let help = keepalived_conf::nearest(&name.value, &SCHEDULERS).map_or_else(
                || "write rr, wrr, wlc or another one that the kernel has".to_owned(),
                |meant| format!("write {meant}, if that is meant"),
            );
            self.warn(
                "unknown-scheduler",
                span,
                format!("no scheduler is known by the name '{}'", name.value),
                "the kernel decides; without a module of that name it refuses the virtual server",
                help,
            );
        }
        Some(name)
    }

    /// Commas part them; one word may hold them all, in quotes.
    fn flags(&mut self, directive: &Directive) -> Vec<Sourced<String>> {
        let words = directive.words.iter().filter(|word| word.kind != Kind::Comma);
        let flags: Vec<(String, Span)> = words
            .flat_map(|word| {
                let parts = word.text.split(',').map(|flag| flag.trim().to_owned());
                parts
                    .filter(|flag| !flag.is_empty())
                    .map(|flag| (flag, word.span))
            })
            .collect();
        for (flag, span) in &flags {
            if !known_flag(flag) {
                self.fault(
                    "unknown-flag",
                    *span,
                    format!("there is no flag '{flag}' of a scheduler"),
                    "write flag-1, flag-2, flag-3, sh-fallback, sh-port, mh-fallback or mh-port",
                );
            }
        }
        flags
            .into_iter()
            .map(|(flag, span)| Sourced::line(flag, span))
            .collect()
    }

    fn netmask(&mut self, directive: &Directive, family: Family) -> Option<Sourced<Netmask>> {
        let text = self.filled(directive)?;
        let mask = match family {
            Family::Ipv4 => text.value.parse().ok().map(Netmask::V4),
            Family::Ipv6 => text
                .value
                .parse()
                .ok()
                .filter(|bits| (1..=128).contains(bits))
                .map(Netmask::V6),
        };
        let Some(mask) = mask else {
            let help = match family {
                Family::Ipv4 => "write it as 255.255.255.0",
                Family::Ipv6 => "write a number of bits from 1 to 128",
            };
            let span = text.span().unwrap_or(directive.span);
            self.fault(
                "no-netmask",
                span,
                format!("'{}' is no netmask here", text.value),
                help,
            );
            return None;
        };
        Some(text.map(|_| mask))
    }
}

fn known_flag(flag: &str) -> bool {
    matches!(
        flag,
        "flag-1" | "flag-2" | "flag-3" | "sh-fallback" | "sh-port" | "mh-fallback" | "mh-port"
    )
}
