//! Of a Backup: who is Active, and what keeps this one from it.

use std::net::IpAddr;

use vrrp_control::{Instance, Status};

use super::Reason;
use super::sums::{at_best, failed, failing, is_resigned, reason, sum};
use crate::words::span;

/// Sentence, reasons, and what would change it.
pub(super) fn explain(instance: &Instance, status: &Status) -> (String, Vec<Reason>, Vec<String>) {
    let other = instance.active.as_ref().filter(|active| !active.own);
    let sentence = match other {
        None => {
            "is not Active because it has just begun to listen: no Active router was heard yet".to_owned()
        }
        Some(other) => {
            let name = other
                .address
                .map_or_else(|| "another router".to_owned(), |one| one.to_string());
            not_active(instance, status, &name, other.priority)
        }
    };
    let mut because = Vec::new();
    because.extend(failing(&instance.priority).map(|one| reason(one, status)));
    because.extend(held_back(instance, status));
    let then = then(instance, other.and_then(|other| other.address));
    (sentence, because, then)
}

/// What keeps it from being Active in place of another one with priority `theirs`.
fn not_active(instance: &Instance, status: &Status, name: &str, theirs: u8) -> String {
    let priority = &instance.priority;
    let own = priority.effective;
    if is_resigned(priority) {
        return format!(
            "is not Active because an operator asked it to hand over: it competes with priority 1 < {theirs} of {name}"
        );
    }
    if theirs == 0 {
        return format!("is not Active yet: {name} has just said goodbye, and it takes over");
    }
    let compared = sum(priority);
    if own < theirs {
        let causes: Vec<String> = failing(priority)
            .filter(|_| at_best(priority) > i32::from(theirs))
            .map(|one| match failed(one, status) {
                (what, Some(ms)) => format!("{what} for {}", span(ms)),
                (what, None) => what,
            })
            .collect();
        return match causes.as_slice() {
            [] => format!(
                "is not Active because {name} has the higher priority: {compared} < {theirs} of {name}"
            ),
            causes => format!(
                "is not Active because {}: {compared} < {theirs} of {name}",
                causes.join(" and ")
            ),
        };
    }
    if own == theirs {
        return format!(
            "is not Active because {name} has the same priority {theirs} and was Active first: an equal one does not preempt"
        );
    }
    let higher = format!("though {compared} > {theirs} of {name}");
    if instance.held_back {
        return format!("is not Active {higher}: other members of its sync group are not ready for it");
    }
    if let Some(ms) = instance.preempt_in_ms {
        return format!(
            "is not Active {higher}, because its preempt delay runs for another {}",
            span(ms)
        );
    }
    if instance.leaves.as_ref().is_some_and(|leaves| !leaves.preempt) {
        return format!("is not Active {higher}, because it does not preempt (nopreempt)");
    }
    format!("is not Active yet, {higher}: it takes over as soon as its timer runs out")
}

fn held_back(instance: &Instance, status: &Status) -> Option<Reason> {
    let name = instance.group.as_ref().filter(|_| instance.held_back)?;
    let group = status.groups.iter().find(|group| group.name == *name)?;
    let others = group.members.iter().filter(|member| **member != instance.name);
    let others: Vec<&str> = others.map(String::as_str).collect();
    let reason = Reason::new(format!(
        "sync group {name} moves as one, with {}",
        others.join(", ")
    ));
    Some(reason.cure("vrrpctl explain each of these"))
}

fn then(instance: &Instance, other: Option<IpAddr>) -> Vec<String> {
    let mut then = Vec::new();
    let silent = other.map_or_else(
        || "nobody is heard".to_owned(),
        |other| format!("{other} falls silent"),
    );
    let down_cs = instance
        .leaves
        .as_ref()
        .map(|leaves| u64::from(leaves.master_down_interval));
    if let Some(down_cs) = down_cs.filter(|down| *down > 0) {
        then.push(format!(
            "it takes over {} after {silent}, or at once, but for its skew time, after a goodbye",
            span(down_cs.saturating_mul(10))
        ));
    }
    if let Some(next) = &instance.next {
        then.push(format!(
            "next: {} in {}, unless something is heard before",
            next.what,
            span(next.in_ms)
        ));
    }
    then
}
