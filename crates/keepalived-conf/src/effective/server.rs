//! Virtual servers, their real servers, and the checks of those.

use std::net::IpAddr;

use crate::model::{
    ClientMask, Forwarding, Lvs, LvsSync, LvsTimeouts, MiscCheck, NotifyScript, RealServer, ServerCheck,
    ServerLook, Sourced, TunnelChecksum, VirtualAddress, VirtualServer,
};

use super::notify::fields;
use super::place::{Came, Places};
use super::value::{Setting, Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    /// A virtual server, then each of its real servers with its checks behind it.
    pub(super) fn virtual_server(self, server: &VirtualServer) -> Vec<Section> {
        let mut settings = vec![Entry::Many {
            keyword: "virtual_server",
            settings: server.members.iter().map(|member| self.member(*member)).collect(),
        }];
        settings.extend(self.balancing(server).map(Entry::One));
        settings.extend(self.limits(server).map(Entry::One));
        let mut sections = vec![self.block("virtual_server", server.name.clone(), server.span, settings)];
        for real in &server.servers {
            let name = format!("{} {}", server.name, endpoint(real.ip, real.port));
            sections.push(self.real_server(&name, real));
            sections.extend(real.checks.iter().map(|check| self.server_check(&name, check)));
        }
        sections
    }

    fn block(
        self,
        block: &'static str,
        name: String,
        span: crate::source::Span,
        settings: Vec<Entry>,
    ) -> Section {
        Section {
            block,
            name: Some(name),
            place: Some(self.of(span)),
            settings,
            missing: Vec::new(),
        }
    }

    fn member(self, member: crate::model::VirtualMember) -> Setting {
        let mut text = match member.first {
            VirtualAddress::At { ip, port } => endpoint(ip, port),
            VirtualAddress::Mark { mark, .. } => format!("fwmark {mark}"),
        };
        if member.count > 1 {
            text = format!("{text}, and {} more", member.count.saturating_sub(1));
        }
        Setting {
            keyword: "virtual_server",
            unit: Unit::None,
            value: Value::Text(text),
            came: self.line(member.span),
        }
    }

    fn balancing(self, server: &VirtualServer) -> [Setting; 7] {
        let protocol = Value::from(server.protocol.value.word());
        let flags: Vec<_> = server
            .scheduler_flags
            .iter()
            .map(|flag| flag.value.to_owned())
            .collect();
        let flag = server.scheduler_flags.first();
        [
            self.with("protocol", Unit::None, &server.protocol, protocol),
            self.value("lb_algo", &server.scheduler),
            flag.map_or_else(
                || unset("scheduler flags", Unit::None, "none"),
                |first| self.with("scheduler flags", Unit::None, first, Value::Words(flags)),
            ),
            self.forwarding("lb_kind", &server.forwarding),
            self.value("ops", &server.one_packet),
            self.set_or(
                "persistence_timeout",
                Unit::S,
                server.persistence_timeout.as_ref(),
                "off",
                |seconds| Value::Number((*seconds).into()),
            ),
            self.set_or(
                "persistence_granularity",
                Unit::None,
                server.persistence_granularity.as_ref(),
                "each address",
                |mask| match mask {
                    ClientMask::V4(mask) => Value::Text(mask.to_string()),
                    ClientMask::V6(bits) => Value::Number((*bits).into()),
                },
            ),
        ]
    }

    fn limits(self, server: &VirtualServer) -> [Setting; 11] {
        let sorry = server.sorry.as_ref();
        [
            self.or("persistence_engine", server.persistence_engine.as_ref(), "none"),
            self.time("delay_loop", Unit::Us, &server.delay_loop),
            self.value("quorum", &server.quorum),
            self.value("hysteresis", &server.hysteresis),
            self.hook("quorum_up", server.quorum_up.as_ref()),
            self.hook("quorum_down", server.quorum_down.as_ref()),
            self.value("omega", &server.omega),
            self.value("ha_suspend", &server.ha_suspend),
            self.value("smtp_alert", &server.smtp_alert),
            sorry.map_or_else(
                || unset("sorry_server", Unit::None, "none"),
                |sorry| Setting {
                    keyword: "sorry_server",
                    unit: Unit::None,
                    value: Value::Text(endpoint(sorry.ip, sorry.port)),
                    came: self.line(sorry.span),
                },
            ),
            sorry.map_or_else(
                || unset("sorry_server_lvs_method", Unit::None, "none"),
                |sorry| self.forwarding("sorry_server_lvs_method", &sorry.forwarding),
            ),
        ]
    }

    fn real_server(self, name: &str, real: &RealServer) -> Section {
        let settings = [
            self.value("weight", &real.weight),
            self.forwarding("lvs_method", &real.forwarding),
            self.value("uthreshold", &real.uthreshold),
            self.value("lthreshold", &real.lthreshold),
            self.value("inhibit_on_failure", &real.inhibit_on_failure),
            self.hook("notify_up", real.notify_up.as_ref()),
            self.hook("notify_down", real.notify_down.as_ref()),
            self.value("smtp_alert", &real.smtp_alert),
        ];
        let settings = settings.into_iter().map(Entry::One).collect();
        self.block("real_server", name.to_owned(), real.span, settings)
    }

    fn server_check(self, name: &str, check: &ServerCheck) -> Section {
        let timing = [
            self.time("delay_loop", Unit::Us, &check.delay_loop),
            self.value("retry", &check.retry),
            self.time("delay_before_retry", Unit::Us, &check.delay_before_retry),
            self.time("warmup", Unit::Us, &check.warmup),
            self.value("alpha", &check.alpha),
            self.value("log_all_failures", &check.log_all_failures),
        ];
        let mut settings: Vec<Entry> = timing.into_iter().map(Entry::One).collect();
        settings.extend(match &check.look {
            ServerLook::Ask(checker) => self.checker(checker),
            ServerLook::Run(misc) => self.misc(misc).into_iter().map(Entry::One).collect(),
            ServerLook::File { track_file, weight } => vec![
                Entry::One(self.value("track_file", track_file)),
                Entry::One(self.or("weight", weight.as_ref(), "that of the track_file")),
            ],
            ServerLook::Never => vec![Entry::One(unset(
                "connect_port",
                Unit::None,
                "none: it never passes",
            ))],
        });
        self.block(check.word, name.to_owned(), check.span, settings)
    }

    fn misc(self, misc: &MiscCheck) -> [Setting; 4] {
        [
            self.with(
                "misc_path",
                Unit::None,
                &misc.argv,
                Value::Words(misc.argv.value.clone()),
            ),
            self.time("misc_timeout", Unit::Us, &misc.timeout),
            self.value("misc_dynamic", &misc.dynamic),
            self.or("user", misc.user.as_ref(), "script_user"),
        ]
    }

    fn hook(self, keyword: &'static str, script: Option<&Sourced<NotifyScript>>) -> Setting {
        self.set_or(keyword, Unit::None, script, "none", fields)
    }

    fn forwarding(self, keyword: &'static str, method: &Sourced<Forwarding>) -> Setting {
        self.with(keyword, Unit::None, method, Value::Text(words(method.value)))
    }

    fn set_or<T>(
        self,
        keyword: &'static str,
        unit: Unit,
        set: Option<&Sourced<T>>,
        means: &'static str,
        show: impl Fn(&T) -> Value,
    ) -> Setting {
        set.map_or_else(
            || unset(keyword, unit, means),
            |set| self.with(keyword, unit, set, show(&set.value)),
        )
    }

    /// The words of `global_defs` about virtual servers.
    pub(super) fn lvs(self, lvs: &Lvs) -> Vec<Entry> {
        let settings = [
            self.set_or(
                "lvs_sync_daemon",
                Unit::None,
                lvs.sync_daemon.as_ref(),
                "none",
                sync,
            ),
            self.set_or(
                "lvs_timeouts",
                Unit::None,
                lvs.timeouts.as_ref(),
                "the kernel's",
                timeouts,
            ),
            self.value("lvs_flush", &lvs.flush),
            self.set_or(
                "lvs_flush_on_stop",
                Unit::None,
                lvs.flush_on_stop.as_ref(),
                "off",
                |what| {
                    Value::from(match what {
                        crate::model::FlushOnStop::All => "all",
                        crate::model::FlushOnStop::Ours => "VS",
                    })
                },
            ),
            self.or("smtp_alert_checker", lvs.smtp_alert.as_ref(), "as smtp_alert"),
            self.value("no_checker_emails", &lvs.no_emails),
            self.value("checker_log_all_failures", &lvs.log_all_failures),
            self.value("rs_init_notifies", &lvs.init_notifies),
            lvs.ssl_get_verify.as_ref().map_or_else(
                || Setting {
                    keyword: "ssl_get_verify",
                    unit: Unit::None,
                    value: Value::Flag(true),
                    came: Came::Default,
                },
                |set| self.value("ssl_get_verify", set),
            ),
        ];
        let mut entries: Vec<Entry> = settings.into_iter().map(Entry::One).collect();
        let fifo = self.fifo("lvs_notify_fifo", "lvs_notify_fifo_script", &lvs.fifo);
        entries.extend(fifo.map(Entry::One));
        entries
    }
}

