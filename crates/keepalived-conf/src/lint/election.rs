//! Timers, and sync groups whose members do not agree.

use std::collections::HashMap;
use std::time::Duration;

use super::codes::{GROUP_PREEMPT, GROUP_PRIORITIES, LINK_NOT_TRACKED, SLOW_TAKEOVER, TIGHT_TIMER};
use crate::diagnostic::Findings;
use crate::model::{Config, VrrpInstance};

/// How long a virtual machine or a busy host may well stand still.
const STALL_CS: u32 = 30;
const SLOW_CS: u32 = 1_000;

pub(super) fn instance(instance: &VrrpInstance, out: &mut Findings) {
    let interval = u32::from(instance.advert_int_cs.value);
    let silence = interval.saturating_mul(u32::from(instance.down_timer_adverts.value));
    let place = instance
        .advert_int_cs
        .span()
        .or(instance.down_timer_adverts.span());
    let place = place.unwrap_or(instance.span);
    let long = Duration::from_millis(u64::from(silence).saturating_mul(10));
    let text = format!(
        "the other node takes over when nothing is heard of {} for {long:?}",
        instance.name
    );
    if silence < STALL_CS {
        let found = TIGHT_TIMER
            .at(place, text)
            .effect("a virtual machine that is paused, or a host that is busy, loses its addresses and takes them back, as with keepalived")
            .help("advert_int 0.1 or more; ask the host for real-time priority (vrrp_rt_priority) if it must be less")
            .about(&instance.name);
        out.push(found);
    } else if silence > SLOW_CS {
        let found = SLOW_TAKEOVER
            .at(place, text)
            .effect("so long the addresses do not answer when this node fails; with version 3 there is a further part of an interval, as with keepalived")
            .help("a smaller advert_int, on every node")
            .about(&instance.name);
        out.push(found);
    }
    if instance.dont_track_primary.value {
        let name = instance
            .interface
            .as_ref()
            .map_or("its interface", |name| &name.value);
        let text = format!("{} goes on when the link of {name} is down", instance.name);
        let found = LINK_NOT_TRACKED
            .at(instance.dont_track_primary.span().unwrap_or(instance.span), text)
            .effect("it stays active behind a pulled cable, beside the node that takes over, as with keepalived")
            .help("leave the word out, unless the link is a bridge or a tunnel that says it is down while it works")
            .about(&instance.name);
        out.push(found);
    }
}

/// Members are active together, or none is: what would win alone is of no account.
pub(super) fn groups(config: &Config, out: &mut Findings) {
    let by_name: HashMap<&str, &VrrpInstance> = config
        .instances
        .iter()
        .map(|instance| (instance.name.as_str(), instance))
        .collect();
    for group in &config.sync_groups {
        let mut members = group
            .members
            .iter()
            .filter_map(|(name, _)| by_name.get(name.as_str()));
        let Some(first) = members.next() else { continue };
        let rest: Vec<_> = members.collect();
        if let Some(other) = rest
            .iter()
            .find(|other| other.priority.value != first.priority.value)
        {
            let text = format!(
                "members of sync group {} have priorities {} and {}",
                group.name, first.priority.value, other.priority.value
            );
            let found = GROUP_PRIORITIES
                .at(other.priority.span().unwrap_or(other.span), text)
                .effect("the group is active only where all members win; if each node wins one of them, they pull one another down, as with keepalived")
                .help("give all members of a node one priority")
                .label(first.priority.span().unwrap_or(first.span), &first.name)
                .about(&other.name);
            out.push(found);
        }
        if let Some(other) = rest
            .iter()
            .find(|other| other.preempt.value != first.preempt.value)
        {
            let text = format!(
                "some members of sync group {} have nopreempt, and some do not",
                group.name
            );
            let found = GROUP_PREEMPT
                .at(other.preempt.span().unwrap_or(other.span), text)
                .effect("the group takes its addresses back only if all members do: those that want to are held back, as with keepalived")
                .help("write nopreempt in all members, or in none")
                .label(first.preempt.span().unwrap_or(first.span), &first.name)
                .about(&other.name);
            out.push(found);
        }
    }
}
