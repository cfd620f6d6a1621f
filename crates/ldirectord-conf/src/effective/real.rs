//! A real server.

use std::net::SocketAddr;

use keepalived_conf::{Entry, Section, Setting, Sourced, Value};

use super::check::default_request;
use super::server::word;
use super::setting::{Places, unset};
use crate::model::{Family, Real, Virtual};

impl Places<'_> {
    pub(super) fn real(self, read: &Virtual, real: &Real) -> Section {
        let at = SocketAddr::new(real.address, real.port);
        let own = |own: &Option<Sourced<String>>, of_all: &Option<Sourced<String>>, keyword| {
            let of_all = of_all.clone().map(|text| text.inherited(keyword));
            own.clone().or(of_all)
        };
        let request = own(&real.request, &read.check.request, "request");
        let receive = own(&real.receive, &read.check.receive, "receive");
        let host = real.host.as_ref();
        let settings = [
            self.at("real", real.span, Value::Text(at.to_string())),
            host.map_or_else(
                || unset("host", "it is written by its address"),
                |host| self.at("host", real.span, Value::Text(host.clone())),
            ),
            self.at("forwarding", real.span, Value::from(word(real.forwarding))),
            self.number("weight", &real.weight),
            request.as_ref().map_or_else(
                || default_request(&read.check),
                |request| self.text("request", Some(request), ""),
            ),
            self.text("receive", receive.as_ref(), "anything"),
            self.limit("upper", &real.upper_connections),
            self.limit("lower", &real.lower_connections),
        ];
        Section {
            block: match read.family {
                Family::Ipv4 => "real",
                Family::Ipv6 => "real6",
            },
            name: Some(format!("{} {at}", read.name)),
            place: Some(self.of(real.span)),
            settings: settings.into_iter().map(Entry::One).collect(),
            missing: Vec::new(),
        }
    }

    /// Connections; 0: no limit.
    fn limit(self, keyword: &'static str, set: &Sourced<u32>) -> Setting {
        match set.value {
            0 => Setting {
                value: Value::Unset("no limit"),
                ..self.number(keyword, set)
            },
            _ => self.number(keyword, set),
        }
    }
}
