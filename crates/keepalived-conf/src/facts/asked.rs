//! What a file names that must be there.

use std::collections::BTreeSet;

use super::names;
use crate::Parsed;
use crate::keywords::Block;
use crate::model::{Command, Config, Notify, NotifyScript, ScriptUser};
use crate::source::Span;
use crate::tree::{Item, items};

/// What keepalived wants of an interface, which decides what it does where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceUse {
    /// Adverts, addresses, routes, rules, tracking, pacing: `dynamic_interfaces` lets it come later.
    Later,
    /// `interface_up_down_delays`: it must be there before anything else, a virtual MAC of the same file included.
    Before,
    /// `linkbeat_interfaces`: likewise for `keepalived -t`; the daemon goes on without it.
    Polled,
}

/// An interface by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedInterface {
    /// Its name.
    pub name: String,
    /// Where.
    pub span: Span,
    /// The instance that names it.
    pub instance: Option<String>,
    /// What for.
    pub wanted: InterfaceUse,
}

/// What a program is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramUse {
    /// `vrrp_script`.
    Check,
    /// `notify` and its relatives.
    Notify,
    /// `misc_path`.
    Server,
}

/// A program that the file runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedProgram {
    /// The first word of the command; one without `/` is looked for in the search path.
    pub path: String,
    /// Where.
    pub span: Span,
    /// The instance or script that names it.
    pub owner: String,
    /// As whom it runs, where the file says so for this command.
    pub user: Option<ScriptUser>,
    /// What for.
    pub wanted: ProgramUse,
}

/// Everything that a file takes for granted about its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In the order of the file, except for those of instances, which come first.
    pub interfaces: Vec<AskedInterface>,
    /// Interfaces that the daemon makes itself: virtual MACs.
    pub made: BTreeSet<String>,
    /// Users of scripts; `keepalived_script` among them, which is the default where it exists.
    pub users: BTreeSet<String>,
    /// Groups of scripts.
    pub groups: BTreeSet<String>,
    /// Programs that are run.
    pub programs: Vec<AskedProgram>,
}

/// The user of scripts where the file names none, if there is such a user.
pub(super) const DEFAULT_USER: &str = "keepalived_script";

impl Asked {
    /// What this file takes for granted.
    #[must_use]
    pub fn of(parsed: &Parsed) -> Self {
        let mut asked = Self::default();
        asked.users.insert(DEFAULT_USER.to_owned());
        if let Some(user) = &parsed.config.global.script_user {
            asked.account(&user.value);
        }
        for item in items(&parsed.tree.nodes).filter(|item| !is_skipped(item, &parsed.config)) {
            asked.top(item);
        }
        asked.commands(&parsed.config);
        asked
    }

    fn account(&mut self, user: &ScriptUser) {
        self.users.insert(user.user.clone());
        self.groups.extend(user.group.clone());
    }

    fn interface(&mut self, named: names::Named, instance: Option<&str>, wanted: InterfaceUse) {
        self.interfaces.push(AskedInterface {
            name: named.name,
            span: named.span,
            instance: instance.map(str::to_owned),
            wanted,
        });
    }

    fn top(&mut self, item: &Item) {
        let instance = item.argument().map(crate::lexer::Word::text).filter(|_| {
            item.body
                .as_ref()
                .is_some_and(|body| body.block == Block::Instance)
        });
        let wanted = match item.body.as_ref().map(|body| body.block) {
            Some(Block::UpDownDelays) => InterfaceUse::Before,
            Some(Block::LinkbeatInterfaces) => InterfaceUse::Polled,
            _ => InterfaceUse::Later,
        };
        for named in names::interfaces(item) {
            self.interface(named, instance.as_deref(), wanted);
        }
        self.made.extend(names::made(item));
        for script in names::servers_scripts(item) {
            let words: Vec<String> = script.user.iter().map(crate::lexer::Word::text).collect();
            let user = words.first().map(|user| ScriptUser {
                user: user.clone(),
                group: words.get(1).cloned(),
            });
            let (path, span) = (script.program.name, script.program.span);
            self.program(Some(&path), span, script.word, user, ProgramUse::Server);
        }
    }

    fn commands(&mut self, config: &Config) {
        for script in &config.scripts {
            let user = script.user.as_ref().map(|user| user.value.clone());
            if let Command::Run { argv } = &script.command.value {
                let span = script.command.span().unwrap_or(script.span);
                self.program(argv.first(), span, &script.name, user, ProgramUse::Check);
            }
        }
        let instances = config
            .instances
            .iter()
            .map(|one| (&one.name, one.span, &one.notify));
        let groups = config
            .sync_groups
            .iter()
            .map(|one| (&one.name, one.span, &one.notify));
        for (name, span, notify) in instances.chain(groups) {
            for (script, place) in hooks(notify) {
                let user = script.user.clone();
                self.program(
                    script.argv.first(),
                    place.unwrap_or(span),
                    name,
                    user,
                    ProgramUse::Notify,
                );
            }
        }
    }

    fn program(
        &mut self,
        path: Option<&String>,
        span: Span,
        owner: &str,
        user: Option<ScriptUser>,
        wanted: ProgramUse,
    ) {
        let Some(path) = path else { return };
        if let Some(user) = &user {
            self.account(user);
        }
        self.programs.push(AskedProgram {
            path: path.clone(),
            span,
            owner: owner.to_owned(),
            user,
            wanted,
        });
    }
}

/// An instance without a name, or with one that is taken: keepalived passes over the whole block.
fn is_skipped(item: &Item, config: &Config) -> bool {
    let instance = item
        .keyword
        .is_some_and(|keyword| keyword.name == "vrrp_instance");
    let mut read = config.instances.iter().map(|one| one.span);
    let mut dropped = config.dropped.iter().map(|one| one.span);
    instance && !read.any(|span| span == item.span) && !dropped.any(|span| span == item.span)
}

fn hooks(notify: &Notify) -> impl Iterator<Item = (&NotifyScript, Option<Span>)> {
    let all = [
        &notify.any,
        &notify.master,
        &notify.backup,
        &notify.fault,
        &notify.stop,
        &notify.rx_lower_pri,
    ];
    let deleted = notify.deleted.as_ref();
    let deleted = deleted.and_then(|hook| Some((hook.value.as_ref()?, hook.span())));
    let all = all.into_iter().flatten().map(|hook| (&hook.value, hook.span()));
    all.chain(deleted)
}
