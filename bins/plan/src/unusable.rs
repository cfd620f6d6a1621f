//! `drop_unusable_scripts`: keepalived's way with a `vrrp_script` that cannot be run.

use std::collections::BTreeMap;

use keepalived_conf::{Config, SourceMap};

use crate::lower::{Allowed, Host, Lowered, lower};
use crate::plan::What;
use crate::reload::Machine;

/// [`lower()`], and where the file says `drop_unusable_scripts` once more without the scripts that `machine` cannot run: they are
/// told with what is allowed to be missing. Where it does not say so such a script is a check that fails, with the reason.
#[must_use]
pub fn lower_for(
    config: &Config,
    sources: &SourceMap,
    allowed: &Allowed,
    host: &Host,
    machine: &dyn Machine,
) -> Lowered {
    let lowered = lower(config, sources, allowed, host);
    if !config.global.drop_unusable_scripts.value {
        return lowered;
    }
    let scripts = lowered.plan.checks.iter();
    let scripts = scripts.filter(|check| matches!(check.what, What::Run(_)));
    let unusable: BTreeMap<&str, String> = scripts
        .filter_map(|check| {
            let wrong = machine.try_check(check).err()?;
            let (place, name) = (&check.place, &check.name);
            let text = format!(
                "{place}: vrrp_script {name} cannot be run: {wrong}; what tracks it runs WITHOUT this check, as with keepalived (drop_unusable_scripts)"
            );
            Some((name.as_str(), text))
        })
        .collect();
    if unusable.is_empty() {
        return lowered;
    }
    let mut usable = config.clone();
    for instance in &mut usable.instances {
        let can_run = |name: &str| !unusable.contains_key(name);
        instance.track_scripts.retain(|track| can_run(&track.name));
    }
    let mut lowered = lower(&usable, sources, allowed, host);
    lowered.allowed.extend(unusable.into_values());
    lowered
}
