//! What is run: checks and notify scripts.

use keepalived_conf::{Notify, NotifyScript, ScriptUser, Sourced, VrrpScript};

use super::Lowering;
use crate::plan::{Check, Command, Hooks, What};
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
        })
    }

    pub(super) fn hooks(&self, notify: &Notify) -> Hooks {
        let hook = |script: &Option<Sourced<NotifyScript>>| {
            let script = &script.as_ref()?.value;
            Some(self.command(script.argv.clone(), script.user.as_ref()))
        };
        Hooks {
            any: hook(&notify.any),
            master: hook(&notify.master),
            backup: hook(&notify.backup),
            fault: hook(&notify.fault),
            stop: hook(&notify.stop),
            rx_lower_pri: hook(&notify.rx_lower_pri),
            tells_deleted: notify.deleted.is_some(),
            deleted: notify.deleted.as_ref().and_then(|deleted| {
                let script = deleted.value.as_ref()?;
                Some(self.command(script.argv.clone(), script.user.as_ref()))
            }),
        }
    }

    fn command(&self, words: Vec<String>, own: Option<&ScriptUser>) -> Command {
        let global = &self.config.global;
        let named = own.or(global.script_user.as_ref().map(|user| &user.value));
        let user = match named {
            Some(user) => Some((user.user.clone(), user.group.clone())),
            None => self
                .host
                .keepalived_script
                .then(|| (KEEPALIVED_SCRIPT.to_owned(), None)),
        };
        Command {
            words,
            user,
            secure: global.enable_script_security.value,
        }
    }
}
