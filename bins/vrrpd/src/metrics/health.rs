//! Healthy and ready: two questions with different answers.

use std::time::Duration;

use vrrp_control::{Instance, KeepalivedState, Status};

use super::look::Look;

/// The router loop answers between two packets, in well under a millisecond; so late, and peers miss advertisements.
pub(super) const LOOP_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// The router loop turns.
///
/// # Errors
/// Why not, in words.
pub(super) fn healthy(look: &Look) -> Result<(), String> {
    if look.status().is_none() {
        return Err(look.problem().to_owned());
    }
    if look.took > LOOP_ANSWERS_WITHIN {
        return Err(format!(
            "the router loop answered after {} ms; {} are the limit",
            look.took.as_millis(),
            LOOP_ANSWERS_WITHIN.as_millis()
        ));
    }
    Ok(())
}

/// Healthy, started, the file in force, and nothing of it at fault.
///
/// # Errors
/// Every reason why not, in words.
pub(super) fn ready(look: &Look) -> Result<(), Vec<String>> {
    healthy(look).map_err(|why| vec![why])?;
    let reasons = look.status().map_or_else(Vec::new, reasons);
    if reasons.is_empty() { Ok(()) } else { Err(reasons) }
}

fn reasons(status: &Status) -> Vec<String> {
    let mut reasons = Vec::new();
    if status.daemon.stopping {
        reasons.push("vrrpd is stopping".to_owned());
    }
    if let Some(reload) = status
        .daemon
        .last_reload
        .as_ref()
        .filter(|reload| !reload.applied)
    {
        reasons.push(format!(
            "the file is not in force, its last reload was refused: {}",
            reload.message
        ));
    }
    for left_out in &status.daemon.not_started {
        reasons.push(format!("{} was not started: {}", left_out.name, left_out.reason));
    }
    reasons.extend(status.instances.iter().filter_map(of_instance));
    reasons
}

/// A Backup is as ready as an Active.
fn of_instance(instance: &Instance) -> Option<String> {
    let name = &instance.name;
    match instance.keepalived_state {
        KeepalivedState::Master => missing(instance),
        KeepalivedState::Backup => None,
        KeepalivedState::Init => Some(format!("{name} has not started yet")),
        KeepalivedState::Fault | KeepalivedState::Stop => {
            let why = instance.barred.as_deref().unwrap_or(&instance.why);
            Some(format!("{name} takes no part: {why}"))
        }
    }
}

fn missing(instance: &Instance) -> Option<String> {
    let missing = instance.addresses.iter().filter(|one| one.wanted && !one.present);
    let missing: Vec<String> = missing.map(|one| one.address.to_string()).collect();
    (!missing.is_empty()).then(|| format!("{} does not hold {}", instance.name, missing.join(", ")))
}