/// `192.0.2.1:80`, without a port where there is none.
fn endpoint(ip: IpAddr, port: u16) -> String {
    if port == 0 {
        return ip.to_string();
    }
    std::net::SocketAddr::new(ip, port).to_string()
}

fn words(method: Forwarding) -> String {
    let sum = |checksum| match checksum {
        TunnelChecksum::Absent => "",
        TunnelChecksum::Full => " csum",
        TunnelChecksum::Remote => " remcsum",
    };
    match method {
        Forwarding::Nat => "NAT".to_owned(),
        Forwarding::Direct => "DR".to_owned(),
        Forwarding::Ipip => "TUN type ipip".to_owned(),
        Forwarding::Gue { port, checksum } => format!("TUN type gue port {port}{}", sum(checksum)),
        Forwarding::Gre { checksum } => format!("TUN type gre{}", sum(checksum)),
    }
}

fn sync(sync: &LvsSync) -> Value {
    let mut fields = vec![("interface", Value::Text(sync.interface.clone()))];
    fields.extend(
        sync.instance
            .iter()
            .map(|name| ("inst", Value::Text(name.clone()))),
    );
    let numbers = [
        ("id", sync.id.map(i64::from)),
        ("maxlen", sync.maxlen.map(i64::from)),
        ("port", sync.port.map(i64::from)),
        ("ttl", sync.ttl.map(i64::from)),
    ];
    let numbers = numbers.into_iter();
    fields.extend(numbers.filter_map(|(name, value)| Some((name, Value::Number(value?)))));
    fields.extend(sync.group.map(|group| ("group", Value::Text(group.to_string()))));
    Value::Fields(fields)
}

fn timeouts(timeouts: &LvsTimeouts) -> Value {
    let all = [
        ("tcp", timeouts.tcp_s),
        ("tcpfin", timeouts.tcpfin_s),
        ("udp", timeouts.udp_s),
    ];
    let set = all.into_iter().filter(|(_, seconds)| *seconds > 0);
    Value::Fields(
        set.map(|(name, seconds)| (name, Value::Number(seconds.into())))
            .collect(),
    )
}
