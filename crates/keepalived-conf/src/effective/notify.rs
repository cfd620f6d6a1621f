//! Scripts that are told.

use crate::model::{Notify, NotifyScript, Sourced};

use super::Entry;
use super::place::Places;
use super::value::{Unit, Value, unset};

impl Places<'_> {
    pub(super) fn notify(self, notify: &Notify) -> Vec<Entry> {
        let all: [(&'static str, &Option<Sourced<NotifyScript>>); 5] = [
            ("notify", &notify.any),
            ("notify_master", &notify.master),
            ("notify_backup", &notify.backup),
            ("notify_fault", &notify.fault),
            ("notify_stop", &notify.stop),
        ];
        let one = |(keyword, script): (&'static str, &Option<Sourced<NotifyScript>>)| {
            let Some(script) = script else {
                return Entry::One(unset(keyword, Unit::None, "none"));
            };
            let mut fields = vec![("argv", Value::Words(script.value.argv.clone()))];
            if let Some(who) = &script.value.user {
                fields.push(("user", Value::Text(who.user.clone())));
                if let Some(group) = &who.group {
                    fields.push(("group", Value::Text(group.clone())));
                }
            }
            Entry::One(self.with(keyword, Unit::None, script, Value::Fields(fields)))
        };
        all.map(one).into()
    }
}
