//! An operator takes a real server out of service, or puts it back.

use healthcheck::Placement;
use tracing::info;
use vrrp_control::servers::{ServerMoved, ServerOrder};
use vrrp_control::{Answer, EventKind, Problem, ProblemKind};
use vrrp_director::{ServerStatus, Which, Word};
use vrrp_plan::balance::{RealServer, VirtualServer};

use super::which;
use crate::control::Peer;
use crate::journal::draft;
use crate::node::{Node, lock};

/// Carries it out, and says what came of it.
pub(crate) fn ask(node: &Node, peer: Peer, server: &str, of: Option<&str>, order: ServerOrder) -> Answer {
    if lock(&node.state).stopping {
        return problem(ProblemKind::Unavailable, "vrrpd is stopping".to_owned());
    }
    let plan = node.plan();
    let found = match which::find(&plan.balance, server, of) {
        Ok(found) => found,
        Err(missing) => return problem(ProblemKind::NoSuchServer, missing),
    };
    let mut moved = Vec::new();
    for (of, server) in found {
        match one(node, of, server, order) {
            Ok(one) => {
                info!(event = "real-server", code = %order, "{}, as user {} asked", one.message, peer.uid);
                let object = Some(format!("{} of {}", one.server, one.virtual_server));
                let noted = draft(EventKind::RealServer, &code(order), one.message.clone());
                node.journal.by(peer, vrrp_control::Event { object, ..noted });
                moved.push(one);
            }
            Err(why) => return problem(ProblemKind::NotPossible, why),
        }
    }
    node.servers.put_down();
    Answer::Server(moved)
}

fn code(order: ServerOrder) -> String {
    match order {
        ServerOrder::Drain => "drain",
        ServerOrder::Enable => "enable",
        ServerOrder::Weight(_) => "weight-set",
    }
    .to_owned()
}

fn one(
    node: &Node,
    of: &VirtualServer,
    server: &RealServer,
    order: ServerOrder,
) -> Result<ServerMoved, String> {
    let which = Which {
        virtual_server: Some(of.name.clone()),
        server: server.name.clone(),
    };
    let status = || {
        let all = node.servers.status_of(&of.name)?;
        let found = all.servers.into_iter().find(|one| *one.name == *server.name)?;
        Some((all.has_quorum, all.living_weight, found))
    };
    let gone = || format!("{} of {} is not balanced just now", server.name, of.name);
    let (_, _, before) = status().ok_or_else(gone)?;
    let (placement, weight) = match order {
        ServerOrder::Drain => (Placement::Drained, None),
        ServerOrder::Enable => (Placement::Judged, None),
        ServerOrder::Weight(weight) => (Placement::Judged, Some(weight)),
    };
    node.servers.say(&which, Word { placement, weight })?;
    let (quorum, living, after) = status().ok_or_else(gone)?;
    let message = words(of, &after, order, (quorum, living));
    Ok(ServerMoved {
        virtual_server: of.name.clone(),
        server: server.name.clone(),
        before: before.weight,
        after: after.weight,
        message,
    })
}

fn words(
    of: &VirtualServer,
    now: &ServerStatus,
    order: ServerOrder,
    (quorum, living): (bool, u64),
) -> String {
    let (name, of) = (&now.name, &of.name);
    let end = format!("`vrrpctl server enable {name}` ends that");
    let mut text = match (order, now.weight) {
        (ServerOrder::Drain, _) => {
            format!("{name} of {of}: nothing new goes there; what is connected stays; {end}")
        }
        (ServerOrder::Enable, Some(weight)) if weight > 0 => {
            format!("{name} of {of}: serves with weight {weight}")
        }
        (ServerOrder::Weight(weight), Some(now)) if now == weight => {
            format!("{name} of {of}: serves with weight {weight}; {end}")
        }
        (ServerOrder::Enable | ServerOrder::Weight(_), _) => {
            format!("{name} of {of}: does not serve yet: {}", now.because)
        }
    };
    if !quorum {
        text.push_str(&format!(". The quorum of {of} is lost: weight {living} lives"));
    }
    text
}

fn problem(kind: ProblemKind, message: String) -> Answer {
    Answer::Error(Problem { kind, message })
}
