//! How real servers are checked.

use keepalived_conf::{Setting, Value};

use super::setting::{Places, by_default, unset};
use crate::model::{Check, CheckType, Service};

impl Places<'_> {
    pub(super) fn check(self, check: &Check) -> Vec<Setting> {
        let kind = match check.kind.value {
            CheckType::Connect => "connect",
            CheckType::Negotiate => "negotiate",
            CheckType::Ping => "ping",
            CheckType::External => "external",
            CheckType::ExternalPerl => "external-perl",
            CheckType::Off => "off",
            CheckType::On => "on",
            CheckType::Every(_) => "",
        };
        let kind = match check.kind.value {
            CheckType::Every(times) => Value::Number(times.get().into()),
            _ => Value::from(kind),
        };
        let service = check.service.value;
        let port = |port: u16| Value::Number(port.into());
        let method = Value::from(if check.head.value { "HEAD" } else { "GET" });
        let request = check.request.as_ref();
        let [login, password] = self.login(check, service);
        vec![
            self.with("checktype", &check.kind, kind),
            self.with("service", &check.service, Value::from(service.word())),
            self.command(check),
            check.port.as_ref().map_or_else(
                || unset("checkport", "the real server's, or the virtual server's"),
                |set| self.with("checkport", set, port(set.value)),
            ),
            request.map_or_else(
                || default_request(check),
                |set| self.text("request", Some(set), ""),
            ),
            self.text("receive", check.receive.as_ref(), "anything"),
            self.with("httpmethod", &check.head, method),
            self.text("virtualhost", check.virtual_host.as_ref(), "the server's address"),
            login,
            password,
            self.text("database", check.database.as_ref(), "none"),
            self.secret("secret", check.secret.as_ref(), "none"),
            self.flag("verify", &check.verify),
            self.time("checktimeout", &check.timeout),
            self.time("negotiatetimeout", &check.negotiate_timeout),
            self.number("checkcount", &check.count),
            self.number("failurecount", &check.failures),
        ]
    }

    fn command(self, check: &Check) -> Setting {
        let external = matches!(check.kind.value, CheckType::External | CheckType::ExternalPerl);
        match &check.command {
            None if external => by_default("checkcommand", Value::from("/bin/true")),
            command => self.text("checkcommand", command.as_ref(), "nothing is run"),
        }
    }

    /// Who logs in where nobody is named.
    fn login(self, check: &Check, service: Service) -> [Setting; 2] {
        let nobody = check.login.as_ref().is_none_or(|login| login.value.is_empty());
        let (name, password) = match service {
            Service::Ftp => (Some("anonymous"), "ldirectord@localhost"),
            Service::Sip => (Some("ldirectord@localhost"), "none"),
            _ => (None, "none"),
        };
        let login = match name.filter(|_| nobody) {
            Some(name) => by_default("login", Value::from(name)),
            None => self.text("login", check.login.as_ref(), "nobody logs in"),
        };
        let password = match &check.password {
            // With whom nobody is named goes a word of its own.
            Some(_) if nobody && service == Service::Ftp => unset("passwd", password),
            None if !nobody => unset("passwd", "none"),
            set => self.secret("passwd", set.as_ref(), password),
        };
        [login, password]
    }
}

/// What is asked for where nothing is written.
pub(super) fn default_request(check: &Check) -> Setting {
    match check.service.value {
        Service::Http | Service::Https => by_default("request", Value::from("/")),
        _ => unset("request", "nothing"),
    }
}
