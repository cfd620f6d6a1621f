//! `drop_unusable_scripts`: keepalived's way with a `vrrp_script` or `MISC_CHECK` that cannot be run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keepalived_conf::{Config, SourceMap};

use crate::balance::{Balance, VirtualServer};
use crate::contents;
use crate::lower::{Allowed, Host, Lowered, lower};
use crate::plan::What;
use crate::reload::Machine;

/// [`lower()`], with the contents of the files that checks read, and where the file says `drop_unusable_scripts` once more without the scripts that `machine` cannot run: they are
/// told with what is allowed to be missing. Where it does not say so such a script is a check that fails, with the reason.
#[must_use]
pub fn lower_for(
    config: &Config,
    sources: &SourceMap,
    allowed: &Allowed,
    host: &Host,
    machine: &dyn Machine,
) -> Lowered {
    let mut lowered = lower(config, sources, allowed, host);
    contents::note(&mut lowered.plan.balance, machine);
    if !config.global.drop_unusable_scripts.value {
        return lowered;
    }
    let of_servers = unchecked(&mut lowered.plan.balance, machine);
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
        lowered.allowed.extend(of_servers);
        return lowered;
    }
    let mut usable = config.clone();
    for instance in &mut usable.instances {
        let can_run = |name: &str| !unusable.contains_key(name);
        instance.track_scripts.retain(|track| can_run(&track.name));
    }
    let balance = std::mem::take(&mut lowered.plan.balance);
    let mut without = lower(&usable, sources, allowed, host);
    without.plan.balance = balance;
    without.allowed.extend(unusable.into_values());
    without.allowed.extend(of_servers);
    without
}

/// Takes the programs that cannot be run out of the checks of real servers; says which.
fn unchecked(balance: &mut Balance, machine: &dyn Machine) -> Vec<String> {
    let mut told = Vec::new();
    let mut gone = BTreeSet::new();
    Arc::make_mut(&mut balance.checks).retain(|check| {
        let program = check.program().is_some();
        let Some(wrong) = program.then(|| machine.try_server_check(check).err()).flatten() else {
            return true;
        };
        let (place, name) = (&check.place, &check.name);
        told.push(format!(
            "{place}: {name} cannot be run: {wrong}; the real server is in service WITHOUT this check, as with keepalived (drop_unusable_scripts)"
        ));
        gone.insert(check.name.clone());
        false
    });
    let followed = |server: &&mut Arc<VirtualServer>| {
        let mut follows = server.servers.iter().flat_map(|real| &real.follows);
        follows.any(|follows| gone.contains(&follows.check))
    };
    for server in balance.servers.iter_mut().filter(followed) {
        for real in &mut Arc::make_mut(server).servers {
            real.follows.retain(|follows| !gone.contains(&follows.check));
        }
    }
    told
}
