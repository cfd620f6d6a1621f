//! Priorities, as sums that can be checked by hand.

use vrrp_control::{Contribution, Health, Priority, Status, TrackedKind};

use super::Reason;
use crate::words;

/// `150 - 30 = 120`; the bare number where nothing is added.
pub(super) fn sum(priority: &Priority) -> String {
    let mut text = priority.base.to_string();
    for contribution in priority.contributions.iter().filter(|one| one.adds != 0) {
        let sign = if contribution.adds < 0 { '-' } else { '+' };
        text.push_str(&format!(" {sign} {}", contribution.adds.unsigned_abs()));
    }
    let total = total(priority);
    if total != i32::from(priority.base) || text.contains(' ') {
        text.push_str(&format!(" = {total}"));
    }
    if total != i32::from(priority.effective) {
        text.push_str(&format!(", in effect {}", priority.effective));
    }
    text
}

fn total(priority: &Priority) -> i32 {
    let adds = priority.contributions.iter().map(|one| one.adds);
    adds.fold(i32::from(priority.base), i32::saturating_add)
}

/// After a switchover a router competes with the lowest priority, whatever its sum is.
pub(super) fn is_resigned(priority: &Priority) -> bool {
    priority.effective == 1 && total(priority) > 1
}

/// What it would have if all that is tracked were well.
pub(super) fn at_best(priority: &Priority) -> i32 {
    let missing = priority.contributions.iter().map(missing);
    missing.fold(total(priority), i32::saturating_add)
}

/// What is missing of one at the moment.
fn missing(contribution: &Contribution) -> i32 {
    if contribution.value.is_some() {
        return 0;
    }
    let well = i32::from(contribution.weight).max(0);
    well.saturating_sub(contribution.adds).max(0)
}

/// Those whose failure costs priority.
pub(super) fn failing(priority: &Priority) -> impl Iterator<Item = &Contribution> {
    let mut all = priority.contributions.iter();
    std::iter::from_fn(move || all.by_ref().find(|one| missing(one) > 0))
}

/// `nginx_alive has failed`, and for how long.
pub(super) fn failed(contribution: &Contribution, status: &Status) -> (String, Option<u64>) {
    let name = &contribution.name;
    match contribution.kind {
        TrackedKind::Script => {
            let check = status.checks.iter().find(|check| check.name == *name);
            let since = check.map(|check| check.since_ms).filter(|ms| *ms > 0);
            let what = match contribution.health {
                Health::Unknown => "has given no result yet",
                Health::Up => "is up, which counts against it",
                Health::Down => "has failed",
            };
            (format!("{name} {what}"), since)
        }
        TrackedKind::Interface => (format!("interface {name} is down"), None),
        TrackedKind::File => {
            let file = status.files.iter().find(|file| file.name == *name);
            let found = file.map_or_else(String::new, |file| format!(": {}", file.found));
            (
                format!("the tracked file {name} bars it{found}"),
                file.map(|file| file.since_ms),
            )
        }
        TrackedKind::Process => {
            let process = status.processes.iter().find(|process| process.name == *name);
            let found = process.map_or_else(String::new, |process| format!(" ({})", words::running(process)));
            (
                format!("the tracked process {name} does not run as it should{found}"),
                process.map(|process| process.since_ms),
            )
        }
        TrackedKind::Statics => (format!("a static entry of track_group {name} is not there"), None),
        _ => (format!("{name} is not well"), None),
    }
}

/// The same with its reason and what to do.
pub(super) fn reason(contribution: &Contribution, status: &Status) -> Reason {
    let (what, since) = failed(contribution, status);
    let check = status.checks.iter().find(|check| check.name == contribution.name);
    let check = check.filter(|_| contribution.kind == TrackedKind::Script);
    let last = check.and_then(|check| check.last.as_ref());
    let said = last.map_or_else(String::new, |last| format!(" ({})", words::run(last)));
    let cost = missing(contribution);
    let cost = match cost {
        0 => String::new(),
        cost => format!(", which costs {cost} of priority"),
    };
    let reason = Reason::new(format!("{what}{said}{cost}")).since(since);
    match (contribution.kind, contribution.health) {
        (TrackedKind::Script, Health::Unknown) => reason,
        (TrackedKind::Script, _) => reason.cure(format!(
            "repair what it checks; meanwhile vrrpctl check-mode {} maintenance lets it count as up",
            contribution.name
        )),
        (TrackedKind::Interface, _) => reason.cure(format!(
            "bring it up: ip link set {} up, and look at its cable",
            contribution.name
        )),
        _ => reason,
    }
}
