//! Back to what was there before: only what is still as it was made. The addresses go first.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::found::{Found, Present};
use super::memory::{Address, Before, Memory};
use super::rules::{LABEL, whole};
use super::step::{Plan, Step};

/// Everything, or some addresses; with the last address everything goes.
///
/// # Errors
/// An address that was not prepared.
pub(super) fn plan(found: &Found, memory: &Memory, only: Option<&[IpAddr]>) -> Result<Plan, String> {
    let is_chosen = |address: IpAddr| only.is_none_or(|only| only.contains(&address));
    let is_known = |address: &&IpAddr| memory.addresses.iter().any(|one| one.address == **address);
    if let Some(stranger) = only.unwrap_or_default().iter().find(|one| !is_known(one)) {
        return Err(format!(
            "{stranger} was not prepared here; nothing was changed. vrrpctl realserver status tells what was"
        ));
    }
    let (chosen, stays): (Vec<Address>, Vec<Address>) = memory
        .addresses
        .iter()
        .cloned()
        .partition(|one| is_chosen(one.address));
    let mut plan = Plan::default();
    if memory.is_empty() {
        plan.notes.push("nothing is prepared here".to_owned());
    }
    for one in &chosen {
        delete(&mut plan, found, one);
    }
    if stays.is_empty() {
        settings(&mut plan, found, memory);
        devices(&mut plan, found, memory);
    } else {
        plan.memory = Memory {
            addresses: stays,
            ..memory.clone()
        };
    }
    Ok(plan)
}

fn delete(plan: &mut Plan, found: &Found, one: &Address) {
    let Address {
        address,
        device,
        was_there,
    } = one;
    let mut at = found.at(*address).filter(|there| there.device == *device);
    match at.next() {
        _ if *was_there => plan.notes.push(format!(
            "{address} was on {device} before it was prepared: it stays"
        )),
        None => plan.notes.push(format!("{address} is not on {device} any more")),
        Some(there) if is_ours(there) => plan.steps.push(Step::Delete {
            address: *address,
            device: device.clone(),
        }),
        Some(there) => plan.notes.push(format!(
            "{address}/{} on {device} is not as it was made (label {}): it stays",
            there.prefix, there.label
        )),
    }
}

fn is_ours(there: &Present) -> bool {
    let label = there.address.is_ipv6() || there.label == format!("{}:{LABEL}", there.device);
    label && there.prefix == whole(there.address)
}

fn settings(plan: &mut Plan, found: &Found, memory: &Memory) {
    // The last that was changed is the first that is put back.
    for one in memory.settings.iter().rev() {
        let Some(now) = found.settings.get(&one.name) else {
            continue;
        };
        if *now == one.ours {
            plan.steps.push(Step::Set {
                name: one.name.clone(),
                from: now.clone(),
                to: one.before.clone(),
            });
        } else if *now != one.before {
            plan.notes.push(format!(
                "{} is {now}, and was made {}: somebody else has changed it since, and it stays",
                one.name, one.ours
            ));
        }
    }
}

fn devices(plan: &mut Plan, found: &Found, memory: &Memory) {
    let ours: BTreeSet<IpAddr> = memory.addresses.iter().map(|one| one.address).collect();
    for one in memory.devices.iter().rev() {
        let name = &one.name;
        let Some(device) = found.devices.get(name) else {
            continue;
        };
        // The kernel gives IPv6 devices an address of their own, which goes with them.
        let mut others = found.addresses.iter().filter(|there| {
            there.device == *name && !there.address.is_loopback() && !is_link_local(there.address)
        });
        if let Some(other) = others.find(|there| !ours.contains(&there.address)) {
            let other = other.address;
            plan.notes
                .push(format!("{name} has {other} too: it stays as it is"));
            continue;
        }
        let device_of = || name.clone();
        if device.up {
            plan.steps.push(Step::Down { device: device_of() });
        }
        if one.before == Before::Absent {
            plan.steps.push(Step::Remove { device: device_of() });
        }
    }
}

const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
