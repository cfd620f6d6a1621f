//! Named pipes that are written to.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::{Fifo, FifoAndScript, Fifos, Sourced};
use crate::tree::Item;

impl Reader<'_> {
    /// A word about them; false for any other word.
    pub(super) fn fifo_word(&mut self, name: &str, item: &Item, fifos: &mut Fifos) -> bool {
        match name {
            "notify_fifo" => self.fifo(item, &mut fifos.all),
            "vrrp_notify_fifo" => self.fifo(item, &mut fifos.vrrp),
            "notify_fifo_script" => self.fifo_script(item, &mut fifos.all),
            "vrrp_notify_fifo_script" => self.fifo_script(item, &mut fifos.vrrp),
            "fifo_write_vrrp_states_on_reload" => fifos.states_on_reload = self.flag(item),
            "vrrp_notify_priority_changes" => {
                fifos.priority_changes = self.switch(item).unwrap_or(fifos.priority_changes);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn fifo(&mut self, item: &Item, of: &mut FifoAndScript) {
        let Some(word) = item.argument() else { return };
        if of.fifo.is_some() {
            self.set_already(item);
            return;
        }
        self.surplus(item, 3);
        let Some(path) = self.text(word) else { return };
        let named = item.arguments().get(1..).unwrap_or_default();
        let user = if named.is_empty() {
            None
        } else {
            let Some(user) = self.user(named) else { return };
            Some(user.value)
        };
        of.fifo = Some(Sourced::line(
            Fifo {
                path: path.value,
                user,
            },
            word.span,
        ));
    }

    pub(super) fn fifo_script(&mut self, item: &Item, of: &mut FifoAndScript) {
        let Some(script) = self.notify_script(item) else {
            return;
        };
        if of.script.is_some() {
            self.set_already(item);
        } else {
            of.script = Some(script);
        }
    }

    /// What no single line shows: one pipe under two words, as keepalived treats it, and a program with nothing to read.
    pub(super) fn check_fifos(&mut self, fifos: &mut Fifos) {
        let path = |of: &FifoAndScript| of.fifo.as_ref().map(|fifo| fifo.value.path.clone());
        if path(&fifos.all).is_some()
            && path(&fifos.all) == path(&fifos.vrrp)
            && let Some(same) = fifos.vrrp.fifo.take()
            && let Some(span) = same.span()
        {
            let text = format!("vrrp_notify_fifo {} is notify_fifo as well", same.value.path);
            let found = Diagnostic::warning("same-fifo", span, text)
                .effect("every event is written once, as by keepalived, which leaves vrrp_notify_fifo out")
                .help("remove one of them, or give each its own path");
            self.push(found);
        }
        let pairs = [
            ("notify_fifo", &mut fifos.all),
            ("vrrp_notify_fifo", &mut fifos.vrrp),
        ];
        for (word, of) in pairs {
            if of.fifo.is_some() {
                continue;
            }
            if let Some(span) = of.script.take().and_then(|script| script.span()) {
                let text = format!("{word}_script without {word}");
                let found = Diagnostic::warning("fifo-script", span, text)
                    .silent()
                    .effect("it is not started: there is nothing for it to read, as with keepalived")
                    .help(format!("add: {word} PATH"));
                self.push(found);
            }
        }
    }
}
