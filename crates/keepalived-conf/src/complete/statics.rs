//! Track groups: who is in them.

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Statics};

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
    statics
}
