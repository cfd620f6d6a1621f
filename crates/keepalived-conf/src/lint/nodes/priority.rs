//! What the priorities and weights of two nodes come to.

use super::super::codes::{
    BOTH_MASTER, BOTH_OWNER, CHECKS_DIFFER, EQUAL_PRIORITY, NOPREEMPT_ON_LOWER, WEIGHT_OVERTURNS,
    WEIGHT_TOO_SMALL,
};
use super::super::weight::{effective, place, weighted};
use super::{Pair, View};
use crate::diagnostic::Findings;
use crate::model::{InitialState, Origin, Track};

pub(super) fn compare(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.family.value != two.family.value || one.virtual_router_id.value != two.virtual_router_id.value {
        // They never meet, and so nobody wins.
        return;
    }
    let places = (one.priority.span(), two.priority.span());
    if one.is_owner() && two.is_owner() {
        let places = (places.0.or(one.state.span()), places.1.or(two.state.span()));
        let text = format!("{} and {} both have priority 255", pair.one.who(), pair.two.who());
        let found = pair
            .differ(BOTH_OWNER, places, text, "an owner too")
            .effect("255 says that the addresses are the node's own: both take them at once when they start, and one has to yield, as with keepalived")
            .help("write a priority from 1 to 254 on every node, greater on the one that is preferred");
        out.push(found);
        return;
    }
    both_master(pair, out);
    if one.priority.value == two.priority.value && (one.preempt.value || two.preempt.value) {
        let text = format!(
            "{} and {} both have priority {}",
            pair.one.who(),
            pair.two.who(),
            one.priority.value
        );
        let found = pair
            .differ(EQUAL_PRIORITY, places, text, "the same")
            .effect("if both become active the greater source address wins, and whoever is active otherwise stays so: no node is preferred, as with keepalived")
            .help("a greater priority on the node that is preferred; or nopreempt and state BACKUP on both, if none is");
        out.push(found);
    }
    useless_nopreempt(pair, out);
    weights(pair, out);
    checks(pair, out);
}

fn both_master(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance.state, pair.two.instance.state);
    let written = |state: &crate::model::Sourced<InitialState>| {
        state.value == InitialState::Master && matches!(state.origin, Origin::Line { .. })
    };
    if !(written(&one) && written(&two)) {
        return;
    }
    let text = format!("{} and {} both have state MASTER", pair.one.who(), pair.two.who());
    let found = pair
        .differ(BOTH_MASTER, (one.span(), two.span()), text, "MASTER too")
        .effect("the word is a hint: below priority 255 both start as Backup and the priority decides; but it takes nopreempt and preempt_delay away, and with no priority it means 255, as with keepalived")
        .help("state BACKUP on both nodes says what happens");
    out.push(found);
}

/// `nopreempt` on the node with the lower priority: it would not have taken anything anyway.
fn useless_nopreempt(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if one.preempt.value == two.preempt.value || one.priority.value == two.priority.value {
        return;
    }
    let first_higher = one.priority.value > two.priority.value;
    let (higher, lower) = if first_higher {
        (&pair.one, &pair.two)
    } else {
        (&pair.two, &pair.one)
    };
    if lower.instance.preempt.value {
        return;
    }
    let text = format!(
        "{} has nopreempt, {} has the greater priority and does not",
        lower.who(),
        higher.who()
    );
    let found = pair
        .differ(
            NOPREEMPT_ON_LOWER,
            (one.preempt.span(), two.preempt.span()),
            text,
            "see here",
        )
        .effect(format!(
            "{} takes the addresses back whenever it returns: nopreempt counts on the node that would take them, as with keepalived",
            higher.node
        ))
        .help("write nopreempt and state BACKUP on every node");
    out.push(found);
}

fn weights(pair: &Pair<'_>, out: &mut Findings) {
    let (one, two) = (pair.one.instance, pair.two.instance);
    if weighted(one).next().is_none() && weighted(two).next().is_none() {
        return;
    }
    let (first, second) = (effective(one, None), effective(two, None));
    let (first_base, second_base) = (one.priority.value, two.priority.value);
    if first_base.cmp(&second_base) != first.cmp(&second) && first_base != second_base {
        let text = format!(
            "with everything good {} has priority {first} and {} has {second}, though their own are {first_base} and {second_base}",
            pair.one.who(),
            pair.two.who()
        );
        let of = |view: &View<'_>| weighted(view.instance).next().map(place);
        let found = pair
            .differ(WEIGHT_OVERTURNS, (of(&pair.one), of(&pair.two)), text, "see here")
            .effect("not the node with the greater priority is preferred: weights count in it too, and sums are cut to 254, as with keepalived")
            .help("the same weights on every node, and sums below 255");
        out.push(found);
    }
    let (winner, other, height) = match first.cmp(&second) {
        std::cmp::Ordering::Greater => (&pair.one, &pair.two, second),
        std::cmp::Ordering::Less => (&pair.two, &pair.one, first),
        std::cmp::Ordering::Equal => return,
    };
    for track in weighted(winner.instance) {
        let failed = effective(winner.instance, Some(track));
        if failed >= height {
            too_small(pair, (winner, failed), (other, height), track, out);
        }
    }
}

fn too_small(
    pair: &Pair<'_>,
    (winner, failed): (&View<'_>, i32),
    (other, height): (&View<'_>, i32),
    track: &Track,
    out: &mut Findings,
) {
    let all_good = effective(winner.instance, None);
    let than = if failed == height {
        "as much as"
    } else {
        "more than"
    };
    let text = format!(
        "a failure of {} takes {} from {all_good} to {failed}, {than} the {height} of {}",
        track.name,
        winner.who(),
        other.who()
    );
    let of = |view: &View<'_>| {
        if std::ptr::eq(view.instance, winner.instance) {
            Some(place(track))
        } else {
            view.instance.priority.span()
        }
    };
    let needed = i32::from(track.weight.value.value.unsigned_abs())
        .saturating_add(failed.saturating_sub(height))
        .saturating_add(1);
    let found = pair
        .differ(WEIGHT_TOO_SMALL, (of(&pair.one), of(&pair.two)), text, "see here")
        .effect(format!(
            "{} keeps the addresses while {} is bad, as with keepalived",
            winner.node, track.name
        ))
        .help(format!(
            "a weight of {needed} or more (without regard to its sign), or none: then a failure gives the addresses away in any case"
        ));
    out.push(found);
}

/// A check that one node only has.
fn checks(pair: &Pair<'_>, out: &mut Findings) {
    for (with, without) in [(&pair.one, &pair.two), (&pair.two, &pair.one)] {
        let missing = with.instance.track_scripts.iter().find(|track| {
            let mut others = without.instance.track_scripts.iter();
            others.all(|other| other.name != track.name)
        });
        let Some(track) = missing else { continue };
        // Scripts of other names may check the same.
        if !without.instance.track_scripts.is_empty() {
            continue;
        }
        let text = format!(
            "{} tracks {}, {} tracks no script",
            with.who(),
            track.name,
            without.who()
        );
        let of = |view: &View<'_>| std::ptr::eq(view.instance, with.instance).then_some(track.span);
        let found = pair
            .differ(CHECKS_DIFFER, (of(&pair.one), of(&pair.two)), text, "see here")
            .effect(format!(
                "{} takes and keeps the addresses whether its own service runs or not, as with keepalived",
                without.node
            ))
            .help("track the same scripts on every node");
        out.push(found);
    }
}
