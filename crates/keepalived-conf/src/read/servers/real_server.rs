//! A real server.

use super::Common;
use super::forwarding::forwarding;
use super::lines::{Lines, first};
use super::virtual_server::Above;
use crate::diagnostic::Diagnostic;
use crate::foreign::server::Usable;
use crate::model::{Missing, RealServer, ServerCheck, Sourced};
use crate::read::Reader;

/// What checks have from their real server.
pub(super) struct Server<'a> {
    pub(super) lines: &'a Lines<'a>,
    pub(super) ip: std::net::IpAddr,
    /// 0 where nobody says one.
    pub(super) port: u16,
}

const VIRTUAL: &str = "virtual_server";

impl Reader<'_> {
    pub(super) fn real_server(
        &mut self,
        usable: &Usable<'_>,
        above: &Above<'_>,
        common: &Common<'_>,
        missing: &mut Vec<Missing>,
    ) -> RealServer {
        let lines = Lines::of(usable.item);
        let own = lines.last(&["lvs_method"]).and_then(forwarding);
        let forwarding = own.unwrap_or(above.forwarding.inherited(VIRTUAL));
        let port = match usable.port {
            0 => above.port,
            _ if forwarding.value.keeps_port() && above.port != 0 => above.port,
            own => own,
        };
        let server = Server {
            lines: &lines,
            ip: usable.ip,
            port,
        };
        let checks = usable.checks.iter();
        let checks = checks.flat_map(|check| self.server_checks(check, &server, above, common, missing));
        let mut checks: Vec<ServerCheck> = checks.collect();
        // Most have one, and room for four is kilobytes for each of tens of thousands.
        checks.shrink_to_fit();
        let uthreshold = first([lines.number("uthreshold")], 0);
        let inhibit = above.lines.flag("inhibit_on_failure").inherited(VIRTUAL);
        RealServer {
            span: usable.item.span,
            ip: usable.ip,
            port,
            weight: first([lines.number("weight"), above.number("weight")], 1),
            forwarding,
            uthreshold,
            lthreshold: self.lower_limit(&lines, uthreshold),
            inhibit_on_failure: lines.switch("inhibit_on_failure").unwrap_or(inhibit),
            notify_up: self.hook(&lines, "notify_up"),
            notify_down: self.hook(&lines, "notify_down"),
            smtp_alert: lines.switch("smtp_alert").unwrap_or(common.mail(true)),
            checks,
        }
    }

    /// The kernel refuses a server whose lower limit is above the upper one.
    fn lower_limit(&mut self, lines: &Lines<'_>, upper: Sourced<u32>) -> Sourced<u32> {
        let lower: Sourced<u32> = first([lines.number("lthreshold")], 0);
        let Some(span) = lower.span().filter(|_| lower.value > upper.value) else {
            return lower;
        };
        let text = format!("lthreshold {} is above uthreshold {}", lower.value, upper.value);
        let found = Diagnostic::error("thresholds", span, text).silent();
        self.push(
            found
                .effect("lthreshold is left out; with keepalived the kernel refuses this real server")
                .help("write an uthreshold above it, or remove it"),
        );
        Sourced::default(0)
    }
}

impl Above<'_> {
    /// A number that it gives to what is below.
    pub(super) fn number<N: TryFrom<i128>>(&self, word: &str) -> Option<Sourced<N>> {
        Some(self.lines.number(word)?.inherited(VIRTUAL))
    }

    /// Seconds likewise.
    pub(super) fn seconds(&self, word: &str) -> Option<Sourced<std::time::Duration>> {
        Some(self.lines.seconds(word)?.inherited(VIRTUAL))
    }

    /// A text likewise.
    pub(super) fn text(&self, word: &str) -> Option<Sourced<String>> {
        Some(self.lines.text(&[word])?.inherited(VIRTUAL))
    }

    /// A word that is on where it stands.
    pub(super) fn flag(&self, word: &str) -> Option<Sourced<bool>> {
        let flag = self.lines.flag(word);
        flag.value.then(|| flag.inherited(VIRTUAL))
    }
}
