//! A virtual server as a whole.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::forwarding::forwarding;
use super::lines::{Lines, first};
use super::{Common, members};
use crate::foreign::server::{Head, Judged};
use crate::model::{
    ClientMask, Family, Forwarding, Missing, RealServer, SorryServer, Sourced, Transport, VirtualAddress,
    VirtualMember, VirtualServer,
};
use crate::read::Reader;
use crate::tree::Item;

/// Words of the schedulers.
const FLAGS: [&str; 8] = [
    "hashed",
    "flag-1",
    "flag-2",
    "flag-3",
    "sh-port",
    "sh-fallback",
    "mh-port",
    "mh-fallback",
];
/// `persistence_timeout` alone on its line, in seconds; also where only a granularity is written.
const PERSISTENCE_S: u32 = 360;

/// What real servers and checks have from their virtual server.
pub(super) struct Above<'a> {
    pub(super) lines: &'a Lines<'a>,
    pub(super) family: Family,
    /// The one port of all members; 0 where there is none, or several.
    pub(super) port: u16,
    pub(super) forwarding: Sourced<Forwarding>,
    pub(super) delay_loop: Sourced<Duration>,
}

impl Reader<'_> {
    pub(super) fn virtual_server(
        &mut self,
        judged: &Judged<'_>,
        common: &Common<'_>,
        missing: &mut Vec<Missing>,
    ) -> Option<VirtualServer> {
        let lines = Lines::of(judged.item);
        let members = members::members(judged, family(judged, &lines), common.tree, self.findings)?;
        let above = Above {
            lines: &lines,
            family: members.first()?.first.family(),
            port: one_port(&members),
            forwarding: lines
                .last(&["lb_kind", "lvs_method"])
                .and_then(forwarding)
                .unwrap_or(Sourced::default(Forwarding::Nat)),
            delay_loop: first([lines.seconds("delay_loop")], Duration::from_secs(60)),
        };
        let protocol = protocol(&lines, &judged.head);
        let servers: Vec<RealServer> = judged
            .servers
            .iter()
            .map(|server| self.real_server(server, &above, common, missing))
            .collect();
        let scheduler = lines
            .text(&["lb_algo", "lvs_sched"])
            .unwrap_or(Sourced::default("wlc".to_owned()));
        let flags = lines.items().filter_map(flag);
        let of_other = |word: &str| {
            let of = if word.starts_with("mh-") { "mh" } else { "sh" };
            !word.starts_with("flag-") && scheduler.value != of
        };
        // Each datagram by itself: UDP, or whatever is marked.
        let datagrams = protocol.value == Transport::Udp || judged.head.is_mark();
        let one_packet = lines.flag("ops");
        Some(VirtualServer {
            name: name(judged, protocol.value, &members),
            span: judged.item.span,
            group: match &judged.head {
                Head::Group(name, _) => Some(name.clone()),
                Head::Address(..) | Head::Mark(_) | Head::Bad => None,
            },
            protocol,
            scheduler_flags: flags.filter(|flag| !of_other(flag.value)).collect(),
            scheduler,
            one_packet: if datagrams {
                one_packet
            } else {
                Sourced::default(false)
            },
            persistence_timeout: persistence(&lines),
            persistence_granularity: granularity(&lines, above.family),
            persistence_engine: lines.text(&["persistence_engine"]),
            forwarding: above.forwarding,
            delay_loop: above.delay_loop,
            quorum: first([lines.number("quorum")], 1),
            hysteresis: first([lines.number("hysteresis")], 0),
            quorum_up: self.hook(&lines, "quorum_up"),
            quorum_down: self.hook(&lines, "quorum_down"),
            omega: lines.flag("omega"),
            ha_suspend: lines.flag("ha_suspend"),
            smtp_alert: lines.switch("smtp_alert").unwrap_or(common.mail(false)),
            sorry: sorry(&lines, &above),
            members,
            servers,
        })
    }

    /// A script that is told of changes.
    pub(super) fn hook(
        &mut self,
        lines: &Lines<'_>,
        word: &str,
    ) -> Option<Sourced<crate::model::NotifyScript>> {
        self.notify_script(lines.last(&[word])?)
    }
}

/// Of the packets: of a mark that does not say it the first real server tells, as with keepalived.
fn family(judged: &Judged<'_>, lines: &Lines<'_>) -> Family {
    let first = judged
        .servers
        .first()
        .map_or(Family::Ipv4, |one| Family::of(one.ip));
    match lines
        .text(&["ip_family"])
        .as_ref()
        .map(|word| word.value.as_str())
    {
        Some("inet") => Family::Ipv4,
        Some("inet6") => Family::Ipv6,
        _ => first,
    }
}

