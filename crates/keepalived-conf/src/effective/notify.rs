//! Scripts that are told.

use crate::model::{Notify, NotifyScript, Sourced};

use super::Entry;
use super::place::Places;
use super::value::{Unit, Value, unset};

impl Places<'_> {
    pub(super) fn notify(self, notify: &Notify) -> Vec<Entry> {
        let all: [(&'static str, &Option<Sourced<NotifyScript>>); 6] = [
            ("notify", &notify.any),
            ("notify_master", &notify.master),
            ("notify_backup", &notify.backup),
            ("notify_fault", &notify.fault),
            ("notify_stop", &notify.stop),
            ("notify_master_rx_lower_pri", &notify.rx_lower_pri),
        ];
        let one = |(keyword, script): (&'static str, &Option<Sourced<NotifyScript>>)| {
            let Some(script) = script else {
                return Entry::One(unset(keyword, Unit::None, "none"));
            };
            Entry::One(self.with(keyword, Unit::None, script, fields(&script.value)))
        };
        let deleted = notify.deleted.as_ref().map_or_else(
            || unset("notify_deleted", Unit::None, "FAULT is told"),
            |deleted| {
                let value = deleted.value.as_ref().map_or(Value::Flag(true), fields);
                self.with("notify_deleted", Unit::None, deleted, value)
            },
        );
        all.map(one).into_iter().chain([Entry::One(deleted)]).collect()
    }
}

fn fields(script: &NotifyScript) -> Value {
    let mut fields = vec![("argv", Value::Words(script.argv.clone()))];
    if let Some(who) = &script.user {
        fields.push(("user", Value::Text(who.user.clone())));
        if let Some(group) = &who.group {
            fields.push(("group", Value::Text(group.clone())));
        }
    }
    Value::Fields(fields)
}
