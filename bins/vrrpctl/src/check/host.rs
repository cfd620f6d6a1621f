//! What this machine has of the things that a file names. Asks the user database and looks at files; runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use healthcheck::{Command, RunAs, Unusable};
use keepalived_conf::{Asked, Facts, Host, Program};
use vrrp_plan::{Machine, ThisMachine};

/// Whom the file is read for.
pub(crate) fn node(config_id: Option<&str>) -> Host {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let short = name.trim().split('.').next().unwrap_or_default();
    Host {
        config_id: Some(config_id.unwrap_or(short).to_owned()),
        // What is not text cannot stand in a file either.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    }
}

/// Looks up everything that the file takes for granted, interfaces in the network that it names.
pub(super) fn facts(asked: &Asked, net_namespace: Option<&str>) -> Facts {
    let mut interfaces: BTreeSet<String> = asked.interfaces.iter().map(|one| one.name.clone()).collect();
    match net_namespace {
        // Not by /sys: it may be that of another network.
        None => interfaces.retain(|name| ThisMachine.has_interface(name)),
        Some(network) => {
            if let Err(error) = keep_those_of(network, &mut interfaces) {
                eprintln!("vrrpctl: interfaces are taken as present: {error}");
            }
        }
    }
    let user = |name: &&String| RunAs::lookup(name, None).is_ok();
    let group = |name: &&String| RunAs::lookup("root", Some(name)).is_ok();
    let mut programs = BTreeMap::new();
    for one in &asked.programs {
        programs
            .entry(one.path.clone())
            .or_insert_with(|| program(&one.path));
    }
    Facts {
        interfaces,
        users: asked.users.iter().filter(user).cloned().collect(),
        groups: asked.groups.iter().filter(group).cloned().collect(),
        programs,
    }
}

/// A network is a thread's, and the caller's must not change.
fn keep_those_of(network: &str, interfaces: &mut BTreeSet<String>) -> Result<(), String> {
    let look = || {
        vrrp_plan::enter(network).map_err(|error| error.to_string())?;
        interfaces.retain(|name| ThisMachine.has_interface(name));
        Ok(())
    };
    let looked = std::thread::scope(|scope| scope.spawn(look).join());
    looked.unwrap_or_else(|_| {
        Err(format!(
            "the network namespace {network} could not be looked into"
        ))
    })
}

fn program(path: &str) -> Program {
    let command = Command::new([path]);
    let unusable = match command.clone().run_as(RunAs::current()).secure(false).check() {
        Ok(_) => None,
        Err(wrong) => Some(wrong.to_string()),
    };
    let root = RunAs {
        uid: 0,
        gid: 0,
        name: "root".to_owned(),
        home: "/root".to_owned(),
    };
    // Whether this user may run it as root is no question of the file.
    let insecure = match command.run_as(root).secure(true).check() {
        Err(wrong @ Unusable::Insecure { .. }) => Some(wrong.to_string()),
        _ => None,
    };
    Program { unusable, insecure }
}