fn one_port(members: &[VirtualMember]) -> u16 {
    let port = |member: &VirtualMember| match member.first {
        VirtualAddress::At { port, .. } => port,
        VirtualAddress::Mark { .. } => 0,
    };
    let mut ports = members.iter().map(port);
    let one = ports.next().unwrap_or(0);
    if ports.all(|port| port == one) { one } else { 0 }
}

fn protocol(lines: &Lines<'_>, head: &Head) -> Sourced<Transport> {
    let said = lines.text(&["protocol"]).and_then(|word| {
        let protocol = match word.value.to_ascii_uppercase().as_str() {
            "TCP" => Transport::Tcp,
            "UDP" => Transport::Udp,
            "SCTP" => Transport::Sctp,
            _ => return None,
        };
        Some(word.map(|_| protocol))
    });
    // A marked packet has its own.
    let none = head
        .is_mark()
        .then(|| Sourced::implied(Transport::Udp, "the mark"));
    none.or(said).unwrap_or(Sourced::default(Transport::Udp))
}

fn name(judged: &Judged<'_>, protocol: Transport, members: &[VirtualMember]) -> String {
    let protocol = protocol.word();
    match (&judged.head, members.first().map(|one| one.first)) {
        (Head::Group(name, _), _) if judged.head.is_mark() => format!("group {name}"),
        (Head::Group(name, _), _) => format!("group {name} {protocol}"),
        (_, Some(VirtualAddress::At { ip, port })) => {
            format!("{protocol} {}", std::net::SocketAddr::new(ip, port))
        }
        (_, Some(VirtualAddress::Mark { mark, family })) => match family {
            Family::Ipv4 => format!("FWM {mark}"),
            Family::Ipv6 => format!("FWM {mark} IPv6"),
        },
        (_, None) => String::new(),
    }
}

fn flag(line: &Item) -> Option<Sourced<&'static str>> {
    let word = line.keyword?.name;
    FLAGS.contains(&word).then(|| Sourced::line(word, line.span))
}

fn persistence(lines: &Lines<'_>) -> Option<Sourced<u32>> {
    if let Some(line) = lines.last(&["persistence_timeout"]) {
        let said = lines.number("persistence_timeout");
        return Some(said.unwrap_or(Sourced::line(PERSISTENCE_S, line.span)));
    }
    // keepalived: a granularity, and port 0, make a service persistent.
    lines
        .last(&["persistence_granularity"])
        .map(|_| Sourced::implied(PERSISTENCE_S, "persistence_granularity"))
}

fn granularity(lines: &Lines<'_>, family: Family) -> Option<Sourced<ClientMask>> {
    let word = lines.text(&["persistence_granularity"])?;
    let mask = match family {
        Family::Ipv4 => ClientMask::V4(mask(&word.value)?),
        Family::Ipv6 => ClientMask::V6(word.value.parse().ok().filter(|bits| (1..=128).contains(bits))?),
    };
    Some(word.map(|_| mask))
}

/// As C reads a mask: in one to four parts, of which the last fills what is left.
fn mask(text: &str) -> Option<Ipv4Addr> {
    if let Ok(mask) = text.parse() {
        return Some(mask);
    }
    let number = |part: &str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let parts = text.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let (last, octets) = parts.split_last()?;
    let mut bits: u32 = 0;
    for (octet, shift) in octets.iter().zip([24_u32, 16, 8]) {
        bits |= octet.checked_shl(shift)?;
    }
    Some(Ipv4Addr::from(bits | last))
}

fn sorry(lines: &Lines<'_>, above: &Above<'_>) -> Option<SorryServer> {
    let (ip, port, line): (IpAddr, u16, &Item) = lines.endpoint("sorry_server")?;
    let own = lines.last(&["sorry_server_lvs_method"]).and_then(forwarding);
    let forwarding = own.unwrap_or(above.forwarding.inherited("lb_kind"));
    if Family::of(ip) != above.family && !forwarding.value.is_tunnel() {
        return None;
    }
    // It is for a sorry server that stands above it.
    let inhibit = lines.flag("sorry_server_inhibit");
    let above_it = inhibit.span().is_some_and(|span| span.start > line.span.start);
    Some(SorryServer {
        span: line.span,
        ip,
        port: if forwarding.value.keeps_port() {
            above.port
        } else {
            port
        },
        forwarding,
        inhibit: if above_it {
            inhibit
        } else {
            Sourced::default(false)
        },
    })
}
