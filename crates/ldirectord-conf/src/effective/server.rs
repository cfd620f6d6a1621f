//! A virtual server, and its real servers.

use std::net::SocketAddr;

use keepalived_conf::{Entry, Section, Setting, Unit, Value};

use super::setting::{Places, by_default, unset};
use super::words;
use crate::model::{Alert, Fallback, Family, Forwarding, Listens, Netmask, States, Virtual};

impl Places<'_> {
    /// A virtual server, then each of its real servers.
    pub(super) fn virtual_server(self, read: &Virtual) -> Vec<Section> {
        let block = match read.family {
            Family::Ipv4 => "virtual",
            Family::Ipv6 => "virtual6",
        };
        let settings = (self.balancing(read).into_iter())
            .chain(self.check(&read.check))
            .chain(self.alert(read.alert.as_ref()));
        let server = Section {
            block,
            name: Some(read.name.clone()),
            place: Some(self.of(read.span)),
            settings: settings.map(Entry::One).collect(),
            missing: Vec::new(),
        };
        let reals = read.reals.iter().map(|real| self.real(read, real));
        std::iter::once(server).chain(reals).collect()
    }

    fn balancing(self, read: &Virtual) -> [Setting; 10] {
        let scheduling = &read.scheduling;
        let protocol = Value::from(read.protocol.value.word());
        let flags = scheduling.flags.iter().map(|flag| &flag.value);
        let persistent = scheduling.persistent.as_ref().map(|seconds| Setting {
            unit: Unit::S,
            ..self.number("persistent", seconds)
        });
        let mask = |mask: &Netmask| match mask {
            Netmask::V4(mask) => Value::Text(mask.to_string()),
            Netmask::V6(bits) => Value::Number((*bits).into()),
        };
        let [fallback, command] = self.fallback(read);
        [
            self.at("virtual", read.span, Value::Text(listens(read.listens))),
            self.with("protocol", &read.protocol, protocol),
            self.with(
                "scheduler",
                &scheduling.scheduler,
                Value::Text(scheduling.scheduler.value.clone()),
            ),
            (scheduling.flags.first()).map_or_else(
                || unset("schedflags", "none"),
                |first| self.with("schedflags", first, words(flags)),
            ),
            persistent.unwrap_or_else(|| Setting {
                unit: Unit::S,
                ..unset("persistent", "off")
            }),
            (scheduling.netmask.as_ref()).map_or_else(
                || unset("netmask", "each client"),
                |set| self.with("netmask", set, mask(&set.value)),
            ),
            self.flag("ops", &scheduling.one_packet),
            self.flag("quiescent", &read.quiescent),
            fallback,
            command,
        ]
    }

    fn fallback(self, read: &Virtual) -> [Setting; 2] {
        let keyword = match read.family {
            Family::Ipv4 => "fallback",
            Family::Ipv6 => "fallback6",
        };
        let shown = |fallback: &Fallback| {
            let at = SocketAddr::new(fallback.address, fallback.port);
            Value::Text(format!("{at} {}", word(fallback.forwarding)))
        };
        [
            (read.fallback.as_ref()).map_or_else(
                || unset(keyword, "none"),
                |set| self.with(keyword, set, shown(&set.value)),
            ),
            self.text(
                "fallbackcommand",
                read.fallback_command.as_ref(),
                "nothing is run",
            ),
        ]
    }

    fn alert(self, alert: Option<&Alert>) -> Vec<Setting> {
        let Some(alert) = alert else {
            return vec![unset("emailalert", "nobody gets mail")];
        };
        vec![
            self.with("emailalert", &alert.to, words(&alert.to.value)),
            self.text("emailalertfrom", alert.from.as_ref(), "vrrpd's own"),
            self.time("emailalertfreq", &alert.repeat),
            self.with(
                "emailalertstatus",
                &alert.states,
                Value::Words(states(alert.states.value)),
            ),
            match &alert.smtp {
                Some(_) => self.text("smtp", alert.smtp.as_ref(), ""),
                None => by_default("smtp", Value::from("127.0.0.1")),
            },
        ]
    }
}

fn listens(listens: Listens) -> String {
    match listens {
        Listens::At(address, port) => SocketAddr::new(address, port).to_string(),
        Listens::Mark(mark) => format!("fwmark {mark}"),
    }
}

pub(super) const fn word(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Gate => "gate",
        Forwarding::Masq => "masq",
        Forwarding::Ipip => "ipip",
    }
}

fn states(states: States) -> Vec<String> {
    if states == States::ALL {
        return vec!["all".to_owned()];
    }
    if states == States::NONE {
        return vec!["none".to_owned()];
    }
    let all = [
        ("starting", states.starting),
        ("running", states.running),
        ("stopping", states.stopping),
        ("reloading", states.reloading),
    ];
    let in_force = all.into_iter().filter(|(_, is_in)| *is_in);
    in_force.map(|(word, _)| word.to_owned()).collect()
}
