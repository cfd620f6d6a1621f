//! Weights, as far as one file shows what they come to.

use super::codes::{WEIGHT_CUT, WEIGHT_FLOOR, WEIGHT_NOPREEMPT, WEIGHT_WINDOW, WEIGHTS_MIXED};
use crate::diagnostic::Findings;
use crate::model::{Track, VrrpInstance, Weight};
use crate::source::Span;

/// A weight below this moves something only between nodes whose priorities are chosen for it.
const NARROW: u16 = 10;

/// What a tracked thing adds while it is good, or bad.
pub(super) fn contribution(weight: Weight, good: bool) -> i32 {
    let good = good != weight.reverse;
    let counts = if weight.value > 0 { good } else { !good };
    if counts { i32::from(weight.value) } else { 0 }
}

/// Everything that an instance tracks with a weight.
pub(super) fn weighted(instance: &VrrpInstance) -> impl Iterator<Item = &Track> {
    // What a file adds depends on its number.
    let tracks = instance.track_scripts.iter().chain(&instance.track_interfaces);
    let tracks = tracks.chain(&instance.track_processes);
    tracks.filter(|track| track.weight.value.value != 0)
}

/// The priority with all good, or with one thing bad, before it is cut to 1 to 254.
pub(super) fn uncut(instance: &VrrpInstance, bad: Option<&Track>) -> i32 {
    let base = i32::from(instance.priority.value);
    weighted(instance).fold(base, |sum, track| {
        let good = bad.is_none_or(|bad| bad.span != track.span);
        sum.saturating_add(contribution(track.weight.value, good))
    })
}

/// The priority with all good, or with one thing bad.
pub(super) fn effective(instance: &VrrpInstance, bad: Option<&Track>) -> i32 {
    if instance.is_owner() {
        return 255;
    }
    uncut(instance, bad).clamp(1, 254)
}

/// Where a weight is written: at the line that tracks, or in the script.
pub(super) fn place(track: &Track) -> Span {
    track.weight.span().unwrap_or(track.span)
}

pub(super) fn instance(instance: &VrrpInstance, out: &mut Findings) {
    if instance.is_owner() {
        return;
    }
    window(instance, out);
    bounds(instance, out);
    signs(instance, out);
    if !instance.preempt.value
        && let Some(track) = weighted(instance).next()
    {
        let text = format!("{} has nopreempt, and {} has a weight", instance.name, track.name);
        let found = WEIGHT_NOPREEMPT
            .at(instance.preempt.span().unwrap_or(instance.span), text)
            .effect("a weight only changes a priority, and with nopreempt a greater one takes nothing: if the other node has nopreempt too, a failed check never moves the addresses, as with keepalived")
            .help("take the weight away, so that a failure bars the node (weight 0), or take nopreempt away on every node")
            .label(place(track), "the weight")
            .about(&instance.name);
        out.push(found);
    }
}

fn window(instance: &VrrpInstance, out: &mut Findings) {
    let all_good = effective(instance, None);
    for track in weighted(instance) {
        let failed = effective(instance, Some(track));
        if track.weight.value.value.unsigned_abs() >= NARROW || failed >= all_good {
            continue;
        }
        let text = format!(
            "a failure of {} takes the priority of {} from {all_good} to {failed} only",
            track.name, instance.name
        );
        let found = WEIGHT_WINDOW
            .at(place(track), text)
            .effect(format!(
                "it changes the winner only if the other node's priority is {failed} to {all_good}; else the addresses stay here while {} is bad, as with keepalived",
                track.name
            ))
            .help("make the weight greater than the difference of the two nodes' priorities, or leave it out: then a failure gives the addresses away in any case")
            .label(track.span, "tracked here")
            .about(&instance.name);
        out.push(found);
    }
}

fn bounds(instance: &VrrpInstance, out: &mut Findings) {
    let all_good = uncut(instance, None);
    let greatest = weighted(instance).max_by_key(|track| track.weight.value.value.unsigned_abs());
    let Some(greatest) = greatest else { return };
    if all_good > 254 {
        let text = format!(
            "with everything good {} would have priority {all_good}; the greatest is 254",
            instance.name
        );
        let found = WEIGHT_CUT
            .at(place(greatest), text)
            .effect("it is cut to 254, as by keepalived: nodes that are all cut have equal priorities, and part of the weight has no effect")
            .help("choose priorities and weights whose sum stays below 255, or negative weights")
            .about(&instance.name);
        out.push(found);
    }
    let lowest = weighted(instance).find(|track| uncut(instance, Some(track)) < 1);
    if let Some(track) = lowest {
        let text = format!(
            "a failure of {} would take the priority of {} to {}; the least is 1",
            track.name,
            instance.name,
            uncut(instance, Some(track))
        );
        let found = WEIGHT_FLOOR
            .at(place(track), text)
            .effect("it is cut to 1, as by keepalived: the node still takes part, further failures change nothing, and two failed nodes are equal")
            .help("weight 0 bars the node instead; it then gives the addresses away at once")
            .about(&instance.name);
        out.push(found);
    }
}

fn signs(instance: &VrrpInstance, out: &mut Findings) {
    let plus = weighted(instance).find(|track| track.weight.value.value > 0);
    let minus = weighted(instance).find(|track| track.weight.value.value < 0);
    if let (Some(plus), Some(minus)) = (plus, minus) {
        let text = format!("{} tracks with positive and with negative weights", instance.name);
        let found = WEIGHTS_MIXED
            .at(place(minus), text)
            .effect(format!(
                "the priority is {} with everything good: {} is added while good, {} taken away while bad, as with keepalived",
                effective(instance, None),
                plus.name,
                minus.name
            ))
            .help("weights of one sign are easier to foresee; or compare the nodes: vrrpctl check FILE FILE")
            .label(place(plus), "a positive one")
            .about(&instance.name);
        out.push(found);
    }
}
