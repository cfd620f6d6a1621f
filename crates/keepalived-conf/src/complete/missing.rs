//! Words that are not carried out, or lost by a mistake in writing, and what must not start because of them.

use crate::diagnostic::{Diagnostic, Findings, OWN_WORD, Severity};
use crate::keywords::{Keyword, KnownTo, Safety, Scope, Support};
use crate::model::{Config, Missing, VrrpInstance};
use crate::read::Blocks;
use crate::tree::{Bar, Item, Tree, items};

/// Finds them in the tree; gives those that concern the whole daemon, and puts the others where they belong.
pub(super) fn scan(tree: &Tree, blocks: &mut Blocks) -> Vec<Missing> {
    let mut daemon = Vec::new();
    for item in items(&tree.nodes) {
        let name = item.keyword.map(|keyword| keyword.name);
        match name {
            Some("vrrp_instance") => {
                let words = item.items().filter_map(missing);
                if let Some(draft) = blocks.drafts.iter_mut().find(|draft| draft.span == item.span) {
                    draft.missing.extend(words);
                }
            }
            Some("global_defs") => daemon.extend(item.items().filter_map(missing)),
            // Its members are barred when they are known.
            Some("vrrp_sync_group") => {
                let words = item.items().filter_map(missing);
                let mut drafts = blocks.groups.iter_mut();
                if let Some(draft) = drafts.find(|draft| draft.group.span == item.span) {
                    draft.missing.extend(words);
                }
            }
            // It is about nothing else.
            Some("net_namespace_ipvs") if blocks.virtual_servers.is_empty() => {}
            _ => daemon.extend(missing(item)),
        }
    }
    for bar in &tree.bars {
        place(bar, tree, blocks, &mut daemon);
    }
    daemon
}

/// What is missing if this word is not carried out. An empty block asks for nothing.
fn missing(item: &Item) -> Option<Missing> {
    let keyword = item.keyword?;
    let Safety::Decides { scope, allow_word } = keyword.safety else {
        return None;
    };
    let (Support::Refused(why) | Support::Ignored(why)) = keyword.support else {
        return None;
    };
    if item.body.as_ref().is_some_and(|body| body.nodes.is_empty()) {
        return None;
    }
    Some(Missing {
        word: item.name(),
        span: item.span,
        scope,
        why: why.to_owned(),
        allow_word: allow_word.to_owned(),
    })
}

/// A word lost by a mistake bars the instance it stands in; outside one, the daemon.
fn place(bar: &Bar, tree: &Tree, blocks: &mut Blocks, daemon: &mut Vec<Missing>) {
    let owner = bar
        .owner
        .and_then(|span| items(&tree.nodes).find(|item| item.span == span));
    let missing = |scope| Missing {
        word: bar.word.clone(),
        span: bar.span,
        scope,
        why: bar.why.clone(),
        allow_word: bar.word.clone(),
    };
    match owner.and_then(|item| item.keyword).map(|keyword| keyword.name) {
        Some("vrrp_instance") => {
            let draft = bar
                .owner
                .and_then(|span| blocks.drafts.iter_mut().find(|draft| draft.span == span));
            if let Some(draft) = draft {
                draft.missing.push(missing(Scope::Instance));
            }
        }
        Some("vrrp_script" | "vrrp_check" | "track_file" | "vrrp_track_file" | "vrrp_track_process") => {
            let script = bar
                .owner
                .and_then(|span| blocks.scripts.iter_mut().find(|script| script.span == span));
            if let Some(script) = script {
                script.missing.push(missing(Scope::Instance));
            } else {
                // The script is lost with its command, a file with its path: whoever tracks it would run unchecked.
                let lost = blocks
                    .lost_definitions
                    .iter()
                    .find(|(_, span)| Some(*span) == bar.owner);
                for draft in &mut blocks.drafts {
                    let all = [&draft.track_scripts, &draft.track_files, &draft.track_processes];
                    let mut all = all.into_iter().flatten();
                    let mut tracks = |name: &String| all.any(|track| track.name == *name);
                    if lost.is_some_and(|(name, _)| tracks(name)) {
                        draft.missing.push(missing(Scope::Instance));
                    }
                }
            }
        }
        Some("global_defs" | "vrrp_sync_group") => daemon.push(missing(Scope::Daemon)),
        // What keepalived leaves out of a virtual server it leaves out with a report; a line that cannot be read may be any.
        Some("virtual_server" | "virtual_server_group") if bar.word == "unread-line" => {
            daemon.push(missing(Scope::Daemon));
        }
        // What stands in any other block bars the daemon by that block's own word, or nothing depends on it.
        Some(_) => {}
        None if bar.meant.is_some_and(is_instance_block) => {}
        None => daemon.push(missing(Scope::Daemon)),
    }
}

/// A misspelt `vrrp_instance`: there is no instance to bar, and the others are as written.
fn is_instance_block(keyword: &Keyword) -> bool {
    keyword.name == "vrrp_instance"
}

/// Says what is barred, and which words merely have no effect.
pub(super) fn report(config: &Config, findings: &mut Findings) {
    for missing in &config.missing {
        findings.push(barred(missing, None));
    }
    for instance in &config.instances {
        for missing in &instance.missing {
            findings.push(barred(missing, Some(instance)));
        }
    }
}

fn barred(missing: &Missing, instance: Option<&VrrpInstance>) -> Diagnostic {
    let who = instance.map_or_else(
        || "the daemon".to_owned(),
        |instance| format!("instance {}", instance.name),
    );
    let severity = if instance.is_some() {
        Severity::InstanceDropped
    } else {
        Severity::Fatal
    };
    let text = format!("{}: {}", missing.word, missing.why);
    let mut found = Diagnostic::new(severity, "missing", missing.span, text)
        .silent()
        .effect(format!("{who} does not start"))
        .help(format!(
            "remove it, or accept what is missing with --allow-missing {}",
            missing.allow_word
        ));
    found.instance = instance.map(|instance| instance.name.clone());
    found
}

/// Reports each word that has no effect here and is of no consequence.
pub(super) fn harmless(tree: &Tree, findings: &mut Findings) {
    for item in items(&tree.nodes) {
        harmless_item(item, findings);
    }
}

fn own(item: &Item) -> Diagnostic {
    let text = format!("{} is a word of vrrpd", item.name());
    Diagnostic::new(Severity::Note, OWN_WORD, item.span, text)
        .effect("keepalived reports it as unknown and goes on without it")
        .help("nothing to do for vrrpd; a file that both read keeps to keepalived's words")
}

fn harmless_item(item: &Item, findings: &mut Findings) {
    if let Some(keyword) = item.keyword {
        if keyword.known_to == KnownTo::Own {
            // What is in such a block its reader says.
            findings.push(own(item));
            return;
        }
        let why = match keyword.support {
            Support::Ignored(why) | Support::Refused(why) => why,
            Support::Full | Support::Partial(_) => "",
        };
        if !why.is_empty() {
            if keyword.safety == Safety::Harmless {
                findings.push(Diagnostic::no_effect(item.span, keyword.name, why));
            }
            // Its inside has no effect either.
            return;
        }
    }
    for inner in item.items() {
        harmless_item(inner, findings);
    }
}
