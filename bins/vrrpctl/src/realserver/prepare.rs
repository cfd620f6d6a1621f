//! From what is there to what a real server needs. The settings come first: at no moment is there an address that is
//! answered for.

use std::net::IpAddr;

use super::found::{Found, Present};
use super::memory::{Address, Before, Device, Memory, Setting};
use super::rules::{LOOPBACK, Need, Wanted, filter_of, whole};
use super::step::{Plan, Step};

/// Devices that are to be there before anything else: only then are there settings of theirs.
pub(super) fn devices(wanted: &Wanted, found: &Found, memory: &Memory) -> Plan {
    let mut plan = Plan {
        memory: memory.clone(),
        ..Plan::default()
    };
    for device in &wanted.devices {
        if !found.devices.contains_key(device) {
            remember_device(&mut plan.memory, device, Before::Absent);
            plan.steps.push(Step::Make {
                device: device.clone(),
            });
        }
    }
    plan
}

/// Everything else.
///
/// # Errors
/// In words, where it would not do.
pub(super) fn rest(wanted: &Wanted, found: &Found, memory: &Memory) -> Result<Plan, String> {
    refusals(wanted, found, memory)?;
    let mut plan = Plan {
        memory: memory.clone(),
        ..Plan::default()
    };
    for (name, need) in wanted.settings().into_iter().map(|one| (one.name, one.need)) {
        match found.settings.get(&name) {
            Some(from) => {
                if let Some(to) = target(&name, need, found) {
                    remember_setting(&mut plan.memory, &name, from, &to);
                    let from = from.clone();
                    plan.steps.push(Step::Set { name, from, to });
                }
            }
            None => plan.notes.push(format!(
                "{name}: there is none before its device; it must not be strict (1)"
            )),
        }
    }
    for (address, device) in &wanted.addresses {
        take(&mut plan, found, *address, device);
    }
    for device in &wanted.devices {
        if !found.devices.get(device).is_some_and(|found| found.up) {
            remember_device(&mut plan.memory, device, Before::Down);
            let device = device.clone();
            plan.steps.push(Step::Up { device });
        }
    }
    Ok(plan)
}

/// Says why nothing is done.
///
/// # Errors
/// All that is in the way.
pub(super) fn refusals(wanted: &Wanted, found: &Found, memory: &Memory) -> Result<(), String> {
    let of_one = |(address, device): &(IpAddr, String)| {
        if address.is_ipv6() && found.no_ipv6 {
            return Some(format!(
                "{address} cannot be taken: IPv6 is off at {LOOPBACK} (sysctl -w net.ipv6.conf.{LOOPBACK}.disable_ipv6=0)"
            ));
        }
        let known = memory.addresses.iter().find(|one| one.address == *address);
        if let Some(other) = known.filter(|one| one.device != *device && !one.was_there) {
            return Some(format!(
                "{address} is prepared on {}, and now asked for on {device}: vrrpctl realserver undo --address {address} first",
                other.device
            ));
        }
        found
            .at(*address)
            .find_map(|there| in_the_way(there, device, found))
    };
    let down = !found.devices.get(LOOPBACK).is_some_and(|device| device.up);
    let down = down.then(|| {
        format!("{LOOPBACK} is down, and nothing of this machine reaches itself: ip link set {LOOPBACK} up")
    });
    let problems: Vec<String> = down
        .into_iter()
        .chain(wanted.addresses.iter().filter_map(of_one))
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}; nothing was changed", problems.join("; ")))
}

/// An address that is there already must be there as it is needed.
fn in_the_way(there: &Present, wanted: &str, found: &Found) -> Option<String> {
    let Present {
        address,
        prefix,
        device,
        ..
    } = there;
    let delete = format!("ip address delete {address}/{prefix} dev {device}");
    if found.devices.get(device).is_some_and(|device| device.is_asked) {
        return Some(format!(
            "{address} is on {device}, where this machine answers for it, as the director does: {delete}, and remove it from the configuration of {device}"
        ));
    }
    if *prefix != whole(*address) {
        return Some(format!(
            "{address}/{prefix} is on {device}: with this prefix length the machine takes all the network around it for its own: {delete}"
        ));
    }
    // Packets from a tunnel are let through only where the tunnel itself has it.
    (device != wanted && wanted != LOOPBACK)
        .then(|| format!("{address} is on {device} already, and a tunnel needs it on {wanted}: {delete}"))
}

fn take(plan: &mut Plan, found: &Found, address: IpAddr, device: &str) {
    let there = found.at(address).next();
    let known = plan.memory.addresses.iter().any(|one| one.address == address);
    if let Some(there) = there.filter(|_| !known) {
        plan.notes.push(format!(
            "{address}/{} was on {} already; it stays there, also at undo",
            there.prefix, there.device
        ));
    }
    if !known {
        plan.memory.addresses.push(Address {
            address,
            device: there.map_or(device, |there| &there.device).to_owned(),
            was_there: there.is_some(),
        });
    }
    if there.is_none() {
        // What somebody else had put there is gone since: what is there now is ours, and goes at undo.
        let all = &mut plan.memory.addresses;
        if let Some(gone) = all.iter_mut().find(|one| one.address == address && one.was_there) {
            gone.was_there = false;
            device.clone_into(&mut gone.device);
        }
        let device = device.to_owned();
        plan.steps.push(Step::Add { address, device });
    }
}

/// Another value, where that is needed.
fn target(name: &str, need: Need, found: &Found) -> Option<String> {
    let now = found.number(name).unwrap_or(0);
    match need {
        Need::AtLeast(least) => (now < least).then(|| least.to_string()),
        // The larger one counts.
        Need::NotStrict => {
            let counts = now.max(found.number(&filter_of("all")).unwrap_or(0));
            (counts == 1).then(|| "2".to_owned())
        }
    }
}

/// What was there before the first time is what was there before.
fn remember_setting(memory: &mut Memory, name: &str, from: &str, to: &str) {
    match memory.settings.iter_mut().find(|one| one.name == name) {
        Some(known) => to.clone_into(&mut known.ours),
        None => memory.settings.push(Setting {
            name: name.to_owned(),
            before: from.to_owned(),
            ours: to.to_owned(),
        }),
    }
}

fn remember_device(memory: &mut Memory, name: &str, before: Before) {
    if !memory.devices.iter().any(|one| one.name == name) {
        let name = name.to_owned();
        memory.devices.push(Device { name, before });
    }
}
