//! A node that gives everything away and takes over only where no other router is alive.

use futures::future::join_all;
use tracing::{info, warn};
use vrrp_control::{Answer, EventKind, Maintenance, MaintenanceSet, Moved, Outcome, ProblemKind};
use vrrp_core::StateName;
use vrrp_net::ServiceStatus;

use super::switchover::{compete, hand_over, in_order, is_handing};
use super::units::{Unit, unit_of, units, why_not};
use super::{asked_by, drained, move_bases, noted, problem, router_status, stopping};
use crate::control::Peer;
use crate::node::{Node, lock};

pub(crate) async fn ask(node: &Node, peer: Peer, on: bool) -> Answer {
    node.renames.over().await;
    if let Some(refused) = stopping(node) {
        return refused;
    }
    let Ok(_alone) = node.steer.maintaining.try_lock() else {
        return problem(
            ProblemKind::NotPossible,
            "maintenance is being switched on or off already; ask again when that is over".to_owned(),
        );
    };
    if on {
        begin(node, peer).await
    } else {
        end(node, peer).await
    }
}

async fn begin(node: &Node, peer: Peer) -> Answer {
    let status = match router_status(node).await {
        Ok(status) => status,
        Err(problem) => return Answer::Error(problem),
    };
    let asked = asked_by(peer.uid);
    let (before, problem) = {
        let mut said = lock(&node.steer.said);
        let problem = said.kept.write(asked).err().map(|error| error.to_string());
        let before = said.maintenance.is_some();
        said.maintenance = Some(Maintenance {
            asked,
            problem: problem.clone(),
        });
        (before, problem)
    };
    warn!(
        event = "maintenance",
        code = "on",
        "MAINTENANCE, as user {} asked: this node gives everything away and takes over only where no other router is alive; `vrrpctl maintenance off` ends it",
        peer.uid
    );
    let text = "this node gives everything away, and takes over only where no other router is alive";
    noted::note(node, peer, (EventKind::Maintenance, "on"), None, text);
    if let Some(problem) = &problem {
        warn!("the maintenance could not be put down, and ends with this process: {problem}");
    }
    let all = units(&status);
    let moved = join_all(all.iter().map(|unit| give_away(node, peer, unit))).await;
    // Whoever is Active all the same leaves to the first that comes. Only now: a fall of the priority would begin an
    // election in the middle of the hand-over.
    move_bases(node).await;
    Answer::Maintenance(MaintenanceSet {
        on: true,
        before,
        problem,
        instances: in_order(&status, moved),
    })
}

/// A switchover that is under way has its script run to the end: it does what is wanted here, in the order that was asked for.
async fn give_away(node: &Node, peer: Peer, unit: &Unit<'_>) -> Vec<Moved> {
    if !is_handing(node, unit) {
        return give_away_now(node, peer, unit).await;
    }
    info!(
        "{}: the switchover that is under way is waited for",
        unit.names().join(", ")
    );
    handed(node, unit).await;
    let first = unit.members.first().map(|member| member.name.as_str());
    let status = router_status(node).await;
    let now = status
        .as_ref()
        .ok()
        .zip(first)
        .and_then(|(status, first)| unit_of(status, first));
    match now {
        Some(unit) => give_away_now(node, peer, &unit).await,
        // A reload has taken it away, or the daemon stops.
        None => Vec::new(),
    }
}

/// Until no switchover of it is under way.
pub(super) async fn handed(node: &Node, unit: &Unit<'_>) {
    loop {
        let over = node.steer.handed.notified();
        if !is_handing(node, unit) {
            return;
        }
        over.await;
    }
}

async fn give_away_now(node: &Node, peer: Peer, unit: &Unit<'_>) -> Vec<Moved> {
    if unit.is_active() {
        let mut moved = hand_over(node, peer, unit, false).await;
        for one in &mut moved {
            if one.outcome == Outcome::RolledBack {
                one.message
                    .push_str("; the next router that comes alive and preempts takes over");
            }
        }
        return moved;
    }
    let plan = node.plan();
    let back = unit.members.iter().map(|member| async {
        // What it was in the moment of the status may be over; then it is a hand-over.
        let answer = node.handle.resign(&member.name).await;
        let name = &member.name;
        let (outcome, message) = match answer {
            Ok(_) => (
                Outcome::StoodBack,
                stood_back(member, &why_not(member, &plan, true)),
            ),
            Err(error) => (Outcome::Interrupted, format!("{name}: {error}")),
        };
        Moved {
            instance: name.clone(),
            outcome,
            to: None,
            took_ms: 0,
            drained: Vec::new(),
            message,
        }
    });
    join_all(back).await
}

fn stood_back(member: &ServiceStatus, why: &str) -> String {
    match member.state {
        StateName::Initialize => format!("{why}; it does not take over when it can"),
        StateName::Backup | StateName::Active => {
            format!("{why}; it does not take over while another router is alive")
        }
    }
}

async fn end(node: &Node, peer: Peer) -> Answer {
    let status = match router_status(node).await {
        Ok(status) => status,
        Err(problem) => return Answer::Error(problem),
    };
    let (before, problem) = {
        let mut said = lock(&node.steer.said);
        let removed = said.kept.remove();
        let problem = removed.err().map(|error| {
            format!("{error}: the next start of vrrpd would be in maintenance again; remove that file")
        });
        (said.maintenance.take().is_some(), problem)
    };
    if let Some(problem) = &problem {
        warn!("{problem}");
    }
    if !before {
        return Answer::Maintenance(MaintenanceSet {
            on: false,
            before,
            problem,
            instances: Vec::new(),
        });
    }
    info!(
        event = "maintenance",
        code = "off",
        "maintenance is over, as user {} asked",
        peer.uid
    );
    let over = (EventKind::Maintenance, "off");
    noted::note(node, peer, over, None, "maintenance is over");
    // One change of priority, and not two.
    move_bases(node).await;
    let all = status.services.iter();
    let instances = all.map(|service| compete(node, peer, service)).collect();
    join_all(units(&status).iter().map(|unit| drained::end(node, unit))).await;
    Answer::Maintenance(MaintenanceSet {
        on: false,
        before,
        problem,
        instances,
    })
}
