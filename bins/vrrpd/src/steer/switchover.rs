//! Handing over to another router while the addresses still answer, and back (PRJ-STOP-04).

use std::net::IpAddr;
use std::time::{Instant, SystemTime};

use futures::future::join_all;
use tracing::{info, warn};
use vrrp_control::{Answer, EventKind, Moved, Outcome, ProblemKind};
use vrrp_core::StateName;
use vrrp_net::{RequestError, Resigned, ServiceStatus, Status};

use super::drained::{self, Drained};
use super::units::{Unit, own_priority, unit_of, units, why_not};
use super::{Begun, asked_by, move_bases, no_such_instance, noted, problem, router_status, stopping};
use crate::control::Peer;
use crate::names::Named;
use crate::node::{Node, lock, ms, unix_ms};
use crate::words;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) instance: Option<&'a str>,
    pub(crate) undo: bool,
    pub(crate) drain: bool,
}

/// What became of a unit, by the word of the driver on its first member.
struct Verdict {
    outcome: Outcome,
    to: Option<IpAddr>,
    took_ms: u64,
    /// What stands behind the name of each member.
    message: String,
}

pub(crate) async fn ask(node: &Node, peer: Peer, wanted: Wanted<'_>) -> Answer {
    node.renames.over().await;
    if let Some(refused) = stopping(node) {
        return refused;
    }
    let status = match router_status(node).await {
        Ok(status) => status,
        Err(problem) => return Answer::Error(problem),
    };
    let chosen = match wanted.instance {
        Some(name) => match unit_of(&status, name) {
            Some(unit) => vec![unit],
            None => return no_such_instance(&node.plan(), name),
        },
        None => units(&status)
            .into_iter()
            .filter(|unit| meant(node, unit, wanted.undo))
            .collect(),
    };
    if chosen.is_empty() {
        let nothing = if wanted.undo {
            "nothing was handed over: there is nothing to undo"
        } else {
            "no instance is Active here: there is nothing to hand over"
        };
        return problem(ProblemKind::NotPossible, nothing.to_owned());
    }
    if wanted.undo {
        return undo(node, peer, &chosen).await;
    }
    let moved = join_all(
        chosen
            .iter()
            .map(|unit| hand_over(node, peer, unit, wanted.drain)),
    )
    .await;
    if lock(&node.steer.said).maintenance.is_some() {
        // A reload in the middle has left its own priority to whoever was handed over.
        move_bases(node).await;
    }
    Answer::Switchover(in_order(&status, moved))
}

/// As the file has them.
pub(super) fn in_order(status: &Status, moved: Vec<Vec<Moved>>) -> Vec<Moved> {
    let mut moved = moved.concat();
    let place = |name: &str| status.services.iter().position(|one| one.name == name);
    moved.sort_by_key(|one| place(&one.instance));
    moved
}

/// Without a name: all that are Active, or all that were handed over.
fn meant(node: &Node, unit: &Unit<'_>, undo: bool) -> bool {
    if undo {
        unit.is_resigned() || is_handing(node, unit)
    } else {
        unit.is_active()
    }
}

pub(super) fn is_handing(node: &Node, unit: &Unit<'_>) -> bool {
    let said = lock(&node.steer.said);
    let mut members = unit.members.iter();
    members.any(|member| said.handing.contains_key(&member.name))
}

fn refused(instance: &str, message: String) -> Moved {
    Moved {
        instance: instance.to_owned(),
        outcome: Outcome::Refused,
        to: None,
        took_ms: 0,
        drained: Vec::new(),
        message,
    }
}

