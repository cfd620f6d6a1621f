//! Sync groups: their members, and what bars them.

use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Scope;
use crate::model::{Config, Missing};

/// Leaves out members that do not exist, and bars those that do.
pub(super) fn complete(config: &mut Config, findings: &mut Findings) {
    for group in &mut config.sync_groups {
        let name = &group.name;
        if group.members.is_empty() {
            let found = Diagnostic::error(
                "empty-group",
                group.span,
                format!("sync group {name} has no members"),
            );
            findings.push(
                found
                    .effect("the group is left out, as keepalived does")
                    .help("add: group { … }"),
            );
            continue;
        }
        group.members.retain(|(member, span)| {
            let known = config.instances.iter().any(|instance| instance.name == *member);
            if !known {
                let found =
                    Diagnostic::error("unknown-member", *span, format!("there is no instance {member}"))
                        .effect("the member is left out, as keepalived does")
                        .help("define the instance, or correct the name");
                findings.push(found);
            }
            known
        });
        let members = group.members.len();
        if members < 2 {
            let text = format!("sync group {name} has {members} members that exist");
            let found = Diagnostic::warning("small-group", group.span, text).effect(if members == 0 {
                "the group is left out, as keepalived does"
            } else {
                "a group of one changes nothing"
            });
            findings.push(found.help("add members, or remove the group"));
            if members == 1 {
                continue;
            }
        }
        for instance in &mut config.instances {
            if group.members.iter().any(|(member, _)| *member == instance.name) {
                instance.missing.push(Missing {
                    word: "vrrp_sync_group".to_owned(),
                    span: group.span,
                    scope: Scope::Instance,
                    why: format!("the members of {name} would fail over one by one"),
                    allow_word: "vrrp_sync_group".to_owned(),
                });
            }
        }
    }
    config.sync_groups.retain(|group| !group.members.is_empty());
}
