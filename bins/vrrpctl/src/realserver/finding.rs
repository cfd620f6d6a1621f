//! What is lacking, in words.

use super::found::Found;
use super::memory::Memory;
use super::prepare;
use super::rules::Wanted;

/// Empty: everything is as it was prepared.
pub(super) fn lacking(wanted: &Wanted, found: &Found, memory: &Memory) -> Vec<String> {
    if memory.addresses.is_empty() {
        return vec!["nothing is prepared here".to_owned()];
    }
    let gone = wanted.devices.iter();
    let gone = gone.filter(|device| !found.devices.contains_key(*device));
    let gone: Vec<String> = gone.map(|device| format!("{device} is gone")).collect();
    if !gone.is_empty() {
        return gone;
    }
    match prepare::rest(wanted, found, memory) {
        Ok(plan) => plan
            .steps
            .iter()
            .map(|step| format!("prepare would {step}"))
            .collect(),
        Err(problem) => vec![problem],
    }
}