/// Of one unit: every member, or why nothing was done.
pub(super) async fn hand_over(node: &Node, peer: Peer, unit: &Unit<'_>, drain: bool) -> Vec<Moved> {
    let names = unit.names();
    let all_refused =
        |why: &dyn Fn(&str) -> String| names.iter().map(|name| refused(name, why(name))).collect();
    let begun = match Begun::begin(node, &names, asked_by(peer.uid)) {
        Ok(begun) => begun,
        Err((busy, by)) => {
            let ago = by.since.elapsed().as_millis();
            let uid = by.asked.uid;
            return all_refused(&|_| {
                format!(
                    "{busy} is being handed over already, since user {uid} asked {ago} ms ago; nothing else was done"
                )
            });
        }
    };
    let Some(first) = unit.members.iter().find(|one| one.state == StateName::Active) else {
        let plan = node.plan();
        let in_maintenance = lock(&node.steer.said).maintenance.is_some();
        let why = |member| why_not(member, &plan, in_maintenance) + "; nothing was done";
        let members = unit.members.iter();
        return members.map(|member| refused(&member.name, why(member))).collect();
    };
    let who = names.join(", ");
    info!(
        event = "switchover",
        code = "begun",
        "{who}: to be handed over, as user {} asked",
        peer.uid
    );
    for name in &names {
        let what = (EventKind::Switchover, "begun");
        noted::note(node, peer, what, Some(name), "to be handed over");
    }
    let drained = if drain {
        drained::run(node, unit).await
    } else {
        Drained::default()
    };
    if drain && !is_still_active(node, &first.name).await {
        let ran = drained.for_nothing();
        let refused = all_refused(&|name| {
            format!(
                "{name} left Active while notify_before_stop ran, or vrrpd is stopping; nothing else was done{ran}"
            )
        });
        return drained.beside(refused);
    }
    if begun.was_undone() {
        return undone_before(node, peer, &names, &drained);
    }
    let since_unix_ms = unix_ms(SystemTime::now());
    let verdict = order(node, &begun, first, &names, &drained).await;
    match verdict.outcome {
        Outcome::HandedOver | Outcome::WithoutHold => begun.handed_over(since_unix_ms),
        // What competes with 1 because the order came too late does so no longer.
        Outcome::Refused => {
            for name in &names {
                // Gone: the loop of the daemon learns it from the thread's end.
                let _ = node.handle.compete(name);
            }
        }
        _ => {}
    }
    tell(&who, &verdict);
    let all = drained.beside(names.iter().map(|name| moved(name, &verdict)).collect());
    all.iter().for_each(|one| noted::outcome(node, peer, one));
    all
}

/// Nothing was ordered yet when it was undone.
fn undone_before(node: &Node, peer: Peer, names: &[String], drained: &Drained) -> Vec<Moved> {
    let verdict = Verdict {
        outcome: Outcome::RolledBack,
        to: None,
        took_ms: 0,
        message: format!(
            "undone before it was handed over: Active as before{}",
            drained.for_nothing()
        ),
    };
    tell(&names.join(", "), &verdict);
    let all = drained.beside(names.iter().map(|name| moved(name, &verdict)).collect());
    all.iter().for_each(|one| noted::outcome(node, peer, one));
    all
}

fn moved(name: &str, verdict: &Verdict) -> Moved {
    Moved {
        instance: name.to_owned(),
        outcome: verdict.outcome,
        to: verdict.to,
        took_ms: verdict.took_ms,
        drained: Vec::new(),
        message: format!("{name}: {}", verdict.message),
    }
}

fn tell(who: &str, verdict: &Verdict) {
    let message = &verdict.message;
    let code = noted::code(verdict.outcome);
    match verdict.outcome {
        Outcome::HandedOver => info!(event = "switchover", code, "{who}: {message}"),
        _ => warn!(event = "switchover", code, "{who}: {message}"),
    }
}

async fn is_still_active(node: &Node, name: &str) -> bool {
    if lock(&node.state).stopping {
        return false;
    }
    let status = router_status(node).await;
    status.is_ok_and(|status| {
        let mut all = status.services.iter();
        all.any(|one| one.name == name && one.state == StateName::Active)
    })
}

/// One member draws the others with it; each is told, so that each competes with priority 1 and says so.
async fn order(
    node: &Node,
    begun: &Begun<'_>,
    first: &ServiceStatus,
    names: &[String],
    drained: &Drained,
) -> Verdict {
    let began = Instant::now();
    let others = names.iter().filter(|name| **name != first.name);
    let orders = std::iter::once(&first.name)
        .chain(others)
        .map(|name| node.handle.resign(name));
    let mut answers = join_all(orders).await;
    let took_ms = ms(began.elapsed());
    let answer = answers.swap_remove(0);
    let undone = begun.was_undone();
    let (outcome, to, message) = match answer {
        Ok(Resigned::To(to)) => (
            Outcome::HandedOver,
            Some(to),
            taken_over(&to.to_string(), took_ms),
        ),
        Ok(Resigned::Unheard) => (
            Outcome::HandedOver,
            None,
            taken_over("a router that was not heard itself", took_ms),
        ),
        Ok(Resigned::WithoutHold) => (Outcome::WithoutHold, None, WITHOUT_HOLD.to_owned()),
        Ok(Resigned::WasNotActive) => (
            Outcome::Refused,
            None,
            "left Active before the order came; nothing was done".to_owned(),
        ),
        Err(RequestError::NobodyTookOver) if undone => (
            Outcome::RolledBack,
            None,
            format!("undone after {took_ms} ms: Active again, and never without the addresses"),
        ),
        Err(RequestError::NobodyTookOver) => (Outcome::RolledBack, None, nobody(first, took_ms)),
        Err(error) => (Outcome::Interrupted, None, interrupted(node, first, &error).await),
    };
    let done = outcome.is_done();
    let ran = if done {
        drained.before()
    } else {
        drained.for_nothing()
    };
    let in_maintenance = lock(&node.steer.said).maintenance.is_some();
    let until = if done && !in_maintenance { UNTIL } else { "" };
    Verdict {
        outcome,
        to,
        took_ms,
        message: message + &ran + until,
    }
}

