//! Who is told by HTTP.

use crate::model::Webhook;

use super::place::Places;
use super::value::{Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    /// Of the URL only scheme, host and port: the rest may be a secret.
    pub(super) fn webhook(self, hook: &Webhook) -> Section {
        let authorization = hook.authorization.as_ref().map_or_else(
            || unset("authorization", Unit::None, "none"),
            |set| self.with("authorization", Unit::None, set, Value::from("hidden")),
        );
        let only = |name| self.value("only", name);
        Section {
            block: "vrrp_webhook",
            name: Some(hook.name.clone()),
            place: Some(self.of(hook.span)),
            settings: vec![
                Entry::One(self.with("url", Unit::None, &hook.url, Value::Text(hook.origin()))),
                Entry::One(authorization),
                Entry::One(self.time("timeout", Unit::Us, &hook.timeout)),
                Entry::One(self.value("retries", &hook.retries)),
                Entry::Many {
                    keyword: "only",
                    settings: hook.only.iter().map(only).collect(),
                },
            ],
            missing: Vec::new(),
        }
    }
}
