//! Scripts that are told.

use crate::model::{FifoAndScript, Fifos, Notify, NotifyScript, ScriptUser, Sourced};

use super::Entry;
use super::place::Places;
use super::value::{Setting, Unit, Value, unset};

impl Places<'_> {
    pub(super) fn notify(self, notify: &Notify) -> Vec<Entry> {
        let all: [(&'static str, &Option<Sourced<NotifyScript>>); 7] = [
            ("notify", &notify.any),
            ("notify_master", &notify.master),
            ("notify_backup", &notify.backup),
            ("notify_fault", &notify.fault),
            ("notify_stop", &notify.stop),
            ("notify_master_rx_lower_pri", &notify.rx_lower_pri),
            ("notify_before_stop", &notify.before_stop),
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
        let priority = self.or("notify_priority_changes", notify.priority_changes.as_ref(), "off");
        let rest = [Entry::One(deleted), Entry::One(priority)];
        all.map(one).into_iter().chain(rest).collect()
    }

    pub(super) fn fifos(self, fifos: &Fifos) -> Vec<Entry> {
        let words = [
            ("notify_fifo", "notify_fifo_script", &fifos.all),
            ("vrrp_notify_fifo", "vrrp_notify_fifo_script", &fifos.vrrp),
        ];
        let mut settings = Vec::new();
        for (word, script_word, of) in words {
            settings.extend(self.fifo(word, script_word, of));
        }
        settings.push(self.value("fifo_write_vrrp_states_on_reload", &fifos.states_on_reload));
        settings.push(self.value("vrrp_notify_priority_changes", &fifos.priority_changes));
        settings.into_iter().map(Entry::One).collect()
    }

    /// A pipe and the program that reads it.
    pub(super) fn fifo(
        self,
        word: &'static str,
        script_word: &'static str,
        of: &FifoAndScript,
    ) -> [Setting; 2] {
        let fifo = of.fifo.as_ref().map_or_else(
            || unset(word, Unit::None, "none"),
            |fifo| {
                let mut fields = vec![("path", Value::Text(fifo.value.path.clone()))];
                fields.extend(user(fifo.value.user.as_ref()));
                self.with(word, Unit::None, fifo, Value::Fields(fields))
            },
        );
        let script = of.script.as_ref().map_or_else(
            || unset(script_word, Unit::None, "none"),
            |script| self.with(script_word, Unit::None, script, fields(&script.value)),
        );
        [fifo, script]
    }
}

pub(super) fn fields(script: &NotifyScript) -> Value {
    let mut fields = vec![("argv", Value::Words(script.argv.clone()))];
    fields.extend(user(script.user.as_ref()));
    Value::Fields(fields)
}

fn user(who: Option<&ScriptUser>) -> impl Iterator<Item = (&'static str, Value)> {
    let user = who.map(|who| ("user", Value::Text(who.user.clone())));
    let group = who.and_then(|who| Some(("group", Value::Text(who.group.clone()?))));
    user.into_iter().chain(group)
}