const WITHOUT_HOLD: &str = "given up at once, without waiting for a successor: with this profile or interval the addresses cannot be kept until one has spoken";

/// What ends it; in maintenance it is not ended by itself.
const UNTIL: &str =
    "; this node competes with priority 1 until `vrrpctl switchover --undo`, or until its successor is lost";

fn taken_over(who: &str, took_ms: u64) -> String {
    format!("{who} has taken over, {took_ms} ms after the order")
}

/// Why, as far as a router can know that hears nobody while it is Active: Backups are silent.
fn nobody(first: &ServiceStatus, took_ms: u64) -> String {
    let place = first.interface.as_deref().unwrap_or("its peers' side");
    let incompatible = first.incompatible.first().map(|peer| {
        format!(
            "; {} is there and not understood: it {}",
            peer.source, peer.difference
        )
    });
    format!(
        "nobody took over within {took_ms} ms: no other router answered the goodbye on {place}; Active again, and never without the addresses{}",
        incompatible.unwrap_or_default()
    )
}

async fn interrupted(node: &Node, first: &ServiceStatus, error: &RequestError) -> String {
    match error {
        RequestError::Barred(bar) => {
            let plan = node.plan();
            let planned = plan.instances.iter().find(|one| one.name == first.name);
            let names = Named::new(planned, first.interface.as_deref());
            format!(
                "interrupted before anybody took over: {}",
                words::bar(*bar, &names)
            )
        }
        RequestError::Gone(_) if router_status(node).await.is_ok() => {
            "a reload has taken it away meanwhile, or made another router of it".to_owned()
        }
        RequestError::Stopping => "another order took the place of this one, or vrrpd is stopping".to_owned(),
        other => format!("interrupted: {other}"),
    }
}

async fn undo(node: &Node, peer: Peer, chosen: &[Unit<'_>]) -> Answer {
    let in_maintenance = lock(&node.steer.said).maintenance.is_some();
    if in_maintenance {
        return problem(
            ProblemKind::NotPossible,
            "this node is in maintenance, and stands back with everything: `vrrpctl maintenance off` ends that"
                .to_owned(),
        );
    }
    let mut all = Vec::new();
    for unit in chosen {
        if !unit.is_resigned() && !is_handing(node, unit) {
            let none = |member: &&ServiceStatus| {
                let name = &member.name;
                refused(name, format!("{name} was not handed over; nothing was done"))
            };
            all.extend(unit.members.iter().map(none));
            continue;
        }
        all.extend(unit.members.iter().map(|member| compete(node, peer, member)));
        drained::end(node, unit).await;
    }
    Answer::Switchover(all)
}

/// With its own priority again.
pub(super) fn compete(node: &Node, peer: Peer, service: &ServiceStatus) -> Moved {
    let name = &service.name;
    let plan = node.plan();
    let base = {
        let mut said = lock(&node.steer.said);
        said.handed.remove(name);
        said.hand_on();
        if let Some(handing) = said.handing.get_mut(name) {
            handing.undone = true;
        }
        let planned = plan.instances.iter().find(|one| one.name == *name);
        planned.map(|one| said.base(name, one.service.settings.priority))
    };
    // Gone: the loop of the daemon learns it from the thread's end.
    let _ = node.handle.compete(name);
    let own = base.map_or(service.priority, |base| own_priority(service, base).get());
    info!(
        instance = name.as_str(),
        event = "switchover",
        code = "competes",
        "{name}: competes with its own priority again, as user {} asked",
        peer.uid
    );
    let then = match service.state {
        StateName::Active => "and stays Active until somebody better comes",
        _ => "and takes over as soon as that wins the election, unless nopreempt keeps it from that",
    };
    let moved = Moved {
        instance: name.clone(),
        outcome: Outcome::Competes,
        to: None,
        took_ms: 0,
        drained: Vec::new(),
        message: format!("{name}: competes with priority {own} again, {then}"),
    };
    noted::outcome(node, peer, &moved);
    moved
}
