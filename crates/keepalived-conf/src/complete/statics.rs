//! Track groups: who is in them, and what names them.

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Sourced, Statics};

/// Leaves out what does not exist.
pub(super) fn complete(mut statics: Statics, config: &Config, findings: &mut Findings) -> Statics {
    let dropped = |name: &String| config.dropped.iter().any(|instance| instance.name == *name);
    for group in &mut statics.groups {
        group.members.retain(|(name, span)| {
            let known = config.instances.iter().any(|instance| instance.name == *name) || dropped(name);
            if !known {
                let text = format!("there is no vrrp_instance {name}");
                let found = Diagnostic::error("unknown-member", *span, text)
                    .silent()
                    .effect("it is left out of the group, as keepalived does")
                    .help("correct the name");
                findings.push(found);
            }
            known
        });
    }
    let names: Vec<String> = statics.groups.iter().map(|group| group.name.clone()).collect();
    let mut check = |named: &mut Option<Sourced<String>>| {
        let unknown = named.take_if(|name| !names.contains(&name.value));
        if let Some((name, span)) = unknown.and_then(|name| Some((name.value.clone(), name.span()?))) {
            let text = format!("there is no track_group {name}");
            let found = Diagnostic::error("unknown-track-group", span, text)
                .effect("no instance is barred when the entry is lost, as with keepalived")
                .help("define the group, or correct the name");
            findings.push(found);
        }
    };
    for address in &mut statics.addresses {
        check(&mut address.track_group);
    }
    for route in &mut statics.routes {
        check(&mut route.track_group);
    }
    for rule in &mut statics.rules {
        check(&mut rule.track_group);
    }
    statics
}
