//! `vrrp_check`: whom it asks, what, and what must come back.

use crate::model::{Checker, Http, HttpVersion, Nibbles, Push, Question, Sourced, Url};
use crate::source::Span;

use super::Entry;
use super::place::Places;
use super::value::{Setting, Unit, Value, unset};

impl Places<'_> {
    /// The settings of its checker.
    pub(super) fn checker(self, checker: &Checker) -> Vec<Entry> {
        let (bind_to, bind_port) = checker.source.value;
        let source = |keyword, value: Option<Value>| match value {
            Some(value) => self.with(keyword, Unit::None, &checker.source, value),
            None => unset(keyword, Unit::None, "the kernel's choice"),
        };
        let bind_port = (bind_port != 0).then(|| Value::Number(bind_port.into()));
        let mut settings = vec![
            self.plain("checker", checker.span, Value::from(checker.word)),
            self.with("connect_ip", Unit::None, &checker.ip, text(&checker.ip)),
            self.value("connect_port", &checker.port),
            source("bindto", bind_to.map(|ip| Value::Text(ip.to_string()))),
            source("bind_port", bind_port),
            self.or("bind_if", checker.interface.as_ref(), "none"),
            self.with(
                "fwmark",
                Unit::None,
                &checker.mark,
                Value::Number(checker.mark.value.into()),
            ),
            self.time("connect_timeout", Unit::Us, &checker.connect_timeout),
        ];
        settings.extend(self.question(&checker.question));
        let mut entries: Vec<Entry> = settings.into_iter().map(Entry::One).collect();
        if let Question::Http(http) = &checker.question {
            entries.push(Entry::Many {
                keyword: "url",
                settings: http.urls.iter().map(|url| self.url(url)).collect(),
            });
        }
        entries
    }

    fn question(self, question: &Question) -> Vec<Setting> {
        match question {
            Question::Tcp | Question::Ping => Vec::new(),
            Question::Http(http) => self.http(http),
            Question::Smtp { helo } => vec![self.value("helo_name", helo)],
            Question::Dns { record, name } => vec![self.value("type", record), self.value("name", name)],
            Question::Udp {
                payload,
                reply,
                reply_min,
                reply_max,
            } => vec![
                self.shown("payload", payload.as_ref(), "an empty datagram", |octets| {
                    hex(octets)
                }),
                self.shown("require_reply", reply.as_ref(), "none", |octets| nibbles(octets)),
                self.value("min_reply_length", reply_min),
                self.value("max_reply_length", reply_max),
            ],
            Question::Tls { verify, server_name } => vec![
                self.or("sni_name", server_name.as_ref(), "the address"),
                self.value("verify", verify),
            ],
            Question::StubStatus {
                path,
                host,
                active_warn,
                active_max,
            } => vec![
                self.value("path", path),
                self.or("virtualhost", host.as_ref(), "the address"),
                self.or("active_warn", active_warn.as_ref(), "no limit"),
                self.or("active_max", active_max.as_ref(), "no limit"),
            ],
            Question::SendExpect { send, expect } => vec![
                self.shown("send", send.as_ref(), "the service speaks first", |octets| {
                    escaped(octets)
                }),
                self.shown("expect", Some(expect), "", |octets| escaped(octets)),
            ],
        }
    }

    /// The settings of a `PUSH`.
    pub(super) fn push(self, push: &Push) -> Vec<Entry> {
        let settings = [
            self.plain("checker", push.span, Value::from("PUSH")),
            self.time("ttl", Unit::Us, &push.ttl),
            self.or("user", push.user.as_ref(), "nobody else"),
        ];
        settings.into_iter().map(Entry::One).collect()
    }

    fn plain(self, keyword: &'static str, span: Span, value: Value) -> Setting {
        Setting {
            keyword,
            unit: Unit::None,
            value,
            came: self.line(span),
        }
    }

    fn shown<T>(
        self,
        keyword: &'static str,
        set: Option<&Sourced<T>>,
        means: &'static str,
        show: impl Fn(&T) -> String,
    ) -> Setting {
        set.map_or_else(
            || unset(keyword, Unit::None, means),
            |set| self.with(keyword, Unit::None, set, Value::Text(show(&set.value))),
        )
    }

    fn http(self, http: &Http) -> Vec<Setting> {
        let version = match http.version.value {
            HttpVersion::V1_0 => "1.0",
            HttpVersion::V1_0Close => "1.0C",
            HttpVersion::V1_1 => "1.1",
            HttpVersion::V2 => "2",
        };
        let mut settings = vec![
            self.or("virtualhost", http.host.as_ref(), "the address"),
            self.with("http_protocol", Unit::None, &http.version, version.into()),
        ];
        if http.tls {
            settings.extend([
                self.or(
                    "sni_name",
                    http.server_name.as_ref(),
                    "the virtualhost of each url",
                ),
                self.value("verify", &http.verify),
            ]);
        }
        settings
    }

    fn url(self, url: &Url) -> Setting {
        let ranges = url
            .statuses
            .value
            .iter()
            .map(|(first, last)| match first == last {
                true => first.to_string(),
                false => format!("{first}-{last}"),
            });
        let mut fields = vec![
            ("path", Value::Text(url.path.value.clone())),
            ("status_code", Value::Text(ranges.collect::<Vec<_>>().join(" "))),
        ];
        let named = [
            ("digest", &url.digest),
            ("virtualhost", &url.host),
            ("regex", &url.regex),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name, Value::Text(value.as_ref()?.value.clone()))));
        fields.extend(named);
        if url.regex.is_some() {
            fields.push(("regex_no_match", Value::Flag(url.regex_no_match)));
        }
        Setting {
            keyword: "url",
            unit: Unit::None,
            value: Value::Fields(fields),
            came: self.line(url.span),
        }
    }
}

fn text<T: ToString>(sourced: &Sourced<T>) -> Value {
    Value::Text(sourced.value.to_string())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// As `require_reply` has it.
fn nibbles(octets: &[Nibbles]) -> String {
    let digit = |mask: u8, value: u8| match mask & 0xf {
        0 => 'x',
        _ => char::from_digit(u32::from(value & 0xf), 16).unwrap_or('x'),
    };
    let pair = |octet: &Nibbles| {
        let high = digit(octet.mask >> 4, octet.value >> 4);
        [high, digit(octet.mask, octet.value)]
    };
    octets.iter().flat_map(pair).collect()
}

/// As `send` has it.
fn escaped(octets: &[u8]) -> String {
    let one = |octet: &u8| match octet {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        0 => "\\0".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x20..0x7f => char::from(*octet).to_string(),
        other => format!("\\x{other:02x}"),
    };
    octets.iter().map(one).collect()
}
