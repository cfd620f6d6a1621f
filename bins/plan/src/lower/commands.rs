//! What is run: checks and notify scripts.

use keepalived_conf::{FifoAndScript, Notify, NotifyScript, ScriptUser, Sourced, VrrpScript};

use super::Lowering;
use crate::plan::{Check, Command, Fifo, FifoScript, Hooks, Places, Push, What};
use crate::question::Question;

/// keepalived's user for scripts where the file names none and the machine has it.
const KEEPALIVED_SCRIPT: &str = "keepalived_script";

impl Lowering<'_> {
    /// None for one that cannot be run: what tracks it is barred.
    pub(super) fn check(&self, script: &VrrpScript) -> Option<Check> {
        let user = script.user.as_ref().map(|user| &user.value);
        let run = |words| What::Run(self.command(words, user));
        let what = match &script.command.value {
            keepalived_conf::Command::Run { argv } => run(argv.clone()),
            keepalived_conf::Command::CanOpen { path } => run(vec![format!("<{path}")]),
            keepalived_conf::Command::Ask(checker) => What::Ask(Box::new(Question::of(checker))),
            keepalived_conf::Command::Hear(push) => What::Hear(Push {
                ttl: push.ttl.value,
                user: push.user.as_ref().map(|user| {
                    let user = &user.value;
                    (user.user.clone(), user.group.clone())
                }),
            }),
            keepalived_conf::Command::Nothing => return None,
        };
        Some(Check {
            name: script.name.clone(),
            place: self.place(script.span),
            what,
            interval: script.interval.value,
            timeout: script.timeout.value,
            rise: script.rise.value,
            fall: script.fall.value,
            initially_down: script.init_fail.value,
            mode: script.mode.value,
        })
    }

    pub(super) fn hooks(&self, notify: &Notify, mail: bool) -> Hooks {
        let hook = |script: &Option<Sourced<NotifyScript>>| {
            let script = &script.as_ref()?.value;
            Some(self.command(script.argv.clone(), script.user.as_ref()))
        };
        let place = |word, script: &Option<Sourced<NotifyScript>>| {
            let span = script.as_ref()?.span()?;
            Some((word, self.place(span)))
        };
        let deleted = notify.deleted.as_ref().and_then(Sourced::span);
        let places = [
            place("notify", &notify.any),
            place("notify_master", &notify.master),
            place("notify_backup", &notify.backup),
            place("notify_fault", &notify.fault),
            place("notify_stop", &notify.stop),
            place("notify_master_rx_lower_pri", &notify.rx_lower_pri),
            place("notify_before_stop", &notify.before_stop),
            deleted.map(|span| ("notify_deleted", self.place(span))),
        ];
        Hooks {
            places: Places(places.into_iter().flatten().collect()),
            any: hook(&notify.any),
            master: hook(&notify.master),
            backup: hook(&notify.backup),
            fault: hook(&notify.fault),
            stop: hook(&notify.stop),
            rx_lower_pri: hook(&notify.rx_lower_pri),
            before_stop: hook(&notify.before_stop),
            priority_changes: notify.priority_changes.is_some_and(|said| said.value),
            tells_deleted: notify.deleted.is_some(),
            mail,
            deleted: notify.deleted.as_ref().and_then(|deleted| {
                let script = deleted.value.as_ref()?;
                Some(self.command(script.argv.clone(), script.user.as_ref()))
            }),
        }
    }

    pub(super) fn command(&self, words: Vec<String>, own: Option<&ScriptUser>) -> Command {
        Command {
            words,
            user: self.user(own),
            secure: self.config.global.enable_script_security.value,
        }
    }

    fn user(&self, own: Option<&ScriptUser>) -> Option<(String, Option<String>)> {
        let global = &self.config.global;
        let named = own.or(global.script_user.as_ref().map(|user| &user.value));
        match named {
            Some(user) => Some((user.user.clone(), user.group.clone())),
            None => self
                .host
                .keepalived_script
                .then(|| (KEEPALIVED_SCRIPT.to_owned(), None)),
        }
    }

    /// A pipe belongs to whom scripts run as, unless it says otherwise.
    pub(super) fn fifos(&self) -> Vec<Fifo> {
        let words = &self.config.global.fifos;
        let one = |(word, of): (&'static str, &FifoAndScript)| {
            let fifo = of.fifo.as_ref()?;
            let place = fifo.span().map_or_else(String::new, |span| self.place(span));
            let script = of.script.as_ref().map(|script| FifoScript {
                command: self.command(script.value.argv.clone(), script.value.user.as_ref()),
                place: script
                    .span()
                    .map_or_else(|| place.clone(), |span| self.place(span)),
            });
            Some(Fifo {
                word,
                path: fifo.value.path.clone().into(),
                user: self.user(fifo.value.user.as_ref()),
                place,
                script,
            })
        };
        let lvs = &self.config.global.lvs.fifo;
        [
            ("notify_fifo", &words.all),
            ("vrrp_notify_fifo", &words.vrrp),
            ("lvs_notify_fifo", lvs),
        ]
        .into_iter()
        .filter_map(one)
        .collect()
    }
}
